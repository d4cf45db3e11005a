"""From captures to tables: who is who, roles, phases, link types, bounds, and what must be said."""

import csv
import io
import ipaddress
import json
import struct

import captures as made
import pytest
from dpkt_tables import tables
from hypothesis import given
from hypothesis import strategies as st

from tcperf.captures import attribution, counting
from tcperf.captures.analysis import analyze
from tcperf.captures.counting import GivenPorts
from tcperf.captures.names import address_text, parse_name, readable
from tcperf.captures.render import render_console, render_csv, render_json
from tcperf.captures.tables import CONTRIBUTORS, PEERS, PROTOCOLS, sums, totals_of
from tcperf.captures.writer import CaptureWriter
from tcperf.errors import UsageError
from tcperf.traffic import BROADCAST, MULTICAST, OUTSIDE

ALL = b"\xff" * 6
GROUP = bytes.fromhex("01005e000001")


@pytest.fixture
def run(tmp_path):
    """Analyse a capture's bytes; every result is compared with that of dpkt's objects."""

    def call(data, *, check=True, **options):
        path = tmp_path / "test.pcap"
        path.write_bytes(data)
        found = analyze(str(path), **options)
        if check:
            assert by_key(found) == expected(path)
        return found

    return call


def by_key(found):
    return {
        each.key: tuple(each.totals)
        for each in sums(found.rows, ("phase", *PEERS, "protocol"))
        if each.key[1] != OUTSIDE
    }


def expected(path):
    return {
        (phase, node, peer, protocol): numbers.astuple()
        for (phase, node, direction, peer, protocol), numbers in tables(path).items()
        if direction == "sent"
    }


def pairs(found):
    return {(row.node, row.peer, row.protocol): row for row in found.rows}


def test_a_conversation_counts_to_the_byte(run):
    talk = made.Conversation()
    found = run(made.pcap([*talk.open(), *talk.talk(100, 1400, 5), *talk.close()]))
    there, back = pairs(found)["10.0.0.1", "10.0.0.2", "tcp"], pairs(found)["10.0.0.2", "10.0.0.1", "tcp"]
    assert (there.packets, there.payload_bytes) == (7, 105)
    assert (there.ip_bytes, there.frame_bytes) == (7 * 52 + 105, 7 * 66 + 105)
    assert (back.packets, back.payload_bytes) == (5, 1400)
    assert (there.connections, there.short_connections, there.retransmissions) == (1, 1, 0)
    assert (back.connections, back.short_connections, back.retransmissions) == (0, 0, 0)
    assert found.duration_ms == 11 * 40
    assert found.is_complete
    assert found.notes == ()
    assert (found.packets, found.frame_bytes) == (12, 12 * 66 + 1505)


def test_a_slow_connection_is_no_short_one(run):
    talk = made.Conversation()
    frames = [*talk.open(), *talk.talk(*[10] * 12), *talk.close()]
    assert len(frames) * made.STEP_NS > 1_000_000_000
    (there,) = [row for row in run(made.pcap(frames)).rows if row.connections]
    assert there.short_connections == 0


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("snap", [None, 54, 66, 74, 86])
def test_what_is_sent_again_is_told(run, version, snap):
    talk = made.Conversation(version=version)
    frames = [*talk.open(), *talk.talk(100, 200)]
    frames += [talk.segment(0, 100, back=100), talk.segment(0, 30, back=30), talk.segment(0, 1, back=1)]
    frames += talk.talk(10, 20)
    found = run(made.pcap(frames, snap=snap))
    assert sum(row.retransmissions for row in found.rows) == (0 if version == 6 and snap in {54, 66} else 2)


def test_numbers_go_around(run):
    talk = made.Conversation(start=2**32 - 250)
    frames = [*talk.open(), *talk.talk(*[100] * 20), talk.segment(0, 100, back=100)]
    found = run(made.pcap(frames))
    assert sum(row.retransmissions for row in found.rows) == 1
    assert sum(row.payload_bytes for row in found.rows) == 2100


