"""What pairs of one binary with itself say of the gate: each metric's noise, and the threshold that it bears.  Pure.

Both sides are the same program, so whatever differs is noise, and whatever turns red is a false alarm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve, field, frozen

from tcperf import stats
from tcperf.agreement import Agreement, agreements
from tcperf.alarms import Alarms, count_alarms
from tcperf.columns import is_closed, lanes_of
from tcperf.evidence import differences, weigh_pairs
from tcperf.gate import CARRIES, Criterion
from tcperf.judged import Judged, gather
from tcperf.model import Result
from tcperf.rules import GatePolicy
from tcperf.thresholds import criterion

#: For so many pairs the smallest visible change is told.
SHOWN: Final = (10, 20, 30)
#: Thresholds that people choose, in percent.
ROUND: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25)
#: Of fewer pairs a spread says nothing.
LEAST_PAIRS: Final = 5
#: The 95 % quantile of the normal distribution.
_Z: Final = 1.6449


@frozen(kw_only=True)
class Calibrated:
    """What was found of one total that is gated where there is one lane; all ratios, 0.03 being 3 %.

    ``noise`` is the coefficient of variation of one run as the pairs show it, ``noise_high`` its upper 95 % end,
    ``visible`` the smallest visible change by the number of pairs; all None, or empty, where values of 0 leave no
    measure.  ``worse_by`` and ``floor`` are in force now, ``least`` is the smallest change that can be WORSE by them,
    and ``carries`` says whether it bears the noise.  ``proposed`` is the threshold to choose, None where no sensible
    one bears it.  ``note`` says why it is not gated as it was played: in lanes.
    """

    tail: str
    scenario: str
    phase: str
    metric: str
    pairs: int
    median: float
    noise: float | None
    noise_high: float | None
    visible: Mapping[int, float]
    worse_by: float
    floor: float
    least: float
    carries: bool
    proposed: float | None
    note: str | None = None


@frozen
class Calibration:
    """All that was found of one scenario.  ``agreements`` are there where it was played in several lanes and in one."""

    scenario: str
    pairs: int
    lanes: int
    rows: tuple[Calibrated, ...]
    alarms: Alarms = field(factory=lambda: Alarms(0))
    agreements: tuple[Agreement, ...] = ()

    def agreement(self, tail: str) -> Agreement | None:
        """What was found of a key."""
        return next((each for each in self.agreements if each.tail == tail), None)

    def is_gated(self, row: Calibrated) -> bool:
        """Whether it should be gated as it was played: its noise is borne, and lanes do not disturb it."""
        if row.proposed is None:
            return False
        found = self.agreement(row.tail)
        return row.note is None if found is None else found.agrees is True


def calibrate(
    result: Result, scenario: str, policy: GatePolicy, one_lane: Result | None = None
) -> Calibration:
    """What a result in pairs of one binary with itself says of a scenario.

    ``one_lane`` is the same in one lane, where the other was played in several.
    """
    found = _gateable(result, scenario, policy)
    lanes = lanes_of(result, scenario)
    before = [] if one_lane is None else _gateable(one_lane, scenario, policy)
    made = Calibration(
        scenario=scenario,
        pairs=max((len(each.column.pairs) for each in found), default=0),
        lanes=lanes,
        rows=tuple(map(_calibrated, found)),
        agreements=tuple(
            agreements(
                [each.column for each in found],
                [each.column for each in before],
                lanes,
                {each.column.tail: each.criterion.worse_by for each in found},
            )
        ),
    )
    return evolve(
        made, alarms=count_alarms({each.column.tail: each.column.pairs for each in found}, _criteria(made))
    )


def proposal(noise_high: float) -> float | None:
    """The smallest round threshold that bears a noise; None where none of them does."""
    return next((percent / 100 for percent in ROUND if percent / 100 >= CARRIES * noise_high), None)


def most_noise(noise: float, pairs: int) -> float:
    """The upper 95 % end of the noise that ``pairs`` (LEAST_PAIRS or more) have shown.

    A spread of N values is uncertain itself; by the quantile of chi-square (Wilson and Hilferty 1931).
    """
    part = 2 / (9 * (pairs - 1))
    return noise * math.pow(1 - part - _Z * math.sqrt(part), -1.5)


# --- inside ------------------------------------------------------------------------------------------


def _gateable(result: Result, scenario: str, policy: GatePolicy) -> list[Judged]:
    """What is gated in one lane and has enough pairs."""
    return [
        each
        for each in gather(result, policy, scenarios=(scenario,))
        if each.why_not is None
        and len(each.column.pairs) >= LEAST_PAIRS
        and _in_one_lane(each, result, policy).gated
    ]


def _in_one_lane(each: Judged, result: Result, policy: GatePolicy) -> Criterion:
    column = each.column
    return criterion(
        column.metric,
        column.tail,
        published=column.published,
        policy=policy,
        closes=is_closed(result, column.scenario),
    )


def _calibrated(each: Judged) -> Calibrated:
    column, now = each.column, each.criterion
    median = stats.median((*column.base, *column.head))
    least = max(now.worse_by, now.floor / median) if median > 0 else now.worse_by
    noise = _noise(column.pairs)
    high = None if noise is None else most_noise(noise, len(column.pairs))
    carries = noise is not None and least >= CARRIES * noise
    return Calibrated(
        tail=column.tail,
        scenario=column.scenario,
        phase=column.phase,
        metric=column.metric,
        pairs=len(column.pairs),
        median=median,
        noise=noise,
        noise_high=high,
        visible=_visible(column.pairs),
        worse_by=now.worse_by,
        floor=now.floor,
        least=least,
        carries=carries,
        proposed=now.worse_by if carries else None if high is None else proposal(high),
        note=None if now.gated else now.note,
    )


def _noise(pairs: Sequence[tuple[float, float]]) -> float | None:
    """One run's, by what the two of a pair differ in: drift is not in it, nor in what the gate sees."""
    found = stats.run_noise(differences(pairs).relative)
    return None if found is None else weigh_pairs(pairs).ratio(found)


def _visible(pairs: Sequence[tuple[float, float]]) -> dict[int, float]:
    found = stats.smallest_visible(differences(pairs).relative)
    if found is None:
        return {}
    evidence = weigh_pairs(pairs)
    return {count: evidence.ratio(found * math.sqrt(len(pairs) / count)) for count in SHOWN}


def _criteria(made: Calibration) -> dict[str, Criterion]:
    """The thresholds proposed, of what should be gated."""
    return {
        row.tail: Criterion(worse_by=row.proposed, floor=row.floor)
        for row in made.rows
        if row.proposed is not None and made.is_gated(row)
    }
