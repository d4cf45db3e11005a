"""How two readings of a node become measurements; the readings themselves are tested against real processes."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tcperf.measurement import Measurement
from tcperf.metrics import METRICS
from tcperf.network.interface import Counters
from tcperf.probes.node import Edge, born, measure, totals, unborn
from tcperf.probes.reading import Amount, Reading, State, Work


def exact(value):
    return Amount(value, "exact", "somewhere")


def reading(cpu_ms=0, user_ms=0, system_ms=0, *, ended=0, family=(), instructions=None, behind_ms=0, **state):
    work = Work(
        exact(cpu_ms * 10**6), user_ms * 10**6, system_ms * 10**6, ended, instructions, behind_ms * 10**6
    )
    return Reading(work, State(**state), frozenset(family))


def phase(begin, end):
    return measure(Edge(begin, None), Edge(end, None))


def test_what_no_probe_tells_is_absent():
    found = phase(reading(), reading(5))
    assert found == {"cpu_ms": Measurement(5, "ms", "exact", "somewhere")}


@pytest.mark.parametrize(("user", "system"), [(30, 10), (3, 1), (300, 100)])
def test_the_exact_sum_splits_as_the_ticks_tell(user, system):
    found = phase(reading(100, 60, 40), reading(116, 60 + user, 40 + system))
    assert found["cpu_user_ms"] == Measurement(12, "ms", "sampled", "somewhere, split by ticks")
    assert found["cpu_system_ms"] == Measurement(4, "ms", "sampled", "somewhere, split by ticks")


def test_the_split_is_the_phases_own_and_not_the_lifes():
    found = phase(reading(1000, 1000, 0), reading(1010, 1000, 12))
    assert (found["cpu_user_ms"].value, found["cpu_system_ms"].value) == (0, 10)


def test_a_phase_without_a_tick_has_no_split():
    assert set(phase(reading(5, 4, 4), reading(7, 4, 4))) == {"cpu_ms"}


@pytest.mark.parametrize("end", [reading(9, 20, 20), reading(11, 0, 20), reading(11, 20, 0)])
def test_time_that_went_with_a_child_makes_no_figure(end):
    found = phase(reading(10, 10, 10, family={7}), end)
    assert not {"cpu_user_ms", "cpu_system_ms"} & set(found)
    assert all(each.value >= 0 for each in found.values())


@pytest.mark.parametrize(("end_ms", "told"), [(100, 0), (81, 0), (80, None), (70, None), (101, 1)])
def test_what_ticks_cut_off_of_an_ended_child_is_no_missing_figure(end_ms, told):
    """It was read alive at the begin, to the nanosecond, and at the end among what its parent waited for."""
    found = phase(reading(100, family={7}), reading(end_ms, ended=1, behind_ms=20))
    assert (found["cpu_ms"].value if "cpu_ms" in found else None) == told
    assert all(each.exactness == "sampled" for each in found.values())


def test_growth_needs_both_edges():
    state = {"read_bytes": exact(10), "page_faults": exact(3)}
    found = phase(
        reading(**state), reading(read_bytes=exact(15), written_bytes=exact(9), page_faults=exact(2))
    )
    assert found["disk_read_bytes"] == Measurement(5, "bytes", "exact", "somewhere")
    assert not {"disk_written_bytes", "page_faults_count"} & set(found)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ({"ended": 1}, {"ended": 2}),
        ({"family": {7}}, {}),
        ({}, {"family": {7}}),
        ({"family": {7}}, {"family": {7}}),
    ],
)
def test_any_child_costs_the_exactness_of_all_but_the_instructions(begin, end):
    state = {
        "read_bytes": exact(1),
        "written_bytes": exact(1),
        "page_faults": exact(1),
        "peak_bytes": exact(1),
        "instructions": exact(1),
    }
    found = phase(reading(**begin, **state), reading(**end, **state))
    assert found["instructions_count"].exactness == "exact"
    assert found["memory_peak_bytes"].exactness == "bound"
    for key in ("cpu_ms", "disk_read_bytes", "disk_written_bytes", "page_faults_count"):
        assert found[key].exactness == "sampled"
    assert found["cpu_ms"].source == "somewhere, children"
    alone = phase(reading(ended=2, **state), reading(ended=2, **state))
    assert {each.exactness for each in alone.values()} == {"exact"}


def test_nothing_is_firmer_than_what_it_is_made_of():
    loose = Amount(4, "bound", "psutil")
    found = phase(reading(read_bytes=loose), reading(read_bytes=evolve(loose, value=9)))
    assert found["disk_read_bytes"] == Measurement(5, "bytes", "bound", "psutil")
    found = phase(reading(family={7}, read_bytes=loose), reading(family={7}, read_bytes=loose))
    assert found["disk_read_bytes"].exactness == "bound"


def test_switches_are_those_of_the_threads_alive_at_the_end():
    before = {1: 100, 2: 50, 3: 9}
    after = {1: 107, 3: 4, 4: 20}  # 2 ended, 3 is another thread by that number, 4 is new
    found = phase(reading(switches=before), reading(switches=after))
    assert found["context_switches_count"] == Measurement(7 + 4 + 20, "count", "sampled", "threads' status")
    assert phase(reading(), reading(switches=after))["context_switches_count"].value == 131
    assert "context_switches_count" not in phase(reading(switches=before), reading())


def test_a_node_that_began_in_the_phase():
    end = reading(
        20,
        16,
        8,
        page_faults=exact(700),
        written_bytes=exact(5),
        rest_bytes=Amount(9, "sampled", "VmRSS"),
        switches={1: 3},
    )
    found = measure(Edge(None, None, launch_cpu_ns=2_000_000), Edge(end, None))
    assert found["cpu_ms"] == Measurement(18, "ms", "exact", "somewhere")
    assert found["cpu_user_ms"].value == 12
    assert found["page_faults_count"] == Measurement(700, "count", "bound", "somewhere")  # our fork's, too
    assert found["disk_written_bytes"] == Measurement(5, "bytes", "exact", "somewhere")
    assert found["memory_rest_bytes"] == Measurement(9, "bytes", "sampled", "VmRSS")
    assert found["context_switches_count"].value == 3
    assert (
        measure(Edge(None, None), Edge(evolve(end, family=frozenset({7})), None))["cpu_ms"].exactness
        == "sampled"
    )


def test_a_process_that_never_began_has_its_traffic_alone():
    class Host:
        def counters(self):
            return Counters(1, 2, 3, 4, 0)

    edge = unborn(Host())
    found = measure(edge, Edge(None, Counters(11, 22, 4, 6, 0)))
    assert {key: each.value for key, each in found.items()} == {
        "sent_bytes": 10,
        "received_bytes": 20,
        "packets_count": 1,
        "received_packets_count": 2,
    }
    assert born(edge, 5).launch_cpu_ns == 5


AMOUNTS = st.none() | st.builds(
    Amount, st.integers(0, 2**63), st.sampled_from(["exact", "sampled", "bound"]), st.just("x")
)
READINGS = st.builds(
    Reading,
    st.builds(
        Work,
        st.builds(Amount, st.integers(0, 2**62), st.just("exact"), st.just("x")),
        st.integers(0, 2**62),
        st.integers(0, 2**62),
        st.integers(0, 3),
        AMOUNTS,
    ),
    st.builds(
        State,
        AMOUNTS,
        AMOUNTS,
        AMOUNTS,
        AMOUNTS,
        AMOUNTS,
        AMOUNTS,
        st.none() | st.dictionaries(st.integers(1, 9), st.integers(0, 2**40)),
    ),
    st.frozensets(st.integers(1, 3), max_size=2),
)


@given(st.none() | READINGS, READINGS)
def test_no_two_readings_make_a_negative_or_nameless_figure(begin, end):
    found = phase(begin, end)
    assert set(found) <= set(METRICS)
    assert all(each.value >= 0 for each in found.values())
    if "cpu_user_ms" in found:
        both = found["cpu_user_ms"].value + found["cpu_system_ms"].value
        assert both == pytest.approx(found["cpu_ms"].value)


def test_the_collectors_share_does_not_add_up():
    share = {"go_gc_cpu_pct": Measurement(1.5, "pct", "sampled", "expvar")}
    assert totals({"alice": share, "bob": share}) == {}
