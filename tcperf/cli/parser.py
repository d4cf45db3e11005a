"""What the command line understands.  No heavy import: ``tcperf --help`` has to be fast."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import tcperf
from tcperf.cli.arguments import Parser
from tcperf.cli.arguments_judging import add_calibrate, add_compare, add_drill
from tcperf.cli.arguments_reading import add_analyze, add_doctor, add_emit, add_list, add_report
from tcperf.cli.arguments_run import add_run
from tcperf.errors import UsageError

COMMANDS = ("run", "list", "doctor", "report", "compare", "emit", "analyze", "calibrate", "drill")

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
  tcperf doctor                              what this machine can measure, and how exactly
  tcperf report tcperf-report/results.json   all reports again
  tcperf compare old.json new.json           what changed between two results, and whether it is certain
  tcperf emit my.build.size_bytes=123456     a statistic from a shell script
  tcperf analyze capture.pcapng              who sent how much to whom, in any capture
  tcperf calibrate                           how much figures vary here, and which thresholds that bears
  tcperf drill                               plant regressions, and see that the gate sees them

exit status:
  0 measured, and nothing to object to   1 a gated metric is worse, or over its limit (--gate exit)
  2 usage or configuration   3 nothing measured: the node, the scenario or the machine failed
  4 a comparison that was asked for was not made   5 a fault of tcperf   130, 143 stopped by a signal
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed arguments; ``command`` is the function to call with them and the terminal.

    Raises UsageError; prints and exits for --help and --version.
    """
    words = list(argv)
    if not words or (words[0] not in COMMANDS and words[0] not in {"-h", "--help", "--version"}):
        words.insert(0, "run")
    arguments = build().parse_args(words)
    empty = [name for name in _PATHS if "" in _given(arguments, name)]
    if empty:  # an unset variable of a build script must not silently mean something else
        raise UsageError(f"--{empty[0]} is empty", cure="give a value, or leave the option away")
    return arguments


_PATHS = ("node", "base", "baseline", "out", "scenarios", "config")


def _given(arguments: argparse.Namespace, name: str) -> list[str]:
    value = getattr(arguments, name, None)
    return [value] if isinstance(value, str) else list(value or ())


def build() -> argparse.ArgumentParser:
    """The parser with all its subcommands."""
    parser = Parser(
        prog="tcperf",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tcperf {tcperf.__version__}")
    subparsers = parser.add_subparsers(title="subcommands", metavar="COMMAND", parser_class=Parser)
    for add in (
        add_run,
        add_list,
        add_doctor,
        add_report,
        add_compare,
        add_emit,
        add_analyze,
        add_calibrate,
        add_drill,
    ):
        add(subparsers)
    return parser
