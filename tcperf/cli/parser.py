"""What the command line understands.  No heavy import: ``tcperf --help`` has to be fast."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

import tcperf
from tcperf.errors import UsageError
from tcperf.linkspec import parse_link
from tcperf.model import Link
from tcperf.options import AUTO, FORMATS, GATES, NETWORKS, PCAPS, PROFILES
from tcperf.quantities import parse_duration

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


class _Parser(argparse.ArgumentParser):
    """Reports mistakes as every other error is reported."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, cure=f"see {self.prog} --help")


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
    parser = _Parser(
        prog="tcperf",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tcperf {tcperf.__version__}")
    subparsers = parser.add_subparsers(title="subcommands", metavar="COMMAND", parser_class=_Parser)
    for add in (
        _add_run,
        _add_list,
        _add_doctor,
        _add_report,
        _add_compare,
        _add_emit,
        _add_analyze,
        _add_calibrate,
        _add_drill,
    ):
        add(subparsers)
    return parser


def _command(module: str) -> Callable[..., int]:
    """The ``command`` function of a module that is imported only when it is called."""

    def call(*arguments: Any) -> int:
        return int(importlib.import_module(f"tcperf.cli.{module}").command(*arguments))

    return call


def _add(
    subparsers: Any, name: str, module: str, help_line: str, description: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=help_line,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=_command(module))
    return parser


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that say which scenarios there are and what they run on."""
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="scenarios by name (see `tcperf list`)")
    parser.add_argument(
        "--scenarios",
        action="append",
        metavar="DIR",
        help="a folder with more scenario modules; may be repeated",
    )
    parser.add_argument(
        "--node", metavar="PATH", help="the node's binary, or `reference`, the bundled one (the default)"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration (default: ./tcperf.toml if there is one)",
    )


def _add_run(subparsers: Any) -> None:
    parser = _add(
        subparsers,
        "run",
        "run",
        "drive nodes through scenarios and measure them",
        "Drive nodes through scenarios and measure them.  Without a SCENARIO: one_to_one.\n"
        "Options can stand in tcperf.toml, too, under [run], and parameters under [params.SCENARIO]; the command\n"
        "line wins.",
    )
    _add_selection(parser)
    parser.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="[SCENARIO.]NAME=VALUE",
        help="a scenario's parameter; may be repeated",
    )
    parser.add_argument(
        "--runs", type=_positive, metavar="N", help="runs of each scenario (default: 3, reference node: 1)"
    )
    _add_comparison(parser)
    parser.add_argument("--out", metavar="DIR", help="where reports go (default: tcperf-report)")
    parser.add_argument(
        "--network",
        choices=NETWORKS,
        help="private: one network namespace a node, exact traffic (the default where the machine allows it); "
        "host: this machine's own network: no frame is counted, TCP's payload is asked of the kernel",
    )
    parser.add_argument(
        "--net",
        type=_link,
        metavar="LINK",
        help="how bad every link of the private network is, one way towards each node, such as "
        "delay=50ms,rate=10mbit,loss=1%%; none takes back what tcperf.toml says",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="auto (the default): service messages under TeamCity, else a table",
    )
    parser.add_argument(
        "--pcap",
        nargs="?",
        const=PCAPS[0],
        choices=PCAPS,
        metavar="headers|full",
        help="keep each run's traffic as a capture that Wireshark opens, with phase marks: headers (the default) "
        "leaves out every message's content; write --pcap=full before a SCENARIO",
    )
    parser.add_argument(
        "--profile",
        type=_profiles,
        metavar="cpu,heap",
        help="keep Go's profiles of each node, taken in one more run that is not measured",
    )


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    """The options that say what to compare with, for how long, and what a regression does to the build."""
    parser.add_argument(
        "--base",
        metavar="PATH",
        help="compare with this binary: both are run in turns, in pairs, until every gated metric is decided",
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help="compare with an earlier run's results.json; less certain than --base on the same machine",
    )
    parser.add_argument(
        "--pairs", type=_positive, metavar="MAX", help="with --base: at most so many pairs (default: 30)"
    )
    parser.add_argument(
        "--budget",
        type=_duration,
        metavar="DURATION",
        help="with --base: the time for all pairs, such as 15m (default: 45m, reference node: none)",
    )
    parser.add_argument(
        "--lanes",
        type=_lanes,
        metavar="N|auto",
        help="with --base: so many runs side by side; auto: as many as the nodes sleep enough for (default: one, "
        "or auto where ten pairs would not fit into the budget)",
    )
    parser.add_argument(
        "--gate",
        choices=GATES,
        help="what a regression does: problem: a build problem, exit status 0; exit: exit status 1; condition: "
        "statistics for failure conditions; off: nothing; auto (the default): problem under TeamCity, else exit",
    )


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except UsageError as error:
        raise UsageError(f"argument --budget: {error.message}", cure=error.cure) from error


def _lanes(text: str) -> int | Literal["auto"]:
    return AUTO if text == AUTO else _positive(text)


def _link(text: str) -> Link:
    try:
        return parse_link(text)
    except UsageError as error:
        raise UsageError(f"argument --net: {error.message}", cure=error.cure) from error


def _profiles(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(text.split(",")))
    unknown = [name for name in found if name not in PROFILES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no profile: choose from {', '.join(PROFILES)}")
    return found


def _add_list(subparsers: Any) -> None:
    parser = _add(
        subparsers,
        "list",
        "listing",
        "list scenarios, their parameters and the keys they publish",
        "List scenarios with their parameters, the defaults, and the statistic keys each publishes.\n"
        "Nothing is run.  With --node, defaults and keys are those of a given node.",
    )
    _add_selection(parser)


def _add_doctor(subparsers: Any) -> None:
    parser = _add(
        subparsers,
        "doctor",
        "doctor",
        "find out what this machine can measure, and how exactly",
        "Build a whole two-node private network, try every probe, start the node, and say what this machine\n"
        "can measure and how exactly; where a step fails, which one and its cure.",
    )
    parser.add_argument(
        "--node", metavar="PATH", default="reference", help="the node's binary, or `reference` (the default)"
    )


def _add_report(subparsers: Any) -> None:
    parser = _add(
        subparsers,
        "report",
        "report",
        "write all reports again from a results.json",
        "Write results.csv, report.html and, where head and base were compared, comparison.md again from a\n"
        "results.json, and print the verdict and the table.",
    )
    parser.add_argument("results", type=Path, metavar="RESULTS.json", help="what `tcperf run` wrote")
    parser.add_argument("--out", metavar="DIR", help="where reports go (default: beside RESULTS.json)")
    parser.add_argument(
        "--format",
        choices=("teamcity", "console"),
        default="console",
        help="console (the default): the table; teamcity: the statistics as service messages",
    )


_COMPARE = """\
Compare two results of `tcperf run`: what of HEAD.json is worse, better or as it was in BASE.json, how certain
that is, and which change would have shown.

Both are one result where a run was made in pairs (`tcperf run --base`): give it twice to judge it again, by
another tcperf.toml.  Results of two separate runs are compared, too, by a weaker test and with a warning, for
machines drift.  Nothing is compared where conditions or parameters differ; other machines are warned of.

exit status:
  0 compared, and nothing to object to   1 a gated metric is worse, or over its limit (--gate exit)
  2 usage or configuration   4 not compared
"""
_COMPARE_EXAMPLES = """\
examples:
  tcperf compare parent/results.json branch/results.json
  tcperf compare --format markdown parent/results.json branch/results.json > comparison.md
  tcperf compare --gate off --out comparison results.json results.json
"""


def _add_compare(subparsers: Any) -> None:
    parser = _add(subparsers, "compare", "compare", "compare two results of earlier runs", _COMPARE)
    parser.epilog = _COMPARE_EXAMPLES
    parser.add_argument("base_result", type=Path, metavar="BASE.json", help="the result to compare with")
    parser.add_argument("head_result", type=Path, metavar="HEAD.json", help="the result to be judged")
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration with the gate's rules (default: ./tcperf.toml if there is one)",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="write results.json, results.csv, report.html and comparison.md there (default: only print)",
    )
    parser.add_argument(
        "--format",
        choices=("console", "csv", "json", "markdown", "teamcity"),
        default="console",
        help="console (the default): verdict and tables; csv: a row a metric; json: a results.json without the "
        "runs; markdown: for a pull request; teamcity: service messages, and reports (--out: tcperf-comparison)",
    )
    parser.add_argument(
        "--gate",
        choices=GATES,
        help="what a regression does: exit: exit status 1 (the default); off: nothing; problem, condition: as in "
        "`tcperf run`",
    )


def _add_emit(subparsers: Any) -> None:
    parser = _add(
        subparsers,
        "emit",
        "emit",
        "print statistics for TeamCity from a shell script",
        "Print each KEY=VALUE as a ##teamcity[buildStatisticValue] message, all of them or, where one is not\n"
        "valid, none.  A value is a plain decimal number.",
    )
    parser.add_argument("pairs", nargs="+", metavar="KEY=VALUE", help="a statistic")


_ANALYZE = """\
Read a capture and tell who sent how much to whom over what: frame, IP and payload bytes, frames, TCP segments
sent again, connections and short ones; the largest contributors first.

FILE is what tcpdump -w, dumpcap, Wireshark or `tcperf run --pcap` wrote: pcap of either byte order, in
microseconds or nanoseconds, or pcapng, also compressed with gzip; of Ethernet, Linux's `any` (SLL, SLL2), raw
IP or loopback.  A capture that keeps only the beginning of each frame does, too: lengths are taken from the
headers.  A file that breaks off is analysed up to there, and the result is marked partial.

Nodes are IP addresses (hardware addresses, where there is no IP), or names: those of --name, else those that
the capture has.  In a capture of tcperf's own they are the run's nodes, and each phase has its tables.
"""
_ANALYZE_EXAMPLES = """\
examples:
  tcperf analyze run.pcapng
  tcperf analyze --name 10.0.0.1=alice --name 10.0.0.2=bob --p2p 30303 --control 8545 trace.pcap.gz
  tcperf analyze --format csv trace.pcap > trace.csv
  tcpdump -i eth0 -s 128 -w - | tcperf analyze --format json -
"""


def _add_analyze(subparsers: Any) -> None:
    parser = _add(subparsers, "analyze", "analyze", "tell who sent how much to whom in a capture", _ANALYZE)
    parser.epilog = _ANALYZE_EXAMPLES
    parser.add_argument("file", metavar="FILE", help="a capture, or - for standard input")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="ADDRESS=NAME",
        help="call an IP address so; may be repeated; addresses of one name are one node",
    )
    for option, meaning in (("p2p", "the nodes' own traffic"), ("control", "what drives the nodes")):
        parser.add_argument(
            f"--{option}",
            action="append",
            default=[],
            type=_port,
            metavar="PORT",
            help=f"traffic from or to this port has the role {option}: {meaning}; may be repeated",
        )
    parser.add_argument(
        "--format",
        choices=("console", "json", "csv"),
        default="console",
        help="console (the default): tables; json: all of them, and csv: one row a sender, receiver and protocol",
    )


_CALIBRATE = """\
Find out how much each metric varies where nothing differs: play a node beside itself, in pairs, as `tcperf run
--base` does, and never end early.  Tell of each gated metric the noise of a run, the smallest change that 10, 20 and 30
pairs show, whether the threshold bears the noise, and which one does; and how many false alarms there were.

The rules that follow from it are printed as a fragment of tcperf.toml, with what they rest on; append them to it.
With several lanes the same is played in one lane, too: CPU is gated in lanes only where both agree.
"""
_CALIBRATE_EXAMPLES = """\
examples:
  tcperf calibrate
  tcperf calibrate one_to_one --node build/bin/status-backend --lanes 3 >> tcperf.toml

exit status:
  0 all was calibrated   3 nothing measured   4 a scenario failed before it had its pairs
"""


def _add_calibrate(subparsers: Any) -> None:
    parser = _add(
        subparsers, "calibrate", "calibrate", "measure the noise, and choose thresholds", _CALIBRATE
    )
    parser.epilog = _CALIBRATE_EXAMPLES
    _add_selection(parser)
    parser.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="[SCENARIO.]NAME=VALUE",
        help="a scenario's parameter; may be repeated",
    )
    parser.add_argument(
        "--pairs", type=_positive, metavar="N", help="so many pairs of each scenario (default: 20)"
    )
    parser.add_argument(
        "--lanes",
        type=_lanes,
        metavar="N|auto",
        help="so many runs side by side, and then the same in one lane (default: one)",
    )
    parser.add_argument("--out", metavar="DIR", help="where reports go (default: tcperf-calibration)")
    parser.add_argument("--network", choices=NETWORKS, help="as for run")


_DRILL = """\
Show that the gate fails when it has to: play a node beside itself, in pairs, first as it is, then with one
regression after another planted on the head's side: a delay, more bytes, more memory, more CPU.  Each must be WORSE on
its own metric, and nothing else may be but its declared side effects (cpu: time and latency; bytes: packets, CPU …).

The reference node plants by its own switches.  Into any other program nothing can be put: a delay is planted into
its network, the rest by a companion, a process in its namespace and its process group that counts as the node's.
The table says which.  Sizes are two thresholds (or floors) of what was measured without a plant, or as given.
"""
_DRILL_EXAMPLES = """\
examples:
  tcperf drill
  tcperf drill one_to_one --node build/bin/status-backend --plant delay --plant bytes
  tcperf drill --plant cpu=15% --plant memory=16MiB

exit status:
  0 every plant was caught, and nothing else was red   1 the gate did not do what it has to
"""


def _add_drill(subparsers: Any) -> None:
    parser = _add(subparsers, "drill", "drill", "plant regressions, and see that the gate sees them", _DRILL)
    parser.epilog = _DRILL_EXAMPLES
    _add_selection(parser)
    parser.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="the scenario's parameter; may be repeated",
    )
    parser.add_argument(
        "--plant",
        action="append",
        default=[],
        metavar="KIND[=SIZE]",
        help="delay, bytes, memory or cpu, with its size in percent or in the unit of what it is measured by, such as "
        "cpu=15%%, delay=5ms or memory=8MiB, all nodes together; may be repeated (default: all that can be)",
    )
    parser.add_argument(
        "--pairs", type=_positive, metavar="MAX", help="at most so many pairs a step (default: 15)"
    )
    parser.add_argument("--out", metavar="DIR", help="where each step's reports go (default: tcperf-drill)")
    parser.add_argument("--network", choices=NETWORKS, help="as for run")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:6]) < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number
