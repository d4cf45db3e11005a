"""What the words of a verdict mean, in plain words: the same in the page, on a terminal and in a comment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tcperf.comparison import Comparison
from tcperf.model import Result

#: By the word as the reports write it.
MEANINGS: Final[dict[str, str]] = {
    "head and base": "the head is the program in question, the base the one that it is compared with",
    "pair": "a run of the base and one of the head, made together; they begin in turns",
    "lane": "a network of its own; several play pairs at the same time (--lanes)",
    "packet": "an Ethernet frame, as the interface counts it; bytes are those of whole packets, headers in",
    "published": "one of the few figures that the scenario is about: a build server gets them",
    "gated": "its change decides the verdict; the rest is only shown, with the reason",
    "only reported": "neither published nor gated",
    "change": "the middle of the pairs’ own changes: it may differ from that of the medians, which know of no pairs",
    "threshold": "the largest worsening that is let pass",
    "floor": "a change below it, in the metric’s own unit, never counts",
    "95 % interval": "where the true change lies, nineteen times in twenty",
    "p": "how seldom two equal programs would look as one-sided; among many metrics one is small by chance alone, so that it must be smaller (Holm’s method)",
    "visible from": "the smallest change that this many pairs find nine times in ten",
}


def footnotes(result: Result) -> tuple[str, ...]:
    """What must be explained where there is no page to look it up in: ``gated: its change …``; only words that are met."""
    return tuple(f"{word}: {MEANINGS[word]}" for word in _met(result))


def _met(result: Result) -> Iterator[str]:
    if any(each.pairs for each in result.pairings):
        yield "pair"
    if any(each.published and not each.gated for each in result.comparisons):
        yield "gated"
    if any(each.visible_pct is not None and _is_told(each) for each in result.comparisons):
        yield "visible from"


def _is_told(each: Comparison) -> bool:
    """Whether it stands in the table of a terminal, and with pairs: of past builds it is what is usual."""
    return each.history_builds is None and (each.is_over_budget or (each.gated and each.change != "ok"))
