"""What a figure usually is: the median of past builds, and the band around it that builds keep to.  Pure.

The band is the median ± 3 × 1.4826 × MAD, MAD being the median of the distances from the median.  For normal figures
1.4826 MAD estimates the standard deviation (Rousseeuw and Croux 1993), and unlike that it is not moved by the few
builds that went wrong.  A machine that drifts moves the figures as a change of the program does: a band warns, and a
paired run decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from tcperf import stats

#: Of fewer builds nobody knows what is usual.
FEWEST: Final = 5
#: The standard deviation of a normal distribution over its MAD: 1 / Φ⁻¹(3/4).
_SIGMA: Final = 1.4826
#: How far the band reaches, in standard deviations.
_REACH: Final = 3.0


@frozen
class Band:
    """What is usual, in the figure's own unit: the median of ``builds`` builds, and the ends of the band around it.

    The two ends are equal where half of the builds or more had the very same figure.
    """

    median: float
    low: float
    high: float
    builds: int

    @property
    def deviation(self) -> float:
        """One build's standard deviation, by the MAD."""
        return self.reach / _REACH

    @property
    def reach(self) -> float:
        """How far the band reaches above the median."""
        return self.high - self.median

    def holds(self, value: float) -> bool:
        """Whether a value lies in the band, its ends included."""
        return self.low <= value <= self.high


def usual(values: Sequence[float]) -> Band | None:
    """The band of finite values, in any order; None for fewer than FEWEST.

    Where no value is below 0 the band is not either.
    """
    if len(values) < FEWEST:
        return None
    middle = stats.median(values)
    reach = _REACH * _SIGMA * stats.median([abs(value - middle) for value in values])
    low = middle - reach
    return Band(middle, max(low, 0.0) if min(values) >= 0 else low, middle + reach, len(values))