@pytest.mark.parametrize("link", made.LINKS)
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("write", [made.pcap, made.pcapng])
def test_every_link_type(run, link, version, write):
    talk = made.Conversation(link=link, version=version)
    other = made.Conversation(3, 1, link=link, version=version, ports=(9, 10))
    frames = [*talk.open(), *other.talk(3, 4, 5), *talk.talk(100, 0, 1400, 5), *talk.close()]
    found = run(write(frames, link=link))
    header = {1: 14, 113: 16, 276: 20, 0: 4, 108: 4}.get(link, 0)
    assert found.frame_bytes == sum(map(len, frames))
    assert all(row.frame_bytes == row.ip_bytes + header * row.packets for row in found.rows)
    assert {row.node[-1] for row in found.rows} == {"1", "2", "3"}


def test_openbsd_and_others_loopback_families(run):
    packets = [made.ipv4(1, 2, 17, made.udp((1, 2), 3)), made.ipv6(1, 2, 17, made.udp((1, 2), 3))]
    frames = [
        struct.pack(order + "I", family) + packets[family != 2]
        for order in "<>"
        for family in (2, 10, 24, 28, 30)
    ]
    found = run(made.pcap([*frames, struct.pack("<I", 7) + bytes(30), b"\x02\0"], link=made.NULL))
    assert {row.protocol: row.packets for row in found.rows if row.node == OUTSIDE} == {"other": 2}
    assert sum(row.packets for row in found.rows if row.protocol == "udp") == 10


def test_padding_counts_as_frame_bytes_only(run):
    talk = made.Conversation()
    frames = [talk.segment(side, 0, options=b"", pad=True) for side in (0, 1) for _ in range(5)]
    frames += [made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((5, 6), 1)), pad=True)] * 4
    frames += [made.framed(1, 0x86DD, made.ipv6(1, 2, 17, made.udp((5, 6))), pad=True)] * 4
    found = run(made.pcap(frames))
    assert found.frame_bytes == 14 * 60 + 4 * 62
    assert sum(row.payload_bytes for row in found.rows) == 4
    assert sum(row.ip_bytes for row in found.rows) == 10 * 40 + 4 * 29 + 4 * 48


@pytest.mark.parametrize("link", made.LINKS)
@pytest.mark.parametrize("snap", [None, 96])
def test_what_a_sending_host_leaves_to_its_adapter(run, link, snap):
    """Segmentation offload: IP's length is 0, and what follows is of the same connection."""
    talk = made.Conversation(link=link)
    frames = talk.open()
    for size in (30_000, 100_000):
        above = made.tcp(talk.ports, talk.numbers[0], size)
        talk.numbers[0] += size
        frames.append(made.framed(link, 0x0800, made.ipv4(1, 2, 6, above, total=0)))
        frames += [talk.segment(1), talk.segment(0, 10)]
    found = run(made.pcap(frames, link=link, snap=snap))
    there = pairs(found)["10.0.0.1", "10.0.0.2", "tcp"]
    assert len(found.rows) == 2
    assert (there.packets, there.payload_bytes, there.retransmissions) == (6, 130_020, 0)
    assert found.frame_bytes == sum(map(len, frames))
    assert found.notes == ()


@pytest.mark.parametrize("snap", [None, 60])
def test_an_ip_length_that_cannot_be_is_told(run, snap):
    frames = [
        made.framed(1, 0x0800, made.ipv4(1, 2, 6, made.tcp((5, 6), 1, 10, options=b""), total=60_000)),
        made.framed(1, 0x86DD, b"`" * 40),
        made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((5, 6), 30)), pad=True),
    ]
    found = run(made.pcap(frames, snap=snap))
    assert {(row.frame_bytes, row.ip_bytes, row.payload_bytes) for row in found.rows} == {
        (64, 50, 10),
        (54, 40, 0),
        (72, 58, 30),
    }
    assert found.is_complete
    assert found.notes == (
        "malformed: the IP headers of 2 frames claim more bytes than the frames have: what they have was counted",
    )
    assert json.loads(render_json(found))["notes"] == list(found.notes)
    assert f"warning: {found.notes[0]}" in render_console(found)


def test_a_frame_check_sequence_is_no_room_for_ip(run):
    frame = made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((5, 6), 30), total=0)) + bytes(4)
    (row,) = run(made.pcap([frame], link=1 | 1 << 26 | 2 << 28), check=False).rows
    assert (row.frame_bytes, row.ip_bytes, row.payload_bytes) == (72, 58, 30)


