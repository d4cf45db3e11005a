"""What the command line understands.  No heavy import: ``tcperf --help`` has to be fast."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

import tcperf
from tcperf.cli.commands import COMMANDS
from tcperf.errors import UsageError

_DESCRIPTION = """\
Measures what a branch of a peer-to-peer node does to performance, and tells TeamCity.

tcperf starts real node processes in a private network, drives them through a scenario, and prints time,
network traffic, CPU and memory as service messages (under TeamCity) or as a table.  Without a subcommand
it is `run`, and without a scenario that runs one_to_one on the bundled reference node.
"""
_EXAMPLES = """\
examples:
  tcperf                                     see everything work, on the bundled reference node
  tcperf run --node build/bin/status-backend measure a real node: 100 messages, three runs
  tcperf run --node head/status-backend --base parent/status-backend
                                             compare a branch with its parent, in pairs
  tcperf run one_to_one idle -p messages=20 -p idle.seconds=60
  tcperf list                                scenarios, their parameters and the keys they publish
  tcperf new-scenario group_of_five          a scenario of your own, which runs as it is
  tcperf doctor                              what this machine can measure, and how exactly
  tcperf report tcperf-report/results.json   all reports again
  tcperf compare old.json new.json           what changed between two results, and whether it is certain
  tcperf emit my.build.size_bytes=123456     a statistic from a shell script
  tcperf analyze capture.pcapng              who sent how much to whom, in any capture
  tcperf calibrate                           how much figures vary here, and which thresholds that bears
  tcperf drill                               plant regressions, and see that the gate sees them
  tcperf settings --kotlin --out .teamcity   the TeamCity build configuration as code: step, charts, conditions
  tcperf exec -- ./load-test --messages 100  any program's time, CPU, memory and traffic, in a network of its own
  tcperf history --branch develop --csv      what past builds of TeamCity measured (within a build)

exit status:
  0 measured, and nothing to object to   1 a gated metric is worse, or over its limit (--gate exit)
  2 usage or configuration   3 nothing measured: the node, the scenario or the machine failed
  4 a comparison that was asked for was not made   5 a fault of tcperf   130, 143 stopped by a signal
"""


class Parser(argparse.ArgumentParser):
    """Reports mistakes as every other error is reported."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, cure=f"see {self.prog} --help")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed arguments; ``command`` is the function to call with them and the terminal.

    Raises UsageError; prints and exits for --help and --version.
    """
    words = list(argv)
    if words and words[0] in _OF_ALL:
        build(only=words[0]).parse_args(words)  # which exits
    if not words or words[0] not in COMMANDS:
        words.insert(0, "run")
    own, program = _divided(words)
    arguments = build(only=words[0]).parse_args(own)
    arguments.program = program
    empty = [name for name in _PATHS if "" in _given(arguments, name)]
    if empty:  # an unset variable of a build script must not silently mean something else
        raise UsageError(
            f"--{empty[0].replace('_', '-')} is empty", cure="give a value, or leave the option away"
        )
    return arguments


#: Options of no subcommand: each answers, and exits.
_OF_ALL = ("-h", "--help", "--version")
_PATHS = (
    "node",
    "base",
    "baseline",
    "out",
    "scenarios",
    "config",
    "branch",
    "configuration",
    "metric",
    "name",
    "base_command",
)


def _divided(words: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """The words as the parser takes them, and exec's command, which it does not."""
    from tcperf.cli.arguments_exec import divided
    from tcperf.cli.junit import spelled_out

    def are_execs(options: Sequence[str]) -> bool:
        try:
            build(only="exec").parse_args(spelled_out(["exec", *options]))
        except UsageError:
            return False
        return True

    own, program = divided(words, are_execs)
    return spelled_out(own), program


def _given(arguments: argparse.Namespace, name: str) -> list[str]:
    value = getattr(arguments, name, None)
    return [value] if isinstance(value, str) else list(value or ())


def build(only: str | None = None) -> argparse.ArgumentParser:
    """The parser with all its subcommands, of which ``only`` one has its options (None: all have)."""
    parser = Parser(
        prog="tcperf",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tcperf {tcperf.__version__}")
    subparsers = parser.add_subparsers(title="subcommands", metavar="COMMAND", parser_class=Parser)
    for name, command in COMMANDS.items():
        if only in {None, name}:
            command.add(name, subparsers)
        else:
            subparsers.add_parser(name, help=command.help)
    return parser
