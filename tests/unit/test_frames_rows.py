"""The traffic table: rows, roles, both directions."""

import pytest

from tcperf.frames import rows as rows_module
from tcperf.frames.flows import Group, Totals
from tcperf.frames.rows import Ports, Table
from tcperf.traffic import MULTICAST, OUTSIDE, Traffic

NODES = ("alice", "bob")


def group(sender="alice", receiver="bob", protocol="tcp", source=40000, target=7000):
    return Group(sender, receiver, protocol, source, target)


def ports():
    return Ports({"alice": 8000}, {"bob": {("tcp", 7000)}, "alice": {("udp", 9000)}})


@pytest.mark.parametrize(
    ("found", "role"),
    [
        (group(), "p2p"),
        (group("bob", "alice", source=7000, target=40000), "p2p"),
        (group(target=7001), "other"),
        (group(protocol="udp"), "other"),
        (group(protocol="udp", source=9000, target=1), "p2p"),
        (group("bob", "alice", source=40000, target=8000), "control"),
        (group(source=8000, target=7000), "control"),
        (group(source=1, target=8000), "other"),  # the port of another node's API
        (group(protocol="icmp", source=0, target=0), "other"),
        (group("bob", "carol", source=7000, target=1), "p2p"),
        (group("alice", MULTICAST, protocol="udp", source=9000, target=1900), "other"),
    ],
)
def test_roles(found, role):
    assert ports().role(found) == role


def test_ports_are_added():
    made = Ports()
    made.listen("alice", {("tcp", 1)})
    made.listen("alice", {("tcp", 2)})
    assert made.listening == {"alice": {("tcp", 1), ("tcp", 2)}}


def test_a_row_for_each_side():
    table = Table(ports())
    table.add("send", [(group(), Totals(10, 9, 8, 7, 6, 5, 4)), (group(source=40001), Totals(1, 1, 1, 1))])
    table.add("send", [(group(), Totals(1, 1, 1, 1))])
    numbers = (12, 11, 10, 9, 6, 5, 4)
    assert table.rows(NODES, mirror=True) == (
        Traffic("send", "alice", "sent", "bob", "tcp", "p2p", *numbers),
        Traffic("send", "bob", "received", "alice", "tcp", "p2p", *numbers),
    )
    assert table.rows(NODES, mirror=False) == (
        Traffic("send", "alice", "sent", "bob", "tcp", "p2p", *numbers),
    )


def test_what_was_seen_arriving():
    table = Table(ports())
    table.add("", [(group(receiver=MULTICAST, protocol="udp"), Totals(50, 40, 30, 1))])
    table.add("", [(group(protocol="udp"), Totals(50, 40, 30, 1))], "received")
    assert table.rows(NODES, mirror=True) == (
        Traffic("", "alice", "sent", MULTICAST, "udp", "other", 50, 40, 30, 1),
        Traffic("", "bob", "received", "alice", "udp", "other", 50, 40, 30, 1),
    )


def test_nobody_has_no_rows():
    table = Table(ports())
    table.add(
        "", [(group(OUTSIDE, "bob"), Totals(9, 9, 9, 1)), (group("alice", OUTSIDE), Totals(8, 8, 8, 1))]
    )
    assert [(row.node, row.direction, row.peer) for row in table.rows(NODES, mirror=True)] == [
        ("alice", "sent", OUTSIDE),
        ("bob", "received", OUTSIDE),
    ]


def test_roles_are_told_at_the_end():
    known = Ports()
    table = Table(known)
    table.add("a", [(group(), Totals(9, 9, 9, 1))])
    known.listen("bob", {("tcp", 7000)})
    assert table.rows(NODES, mirror=False)[0].role == "p2p"


def test_rows_come_phase_by_phase():
    table = Table(ports())
    for phase in ("later", "early", "later"):
        table.add(phase, [(group("bob", "alice"), Totals(1, 1, 1, 1)), (group(), Totals(1, 1, 1, 1))])
    found = [(row.phase, row.node, row.direction) for row in table.rows(NODES, mirror=True)]
    assert found == [
        (phase, node, direction)
        for phase in ("later", "early")
        for node in NODES
        for direction in ("sent", "received")
    ]


def test_ports_are_given_up_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(rows_module, "_MAX_GROUPS", 10)
    table = Table(ports())
    for source in range(100):
        table.add("", [(group(source=source), Totals(1, 1, 1, 1, 0, 1))])
        assert len(table._groups) <= 10
    (row,) = table.rows(NODES, mirror=False)
    assert (row.packets, row.connections, row.role) == (100, 100, "p2p")
