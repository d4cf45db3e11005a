"""Why a change cannot be told, or what keeps it from being too much, in words that say what would help.  Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import evolve

from tcperf.comparison import Comparison, Pairing
from tcperf.gate import ALPHA, LOOKS, MANY, MANY_ALPHA, SINGLE_ALPHA, Criterion, Evidence, judge, stays
from tcperf.ranking import OTHERWISE, is_demoted, is_let_off, unseen
from tcperf.sentences import change, percent, place, signed
from tcperf.units import BYTES, MILLISECONDS, humanize


def least_pairs(alpha: float = ALPHA) -> int:
    """From so many pairs on the signed-rank test can go below ``alpha``: 2^-N < alpha."""
    return math.floor(-math.log2(alpha)) + 1


def least_samples(alpha: float = SINGLE_ALPHA) -> int:
    """From so many runs a side on the rank-sum test can: one choice of all C(2n, n)."""
    return next(size for size in range(1, 99) if 1 / math.comb(2 * size, size) < alpha)


#: What helps where nothing is left that is gated.
QUIETER: Final = "take a quieter machine, or wider thresholds (tcperf calibrate proposes them)"
#: What helps where the time was over too early.
MORE_TIME: Final = "give more time with --budget, or take less with --lanes or fewer messages"
#: What makes more runs that belong to no pairs, of a scenario or a program, and of a suite's tests.
_REPEAT: Final = {
    False: "--runs {} or more",
    True: "pytest --count {} or more, of pytest-repeat, also for the --tcperf-baseline",
}
_SCALES: Final = {2**30: "GiB", 2**20: "MiB", 2**10: "KiB", 1: "B"}
_PAIRS: Final = least_pairs()
_SAMPLES: Final = least_samples()


def undecided(at: Evidence, criterion: Criterion, unit: str) -> str:
    """Why the gate cannot tell a change of a metric whose unit's symbol is ``unit``."""
    alpha = ALPHA if at.is_paired else SINGLE_ALPHA
    if at.is_paired and at.pairs < _PAIRS:
        # Nothing is OK before the first look, and nothing WORSE before a p can be small enough.
        return f"{LOOKS[0] if stays(at, criterion) else _PAIRS} or more pairs are needed"
    if not at.is_paired and at.pairs < _SAMPLES:
        return f"{_SAMPLES} or more runs of each side are needed"
    if judge(at, criterion, alpha) == "worse":
        return f"p={at.p_worse:.2g} does not hold beside so many other metrics"
    return _reach(at, criterion, unit, alpha)


def floor(at: Evidence, criterion: Criterion, unit: str) -> str:
    """Why a change that is beyond the threshold, or may be, is OK; with the cure where it would be WORSE otherwise."""
    most = "less" if at.absolute.high < criterion.floor else "no more"
    told = f"{most} than {humanize(criterion.floor, unit)} worse, which is its floor"
    alpha = ALPHA if at.is_paired else SINGLE_ALPHA
    if at.relative is None or judge(at, evolve(criterion, floor=0.0), alpha) != "worse":
        return told
    return f"{told}; {OTHERWISE}: {_leave_it_to(criterion.worse_by, at.base_median, unit)}"


# --- pairs that are too few --------------------------------------------------------------------------


def few_pairs(pairs: int, family: int = 0) -> str | None:
    """What is to be said where at most so many pairs are made; None where they may be enough for every verdict.

    ``family`` is how many gated metrics the build has: where they must hold together, it takes more.
    """
    alpha = _level(ALPHA, family)
    least = least_pairs(alpha)
    if pairs >= least:
        return None
    what = "WORSE" if pairs >= _PAIRS else "WORSE or BETTER" if pairs >= LOOKS[0] else "WORSE, BETTER or OK"
    beside = "" if alpha == ALPHA else f", as it must be for one of {family} gated metrics,"
    return (
        f"with {pairs} {'pair' if pairs == 1 else 'pairs'} nothing can be {what}, whatever changed: "
        f"p is below {alpha:.2g}{beside} from {least} pairs on (--pairs {least} or more)"
    )


def few_runs(runs: int, family: int = 0, *, in_suite: bool = False) -> str | None:
    """The same of runs of a side that belong to no pairs; ``in_suite``: they are repeats of a suite's tests."""
    alpha = _level(SINGLE_ALPHA, family)
    least = least_samples(alpha)
    if runs >= least:
        return None
    what = "WORSE" if runs >= _SAMPLES else "WORSE, BETTER or OK"
    beside = "" if alpha == SINGLE_ALPHA else f", as it must be for one of {family} gated metrics,"
    return (
        f"with {runs} {'run' if runs == 1 else 'runs'} a side that belong to no pairs nothing can be {what}, whatever "
        f"changed: p is below {alpha:.2g}{beside} from {least} runs on ({_REPEAT[in_suite].format(least)})"
    )


def _level(alpha: float, family: int) -> float:
    """What the smallest p has to be below, of so many gated metrics."""
    return min(alpha, MANY_ALPHA / family) if family > MANY else alpha