def test_groups_are_told_by_the_link(run):
    to_all = made.ipv4(1, 9, 17, made.udp((1, 2), 3))
    frames = []
    for _ in range(3):
        frames += [
            made.framed(1, 0x0800, to_all, group=ALL),
            made.framed(1, 0x0800, to_all, group=GROUP),
            made.framed(1, 0x0800, to_all, target=9),
        ]
    assert {row.peer: row.packets for row in run(made.pcap(frames)).rows} == {
        BROADCAST: 3,
        MULTICAST: 3,
        "10.0.0.9": 3,
    }
    for link in (made.SLL, made.SLL2):
        frames = [made.framed(link, 0x0800, to_all, group=group) for group in (ALL, GROUP, None)] * 3
        assert {row.peer for row in run(made.pcap(frames, link=link)).rows} == {
            BROADCAST,
            MULTICAST,
            "10.0.0.9",
        }


def test_groups_are_told_by_ip_where_there_is_no_link(run):
    above = made.udp((1, 2), 3)
    frames = [
        made.ipv4(1, b"\xff\xff\xff\xff", 17, above),
        made.ipv4(1, bytes((239, 1, 2, 3)), 17, above),
        made.ipv6(1, b"\xff\x02" + bytes(13) + b"\x01", 17, above),
        made.ipv4(1, bytes((192, 168, 1, 255)), 17, above),
    ]
    found = run(made.pcap(frames, link=made.RAW))
    assert sorted(row.peer for row in found.rows) == [BROADCAST, MULTICAST, MULTICAST, "192.168.1.255"]


def test_arp_is_of_the_ip_addresses_that_it_asks_for_and_tells(run):
    frames = [
        made.framed(1, 0x0806, made.arp(1, 2), group=ALL),
        made.framed(1, 0x0806, made.arp(2, 1), source=2, target=1),
        made.framed(1, 0x8100, struct.pack(">HH", 5, 0x0806) + made.arp(2, 1), source=2, target=1),
        made.framed(1, 0x0806, b"\0\x06" + made.arp(1, 2)[2:]),
        made.framed(1, 0x0806, made.arp(1, 2)[:20]),
    ]
    rows = pairs(run(made.pcap(frames)))
    assert {key: row.packets for key, row in rows.items()} == {
        ("10.0.0.1", BROADCAST, "arp"): 1,
        ("10.0.0.2", "10.0.0.1", "arp"): 2,
        ("02:00:00:00:00:01", "02:00:00:00:00:02", "arp"): 2,
    }
    assert all((row.ip_bytes, row.payload_bytes) == (0, 0) for row in rows.values())


def test_what_is_no_ip_is_of_hardware_addresses(run):
    frames = [
        made.framed(1, 0x88CC, bytes(40)),
        made.framed(1, 60, bytes(60)),
        made.framed(1, 0x0800, bytes(60)),
        made.mac(2),
        b"",
    ]
    rows = pairs(run(made.pcap(frames)))
    assert {key: row.packets for key, row in rows.items()} == {
        ("02:00:00:00:00:01", "02:00:00:00:00:02", "other"): 3,
        (OUTSIDE, OUTSIDE, "other"): 2,
    }
    cooked = [made.framed(link, 0x88CC, bytes(40)) for link in (made.SLL, made.SLL2)]
    for link, frame in zip((made.SLL, made.SLL2), cooked, strict=True):
        rows = pairs(run(made.pcap([frame, frame[:10]], link=link)))
        assert set(rows) == {("02:00:00:00:00:01", OUTSIDE, "other"), (OUTSIDE, OUTSIDE, "other")}


def test_a_flow_whose_hardware_addresses_change_is_one_flow(run):
    """As on both sides of a router: the addresses of IP are the ends."""
    talk = made.Conversation()
    frames = []
    for number in range(6):
        frame = bytearray(talk.segment(0, 10))
        frame[5] = 7 + number % 2
        frames.append(bytes(frame))
    (row,) = run(made.pcap(frames)).rows
    assert (row.packets, row.retransmissions, row.payload_bytes) == (6, 0, 60)


