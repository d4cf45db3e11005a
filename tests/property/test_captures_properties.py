"""Any capture: its tables are those that dpkt's objects give, to the byte; and what is written is read back."""

import struct
import tempfile
from pathlib import Path

import captures as made
from dpkt_tables import tables
from hypothesis import given, settings
from hypothesis import strategies as st

from tcperf.captures.analysis import analyze
from tcperf.captures.reading import read_records
from tcperf.captures.source import open_source
from tcperf.captures.tables import PEERS, sums
from tcperf.captures.writer import CaptureWriter
from tcperf.traffic import OUTSIDE

sizes = st.sampled_from([0, 0, 1, 2, 50, 100, 1400])
nodes = st.sampled_from([1, 1, 2])
ports = st.sampled_from([(1000, 2000), (1000, 2000), (2000, 1000)])
flags = st.sampled_from([16, 16, 16, 24, 24, 48, 2, 18, 17, 1, 4, 20, 80, 0])
#: How a segment goes on from its sender's last one: mostly in order, now and then again, or with a gap.
backs = st.sampled_from([0, 0, 0, 0, 0, 1, 50, 150, -1, -100])
groups = st.sampled_from([None, None, None, b"\xff" * 6, bytes.fromhex("01005e000001")])
rests = st.binary(max_size=40)
extension = st.one_of(
    st.tuples(st.sampled_from([0, 43, 60]), st.just(b"\0" + bytes(6))),
    st.tuples(st.just(60), st.just(b"\1" + bytes(14))),
    st.tuples(st.just(51), st.just(b"\1" + bytes(10))),
    st.tuples(
        st.just(44),
        st.sampled_from([0, 1, 8, 9, 1400]).map(lambda place: b"\0" + struct.pack(">HI", place, 77)),
    ),
    st.tuples(st.sampled_from([0, 44, 50, 51, 60]), st.binary(min_size=1, max_size=16)),
)


@st.composite
def segments(draw):
    """What makes a TCP segment; its number is known when its conversation is played."""
    return (
        "tcp",
        draw(nodes),
        draw(nodes),
        draw(ports),
        draw(sizes),
        draw(flags),
        draw(backs),
        draw(st.booleans()),
    )


above_ip = st.one_of(
    st.tuples(st.just(17), st.builds(made.udp, ports, sizes)),
    st.tuples(
        st.just(6), st.builds(made.tcp, ports, st.just(5), sizes, flags=flags, offset=st.integers(0, 15))
    ),
    st.sampled_from([(1, bytes(9)), (58, bytes(4)), (99, b"xyz")]),
)


def with_ipv4(**fields):
    """IPv4 packets, some of whose fields are drawn."""
    return st.tuples(nodes, nodes, above_ip, st.fixed_dictionaries(fields)).map(
        lambda drawn: (drawn[0], drawn[1], 0x0800, made.ipv4(*drawn[:2], *drawn[2], **drawn[3]))
    )


def with_ipv6(**fields):
    """IPv6 packets, some of whose fields are drawn."""
    return st.tuples(nodes, nodes, above_ip, st.fixed_dictionaries(fields)).map(
        lambda drawn: (drawn[0], drawn[1], 0x86DD, made.ipv6(*drawn[:2], *drawn[2], **drawn[3]))
    )


arps = st.one_of(st.builds(made.arp, nodes, nodes), st.sampled_from([b"\0\6", bytes(40)]))
#: Source and target, Ethernet's type, and a packet that is no plain TCP segment.
packets = st.one_of(
    with_ipv4(),
    with_ipv4(fragment=st.sampled_from([0x2000, 0x2000, 0x2001, 0x0001, 0x00B9])),
    with_ipv4(options=st.sampled_from([bytes(4), bytes(40)])),
    with_ipv4(
        total=st.sampled_from([0, 19, 20, 27, 28, 39, 40, 65_535]),
        first=st.sampled_from([0x45, 0x45, 0x44, 0x4F, 0x65]),
    ),
    with_ipv6(
        extensions=st.lists(extension, max_size=3),
        length=st.sampled_from([None, None, None, 0, 4, 20, 65_535]),
    ),
    st.tuples(nodes, nodes, st.just(0x0806), arps),
    st.tuples(nodes, nodes, st.sampled_from([0x88CC, 0x0800, 0x86DD, 46, 0x9100]), rests),
)


step = st.tuples(
    st.one_of(segments(), segments(), packets),
    groups,
    st.sampled_from([0, 0, 0, 1, 2]),  # VLAN tags
    st.sampled_from([None, None, None, None, None, 10, 20, 34, 40, 42, 54, 66, 96]),  # what is kept
    st.sampled_from([1, 1, 1, 400, 2000]),  # milliseconds until the next
)
#: Few kinds of frames, each many times: only flows that go on are counted the fast way.
steps = st.tuples(
    st.lists(step, min_size=1, max_size=8), st.lists(st.integers(0, 7), min_size=1, max_size=60)
).map(lambda drawn: [drawn[0][number % len(drawn[0])] for number in drawn[1]])


