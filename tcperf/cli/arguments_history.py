"""The options of ``history``."""

from __future__ import annotations

from typing import Any

from tcperf.cli.arguments import add_command, positive

#: As many builds as stand on a page of the REST interface: one request.
DEFAULT_COUNT = 100

_DESCRIPTION = """\
Read what past builds of a TeamCity build configuration measured: a table with what is usual, or all of it as CSV,
one row a build, one column a figure; with --out a page of charts, too.

It reads the last successful builds of the default branch, or of --branch.  Within a build of TeamCity the server and
the configuration are known; elsewhere they are given, and an access token is taken from the environment variable
TCPERF_TEAMCITY_TOKEN.
"""
_EXAMPLES = """\
examples:
  export TCPERF_TEAMCITY_TOKEN=...
  tcperf history --server https://teamcity.example.org --configuration Perf_OneToOne
  tcperf history --server https://teamcity.example.org --configuration Perf_OneToOne --branch develop --count 500 \\
                 --csv > history.csv
  within a build of TeamCity:
  tcperf history --metric '*.sent_bytes' --metric '*.cpu_ms' --out tcperf-history
"""


def add_history(subparsers: Any) -> None:
    """``tcperf history``."""
    parser = add_command(subparsers, "history", "history", _DESCRIPTION)
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "--branch", metavar="NAME", help="builds of this branch (default: the default branch)"
    )
    parser.add_argument(
        "--count",
        type=positive,
        default=DEFAULT_COUNT,
        metavar="N",
        help="at most so many builds, the newest (default: %(default)s)",
    )
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="PATTERN",
        help="figures whose keys match, such as '*.sent_bytes'; may be repeated (default: all that were measured)",
    )
    parser.add_argument("--csv", action="store_true", help="print CSV, not the table")
    parser.add_argument(
        "--out", metavar="DIR", help="write history.html and history.csv into this folder, too"
    )
    parser.add_argument(
        "--server", metavar="URL", help="TeamCity's root (default: that of the build this runs in)"
    )
    parser.add_argument(
        "--configuration",
        metavar="ID",
        help="the build configuration's identifier (default: that of the build this runs in)",
    )