def test_the_frame_check_sequence_is_no_part_of_the_frame(run):
    talk = made.Conversation()
    frames = [frame + b"\x01\x02\x03\x04" for frame in talk.talk(10, 20)]
    plain = sum(len(frame) - 4 for frame in frames)
    assert run(made.pcap(frames, link=1 | 1 << 26 | 2 << 28), check=False).frame_bytes == plain
    with_fcs = made.interface(options=((13, b"\x20"),))
    both = made.section() + made.interface() + with_fcs
    talk = made.Conversation()
    for frame in talk.talk(10, 20, 30):
        both += made.packet(frame, 1) + made.packet(frame + bytes(4), 2, number=1)
    found = run(both, check=False)
    assert found.frame_bytes == 2 * (6 * 66 + 60)


PORTS = GivenPorts(given_control=frozenset({8545}), given_p2p=frozenset({7000, 30303}))


def test_roles_are_those_of_the_ports_that_were_named(run):
    frames = [
        *made.Conversation(ports=(40_000, 7000)).talk(1, 2),
        *made.Conversation(ports=(8545, 7000)).talk(1),
        *made.Conversation(ports=(40_000, 9)).talk(1),
        made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((5, 30303)))),
        made.framed(1, 0x0800, made.ipv4(1, 2, 1, bytes(8))),
    ]
    found = run(made.pcap(frames), ports=PORTS)
    counted = {(row.protocol, row.role): 0 for row in found.rows}
    for row in found.rows:
        counted[row.protocol, row.role] += row.packets
    assert counted == {
        ("tcp", "p2p"): 4,
        ("tcp", "control"): 2,
        ("tcp", "other"): 2,
        ("udp", "p2p"): 1,
        ("icmp", "other"): 1,
    }
    assert found.has_roles
    assert not run(made.pcap(frames)).has_roles


def test_names_are_given_or_the_captures_own(run):
    talk = made.Conversation().talk(10, 20)
    data = made.pcapng(talk) + made.names({made.ip4(1): b"wrong", made.ip4(2): b"bob"})
    found = run(data, check=False, names={made.ip4(1): "alice"})
    assert {(row.node, row.peer) for row in found.rows} == {("alice", "bob"), ("bob", "alice")}
    same = run(data, check=False, names={made.ip4(1): "us", made.ip4(2): "us"})
    (row,) = same.rows
    assert (row.node, row.peer, row.packets) == ("us", "us", 4)
    assert found.notes == same.notes == ()


def test_a_name_that_is_nobodys_is_told_with_who_is_there(run):
    talk = made.Conversation().talk(10, 20)
    found = run(made.pcapng(talk), check=False, names={made.ip4(9): "carol", made.ip4(1): "alice"})
    (note,) = found.notes
    one, other, nobody = (address_text(made.ip4(number)) for number in (1, 2, 9))
    assert note == f"nobody is called carol: {nobody} is no end of a frame here; those are {one}, {other}"


def test_of_many_only_some_are_told(run):
    frames = [made.framed(1, 0x0800, made.ipv4(1, number, 1, bytes(8))) for number in range(2, 9)]
    (note,) = run(made.pcap(frames), check=False, names={made.ip4(99): "carol"}).notes
    assert note.endswith(" and 3 more")


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "10.0.0.1=", "10.0.0.1= ", "=alice", "alice=10.0.0.1", "1.2.3=a", "::1=\x1b", ""]
)
def test_a_name_without_an_address(text):
    with pytest.raises(UsageError, match="names no address") as caught:
        parse_name(text)
    assert "10.0.0.1=alice" in caught.value.cure
    assert caught.value.message.isprintable()


@given(st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)))
def test_addresses_are_written_as_everybody_writes_them(packed):
    assert address_text(packed) == str(ipaddress.ip_address(packed))


def test_names_and_addresses():
    assert parse_name(" 10.0.0.1 = alice ") == (made.ip4(1), "alice")
    assert parse_name("::1=b=c") == (bytes(15) + b"\x01", "b=c")
    assert address_text(made.mac(1)) == "02:00:00:00:00:01"
    assert address_text(bytes(8)) == "00:00:00:00:00:00:00:00"
    assert readable(b"=HYPERLINK()") == "HYPERLINK()"
    assert readable(b"x" * 1000) == "x" * 64
    assert readable("\u202ea\n\u2028".encode()) == "\ufffda\ufffd\ufffd"


# --- captures of tcperf's own --------------------------------------------------------------------------


