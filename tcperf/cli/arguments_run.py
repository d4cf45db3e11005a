"""The options of ``run``."""

from __future__ import annotations

import argparse
from typing import Any

from tcperf.cli.arguments import add_command, add_manner, add_param, add_selection, add_trend, lanes, positive
from tcperf.cli.junit import add_junit
from tcperf.errors import UsageError
from tcperf.link import Link
from tcperf.linkspec import parse_link
from tcperf.options import FORMATS, GATES, NETWORKS, PCAPS, PROFILES
from tcperf.quantities import parse_duration


def add_run(subparsers: Any) -> None:
    """``tcperf run``."""
    parser = add_command(
        subparsers,
        "run",
        "run",
        "Drive nodes through scenarios and measure them.  Without a SCENARIO: one_to_one.\n"
        "Options can stand in tcperf.toml, too, under [run], and parameters under [params.SCENARIO]; the command\n"
        "line wins.",
    )
    add_selection(parser)
    add_param(parser)
    parser.add_argument(
        "--runs", type=positive, metavar="N", help="runs of each scenario (default: 3, reference node: 1)"
    )
    _add_comparison(parser)
    parser.add_argument("--out", metavar="DIR", help="where reports go (default: tcperf-report)")
    add_ground(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="auto (the default): service messages under TeamCity, else a table",
    )
    parser.add_argument(
        "--profile",
        type=_profiles,
        metavar="cpu,heap",
        help="keep Go's profiles of each node, taken in one more run that is not measured",
    )
    add_junit(parser)


def add_ground(parser: argparse.ArgumentParser) -> None:
    """The options that say what network it takes place on, and whether its frames are kept."""
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
        "--pcap",
        nargs="?",
        const=PCAPS[0],
        choices=PCAPS,
        metavar="headers|full",
        help="keep each run's traffic as a capture that Wireshark opens, with phase marks: headers (the default) "
        "leaves out every message's content; write --pcap=full before a SCENARIO",
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
        metavar="FILE|?:FILE|teamcity",
        help="compare with an earlier run's results.json (behind ?: one that may be missing, or measured otherwise), or "
        "with past builds of this TeamCity configuration, which only warns; less certain than --base on the same machine",
    )
    parser.add_argument(
        "--pairs", type=positive, metavar="MAX", help="with --base: at most so many pairs (default: 30)"
    )
    parser.add_argument(
        "--budget",
        type=duration,
        metavar="DURATION",
        help="with --base: the time for all pairs, such as 15m (default: 45m, reference node: none)",
    )
    parser.add_argument(
        "--lanes",
        type=lanes,
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
    add_manner(parser)
    add_trend(parser)


def duration(text: str) -> float:
    """Seconds.  Raises UsageError."""
    try:
        return parse_duration(text)
    except UsageError as error:
        raise UsageError(f"argument --budget: {error.message}", cure=error.cure) from error


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
