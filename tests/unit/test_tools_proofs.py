"""What the proofs are made of: sizes from first principles, frames made by hand, and how columns compare."""

import struct

import dpkt
import pytest
from proofs import comparison, craft, raw_cases, round_trips, tcp_cases, wire_sizes
from proofs.cases import CASES, Case, tcp_truth
from proofs.comparison import Line, Outcome, as_text, moved
from proofs.tally import Key, Numbers, Tally, by_phase, total

from tcperf.network.interface import Counters
from tcperf.traffic import BROADCAST, Traffic


def numbers(*, size, packets=1, ip, payload, **counts):
    return Numbers(size, packets, ip, payload, **counts)


@pytest.mark.parametrize(
    ("size", "pieces"),
    [(0, 1), (1, 1), (1472, 1), (1473, 2), (8000, 6), (60_000, 41), (2952, 2), (2953, 3)],
)
def test_a_datagrams_size_on_the_wire(size, pieces):
    assert wire_sizes.datagrams(size) == numbers(
        size=8 + size + pieces * 34, packets=pieces, ip=8 + size + pieces * 20, payload=size
    )


def test_many_datagrams_are_many_times_one():
    assert wire_sizes.datagrams(200, 7) == wire_sizes.datagrams(200).times(7)
    assert total([wire_sizes.datagrams(200)] * 7) == wire_sizes.datagrams(200, 7)


@pytest.mark.parametrize(("size", "ip_bytes"), [(0, 56), (1, 57), (519, 575), (520, 576), (1472, 576)])
def test_an_answer_quotes_up_to_576_bytes(size, ip_bytes):
    assert wire_sizes.port_unreachable(size) == numbers(
        size=ip_bytes + 14, ip=ip_bytes, payload=ip_bytes - 28
    )


def test_segments_of_linux():
    # A SYN, an ACK, 10 bytes, a FIN: 74 + 66 + 76 + 66 bytes.
    assert wire_sizes.segments(4, 10, 1) == numbers(size=282, packets=4, ip=226, payload=10)
    assert wire_sizes.segments(4, 10, 1, sack_blocks=2).frame_bytes == 282 + 24


def client(**changed):
    return {"short": True, "segments": 5, "bytes": 1000, "retransmissions": 0, "duplicates": 0, **changed}


def server(**changed):
    return {"received": 1000, "segments": 2, "bytes": 0, "retransmissions": 0, "duplicates": 0, **changed}


def test_tcp_by_the_accounts_of_its_sockets():
    truth = tcp_truth([client(), client(short=False)], [server(), server()], 1000)
    there, back = truth[Key("alice", "sent", "bob", "tcp")], truth[Key("bob", "sent", "alice", "tcp")]
    assert there == Numbers(2 * (1000 + 5 * 66 + 8), 10, 2 * (1000 + 5 * 52 + 8), 2000, 0, 2, 1)
    assert back == Numbers(2 * (3 * 66 + 8), 6, 2 * (3 * 52 + 8), 0)  # the SYN-ACK stands in no account
    assert truth[Key("bob", "received", "alice", "tcp")] == there


def test_a_repeated_segment_and_its_selective_acknowledgement():
    truth = tcp_truth([client(bytes=1100, segments=6, retransmissions=1, duplicates=1)], [server()], 1000)
    assert truth[Key("alice", "sent", "bob", "tcp")].retransmissions == 1
    assert truth[Key("bob", "sent", "alice", "tcp")].frame_bytes == 3 * 66 + 8 + 12


def test_a_kernel_that_sent_other_bytes_than_it_was_given_is_no_witness():
    with pytest.raises(ArithmeticError, match="999 of 1000"):
        tcp_truth([client(bytes=999)], [server()], 1000)


# --- frames made by hand, read by dpkt


def test_checksums_are_right():
    packet = craft.ipv4("192.0.2.1", "198.51.100.2", craft.echo_request(33), options=bytes([1] * 8))
    assert craft.checksum(packet.data[:28]) == 0
    assert craft.checksum(packet.data[28:]) == 0


def read(packet):
    return dpkt.ethernet.Ethernet(craft.ethernet(raw_cases._NOBODY, raw_cases._BRIDGE, packet).data).data


def test_a_segment_is_what_dpkt_reads():
    packet = read(raw_cases.ip4(craft.tcp((1, 2), 2**32 + 5, craft.ACK, 10, options=bytes([1] * 4))))
    assert (packet.len, packet.tcp.seq, packet.tcp.off * 4, len(packet.tcp.data)) == (54, 5, 24, 10)


