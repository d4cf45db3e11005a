"""A phase while it is open: its own time, its operations, and nodes that were there or came in it."""

import os

import pytest
from attrs import frozen
from casts import Host
from hypothesis import given
from hypothesis import strategies as st

from tcperf.gofigures import GoFigures
from tcperf.measurement import Measurement
from tcperf.network.interface import Exit
from tcperf.open_phase import OpenPhase, percentile
from tcperf.probes.node import NodeProbe, at_exit, unborn
from tcperf.probes.shared_traffic import PhaseTraffic

MS = 1_000_000
NOTHING = PhaseTraffic()


def closed(opened, *, end_ns=50 * MS, zero_ns=0, ends=None, shared=NOTHING, go=None):
    return opened.result(end_ns, zero_ns, ends or {}, shared, go or {})


def values(measurements):
    return {key: measurement.value for key, measurement in measurements.items()}


def test_a_phase_without_nodes_and_operations_has_a_time_and_nothing_else():
    found = closed(OpenPhase("accounts", {}, {}, start_ns=20 * MS), zero_ns=5 * MS)
    assert (found.name, found.start_ns, found.end_ns) == ("accounts", 15 * MS, 45 * MS)
    assert values(found.totals) == {"time_ms": 30.0}
    assert (found.nodes, found.operations_ms) == ({}, ())
    assert found.totals["time_ms"] == Measurement(30.0, "ms", "exact", "monotonic clock")


def test_what_is_ours_is_off_its_time_but_not_off_its_length():
    opened = OpenPhase("accounts", {}, {}, start_ns=20 * MS)
    opened.not_measured_ns += 12 * MS
    found = closed(opened)
    assert values(found.totals) == {"time_ms": 18.0}
    assert found.end_ns - found.start_ns == 30 * MS


def test_operations_keep_their_order_and_give_a_median():
    opened = OpenPhase("messages", {}, {})
    opened.latencies_ms += [9.0, 1.0, 5.0, 3.0]
    opened.sends_ms += [0.5, 0.1, 0.2]
    found = closed(opened)
    assert found.operations_ms == (9.0, 1.0, 5.0, 3.0)
    assert values(found.totals) == {"time_ms": 50.0, "latency_ms": 4.0, "send_ms": 0.2}


def test_deliveries_are_counted_and_timed():
    opened = OpenPhase("messages", {}, {})
    opened.latencies_ms.append(7.0)  # an operation that is no delivery
    opened.settled([("to bob", 5.0)])
    opened.settled([("to bob", 1.0), ("to carol", 3.0), ("to dave", 2.0)])  # to a group: one operation
    opened.duplicates = 2
    found = closed(opened)
    assert found.operations_ms == (7.0, 5.0, 3.0)
    assert found.totals["deliveries_count"] == Measurement(4, "count", "exact", "signals")
    assert found.totals["duplicates_count"] == Measurement(2, "count", "exact", "signals")


@frozen
class Letter:
    """A message of which its sender said that it had reached nobody, or not."""

    has_expired: bool = False


def test_what_is_lost_is_counted_where_that_is_a_result():
    opened = OpenPhase("churn", {}, {})
    letters = [Letter(), Letter(has_expired=True), Letter(has_expired=True)]
    opened.settled([(letters[0], 5.0)])
    opened.settled([(letters[1], None)])
    opened.settled([(letters[2], 9.0)])
    opened.asked_for(letters, lossy=True)
    found = values(closed(opened).totals)
    assert found["deliveries_count"] == 2
    assert (found["lost_count"], found["expired_count"]) == (1, 2)
    assert found["lost_pct"] == pytest.approx(100 / 3)
    assert closed(opened).operations_ms == (5.0, 9.0)


def test_a_group_of_which_one_hears_nothing_is_no_operation():
    opened = OpenPhase("churn", {}, {})
    opened.settled([(Letter(), 5.0), (Letter(), None)])
    opened.asked_for([Letter(), Letter()], lossy=True)
    assert closed(opened).operations_ms == ()
    assert values(closed(opened).totals)["lost_pct"] == 50


