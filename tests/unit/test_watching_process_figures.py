"""What is made of a process's readings in a stretch, however much of it the process lived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.measurement import Measurement
from tcperf.metrics import MEMORY_PEAK
from tcperf.probes.glimpse import Glimpse
from tcperf.probes.reading import Amount, Reading, State, Work
from tcperf.watching import processes
from tcperf.watching.process_figures import Life, Part, figures, peak_together
from tcperf.watching.table import Identity

MS = 10**6


def reading(cpu_ms, peak_bytes=None, instructions=None):
    peak = None if peak_bytes is None else Amount(peak_bytes, "exact", "VmHWM")
    counted = None if instructions is None else Amount(instructions, "exact", "perf")
    return Reading(
        Work(Amount(cpu_ms * MS, "exact", "cpu clock"), 0, 0, 0, counted), State(peak_bytes=peak), frozenset()
    )


def told(part, last=None, end=None, *, is_cut=False):
    found = figures(part, last, end, is_cut=is_cut)
    return {key: (each.value, each.exactness) for key, each in found.items()}


def test_who_lived_through_it_is_measured_as_a_node_is():
    assert told(Part(reading(40)), end=reading(55)) == {"cpu_ms": (15, "exact")}


def test_who_was_born_in_it_is_counted_from_its_birth_our_fork_included():
    assert told(Part(None), end=reading(55)) == {"cpu_ms": (55, "bound")}


def test_who_was_found_late_had_done_something_before():
    found = told(Part(reading(40), is_late=True), end=reading(55, 1000))
    assert found == {"cpu_ms": (15, "sampled"), "memory_peak_bytes": (1000, "sampled")}


@given(st.integers(0, 99), st.lists(st.integers(0, 99) | st.none(), max_size=4))
def test_the_peak_is_that_of_all_looks(last, seen):
    part = Part(reading(0))
    for peak in seen:
        part.saw(peak)
    highest = max([last, *(peak for peak in seen if peak is not None)])
    assert told(part, end=reading(0, last))["memory_peak_bytes"][0] == highest


@pytest.mark.parametrize("is_cut", [False, True])
def test_instructions_need_a_stretch_without_another_edge_in_it(is_cut):
    found = told(Part(reading(0, instructions=0)), end=reading(1, instructions=500), is_cut=is_cut)
    assert ("instructions_count" in found) is not is_cut


# --- who ended in it ---------------------------------------------------------------------------------


def test_to_its_end_where_it_was_found_unreaped():
    last = Glimpse(70 * MS, None, is_final=True)
    assert told(Part(reading(40)), last) == {"cpu_ms": (30, "exact")}


@pytest.mark.parametrize(
    ("part", "last"),
    [
        (Part(reading(40)), Glimpse(70 * MS, None)),
        (Part(reading(40)), Glimpse(70 * MS, None, is_final=True, has_family=True)),
        (Part(reading(40), is_late=True), Glimpse(70 * MS, None, is_final=True)),
        (Part(None), Glimpse(30 * MS, None, is_final=True)),
    ],
)
def test_otherwise_as_far_as_it_was_seen(part, last):
    assert told(part, last) == {"cpu_ms": (30, "sampled")}


def test_its_peak_is_the_last_that_was_seen():
    part = Part(reading(0))
    part.saw(2000)
    assert told(part, Glimpse(0, None, is_final=True))["memory_peak_bytes"] == (2000, "sampled")


def test_time_that_went_with_a_child_makes_no_figure():
    assert told(Part(reading(40)), Glimpse(30 * MS, None)) == {}


def test_of_whom_nothing_was_seen_nothing_is_known():
    assert figures(Part(reading(40)), None, None, is_cut=False) == {}


# --- the memory of several --------------------------------------------------------------------------


def life(first, last, peak_bytes=None, exactness="exact"):
    if peak_bytes is None:
        return Life(first, last, {"cpu_ms": Measurement(1.0, "ms", "exact", "cpu clock")})
    return Life(first, last, {MEMORY_PEAK: Measurement(peak_bytes, "bytes", exactness, "VmHWM")})


@pytest.mark.parametrize(
    ("lives", "value"),
    [
        ([life(1, 9, 100)], 100),
        ([life(1, 3, 100), life(4, 6, 110), life(7, 9, 120)], 120),
        ([life(1, 9, 100), life(2, 9, 110)], 210),
        ([life(1, 4, 100), life(4, 9, 110)], 210),
        ([life(1, 9, 10), life(2, 3, 50), life(5, 6, 20)], 60),
        ([life(1, 2, 500), life(3, 9, 100), life(4, 5, 200)], 500),
    ],
)
def test_memory_is_of_those_that_were_seen_together(lives, value):
    assert peak_together(lives).value == value
    assert peak_together(lives[::-1]).value == value


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 99)), min_size=1, max_size=8))
def test_it_is_the_most_that_any_look_saw(numbers):
    lives = [life(min(pair), max(pair), peak) for *pair, peak in numbers]
    looks = [[each for each in lives if each.first <= look <= each.last] for look in range(10)]
    most = max(sum(each.figures[MEMORY_PEAK].value for each in seen) for seen in looks)
    assert peak_together(lives).value == most


def test_it_is_as_exact_as_those_it_is_made_of():
    lives = [life(1, 9, 100), life(2, 3, 50, "sampled"), life(5, 6, 20, "bound")]
    assert peak_together(lives).exactness == "sampled"


def test_it_is_unknown_where_somebodys_is():
    assert peak_together([]) is None
    assert peak_together([life(1, 9, 100), life(2, 3)]) is None


# --- whose they are ----------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["node", "node_2", "node_2_2", "process"]), max_size=8))
def test_everybody_has_a_name_of_its_own_in_the_order_of_their_start(labels):
    members = [processes._Member(Identity(pid, pid), label, None) for pid, label in enumerate(labels)]
    named = processes._named({member: {} for member in reversed(members)})
    assert [member for member, _measured in named.values()] == members
    assert all(name.startswith(member.label) for name, (member, _measured) in named.items())
