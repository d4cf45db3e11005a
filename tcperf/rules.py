"""The rules of the gate as tcperf.toml states them: which change of which statistic is too much."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from attrs import evolve, frozen

from tcperf.errors import UsageError
from tcperf.keys import ROOT
from tcperf.metrics import METRICS
from tcperf.nearest import nearest
from tcperf.quantities import Amount
from tcperf.units import UNITS

#: What to make of a change that the measurements can neither confirm nor exclude.
UNDECIDED: Final = ("pass", "fail")
#: What to make of a change that past builds show: they are of other days, and machines drift.
ON_HISTORY: Final = ("warn", "fail")
#: The characters of statistic keys and the wildcards of ``fnmatch``: ``*``, ``?``, ``[a-z]`` and ``[!a-z]``.
_PATTERN: Final = re.compile(r"(?:[a-z0-9_.*?]|\[!?[a-z0-9_.-]+\])+\Z")
_WILDCARD: Final = re.compile(r"[*?\]]")
#: How the warning of a pattern that matches nothing begins, and that of a rule of which nothing is left.
NO_KEY: Final = "no key matches"
NOTHING_LEFT: Final = "nothing is left of the rule"


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


#: What a rule may say.
_SAYINGS: Final = ("worse_by", "floor", "max", "report_only")


@frozen(kw_only=True)
class Acceptance:
    """One ``[[accept]]``: a known change for the worse, up to ``up_to`` percent, through the day ``until``."""

    match: str
    up_to: float
    reason: str
    until: date


@frozen(kw_only=True)
class GatePolicy:
    """``[gate]``, but for its mode, which is run's option ``gate``; of the rules the last that matches wins.

    ``undecided`` is one of UNDECIDED, ``history`` one of ON_HISTORY.
    """

    undecided: str = "pass"
    history: str = "warn"
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


def is_exact(pattern: str) -> bool:
    """Whether a pattern is one key, and no wildcard is in it."""
    return not any(sign in pattern for sign in "*?[")


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


def for_unit(rule: Rule, unit: str) -> Rule:
    """What a rule says of metrics of a unit: one for many says its amounts of those that have theirs."""
    return evolve(rule, floor=_fitting(rule.floor, unit), max=_fitting(rule.max, unit))


def _fitting(amount: Amount | None, unit: str) -> Amount | None:
    return amount if amount is None or amount.unit in {None, unit} else None


def key_tails(phases: Iterable[tuple[str, str]]) -> frozenset[str]:
    """What patterns are matched with: the keys, after ``tcperf.[reference.]``, of every metric of (scenario, phase)."""
    return frozenset(f"{scenario}.{phase}.{metric}" for scenario, phase in phases for metric in METRICS)


def unmatched(pattern: str, tails: Collection[str]) -> str | None:
    """Why a pattern that matches none of ``tails`` is of no use, and what may be meant; None where it matches one."""
    if _matches(pattern, tails):
        return None
    meant = _meant(pattern, tails)
    cure = "a key is SCENARIO.PHASE.METRIC: see tcperf list" if meant is None else f"did you mean {meant}?"
    return f"{NO_KEY} {pattern}: {cure}"


def hidden(rules: Sequence[Rule], tails: Collection[str]) -> Mapping[int, tuple[int, ...]]:
    """The rules that never decide anything, by place, and the later ones that say all that they say of every key.

    A rule that says nothing of any of ``tails`` is not among them.
    """
    hiding: dict[int, set[int]] = {}
    deciding: set[int] = set()
    for tail in tails:
        for place, later in _shadows(rules, tail):
            if later is None:
                deciding.add(place)
            else:
                hiding.setdefault(place, set()).add(later)
    return {place: tuple(sorted(hiding[place])) for place in sorted(hiding) if place not in deciding}


def _shadows(rules: Sequence[Rule], tail: str) -> Iterator[tuple[int, int | None]]:
    """For each rule and each thing that it says of a key: the rule and the one that has the word instead, if any."""
    word: dict[str, int] = {}
    for place in range(len(rules) - 1, -1, -1):
        if fnmatchcase(tail, rules[place].match):
            for name in _said(rules[place], tail):
                yield place, word.get(name)
                word.setdefault(name, place)


def _said(rule: Rule, tail: str) -> Iterator[str]:
    """What a rule says of a key, by name."""
    found = for_unit(rule, tail.rpartition("_")[2])
    return (name for name in _SAYINGS if getattr(found, name) is not None)


def _matches(pattern: str, tails: Iterable[str]) -> bool:
    return any(fnmatchcase(tail, pattern) for tail in tails)


def _meant(pattern: str, tails: Collection[str]) -> str | None:
    """The pattern with each of its parts as the nearest that there is, or with parts left away; None for neither."""
    words = frozenset(word for tail in tails for word in tail.split("."))
    mended = ".".join(_nearest_part(part, words) for part in pattern.split("."))
    candidates = (mended, f"*.{mended}", f"{mended}.*", f"*.{mended}.*")
    return next((each for each in candidates if _matches(each, tails)), None)


def _nearest_part(part: str, words: Collection[str]) -> str:
    core = part.strip("*?")
    if not core or _WILDCARD.search(core) or _matches(part, words):
        return part
    return part.replace(core, nearest(core, words) or core)
