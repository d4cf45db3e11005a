"""The rules of the gate as tcperf.toml states them: which change of which statistic is too much."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from attrs import frozen

from tcperf.errors import UsageError
from tcperf.keys import ROOT
from tcperf.quantities import Amount
from tcperf.units import UNITS

#: What to make of a change that the measurements can neither confirm nor exclude.
UNDECIDED: Final = ("pass", "fail")
#: The characters of statistic keys and the wildcards of ``fnmatch``: ``*``, ``?``, ``[a-z]`` and ``[!a-z]``.
_PATTERN: Final = re.compile(r"(?:[a-z0-9_.*?]|\[!?[a-z0-9_.-]+\])+\Z")
_WILDCARD: Final = re.compile(r"[*?\]]")


@frozen(kw_only=True)
class Rule:
    """One ``[[gate.rule]]``: None is "not said here".

    ``match`` is a pattern of keys after ``tcperf.[reference.]``.  ``worse_by`` is the change, in percent, from
    which on a statistic is worse, ``floor`` the least absolute one; ``max`` is a limit of the value itself;
    ``report_only`` keeps the statistic out of the gate.
    """

    match: str
    worse_by: float | None = None
    floor: Amount | None = None
    max: Amount | None = None
    report_only: bool | None = None


@frozen(kw_only=True)
class Acceptance:
    """One ``[[accept]]``: a known change for the worse, up to ``up_to`` percent, through the day ``until``."""

    match: str
    up_to: float
    reason: str
    until: date


@frozen(kw_only=True)
class GatePolicy:
    """``[gate]``, but for its mode, which is run's option ``gate``; of the rules the last that matches wins."""

    undecided: str = "pass"
    require_comparison: bool = False
    rules: tuple[Rule, ...] = ()


def parse_pattern(text: str) -> str:
    """A pattern that can match a key after ``tcperf.[reference.]``.

    Raises UsageError for one that never can.
    """
    if text.startswith((f"{ROOT}.", f"{ROOT}.reference.")):
        raise UsageError(
            f"{text!r} matches no key: patterns match what follows {ROOT}. or {ROOT}.reference.",
            cure=f"write {re.sub(rf'^{ROOT}[.](reference[.])?', '', text) or '*'!r}",
        )
    if _PATTERN.match(text) is None:
        raise UsageError(
            f"{text!r} matches no key",
            cure="keys hold a-z, 0-9, _ and dots; wildcards are *, ? and [abc], for example one_to_one.*.cpu_ms",
        )
    return text


def check_unit(pattern: str, amount: Amount | None) -> Amount | None:
    """``amount``, which has a unit that keys matching ``pattern`` can have.

    Raises UsageError where the pattern ends in the symbol of another unit.
    """
    tail = _WILDCARD.split(pattern)[-1]
    if amount is None or amount.unit is None:
        return amount
    for symbol in UNITS:
        if tail.endswith(f"_{symbol}") and symbol != amount.unit:
            raise UsageError(
                f"{pattern} is in {symbol}, the amount in {amount.unit}", cure="use a unit that fits"
            )
    return amount
