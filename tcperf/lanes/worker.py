"""``python -m tcperf.lanes.worker SOCKET`` plays the runs of one lane; what is said to it and by it: ``messages``.

A thread of its own listens at the socket.  When that ends, the coordinator wants no more, or is dead: whatever
is under way is broken off then, as by SIGTERM, and taken down in order.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Final

from tcperf import clock, events
from tcperf.crew import perform
from tcperf.errors import Interrupted, TcperfError
from tcperf.interrupts import Interrupts
from tcperf.lanes import messages, setup
from tcperf.lanes.messages import Message
from tcperf.performance import Point
from tcperf.registry import discover
from tcperf.results import run_document

_CHUNK: Final = 65536
_AGAIN_S: Final = 2.0
#: A live line is drawn twice a second; more would only wake the coordinator beside what is measured.
_OPERATIONS_NS: Final = clock.NS_PER_S // 2


class Speech:
    """Messages to the coordinator, whole, from any thread; one that is gone hears nothing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def __call__(self, message: Message) -> None:
        """Say it."""
        with self._lock, suppress(ConnectionError):  # whoever listens notices, too, and ends us
            messages.send(self._descriptor, message)


class Ear(threading.Thread):
    """Listens to the end, and calls ``on_end`` then; what needs no thinking is answered, the rest is ``heard``."""

    def __init__(self, descriptor: int, say: Callable[[Message], None], on_end: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.heard: SimpleQueue[Message] = SimpleQueue()
        self._descriptor = descriptor
        self._say = say
        self._on_end = on_end

    def run(self) -> None:
        """Listen."""
        with suppress(ConnectionError):
            self._listen()
        self._on_end()

    def _listen(self) -> None:
        lines = messages.Lines()
        while chunk := os.read(self._descriptor, _CHUNK):
            for message in lines.feed(chunk):
                self._heed(message)

    def _heed(self, message: Message) -> None:
        if "ping" in message:
            self._say({"alive": True})
        else:
            self.heard.put(message)


def break_off(thread: int, over: threading.Event, again_s: float = _AGAIN_S) -> None:
    """Break off what the main ``thread`` does, as SIGTERM would, until ``over`` is set.

    Again and again, for Python may drop an exception: in a finalizer, or where a scenario catches everything.
    """
    while not over.is_set():
        signal.pthread_kill(thread, signal.SIGTERM)
        over.wait(again_s)


class Teller:
    """An observer that tells the coordinator; of operations only so many as somebody can see."""

    def __init__(self, say: Callable[[Message], None]) -> None:
        self._say = say
        self._told_ns = 0

    def __call__(self, event: events.Event) -> None:
        """Tell of an event, if it is to be told."""
        if isinstance(event, events.OperationDone) and not self._is_due():
            return
        message = messages.event_message(event)
        if message is not None:
            self._say(message)

    def _is_due(self) -> bool:
        now_ns = clock.monotonic_ns()
        due = now_ns - self._told_ns >= _OPERATIONS_NS
        if due:
            self._told_ns = now_ns
        return due


def serve(heard: SimpleQueue[Message], say: Callable[[Message], None], interrupts: Interrupts) -> None:
    """Take the setup, then play one assignment after another, until a signal ends it."""
    given = setup.from_document(heard.get()["setup"])
    registry = discover(given.scenarios)
    runner = given.runner(Teller(say), interrupts)
    never = threading.Event()

    def meet(point: Point) -> None:
        say({"at": point})
        never.wait(heard.get()["go"])  # nothing else is sent to who waits for it

    while True:
        assignment = messages.assignment_of(heard.get()["play"], registry)
        played = perform(runner, assignment, meet)
        if played.run is not None:
            say({"run": run_document(played.run), "generations": list(played.generations)})
        elif played.error is not None:
            say({"error": messages.error_document(played.error)})


def main(argv: list[str]) -> int:
    """Serve the coordinator; 0 when it wants no more, else 5, and the reason is told."""
    descriptor = int(argv[0])
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no keyword
    say, over = Speech(descriptor), threading.Event()
    ear = Ear(descriptor, say, functools.partial(break_off, threading.get_ident(), over))
    with Interrupts() as interrupts:
        ear.start()
        status = _serve(ear, say, interrupts)
    over.set()  # no signal breaks anything off any more
    return status


def _serve(ear: Ear, say: Speech, interrupts: Interrupts) -> int:
    try:
        serve(ear.heard, say, interrupts)
    except Interrupted:
        return 0
    except TcperfError as error:
        say({"fault": messages.error_document(error)})
    except Exception as error:  # noqa: BLE001 - the coordinator ends with it, as with one of its own
        say({"fault": messages.error_document(_fault(error))})
    return TcperfError.exit_status


def _fault(error: Exception) -> TcperfError:
    return TcperfError(
        f"this is a fault of tcperf itself: {type(error).__name__}: {error}",
        cure="please report it with these lines",
        details=tuple("".join(traceback.format_exception(error)).splitlines()),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
