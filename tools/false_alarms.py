#!/usr/bin/env python3
"""How often is the gate red where nothing differs, and does it see what does?  Real runs of the bundled node.

  clean     the node compared with itself in 10 pairs, 40 times over: of all gated metrics at most one may be red
  planted   15 % more CPU, 6 % more bytes, 15 % more memory, 20 % more latency, each planted on one side: each must be
            WORSE on its metric in at most 15 pairs, others only along the list of its side effects, and the other side
            never

All is played and judged by what plays and judges `tcperf run --base` and `tcperf drill`, by the rules and parameters of
false_alarms.toml.  The results are kept: --again judges clean ones once more, by the rules there are then.  Do it on a
quiet machine; it takes an hour.  The exit status is 1 where the gate does not do what it has to.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
from proofs import clean_builds, planted_builds

from tcperf.cli.itself import BesideItself
from tcperf.cli.node import choose
from tcperf.cli.plans import plans
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.drilling import Step
from tcperf.errors import TcperfError
from tcperf.event_lines import duration
from tcperf.interrupts import Interrupts
from tcperf.model import Result
from tcperf.network.ground import choose_ground
from tcperf.probes import machine
from tcperf.progress import PlainProgress
from tcperf.reports.write import reserve, write_atomically
from tcperf.workdir import sweep

PARTS = ("clean", "planted")
RULES = Path(__file__).with_suffix(".toml")


@attrs.frozen
class Effort:
    """How much is played."""

    comparisons: int
    pairs: int
    wishes: tuple[str, ...]
    most: int


FULL = Effort(40, 10, planted_builds.WISHES, planted_builds.MOST_PAIRS)
QUICK = Effort(2, 8, ("bytes=6%",), 10)


def say(text: str) -> None:
    """Say what is going on, on standard error."""
    print(text, file=sys.stderr, flush=True)


def clean(found: Iterable[Result], selection: Selection, of: int) -> Iterator[clean_builds.Build]:
    """Judge results as they come, and say how far it is."""
    begin_s, red = time.monotonic(), 0
    for number, result in enumerate(found, 1):
        build = clean_builds.build_of(result, selection.config.gate, datetime.now(UTC).date())
        red += len(build.red)
        left_s = (time.monotonic() - begin_s) / number * (of - number)
        say(
            f"clean build {number} of {of}: {', '.join(build.red) or 'green'}; {red} red so far, {_left(left_s)}"
        )
        yield build


def _left(seconds: float) -> str:
    return f"about {duration(seconds)} left" if seconds else "done"


def as_json(builds: Sequence[clean_builds.Build], steps: Sequence[Step]) -> dict[str, Any]:
    """All figures, for programs."""
    return {
        "machine": attrs.asdict(machine.describe()),
        "clean": [attrs.asdict(build) for build in builds],
        "planted": [
            {"step": step.name, "goal": _goal(step), "finding": attrs.asdict(step.finding)} for step in steps
        ],
    }


def _goal(step: Step) -> dict[str, Any] | None:
    goal = step.goal
    return None if goal is None else {"key": goal.key, "ratio": goal.ratio, "amount": goal.amount}


def play(arguments: argparse.Namespace, effort: Effort) -> bool:
    """Play what was asked for, print the tables, keep the figures; whether all is right."""
    terminal = Terminal(sys.stdout, sys.stderr, {})
    selection = select(arguments, Path.cwd())
    (plan,) = plans(selection, arguments.param)
    builds: list[clean_builds.Build] = []
    steps: list[Step] = []
    if arguments.again is not None:
        results = list(clean_builds.kept(arguments.again))
        builds += clean(results, selection, len(results))
        return _told(builds, steps)
    sweep()
    with reserve(arguments.out) as folder, Interrupts() as interrupts:
        itself = BesideItself(
            node=choose(selection.node),
            ground=choose_ground(None),
            policy=selection.config.gate,
            terminal=terminal,
            interrupts=interrupts,
            show=lambda _state: PlainProgress(say if arguments.verbose else lambda _line: None),
        )
        if "clean" in (arguments.parts or PARTS):
            played = clean_builds.play(itself, plan, effort.comparisons, effort.pairs, folder.path)
            for build in clean(played, selection, effort.comparisons):
                builds.append(build)
                _keep(folder.path, builds, steps)
        if "planted" in (arguments.parts or PARTS):
            for step in planted_builds.play(itself, plan, effort.wishes, effort.most, folder.path, say):
                steps.append(step)
                _keep(folder.path, builds, steps)
    return _told(builds, steps)


def _keep(folder: Path, builds: Sequence[clean_builds.Build], steps: Sequence[Step]) -> None:
    write_atomically(folder / "false-alarms.json", json.dumps(as_json(builds, steps), indent=1, default=str))


def _told(builds: Sequence[clean_builds.Build], steps: Sequence[Step]) -> bool:
    if builds:
        print("\n".join(clean_builds.table(builds)))
    if steps:
        print(planted_builds.table(steps))
    return clean_builds.is_right(builds) and planted_builds.is_right(steps) and bool(builds or steps)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--quick", action="store_true", help="a smoke test: it proves next to nothing")
    parser.add_argument("--comparisons", type=int, metavar="N", help=f"clean builds ({FULL.comparisons})")
    parser.add_argument("--pairs", type=int, metavar="N", help=f"pairs of a clean build ({FULL.pairs})")
    parser.add_argument(
        "--out", type=Path, default=Path("false-alarms"), metavar="DIR", help="keeps the results"
    )
    parser.add_argument(
        "--again", type=Path, metavar="DIR", help="play nothing: judge the clean builds kept there"
    )
    parser.add_argument("--config", default=str(RULES), metavar="FILE", help="rules and parameters")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--node", metavar="PATH", help="another node; default: the bundled one")
    parser.add_argument("--verbose", action="store_true", help="tell of every pair")
    parser.set_defaults(names=["one_to_one"], scenarios=None)
    return parser


def main(argv: Sequence[str]) -> int:
    """Play and print; 0 if the gate does what it has to."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"nothing is called {unknown[0]}: choose from {', '.join(PARTS)}")
    effort = QUICK if arguments.quick else FULL
    effort = attrs.evolve(
        effort,
        comparisons=arguments.comparisons or effort.comparisons,
        pairs=arguments.pairs or effort.pairs,
    )
    try:
        return 0 if play(arguments, effort) else 1
    except TcperfError as error:
        print(error, *error.details, sep="\n", file=sys.stderr)
        return error.exit_status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
