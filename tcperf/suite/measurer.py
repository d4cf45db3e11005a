"""A stretch of the tests in this process: what was watched, and from which ports the tests talked to it."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Final

from attrs import define, evolve, field

from tcperf import clock
from tcperf.errors import TcperfError
from tcperf.measurement import measured
from tcperf.probes.node import totals
from tcperf.suite import started
from tcperf.suite.record import Record
from tcperf.traffic import Traffic
from tcperf.watching.watcher import Observed, Watcher

_TIME: Final = "time_ms"
_INTERNET: Final = (socket.AF_INET, socket.AF_INET6)


@define(eq=False)
class Begun:
    """A stretch that has begun; ``calls`` are the ports that the tests have called from in it."""

    number: int
    start_ns: int = 0
    calls: set[int] = field(factory=set)


class Measurer:
    """Measures stretches by ``watcher``, which is asked by one thread at a time.

    It is told of each socket of this process that connects, and from which port: a node's port may be called by the
    tests and by other nodes.  It hears from Python itself (an audit hook, sys.addaudithook) when this process is
    about to signal another one, which may end of that, and which programs it starts: ``started`` are those that may
    be, or may start, what has one of ``names`` (all of them without names), since whoever asks has cleared it.
    """

    def __init__(self, watcher: Watcher, names: Collection[str] = ()) -> None:
        self._watcher: Watcher | None = watcher
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._names = frozenset(names)
        self._open: list[Begun] = []
        self.started: dict[str, None] = {}
        self._stop_noting = note_calls(self._note)
        sys.addaudithook(self._hear)

    def watch(self, pid: int) -> bool:
        """Measure this process, too; False where there is none."""
        with self._lock:
            return self._watcher is not None and self._watcher.watch(pid)

    def begin(self) -> Begun:
        """A stretch begins when this returns.  Raises MachineError where nothing is measured any more."""
        with self._lock:
            assert self._watcher is not None
            begun = Begun(self._watcher.begin())
            self._open.append(begun)
        begun.start_ns = clock.monotonic_ns()
        return begun

    def end(self, begun: Begun, name: str, origin: str, part: str = "") -> Record:
        """What was measured since; ``part`` is the phase of the test, "" for all of it.  Raises MachineError where nothing is measured any more."""
        end_ns = clock.monotonic_ns()
        with self._lock:
            assert self._watcher is not None
            self._open.remove(begun)
            observed = self._watcher.end(begun.number, begun.calls)
        return evolve(_record(name, origin, (begun.start_ns, end_ns), observed), part=part)

    def _note(self, port: int) -> None:
        for begun in self._open:
            begun.calls.add(port)

    def _hear(self, event: str, arguments: Any) -> None:
        """Every audit event of this process comes here: what is not ours must cost nothing, and nothing may be raised."""
        if event == "os.kill" and self._open and arguments[0] > 0 and arguments[1]:
            self._look()
        elif event in started.EVENTS and self._watcher is not None:
            self._note_start(event, arguments)

    def _note_start(self, event: str, arguments: Any) -> None:
        with suppress(Exception):  # whatever the suite calls it with is the suite's own affair
            name = started.name(started.command(event, arguments), self._names)
            if name is not None:
                self.started[name] = None

    def _look(self) -> None:
        if os.getpid() != self._pid:  # a fork of ours: it must not talk in our place
            return
        with suppress(TcperfError), self._lock:
            if self._watcher is not None:
                self._watcher.look()

    def close(self) -> None:
        """Measure no more; safe to call twice."""
        with self._lock:
            watcher, self._watcher = self._watcher, None
            self._open.clear()
            if watcher is not None:
                self._stop_noting()
                watcher.close()


def note_calls(note: Callable[[int], object]) -> Callable[[], None]:
    """Have ``note`` called with the local port of each connection that this process's sockets begin, or try to.

    A socket keeps its port when it is refused (seen on Linux 6.18): so a knock is known as a call is.  Returns what
    stops it.
    """
    # A class of Python's own, which http.client, asyncio and ssl go by; it inherits both from the C class beneath.
    both = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    replaced = {name: plain for name, plain in both.items() if name in vars(socket.socket)}

    def noting(plain: Callable[..., Any]) -> Callable[..., Any]:
        def connect(this: socket.socket, address: Any, /) -> Any:
            try:
                return plain(this, address)
            finally:
                with suppress(Exception):
                    if this.family in _INTERNET:
                        note(this.getsockname()[1])

        return connect

    for name, plain in both.items():
        setattr(socket.socket, name, noting(plain))

    def stop() -> None:
        for name in both:
            if name in replaced:
                setattr(socket.socket, name, replaced[name])
            else:
                delattr(socket.socket, name)

    return stop


def _record(name: str, origin: str, times_ns: tuple[int, int], observed: Observed) -> Record:
    start_ns, end_ns = times_ns
    time = measured(_TIME, (end_ns - start_ns) / clock.NS_PER_MS, "exact", "monotonic clock")
    return Record(
        name,
        origin,
        start_ns,
        end_ns,
        observed.nodes,
        # Those of the loopback count each packet once, also where its sender is unknown: they stand before the sums.
        {_TIME: time, **totals(observed.nodes), **observed.totals},
        tuple(_of(name, row) for row in observed.traffic),
        observed.programs,
        observed.warnings,
        observed.lost_packets,
        observed.heard,
        unseen_bytes=observed.unseen_bytes,
    )


def _of(name: str, row: Traffic) -> Traffic:
    return evolve(row, phase=name)
