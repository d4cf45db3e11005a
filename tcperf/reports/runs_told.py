"""Which of a result's runs count, and what became of the others, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

from tcperf.model import Result
from tcperf.reports.runs_view import WARM_UP


def runs_sentence(result: Result) -> str:
    """``Of 23 runs 20 count, two a pair. 2 runs only warmed up. 2 pairs were made again, …``; "" without pairs.

    A run that failed may have left nothing, so that fewer are kept than were made again.
    """
    return " ".join(_sentences(result)) if result.pairings else ""


def _sentences(result: Result) -> Iterator[str]:
    counted = sum(not run.discarded for run in result.runs)
    warm = sum(run.discarded and run.discarded_because == WARM_UP for run in result.runs)
    a_pair = ", two a pair" if counted == 2 * sum(each.pairs for each in result.pairings) else ""
    if counted == len(result.runs):
        yield f"All {_number(counted, 'run')} count{a_pair}."
    else:
        yield f"Of {_number(len(result.runs), 'run')} {counted} count{a_pair}."
    if warm:
        yield f"{_number(warm, 'run')} only warmed up."
    yield from _again(len(result.runs) - counted - warm, sum(each.redone for each in result.pairings))


def _again(left: int, redone: int) -> Iterator[str]:
    """What failed or was disturbed: it is made again, and never only missing."""
    kept = f"{_number(left, 'run')} {'is' if left == 1 else 'are'} kept that {'counts' if left == 1 else 'count'} nowhere"
    if redone:
        was = "was" if redone == 1 else "were"
        yield f"{_number(redone, 'pair')} {was} made again, for a run failed or was disturbed{f': {kept}' if left else ''}."
    elif left:
        yield f"{kept}."


def _number(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
