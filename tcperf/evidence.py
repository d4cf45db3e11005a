"""What the values of both sides say of one metric, before anything is judged.  Pure.

With d_i = ln(head_i / base_i) of each pair, the change is D = exp(HL) - 1, HL being Hodges and Lehmann's estimate of
the d_i.  Where a value is 0 there is no logarithm: there the differences stand, over the base's median.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf import stats

__all__ = ["Differences", "Evidence", "differences", "weigh_pairs", "weigh_samples"]

#: Of larger ones there is no exponential.
_LARGEST_LOG: Final = 700.0
#: A median so small beside the values is next to nothing: a change is not said in terms of it.
_SMALLEST_SCALE: Final = 1e-6


@frozen
class Evidence:
    """What the values of both sides say of one metric.

    ``relative`` is of ln(head / base), or, where ``is_additive`` because a value is 0 or less, of the differences over
    the base's median, and None where that is no measure for them.  ``absolute`` is of the differences in base units.
    ``p_worse`` is one-sided against "the head is not larger", ``p_better`` against "not smaller".  ``noise`` is one
    run's, and ``visible`` the smallest visible change, in the terms of ``relative``; None where nothing tells.
    ``worse_pairs`` are those whose head is the larger one, ``better_pairs`` the smaller one; 0 of samples without
    pairs, and there ``pairs`` is the size of the smaller sample.
    """

    pairs: int
    base_median: float
    head_median: float
    relative: stats.Estimate | None
    absolute: stats.Estimate
    p_worse: float
    p_better: float
    worse_pairs: int = 0
    better_pairs: int = 0
    noise: float | None = None
    visible: float | None = None
    is_additive: bool = False
    is_paired: bool = True

    @property
    def is_unchanged(self) -> bool:
        """Whether both sides are equal in every pair, or in all their values."""
        return self.p_worse == 1 and self.p_better == 1

    def ratio(self, relative: float) -> float:
        """A number in the terms of ``relative`` as head / base - 1; an infinite one stays infinite.

        No figure is below 0, and nothing falls by more than all of it: a difference that is more than the base's
        median, as there may be where values are 0, is no less than -1.
        """
        if math.isinf(relative):
            return relative
        if self.is_additive:
            return max(relative, -1.0)
        return math.expm1(min(relative, _LARGEST_LOG))

    def logarithm(self, ratio: float) -> float:
        """The reverse: head / base - 1 in the terms of ``relative``."""
        return ratio if self.is_additive else math.log1p(ratio)


@frozen
class Differences:
    """Head against base in each pair: in the terms of ``relative`` (none where that is no measure), and in base units.

    ``before`` is the base alone, in the terms of ``relative``.
    """

    relative: list[float]
    absolute: list[float]
    before: list[float]
    is_additive: bool

    @property
    def tested(self) -> list[float]:
        """What the signed-rank test is of."""
        return self.absolute if self.is_additive else self.relative


def differences(pairs: Sequence[tuple[float, float]]) -> Differences:
    """The differences of (base, head) values of pairs, in their order."""
    base, head = [before for before, _after in pairs], [after for _before, after in pairs]
    is_additive = _is_additive(base, head)
    before, after = _in_terms(base, head, stats.median(base) if is_additive else None)
    return Differences(
        relative=[one - other for other, one in zip(before, after, strict=True)],
        absolute=[one - other for other, one in pairs],
        before=before,
        is_additive=is_additive,
    )


def weigh_pairs(pairs: Sequence[tuple[float, float]]) -> Evidence:
    """The evidence of the (base, head) values of pairs, in any order.  Raises ValueError for no pairs."""
    if not pairs:
        raise ValueError("there are no pairs")
    found = differences(pairs)
    tails = stats.signed_rank_tails(found.tested)
    return Evidence(
        pairs=len(pairs),
        base_median=stats.median([before for before, _after in pairs]),
        head_median=stats.median([after for _before, after in pairs]),
        relative=stats.hodges_lehmann(found.relative) if found.relative else None,
        absolute=stats.hodges_lehmann(found.absolute),
        p_worse=tails.above,
        p_better=tails.below,
        worse_pairs=sum([difference > 0 for difference in found.absolute]),
        better_pairs=sum([difference < 0 for difference in found.absolute]),
        noise=_least(stats.run_noise(found.relative), stats.deviation(found.before)),
        visible=stats.smallest_visible(found.relative),
        is_additive=found.is_additive,
    )


def weigh_samples(base: Sequence[float], head: Sequence[float]) -> Evidence:
    """The evidence of values that belong to no pairs.  Raises ValueError where a side has none."""
    if not base or not head:
        raise ValueError("a side has no values")
    scale, is_additive = stats.median(base), _is_additive(base, head)
    before, after = _in_terms(base, head, scale if is_additive else None)
    tails = stats.rank_sum_tails(base, head)
    return Evidence(
        pairs=min(len(base), len(head)),
        base_median=scale,
        head_median=stats.median(head),
        relative=stats.shift(before, after) if before and after else None,
        absolute=stats.shift(base, head),
        p_worse=tails.above,
        p_better=tails.below,
        noise=_least(stats.deviation(before), stats.deviation(after)),
        visible=stats.smallest_visible_shift(before, after),
        is_additive=is_additive,
        is_paired=False,
    )


def _is_additive(base: Sequence[float], head: Sequence[float]) -> bool:
    return min(base) <= 0 or min(head) <= 0


def _in_terms(
    base: Sequence[float], head: Sequence[float], scale: float | None
) -> tuple[list[float], list[float]]:
    """Both sides in the terms of ``relative``: logarithms, or multiples of the scale; none where it is no measure.

    Logarithms are subtracted, not taken of a quotient: both sides swapped give the same numbers with the other sign,
    and nothing overflows.
    """
    if scale is None:
        return [math.log(value) for value in base], [math.log(value) for value in head]
    if scale <= _SMALLEST_SCALE * max(map(abs, (*base, *head))):
        return [], []
    return [value / scale for value in base], [value / scale for value in head]


def _least(one: float | None, other: float | None) -> float | None:
    """A run's noise, of two figures for it.

    Drift moves each side alone and leaves pairs alone; a head that has become erratic moves the pairs and itself, and
    must not pass for a noisy metric.
    """
    known = [spread for spread in (one, other) if spread is not None]
    return min(known, default=None)