@pytest.mark.parametrize("chain", raw_cases._CHAINS)
def test_extension_headers_are_what_dpkt_reads(chain):
    crafted = raw_cases.ip6(craft.udp(7, 8, 33), chain)
    packet = read(crafted)
    assert crafted.ip_bytes == 40 + packet.plen == len(crafted.data)
    assert list(packet.extension_hdrs) == list(dict.fromkeys(number for number, _ in chain))
    assert packet.p == dpkt.ip.IP_PROTO_UDP
    assert (packet.data.dport, packet.data.ulen) == (8, 41)


@pytest.mark.parametrize("size", [1473, 8000, 60_000])
def test_fragments_hold_the_whole_and_come_to_the_same(size):
    pieces = craft.ipv6_fragments("2001:db8::1", "2001:db8::2", craft.udp(1, 2, size), 1448, 9)
    sizes = [Numbers(len(piece.data) + 14, 1, piece.ip_bytes, piece.payload_bytes) for piece in pieces]
    assert total(sizes) == wire_sizes.fragmented(size + 8, 8, 40, 8)
    body = b"".join(piece.data[48:] for piece in pieces)
    assert len(body) == size + 8
    offsets = [struct.unpack_from("!H", piece.data, 42)[0] for piece in pieces]
    assert [offset & ~7 for offset in offsets] == [1448 * number for number in range(len(pieces))]
    assert [offset & 1 for offset in offsets] == [1] * (len(pieces) - 1) + [0]


def test_ipv4_fragments():
    pieces = craft.ipv4_fragments("192.0.2.1", "198.51.100.2", craft.echo_request(3000), 1480, 9)
    assert [len(piece.data) for piece in pieces] == [1500, 1500, 68]
    assert [piece.payload_bytes for piece in pieces] == [1472, 1480, 48]
    fields = [struct.unpack_from("!H", piece.data, 6)[0] for piece in pieces]
    assert fields == [0x2000, 0x2000 | 185, 370]


def test_tags_and_padding_are_the_frames():
    packet = raw_cases.ip4(craft.udp(1, 2, 0))
    tagged = craft.ethernet(raw_cases._NOBODY, raw_cases._BRIDGE, packet, [(0x88A8, 7), (0x8100, 5)], 60)
    assert (len(tagged.data), tagged.numbers.ip_bytes, tagged.numbers.payload_bytes) == (60, 28, 0)
    read_back = dpkt.ethernet.Ethernet(tagged.data)
    assert [tag.id for tag in read_back.vlan_tags] == [7, 5]
    assert read_back.data.udp.dport == 2


def test_an_arp_question():
    question = read(craft.arp(("02:00:00:00:00:01", "10.0.0.1"), ("00:00:00:00:00:00", "10.0.0.2")))
    assert (question.op, question.sha, question.tpa) == (1, bytes([2, 0, 0, 0, 0, 1]), bytes([10, 0, 0, 2]))


def test_names_of_cases_are_unique_and_the_small_form_is_most_of_them():
    cases = (*CASES, *raw_cases.RAW_CASES, *tcp_cases.TCP_CASES)
    assert len({case.name for case in cases}) == len(cases) > 50
    assert 5 <= sum(not case.is_quick for case in cases) <= 10


def test_a_connection_of_repeats_has_what_the_rules_say():
    steps = list(tcp_cases.repeats(tcp_cases.Talk(1), 1000))
    highest = {"alice": 0, "bob": 0}
    for sender, segment in steps:
        read_back = dpkt.tcp.TCP(segment.data)
        takes = len(read_back.data) + bool(read_back.flags & 2) + bool(read_back.flags & 1)
        keep_alive = takes <= 1 and not read_back.flags & 7 and read_back.seq == highest[sender] - 1
        again = takes and read_back.seq < highest[sender] and not keep_alive
        assert segment.retransmissions == bool(again)
        highest[sender] = max(highest[sender], read_back.seq + takes)


# --- columns


def traffic(**changed):
    row = {
        "phase": "one",
        "node": "alice",
        "direction": "sent",
        "peer": "bob",
        "protocol": "tcp",
        "role": "p2p",
        "frame_bytes": 100,
        "ip_bytes": 86,
        "payload_bytes": 46,
        "packets": 1,
        "connections": 1,
    }
    return Traffic(**{**row, **changed})


