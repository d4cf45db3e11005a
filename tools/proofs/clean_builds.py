"""Clean builds: a node compared with itself again and again, each time as ``run --base`` does it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from attrs import frozen

from tcperf import results
from tcperf.cli.itself import BesideItself
from tcperf.cli.pairs import Asked
from tcperf.comparing import compare_pairs
from tcperf.comparison import Comparison
from tcperf.model import Result
from tcperf.plan import Plan
from tcperf.plants.finding import exchange, red
from tcperf.rates import tries_needed, upper_rate
from tcperf.reports.write import prepare, write_atomically
from tcperf.rules import GatePolicy
from tcperf.thresholds import criterion

#: With more red ones than this the gate does not keep its promise.
MOST_RED = 1
#: A rate of false alarms that is worth proving.
WORTH = 0.01


@frozen
class Build:
    """One comparison of the node with itself.

    ``compared`` is all that the rules gate, also where it turned out too noisy.  ``exchanged`` are the keys that are
    red where the two sides are taken for each other.  ``problems`` say why there was no comparison.
    """

    run_s: float
    redone: int
    compared: tuple[Comparison, ...]
    exchanged: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def red(self) -> tuple[str, ...]:
        """The keys of the false alarms."""
        return tuple(each.key for each in red(self.compared))


def play(itself: BesideItself, plan: Plan, builds: int, pairs: int, folder: Path) -> Iterator[Result]:
    """The results of builds of ``pairs`` pairs each, none ended early; each is kept in the folder.

    Raises NothingMeasuredError where one measures nothing.
    """
    for number in range(1, builds + 1):
        outcome = itself.play([plan], Asked(most=pairs, lanes=1, looks=()), prepare(folder / "last"))
        if outcome.result is None:
            raise outcome.failures[0].error
        write_atomically(folder / f"clean-{number:03}.json", results.dumps(outcome.result))
        yield outcome.result


def kept(folder: Path) -> Iterator[Result]:
    """The results that were kept in a folder."""
    for path in sorted(folder.glob("clean-*.json")):
        yield results.load(path)


def build_of(result: Result, policy: GatePolicy, today: date) -> Build:
    """What the gate says of a result, and what it would say of the sides exchanged."""
    told = compare_pairs(result, policy, (), today)
    lengths = [
        max(phase.end_ns for phase in run.phases) / 1e9
        for run in result.runs
        if not run.discarded and run.phases
    ]
    return Build(
        run_s=statistics.median(lengths) if lengths else 0.0,
        redone=sum(pairing.redone for pairing in result.pairings),
        compared=tuple(each for each in told if _is_gated(each, policy)),
        exchanged=tuple(each.key for each in red(compare_pairs(exchange(result), policy, (), today))),
        problems=tuple(pairing.problem for pairing in result.pairings if pairing.problem is not None),
    )


def _is_gated(each: Comparison, policy: GatePolicy) -> bool:
    tail = f"{each.scenario}.{each.phase}.{each.metric}"
    return each.gated or criterion(each.metric, tail, published=each.published, policy=policy).gated


def is_right(builds: Sequence[Build]) -> bool:
    """Whether all were compared, and no more of all their metrics were red than may be."""
    return not any(build.problems for build in builds) and sum(len(build.red) for build in builds) <= MOST_RED


_COLUMNS = "{:<26}{:>8}{:>8}{:>7}{:>7}{:>7}{:>7}{:>8}"


def table(builds: Sequence[Build]) -> Iterator[str]:
    """What became of each metric in all builds, and what so many prove."""
    yield _COLUMNS.format("", "a run", "largest", "", "can't", "too", "", "red if")
    yield _COLUMNS.format("", "varies", "effect", "ok", "tell", "noisy", "red", "exch.")
    for key in _keys(builds):
        yield _row(key, builds)
    for number, build in enumerate(builds, 1):
        for problem in build.problems:
            yield f"build {number} was NOT COMPARED: {problem}"
    yield from _proved(builds)


def _keys(builds: Sequence[Build]) -> list[str]:
    return sorted({each.key for build in builds for each in build.compared})


def _gated(key: str, builds: Sequence[Build]) -> int:
    """In how many builds a metric was gated to the end."""
    return sum(each.gated for build in builds for each in build.compared if each.key == key)


def _row(key: str, builds: Sequence[Build]) -> str:
    found = [each for build in builds for each in build.compared if each.key == key]
    noise = [each.noise_pct for each in found if each.noise_pct is not None]
    effects = [abs(each.effect_pct) for each in found if each.effect_pct is not None]
    gated = [each.change for each in found if each.gated]
    return _COLUMNS.format(
        ".".join(key.split(".")[-2:])[-26:],
        f"{statistics.median(noise):.2f} %" if noise else "–",
        f"{max(effects):.2f} %" if effects else "–",
        gated.count("ok") + gated.count("better"),
        gated.count("cannot_tell"),
        len(found) - len(gated),
        gated.count("worse"),
        sum(key in build.exchanged for build in builds),
    )


def _proved(builds: Sequence[Build]) -> Iterator[str]:
    unproved = [key for key in _keys(builds) if 2 * _gated(key, builds) < len(builds)]
    if unproved:
        names = ", ".join(key.rpartition(".")[2] for key in unproved)
        yield f"NOT PROVED: {names}: too noisy to be gated in most builds, and what is not gated is never red"
    bad = sum(bool(build.red) for build in builds)
    either = bad + sum(bool(build.exchanged) for build in builds)
    yield (
        f"{bad} of {len(builds)} clean builds were red, which proves that at most"
        f" {upper_rate(bad, len(builds)):.1%} are (95 %); with the sides exchanged, too,"
        f" {either} of {2 * len(builds)}: at most {upper_rate(either, 2 * len(builds)):.1%}"
    )
    yield f"{tries_needed(WORTH)} without a red one would prove {WORTH:.0%}"
    yield f"a run takes {statistics.median(build.run_s for build in builds):.2f} s from its first phase to its last"
    yield f"{sum(build.redone for build in builds)} pairs were made again"
