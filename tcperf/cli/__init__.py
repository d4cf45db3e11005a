"""The command line: one module a subcommand.  ``main`` is the program as a function."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, TextIO

from tcperf.cli.terminal import Terminal
from tcperf.errors import Interrupted, NothingMeasuredError, OutputError, TcperfError

__all__ = ["entry_point", "main"]

_NOTHING_MEASURED = NothingMeasuredError.exit_status
#: 128 + SIGPIPE, as a shell reports a program whose reader went away.
_READER_GONE = 141


def entry_point() -> NoReturn:
    """Run the program with this process's arguments, streams and environment, and exit with its status."""
    # A stream that the caller closed is None; what would go there goes nowhere.
    nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - open as long as the process
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    status = main(sys.argv[1:], sys.stdout, sys.stderr, os.environ)
    sys.exit(_flushed(status))


def _flushed(status: int) -> int:
    """The status, or that of a failed output: at its exit the interpreter would make 120 of it."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return status or _NOTHING_MEASURED
    return status


def main(argv: Sequence[str], stdout: TextIO, stderr: TextIO, env: Mapping[str, str]) -> int:
    """Run ``tcperf`` with these arguments; the exit status.

    Data goes to ``stdout``, talk to ``stderr``; under TeamCity (``TEAMCITY_VERSION`` in ``env``) both go to
    ``stdout`` as service messages and neutral text.
    """
    terminal = Terminal(stdout, stderr, env)
    try:
        return _dispatch(argv, terminal)
    except TcperfError as error:
        return _told(terminal, error)
    except KeyboardInterrupt:  # before or after the time in which signals are handled in order
        return _told(terminal, Interrupted(2, "SIGINT"))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    except OSError as error:
        return _told(terminal, OutputError(f"the output cannot be written: {error}"))
    except Exception as error:  # noqa: BLE001 - the last line of defence: one clear message, exit status 5
        return _told(terminal, terminal.our_fault(error))


def _told(terminal: Terminal, error: TcperfError) -> int:
    """Tell the error, on stderr where stdout takes nothing; its exit status."""
    try:
        terminal.fail(error)
    except (OSError, ValueError, TcperfError):
        terminal.choose("console")
        terminal.fail(error)
    return error.exit_status


def _dispatch(argv: Sequence[str], terminal: Terminal) -> int:
    from tcperf.cli.parser import parse

    arguments = parse(argv)
    arguments.command_line = tuple(argv)
    return int(arguments.command(arguments, terminal))
