"""The options of the smaller subcommands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tcperf.cli.arguments import add_command, add_selection
from tcperf.cli.junit import add_junit


def add_list(subparsers: Any) -> None:
    """``tcperf list``."""
    parser = add_command(
        subparsers,
        "list",
        "listing",
        "List scenarios with their parameters, the defaults, and the statistic keys each publishes.\n"
        "Nothing is run.  With --node, defaults and keys are those of a given node.",
    )
    add_selection(parser)


def add_new_scenario(subparsers: Any) -> None:
    """``tcperf new-scenario``."""
    parser = add_command(
        subparsers,
        "new-scenario",
        "new_scenario",
        "Make the file of a new scenario, and tell the two commands that list and play it.  It runs as it is: change it\n"
        "step by step.  A file that is there is never replaced.",
    )
    parser.add_argument(
        "scenario",
        metavar="NAME",
        help="a lower-case letter, then lower-case letters, digits or _; at most 24; no keyword or module of Python's",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="the folder of scenarios (default: the first that tcperf.toml names, or ./scenarios)",
    )
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: ./tcperf.toml if there is one)"
    )


def add_doctor(subparsers: Any) -> None:
    """``tcperf doctor``."""
    parser = add_command(
        subparsers,
        "doctor",
        "doctor",
        "Build a whole two-node private network, try every probe, start the node, and say what this machine\n"
        "can measure and how exactly; where a step fails, which one and its cure.",
    )
    parser.add_argument(
        "--node", metavar="PATH", default="reference", help="the node's binary, or `reference` (the default)"
    )


_REPORT = """\
Write results.csv, summary.csv, report.html and report.md again from a results.json, and print the verdict and the
table.  The results.json itself stays as it is, and no file is replaced that tcperf did not write.

Of several results, the oldest first: the published metrics side by side, a column a build, and how far the last one
is from the first and from the one before.  What makes builds unlike (machine, conditions, parameters) is said.  With
--out their summary.csv, one row a build, and builds.html, their trend, are written.
"""
_REPORT_EXAMPLES = """\
examples:
  tcperf report tcperf-report/results.json
  tcperf report --out builds monday.json tuesday.json wednesday.json
  tcperf report --format csv nightly/*.json > summary.csv
"""


def add_report(subparsers: Any) -> None:
    """``tcperf report``."""
    parser = add_command(
        subparsers,
        "report",
        "report",
        _REPORT,
    )
    parser.epilog = _REPORT_EXAMPLES
    parser.add_argument(
        "results",
        type=Path,
        nargs="+",
        metavar="RESULTS.json",
        help="what `tcperf run` wrote; the oldest first",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where reports go (default: beside RESULTS.json; of several results nothing is written without it)",
    )
    parser.add_argument(
        "--format",
        choices=("teamcity", "console", "csv"),
        default="console",
        help="console (the default): the table; csv: one row a build, one column a published metric; teamcity: the "
        "statistics as service messages (not by itself in a build, as `tcperf run` does)",
    )
    add_junit(parser)


def add_emit(subparsers: Any) -> None:
    """``tcperf emit``."""
    parser = add_command(
        subparsers,
        "emit",
        "emit",
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


def add_analyze(subparsers: Any) -> None:
    """``tcperf analyze``."""
    parser = add_command(subparsers, "analyze", "analyze", _ANALYZE)
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


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:6]) < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)
