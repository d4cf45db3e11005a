"""Phases that raised while their test passed, for it caught that: there is no number of half a phase, but it is told.  Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs
from attrs import frozen

from tcperf.reports.text import shorten
from tcperf.suite.record import Record

#: Of an exception's text, and of how many phases it is told.
_TEXT_LIMIT: Final = 160
_TOLD: Final = 12


@frozen
class Broken:
    """One time that the phase ``part`` of a test, by pytest's id, raised ``error``, told in a line."""

    origin: str
    part: str
    error: str

    @classmethod
    def of(cls, origin: str, part: str, error: BaseException) -> Broken:
        """The phase that this exception left."""
        try:
            text = str(error)
        except Exception:  # noqa: BLE001 - the suite's own
            text = ""
        name = type(error).__qualname__
        return cls(origin, part, shorten(f"{name}: {text}" if text else name, _TEXT_LIMIT))


def dumps(found: Sequence[Broken]) -> str:
    """They as a text."""
    return json.dumps([attrs.asdict(each) for each in found])


def loads(text: str) -> tuple[Broken, ...]:
    """Those of a text that ``dumps`` made."""
    return tuple(Broken(**each) for each in json.loads(text))


def sentences(found: Iterable[Broken], records: Iterable[Record]) -> Iterator[str]:
    """A sentence for each phase that raised, and how many more there are; ``records`` are what was measured."""
    raised: dict[tuple[str, str], list[str]] = {}
    for each in found:
        raised.setdefault((each.origin, each.part), []).append(each.error)
    measured = Counter((record.origin, record.part) for record in records)
    told = [_sentence(place, errors, measured[place]) for place, errors in raised.items()]
    yield from told[:_TOLD]
    if len(told) > _TOLD:
        yield f"{len(told) - _TOLD} more phases raised what their tests caught, and were not measured then"


def _sentence(place: tuple[str, str], errors: Sequence[str], measured: int) -> str:
    test, part = place
    kinds = list(dict.fromkeys(errors))
    others = {1: "", 2: " or something else"}.get(len(kinds), f" or {len(kinds) - 1} other things")
    often = f"measured {measured} of {measured + len(errors)} times only" if measured else "not measured"
    return f"{test}: phase {part} was {often}: it raised {kinds[0]}{others}, which the test caught"
