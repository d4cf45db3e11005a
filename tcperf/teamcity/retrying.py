"""When a request is tried again, and after how long a pause.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from attrs import frozen

from tcperf.teamcity.exchange import Answer, Failure

_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_SERVER_ERRORS: Final = range(500, 600)
#: The server says that it will never be able to: not implemented, version not supported, loop, log in to the network.
_LASTING: Final = frozenset({501, 505, 508, 511})
_FAR: Final = 10**9
#: More than any pause has room for; a float has room for a thousand.
_DOUBLINGS: Final = 60


@frozen
class Patience:
    """How often a request is tried, and how long all of it may take: pauses, redirects and the whole answer included.

    The pauses double from ``first_s`` to ``longest_s`` at most.
    """

    attempts: int = 5
    first_s: float = 0.5
    longest_s: float = 20.0
    total_s: float = 60.0


def is_temporary(outcome: Answer | Failure, *, repeatable: bool) -> bool:
    """Whether trying again may help, and does no harm.

    ``repeatable``: doing it twice is doing it once (RFC 9110, section 9.2.2).  What is not is only tried again
    where the server did not do it for certain.
    """
    if isinstance(outcome, Failure):
        return not outcome.is_lasting and not outcome.is_nonsense and (repeatable or not outcome.was_sent)
    if outcome.status in {_TOO_MANY, _UNAVAILABLE}:
        return True
    return repeatable and outcome.status in _SERVER_ERRORS and outcome.status not in _LASTING


def pause_s(patience: Patience, attempt: int, jitter: float, outcome: Answer | Failure) -> float:
    """Seconds until the next attempt after the ``attempt``-th, counted from 1.

    ``jitter`` is of 0 … 1: it spreads those that failed together (Brooker, "Exponential Backoff And Jitter", 2015, its
    "equal jitter").  What the server asks for in Retry-After is waited for in full, and up to half a first pause more.
    """
    asked = retry_after_s(outcome.headers) if isinstance(outcome, Answer) else None
    if asked is not None:
        return asked + patience.first_s * jitter / 2
    full = min(patience.longest_s, patience.first_s * 2.0 ** min(attempt - 1, _DOUBLINGS))
    return full * (1 + jitter) / 2


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """What Retry-After says (RFC 9110, section 10.2.3); None without one that can be read.

    A date is taken against the answer's own Date: the two clocks need not agree.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:10]), _FAR))
    until, now = _moment(text), _moment(headers.get("date", ""))
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