def own(path, frames, *, lost=0):
    """``frames`` are (node, frame) or a phase's name."""
    writer = CaptureWriter(path, full=True)
    interfaces = {
        name: writer.interface(name, [f"10.0.0.{node}"], made.mac(node))
        for node, name in enumerate(("alice", "bob", "carol"), 1)
    }
    for number, each in enumerate(frames):
        if isinstance(each, str):
            writer.mark(each)
        else:
            node, frame = each
            writer.frame(interfaces[node], made.BEGIN_NS + number * made.STEP_NS, len(frame), frame)
    writer.close(lost)


def test_nodes_and_phases_of_our_own_captures(tmp_path):
    path = tmp_path / "run.pcapng"
    talk = made.Conversation()
    opened = talk.open()
    frames = [("alice", made.framed(1, 0x0806, made.arp(1, 2), group=ALL)), "connect"]
    frames += [(name, frame) for name, frame in zip(("alice", "bob", "alice"), opened, strict=True)]
    frames += ["messages"]
    frames += [(("alice", "bob")[number % 2], frame) for number, frame in enumerate(talk.talk(10, 0, 10))]
    frames += ["", ("bob", talk.segment(1, flags=made.RST | made.ACK))]
    frames += [("alice", made.framed(1, 0x0800, made.ipv4(1, 9, 17, made.udp((1, 2))), target=9))] * 3
    frames += ["connect", ("alice", made.framed(1, 0x0800, made.ipv4(3, 2, 17, made.udp((1, 2)))))]
    own(path, frames)
    found = analyze(str(path))
    assert by_key(found) == expected(path)
    assert found.phases == ("", "connect", "messages")
    keyed = {(row.phase, row.node, row.peer, row.protocol): row for row in found.rows}
    assert keyed["", "alice", BROADCAST, "arp"].packets == 1
    assert keyed["", "alice", OUTSIDE, "udp"].packets == 3
    assert keyed["connect", "alice", "bob", "udp"].packets == 1
    assert keyed["connect", "alice", "bob", "tcp"].connections == 1
    assert keyed["", "alice", "bob", "tcp"].short_connections == 1
    assert keyed["", "alice", "bob", "tcp"].packets == 0
    assert found.lost == 0
    assert found.is_complete


def test_losses_make_a_capture_inexact(tmp_path):
    path = tmp_path / "run.pcapng"
    own(path, [("alice", made.Conversation().segment(0, 5))], lost=1234)
    found = analyze(str(path))
    assert found.lost == 1234
    assert not found.is_complete
    assert found.notes == ("inexact: the capturing program did not get 1,234 frames",)


def test_marks_are_followed_only_so_far(tmp_path, monkeypatch):
    monkeypatch.setattr(counting, "_MOST_MARKS", 2)
    frame = ("alice", made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((1, 2)))))
    own(tmp_path / "a", ["one", frame, "two", frame, "three", frame, "four", frame])
    found = analyze(str(tmp_path / "a"))
    assert {row.phase: row.packets for row in found.rows} == {"one": 1, "two": 3}
    assert found.notes == ("there are too many phase marks: 2 of them were not followed",)
    monkeypatch.setattr(counting, "_MOST_MARKS", 100)
    monkeypatch.setattr(counting, "_MOST_ROWS", 3)
    assert len(analyze(str(tmp_path / "a")).phases) == 2


# --- bounds and what must be said ----------------------------------------------------------------------


def test_a_scan_does_not_fill_the_memory(run, monkeypatch):
    monkeypatch.setattr(attribution, "MOST_PAIRS", 5)
    monkeypatch.setattr(attribution, "_MOST_TEXTS", 4)
    frames = [
        made.framed(1, 0x0800, made.ipv4(1, number, 6, made.tcp((number, 2), 1, flags=made.SYN)))
        for number in range(10, 30)
    ] * 2
    found = run(made.pcap(frames), check=False)
    assert len(found.rows) == 6
    others = pairs(found)[attribution.OTHERS, attribution.OTHERS, "tcp"]
    assert (others.packets, others.connections, others.retransmissions) == (30, 15, 15)
    assert found.notes == (
        "there are too many pairs of addresses to tell apart: the later ones are (others)",
    )


def test_flows_begin_anew_where_there_are_too_many(run, monkeypatch):
    monkeypatch.setattr(counting, "_MOST_FLOWS", 3)
    monkeypatch.setattr(counting, "_BATCH", 4)
    frames = [
        (made.BEGIN_NS, made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((number, 2), number))))
        for number in range(200)
    ]
    found = run(made.pcap(frames))
    assert found.packets == 200
    (row,) = found.rows
    assert row.payload_bytes == sum(range(200))


