"""The ledger: who sent a frame to whom, told by its leg and its addresses, fast and slowly alike."""

import struct

import pytest
from slots import BASE_NS, BRIDGE, HOSTS, OUTGOING, batch, ethernet, ipv4, leg, mac, slot, tcp, udp

from tcperf.clock import NS_PER_S
from tcperf.frames.flows import Group, Totals
from tcperf.frames.rows import Ports, Table
from tcperf.network.copies import Joined
from tcperf.probes import flow_numbers
from tcperf.probes import ledger as ledger_module
from tcperf.probes.ledger import Ledger
from tcperf.traffic import BROADCAST, MULTICAST, OUTSIDE


class Kept:
    def __init__(self):
        self.frames = []

    def keep(self, sender, time_ns, length, frame, packet):
        self.frames.append((sender, length, bytes(frame), packet.header_end))


def ledger(*, tagged=True, keeper=None, slot_bytes=256):
    made = Ledger(slot_bytes, tagged=tagged, bridge=BRIDGE, keeper=keeper)
    for name, (interface, address, _ip) in HOSTS.items():
        made.host(name, interface, address)
    return made


def flood(made, name, frame, **options):
    """A frame to a group: it comes in by a host's leg, and the bridge floods it."""
    made.count(batch([slot(frame, interface, **options) for interface in (leg(name), BRIDGE)]))


def copies(made):
    """Who got how many copies of whose frames, and how many bytes."""
    return sorted(
        (group.sender, group.receiver, totals.packets, totals.frame_bytes)
        for group, totals in made.left.cut()
    )


def count(made, frames, *, direction=3, **options):
    """Count frames, each given with the host by whose leg it comes."""
    made.count(batch([slot(frame, leg(name), direction=direction, **options) for name, frame in frames]))


@pytest.fixture
def eager(monkeypatch):
    """Numbers are given after a few frames."""
    monkeypatch.setattr(flow_numbers, "_MANY", 2)


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
    count(made, [("bob", frame), ("carol", frame)], direction=OUTGOING, lossy=True)
    stranger = frame[:6] + b"\x02\x09\x09\x09\x09\x09" + frame[12:]
    count(made, [("bob", stranger)], direction=OUTGOING, lossy=True)
    assert made.sent.cut() == []
    assert sorted((group.sender, group.receiver) for group, _totals in made.left.cut()) == [
        (OUTSIDE, "bob"),
        ("alice", "bob"),
        ("alice", "carol"),
    ]


def group_frame(size=100, *, source="alice", target=b"\xff" * 6):
    return target + mac(source) + udp(source, "bob", size)[12:]


def test_all_others_get_a_copy_of_what_the_bridge_floods():
    made = ledger()
    flood(made, "alice", group_frame())
    flood(made, "bob", group_frame(5, source="bob", target=b"\x01\x00\x5e\x00\x00\x01"))
    assert [(group.sender, group.receiver) for group, _totals in made.sent.cut()] == [
        ("alice", BROADCAST),
        ("bob", MULTICAST),
    ]
    assert made.copies_unseen == 2
    assert copies(made) == [
        ("alice", "bob", 1, 142),
        ("alice", "carol", 1, 142),
        ("bob", "alice", 1, 47),
        ("bob", "carol", 1, 47),
    ]


def test_what_the_bridge_does_not_flood_has_no_copies():
    made = ledger()
    count(made, [("alice", group_frame(target=b"\x01\x80\xc2\x00\x00\x0e"))])
    assert (copies(made), made.copies_unseen) == ([], 0)
    assert made.sent.cut()[0][1].packets == 1


def test_a_copy_is_as_long_as_what_the_bridge_flooded():
    """Bridge netfilter cuts off what fills a frame up; and a tag that the kernel took out counts where it enters."""
    made = ledger()
    padded = group_frame(1) + bytes(17)
    made.count(batch([slot(padded, leg("alice")), slot(padded[:43], BRIDGE)]))
    flood(made, "alice", group_frame(), vlan=5)
    assert copies(made) == [("alice", "bob", 2, 43 + 142), ("alice", "carol", 2, 43 + 142)]
    assert sum(totals.frame_bytes for _group, totals in made.sent.cut()) == 60 + 146


