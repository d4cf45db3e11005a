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
from tcperf.rules import GatePolicy, Rule
from tcperf.thresholds import criterion

#: For so many pairs the smallest visible change is told.
SHOWN: Final = (10, 20, 30)
#: Thresholds that people choose, in percent.
ROUND: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25)
#: Of fewer pairs a spread says too little: of 5, one in three metrics whose noise is 1.3 times what its threshold bears
#: passes for one that is quiet enough, of 10 one in five.
LEAST_PAIRS: Final = 10
#: The 95 % quantile of the normal distribution.
_Z: Final = 1.6449


@frozen(kw_only=True)
class Calibrated:
    """What was found of one total that is gated where there is one lane; all ratios, 0.03 being 3 %.

    ``noise`` is the coefficient of variation of one run as the pairs show it, ``noise_high`` its upper 95 % end,
    ``visible`` the smallest visible change by the number of pairs; all None, or empty, where values of 0 leave no
    measure.  ``worse_by`` and ``floor`` are in force now, ``least`` is the smallest change that can be WORSE by them,
    and ``carries`` says whether it bears the noise.  ``proposed`` is the threshold to choose, however wide the one in
    force is; None where no sensible one bears the noise.  ``note`` says why it is not gated as it was played: in lanes.
    ``is_kept_out``: a rule says report_only, and what is said is what would be without it.
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
    is_kept_out: bool = False

    @property
    def borne_by_floor(self) -> float | None:
        """The floor's share of the median, where that bears the noise, and what is proposed would not alone."""
        if self.proposed is None or self.noise is None or self.proposed >= CARRIES * self.noise:
            return None
        return self.floor / self.median

    @property
    def is_sure(self) -> bool:
        """Whether what is proposed bears even the most that the noise may be."""
        if self.proposed is None or self.noise_high is None:
            return False
        return _least(self.proposed, self.floor, self.median) >= CARRIES * self.noise_high


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
        if row.proposed is None or row.is_kept_out:
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
        rows=tuple(
            _calibrated(each, _default(each), is_kept_out=not _in_one_lane(each, result, policy).gated)
            for each in found
        ),
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
    """What is gated in one lane, or would be if no rule kept it out, and has enough pairs."""
    letting_in = evolve(policy, rules=tuple(map(_letting_in, policy.rules)))
    return [
        each
        for each in gather(result, policy, scenarios=(scenario,))
        if each.why_not is None
        and len(each.column.pairs) >= LEAST_PAIRS
        and _in_one_lane(each, result, letting_in).gated
    ]


def _letting_in(rule: Rule) -> Rule:
    """A rule that keeps nothing out: what keeps a metric out may be an earlier calibration, of a noisy day."""
    return evolve(rule, report_only=None) if rule.report_only else rule


def _default(each: Judged) -> float:
    """The threshold of a metric where no rule says one."""
    column = each.column
    return criterion(column.metric, column.tail, published=column.published, policy=GatePolicy()).worse_by


def _in_one_lane(each: Judged, result: Result, policy: GatePolicy) -> Criterion:
    column = each.column
    return criterion(
        column.metric,
        column.tail,
        published=column.published,
        policy=policy,
        closes=is_closed(result, column.scenario),
    )


def _calibrated(each: Judged, default: float, *, is_kept_out: bool) -> Calibrated:
    column, now = each.column, each.criterion
    median = stats.median((*column.base, *column.head))
    least = _least(now.worse_by, now.floor, median)
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
        proposed=_proposed((default, now.worse_by), now.floor / median if median > 0 else 0.0, noise, high),
        note=None if now.gated else now.note,
        is_kept_out=is_kept_out,
    )


def _least(worse_by: float, floor: float, median: float) -> float:
    """The smallest change, as a ratio, that can be WORSE by a threshold and its floor."""
    return max(worse_by, floor / median) if median > 0 else worse_by


def _proposed(
    known: Sequence[float], floor: float, noise: float | None, noise_high: float | None
) -> float | None:
    """The smallest threshold that bears the noise; None where none does.

    Of the usual one and the one in force, which are ``known``, and round ones, and never below the smaller of the known
    ones.  A known one bears, itself or by the floor, the noise as it was found; a round one the most that it may be.
    """
    if noise is None or noise_high is None:
        return None
    bearing = [each for each in known if max(each, floor) >= CARRIES * noise]
    if min(known) in bearing:
        return min(known)
    wide = proposal(noise_high)
    return min(bearing if wide is None else [*bearing, wide], default=None)


def _noise(pairs: Sequence[tuple[float, float]]) -> float | None:
    """One run's, by what the two of a pair differ in: drift is not in it, nor in what the gate sees."""
    found = stats.run_noise(differences(pairs).relative)
    return None if found is None else weigh_pairs(pairs).ratio(found)


def _visible(pairs: Sequence[tuple[float, float]]) -> dict[int, float]:
    relative, evidence = differences(pairs).relative, weigh_pairs(pairs)
    found = {count: stats.smallest_visible(relative, count) for count in SHOWN}
    return {count: evidence.ratio(change) for count, change in found.items() if change is not None}


def _criteria(made: Calibration) -> dict[str, Criterion]:
    """The thresholds proposed, of what should be gated."""
    return {
        row.tail: Criterion(worse_by=row.proposed, floor=row.floor)
        for row in made.rows
        if row.proposed is not None and made.is_gated(row)
    }