def test_nothing_lost_is_a_zero_and_not_asked_is_nothing():
    lossy, strict, usual = (OpenPhase("churn", {}, {}) for _ in range(3))
    for opened in (lossy, strict, usual):
        opened.settled([(Letter(), 5.0)])
    lossy.asked_for([Letter()], lossy=True)
    strict.asked_for([Letter()], lossy=False)
    told = ("lost_count", "lost_pct", "expired_count")
    found = [values(closed(opened).totals) for opened in (lossy, strict, usual)]
    assert [[each.get(key) for key in told] for each in found] == [[0, 0, 0], [None, None, 0], [None] * 3]


def test_where_all_is_lost_that_is_told():
    opened = OpenPhase("churn", {}, {})
    opened.settled([(Letter(), None)])
    opened.asked_for([Letter()], lossy=True)
    found = values(closed(opened).totals)
    assert (found["deliveries_count"], found["lost_count"], found["lost_pct"]) == (0, 1, 100)
    assert "latency_ms" not in found


def test_without_deliveries_there_are_no_duplicates_either():
    assert not {"deliveries_count", "duplicates_count"} & closed(OpenPhase("idle", {}, {})).totals.keys()


@pytest.mark.parametrize(
    ("count", "known"),
    [
        (19, {}),
        (20, {"latency_p95_ms": 19.0}),
        (99, {"latency_p95_ms": 95.0}),
        (100, {"latency_p95_ms": 95.0, "latency_p99_ms": 99.0}),
        (1000, {"latency_p95_ms": 950.0, "latency_p99_ms": 990.0}),
    ],
)
def test_a_percentile_is_one_of_the_operations_and_not_the_longest(count, known):
    opened = OpenPhase("messages", {}, {})
    opened.latencies_ms += [float(value) for value in range(count, 0, -1)]
    found = values(closed(opened).totals)
    assert {key: value for key, value in found.items() if key.startswith("latency_p")} == known


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=300), st.integers(1, 100))
def test_a_percentile_has_its_share_below_and_is_the_smallest_such(sample, percent):
    found = percentile(sample, percent)
    assert found in sample
    assert 100 * sum(value <= found for value in sample) >= percent * len(sample)
    assert 100 * sum(value < found for value in sample) < percent * len(sample)


@pytest.fixture(name="probed")
def probed_fixture():
    """A host and the probe of a process that surely runs: this one."""
    host = Host("alice")
    probe = NodeProbe(os.getpid(), host)
    yield host, probe
    probe.close()


def test_a_node_that_was_there_is_measured_between_the_edges(probed):
    _host, probe = probed
    before = GoFigures("expvar", alloc_bytes=1000, mallocs=10, collections=1)
    after = GoFigures("expvar", alloc_bytes=5000, mallocs=70, collections=2)
    opened = OpenPhase("messages", {"alice": before}, {"alice": probe.begin()})
    found = closed(opened, ends={"alice": probe.end()}, go={"alice": after})
    alice = values(found.nodes["alice"])
    assert (alice["sent_bytes"], alice["packets_count"]) == (1000, 10)
    assert (alice["go_alloc_bytes"], alice["go_mallocs_count"], alice["go_gc_count"]) == (4000, 60, 1)
    assert alice["cpu_ms"] >= 0
    assert alice["memory_peak_bytes"] > 0
    assert found.totals["sent_bytes"].value == 1000


def test_a_node_that_came_in_the_phase_begins_with_nothing(probed):
    host, probe = probed
    opened = OpenPhase("boot", {}, {})
    opened.starts("alice", host)
    assert opened.edges["alice"].reading is None
    opened.started("alice", 0)
    whole = values(closed(opened, ends={"alice": probe.end()}).nodes["alice"])
    opened.started("alice", 2 * MS)
    less = values(closed(opened, ends={"alice": probe.end()}).nodes["alice"])
    assert whole["cpu_ms"] > 2  # this process has done more than that in its life
    assert less["cpu_ms"] >= whole["cpu_ms"] - 2 - 1e-6  # what was our own fork is off, what came since is in
    assert opened.edges["alice"].launch_cpu_ns == 2 * MS


