"""The options of what compares, calibrates and drills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tcperf.cli.arguments import add_command, add_manner, add_param, add_selection, lanes, positive
from tcperf.cli.junit import add_junit
from tcperf.options import GATES, NETWORKS

_COMPARE = """\
Compare two results of `tcperf run`: what of HEAD.json is worse, better or as it was in BASE.json, how certain
that is, and which change would have shown.

Both are one result where a run was made in pairs (`tcperf run --base`): give it twice to judge it again, by
another tcperf.toml.  Where HEAD.json has pairs with the very program of BASE.json, these pairs are judged, and
nothing in BASE.json counts.  Results of two separate runs are compared, too, by a weaker test and with a warning,
for machines drift.  Nothing is compared where conditions or parameters differ; other machines are warned of.

exit status:
  0 compared, and nothing to object to   1 a gated metric is worse, or over its limit (--gate exit)
  2 usage or configuration   4 not compared
"""
_COMPARE_EXAMPLES = """\
examples:
  tcperf compare parent/results.json branch/results.json
  tcperf compare --format markdown parent/results.json branch/results.json > report.md
  tcperf compare --gate off --out comparison results.json results.json
"""


def add_compare(subparsers: Any) -> None:
    """``tcperf compare``."""
    parser = add_command(subparsers, "compare", "compare", _COMPARE)
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
        help="write results.json, results.csv, summary.csv, report.html and report.md there (default: only print)",
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
    add_manner(parser)
    add_junit(parser)


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


def add_calibrate(subparsers: Any) -> None:
    """``tcperf calibrate``."""
    parser = add_command(subparsers, "calibrate", "calibrate", _CALIBRATE)
    parser.epilog = _CALIBRATE_EXAMPLES
    add_selection(parser)
    add_param(parser)
    parser.add_argument(
        "--pairs",
        type=positive,
        metavar="N",
        help="so many pairs of each scenario (at least 10; default: 20)",
    )
    parser.add_argument(
        "--lanes",
        type=lanes,
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


def add_drill(subparsers: Any) -> None:
    """``tcperf drill``."""
    parser = add_command(subparsers, "drill", "drill", _DRILL)
    parser.epilog = _DRILL_EXAMPLES
    add_selection(parser)
    add_param(parser)
    parser.add_argument(
        "--plant",
        action="append",
        default=[],
        metavar="KIND[=SIZE]",
        help="delay, bytes, memory or cpu, with its size in percent or in the unit of what it is measured by, such as "
        "cpu=15%%, delay=5ms or memory=8MiB, all nodes together; may be repeated (default: all that can be)",
    )
    parser.add_argument(
        "--pairs", type=positive, metavar="MAX", help="at most so many pairs a step (at least 8; default: 15)"
    )
    parser.add_argument("--out", metavar="DIR", help="where each step's reports go (default: tcperf-drill)")
    parser.add_argument("--network", choices=NETWORKS, help="as for run")
