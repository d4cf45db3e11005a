"""The fast way counts what is plain and nothing else: frames that look like their flow's, but for one thing."""

import struct

import captures as made
import pytest
from dpkt_tables import tables

from tcperf.captures import counting
from tcperf.captures.analysis import analyze
from tcperf.captures.counting import Counting, GivenPorts
from tcperf.captures.tables import PEERS, sums
from tcperf.frames.flows import Flows
from tcperf.traffic import OUTSIDE


def same(path, data):
    """Assert that the tables are those of dpkt's objects."""
    path.write_bytes(data)
    found = analyze(str(path))
    ours = {each.key: tuple(each.totals) for each in sums(found.rows, ("phase", *PEERS, "protocol"))}
    theirs = {
        (phase, node, peer, protocol): numbers.astuple()
        for (phase, node, direction, peer, protocol), numbers in tables(path).items()
        if direction == "sent"
    }
    assert {key: numbers for key, numbers in ours.items() if key[1] != OUTSIDE} == theirs
    return found


def changed(frame, offset, values):
    return frame[:offset] + bytes(values) + frame[offset + len(values) :]


#: What is done to a plain frame on Ethernet: (frame, what is kept of it); None where it does not fit the kind.
CHANGES = {
    "first fragment": lambda frame, is_v6, is_tcp: None if is_v6 else changed(frame, 20, (0x20, 0)),
    "later fragment": lambda frame, is_v6, is_tcp: None if is_v6 else changed(frame, 20, (0, 9)),
    "reserved flag": lambda frame, is_v6, is_tcp: None if is_v6 else changed(frame, 20, (0x80, 0)),
    "other service": lambda frame, is_v6, is_tcp: changed(frame, 15, (0x28,)),
    "other receiver": lambda frame, is_v6, is_tcp: changed(frame, 0, made.mac(9)),
    "all receivers": lambda frame, is_v6, is_tcp: changed(frame, 0, b"\xff" * 6),
    "other sender": lambda frame, is_v6, is_tcp: changed(frame, 6, made.mac(9)),
    "no IP": lambda frame, is_v6, is_tcp: changed(frame, 12, (0x88, 0xCC)),
    "other version": lambda frame, is_v6, is_tcp: changed(frame, 14, (0x55,)),
    "short header": lambda frame, is_v6, is_tcp: None if is_v6 else changed(frame, 14, (0x44,)),
    "long header": lambda frame, is_v6, is_tcp: None if is_v6 else changed(frame, 14, (0x46,)),
    "traffic class": lambda frame, is_v6, is_tcp: changed(frame, 14, (0x61,)) if is_v6 else None,
    "other transport": lambda frame, is_v6, is_tcp: changed(
        frame, 20 if is_v6 else 23, (17 if is_tcp else 6,)
    ),
    "no transport": lambda frame, is_v6, is_tcp: changed(frame, 20 if is_v6 else 23, (99,)),
    "extension header": lambda frame, is_v6, is_tcp: changed(frame, 20, (0,)) if is_v6 else None,
    "length 0": lambda frame, is_v6, is_tcp: changed(frame, 18 if is_v6 else 16, (0, 0)),
    "length 7": lambda frame, is_v6, is_tcp: changed(frame, 18 if is_v6 else 16, (0, 7)),
    "length 27": lambda frame, is_v6, is_tcp: changed(frame, 18 if is_v6 else 16, (0, 27)),
    "length 39": lambda frame, is_v6, is_tcp: changed(frame, 18 if is_v6 else 16, (0, 39)),
    "length 51": lambda frame, is_v6, is_tcp: changed(frame, 18 if is_v6 else 16, (0, 51)),
    "huge length": lambda frame, is_v6, is_tcp: changed(frame, 18 if is_v6 else 16, (0xFF, 0xFF)),
    "cut in the link": lambda frame, is_v6, is_tcp: frame[:10],
    "cut in IP": lambda frame, is_v6, is_tcp: frame[:30],
    "cut before the ports": lambda frame, is_v6, is_tcp: frame[: 54 if is_v6 else 34],
    "cut behind the ports": lambda frame, is_v6, is_tcp: frame[: 60 if is_v6 else 40],
    "cut in TCP's header": lambda frame, is_v6, is_tcp: frame[: 73 if is_v6 else 53],
    "cut in TCP's options": lambda frame, is_v6, is_tcp: frame[: 78 if is_v6 else 58],
    "no offset": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0, 0x10)) if is_tcp else None,
    "huge offset": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0xF0, 0x10)) if is_tcp else None,
    "FIN": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0x80, 0x11)) if is_tcp else None,
    "SYN": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0x80, 0x02)) if is_tcp else None,
    "RST": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0x80, 0x14)) if is_tcp else None,
    "accurate ECN": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0x81, 0x10)) if is_tcp else None,
    "no flag": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0x80, 0x00)) if is_tcp else None,
    "urgent": lambda frame, is_v6, is_tcp: changed(frame, 66 if is_v6 else 46, (0x80, 0x38)) if is_tcp else None,
}  # fmt: skip


class Plain:
    """Plain frames of one flow, one after another."""

    def __init__(self, *, is_v6, is_tcp):
        self.is_v6, self.is_tcp = is_v6, is_tcp
        self.talk = made.Conversation(version=6 if is_v6 else 4)

    def frame(self, size=6):
        if self.is_tcp:
            return self.talk.segment(0, size)
        above = made.udp((40_000, 7000), size)
        if self.is_v6:
            return made.framed(1, 0x86DD, made.ipv6(1, 2, 17, above))
        return made.framed(1, 0x0800, made.ipv4(1, 2, 17, above))