def test_batches_make_no_difference(run, monkeypatch):
    talk = made.Conversation()
    data = made.pcap([*talk.open(), *talk.talk(*range(40)), *talk.close()])
    rows = run(data).rows
    for batch in (1, 2, 5, 86, 87):
        monkeypatch.setattr(counting, "_BATCH", batch)
        assert run(data).rows == rows


def test_times_may_go_back(run):
    frame = made.Conversation().segment(0, 5)
    found = run(made.pcap([(5_000_000_000, frame), (2_000_000_000, frame), (9_000_000_000, frame)]))
    assert (found.begin_ns, found.end_ns, found.duration_ms) == (2_000_000_000, 9_000_000_000, 7000.0)


def test_a_capture_without_frames(run):
    for data in (made.pcap([]), made.pcapng([]), made.section()):
        found = run(data)
        assert (found.rows, found.packets, found.duration_ms, found.lost) == ((), 0, None, None)
        assert "no frame" in render_console(found)
        assert json.loads(render_json(found))["traffic"] == []


def test_a_file_that_breaks_off_is_partial(run):
    talk = made.Conversation()
    found = run(made.pcap([*talk.open(), *talk.talk(10)])[:-5])
    assert found.packets == 4
    assert not found.is_complete
    (note,) = found.notes
    assert note.startswith("partial: reading stopped at byte 362, after 4 frames: the file ends inside")
    assert f"warning: {note}" in render_console(found)
    told = json.loads(render_json(found))
    assert told["stopped"] == {"offset": found.cut.offset, "reason": found.cut.reason}
    assert told["notes"] == [note]
    assert told["complete"] is False


def test_link_types_that_are_not_known(run):
    with pytest.raises(UsageError, match=r"link type that is not known here \(105\)") as caught:
        run(made.pcap([bytes(60)], link=105))
    assert "Ethernet" in caught.value.cure
    data = made.section() + made.interface(link=105) + made.interface() + made.interface(link=127)
    data += made.packet(bytes(60), 1) + made.packet(bytes(60), 1, number=2)
    data += made.packet(made.Conversation().segment(0), 1, number=1)
    found = run(data, check=False)
    assert (found.packets, found.unread, found.is_complete) == (1, 2, False)
    assert found.notes == ("partial: 2 frames are of a link type that is not known here (105, 127)",)
    assert run(made.pcap([], link=105)).rows == ()


@pytest.mark.parametrize("twice", [False, True])
def test_loopback_may_have_every_packet_twice(run, twice):
    frames = []
    home = bytes((127, 0, 0, 1))
    for number in range(20):
        packet = made.ipv4(1, home, 6, made.tcp((5000, 6000), 1 + 100 * number, 100, flags=24))
        frames += [made.framed(1, 0x0800, packet[:12] + home + packet[16:])] * (1 + twice)
    (note,) = run(made.pcap(frames)).notes
    assert note.startswith("loopback: some programs capture each packet twice")
    assert ("as seems to be so here" in note) == twice


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("link", [made.SLL, made.SLL2, made.ETHERNET])
def test_any_may_have_every_packet_several_times(run, twice, link):
    talk = made.Conversation(link=link)
    frames = [frame for frame in talk.talk(*[100] * 20) for _ in range(1 + twice)]
    notes = run(made.pcap(frames, link=link)).notes
    assert len(notes) == (twice and link != made.ETHERNET)
    assert all("each interface that it passes" in note for note in notes)


# --- tables and texts ----------------------------------------------------------------------------------


@pytest.fixture
def mixed(run):
    frames = [
        *made.Conversation().talk(1000, 10),
        *made.Conversation(3, 1).talk(200),
        made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((5, 30303), 400))),
        made.framed(1, 0x0806, made.arp(1, 2), group=ALL),
    ]
    return run(made.pcap(frames), ports=PORTS)


