"""What takes the place of the post where there is no Linux."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from tcperf import clock
from tcperf.metrics import MEMORY_PEAK
from tcperf.watching import table
from tcperf.watching.choosing import ByName, Choice, Heard, below, started_by
from tcperf.watching.lookout import Lookout, OpenStretch
from tcperf.watching.processes import Processes
from tcperf.watching.watcher import Observed


class Lonely:
    """A ``Watcher`` without a post: a thread of this very process looks around."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_name = ByName(found, below(os.getpid())) if (found := set(names)) else None
        chosen: Choice = self._by_name or started_by(os.getpid())
        self._pids: set[int] = set()
        self._processes = Processes(lambda: [*chosen(), *self._pids])
        self._lookout = Lookout(self._processes, zero_ns=clock.monotonic_ns())
        self._open: dict[int, OpenStretch] = {}
        self._number = 0

    def watch(self, pid: int) -> bool:
        """See ``Watcher``."""
        if table.identity(pid) is None:
            return False
        self._lookout.locked(lambda: self._pids.add(pid))
        return True

    def look(self) -> None:
        """See ``Watcher``."""
        self._lookout.locked(self._processes.look)

    def begin(self) -> int:
        """See ``Watcher``."""
        self._number += 1
        self._open[self._number] = self._lookout.begin("")
        return self._number

    def end(self, number: int, _calls: Collection[int]) -> Observed:
        """See ``Watcher``."""
        self._lookout.locked(self._processes.look)
        living = set(self._processes.pids)
        programs = [path for pid, path in self._processes.programs.items() if pid in living]
        opened = self._open.pop(number)
        result = opened.end()
        return Observed(
            result.nodes,
            totals={key: total for key, total in result.totals.items() if key == MEMORY_PEAK},
            programs=dict(zip(result.nodes, programs, strict=False)),
            warnings=self._lookout.warnings,
            heard=Heard() if self._by_name is None else self._by_name.heard,
        )

    def close(self) -> None:
        """See ``Watcher``."""
        self._lookout.close()
