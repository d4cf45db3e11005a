"""Containers, watched: their control groups and their networks, read at the edges of a stretch.

CPU, disk and faults are those that the kernel counts of the group, so nothing of the container is missing, whichever of
its processes ended.  A container that was made in a stretch counts from its first moment; one that stopped or was
restarted in it has no figures, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from attrs import define, field

from tcperf import clock
from tcperf.errors import TcperfError, UsageError
from tcperf.measurement import Measurement
from tcperf.quoting import shown
from tcperf.watching import container_figures, container_group, container_network, table
from tcperf.watching.container_choice import Finder, finder, is_pattern, label_of
from tcperf.watching.container_figures import Passed
from tcperf.watching.container_group import NOTHING, Peak, Usage
from tcperf.watching.container_roster import Container, Roster
from tcperf.watching.interface import Measured
from tcperf.watching.naming import different


@define(eq=False)
class _Part:
    """A container in a stretch: what it stood at where the stretch began, or at its own beginning."""

    container: Container
    usage: Usage
    passed: Passed
    peak: Peak | None
    is_born: bool = False


@define(eq=False)
class _Stretch:
    _of: Containers
    begun: float
    parts: list[_Part] = field(factory=list)
    totals: Mapping[str, Measurement] = field(factory=dict, init=False)

    def end(self) -> Measured:
        """See ``tcperf.watching.interface.Stretch``."""
        return self._of.end(self)


def watch_containers(spec: str, env: Mapping[str, str]) -> Containers:
    """Watch what ``spec`` means (``container_choice``).

    Raises UsageError where there is no such container or it does not run, and MachineError where the engine does not
    answer or the kernel does not count the container by itself.
    """
    watched = Containers(finder(spec, env), label_of(spec))
    try:
        if not watched.check() and not is_pattern(spec):
            raise UsageError(
                f"the container {shown(spec)} does not run",
                cure="start it before the measurement, or write NAME* for one that comes and goes",
            )
    except TcperfError:
        watched.close()
        raise
    return watched


class Containers:
    """A ``tcperf.watching.interface.Watched``: the containers that are found.

    They are called ``label``, and of several the second is ``label_2``, by the time of their start.
    """

    def __init__(self, find: Finder, label: str) -> None:
        self._roster = Roster(find, self._warn)
        self._label = label
        self._peaks: set[Peak] = set()
        self._told: dict[str, None] = {}

    def check(self) -> bool:
        """Whether any runs now.  Raises what keeps it from being measured."""
        return self._roster.check()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is less than it could be."""
        return tuple(self._told)

    def begin(self) -> _Stretch:
        """A stretch begins when this returns."""
        stretch = _Stretch(self, table.now())
        for container in self._roster.present():
            with suppress(ProcessLookupError):  # it has stopped this moment: it is not part of the stretch
                stretch.parts.append(self._begin(container))
        return stretch

    def look(self) -> None:
        """The kernel keeps a container's figures: there is nothing to be noted meanwhile."""

    def close(self) -> None:
        """Watch no more; safe to call twice."""
        for peak in self._peaks:
            peak.close()
        self._peaks.clear()
        self._roster.close()

    def end(self, stretch: _Stretch) -> Measured:
        """What a stretch measured; it is over."""
        found: dict[str, dict[str, Measurement]] = {}
        lost = {part.container.name for part in stretch.parts if not self._add(part, found)}
        began = {part.container.identity for part in stretch.parts}
        now = [container for container in self._roster.present() if container.identity not in began]
        self._tell_of(lost, {container.name for container in now})
        for container in now:
            if container.name not in lost and self._is_born_in(stretch, container):
                self._add(_born(container), found)
        return found

    def _is_born_in(self, stretch: _Stretch, container: Container) -> bool:
        if container.is_made_anew and container.identity.start >= stretch.begun:
            return True
        self._warn(
            f"{container.name} has no figures of a stretch in which it ran, and was not found at the beginning"
        )
        return False

    def _add(self, part: _Part, found: dict[str, dict[str, Measurement]]) -> bool:
        """Put what was measured of a part to the rest; false where there is nothing, for it has ended."""
        measured = self._end(part)
        self._give_up(part.peak)
        if measured is not None:
            found[different(self._label, found)] = measured
        else:
            self._roster.has_ended(part.container)
        return measured is not None

    def _begin(self, container: Container) -> _Part:
        """What takes long first, traffic last: it is what goes on by itself."""
        peak = Peak.watch(container.folder)
        if peak is None:
            self._warn(
                f"{container.name}: no memory, for this kernel does not count it by cgroup v2 (memory controller)"
            )
        else:
            self._peaks.add(peak)
        try:
            usage = container_group.read_usage(container.folder)
            passed = self._passed(container)
        except ProcessLookupError:
            self._give_up(peak)
            raise
        return _Part(container, usage, passed, peak)

    def _end(self, part: _Part) -> dict[str, Measurement] | None:
        """None where it has ended, or is another one by now."""
        container = part.container
        try:
            passed = self._passed(container)
            usage = container_group.read_usage(container.folder)
        except ProcessLookupError:
            return None
        peak = part.peak if not part.is_born else Peak.watch(container.folder, reset=False)
        found = {
            **container_figures.work(part.usage, usage, is_born=part.is_born),
            **container_figures.memory(usage, peak, is_born=part.is_born),
            **self._traffic(part, passed),
        }
        if part.is_born:
            self._give_up(peak)
        return found if table.identity(container.identity.pid) == container.identity else None

    def _passed(self, container: Container) -> Passed:
        """The counters, and how much of them up to the same moment was exchanged with this machine."""
        counters = container_network.counters(container.identity.pid)
        control = self._roster.control(container)
        return Passed(counters, None if control is None else control.read(clock.realtime_ns()))

    def _traffic(self, part: _Part, end: Passed) -> dict[str, Measurement]:
        if part.container.traffic is None:
            return {}
        own, is_apart = end.since(part.passed)
        if not is_apart:
            self._warn(
                f"{part.container.name}: what the tests themselves exchange with it is in its traffic: "
                "only root can tell it apart, from its start on"
            )
        return container_figures.traffic(own, part.container.traffic, is_apart=is_apart)

    def _give_up(self, peak: Peak | None) -> None:
        if peak is not None:
            peak.close()
            self._peaks.discard(peak)

    def _tell_of(self, lost: Iterable[str], now: set[str]) -> None:
        for name in lost:
            what = "was restarted" if name in now else "stopped"
            self._warn(
                f"{name} {what} within a measured stretch, which has no figures of it: "
                "let it run from the beginning of a test to its end"
            )

    def _warn(self, text: str) -> None:
        self._told[text] = None


def _born(container: Container) -> _Part:
    return _Part(container, NOTHING, Passed(container_network.NO_TRAFFIC, None), None, is_born=True)
