"""What counts prove of a rate: how often something may happen that was seen so often.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

CONFIDENCE: Final = 0.95
#: Halving an interval so often leaves nothing that a float could tell.
_HALVINGS: Final = 60


def upper_rate(seen: int, tried: int, confidence: float = CONFIDENCE) -> float:
    """The largest rate at which ``seen`` or fewer of ``tried`` are not too unlikely; 1 where nothing was tried.

    One-sided and exact (Clopper and Pearson 1934): the rate at which the chance of so few is 1 - confidence.
    Raises ValueError where more were seen than tried.
    """
    if not 0 <= seen <= tried:
        raise ValueError(f"{seen} of {tried}")
    if seen == tried:
        return 1.0
    ways = [_log_comb(tried, count) for count in range(seen + 1)]
    low, high = seen / tried, 1.0
    for _halving in range(_HALVINGS):
        rate = (low + high) / 2
        low, high = (rate, high) if _at_most(ways, tried, rate) > 1 - confidence else (low, rate)
    return high


def tries_needed(rate: float, confidence: float = CONFIDENCE) -> int:
    """Of how many tries none must be seen, to prove that the rate is not above ``rate`` (more than 0, less than 1)."""
    return math.ceil(math.log1p(-confidence) / math.log1p(-rate))


def _log_comb(tried: int, count: int) -> float:
    """Of large numbers the ways themselves are beyond a float."""
    return math.lgamma(tried + 1) - math.lgamma(count + 1) - math.lgamma(tried - count + 1)


def _at_most(log_ways: Sequence[float], tried: int, rate: float) -> float:
    """The chance of fewer than there are ``log_ways``: of 0, 1, 2 … of all tried."""
    log_rate, log_rest = math.log(rate), math.log1p(-rate)
    return math.fsum(
        math.exp(ways + count * log_rate + (tried - count) * log_rest) for count, ways in enumerate(log_ways)
    )
