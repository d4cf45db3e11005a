"""The options of ``exec``, and where its command begins.  No heavy import: ``tcperf --help`` has to be fast."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from typing import Any, Final

from tcperf.cli.arguments import add_command, add_manner, add_trend, positive
from tcperf.cli.arguments_run import add_ground, duration
from tcperf.cli.junit import add_junit
from tcperf.errors import UsageError
from tcperf.options import FORMATS, GATES

NAME: Final = "exec"
_BEFORE_THE_COMMAND: Final = "--"
AreOwn = Callable[[Sequence[str]], bool]
_EXEC = """\
Run any program in a private network of its own, and measure its whole life: time, CPU with the children it waited
for, peak memory, and what it sent.  It has its own loopback and one interface, with nobody at the other end.

The program runs in this folder, with this environment; its standard input is /dev/null.  What it prints is shown as
it comes, on standard error ("|" before its output, "!" before its errors), and kept in DIR/logs.  It gets no
privileges, not even root's.  Whatever it leaves running is ended.

Marks split its life, if it makes any: the line "tcperf: phase NAME" on its standard output, or the line "phase NAME" on
the Unix socket whose path is in TCPERF_SOCKET, which answers "ok" when it is cut.  A phase ends where the next begins,
at a mark without a name, or with the program; each name comes once.  The whole life is the phase "run".
"""
_EXAMPLES = """\
examples:
  tcperf exec -- ./load-test --messages 100
  tcperf exec --name index --runs 5 -- python3 tools/index.py corpus
  tcperf exec --name index --baseline tcperf-report/results.json --out second -- python3 tools/index.py corpus
  tcperf exec --base-command './load-test-old --messages 100' -- ./load-test --messages 100
  tcperf exec --network host -- sh -c 'curl -s https://example.org | wc -c'

exit status:
  0 measured, and nothing to object to   1 a gated metric is worse, or over its limit (--gate exit)
  2 usage or configuration   3 nothing measured: the program failed (its status is told), or the machine
  4 a comparison that was asked for was not made   130, 143 stopped by a signal
"""


def add_exec(subparsers: Any) -> None:
    """``tcperf exec``."""
    parser = add_command(subparsers, NAME, "exec", _EXEC)
    parser.usage = "tcperf exec [option ...] -- COMMAND [argument ...]"
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="what it is called in statistic keys (default: made of the program's name)",
    )
    parser.add_argument("--runs", type=positive, metavar="N", help="run it so many times (default: 1)")
    parser.add_argument(
        "--ignore-status",
        action="store_true",
        help="measure the program, too, where it ends with another status than 0, or by a signal",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="do not show what the program prints: it is in the logs"
    )
    _add_comparison(parser)
    parser.add_argument("--out", metavar="DIR", help="where reports go (default: tcperf-report)")
    add_ground(parser)
    parser.add_argument("--format", choices=FORMATS, help="as for run")
    parser.add_argument(
        "--config", metavar="FILE", help="as for run; scenarios and nodes in it do not matter"
    )
    add_junit(parser)


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline", metavar="FILE|?:FILE|teamcity", help="compare with an earlier result, as run does"
    )
    parser.add_argument(
        "--base-command",
        metavar="'COMMAND …'",
        help="compare with another command, one word quoted as for a shell: both are run in turns, in pairs",
    )
    parser.add_argument("--pairs", type=positive, metavar="MAX", help="with --base-command: as for run")
    parser.add_argument("--budget", type=duration, metavar="DURATION", help="with --base-command: as for run")
    parser.add_argument("--gate", choices=GATES, help="what a regression does, as for run")
    add_manner(parser)
    add_trend(parser)


def divided(words: Sequence[str], are_own: AreOwn) -> tuple[list[str], list[str] | None]:
    """The words of tcperf's own, and the command behind ``--``; None for other subcommands, or where help is asked for.

    ``are_own`` says whether words behind ``exec`` are options that it takes, with their values.  Raises UsageError
    where it is not said where the command begins, or there is none.
    """
    if not words or words[0] != NAME:
        return [*words], None
    place = words.index(_BEFORE_THE_COMMAND) if _BEFORE_THE_COMMAND in words else len(words)
    own, command = [*words[:place]], [*words[place + 1 :]]
    if {"-h", "--help"} & {*own}:
        return own, None
    if place == len(words):
        raise UsageError(
            "exec is not told where the command begins",
            cure=f"write -- before it: {_guess(words[1:], are_own)}",
        )
    if not command:
        raise UsageError(
            "there is no command behind --", cure="such as: tcperf exec -- ./program --its-option"
        )
    return own, command


def _guess(words: Sequence[str], are_own: AreOwn) -> str:
    """What was probably meant."""
    place = _beginning(words, are_own)
    if place is None:
        return "tcperf exec -- ./program --its-option"
    return shlex.join(["tcperf", NAME, *words[:place], _BEFORE_THE_COMMAND, *words[place:]])


def _beginning(words: Sequence[str], are_own: AreOwn) -> int | None:
    """Where the command probably begins: at the first word that is no option, nor the value of one; None without such a word.

    An option has one value at most: after two words that cannot be the last of tcperf's own, nothing mends it.
    """
    were_own = True
    for place, word in enumerate(words):
        still_own = are_own(words[: place + 1])
        if not still_own and (not were_own or not word.startswith("-")):
            return place if were_own else None
        were_own = still_own
    return None
