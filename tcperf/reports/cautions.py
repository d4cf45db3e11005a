"""What must be known before a verdict is read: which result was not used, and what makes base and head unlike, or one.

A warning of these kinds decides what the verdict means, so that every report tells it with the verdict and with its
consequence, which says what to believe; all others stand behind the verdict.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from tcperf.alike import ONE_REFERENCE, SAME_BINARY, UNLIKE_GENERATIONS
from tcperf.joining import OWN_PAIRS
from tcperf.model import Result
from tcperf.reports.verdicts import overall
from tcperf.summary import warnings


@frozen
class Kind:
    """What follows from a warning.

    ``but`` is the rest of a sentence that begins with the verdict, "" where that needs none.  ``line`` is what follows,
    a sentence for a verdict that found a change, ``otherwise`` for any other one, and ``details`` what has to be said
    at leisure, "" where the warning's own words are enough; {lead} and {rest} are the warning before and behind its
    colon.  ``is_whole``: the line says all there is to say.
    """

    but: str
    line: str
    otherwise: str
    details: str = ""
    is_whole: bool = False


_TWO_PROGRAMS: Final = Kind(
    "two different programs were compared",
    "Two programs were compared, for {lead}: a change says nothing of your code.",
    "Two programs were compared, for {lead}: that says nothing of your code.",
    "{lead}, so two different programs were compared, and a change says nothing of your code",
    is_whole=True,
)
#: How such a warning begins (results.json has it as a text), and what follows from it.  Most important first.
_KINDS: Final[dict[str, Kind]] = {
    OWN_PAIRS: Kind(
        "",
        "This is what the head’s own pairs say; the base’s result was not used.",
        "This is what the head’s own pairs say; the base’s result was not used.",
    ),
    SAME_BINARY: Kind(
        "base and head are the same binary",
        "One binary was compared with itself: whatever differs is noise.",
        "One binary was compared with itself: whatever differs is noise.",
        is_whole=True,
    ),
    **dict.fromkeys(ONE_REFERENCE, _TWO_PROGRAMS),
    UNLIKE_GENERATIONS: Kind(
        "base and head are driven by different calls",
        "Different node generations: part of this may come from the calls, not the code.",
        "Different node generations: their different calls may hide a change.",
        "{lead} ({rest}), and each is driven by calls of its own. The figures hold, but these calls alone may make a "
        "difference, or hide one, that is not the code’s",
    ),
}
#: Verdicts that say that something changed.
_FOUND: Final = frozenset(("worse", "better", "over_budget"))


@frozen
class Caution:
    """``said`` is the warning, ``text`` the same with what it means for the verdict.

    ``line`` is a sentence of our own that is read with the verdict; ``but`` goes into the verdict itself, "" where that
    needs none.  ``is_whole``: the line says all there is to say.
    """

    said: str
    text: str
    line: str
    but: str
    is_whole: bool


def cautions(result: Result) -> tuple[Caution, ...]:
    """What stands with the verdict, the most important first; ``said`` and ``text`` are not yet harmless."""
    is_found = overall(result) in _FOUND
    return tuple(
        _caution(said, lead, kind, is_found=is_found)
        for lead, kind in _KINDS.items()
        for said in warnings(result)
        if said.startswith(lead)
    )


def _caution(said: str, lead: str, kind: Kind, *, is_found: bool) -> Caution:
    rest = said.removeprefix(lead).removeprefix(": ")
    text = kind.details.replace("{lead}", lead).replace("{rest}", rest) or said
    line = (kind.line if is_found else kind.otherwise).replace("{lead}", lead)
    return Caution(said, text, line, kind.but, kind.is_whole)


def all_warnings(result: Result) -> tuple[str, ...]:
    """Every warning, the cautions before the others and with what they mean."""
    return (*(each.text for each in cautions(result)), *other_warnings(result))


def qualified(label: str, result: Result) -> str:
    """The verdict's label with what keeps it from being the whole truth: ``WORSE, but base and head are the same binary``."""
    but = reservation(result)
    return f"{label}, but {but}" if but else label


def reserved(text: str, result: Result) -> str:
    """What is said of one change, with the same behind it: ``… sent_bytes +6.2 %; but base and head are the same binary``."""
    but = reservation(result)
    return f"{text}; but {but}" if but else text


def reservation(result: Result) -> str:
    """What keeps the verdict from being the whole truth, in a few words; "" where nothing does."""
    return next((each.but for each in cautions(result) if each.but), "")


def other_warnings(result: Result) -> tuple[str, ...]:
    """The warnings that are no cautions, in their order."""
    told = {each.said for each in cautions(result)}
    return tuple(warning for warning in warnings(result) if warning not in told)
