"""Who watches a network while something is measured: nobody, the meter, tcpdump, a psutil sampler."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Protocol

from attrs import frozen

from proofs.rig import Rig, Spot
from tcperf import clock
from tcperf.errors import MachineError
from tcperf.network.links import place
from tcperf.network.packets import Instruction, attach_filter, listen
from tcperf.probes.meter import Meter
from tcperf.probes.run_traffic import Keep, introduce, tap
from tcperf.probes.traffic_file import read_traffic

INTERVAL_S = 0.05
_RUN = "observed"
#: BPF's "return 0": keep nothing of the frame.
_DROP: Instruction = (0x06, 0, 0, 0)
_END_S = 15.0
_DROPPED = re.compile(r"^(\d+) packets dropped by kernel", re.MULTILINE)
_CAPTURED = re.compile(r"^(\d+) packets captured", re.MULTILINE)


@frozen
class Seen:
    """What an observer says it saw, once it has ended: frames taken and lost; None: it counts none."""

    captured: int | None = None
    lost: int | None = None


class Observer(Protocol):
    """Watches a rig from before its first host until ``end``."""

    pid: int | None

    def host(self, spot: Spot) -> None:
        """A host was added."""

    def watch(self, name: str, pid: int) -> None:
        """A node's process was started."""

    def begin(self) -> None:
        """All hosts and nodes are there."""

    def end(self) -> Seen:
        """Stop watching."""

    def close(self) -> None:
        """End it, whatever happened; safe after ``end``."""


class Nobody:
    """No observer."""

    pid: int | None = None

    def __init__(self, _rig: Rig, _folder: Path) -> None:
        pass

    def host(self, spot: Spot) -> None:
        """Nothing to do."""

    def watch(self, name: str, pid: int) -> None:
        """Nothing to do."""

    def begin(self) -> None:
        """Nothing to do."""

    def end(self) -> Seen:
        """Nothing was seen."""
        return Seen()

    def close(self) -> None:
        """Nothing to do."""


class _Command(Nobody):
    """An observer that is a program of its own."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        super().__init__(rig, folder)
        self._rig = rig
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def _start(self, argv: list[str], stream: str, sign: str) -> None:
        """Start it, and wait until it says ``sign`` on its ``stream``."""
        pipes: dict[str, Any] = {stream: subprocess.PIPE}
        self._process = subprocess.Popen(argv, text=True, **pipes)
        self.pid = self._process.pid
        output: IO[str] = getattr(self._process, stream)
        said = []
        for line in output:
            if sign in line:
                return
            said.append(line.strip())
        raise MachineError(f"{argv[0]} did not start", details=tuple(said[-3:]))

    def close(self) -> None:
        """Kill it where it still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdout, self._process.stderr):
                if stream is not None:
                    stream.close()


class Metering(Nobody):
    """The meter: sampling alone, or capturing, too, and keeping what it captured in a file."""

    def __init__(self, rig: Rig, folder: Path, *, captures: bool, keeps: bool = False) -> None:
        super().__init__(rig, folder)
        self._folder = folder
        self._captures = captures
        self._meter = Meter()
        self.pid = self._meter.pid
        self._meter.begin(_RUN, clock.monotonic_ns())
        if captures:
            tap(rig.network, self._meter, Keep(folder if keeps else None), _RUN)

    def host(self, spot: Spot) -> None:
        """Tell of a host."""
        if self._captures:
            introduce(self._meter, spot.host)

    def watch(self, name: str, pid: int) -> None:
        """Watch a process.  Without a capture that is as on the host's network: no interface is a node's own."""
        self._meter.watch(name, pid, None)

    def end(self) -> Seen:
        """What was captured, and what was lost."""
        traffic = self._folder / "traffic.json"
        self._meter.end(self._folder / "series.json.gz", traffic)
        if not self._captures:
            return Seen()
        found = read_traffic(traffic)
        return Seen(found.packets, found.lost_packets)

    def close(self) -> None:
        """End the meter."""
        self._meter.close()


def capturing(rig: Rig, folder: Path) -> Metering:
    """The meter as it measures a run."""
    return Metering(rig, folder, captures=True)


def keeping(rig: Rig, folder: Path) -> Metering:
    """The meter, which keeps the frames' headers, too."""
    return Metering(rig, folder, captures=True, keeps=True)


def sampling(rig: Rig, folder: Path) -> Metering:
    """The meter where there is nothing to capture."""
    return Metering(rig, folder, captures=False)


class Deaf(Nobody):
    """A packet socket where the meter's is, whose filter drops every frame: the least that any capture costs here."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        super().__init__(rig, folder)
        found = rig.network.tap()
        assert found is not None
        self._socket = found.socket
        attach_filter(self._socket, (_DROP,))
        listen(self._socket)

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


class Tcpdump(_Command):
    """tcpdump in the hub's namespace, writing all that the first host's leg carries, in and out."""

    def begin(self) -> None:
        """Start it, and wait until it captures."""
        leg = place(0).leg
        into = ["nsenter", "--target", str(self._rig.network.broker_pid), "--net"]
        command = ["tcpdump", "-i", leg, "-n", "-Z", "root", "-w", str(self._folder / "tcpdump.pcap")]
        self._start([*into, *command], "stderr", "listening on")

    def end(self) -> Seen:
        """Interrupt it, and read what it says of itself."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        _nothing, text = self._process.communicate(timeout=_END_S)
        captured, dropped = _CAPTURED.search(text), _DROPPED.search(text)
        return Seen(int(captured[1]) if captured else None, int(dropped[1]) if dropped else None)

    @staticmethod
    def missing() -> str | None:
        """Why it cannot be had here; None where it can."""
        if shutil.which("tcpdump") is None or shutil.which("nsenter") is None:
            return "not installed"
        return None if os.geteuid() == 0 else "needs root"


class PsutilSampler(_Command):
    """psutil at the sampler's interval, over the same processes."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        super().__init__(rig, folder)
        self._pids: dict[str, int] = {}

    def watch(self, name: str, pid: int) -> None:
        """One more process."""
        self._pids[name] = pid

    def begin(self) -> None:
        """Start it."""
        script = str(Path(__file__).with_name("psutil_sampler.py"))
        self._start([sys.executable, script, str(INTERVAL_S), *map(str, self._pids.values())], "stdout", "up")
