"""A life in figures: what its end tells, and what its stretches say of one another."""

import attrs
import pytest

from tcperf.command.life import (
    PROGRAM,
    Life,
    Stretch,
    end_edge,
    going_on,
    is_inherited,
    last_peak,
    peak_until_now,
    together,
)
from tcperf.command.tree import Left
from tcperf.measurement import Measurement
from tcperf.network.interface import Counters, Exit
from tcperf.probes.node import Edge
from tcperf.probes.reading import Amount, Reading, State, Work
from tcperf.probes.shared_traffic import PhaseTraffic

MS = 1_000_000
MIB = 1 << 20
BEFORE, BETWEEN, AFTER = Counters(0, 0, 0, 0, 0), Counters(700, 50, 7, 1, 0), Counters(1000, 90, 10, 2, 0)
ENDED = Exit(
    0,
    user_ms=90.0,
    system_ms=30.0,
    minor_faults=400,
    major_faults=2,
    began_ns=1000 * MS,
    ended_ns=1500 * MS,
    peak_bytes=50 * MIB,
    children_faults=0,
    inherited_bytes=25 * MIB,
)


def amount(value, exactness="exact", source="cpu clock"):
    return Amount(value, exactness, source)


def reading(cpu_ms, peak=20 * MIB, family=(), children=0):
    work = Work(amount(cpu_ms * MS), cpu_ms * MS, 0, children)
    return Reading(work, State(peak_bytes=amount(peak, source="VmHWM")), frozenset(family))


def life(*, ended=ENDED, last_peak_=None, shared=()):
    """One mark, 200 ms after the program began; its fork had taken 5 ms."""
    first, second = (*shared, PhaseTraffic(), PhaseTraffic())[:2]
    return Life(
        [
            Stretch(
                "",
                990 * MS,
                1200 * MS,
                Edge(None, BEFORE, 5 * MS),
                Edge(reading(45), BETWEEN),
                amount(20 * MIB, source="VmHWM"),
                first,
            ),
            Stretch(
                "load",
                1201 * MS,
                1500 * MS,
                Edge(reading(46), BETWEEN),
                end_edge(ended, AFTER),
                last_peak_ or amount(50 * MIB, source="wait4"),
                second,
            ),
        ]
    )


def test_the_whole_is_what_wait4_tells_less_our_fork():
    whole = life().whole("run", ENDED, Left(), 900 * MS)
    assert (whole.name, whole.start_ns, whole.end_ns) == ("run", 100 * MS, 600 * MS)
    assert whole.totals["time_ms"] == Measurement(500.0, "ms", "exact", "monotonic clock")
    assert whole.totals["cpu_ms"] == Measurement(115.0, "ms", "exact", "wait4")
    assert whole.totals["memory_peak_bytes"] == Measurement(50 * MIB, "bytes", "exact", "wait4")
    assert whole.totals["sent_bytes"] == Measurement(1000, "bytes", "exact", "interface")
    assert whole.totals["packets_count"].value == 10
    assert whole.totals["page_faults_count"].value == 402
    assert whole.nodes[PROGRAM]["cpu_ms"] == whole.totals["cpu_ms"]


def test_children_that_were_waited_for_do_not_make_the_whole_less_exact():
    ended = attrs.evolve(ENDED, children_faults=900)
    assert life(ended=ended).whole("run", ended, Left(), 0).totals["cpu_ms"].exactness == "exact"
    (load,) = life(ended=ended).named(0)
    assert load.totals["cpu_ms"].exactness == "sampled"  # the kernel shows theirs in ticks until then


def test_what_was_left_behind_adds_its_cpu():
    cpu = life().whole("run", ENDED, Left(1, 30 * MS), 0).totals["cpu_ms"]
    assert (cpu.value, cpu.exactness) == (145.0, "sampled")
    idle = life().whole("run", ENDED, Left(1, 0), 0).totals["cpu_ms"]  # it has only just been forked
    assert (idle.value, idle.exactness) == (115.0, "sampled")


def test_only_stretches_with_a_name_are_phases():
    (load,) = life().named(900 * MS)
    assert (load.name, load.start_ns, load.end_ns) == ("load", 301 * MS, 600 * MS)
    assert load.totals["time_ms"].value == 299.0
    assert load.totals["cpu_ms"] == Measurement(74.0, "ms", "exact", "wait4")
    assert load.totals["sent_bytes"].value == 300
    assert load.totals["memory_peak_bytes"].value == 50 * MIB


def test_a_system_that_tells_nothing_of_the_end_leaves_time_and_traffic():
    ended = Exit(0, None, None)
    found = life(ended=ended)
    found.stretches[1] = attrs.evolve(found.stretches[1], peak=None)
    found.stretches[0] = attrs.evolve(found.stretches[0], peak=None)
    whole = found.whole("run", ended, Left(), 0)
    assert {"time_ms", "sent_bytes"} <= whole.totals.keys()
    assert not {"cpu_ms", "memory_peak_bytes", "page_faults_count"} & whole.totals.keys()
    assert whole.totals["time_ms"].value == 510.0  # by our own clock


