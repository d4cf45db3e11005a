"""What only a sequence of frames shows: retransmissions, connections, fragments."""

import pytest

from tcperf.clock import NS_PER_S
from tcperf.frames import flows as flows_module
from tcperf.frames.flows import Flows, Group, Totals
from tcperf.frames.parse import ACK, FIN, PSH, RST, SYN, Packet

A, B = b"\x0a\x4d\0\1", b"\x0a\x4d\0\2"


class Talk:
    """A flows object, and segments between alice and bob."""

    def __init__(self):
        self.flows = Flows()
        self.now_ns = 0

    def send(
        self, sequence, size=0, flags=ACK, *, back=False, ports=(5000, 7000), after_s=0.001, fragment=None
    ):
        self.now_ns += int(after_s * NS_PER_S)
        names, addresses = ("alice", "bob"), (A, B)
        if back:
            names, addresses, ports = names[::-1], addresses[::-1], ports[::-1]
        packet = Packet("tcp", *addresses, *ports, 40 + size, size, sequence, flags, fragment, 54)
        return self.flows.add(*names, packet, 54 + size, self.now_ns)

    def datagram(
        self,
        size,
        *,
        protocol="udp",
        ports=(1, 2),
        fragment=None,
        after_s=0.001,
        sender="alice",
        to_all=False,
    ):
        self.now_ns += int(after_s * NS_PER_S)
        packet = Packet(protocol, A, B, *ports, 28 + size, size, None, 0, fragment, 42)
        return self.flows.add(sender, "bob", packet, 42 + size, self.now_ns, to_all=to_all)

    def open(self, sequence=1000, *, answer=5000, **options):
        self.send(sequence, flags=SYN, **options)
        self.send(answer, flags=SYN | ACK, back=True, **options)
        self.send(sequence + 1, **options)

    def cut(self):
        sums = {}
        for group, totals in self.flows.cut():
            key = group.sender, group.receiver
            sums[key] = sums.get(key, Totals()) + totals
        return sums

    def sent(self):
        return self.cut().get(("alice", "bob"), Totals())


@pytest.fixture
def talk():
    return Talk()


def test_sums_by_direction_and_ports(talk):
    talk.datagram(100)
    talk.datagram(50)
    talk.datagram(1, ports=(3, 2))
    assert sorted(talk.flows.cut()) == [
        (Group("alice", "bob", "udp", 1, 2), Totals(234, 206, 150, 2)),
        (Group("alice", "bob", "udp", 3, 2), Totals(43, 29, 1, 1)),
    ]
    assert talk.flows.cut() == []
    talk.datagram(7)
    assert talk.sent().packets == 1


def test_totals_add_up():
    assert Totals(1, 2, 3, 4, 5, 6, 7) + Totals(1, 1, 1, 1, 1, 1, 1) == Totals(2, 3, 4, 5, 6, 7, 8)
    with pytest.raises(TypeError):
        Totals() + 1


def test_a_clean_connection_has_no_retransmissions(talk):
    talk.open()
    talk.send(1001, 100)
    talk.send(1101, 100, PSH | ACK)
    talk.send(5001, back=True)
    talk.send(1201, flags=FIN | ACK)
    talk.send(5001, flags=FIN | ACK, back=True)
    talk.send(1202)
    found = talk.cut()
    assert found["alice", "bob"] == Totals(6 * 54 + 200, 6 * 40 + 200, 200, 6, 0, 1, 1)
    assert found["bob", "alice"] == Totals(3 * 54, 120, 0, 3)


def test_a_segment_sent_again_counts(talk):
    talk.open()
    talk.send(1001, 100)
    talk.send(1101, 100)
    talk.send(1001, 100)  # again
    talk.send(1151, 100)  # half of it again
    talk.send(1251, 100)
    assert talk.sent().retransmissions == 2


