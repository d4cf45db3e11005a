"""Whose the packets of a loopback are; the packets themselves are real in the integration tests."""

from tcperf.frames.flows import Group, Totals
from tcperf.traffic import OUTSIDE
from tcperf.watching.loopback import add, measurements, rows, total
from tcperf.watching.ports import Held
from tcperf.watching.unseen import unseen, without_doubtful

ALICE, BOB, CAROL = 10, 20, 30
PAIR = {ALICE: "alice", BOB: "bob"}
NAMES = {**PAIR, CAROL: "carol"}
PORTS = Held(
    owners={("tcp", 8000): ALICE, ("tcp", 30303): ALICE, ("tcp", 51000): BOB, ("udp", 9000): BOB},
    listening=frozenset({("tcp", 8000), ("tcp", 30303), ("udp", 9000)}),
    control=frozenset({8000}),
)


def group(source, target, protocol="tcp"):
    return Group("lo", "lo", protocol, source, target)


def packets(ip_bytes, number=1):
    return Totals(ip_bytes + 14 * number, ip_bytes, ip_bytes - 52 * number, number)


COUNTED = {
    group(60000, 8000): packets(500),
    group(8000, 60000): packets(900),
    group(51000, 30303): packets(300, 2),
    group(30303, 51000): packets(200),
    group(40000, 30303): packets(80),
    group(40000, 9000, "udp"): packets(70),
    group(40001, 40002): packets(1000),
}


def table():
    return rows("send", COUNTED, PORTS, NAMES)


def test_each_end_is_whose_port_it_is():
    found = {(row.node, row.direction, row.peer, row.protocol, row.role): row.ip_bytes for row in table()}
    assert found == {
        ("alice", "received", OUTSIDE, "tcp", "control"): 500,
        ("alice", "sent", OUTSIDE, "tcp", "control"): 900,
        ("bob", "sent", "alice", "tcp", "p2p"): 300,
        ("alice", "received", "bob", "tcp", "p2p"): 300,
        ("alice", "sent", "bob", "tcp", "p2p"): 200,
        ("bob", "received", "alice", "tcp", "p2p"): 200,
        ("alice", "received", OUTSIDE, "tcp", "p2p"): 80,
        ("bob", "received", OUTSIDE, "udp", "p2p"): 70,
    }


def test_of_two_the_one_that_does_not_listen_has_called_the_other():
    found = {
        (row.node, row.direction, row.peer, row.protocol): row.ip_bytes
        for row in rows("", COUNTED, PORTS, PAIR)
    }
    assert found["bob", "sent", "alice", "tcp"] == 300 + 80
    assert found["alice", "sent", "bob", "udp"] == 70
    assert found["alice", "received", OUTSIDE, "tcp"] == 500


def test_what_drives_the_programs_is_none_of_their_traffic():
    figures = measurements(table(), NAMES.values())
    assert figures["alice"]["ip_bytes"].value == 200
    assert figures["bob"]["ip_bytes"].value == 300
    assert figures["bob"]["packets_count"].value == 2
    assert figures["alice"]["tcp_received_bytes"].value == 300 - 2 * 52 + 80 - 52


def test_the_total_counts_each_packet_once():
    assert total(table())["ip_bytes"].value == 300 + 200 + 80 + 70
    assert total(table())["packets_count"].value == 2 + 1 + 1 + 1


def test_what_the_tests_call_from_is_control_and_the_others_at_the_same_port_are_not():
    tests = Held(control=frozenset({40000}))
    found = rows("send", COUNTED, PORTS | tests, NAMES)
    assert total(found)["ip_bytes"].value == 300 + 200


def test_who_has_moved_nothing_has_moved_nothing():
    assert measurements((), ["carol"])["carol"]["ip_bytes"].value == 0


def test_what_is_known_of_ports_adds_up():
    later = Held({("tcp", 51000): ALICE}, frozenset({("tcp", 1)}), frozenset({2}), frozenset({("tcp", 3)}))
    both = PORTS | later
    assert both.owners[("tcp", 51000)] == ALICE
    assert {8000, 2} <= both.control
    assert both.others == {("tcp", 3)}
    assert ("tcp", 1) in both.listening


def test_cuts_add_up():
    counted = {}
    add(counted, COUNTED.items())
    add(counted, COUNTED.items())
    assert counted[group(30303, 51000)].ip_bytes == 400


# --- what nobody could look at in time ---------------------------------------------------------------


def hidden(counted, ports=PORTS, names=NAMES, *, shared=False):
    return [(set(each.watched), each.payload_bytes) for each in unseen(counted, ports, names, shared=shared)]


def test_what_is_between_programs_that_nobody_knows_is_unseen():
    assert hidden({group(40001, 40002): packets(1000)}) == [(set(), 948)]


def test_of_a_known_program_the_other_end_is_unseen_and_may_be_of_any_other():
    assert hidden({group(40000, 30303): packets(100)}) == [({"alice"}, 48)]
    assert hidden({group(40000, 30303): packets(100)}, names={ALICE: "alice"}) == []
    assert hidden({group(40000, 30303): packets(100)}, names=PAIR) == []  # it is the other's
    assert hidden({group(51000, 40000): packets(100)}, names=PAIR) == [({"bob"}, 48)]


def test_a_call_of_a_watched_one_is_told_apart():
    counted = {group(40000, 30303): packets(100), group(51000, 40000): packets(100)}
    assert [each.is_call for each in unseen(counted, PORTS, NAMES, shared=False)] == [True, False]


def test_what_is_known_or_has_no_payload_or_no_ports_is_not_unseen():
    known = {
        group(51000, 30303): packets(300),
        group(60000, 8000): packets(500),
        group(40001, 40002): Totals(74, 60, 0, 1),
        group(0, 0, "icmp"): packets(100),
    }
    assert hidden(known) == []


def test_of_others_that_are_still_there_both_ends_are_known_and_one_alone_is_not():
    others = PORTS | Held(others=frozenset({("tcp", 5432), ("tcp", 40001)}))
    assert hidden({group(40001, 5432): packets(1000)}, others) == []
    assert hidden({group(40009, 5432): packets(1000)}, others) == [(set(), 948)]
    assert (
        hidden({group(40009, 5432): packets(1000)}, others, shared=True) == []
    )  # another worker's tests call theirs


def test_no_figure_is_zero_where_it_may_be_the_one_that_is_missing():
    counted = {group(51000, 30303): packets(300), group(40001, 40002): packets(1000)}
    found = rows("send", counted, PORTS, NAMES)
    given, all_of_it = measurements(found, NAMES.values()), total(found)
    nodes, whole = without_doubtful(given, all_of_it, list(unseen(counted, PORTS, NAMES, shared=False)))
    assert nodes["carol"] == {}
    assert nodes["bob"]["ip_bytes"].value == whole["ip_bytes"].value == 300
    assert "ip_bytes" not in nodes["alice"]
    assert nodes["alice"]["tcp_received_bytes"].value == 248
    assert without_doubtful(given, all_of_it, []) == (given, all_of_it)


def test_what_may_be_of_others_alone_takes_nothing_from_the_one_that_is_known():
    counted = {group(40000, 30303): packets(100)}
    found = rows("send", counted, PORTS, NAMES)
    nodes, whole = without_doubtful(
        measurements(found, NAMES.values()), total(found), list(unseen(counted, PORTS, NAMES, shared=False))
    )
    assert nodes["alice"]["ip_bytes"].value == 0
    assert "ip_bytes" not in nodes["bob"]
    assert whole["ip_bytes"].value == 100