#: The changes that fit a kind of packet.
CASES = [
    (name, is_v6, is_tcp)
    for name, change in CHANGES.items()
    for is_v6 in (False, True)
    for is_tcp in (False, True)
    if change(Plain(is_v6=is_v6, is_tcp=is_tcp).frame(), is_v6, is_tcp) is not None
]


@pytest.mark.parametrize(("name", "is_v6", "is_tcp"), CASES)
@pytest.mark.parametrize("opened", [False, True])
def test_a_look_alike_counts_as_what_it_is(tmp_path, name, is_v6, is_tcp, opened):
    for size in (0, 6, 700):
        plain = Plain(is_v6=is_v6, is_tcp=is_tcp)
        frames = plain.talk.open() if opened and is_tcp else []
        frames += [plain.frame() for _ in range(3)]
        odd = CHANGES[name](plain.frame(size), is_v6, is_tcp)
        frames += [odd, plain.frame(), odd, odd, plain.frame(10), plain.frame(20)]
        data = made.pcap([])
        for number, frame in enumerate(frames):
            length = max(86 + size, len(frame)) if len(frame) < 60 else len(frame)
            data += struct.pack("<IIII", 1000, number, len(frame), length) + frame
        assert same(tmp_path / "a.pcap", data).packets == len(frames)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", made.LINKS)
def test_plain_frames_are_counted_the_fast_way(tmp_path, monkeypatch, version, link):
    added = []

    class Watched(Flows):
        def add(self, *arguments):
            added.append(arguments)
            return super().add(*arguments)

    monkeypatch.setattr(counting, "Flows", Watched)
    talk = made.Conversation(link=link, version=version)
    frames = [*talk.open(), *talk.talk(*[100, 0, 1400] * 20), *talk.close()]
    found = same(tmp_path / "a.pcap", made.pcap(frames, link=link))
    assert found.packets == len(frames) == 126
    # Both ways' SYN and FIN; the ACK of a SYN is at the number that the SYN led to.
    assert len(added) == 4


def test_a_fragments_bytes_are_no_ports(tmp_path):
    """Behind a later fragment's IP header is anything, such as the ports of another flow."""
    ports = GivenPorts(given_control=frozenset({8545}))
    datagram = made.udp((5, 8545), 10)
    later = made.framed(1, 0x0800, made.ipv4(1, 2, 17, datagram, fragment=9))
    path = tmp_path / "a.pcap"
    path.write_bytes(made.pcap([later, *[made.framed(1, 0x0800, made.ipv4(1, 2, 17, datagram))] * 4]))
    rows = analyze(str(path), ports=ports).rows
    assert {row.role: row.packets for row in rows} == {"control": 4, "other": 1}


def test_a_receiver_that_is_described_later_is_known_from_then_on(tmp_path):
    """As when a node is added to a run: who is nobody yet must not stay so."""
    ours = ((4, b"tcperf 1"),)
    frame = made.Conversation().segment(0, 0)
    data = made.section(options=ours) + made.interface(options=((2, b"alice"), (6, made.mac(1))))
    data += made.packet(frame, 1) * 3
    data += made.interface(options=((2, b"bob"), (6, made.mac(2)))) + made.packet(frame, 1) * 2
    found = same(tmp_path / "a", data)
    assert {row.peer: row.packets for row in found.rows} == {OUTSIDE: 3, "bob": 2}


def test_roles():
    ports = GivenPorts(given_control=frozenset({1}), given_p2p=frozenset({2}))
    found = {}
    for pair in ((1, 9), (9, 1), (2, 9), (9, 2), (1, 2), (2, 1), (9, 9), (0, 0)):
        found[pair] = ports.role(counting.Group("a", "b", "tcp", *pair))
    assert list(found.values()) == ["control"] * 2 + ["p2p"] * 2 + ["control"] * 2 + ["other"] * 2


def test_counting_can_be_asked_before_it_began(tmp_path):
    class Nothing:
        cut = None
        told = None

        def __iter__(self):
            return iter(())

    made_of_nothing = Counting(Nothing(), GivenPorts())
    made_of_nothing.count()
    assert made_of_nothing.rows() == ()
    assert made_of_nothing.begin_ns is None


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("link", made.LINKS)
def test_segments_out_of_turn_are_counted_without_the_long_way(tmp_path, monkeypatch, version, link):
    added = []

    class Watched(Flows):
        def add(self, *arguments):
            added.append(arguments)
            return super().add(*arguments)

    monkeypatch.setattr(counting, "Flows", Watched)
    talk = made.Conversation(link=link, version=version)
    frames = talk.open()
    for size in (100, 50, 1400) * 5:
        segment = talk.segment(0, size)
        talk.numbers[0] += 7  # a gap
        frames += [segment, segment, talk.segment(0, 20, back=30), talk.segment(1)]
    found = same(tmp_path / "a.pcap", made.pcap(frames, link=link))
    assert sum(row.retransmissions for row in found.rows) > 25
    assert len(added) == 2


@pytest.mark.parametrize("is_v6", [False, True])
@pytest.mark.parametrize("is_tcp", [False, True])
def test_a_plain_looking_frame_whose_length_cannot_be(tmp_path, is_v6, is_tcp):
    plain = Plain(is_v6=is_v6, is_tcp=is_tcp)
    good = [plain.frame(50) for _ in range(4)]
    bad = changed(plain.frame(50), 18 if is_v6 else 16, (0xEA, 0x60))
    found = same(tmp_path / "a.pcap", made.pcap([*good, bad, bad]))
    (row,) = found.rows
    assert (row.packets, row.payload_bytes) == (6, 300)
    assert row.frame_bytes == row.ip_bytes + 6 * 14 == sum(map(len, good)) + 2 * len(bad)
    assert len(found.notes) == 1
    assert "2 frames claim more bytes" in found.notes[0]