def test_syn_and_fin_sent_again_count_and_open_nothing(talk):
    talk.send(1000, flags=SYN)
    talk.send(1000, flags=SYN, after_s=1)
    talk.send(1001, flags=FIN | ACK, after_s=2)
    talk.send(1001, flags=FIN | ACK)
    found = talk.sent()
    assert (found.retransmissions, found.connections, found.short_connections) == (2, 1, 0)


def test_acknowledgements_take_up_nothing(talk):
    talk.open()
    talk.send(1001, 100)
    talk.send(1001)
    talk.send(1001, flags=RST)
    assert talk.sent().retransmissions == 0


@pytest.mark.parametrize(("size", "offset", "flags", "counted"), [
    (0, -1, ACK, 0),
    (1, -1, ACK, 0),
    (1, -1, FIN | ACK, 1),
    (1, -1, RST | ACK, 1),
    (1, -2, ACK, 1),
    (2, -1, ACK, 1),
    (0, -1, FIN | ACK, 1),
])  # fmt: skip
def test_a_keep_alive_is_none(talk, size, offset, flags, counted):
    talk.open()
    talk.send(1001, 100)
    talk.send(1101 + offset, size, flags)
    assert talk.sent().retransmissions == counted


def test_sequence_numbers_wrap(talk):
    talk.open(2**32 - 151)
    talk.send(2**32 - 150, 100)
    talk.send(2**32 - 50, 100)
    talk.send(50, 100)
    assert talk.sent().retransmissions == 0
    talk.send(2**32 - 50, 100)
    talk.send(150, 100)
    assert talk.sent().retransmissions == 1


def test_a_gap_is_no_retransmission_and_what_fills_it_is_one(talk):
    talk.open()
    talk.send(1101, 100)
    talk.send(1001, 100)
    assert talk.sent().retransmissions == 1


def test_a_capture_that_begins_in_the_middle(talk):
    talk.send(7000)
    talk.send(6000, 100)  # nothing is known to have been sent before
    talk.send(6000, 100)
    found = talk.sent()
    assert (found.retransmissions, found.connections) == (1, 0)
    talk.send(500, flags=FIN | ACK)
    assert talk.sent().short_connections == 0


@pytest.mark.parametrize(("after_s", "flags", "back", "short"), [
    (1.0, FIN | ACK, False, 1),
    (1.001, FIN | ACK, False, 0),
    (0.5, RST, True, 1),
    (0.5, FIN | ACK, True, 1),
])  # fmt: skip
def test_a_short_connection_is_its_openers(talk, after_s, flags, back, short):
    talk.send(1000, flags=SYN)
    talk.cut()
    talk.send(1001, flags=flags, back=back, after_s=after_s)
    talk.send(1002, flags=flags, back=not back)
    found = talk.cut()
    assert found["alice", "bob"].short_connections == short
    assert found.get(("bob", "alice"), Totals()).short_connections == 0


def test_a_short_connection_counts_in_the_cut_in_which_it_ended(talk):
    talk.send(1000, flags=SYN)
    assert talk.sent().connections == 1
    talk.send(0, flags=RST | ACK, back=True)
    assert talk.flows.cut() == [
        (Group("alice", "bob", "tcp", 5000, 7000), Totals(short_connections=1)),
        (Group("bob", "alice", "tcp", 7000, 5000), Totals(54, 40, 0, 1)),
    ]


def test_ports_used_again_make_a_new_connection(talk):
    talk.open(1000)
    talk.send(1001, 100)
    talk.send(5001, 100, back=True)
    talk.send(1101, flags=RST)
    assert talk.sent().connections == 1
    talk.send(900, flags=SYN)
    talk.send(4000, flags=SYN | ACK, back=True)
    talk.send(901, 50)
    found = talk.cut()
    assert found["alice", "bob"][4:6] == (0, 1)
    assert found["bob", "alice"][4:6] == (0, 0)
    talk.send(4001, 10, back=True)
    talk.send(4001, 10, back=True)
    assert talk.cut()["bob", "alice"].retransmissions == 1


