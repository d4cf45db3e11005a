"""The command line: one module a subcommand.  ``main`` is the program as a function."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, TextIO

from tcperf.errors import Interrupted, TcperfError

__all__ = ["entry_point", "main"]

_OUR_FAULT = 5
#: 128 + SIGPIPE, as a shell reports a program whose reader went away.
_READER_GONE = 141


def entry_point() -> NoReturn:
    """Run the program with this process's arguments, streams and environment, and exit with its status."""
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr, os.environ))


def main(argv: Sequence[str], stdout: TextIO, stderr: TextIO, env: Mapping[str, str]) -> int:
    """Run ``tcperf`` with these arguments; the exit status.

    Data goes to ``stdout``, talk to ``stderr``; under TeamCity (``TEAMCITY_VERSION`` in ``env``) both go to
    ``stdout`` as service messages and neutral text.
    """
    from tcperf.cli.terminal import Terminal

    terminal = Terminal(stdout, stderr, env)
    try:
        return _dispatch(argv, terminal)
    except TcperfError as error:
        terminal.fail(error)
        return error.exit_status
    except KeyboardInterrupt:  # before or after the time in which signals are handled in order
        terminal.fail(Interrupted(2, "SIGINT"))
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    except Exception as error:  # noqa: BLE001 - the last line of defence: one clear message, exit status 5
        terminal.our_fault(error)
        return _OUR_FAULT


def _dispatch(argv: Sequence[str], terminal: object) -> int:
    from tcperf.cli.parser import parse

    arguments = parse(argv)
    return int(arguments.command(arguments, terminal))