@pytest.mark.parametrize(
    ("peak_bytes", "seen", "inherited", "alone", "expected"),
    [
        (50, 40, 25, True, ("exact", 50, "wait4")),
        (25, 8, 25, True, ("sampled", 8, "VmHWM")),  # the fork's, not the program's
        (25, 0, 25, True, ("bound", 25, "wait4, its launcher included")),
        (26, 0, 25, True, ("bound", 26, "wait4, its launcher included")),  # its last steps may have been that
        (50, 0, None, True, ("bound", 50, "wait4, its launcher included")),
        (50, 90, 25, False, ("sampled", 90, "resident sets")),
        (95, 90, 25, False, ("sampled", 95, "resident sets")),
        (25, 9, 30, False, ("sampled", 9, "resident sets")),
        (None, 9, 0, True, ("sampled", 9, "VmHWM")),
    ],
)
def test_the_last_peak(peak_bytes, seen, inherited, alone, expected):
    ended = attrs.evolve(
        ENDED,
        peak_bytes=peak_bytes and peak_bytes * MIB,
        inherited_bytes=inherited and inherited * MIB,
    )
    found = last_peak(ended, seen * MIB, alone=alone)
    assert (found.exactness, found.value // MIB, found.source) == expected


def test_a_bound_of_a_peak_is_known_as_such():
    unseen = last_peak(attrs.evolve(ENDED, peak_bytes=25 * MIB), 0, alone=True)
    assert is_inherited(life(last_peak_=unseen).whole("run", ENDED, Left(), 0))
    assert not is_inherited(life().whole("run", ENDED, Left(), 0))
    assert not is_inherited(life(last_peak_=amount(1, "bound", "VmHWM")).whole("run", ENDED, Left(), 0))


def test_a_peak_that_nobody_saw_is_absent():
    nothing = attrs.evolve(ENDED, peak_bytes=None)
    assert last_peak(nothing, 0, alone=True) is None
    assert last_peak(nothing, 0, alone=False) is None
    assert peak_until_now(Edge(None, None), 0, alone=True) is None


def test_the_peak_until_a_mark():
    edge = Edge(reading(1, peak=20), None)
    assert peak_until_now(edge, 99, alone=True) == amount(20, source="VmHWM")
    assert peak_until_now(edge, 19, alone=False) == amount(20, "bound", "VmHWM")
    assert peak_until_now(edge, 30, alone=False) == amount(30, "sampled", "resident sets")
    assert peak_until_now(Edge(None, None), 30, alone=True) == amount(30, "sampled", "resident sets")


def test_the_whole_peak_is_the_largest_and_as_exact_as_the_least():
    found = life(last_peak_=amount(10 * MIB, "sampled", "VmHWM"))
    peak = found.whole("run", ENDED, Left(), 0).totals["memory_peak_bytes"]
    assert (peak.value, peak.exactness) == (20 * MIB, "sampled")
    found.stretches[0] = attrs.evolve(found.stretches[0], peak=None)
    peak = found.whole("run", ENDED, Left(), 0).totals["memory_peak_bytes"]
    assert (peak.value, peak.exactness) == (10 * MIB, "sampled")


def tcp(value, exactness="exact"):
    return {"tcp_sent_bytes": Measurement(value, "bytes", exactness, "sock_diag")}


def test_shared_traffic_adds_up_over_the_stretches():
    parts = (
        PhaseTraffic(nodes={PROGRAM: tcp(100)}, totals=tcp(7, "bound")),
        PhaseTraffic(nodes={PROGRAM: tcp(20)}, totals=tcp(8, "bound")),
    )
    both = together(parts)
    assert both.nodes == {PROGRAM: tcp(120, "sampled")}
    assert both.totals == tcp(15, "bound")
    assert together(parts[:1]) is parts[0]
    assert together((parts[0], PhaseTraffic())).nodes == {PROGRAM: {}}
    whole = life(shared=parts).whole("run", ENDED, Left(), 0)
    assert whole.totals["tcp_sent_bytes"].value == 15
    assert whole.nodes[PROGRAM]["tcp_sent_bytes"].value == 120


def test_a_program_that_goes_on_loses_nothing_between_two_readings():
    end, begin = Edge(reading(45), BETWEEN), Edge(reading(46), AFTER)
    counted = attrs.evolve(begin.reading.work, instructions=amount(0))
    begin = attrs.evolve(begin, reading=attrs.evolve(begin.reading, work=counted))
    found = going_on(end, begin)
    assert found.reading.work == attrs.evolve(end.reading.work, instructions=amount(0))
    assert found.counters == BETWEEN
    assert going_on(Edge(None, BETWEEN), begin) == begin