def test_the_leg_tells_whose_copies_they_are():
    """Not an address, which may be somebody else's, or nobody's."""
    made = ledger()
    flood(made, "alice", group_frame(source="carol"))
    nobodys = group_frame()[:6] + b"\x02\x09\x09\x09\x09\x09" + group_frame()[12:]
    flood(made, "bob", nobodys)
    assert copies(made) == [
        ("alice", "bob", 1, 142),
        ("alice", "carol", 1, 142),
        ("bob", "alice", 1, 142),
        ("bob", "carol", 1, 142),
    ]


def test_frames_of_two_processors_come_as_they_like():
    made = ledger()
    one, other = group_frame(1), group_frame(2, source="bob")
    places = [(one, leg("alice")), (other, leg("bob")), (one, BRIDGE), (other, BRIDGE)]
    made.count(batch([slot(frame, interface) for frame, interface in places]))
    assert copies(made) == [
        ("alice", "bob", 1, 43),
        ("alice", "carol", 1, 43),
        ("bob", "alice", 1, 44),
        ("bob", "carol", 1, 44),
    ]


def test_a_leg_gets_copies_of_what_it_did_not_miss():
    made = Ledger(256, tagged=True, bridge=BRIDGE)
    assert made.host("alice", leg("alice"), mac("alice")) == {}
    assert made.host("bob", leg("bob"), mac("bob"), Joined(3, 159)) == {}
    for size, phase in ((1, ""), (5, "talk"), (10, "talk"), (11, "talk")):
        made.enter(phase)
        flood(made, "alice", group_frame(size))
    assert [totals for _group, totals in made.left.cut()] == [Totals(53, 39, 11, 1)]
    late = made.host("carol", leg("carol"), mac("carol"), Joined())
    assert made.copies_unseen == 1 + 4 - 4
    told = {phase: [(group.receiver, totals.payload_bytes) for group, totals in flows.cut()]
            for phase, flows in late.items()}  # fmt: skip
    assert told == {"": [("carol", 1)], "talk": [("carol", 26)]}
    assert made.cut(BASE_NS + 60)[1] == []


def test_what_the_bridge_gets_for_itself_is_no_copy_and_has_a_number():
    made = Ledger(256, tagged=True, bridge=BRIDGE)
    made.host("alice", leg("alice"), mac("alice"))
    made.host("bob", leg("bob"), mac("bob"), Joined(1, 60))
    own = ethernet("alice", "bob", 0x88B5, bytes(46))
    made.count(batch([slot(own, leg("alice")), slot(own, BRIDGE)]))
    flood(made, "alice", group_frame())
    assert copies(made) == [("alice", "bob", 1, len(group_frame()))]
    assert made.copies_unseen == 1 - 2


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
    """A frame of an odd length that is not plain is kept a byte shorter, and read all the same."""
    made = ledger()
    for size in range(15, 67):
        count(made, [("alice", ethernet("alice", "bob", 0x88B5, bytes(size - 14)))])
    count(
        made,
        [("alice", ipv4("alice", "bob", 17, struct.pack(">HHHH", 1, 2, 15, 0) + bytes(7), ttl=1, offset=0))],
    )
    count(
        made,
        [("alice", ipv4("alice", "bob", 17, struct.pack(">HHHH", 1, 2, 15, 0) + bytes(7), opts=b"\1\1\1\1"))],
    )
    found = {group.protocol: totals for group, totals in made.sent.cut()}
    assert found["other"] == Totals(sum(range(15, 67)), 0, 0, 52)
    assert found["udp"] == Totals(49 + 53, 35 + 39, 14, 2)


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
    count(made, [("bob", frame)], direction=OUTGOING, lossy=True, **options)
    assert keeper.frames == [("alice", 1066, frame, 66)]
    flood(made, "alice", group_frame(), **options)
    assert keeper.frames[1:] == [("alice", 142, group_frame(), 42)]  # once


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
    if lossy:
        count(made, [("alice", frame)], lossy=True)
        count(made, [("bob", frame), ("carol", frame)], direction=OUTGOING, lossy=True)
    else:
        flood(made, "alice", frame)
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


