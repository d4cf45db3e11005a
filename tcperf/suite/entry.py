"""Into the private network: pytest is started again there, in place of itself, once."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import PurePath
from typing import Final, NoReturn

import pytest
from attrs import frozen

from tcperf.cli.terminal import TEAMCITY_MARK
from tcperf.network import opening
from tcperf.system import this_system

#: What ``tcperf.network.entering`` tells; whoever has it is not started again: workers, tests that run pytest.
MARK: Final = "TCPERF_PYTEST"
#: Where workers find the post.
POST: Final = "TCPERF_POST"
#: pytest-xdist sets it in its workers.
WORKER: Final = "PYTEST_XDIST_WORKER"
_STDOUT, _STDERR = 1, 2
#: Where last words are heard, as it was when pytest began.
_KEPT: Final[list[int]] = []
_PRIVATE, _REFUSED = "private", "refused"
#: How pytest is called: the name of its command, and of its module.
_PYTESTS: Final = frozenset({"pytest", "py.test", "__main__"})


@frozen
class Standing:
    """Where this pytest runs: ``packets`` is the descriptor of the private network's packet socket, else ``why`` not."""

    packets: int | None
    why: str | None


def enter(config: pytest.Config) -> None:
    """Start this pytest again in a private network, unless that was done, is not wanted, or cannot be.

    Does not return where it is done.  Where it is not, what is said at the end can still be said on this pytest's own
    stderr (``take_voice``), whatever captures that from now on.
    """
    if WORKER in os.environ:
        return
    _keep_voice()
    if MARK in os.environ:
        return
    if config.known_args_namespace.tcperf_network == "host":
        _refused("the tests shared this machine's network (--tcperf-network host)")
    elif config.known_args_namespace.tcperf_container or config.known_args_namespace.tcperf_android:
        _refused("containers and phones are reached over this machine's network")
    elif not this_system().is_linux:
        _refused(opening.no_private_network().message)
    elif not _is_the_program(config):
        _refused("pytest was called by a program, which cannot be started again")
    else:
        _start_again()


def _keep_voice() -> None:
    with suppress(OSError):  # it is closed
        _KEPT.append(os.dup(_STDOUT if TEAMCITY_MARK in os.environ else _STDERR))


def take_voice() -> int | None:
    """A descriptor of what was stderr before anything captured it, the caller's to close; None where there is none.

    Under TeamCity it is stdout's, where service messages are looked for.
    """
    return _KEPT.pop() if _KEPT else None


def _is_the_program(config: pytest.Config) -> bool:
    """Whether this process is nothing but pytest with these arguments."""
    return PurePath(sys.argv[0]).stem in _PYTESTS and tuple(sys.argv[1:]) == tuple(
        config.invocation_params.args
    )


def _start_again() -> NoReturn:
    from tcperf.network.entering import command

    argv, env = command(MARK, [sys.executable, *sys.orig_argv[1:]], dict(os.environ))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(argv[0], argv, env)  # noqa: S606 - no shell is wanted


def _refused(why: str) -> None:
    os.environ[MARK] = f"{os.getpid()} {_REFUSED} {why}"


def standing() -> Standing:
    """Where this pytest runs, as its mark tells."""
    pid, told, rest = (*os.environ.get(MARK, "").split(" ", 2), "", "", "")[:3]
    if pid != str(os.getpid()):
        return Standing(None, "this pytest was started by a test of another one that measures")
    if told != _PRIVATE:
        return Standing(None, rest)
    os.set_inheritable(int(rest), False)  # noqa: FBT003 - as os has it
    return Standing(int(rest), None)
