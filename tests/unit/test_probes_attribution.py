"""From captured rows to accounts, figures and warnings."""

import re

import attrs
import pytest

from tcperf.measurement import Measurement
from tcperf.metrics import METRICS
from tcperf.model import PhaseResult
from tcperf.network.interface import Counters
from tcperf.probes import attribution
from tcperf.traffic import BROADCAST, MULTICAST, OUTSIDE, Account, Capture, Traffic

SENT = Traffic("talk", "alice", "sent", "bob", "tcp", "p2p", 1000, 900, 500, 10, 1, 2, 1)
RECEIVED = Traffic("talk", "alice", "received", "bob", "tcp", "p2p", 700, 650, 300, 7)


def row(**changes):
    return attrs.evolve(SENT, **changes)


def counters(sent=0, received=0, sent_packets=0, received_packets=0):
    return Counters(sent, received, sent_packets, received_packets, 0)


def test_an_account_closes_where_every_frame_is_attributed_control_or_unknown():
    rows = [
        SENT,
        row(peer=MULTICAST, protocol="udp", role="other", frame_bytes=60, packets=1),
        row(peer=BROADCAST, protocol="arp", role="other", frame_bytes=42, packets=1),
        row(role="control", frame_bytes=11, packets=2),
        row(peer=OUTSIDE, frame_bytes=99, packets=3),
        row(phase="", frame_bytes=5, packets=1),
        RECEIVED,
        row(node="bob"),
    ]
    account = attribution.account("alice", "sent", rows, counters(1217, 700, 18, 7))
    assert account == Account("alice", "sent", 1107, 11, 99, 1217, 13, 2, 3, 18)
    assert account.closes
    assert attribution.account("alice", "received", rows, counters(1217, 700, 18, 7)).closes


@pytest.mark.parametrize("counted", [(999, 0, 10), (1000, 0, 11), (1001, 0, 10)])
def test_an_account_does_not_close_where_a_byte_or_a_frame_is_missing(counted):
    assert not attribution.account("alice", "sent", [SENT], counters(*counted)).closes


def test_every_node_has_two_accounts_in_the_order_of_the_nodes():
    found = attribution.accounts([SENT, RECEIVED], {"bob": counters(), "alice": counters(1000, 700, 10, 7)})
    assert [(each.node, each.direction) for each in found] == [
        ("bob", "sent"),
        ("bob", "received"),
        ("alice", "sent"),
        ("alice", "received"),
    ]
    assert all(each.closes for each in found)


def test_what_the_kernel_sends_while_the_capture_ends_is_missed_by_nobody():
    """Nobody listens any more to a group that an ended process had joined: it is told a moment later (IGMP)."""
    before = {"alice": counters(1000, 700, 10, 7)}
    after = {"alice": counters(1054, 700, 11, 7)}
    late = row(peer=MULTICAST, protocol="other", role="other", frame_bytes=54, packets=1)
    for rows, counted in (([SENT, RECEIVED], 1000), ([SENT, RECEIVED, late], 1054)):
        found = attribution.accounts(rows, after, before)
        assert all(each.closes for each in found)
        assert found[0].counted_bytes == counted
    (lost, _received) = attribution.accounts([RECEIVED], after, before)
    assert not lost.closes
    assert lost.counted_bytes == 1054
    assert not attribution.accounts([SENT, RECEIVED], after)[0].closes
    assert attribution.accounts([SENT, RECEIVED, late], after, {})[0].closes


def test_a_phase_takes_its_traffic_figures_from_its_own_rows():
    clock = Measurement(12.5, "ms", "exact", "monotonic clock")
    counted = Measurement(1042, "bytes", "exact", "interface")
    phase = PhaseResult(
        "talk", 0, 10, {"alice": {"cpu_ms": clock, "sent_bytes": counted}, "bob": {}}, {"time_ms": clock}
    )
    (found,) = attribution.attributed(
        [phase], [SENT, RECEIVED, row(phase="", frame_bytes=7), row(phase="else")]
    )
    assert found.nodes["alice"]["sent_bytes"] == Measurement(1000, "bytes", "exact", "capture")
    assert found.nodes["alice"]["cpu_ms"] == clock
    assert found.nodes["bob"]["sent_bytes"].value == 0  # nothing was lost: it is known to have sent nothing
    assert found.totals["time_ms"] == clock
    assert found.totals["sent_bytes"] == Measurement(1000, "bytes", "exact", "capture")
    assert found.totals["tcp_received_bytes"].value == 300


def test_figures_add_up_what_was_sent_and_received():
    rows = [SENT, row(protocol="udp", frame_bytes=100, ip_bytes=86, payload_bytes=58, packets=1), RECEIVED]
    found = {key: measurement.value for key, measurement in attribution.figures(rows).items()}
    assert found == {
        "sent_bytes": 1100,
        "received_bytes": 700,
        "packets_count": 11,
        "received_packets_count": 7,
        "ip_bytes": 986,
        "tcp_sent_bytes": 500,
        "tcp_received_bytes": 300,
        "retransmissions_count": 2,
        "connections_count": 4,
        "short_connections_count": 2,
    }
    assert set(found) <= set(METRICS)


def test_an_exact_capture_needs_no_word():
    assert attribution.warnings("idle-1", Capture(10, 0, 0, ())) == ()


@pytest.mark.parametrize(
    ("capture", "told"),
    [
        (Capture(90, 10, 0, ()), "10 of 100 packets were not captured; its totals"),
        (
            Capture(90, 0, 2, ()),
            "2 times a phase's packets were parted too late from the next one's; its totals",
        ),
        (Capture(90, 10, 1, ()), "not captured, and once a phase's packets were parted too late"),
        (Capture(1, 0, 0, (Account("bob", "sent", 1, 0, 0, 2, 1, 0, 0, 1),)), r"counted \(bob sent\)"),
    ],
)
def test_an_inexact_capture_says_why(capture, told):
    (warning,) = attribution.warnings("idle-1", capture)
    assert warning.startswith("idle-1: ")
    assert re.search(told, warning)
    assert "its totals are the interfaces' own and stand" in warning
    assert "fewer --lanes" in warning