def test_a_syn_that_opens_nothing(talk):
    talk.open(1000)
    talk.send(2000, flags=SYN)  # the connection has not ended
    talk.send(2001, flags=RST)
    talk.send(2000, flags=SYN)  # it has, but that is the number that the flow began with
    assert talk.sent().connections == 1
    talk.send(5000, flags=SYN, back=True)  # and that was bob's
    assert talk.cut()["bob", "alice"].connections == 0
    talk.send(5001, flags=SYN, back=True)
    assert talk.cut()["bob", "alice"].connections == 1


def test_who_answers_a_connection_listens(talk):
    talk.send(1000, flags=SYN)
    talk.send(1000, flags=SYN, ports=(5000, 9))
    talk.send(0, flags=RST | ACK, back=True, ports=(5000, 9))
    assert talk.flows.listening == set()
    talk.send(5000, flags=SYN | ACK, back=True)
    assert talk.flows.listening == {("bob", 7000)}


def test_fragments_belong_to_the_flow_of_the_first(talk):
    key = (A, B, 17, 9)
    talk.datagram(1000, fragment=(key, True))
    talk.datagram(500, ports=(0, 0), fragment=(key, False))
    talk.datagram(500, ports=(0, 0), fragment=((A, B, 17, 10), False))
    talk.datagram(500, ports=(0, 0), fragment=(key, False), sender="mallory")
    assert {group[:1] + group[3:]: totals.packets for group, totals in talk.flows.cut()} == {
        ("alice", 1, 2): 2,
        ("alice", 0, 0): 1,
        ("mallory", 0, 0): 1,
    }


def test_only_so_many_fragmented_packets_are_remembered(talk, monkeypatch):
    monkeypatch.setattr(flows_module, "_MAX_FRAGMENTED", 2)
    for number in (1, 2, 1, 3):
        talk.datagram(9, fragment=((number,), True))
    talk.flows.cut()
    for number in (1, 2, 3):
        talk.datagram(9, ports=(0, 0), fragment=((number,), False))
    assert {group[3:]: totals.packets for group, totals in talk.flows.cut()} == {(1, 2): 2, (0, 0): 1}


def test_ended_flows_are_forgotten_after_a_minute(talk):
    talk.open()
    talk.send(1001, flags=RST)
    talk.open(ports=(5001, 7000))
    flow = talk.datagram(9, fragment=(("id",), True))
    talk.flows.register(b"key", flow)
    talk.flows.cut()
    assert len(talk.flows) == 5
    talk.send(1001, 10, ports=(5001, 7000), after_s=61)
    talk.flows.cut()
    assert len(talk.flows) == 2
    assert talk.flows.index == {}
    talk.datagram(9, ports=(0, 0), fragment=(("id",), False))
    assert talk.sent().packets == 1
    talk.send(2000, flags=SYN)
    assert talk.sent().connections == 1


def test_a_flow_with_a_number_is_not_forgotten(talk, monkeypatch):
    one, other = talk.datagram(9), talk.datagram(9, ports=(3, 4))
    one.number = 1
    talk.flows.cut()
    talk.flows.cut(3600 * NS_PER_S)
    assert len(talk.flows) == 1
    monkeypatch.setattr(flows_module, "_MAX_FLOWS", 2)
    for port in range(3):
        other = talk.send(1, flags=SYN, ports=(port, 7000), after_s=2000)
    talk.flows.cut()
    assert len(talk.flows) == 3  # half of the others, not the oldest of all
    one.plain_packets, one.plain_bytes, other.plain_packets = 1, 29, 1
    assert {group.protocol: totals.packets for group, totals in talk.flows.cut()} == {"udp": 1, "tcp": 1}