def test_sums_are_ranked_and_their_shares_add_up(mixed):
    for fields in (PEERS, PROTOCOLS, CONTRIBUTORS):
        found = sums(mixed.rows, fields)
        assert [each.totals.frame_bytes for each in found] == sorted(
            (each.totals.frame_bytes for each in found), reverse=True
        )
        assert sum(each.share for each in found) == pytest.approx(1)
        assert sum(each.totals.frame_bytes for each in found) == mixed.frame_bytes
    largest = sums(mixed.rows, PEERS)[0]
    assert largest.key == ("10.0.0.1", "10.0.0.2")
    assert largest.totals.packets == 3
    assert sums((), PEERS) == ()


def test_the_console_shows_the_largest_first(mixed):
    lines = render_console(mixed).splitlines()
    assert lines[0] == f"{mixed.name}: 8 frames, 2.04 KiB, 280 ms from 2023-11-14 22:13:20+00:00"
    head = next(number for number, line in enumerate(lines) if "largest contributors" in line)
    assert lines[head].split() == [
        "largest", "contributors", "frame", "bytes", "share", "IP", "bytes", "payload", "frames", "again",
        "conns", "short",
    ]  # fmt: skip
    assert lines[head + 1].split()[:4] == ["10.0.0.1→10.0.0.2", "tcp", "p2p", "1,132"]
    assert any(line.split()[:3] == ["tcp", "p2p", "1,606"] for line in lines)
    assert max(map(len, lines[1:])) <= 110
    assert "phase" not in render_console(mixed)


def test_without_named_ports_there_are_no_roles(run):
    text = render_console(run(made.pcap(made.Conversation().talk(5))))
    assert "other" not in text
    assert "10.0.0.1→10.0.0.2 tcp  " in text


def test_the_console_is_short_where_there_is_much(run):
    frames = [
        made.framed(1, 0x0800, made.ipv4(1, 50 + number, 17, made.udp((1, 2), number)))
        for number in range(30)
    ]
    text = render_console(run(made.pcap(frames)))
    assert text.count("… and 20 more: --format json or csv has them all") == 2
    assert "10.0.0.79" in text
    assert "10.0.0.51" not in text


def test_the_console_shows_each_phase(tmp_path):
    frame = ("alice", made.framed(1, 0x0800, made.ipv4(1, 2, 17, made.udp((1, 2)))))
    own(tmp_path / "a", [frame, "messages", frame, frame])
    found = analyze(str(tmp_path / "a"))
    lines = render_console(found).splitlines()
    assert [line for line in lines if line.startswith("==")] == [
        "== whole capture",
        "== outside of the phases",
        "== phase messages",
    ]
    told = json.loads(render_json(found))["peers"]
    assert [(each["phase"], each["packets"], each["share"]) for each in told] == [
        ("", 1, 1),
        ("messages", 2, 1),
    ]


@pytest.mark.parametrize(("seconds", "told"), [(0, " from 1970-"), (1 << 40, ""), ((1 << 64) - 1, "")])
def test_a_time_that_no_calendar_has(run, seconds, told):
    frame = made.Conversation().segment(0)
    data = made.section() + made.interface(options=((9, b"\0"),)) + made.packet(frame, seconds)
    line = render_console(run(data)).splitlines()[0]
    assert f"1 frame, 66 B, 0 ms{told}" in line
    assert ("from" in line) == bool(told)


def test_a_long_name_does_not_break_the_table(run):
    data = made.pcapng(made.Conversation().talk(5)) + made.names({made.ip4(1): b"n" * 64})
    lines = render_console(run(data, check=False)).splitlines()
    assert any(f"{'n' * 39}…→10.0.0.2 tcp" in line for line in lines)


def test_json_and_csv_hold_every_row(mixed):
    told = json.loads(render_json(mixed))
    assert told["schema"] == 1
    assert told["frames"] == mixed.packets == 8
    assert told["lost_frames"] is None
    assert told["stopped"] is None
    assert len(told["traffic"]) == len(mixed.rows)
    assert sum(each["share"] for each in told["contributors"]) == pytest.approx(1)
    rows = list(csv.DictReader(io.StringIO(render_csv(mixed))))
    assert [{key: str(value) for key, value in row.items()} for row in told["traffic"]] == rows
    for row, line in zip(mixed.rows, rows, strict=True):
        assert {name: int(line[name]) for name in totals_of(row)._asdict()} == totals_of(row)._asdict()
        assert (line["node"], line["peer"], line["role"]) == (row.node, row.peer, row.role)
