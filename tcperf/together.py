"""Calls made side by side, each in a thread of its own for as long as it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

__all__ = ["together"]


def together(calls: Sequence[Callable[[], None]], width: int, give_up: Callable[[], None]) -> None:
    """Make all calls, at most ``width`` at a time, and return when all have returned.

    Raises what the first of them that failed, in their order, raised: no further one is begun then, and those that
    run are waited for.  Where the wait itself is broken off, by an interrupt for one, ``give_up`` is called to end
    them before they are.
    """
    with ThreadPoolExecutor(width, thread_name_prefix="together") as pool:
        futures = [pool.submit(call) for call in calls]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            give_up()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    for future in futures:
        if not future.cancelled():
            future.result()
