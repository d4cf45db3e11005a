"""The ledger: who sent a frame to whom, told by its leg and its addresses, fast and slowly alike."""

import struct

import pytest
from slots import HOSTS, OUTGOING, batch, ethernet, ipv4, leg, mac, slot, tcp, udp

from tcperf.frames.flows import Group, Totals
from tcperf.frames.rows import Ports, Table
from tcperf.model import BROADCAST, MULTICAST, OUTSIDE
from tcperf.probes.ledger import Ledger


class Kept:
    def __init__(self):
        self.frames = []

    def keep(self, sender, time_ns, length, frame, packet):
        self.frames.append((sender, length, bytes(frame), packet.header_end))


def ledger(*, tagged=True, keeper=None, slot_bytes=256):
    made = Ledger(slot_bytes, tagged=tagged, keeper=keeper)
    for name, (interface, address, _ip) in HOSTS.items():
        made.host(name, interface, address)
    return made


def count(made, frames, *, direction=3, **options):
    """Count frames, each given with the host by whose leg it comes."""
    made.count(batch([slot(frame, leg(name), direction=direction, **options) for name, frame in frames]))


@pytest.fixture
def slowly(monkeypatch):
    """How often a frame was not counted by the loop itself."""
    calls = []
    original = Ledger._count_slowly

    def counted(self, made):
        calls.append(bytes(made[:256]))
        original(self, made)

    monkeypatch.setattr(Ledger, "_count_slowly", counted)
    return calls


def test_plain_frames_are_counted_fast_but_for_the_first(slowly):
    made = ledger()
    count(made, [("alice", udp("alice", "bob", size)) for size in (100, 100, 50, 1472)])
    count(made, [("alice", tcp("alice", "bob", 1 + 50 * number, 50)) for number in range(10)])
    assert len(slowly) == 2
    assert sorted(made.sent.cut()) == [
        (Group("alice", "bob", "tcp", 5000, 7000), Totals(1160, 1020, 500, 10)),
        (Group("alice", "bob", "udp", 6000, 6001), Totals(1722 + 4 * 42, 1722 + 4 * 28, 1722, 4)),
    ]


def test_a_segment_out_of_its_turn_is_looked_at(slowly):
    made = ledger()
    sequences = [1, 51, 1, 101, 151]
    count(made, [("alice", tcp("alice", "bob", sequence, 50)) for sequence in sequences])
    assert len(slowly) == 2
    assert made.sent.cut()[0][1].retransmissions == 1


def test_flags_are_looked_at(slowly):
    made = ledger()
    frames = [("alice", tcp("alice", "bob", 1, 0, flags=flags)) for flags in (2, 16, 24, 17)]
    count(made, frames)
    assert len(slowly) == 4  # the SYN, what does not follow on it, what follows on that, and the FIN
    assert made.sent.cut()[0][1][4:] == (1, 1, 1)


def test_headers_of_another_length_are_looked_at(slowly):
    made = ledger()
    for opts in (bytes(12), bytes(0), bytes(4), bytes(12)):
        count(made, [("alice", tcp("alice", "bob", 1, 0, opts=opts))])
    assert len(slowly) == 3
    assert made.sent.cut()[0][1] == Totals(66 + 54 + 58 + 66, 52 + 40 + 44 + 52, 0, 4)


def test_the_leg_tells_the_sender(slowly):
    made = ledger()
    frame = udp("alice", "bob", 100)
    count(made, [("alice", frame), ("carol", frame), ("alice", frame), ("carol", frame)])
    assert len(slowly) == 3
    assert {group.sender: totals.packets for group, totals in made.sent.cut()} == {"alice": 2, "carol": 2}


def test_the_hardware_address_tells_the_receiver(slowly):
    made = ledger()
    frame = udp("alice", "bob", 100)
    to_carol = mac("carol") + frame[6:]
    count(made, [("alice", frame), ("alice", to_carol), ("alice", frame)])
    assert len(slowly) == 2
    assert {group.receiver: totals.packets for group, totals in made.sent.cut()} == {"bob": 2, "carol": 1}


