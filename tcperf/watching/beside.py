"""Containers and phones, watched beside the processes of this machine: one ``tcperf.watching.watcher.Watcher`` of both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field

from tcperf.errors import MachineError
from tcperf.measurement import Measurement, made_of
from tcperf.metrics import MEMORY_PEAK
from tcperf.system import this_system
from tcperf.watching.android import watch_android
from tcperf.watching.interface import Measured, Stretch, Watched
from tcperf.watching.naming import different
from tcperf.watching.watcher import Observed, Watcher

#: No program is called so: of this machine's processes only those are watched that are named by their ids.
NOBODY: Final = "/"


@define(eq=False)
class Device:
    """What is watched, and what it is as the subject of a measurement."""

    watched: Watched
    subject: str


def devices(containers: Sequence[str], apps: Sequence[str], env: Mapping[str, str]) -> list[Device]:
    """All that was asked for.  Raises what ``watch_containers`` and ``watch_android`` raise; nothing is watched then."""
    found: list[Device] = []
    try:
        found += [Device(_containers(spec, env), f"container {spec}") for spec in containers]
        found += [Device(watch_android(spec, env), f"android {spec}") for spec in apps]
    except BaseException:
        for device in found:
            device.watched.close()
        raise
    return found


def _containers(spec: str, env: Mapping[str, str]) -> Watched:
    system = this_system()
    if not system.is_linux:
        raise MachineError(
            f"containers are watched on Linux, by their control groups, and this is {system.name}",
            cure="run the tests on the machine of the engine",
        )
    from tcperf.watching.container import watch_containers

    return watch_containers(spec, env)


@define(eq=False)
class Beside:
    """A ``Watcher``: the devices are read outside of what ``watcher`` reads, for that takes longer."""

    _watcher: Watcher
    _devices: Sequence[Device]
    _open: dict[int, list[Stretch]] = field(factory=dict)

    def watch(self, pid: int) -> bool:
        """See ``Watcher``."""
        return self._watcher.watch(pid)

    def look(self) -> None:
        """See ``Watcher``: only processes are looked at between the edges."""
        self._watcher.look()

    def begin(self) -> int:
        """See ``Watcher``."""
        stretches = [device.watched.begin() for device in self._devices]
        number = self._watcher.begin()
        self._open[number] = stretches
        return number

    def end(self, number: int, calls: Collection[int]) -> Observed:
        """See ``Watcher``."""
        observed = self._watcher.end(number, calls)
        nodes = dict(observed.nodes)
        programs = dict(observed.programs)
        for device, stretch in zip(self._devices, self._open.pop(number), strict=True):
            _add(stretch.end(), device.subject, nodes, programs)
        warnings = (warning for device in self._devices for warning in device.watched.warnings)
        return evolve(
            observed,
            nodes=nodes,
            programs=programs,
            warnings=(*observed.warnings, *warnings),
            totals=_totals(observed, [each for name, each in nodes.items() if name not in observed.nodes]),
        )

    def close(self) -> None:
        """See ``Watcher``."""
        self._watcher.close()
        for device in self._devices:
            device.watched.close()


def _totals(observed: Observed, devices: Sequence[Mapping[str, Measurement]]) -> Mapping[str, Measurement]:
    """Those of the processes; with devices only memory's, theirs added.

    Of the packets of this machine's loopback or interfaces none is a device's: sums are of what all of them have.
    """
    if not devices:
        return observed.totals
    peaks = [each.get(MEMORY_PEAK) for each in (observed.totals, *devices)]
    known = [peak for peak in peaks if peak is not None]
    return (
        {MEMORY_PEAK: made_of(MEMORY_PEAK, sum(peak.value for peak in known), *known)}
        if len(known) == len(peaks)
        else {}
    )


def _add(
    measured: Measured, subject: str, nodes: dict[str, Mapping[str, Measurement]], programs: dict[str, str]
) -> None:
    for name, figures in measured.items():
        free = different(name, nodes)
        nodes[free] = figures
        programs[free] = subject
