"""The nearest known name to one that is not known: what a typing error was meant to be."""

from __future__ import annotations

from collections.abc import Iterable

#: How alike two names must be, as difflib's ratio: its own default, which finds one or two wrong letters.
_CUTOFF = 0.6


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name of ``known`` most like ``name``, whatever their case; None where none is like it."""
    from difflib import get_close_matches

    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=_CUTOFF)
    return by_folded[found[0]] if found else None


def choose_from(name: str, known: Iterable[str], *, none: str = "there is none to choose from") -> str:
    """The cure for an unknown ``name``: the nearest one, if any, and all in their order.

    ``none`` is the cure where nothing is known.
    """
    names = list(dict.fromkeys(known))
    if not names:
        return none
    guess = nearest(name, names)
    if guess is None:
        return f"choose from {', '.join(names)}"
    rest = [other for other in names if other != guess]
    return f"did you mean {guess}?" + (f" others are {', '.join(rest)}" if rest else "")
