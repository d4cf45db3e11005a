"""How many metrics became what, beside the verdict: values for report.html, no markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tcperf.comparison import Comparison
from tcperf.model import Result
from tcperf.ranking import count
from tcperf.reports import verdicts
from tcperf.reports.text import joined, shorten
from tcperf.reports.verdict_rows import Tone

#: So many are named beside the verdict.
_NAMED: Final = 3
_BAD: Final[dict[str, Callable[[Comparison], bool]]] = {
    "worse": lambda each: each.is_regression,
    "over budget": lambda each: each.is_over_budget,
    "worse than usual": lambda each: each.is_warned_of,
}


def counts(result: Result, groups: verdicts.Groups) -> Iterator[tuple[Tone, str]]:
    """How many metrics there are of each kind, worst first; nothing of kinds of which there are none."""
    for tone, number, what in _kinds(result, groups):
        if number:
            yield tone, f"{number} {what}"


def also(result: Result, groups: verdicts.Groups) -> str:
    """The bad ones after the first, which is answered by itself, and their changes; "" where there is no other."""
    several = _has_several_scenarios(result)
    told = []
    for what, is_one in _BAD.items():
        found = [each for each in groups.told[1:] if is_one(each)]
        if found:
            word = "Also" if is_one(groups.told[0]) else what.capitalize()
            more = f" {what}" if word == "Also" else ""
            told.append(f"{word}{more}: {_named(found, several=several)}.")
    return " ".join(told)


def _kinds(result: Result, groups: verdicts.Groups) -> tuple[tuple[Tone, int, str], ...]:
    found = count(result.comparisons)
    return (
        ("bad", found.regressions, "worse"),
        ("bad", found.over_budget, "over budget"),
        ("warn", found.warned, "worse than usual"),
        ("loud", sum(len(each.comparisons) for each in groups.missed), "not compared"),
        ("warn", found.undecided, "cannot be told"),
        ("warn", found.accepted, "worse as accepted"),
        ("good", found.improvements, "better"),
        ("calm", found.unchanged, "unchanged"),
    )


def beside(result: Result, groups: verdicts.Groups) -> str:
    """Which metrics the counts are of, where others are worse that count for nothing; "" where there is none."""
    found = worse(groups.ungated)
    if not found:
        return ""
    number = sum(number for _tone, number, _what in _kinds(result, groups))
    these = {0: "No metric decides the verdict.", 1: "This metric alone decides the verdict."}.get(
        number, f"These {number} metrics decide the verdict."
    )
    several = _has_several_scenarios(result)
    others = len(worse(groups.report_only))
    looks = "looks" if len(found) + others == 1 else "look"
    return f"{these} Not gated, so not counted: {_named(found, several=several, others=others)} {looks} worse, too."


def worse(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Those that became worse, whoever judges them."""
    return [each for each in comparisons if each.change == "worse"]


def _has_several_scenarios(result: Result) -> bool:
    return len({each.scenario for each in result.comparisons}) > 1


def _named(comparisons: Iterable[Comparison], *, several: bool, others: int = 0) -> str:
    """The metrics and their changes, of many the first, and how many ``others``.

    With their scenarios where there are ``several``.
    """
    found = tuple(comparisons)
    names = [
        f"{f'{shorten(verdicts.where(each), 60)} ' if several else ''}{shorten(each.metric, 40)} {joined(_size(each))}"
        for each in found
    ]
    more = max(0, len(names) - _NAMED) + others
    return f"{', '.join(names[:_NAMED])}{f' and {more} more' if more else ''}"


def _size(each: Comparison) -> str:
    """The change, or where it is the limit that is exceeded, by how much that is."""
    if each.is_over_budget and each.change != "worse":
        return f"{verdicts.median(each.head_median, each)} > {verdicts.median(each.limit, each)}"
    return verdicts.effect(each)
