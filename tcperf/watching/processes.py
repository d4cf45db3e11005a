"""Processes of this machine, watched: those that a choice means, each with all its descendants.

What lives at both edges of a stretch is read as a node is (``tcperf.probes.node``), and as exactly.  What began in
it is counted from its birth, our fork included ("bound"), but its memory from when it became the program: until
then it has that of whoever forked it.  What ended in it as far as it was seen ("sampled"), or to its end, where it
was found unreaped.  What began and ended between two looks was never seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from attrs import define, evolve, field

from tcperf import clock
from tcperf.measurement import Measurement
from tcperf.metrics import MEMORY_PEAK
from tcperf.probes.glimpse import Glimpse, glimpse
from tcperf.probes.node import process_probe
from tcperf.probes.reading import ProcessProbe, Reading
from tcperf.watching import table
from tcperf.watching.choosing import Choice, called
from tcperf.watching.interface import Measured
from tcperf.watching.naming import different, fitting
from tcperf.watching.process_figures import Life, Part, figures, peak_together
from tcperf.watching.table import Identity

_UNNAMED = "process"
#: Who has not become another program after so many seconds is a fork that stays one, such as a worker of Python's own.
_FORK_S = 0.25


@define(eq=False)
class _Member:
    """A process that is watched, and the last that was seen of it.

    ``first`` and ``seen`` are the numbers of the looks that found it first, and last alive.
    ``forked`` is its image while it is a fork that may yet become another program, until the ``deadline``.
    """

    identity: Identity
    label: str
    probe: ProcessProbe
    first: int = 0
    seen: int = 0
    last: Glimpse | None = None
    forked: tuple[str, str] | None = None
    deadline: clock.Deadline = field(factory=lambda: clock.Deadline.after(_FORK_S))

    @property
    def pid(self) -> int:
        return self.identity.pid

    def has_own_memory(self) -> bool:
        """Whether the memory that is read after this is its own, not that of whoever forked it."""
        if self.forked is None:
            return True
        found = table.image(self.pid)
        if found in (self.forked, None) and not self.deadline.expired:
            return False
        self.forked = None
        if found is not None:
            self.label = _called(self.pid)
        return True


@define(eq=False)
class _Stretch:
    """A stretch of one ``Processes``; ``is_cut``: another edge was within it, and its instructions are lost.

    ``names`` are the names of the measured processes, by their ids, once it is over; ``totals`` has their memory,
    which is that of those that lived together.
    """

    of: Processes
    begun: float
    parts: dict[_Member, Part] = field(factory=dict)
    is_cut: bool = False
    names: dict[int, str] = field(factory=dict)
    totals: Mapping[str, Measurement] = field(factory=dict)

    def end(self) -> Measured:
        """See ``tcperf.watching.interface.Stretch``."""
        return self.of.end(self)


class Processes:
    """A ``tcperf.watching.interface.Watched``: all that ``choice`` means, as they come and go.

    One whose ancestor is meant, too, is part of that one.  Their names are what they are called, made to fit the rule
    of names; of several the second is ``name_2``, by the time of their start within each stretch.
    """

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._members: dict[Identity, _Member] = {}
        self._open: list[_Stretch] = []
        self._told: dict[str, None] = {}
        self._programs: dict[int, str] = {}
        self._looks = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is less than it could be."""
        return tuple(self._told)

    @property
    def pids(self) -> list[int]:
        """Who is watched now."""
        return [member.pid for member in self._members.values()]

    def begin(self) -> _Stretch:
        """A stretch begins when this returns."""
        self.look()
        for other in self._open:
            other.is_cut = True
        stretch = _Stretch(self, table.now())
        for member in list(self._members.values()):
            with suppress(ProcessLookupError):  # the next look finds that it has ended
                stretch.parts[member] = Part(member.probe.begin())
        self._open.append(stretch)
        return stretch

    def look(self) -> None:
        """See who came and who went; every open stretch learns it."""
        self._looks += 1
        for member in list(self._members.values()):
            self._glance(member)
        chosen, known = self._choice(), set(self.pids)
        if known.issuperset(chosen):
            return
        for pid in table.roots(chosen):
            identity = None if pid in known else table.identity(pid)
            if identity is not None:
                with suppress(ProcessLookupError):
                    self._welcome(identity)

    def _glance(self, member: _Member) -> None:
        is_own = member.has_own_memory()
        try:
            member.last = seen = glimpse(member.pid)
        except ProcessLookupError:
            self._part_from(member)
            return
        for part in self._parts_of(member):
            part.saw(seen.peak_bytes if is_own else None)
        if seen.is_final:
            self._part_from(member)
        else:
            member.seen = self._looks

    def _part_from(self, member: _Member) -> None:
        member.probe.close()
        del self._members[member.identity]
        for part in self._parts_of(member):
            part.is_over = True

    def _welcome(self, identity: Identity) -> None:
        probe = process_probe(identity.pid)
        member = _Member(identity, _called(identity.pid), probe, self._looks, self._looks)
        member.forked = table.forked_image(identity.pid)
        is_own = member.has_own_memory()
        member.last = seen = glimpse(identity.pid)
        late = [stretch for stretch in self._open if identity.start < stretch.begun]
        reading = member.probe.begin() if late else None
        for stretch in self._open:
            part = Part(reading if stretch in late else None, is_late=stretch in late)
            part.saw(seen.peak_bytes if is_own else None)
            stretch.parts[member] = part
        self._members[identity] = member
        self._programs.pop(identity.pid, None)  # of another one that had this id before
        self._note_program(identity.pid)

    def _parts_of(self, member: _Member) -> Iterator[Part]:
        for stretch in self._open:
            if member in stretch.parts:
                yield stretch.parts[member]

    @property
    def programs(self) -> dict[int, str]:
        """The path of what each process executes or, since it has ended, was seen to; those that hide it are left out."""
        for pid in self.pids:
            self._note_program(pid)
        return dict(self._programs)

    def _note_program(self, pid: int) -> None:
        path = table.program(pid)
        if path is not None:
            self._programs[pid] = path

    def end(self, stretch: _Stretch) -> Measured:
        """What a stretch measured; it is over."""
        ends = {}
        for member in stretch.parts:  # the readings first: whoever came at last moves nothing that was
            if member.identity in self._members:
                with suppress(ProcessLookupError):
                    ends[member] = self._read(member)
        self.look()
        for member in set(stretch.parts) - set(ends):
            if not stretch.parts[member].is_over:  # it came a moment ago
                with suppress(ProcessLookupError):
                    ends[member] = self._read(member)
        self._open.remove(stretch)
        for other in self._open:
            other.is_cut = True
        found = {
            member: figures(part, member.last, ends.get(member), is_cut=stretch.is_cut)
            for member, part in stretch.parts.items()
        }
        found = {member: measured for member, measured in found.items() if measured}
        peak = peak_together([Life(member.first, member.seen, each) for member, each in found.items()])
        stretch.totals = {} if peak is None else {MEMORY_PEAK: peak}
        named = _named(found)
        stretch.names = {member.pid: name for name, (member, _measured) in named.items()}
        return {name: measured for name, (_member, measured) in named.items()}

    def _read(self, member: _Member) -> Reading:
        is_own = member.has_own_memory()
        reading = member.probe.end()
        if not is_own:
            reading = evolve(reading, state=evolve(reading.state, peak_bytes=None, rest_bytes=None))
        peak = reading.state.peak_bytes
        for part in self._parts_of(member):
            part.saw(None if peak is None else peak.value)
        return reading

    def close(self) -> None:
        """Watch no more; safe to call twice."""
        for member in self._members.values():
            member.probe.close()
        self._members.clear()
        self._open.clear()


def _named(
    found: dict[_Member, dict[str, Measurement]],
) -> dict[str, tuple[_Member, dict[str, Measurement]]]:
    """By their names, in the order of their start."""
    named: dict[str, tuple[_Member, dict[str, Measurement]]] = {}
    for member in sorted(found, key=lambda each: (each.identity.start, each.pid)):
        named[different(member.label, named)] = member, found[member]
    return named


def _called(pid: int) -> str:
    """What a process is called, as the name of a node may be."""
    names = called(pid)
    return fitting(names[-1] if names else "", _UNNAMED)
