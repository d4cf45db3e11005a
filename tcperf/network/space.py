"""A host's namespace inside the broker: one long-lived thread that lives there.

A namespace belongs to threads, not to processes: what this thread opens or starts is in it.  The thread must
outlive its children, for PR_SET_PDEATHSIG counts the death of the starting *thread* (prctl(2)).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from tcperf.network import linux

if TYPE_CHECKING:
    from tcperf.network.links import NodeEnd, Place

_T = TypeVar("_T")
_Job = tuple[Callable[[], Any], "Future[Any]"]


class Space:
    """A thread in a network namespace of its own, or (``own_network`` false) in the broker's."""

    def __init__(self, name: str, *, own_network: bool) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"space {name}", daemon=True)
        self._thread.start()
        self._end: NodeEnd | None = None
        self._place: Place | None = None
        self.namespace = self.call(_new_network) if own_network else -1

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            function, future = job
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
                future.set_exception(error)

    def call(self, function: Callable[[], _T]) -> _T:
        """The function's result, computed in this namespace; its exception is raised here."""
        future: Future[_T] = Future()
        self._jobs.put((function, future))
        return future.result()

    @property
    def place(self) -> Place:
        """Where the host sits in the private network."""
        if self._place is None:
            raise LookupError("this host is not in a private network")
        return self._place

    def settle(self, where: Place) -> None:
        """Bring the interface up that the hub put here; it has no address yet."""
        from tcperf.network.links import NodeEnd

        self._place = where
        self._end = self.call(NodeEnd)

    def take_address(self) -> None:
        """Be reachable from now on."""
        end = self._end
        if end is not None:
            self.call(lambda: end.take_address(self.place))

    def meet(self, neighbour: Place) -> None:
        """Learn a neighbour's hardware address."""
        end = self._end
        if end is not None:
            self.call(lambda: end.know(neighbour))

    def hush(self) -> None:
        """Send nothing any more; what is underway still arrives, and is counted."""
        if self._end is not None:
            self.call(self._end.hush)

    def open_netdev(self) -> int:
        """A descriptor of this namespace's /proc/net/dev: readable from anywhere, for as long as it is open."""
        return self.call(lambda: os.open("/proc/thread-self/net/dev", os.O_RDONLY))

    def close(self) -> None:
        """End the thread; the namespace goes when nothing else holds it."""
        if self._end is not None:
            self.call(self._end.close)
        self._jobs.put(None)
        self._thread.join()
        if self.namespace >= 0:
            os.close(self.namespace)


def _new_network() -> int:
    linux.unshare(linux.CLONE_NEWNET)
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)