def cut_short(pairings: Iterable[Pairing], comparisons: Sequence[Comparison]) -> tuple[Pairing, ...]:
    """The pairings that the budget ended while something gated could not be told."""
    undecided = {each.scenario for each in comparisons if _is_open(each)}
    return tuple(each for each in pairings if each.stopped == "budget" and each.scenario in undecided)


def ended(pairing: Pairing) -> str:
    """``the budget ended it after 8 pairs``: of a pairing that was cut short."""
    return f"the budget ended it after {pairing.pairs} {'pair' if pairing.pairs == 1 else 'pairs'}"


def warnings(
    pairings: Sequence[Pairing], comparisons: Sequence[Comparison], *, in_suite: bool = False
) -> Iterator[str]:
    """What must be said loudly of all that is gated, or should be; ``in_suite``: the runs are repeats of a suite's tests.

    Of pairs and runs that are too few for a verdict, of proof that a floor hides, and of what is too noisy.
    """
    yield from _few(pairings, comparisons, in_suite=in_suite)
    for one in comparisons:
        if is_let_off(one):
            yield f"{place(one)} {one.metric} {change(one)} is {one.note}"
        if is_demoted(one):
            yield f"{place(one)} {one.metric} is {one.note}"
    for scenario in dict.fromkeys(one.scenario for one in unseen(comparisons)):
        yield f"{scenario}: nothing is gated any more: {QUIETER}"


# --- inside ------------------------------------------------------------------------------------------


def _is_open(each: Comparison) -> bool:
    return each.gated and each.change == "cannot_tell" and each.accepted is None


def _few(pairings: Sequence[Pairing], comparisons: Sequence[Comparison], *, in_suite: bool) -> Iterator[str]:
    family = sum(one.gated for one in comparisons)
    for each in cut_short(pairings, comparisons):
        open_ones = sum(one.scenario == each.scenario and _is_open(one) for one in comparisons)
        yield (
            f"{each.scenario}: {ended(each)}, and {open_ones} gated "
            f"{'metric' if open_ones == 1 else 'metrics'} cannot be told: {MORE_TIME}"
        )
    for each in pairings:
        told = few_pairs(each.pairs, family) if each.stopped == "pairs" and each.problem is None else None
        if told is not None:
            yield f"{each.scenario}: {told}"
    for scenario, runs in _samples(comparisons).items():
        told = few_runs(runs, family, in_suite=in_suite)
        if told is not None:
            yield f"{scenario}: {told}"


def _samples(comparisons: Iterable[Comparison]) -> dict[str, int]:
    """How many runs a side there are at most of what is gated and was compared without pairs, by scenario."""
    found: dict[str, int] = {}
    for one in comparisons:
        if one.gated and not one.paired and one.pairs and one.history_builds is None:
            found[one.scenario] = max(one.pairs, found.get(one.scenario, 0))
    return found


def _reach(at: Evidence, criterion: Criterion, unit: str, alpha: float) -> str:
    """How far up the change may go: ``-0.4 … +4.1 % reaches beyond 3 %``.

    Where all of the interval is beyond the threshold it is the floor that is in doubt, or else the proof is too weak.
    """
    if at.relative is not None and at.ratio(at.relative.low) <= criterion.worse_by:
        low, high = (_end(at, end) for end in (at.relative.low, at.relative.high))
        return f"{low} … {high} % reaches beyond {100 * criterion.worse_by:g} %{_visible(at)}"
    if at.absolute.low <= criterion.floor:
        low, high = (_amount(end, unit) for end in (at.absolute.low, at.absolute.high))
        return f"{low} … {high} reaches beyond {humanize(criterion.floor, unit)}"
    return f"p={at.p_worse:.2g} is not below {alpha:g}"


def _leave_it_to(worse_by: float, base: float, unit: str) -> str:
    """A floor so low that the threshold alone decides, for a base of this size: at most the threshold itself."""
    return f'floor = "{_at_most(worse_by * base, unit)}" in a rule leaves it to the {100 * worse_by:g} %'


def _at_most(value: float, unit: str) -> str:
    """An amount as rules have it, in two digits that count, and no larger than ``value``."""
    scales = _SCALES if unit == BYTES.symbol else {}
    scale, symbol = next(((each, name) for each, name in scales.items() if value >= each), (1, unit))
    size = value / scale
    factor = 10.0 ** (1 - math.floor(math.log10(size))) if size > 0 else 1.0
    number = f"{math.floor(size * factor) / factor:.12f}".rstrip("0").rstrip(".")
    return f"{number} {symbol}" if unit in {BYTES.symbol, MILLISECONDS.symbol} else number


def _visible(at: Evidence) -> str:
    return "" if at.visible is None else f": visible from {percent(100 * at.ratio(at.visible))} %"


def _end(at: Evidence, end: float) -> str:
    """An end of the interval in percent; it is finite, for so many pairs have one."""
    return signed(100 * at.ratio(end))


def _amount(end: float, unit: str) -> str:
    return f"{'+' if end > 0 else ''}{humanize(end, unit)}"