class TestNumbers:
    """Busy flows get numbers, and are counted by them."""

    @pytest.fixture(params=[0, 1000], ids=["by number", "by key"])
    def numbered(self, request, eager, slowly, monkeypatch):
        """A ledger to which a flow of TCP from alice to bob and one of UDP back have numbers; three frames each."""
        monkeypatch.setattr(ledger_module, "_FEW", request.param)  # whichever way a batch of both is counted
        made = ledger()
        count(made, [("alice", tcp("alice", "bob", 1 + 50 * number, 50)) for number in range(3)])
        count(made, [("bob", udp("bob", "alice", 100))] * 3)
        assert made.number_busy()
        made.sent.draw()
        slowly.clear()
        return made

    def play(self, made, frames):
        count(made, frames, numbered=made.numbered())

    def cut(self, made):
        return {group.protocol: totals for group, totals in made.sent.cut()}

    def test_what_the_filter_is_told(self, numbered):
        told = {(flow.tag, flow.leg, flow.target, flow.ports) for flow in numbered.numbered()}
        assert told == {
            (65, leg("alice"), mac("bob"), struct.pack(">HH", 5000, 7000)),
            (41, leg("bob"), mac("alice"), struct.pack(">HH", 6000, 6001)),
        }
        assert all(flow.number in flow_numbers.NUMBERS[flow.tag] for flow in numbered.numbered())

    def test_frames_with_numbers_are_not_looked_at(self, numbered, slowly, monkeypatch):
        monkeypatch.setattr(Ledger, "_count_by_key", None)
        frames = [("alice", tcp("alice", "bob", 151 + 10 * number, 10)) for number in range(4)]
        self.play(numbered, [*frames, ("bob", udp("bob", "alice", 0)), ("bob", udp("bob", "alice", 1472))])
        assert slowly == []
        assert self.cut(numbered) == {
            "tcp": Totals(3 * 116 + 4 * 76, 3 * 102 + 4 * 62, 190, 7),
            "udp": Totals(3 * 142 + 42 + 1514, 3 * 128 + 28 + 1500, 1772, 5),
        }

    def test_nothing_of_what_was_in_the_slot_before_counts(self, numbered):
        """The kernel keeps a byte or so of a datagram: the rest is some other frame's."""
        stale = bytearray(slot(udp("alice", "bob", 5), leg("alice")))
        fresh = slot(udp("bob", "alice", 77), leg("bob"), numbered=numbered.numbered())
        kept = fresh[8]
        stale[:52] = fresh[:52]
        stale[70 : 70 + kept] = fresh[70 : 70 + kept]
        numbered.count(memoryview(bytes(stale)))
        assert self.cut(numbered)["udp"] == Totals(3 * 142 + 119, 3 * 128 + 105, 377, 4)

    def test_drawn_are_the_frames_with_numbers_too(self, numbered):
        self.play(numbered, [("alice", tcp("alice", "bob", 151, 10)), ("bob", udp("bob", "alice", 1))] * 2)
        drawn = numbered.sent.draw()
        assert {flow.group.protocol: numbers for flow, *numbers in drawn} == {"tcp": [152, 2], "udp": [86, 2]}
        assert numbered.sent.draw() == []

    def test_out_of_turn(self, numbered, slowly):
        """A segment sent again, a gap, what fills it, and on; an acknowledgement between."""
        sequences = [(151, 50), (151, 50), (251, 50), (201, 50), (301, 0), (301, 50)]
        self.play(numbered, [("alice", tcp("alice", "bob", *place)) for place in sequences])
        assert slowly == []
        assert self.cut(numbered)["tcp"] == Totals(8 * 116 + 66, 8 * 102 + 52, 400, 9, 2)
        assert next(iter(numbered.sent.index.values())).last_ns > 0

    def test_sequence_numbers_wrap(self, eager, slowly):
        made = ledger()
        count(made, [("alice", tcp("alice", "bob", 2**32 - 200 + 50 * number, 50)) for number in range(3)])
        assert made.number_busy()
        places = [(2**32 - 50, 50), (0, 50), (50, 0), (0, 50), (50, 50)]
        self.play(made, [("alice", tcp("alice", "bob", *place)) for place in places])
        assert len(slowly) == 1
        assert self.cut(made)["tcp"] == Totals(7 * 116 + 66, 7 * 102 + 52, 350, 8, 1)

    def test_what_is_not_plain_comes_between_in_its_turn(self, numbered, slowly):
        frames = [
            tcp("alice", "bob", 151, 50),
            tcp("alice", "bob", 201, 50, flags=25),  # with FIN
            tcp("alice", "bob", 900, 0, flags=2, opts=bytes(20)),  # ports used again
            tcp("alice", "bob", 901, 0),
            tcp("alice", "bob", 901, 50),
            tcp("alice", "bob", 951, 50, opts=bytes(0)),  # without time stamps
            tcp("alice", "bob", 1001, 50),
            tcp("alice", "bob", 951, 50),
        ]
        self.play(numbered, [("alice", frame) for frame in frames])
        assert len(slowly) == 3
        found = self.cut(numbered)["tcp"]
        assert (found.packets, found.payload_bytes, found.retransmissions, found.connections) == (
            11,
            450,
            1,
            1,
        )
        assert found.frame_bytes == 3 * 116 + sum(map(len, frames))

    def test_frames_that_were_in_the_ring_before_there_were_numbers(self, numbered, slowly):
        """They bear tags, also when some with numbers came before and after."""
        play = [(151, True), (201, False), (251, True), (301, False), (251, False)]
        for sequence, has_number in play:
            frames = [("alice", tcp("alice", "bob", sequence, 50)), ("bob", udp("bob", "alice", 8))]
            count(numbered, frames, numbered=numbered.numbered() if has_number else ())
        assert len(slowly) == 1  # the one that was sent again
        found = self.cut(numbered)
        assert found["tcp"] == Totals(8 * 116, 8 * 102, 400, 8, 1)
        assert found["udp"] == Totals(3 * 142 + 5 * 50, 3 * 128 + 5 * 36, 340, 8)

    def test_a_batch_of_both_kinds(self, numbered, slowly):
        slots = [
            slot(frame, leg(name), numbered=numbered.numbered() if has_number else ())
            for name, frame, has_number in (
                ("alice", tcp("alice", "bob", 151, 50), True),
                ("alice", tcp("alice", "bob", 201, 50), False),
                ("bob", udp("bob", "alice", 8), False),
                ("alice", tcp("alice", "bob", 251, 50), True),
                ("bob", udp("bob", "alice", 8), True),
            )
        ]
        numbered.count(batch(slots))
        assert slowly == []
        assert self.cut(numbered)["tcp"] == Totals(6 * 116, 6 * 102, 300, 6)

    def test_a_flow_with_a_number_is_never_forgotten(self, numbered):
        numbered.sent.cut()
        numbered.sent.cut(BASE_NS + 3_600 * NS_PER_S)
        numbered.sent.cut(BASE_NS + 7_200 * NS_PER_S)
        assert len(numbered.sent) == 2
        self.play(numbered, [("bob", udp("bob", "alice", 1))])
        assert self.cut(numbered)["udp"].packets == 1

    def test_no_numbers_without_tags(self, eager):
        made = ledger(tagged=False, keeper=Kept())
        count(made, [("alice", udp("alice", "bob", 100))] * 5, tagged=False)
        assert not made.number_busy()
        assert made.numbered() == []

    def test_few_frames_are_not_worth_a_filter(self):
        made, one = ledger(), slot(udp("alice", "bob", 100), leg("alice"))
        made.count(batch([one] * 1000))
        assert not made.number_busy()
        ((_group, sent),), left = made.cut(BASE_NS)
        assert (sent.packets, left) == (1000, [])
        made.count(batch([one] * 1000))
        assert not made.number_busy()  # since the cut
        made.count(batch([one] * 24))
        assert made.number_busy()
        made.count(batch([one] * 1500))  # they were in the ring already
        assert not made.number_busy()
