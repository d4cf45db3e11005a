"""The driver's end of the sampler."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, Self

from tcperf.errors import MachineError
from tcperf.modules import module_command, module_environment
from tcperf.network import wire

INTERVAL_MS = 50
_ANSWER_DEADLINE_S = 30.0
_END_DEADLINE_S = 5.0


class SeriesRecorder:
    """A sampler process, for the series of one run after another."""

    def __init__(self) -> None:
        self._control, theirs = wire.pair()
        self._control.settimeout(_ANSWER_DEADLINE_S)
        with theirs:
            self._process = subprocess.Popen(
                module_command("tcperf.probes.sampler", str(theirs.fileno())),
                env=module_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The sampler's process id."""
        return self._process.pid

    def begin(self, run: str, zero_ns: int) -> None:
        """Begin the series of ``run``; times count from ``zero_ns`` on the monotonic clock."""
        self._call("begin", run=run, zero_ns=zero_ns, interval_ms=INTERVAL_MS)

    def watch(self, name: str, pid: int, counters: int | None) -> None:
        """Watch a node's process, and its interface where ``counters`` is a descriptor of /proc/net/dev."""
        self._call("watch", () if counters is None else (counters,), name=name, pid=pid)

    def end(self, path: Path) -> float:
        """Write the series to ``path``; the CPU milliseconds the sampler has used in its life."""
        answer: dict[str, float] = self._call("end", path=str(path))
        return answer["cpu_ms"]

    def _call(self, operation: str, descriptors: tuple[int, ...] = (), **arguments: Any) -> Any:
        try:
            wire.send(self._control, {"op": operation, **arguments}, descriptors)
            answer = wire.receive(self._control)
        except OSError as error:
            raise MachineError(f"the sampler was lost at {operation!r}: {error}") from error
        if answer is None:
            raise MachineError(f"the sampler was lost at {operation!r}")
        message, _descriptors = answer
        if "ok" not in message:
            raise MachineError(f"the sampler cannot {operation}: {message['error']}")
        return message["ok"]

    def close(self) -> None:
        """End the sampler.  Safe to call twice."""
        self._control.close()
        try:
            self._process.wait(_END_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