def test_addresses_that_are_not_the_legs_are_looked_at(slowly):
    made = ledger()
    frame = udp("alice", "bob", 100)
    as_carol = frame[:6] + mac("carol") + frame[12:]
    count(made, [("alice", frame), ("alice", as_carol), ("alice", frame), ("alice", as_carol)])
    assert len(slowly) == 3
    strange = frame[:26] + b"\x0a\x4d\x00\x63" + frame[30:]
    elsewhere = frame[:30] + b"\x0a\x4d\x00\x63" + frame[34:]
    count(made, [("alice", strange)] * 2 + [("alice", elsewhere)] * 2)
    assert len(slowly) == 7
    assert sum(totals.packets for _group, totals in made.sent.cut()) == 8


@pytest.mark.parametrize(
    ("address", "receiver"),
    [
        (b"\xff" * 6, BROADCAST),
        (b"\x01\x00\x5e\x00\x00\x01", MULTICAST),
        (b"\x02\x00\x0a\x4d\xff\xff", OUTSIDE),
    ],
)
def test_receivers_that_are_no_host(address, receiver):
    made = ledger()
    frame = address + udp("alice", "bob", 100)[6:]
    count(made, [("alice", frame)] * 3)
    assert made.sent.cut()[0][0].receiver == receiver
    assert made.sent.index == {}


def test_a_leg_of_nobody():
    made = Ledger(256, tagged=True)
    made.host("bob", leg("bob"), mac("bob"))
    count(made, [("alice", udp("alice", "bob", 1))] * 2)
    assert made.sent.index == {}
    made.host("alice", leg("alice"), mac("alice"))
    count(made, [("alice", udp("alice", "bob", 1))] * 3)
    assert {group.sender: totals.packets for group, totals in made.sent.cut()} == {OUTSIDE: 2, "alice": 3}


def test_frames_that_leave_are_counted_apart():
    made = ledger()
    frame = b"\xff" * 6 + udp("alice", "bob", 100)[6:]
    count(made, [("bob", frame), ("carol", frame)], direction=OUTGOING)
    stranger = frame[:6] + b"\x02\x09\x09\x09\x09\x09" + frame[12:]
    count(made, [("bob", stranger)], direction=OUTGOING)
    assert made.sent.cut() == []
    assert sorted((group.sender, group.receiver) for group, _totals in made.left.cut()) == [
        (OUTSIDE, "bob"),
        ("alice", "bob"),
        ("alice", "carol"),
    ]


def test_frames_that_leave_lossy_links_are_all_there():
    made = ledger()
    frames = [tcp("alice", "bob", 1 + 50 * number, 50) for number in (0, 1, 1, 2)]
    made.count(batch([slot(frame, leg("alice"), lossy=True) for frame in frames]))
    made.count(batch([slot(frame, leg("bob"), direction=OUTGOING, lossy=True) for frame in frames[:-1]]))
    ((_, sent),) = made.sent.cut()
    ((group, left),) = made.left.cut()
    assert group == Group("alice", "bob", "tcp", 5000, 7000)
    assert (sent.packets, sent.retransmissions) == (4, 1)
    assert (left.packets, left.retransmissions, left.payload_bytes) == (3, 1, 150)


def test_frames_that_just_have_a_tags_length():
    """A frame of 40, 48 or 49 bytes that is not plain is kept a byte or two shorter, and read all the same."""
    made = ledger()
    for size in (40, 48, 49):
        count(made, [("alice", ethernet("alice", "bob", 0x88B5, bytes(size - 14)))])
    count(
        made,
        [("alice", ipv4("alice", "bob", 17, struct.pack(">HHHH", 1, 2, 14, 0) + bytes(6), ttl=1, offset=0))],
    )
    found = {group.protocol: totals for group, totals in made.sent.cut()}
    assert found["other"].frame_bytes == 137
    assert found["udp"] == Totals(48, 34, 6, 1)


