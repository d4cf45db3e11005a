"""Several watched things read together: a thread looks at them, and a stretch of theirs is a phase's result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self

from attrs import define

from tcperf import clock
from tcperf.measurement import measured
from tcperf.model import PhaseResult
from tcperf.probes.node import totals
from tcperf.watching.interface import LOOK_S, Measured, Stretch, Watched

_TIME = "time_ms"


@define(eq=False)
class OpenStretch:
    """A phase that has begun; ``end`` is called once."""

    name: str
    _lookout: Lookout
    _stretches: list[Stretch]
    start_ns: int = 0

    def end(self) -> PhaseResult:
        """The phase that ends now: what each thing measured, the totals, and its wall time."""
        return self._lookout.end(self, clock.monotonic_ns(), self._stretches)


class Lookout:
    """Reads what is watched, in phases that may lie in one another.  Thread-safe; a context manager.

    ``zero_ns`` is the time 0 of the phases.  Names of different things must differ: of two the later one is left out.
    """

    def __init__(self, *watched: Watched, zero_ns: int, look_s: float = LOOK_S) -> None:
        self._watched = list(watched)
        self._zero_ns = zero_ns
        self._look_s = look_s
        self._open = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="lookout", daemon=True)
        self._thread.start()

    def begin(self, name: str) -> OpenStretch:
        """A phase begins when this returns."""
        with self._lock:
            opened = OpenStretch(name, self, [each.begin() for each in self._watched])
            self._open += 1
        opened.start_ns = clock.monotonic_ns()
        return opened

    def end(self, opened: OpenStretch, end_ns: int, stretches: list[Stretch]) -> PhaseResult:
        """See ``OpenStretch.end``."""
        with self._lock:
            nodes = _together([stretch.end() for stretch in stretches])
            own = {key: total for stretch in stretches for key, total in stretch.totals.items()}
            self._open -= 1
        time = measured(_TIME, (end_ns - opened.start_ns) / clock.NS_PER_MS, "exact", "monotonic clock")
        return PhaseResult(
            name=opened.name,
            start_ns=opened.start_ns - self._zero_ns,
            end_ns=end_ns - self._zero_ns,
            nodes=nodes,
            totals={_TIME: time, **totals(nodes), **own},
        )

    def locked(self, what: Callable[[], None]) -> None:
        """Do something with what is watched while nobody looks."""
        with self._lock:
            what()

    def _keep_looking(self) -> None:
        while not self._over.wait(self._look_s):
            with self._lock:
                if self._open:
                    for each in self._watched:
                        each.look()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is less than it could be, each thing once."""
        return tuple(dict.fromkeys(warning for each in self._watched for warning in each.warnings))

    def close(self) -> None:
        """Watch no more; safe to call twice."""
        self._over.set()
        self._thread.join()
        with self._lock:
            for each in self._watched:
                each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _together(parts: list[Measured]) -> Measured:
    return {name: measured for part in reversed(parts) for name, measured in part.items()}
