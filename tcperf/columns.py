"""What two sides have of each total: the values of pairs, or of samples, or why they cannot be compared.  Pure.

A column is one metric of one phase.  Only runs that count are in it; pairs are in the order in which they were
completed, so that a look at the first seven is the look that was taken when there were seven.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Self

from attrs import evolve, frozen

from tcperf.keys import statistic_key
from tcperf.measurement import Measurement
from tcperf.model import PhaseInfo, Result, Run, ScenarioInfo
from tcperf.summary import HEAD, may_be_published, median, metric_order

BASE: Final = "base"
_SPOKEN: Final = {BASE: "the base", HEAD: "the head"}


@frozen
class Column:
    """One total of both sides.

    ``base`` and ``head`` are the values of all runs that have it, in run order; ``pairs`` (base, head) those of the
    pairs in which both sides have it.  ``missing`` says why it cannot be compared; None where it can be.
    """

    scenario: str
    phase: str
    metric: str
    published: bool
    reference: bool
    base: tuple[float, ...] = ()
    head: tuple[float, ...] = ()
    pairs: tuple[tuple[float, float], ...] = ()
    missing: str | None = None

    @property
    def tail(self) -> str:
        """The key after ``tcperf.[reference.]``: what rules match."""
        return f"{self.scenario}.{self.phase}.{self.metric}"

    @property
    def key(self) -> str:
        """The statistic's key."""
        return statistic_key(self.scenario, self.phase, self.metric, reference=self.reference)

    @property
    def base_median(self) -> float | None:
        """The median of all of the base's values; None where it has none."""
        return median(self.base) if self.base else None

    @property
    def head_median(self) -> float | None:
        """The same of the head: the number that is its statistic."""
        return median(self.head) if self.head else None


def columns(result: Result, scenario: ScenarioInfo, *, paired: bool = True) -> tuple[Column, ...]:
    """The columns of a scenario, phases as declared, what they publish first.

    A published metric that neither side has is in it, too: it is missed.  What is only in one side, or in no pair of
    ``paired`` data, has no values to compare, and says so.
    """
    sides = _sides(result, scenario.name)
    pairs = _pairs(sides)
    head = result.subjects.get(HEAD)
    reference = head is not None and head.reference
    return tuple(
        _column(scenario.name, phase, metric, rows, paired=paired, reference=reference)
        for phase in _phases(result, scenario, sides)
        for rows in [_Rows.of(phase.name, sides, pairs)]
        for metric in rows.metrics(phase)
    )


def pair_count(result: Result, scenario: str) -> int:
    """How many pairs of a scenario are complete."""
    return len(_pairs(_sides(result, scenario)))


def lanes_of(result: Result, scenario: str) -> int:
    """How many runs of a scenario went on side by side: as its pairing says, or its runs."""
    told = [pairing.lanes for pairing in result.pairings if pairing.scenario == scenario]
    return max(
        (*told, *(run.lane + 1 for run in result.runs if run.scenario == scenario and not run.discarded)),
        default=1,
    )


def is_closed(result: Result, scenario: str) -> bool:
    """Whether in every run that counts all that was sent was received."""
    runs = [run for run in result.runs if run.scenario == scenario and not run.discarded]
    return bool(runs) and all(run.closing is not None and run.closing.closes for run in runs)


# --- inside ------------------------------------------------------------------------------------------

_Sides = Mapping[str, Sequence[Run]]
_Pairs = Sequence[tuple[Run, Run]]
_Totals = Mapping[str, Measurement]


@frozen
class _Rows:
    """One phase's totals in every run of each side, and in every pair; None for a side that has no run."""

    base: list[_Totals] | None
    head: list[_Totals] | None
    pairs: list[tuple[_Totals, _Totals]]

    @classmethod
    def of(cls, phase: str, sides: _Sides, pairs: _Pairs) -> Self:
        base, head = ([_totals(run, phase) for run in sides[name]] or None for name in (BASE, HEAD))
        return cls(base, head, [(_totals(before, phase), _totals(after, phase)) for before, after in pairs])

    def metrics(self, phase: PhaseInfo) -> list[str]:
        measured = (metric for totals in (*(self.head or ()), *(self.base or ())) for metric in totals)
        return metric_order(dict.fromkeys((*phase.metrics, *measured)), phase.metrics)

    def values(self, metric: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        base, head = (
            tuple(totals[metric].value for totals in side or () if metric in totals)
            for side in (self.base, self.head)
        )
        return base, head

    def both(self, metric: str) -> tuple[tuple[float, float], ...]:
        return tuple(
            (before[metric].value, after[metric].value)
            for before, after in self.pairs
            if metric in before and metric in after
        )


def _sides(result: Result, scenario: str) -> _Sides:
    return {name: result.runs_of(scenario, name) for name in (BASE, HEAD)}


def _pairs(sides: _Sides) -> list[tuple[Run, Run]]:
    """The base's and the head's run of each complete pair, in the order in which the pairs were completed."""
    base, head = ({run.pair: run for run in sides[name] if run.pair is not None} for name in (BASE, HEAD))
    both = [(base[pair], head[pair]) for pair in base if pair in head]
    return sorted(both, key=lambda runs: max(run.order for run in runs))


def _totals(run: Run, phase: str) -> _Totals:
    found = run.phase(phase)
    return {} if found is None else found.totals


def _phases(result: Result, scenario: ScenarioInfo, sides: _Sides) -> list[PhaseInfo]:
    """Declared phases in their order, with what they really publish, then those that runs have besides."""
    declared = {phase.name: phase for phase in scenario.phases}
    measured = (phase.name for runs in sides.values() for run in runs for phase in run.phases)
    found = [
        declared.get(name, PhaseInfo(name, publish=False, metrics=()))
        for name in dict.fromkeys((*declared, *measured))
    ]
    return [
        evolve(phase, metrics=tuple(key for key in phase.metrics if may_be_published(result, key)))
        for phase in found
    ]


def _column(
    scenario: str, phase: PhaseInfo, metric: str, rows: _Rows, *, paired: bool, reference: bool
) -> Column:
    base, head = rows.values(metric)
    both = rows.both(metric)
    unpaired = "no pair has it on both sides" if paired and not both else None
    return Column(
        scenario=scenario,
        phase=phase.name,
        metric=metric,
        published=metric in phase.metrics,
        reference=reference,
        base=base,
        head=head,
        pairs=both,
        missing=_missing(rows, base, head) or unpaired,
    )


def _missing(rows: _Rows, base: Sequence[float], head: Sequence[float]) -> str | None:
    """Why there is nothing to compare: a side has no run, or none with the metric."""
    if rows.base is None or rows.head is None:
        sides = [_SPOKEN[name] for name, side in ((BASE, rows.base), (HEAD, rows.head)) if side is None]
        return f"there is no run of {' and none of '.join(sides)}"
    sides = [_SPOKEN[name] for name, values in ((BASE, base), (HEAD, head)) if not values]
    return f"no run of {' and none of '.join(sides)} has it" if sides else None