def test_a_tag_that_the_kernel_took_out_belongs_to_the_frame(slowly):
    keeper = Kept()
    made = ledger(tagged=False, keeper=keeper)
    frame = udp("alice", "bob", 100)
    count(made, [("alice", frame)], vlan=5, tagged=False)
    assert made.sent.cut()[0][1] == Totals(146, 128, 100, 1)
    whole = frame[:12] + b"\x81\x00\x00\x05" + frame[12:]
    assert keeper.frames == [("alice", 146, whole, 46)]
    fast = ledger()
    count(fast, [("alice", frame), ("alice", frame)])
    slowly.clear()
    count(fast, [("alice", frame)], vlan=5)
    assert len(slowly) == 1
    assert fast.sent.cut()[0][1].frame_bytes == 142 * 2 + 146


def test_what_is_kept():
    keeper = Kept()
    made = ledger(tagged=False, keeper=keeper, slot_bytes=2048)
    frame = tcp("alice", "bob", 1, 1000)
    options = {"tagged": False, "slot_bytes": 2048}
    count(made, [("alice", frame)], **options)
    count(made, [("bob", frame)], direction=OUTGOING, **options)
    assert keeper.frames == [("alice", 1066, frame, 66)]


def test_flows_that_share_ports_do_not_share_numbers(slowly):
    made = ledger()
    datagram, segment = udp("alice", "bob", 9, sport=1, dport=2), tcp("alice", "bob", 1, 0, sport=1, dport=2)
    count(made, [("alice", datagram), ("alice", segment)] * 5)
    assert len(slowly) == 6  # the first has the key, the other goes the long way
    assert {group.protocol: totals.packets for group, totals in made.sent.cut()} == {"tcp": 5, "udp": 5}


@pytest.mark.parametrize("lossy", [False, True])
@pytest.mark.parametrize("address", [b"\xff" * 6, b"\x01\x00\x5e\x7f\xff\xfa"])
def test_what_goes_to_all_is_other_on_both_sides(address, lossy):
    """Where the sender's port was found to be bound, and where a receiver listens on the port that it goes to."""
    ports = Ports({"carol": 1900}, {"alice": {("udp", 45_000)}, "bob": {("udp", 1900)}})
    made, table = ledger(), Table(ports)
    frame = address + udp("alice", "bob", 100, sport=45_000, dport=1900)[6:]
    count(made, [("alice", frame)], lossy=lossy)
    count(made, [("bob", frame), ("carol", frame)], direction=OUTGOING, lossy=lossy)
    table.add("", made.sent.cut(), "sent")
    table.add("", made.left.cut(), "received")
    rows = table.rows(tuple(HOSTS), mirror=not lossy)
    assert [(row.node, row.direction, row.role, row.frame_bytes) for row in rows] == [
        ("alice", "sent", "other", 142),
        ("bob", "received", "other", 142),
        ("carol", "received", "other", 142),
    ]


def test_what_leaves_a_lossy_link_for_one_has_its_role():
    ports = Ports({}, {"alice": {("udp", 6000)}})
    made, table = ledger(), Table(ports)
    frame = udp("alice", "bob", 100)
    count(made, [("alice", frame)] * 2, lossy=True)
    count(made, [("bob", frame)] * 2, direction=OUTGOING, lossy=True)
    table.add("", made.sent.cut(), "sent")
    table.add("", made.left.cut(), "received")
    assert [row.role for row in table.rows(tuple(HOSTS), mirror=False)] == ["p2p", "p2p"]


@pytest.mark.parametrize("vlan", [None, 5])
def test_an_ip_length_that_cannot_be_is_not_believed(vlan):
    made = ledger()
    frame = bytearray(udp("alice", "bob", 100))
    frame[16:18] = b"\xff\xff"
    count(made, [("alice", bytes(frame))], vlan=vlan)
    frame[16:18] = b"\0\0"
    count(made, [("alice", bytes(frame))], vlan=vlan)
    ((_group, totals),) = made.sent.cut()
    assert totals == Totals(2 * (142 if vlan is None else 146), 2 * 128, 2 * 100, 2)
