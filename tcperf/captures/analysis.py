"""``analyze``: from a capture to its traffic by sender, receiver, protocol and phase."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from tcperf.captures.attribution import OTHERS
from tcperf.captures.counting import Counting, GivenPorts
from tcperf.captures.links import COOKED, LinkType
from tcperf.captures.names import address_text
from tcperf.captures.reading import read_records
from tcperf.captures.records import Cut
from tcperf.captures.source import Source, open_source
from tcperf.captures.tables import totals_of
from tcperf.clock import NS_PER_MS
from tcperf.errors import UsageError
from tcperf.frames.flow import Totals
from tcperf.traffic import Traffic

#: So many ends of frames are named where a name was given to none of them.
_NAMED: Final = 5
_LOOPBACKS: Final = ("127.", "::1")
#: Where each packet is seen twice, every other segment with payload counts as one sent again.
_SEEN_TWICE: Final = 0.1


@frozen
class Analysis:
    """What a capture holds.

    ``rows`` are of frames sent (direction "sent"), phase by phase, most bytes first; nodes and peers are names
    where there are any, else addresses.  ``begin_ns`` and ``end_ns`` are the earliest and the latest frame's
    time since the epoch, None without frames.  ``cut`` is where reading had to stop: None where the whole file
    was read.  ``lost`` is how many frames the capturing program says it did not get; None where it does not
    say.  ``unread`` counts the frames of link types that cannot be read.  ``notes`` are what else to know.
    """

    name: str
    rows: tuple[Traffic, ...]
    begin_ns: int | None
    end_ns: int | None
    cut: Cut | None
    lost: int | None
    unread: int
    has_roles: bool
    notes: tuple[str, ...] = ()

    @property
    def packets(self) -> int:
        """How many frames are in the tables."""
        return sum(row.packets for row in self.rows)

    @property
    def frame_bytes(self) -> int:
        """How many bytes these frames have."""
        return sum(row.frame_bytes for row in self.rows)

    @property
    def duration_ms(self) -> float | None:
        """From the earliest to the latest frame; None without frames."""
        if self.begin_ns is None or self.end_ns is None:
            return None
        return (self.end_ns - self.begin_ns) / NS_PER_MS

    @property
    def is_complete(self) -> bool:
        """Whether every frame that there was is in the tables, as far as the capture tells."""
        return self.cut is None and not self.lost and not self.unread

    @property
    def phases(self) -> tuple[str, ...]:
        """The phases with frames, in the order of their first one; "" is outside of all."""
        return tuple(dict.fromkeys(row.phase for row in self.rows))


def analyze(
    name: str,
    *,
    ports: GivenPorts | None = None,
    names: Mapping[bytes, str] | None = None,
    on_read: Callable[[Source], object] | None = None,
) -> Analysis:
    """Read the capture ``name`` ("-": standard input) and sum it up, in constant memory.

    ``ports`` give flows their roles, ``names`` name addresses (4 or 16 bytes), beside and before those that the
    capture itself names.  ``on_read`` is called before each read, some thousand frames apart.  Raises
    UsageError for what is no capture, or none that can be read; what breaks off is analysed up to there.
    """
    with open_source(name) as source:
        if on_read is not None:
            source.on_read = lambda: on_read(source)
        return analyze_source(source, ports=ports or GivenPorts(), names=names or {})


def analyze_source(source: Source, *, ports: GivenPorts, names: Mapping[bytes, str]) -> Analysis:
    """The same for a source that is open already."""
    records = read_records(source)
    counting = Counting(records, ports)
    counting.count()
    known = {address_text(address): name for address, name in {**records.told.names, **names}.items()}
    by_address = counting.rows()
    rows = tuple(_in_order(_named(by_address, known)))
    found = Analysis(
        name=source.name,
        rows=rows,
        begin_ns=counting.begin_ns,
        end_ns=counting.end_ns,
        cut=records.cut,
        lost=records.told.lost,
        unread=sum(counting.unread.values()),
        has_roles=bool(ports.given_control or ports.given_p2p),
    )
    _refuse_unreadable(found, counting.unread)
    notes = (
        *_notes(found, counting),
        *_unused_names(by_address, names),
        *_twice_notes(by_address, counting.links),
    )
    return evolve(found, notes=notes)


def _refuse_unreadable(found: Analysis, unread: Mapping[int, int]) -> None:
    if unread and not found.rows:
        numbers = ", ".join(str(number) for number in sorted(unread))
        raise UsageError(
            f"the frames of {found.name} are of a link type that is not known here ({numbers})",
            cure="capture on an interface with Ethernet, on Linux's `any`, or on one with plain IP",
        )


def _named(rows: Iterable[Traffic], names: Mapping[str, str]) -> list[Traffic]:
    """The rows with names for addresses; several addresses of one name are one node."""
    if not names:
        return list(rows)
    sums: dict[tuple[Any, ...], Totals] = {}
    for row in rows:
        node, peer = names.get(row.node, row.node), names.get(row.peer, row.peer)
        key = row.phase, node, row.direction, peer, row.protocol, row.role
        sums[key] = sums.get(key, Totals()) + totals_of(row)
    return [Traffic(*key, **totals._asdict()) for key, totals in sums.items()]


def _in_order(rows: list[Traffic]) -> list[Traffic]:
    """Phases as they came, and in each most bytes first."""
    places = {phase: place for place, phase in enumerate(dict.fromkeys(row.phase for row in rows))}
    return sorted(
        rows, key=lambda row: (places[row.phase], -row.frame_bytes, row.node, row.peer, row.protocol)
    )


def _notes(found: Analysis, counting: Counting) -> Iterator[str]:
    if found.cut is not None:
        place = f"byte {found.cut.offset:,}, after {found.packets + found.unread:,} frames"
        yield f"partial: reading stopped at {place}: {found.cut.reason}"
    if found.lost:
        yield f"inexact: the capturing program did not get {found.lost:,} frames"
    if counting.unread:
        numbers = ", ".join(str(number) for number in sorted(counting.unread))
        yield f"partial: {found.unread:,} frames are of a link type that is not known here ({numbers})"
    if counting.overlong:
        yield (
            f"malformed: the IP headers of {counting.overlong:,} frames claim more bytes than the frames have: "
            "what they have was counted"
        )
    if counting.ignored_marks:
        yield f"there are too many phase marks: {counting.ignored_marks:,} of them were not followed"
    if any(OTHERS in {row.node, row.peer} for row in found.rows):
        yield f"there are too many pairs of addresses to tell apart: the later ones are {OTHERS}"


def _unused_names(rows: Sequence[Traffic], names: Mapping[bytes, str]) -> Iterator[str]:
    """The names that were given to nobody here: a typing error, or a capture that names its nodes itself."""
    ends = {end for row in rows for end in (row.node, row.peer)}
    for address, name in names.items():
        text = address_text(address)
        if text not in ends:
            yield f"nobody is called {name}: {text} is no end of a frame here; those are {_some(ends)}"


def _some(ends: set[str]) -> str:
    found = sorted(ends)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(found[:_NAMED])}{more}" if found else "none"


def _twice_notes(rows: Iterable[Traffic], links: Container[LinkType]) -> Iterator[str]:
    """What to know where a packet may have been captured more than once."""
    looped = [row for row in rows if row.node.startswith(_LOOPBACKS) and row.peer.startswith(_LOOPBACKS)]
    if looped:
        seems = ", as seems to be so here" if _repeats(looped) else ""
        yield (
            "loopback: some programs capture each packet twice there, as it leaves and as it arrives"
            f"{seems}: then halve the figures, and there are no retransmissions"
        )
    elif any(link in links for link in COOKED) and _repeats(rows):
        yield (
            "many TCP segments are in it again: on Linux's `any`, a packet is captured on each interface that it "
            "passes, a bridge's for one: capture on a single interface to be sure"
        )


def _repeats(rows: Iterable[Traffic]) -> bool:
    segments = [row for row in rows if row.protocol == "tcp"]
    repeated = sum(row.retransmissions for row in segments)
    return repeated > _SEEN_TWICE * sum(row.packets for row in segments)