def test_there_is_an_end_to_what_is_remembered(talk, monkeypatch):
    monkeypatch.setattr(flows_module, "_MAX_FLOWS", 10)
    for port in range(20):
        talk.send(1, flags=SYN, ports=(port, 7000), after_s=0.1)
    assert talk.sent().connections == 20
    assert len(talk.flows) == 10
    talk.send(1, flags=SYN, ports=(19, 7000))
    assert talk.sent() == Totals(54, 40, 0, 1, 1)


class TestPlainFrames:
    """What the fast way does to a flow's record."""

    def plain(self, flow, ip_bytes, payload):
        flow.plain_packets += 1
        flow.plain_bytes += ip_bytes
        if flow.next_sequence is not None:
            flow.next_sequence += payload

    def test_udp(self, talk):
        flow = talk.datagram(10)
        self.plain(flow, 128, 100)
        self.plain(flow, 28, 0)
        assert flow.next_sequence is None
        assert talk.sent() == Totals(52 + 142 + 42, 38 + 156, 110, 3)

    def test_other_headers(self, talk):
        flow = talk.datagram(10)
        flow.link_header, flow.plain_headers = 16, 48
        self.plain(flow, 148, 100)
        assert talk.sent() == Totals(52 + 164, 38 + 148, 110, 2)

    def test_tcp(self, talk):
        talk.open()
        flow = talk.send(1001, 10)
        assert flow.next_sequence == 1011
        self.plain(flow, 140, 100)
        self.plain(flow, 40, 0)
        talk.send(1011, 100)  # again
        self.plain(flow, 60, 20)
        assert flow.next_sequence == 1131
        found = talk.sent()
        assert (found.payload_bytes, found.packets, found.retransmissions) == (10 + 100 + 100 + 20, 7, 1)
        assert found.frame_bytes == 7 * 54 + 230

    def test_tcp_whose_lengths_nobody_sums(self, talk):
        talk.open()
        flow = talk.send(1001, 10)
        flow.plain_headers = 52
        talk.flows.draw()
        packets = flow.packets
        for payload in (100, 0, 48):
            flow.plain_packets += 1
            flow.next_sequence += payload
        assert talk.flows.draw() == [(flow, 3 * 66 + 148, 3)]
        flow.plain_packets += 1
        talk.send(1159, 5)
        assert talk.flows.draw() == [(flow, 66 + 54 + 5, 2)]
        flow.settle()
        assert (flow.payload_bytes, flow.packets) == (10 + 148 + 5, packets + 4 + 1)
        assert flow.frame_bytes == packets * 54 + 10 + 4 * 66 + 148 + 54 + 5

    def test_packets_that_are_added_late(self, talk):
        """Behind frames that went the long way, and many at once."""
        talk.open()
        flow = talk.send(1001, 10)
        flow.plain_headers = 52
        flow.next_sequence += 200  # three packets
        talk.send(1011, 50)  # again
        flow.follow_out_of_turn(1061, 50, 77)  # again, with a header of 52
        assert flow.last_ns == 77
        flow.next_sequence += 30
        flow.plain_packets += 5
        found = talk.sent()
        assert found.packets == 3 + 1 + 5
        assert found.payload_bytes == 10 + 200 + 50 + 50 + 30
        assert found.retransmissions == 2
        assert found.frame_bytes == 4 * 54 + 5 * 66 + found.payload_bytes

    def test_tcp_over_the_end_of_its_numbers(self, talk):
        talk.open(2**32 - 11)
        flow = talk.send(2**32 - 10, 5)
        self.plain(flow, 60, 20)
        assert flow.next_sequence == 2**32 + 15
        talk.send(15, 10)
        assert flow.next_sequence == 25
        talk.send(2**32 - 5, 20)
        assert talk.sent()[2:5] == (55, 6, 1)

    def test_a_flow_that_was_seen_to_acknowledge_only(self, talk):
        flow = talk.send(7000)
        assert flow.next_sequence == 7000
        self.plain(flow, 140, 100)
        talk.send(7000, 100)
        assert talk.sent().retransmissions == 1

    def test_a_new_connection_keeps_what_the_old_one_had(self, talk):
        talk.open()
        back = talk.send(5001, back=True)
        self.plain(back, 140, 100)
        talk.send(1001, flags=RST)
        talk.send(3000, flags=SYN)
        assert talk.cut()["bob", "alice"][2:4] == (100, 3)
        assert back.next_sequence == -1

    def test_a_silent_flow_lives_by_its_plain_frames(self, talk):
        flow = talk.datagram(10)
        talk.flows.cut()
        self.plain(flow, 28, 0)
        talk.flows.cut(50 * NS_PER_S)
        self.plain(flow, 28, 0)
        talk.flows.cut(100 * NS_PER_S)
        assert len(talk.flows) == 1
        talk.flows.cut(170 * NS_PER_S)
        assert len(talk.flows) == 0

    def test_drawing(self, talk):
        flow = talk.datagram(10)
        assert talk.flows.draw() == [(flow, 52, 1)]
        assert talk.flows.draw() == []
        self.plain(flow, 128, 100)
        talk.datagram(1)
        assert talk.flows.draw() == [(flow, 142 + 43, 2)]
        self.plain(flow, 28, 0)
        assert talk.sent().frame_bytes == 52 + 142 + 43 + 42
        assert talk.flows.draw() == []

    def test_the_first_flow_keeps_its_key(self, talk):
        one, other = talk.datagram(1), talk.datagram(1, ports=(5, 6))
        talk.flows.register(b"key", one)
        talk.flows.register(b"key", other)
        assert talk.flows.index == {b"key": one}
        assert other.index_key is None