class Playing:
    """Turns steps into frames on one link."""

    def __init__(self, link):
        self.link = link
        self.numbers = {}
        self.time_ns = made.BEGIN_NS

    def play(self, step):
        """Time, frame, and how much of it is kept."""
        what, group, tags, kept, pause_ms = step
        source, target, ethertype, packet = self._segment(*what[1:]) if what[0] == "tcp" else what
        for tag in range(tags if self.link in {made.ETHERNET, made.SLL, made.SLL2} else 0):
            packet = struct.pack(">HH", 5, ethertype) + packet
            ethertype = (0x8100, 0x88A8)[tag]
        self.time_ns += pause_ms * 1_000_000
        frame = made.framed(self.link, ethertype, packet, source=source, target=target, group=group)
        return self.time_ns, frame, kept

    def _segment(self, source, target, ports, size, flags, back, is_ipv6):
        way = (source, target, ports, is_ipv6)
        number = self.numbers.get(way, 2**32 - 200) - back
        self.numbers[way] = number + size + bool(flags & 2) + bool(flags & 1)
        above = made.tcp(ports, number, size, flags=flags, options=made.TIMES if size != 50 else b"")
        if is_ipv6:
            return source, target, 0x86DD, made.ipv6(source, target, 6, above)
        return source, target, 0x0800, made.ipv4(source, target, 6, above)


def same(path):
    """Assert that the tables are dpkt's, and that every frame is in them."""
    found = analyze(str(path))
    ours = {each.key: tuple(each.totals) for each in sums(found.rows, ("phase", *PEERS, "protocol"))}
    theirs = {
        (phase, node, peer, protocol): numbers.astuple()
        for (phase, node, direction, peer, protocol), numbers in tables(path).items()
        if direction == "sent"
    }
    assert {key: numbers for key, numbers in ours.items() if key[1] != OUTSIDE} == theirs
    return found


@settings(max_examples=150)
@given(
    steps,
    st.sampled_from(made.LINKS),
    st.sampled_from(["<", ">"]),
    st.sampled_from([1, 1000]),
    st.booleans(),
)
def test_the_tables_are_those_of_dpkts_objects(played, link, order, unit_ns, is_pcapng):
    playing = Playing(link)
    frames = [playing.play(step) for step in played]
    if is_pcapng:
        data = made.section(order) + made.interface(order, link=link, options=((9, b"\x09"),))
        for time_ns, frame, kept in frames:
            data += made.packet(frame[:kept], time_ns, order=order, length=len(frame))
    else:
        data = made.pcap([], link=link, order=order, unit_ns=unit_ns)
        for time_ns, frame, kept in frames:
            cut = frame[:kept]
            seconds, rest = divmod(time_ns, 1_000_000_000)
            data += struct.pack(f"{order}IIII", seconds, rest // unit_ns, len(cut), len(frame)) + cut
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "test")
        path.write_bytes(data)
        found = same(path)
    assert found.packets == len(frames)
    assert found.frame_bytes == sum(len(frame) for _time, frame, _kept in frames)
    assert found.cut is None


@settings(max_examples=60)
@given(steps, st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["", "one", "two"])), max_size=4))
def test_our_own_captures_are_read_as_they_were_counted(played, marks):
    playing = Playing(made.ETHERNET)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.pcapng")
        writer = CaptureWriter(path, full=True)
        numbers = [writer.interface(f"node{node}", [f"10.0.0.{node}"], made.mac(node)) for node in (1, 2)]
        for number, step in enumerate(played):
            for place, phase in marks:
                if place == number:
                    writer.mark(phase)
            time_ns, frame, kept = playing.play(step)
            writer.frame(numbers[number % 2], time_ns, len(frame), frame[:kept])
        writer.close()
        found = same(path)
    assert found.packets == len(played)
    assert found.lost == 0
    assert {row.node for row in found.rows} <= {"node1", "node2"}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 2**63),
            st.binary(max_size=100),
            st.integers(0, 65_000),
            st.lists(st.sampled_from(["", "a", "b"]), max_size=2),
        ),
        max_size=20,
    )
)
def test_what_is_written_is_read_back(frames):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.pcapng")
        writer = CaptureWriter(path, full=False)
        for name in ("alice", "bob", "carol"):
            writer.interface(name)
        for number, time_ns, data, more, phases in frames:
            for phase in phases:
                writer.mark(phase)
            writer.frame(number, time_ns, len(data) + more, data)
        writer.close(3)
        read, heard = [], []
        with open_source(str(path)) as source:
            records = read_records(source)
            records.on_phase = heard.append
            for interface, time_ns, length, data in records:
                read.append((interface.node, time_ns, length, data, tuple(heard)))
                heard.clear()
    assert records.cut is None
    assert records.told.lost == 3
    assert read == [
        (("alice", "bob", "carol")[number], time_ns, len(data) + more, data, tuple(phases))
        for number, time_ns, data, more, phases in frames
    ]