def test_rows_are_summed_over_roles_and_split_by_phase():
    phases = by_phase([traffic(), traffic(role="control"), traffic(phase="two", frame_bytes=7)])
    assert set(phases) == {"one", "two"}
    assert phases["one"].side("alice", "sent") == Numbers(200, 2, 172, 92, 0, 2, 0)
    assert phases["two"].total().frame_bytes == 7
    assert phases["two"].total("received") == Numbers()


def test_a_group_is_sent_once_and_received_by_many():
    tally = Tally()
    tally.group("alice", BROADCAST, ["bob", "carol"], "arp", Numbers(42, 1))
    assert tally.side("alice", "sent") == Numbers(42, 1)
    assert tally.total("received") == Numbers(84, 2)


def test_nothing_is_no_row():
    tally = Tally()
    tally.unicast("alice", "bob", "udp", Numbers())
    assert not tally.keys
    assert list(tally) == []


def outcome(*, knows_headers=True, counted=None, ring=None, dpkt_column=None):
    def tally(seen):
        made = Tally()
        made.unicast("alice", "bob", "udp", seen)
        return made

    sent = Numbers(52, 1, 38, 10)
    counters = {("alice", "sent"): counted or sent, ("bob", "received"): counted or sent}
    case = Case("a case", lambda _stage: Tally(), knows_headers=knows_headers)
    return Outcome(case, tally(sent), counters, tally(ring or sent), tally(dpkt_column or sent))


def test_four_columns_that_agree():
    agreed = outcome()
    assert agreed.differing() == []
    text = as_text(agreed).splitlines()
    assert text[0] == "a case"
    assert [line.split()[:2] for line in text[1:]] == [
        ["frame", "bytes"],
        ["frames", "1"],
        ["IP", "bytes"],
        ["payload", "bytes"],
    ]
    assert text[1].split()[2:] == ["52", "52", "52", "52", "0"]
    assert text[3].split()[2:] == ["38", "-", "38", "38", "0"]
    assert len(as_text(agreed, everything=True).splitlines()) > len(text) + 10


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"counted": Numbers(53, 1)}, "alice sent: frame bytes"),
        ({"ring": Numbers(52, 2, 38, 10)}, "alice sent: frames"),
        ({"ring": Numbers(52, 1, 39, 10)}, "alice sent bob udp: IP bytes"),
        ({"ring": Numbers(52, 1, 38, 11)}, "bob received alice udp: payload bytes"),
        ({"dpkt_column": Numbers(52, 1, 38, 10, 1)}, "alice sent bob udp: sent again"),
        ({"dpkt_column": Numbers(52, 1, 38, 10, 0, 1, 1)}, "alice sent bob udp: short ones"),
    ],
)
def test_each_figure_that_differs_is_named(changed, what):
    found = outcome(**changed)
    assert what in {line.what for line in found.differing()}
    assert all(line.difference == 1 for line in found.differing())
    assert what in as_text(found)


def test_of_broken_headers_the_truth_is_the_frames_alone():
    read_otherwise = Numbers(52, 1, 0, 0)
    assert not outcome(knows_headers=False, ring=read_otherwise, dpkt_column=read_otherwise).differing()
    assert outcome(knows_headers=False, ring=read_otherwise).differing()
    assert outcome(knows_headers=False, ring=Numbers(51, 1, 38, 10)).differing()


def test_a_column_that_does_not_know_is_no_difference():
    assert Line("figure", (5, None, 5, None)).difference == 0
    assert Line("figure", (5, None, 3, 9)).difference == 6
    assert "-" in str(Line("figure", (5, None, 3, 9)))


def test_counters_that_moved():
    before = {"alice": Counters(100, 50, 10, 5, 0)}
    after = {"alice": Counters(142, 50, 11, 5, 0)}
    assert moved(before, after) == {("alice", "sent"): Numbers(42, 1), ("alice", "received"): Numbers()}


def test_the_heading_has_every_column():
    assert comparison.header().split() == [*comparison.COLUMNS, "difference"]


def test_what_an_observer_adds_is_the_median_over_setups():
    setups = [round_trips.Setup(30.0, added) for added in (1.0, 9.0, 2.0)]
    assert round_trips.added(setups) == round_trips.Added(30.0, 2.0, 1.5, 5.5)
    assert round_trips.added(setups[:1]) == round_trips.Added(30.0, 1.0, 1.0, 1.0)