def test_copies_of_what_goes_to_all_have_no_ports(talk):
    talk.datagram(100)
    talk.datagram(50, to_all=True)
    talk.datagram(7, to_all=True, ports=(3, 4))
    found = {}
    for group, totals in talk.flows.cut():
        found[group] = found.get(group, Totals()) + totals
    assert found == {
        Group("alice", "bob", "udp", 1, 2): Totals(142, 128, 100, 1),
        Group("alice", "bob", "udp", 0, 0): Totals(141, 113, 57, 2),
    }


def test_fragments_of_what_goes_to_all_stay_together(talk):
    talk.datagram(1472, fragment=("key", True), to_all=True)
    talk.datagram(1472, fragment=("key", True))
    talk.datagram(500, fragment=("key", False), to_all=True, ports=(0, 0))
    talk.datagram(600, fragment=("key", False), ports=(0, 0))
    payloads = {group.target_port: totals.payload_bytes for group, totals in talk.flows.cut()}
    assert payloads == {0: 1972, 2: 2072}


def test_a_segment_that_was_counted_out_of_turn_is_as_if_it_had_been_added():
    """Numbers that were sent already, that overlap, that leave a gap, and a keep-alive's."""
    sequences = [
        (1001, 100),
        (1101, 100),
        (1001, 100),
        (1150, 100),
        (1400, 50),
        (1449, 1),
        (1450, 0),
        (1200, 0),
    ]
    added, counted = Talk(), Talk()
    for made in (added, counted):
        made.open()
    flow = counted.send(1001, 0)
    added.send(1001, 0)
    for sequence, size in sequences:
        added.send(sequence, size)
        counted.now_ns += NS_PER_S // 1000
        flow.count_out_of_turn((sequence, size), 40 + size, 0, counted.now_ns)
    assert flow.last_ns == added.now_ns
    sent = added.sent()
    assert sent.retransmissions == 2
    assert counted.sent() == sent


def test_what_was_counted_fast_before_is_kept(talk):
    talk.open()
    flow = talk.send(1001, 100)
    flow.plain_packets, flow.plain_bytes, flow.next_sequence = 2, 2 * 140, flow.next_sequence + 200
    flow.count_out_of_turn((1001, 100), 140, 6, 99)
    assert talk.sent() == Totals(54 * 3 + 154 * 4 - 54 + 6, 40 * 2 + 140 * 4, 400, 6, 1, 1)
