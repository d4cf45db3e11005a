"""An errand: work that is waited for until its time is up and no longer, whatever it waits for itself.

A socket's time-out is about one call: a peer that sends a byte now and then is never late, and a name server is asked
without any.  So the work is done in a thread of its own, and whoever waits goes on without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

_Result = TypeVar("_Result")


def done_within(seconds: float, work: Callable[[], _Result], name: str) -> _Result | None:
    """What the work comes to; None where it is not done after so many seconds: it then goes on unheard.

    ``name`` is the thread's.  Raises what the work raises, and what a signal raises meanwhile.
    """
    errand: Future[_Result] = Future()
    threading.Thread(target=_run, args=(errand, work), name=name, daemon=True).start()
    wait((errand,), seconds)
    return errand.result() if errand.done() else None


def _run(errand: Future[_Result], work: Callable[[], _Result]) -> None:
    try:
        errand.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for, if it still is
        errand.set_exception(error)