def test_gos_figures_of_a_node_that_came_count_from_its_birth(probed):
    host, probe = probed
    opened = OpenPhase("boot", {}, {})
    opened.starts("alice", host)
    after = GoFigures("expvar", alloc_bytes=5000, mallocs=70, collections=2)
    found = values(closed(opened, ends={"alice": probe.end()}, go={"alice": after}).nodes["alice"])
    assert (found["go_alloc_bytes"], found["go_mallocs_count"], found["go_gc_count"]) == (5000, 70, 2)


def test_a_node_without_gos_figures_has_none(probed):
    _host, probe = probed
    opened = OpenPhase("messages", {"alice": None}, {"alice": probe.begin()})
    found = closed(opened, ends={"alice": probe.end()}, go={"alice": None})
    assert not [key for key in found.nodes["alice"] if key.startswith("go")]


def test_traffic_of_a_shared_network_is_the_nodes_and_the_phases():
    one = Measurement(700.0, "bytes", "bound", "sockets")
    every = Measurement(900.0, "bytes", "host_wide", "interfaces")
    shared = PhaseTraffic(nodes={"alice": {"tcp_sent_bytes": one}}, totals={"sent_bytes": every})
    host = Host("alice")
    host.counters = lambda: None
    probe = NodeProbe(os.getpid(), host)
    opened = OpenPhase("messages", {}, {"alice": probe.begin()})
    found = closed(opened, ends={"alice": probe.end()}, shared=shared)
    probe.close()
    assert found.nodes["alice"]["tcp_sent_bytes"] == one
    assert found.totals["tcp_sent_bytes"].value == 700
    assert found.totals["sent_bytes"] == every


def test_a_node_that_leaves_and_comes_back_is_measured_as_both_of_its_processes(probed):
    host, probe = probed
    figures = GoFigures("expvar", heap_bytes=7, alloc_bytes=1000, mallocs=10, collections=1)
    opened = OpenPhase("churn", {"alice": figures}, {"alice": probe.begin()})
    first = opened.edges["alice"].counters
    last = probe.end()
    opened.left("alice", at_exit(last, Exit(0, 1e6, 1e6)))  # its end took it 2,000 s of CPU
    assert opened.edges["alice"].reading is None
    opened.started("alice", 0)
    end = probe.end()
    found = closed(opened, ends={"alice": end}, go={"alice": figures})
    alice = values(found.nodes["alice"])
    begun_ms = (opened.past["alice"][0]["cpu_ms"].value, end.reading.work.cpu_ns.value / MS)
    assert alice["cpu_ms"] == pytest.approx(sum(begun_ms))
    assert alice["cpu_ms"] > 1_900_000
    assert found.nodes["alice"]["cpu_ms"].source.startswith("rusage + cpu clock")
    assert alice["sent_bytes"] == end.counters.sent_bytes - first.sent_bytes  # the interface stayed
    assert alice["go_heap_bytes"] == 7
    assert "go_alloc_bytes" not in alice  # its counters are another process's
    assert host.looks >= 3


def test_a_node_that_is_away_at_the_end_stands_nowhere(probed):
    _host, probe = probed
    opened = OpenPhase("away", {}, {"alice": probe.begin()})
    opened.left("alice", probe.end())
    found = closed(opened, ends={"alice": unborn(Host("alice"))})
    assert found.nodes["alice"]["cpu_ms"].value >= 0
    assert "memory_rest_bytes" not in found.nodes["alice"]
    assert found.nodes["alice"]["memory_peak_bytes"].value > 0


def test_a_node_that_is_away_all_the_time_uses_nothing_up():
    host = Host("alice")
    found = closed(OpenPhase("away", {}, {"alice": unborn(host)}), ends={"alice": unborn(host)})
    assert values(found.nodes["alice"]) == {
        "cpu_ms": 0,
        "memory_peak_bytes": 0,
        "sent_bytes": 1000,
        "received_bytes": 500,
        "packets_count": 10,
        "received_packets_count": 5,
    }
    assert found.totals["cpu_ms"].value == 0
