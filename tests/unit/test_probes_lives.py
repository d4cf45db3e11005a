"""Processes that a node was, one after another: what they used adds up, and the highest peak counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.measurement import Measurement
from tcperf.probes.lives import joined


def life(exactness="exact", source="cpu clock", **values):
    return {
        key: Measurement(value, "bytes" if key.endswith("bytes") else "ms", exactness, source)
        for key, value in values.items()
    }


def values(found):
    return {key: each.value for key, each in found.items()}


def test_a_node_that_stayed_is_itself():
    present = life(cpu_ms=5, memory_peak_bytes=7, threads_count=3)
    assert joined([], present) == present


def test_what_was_used_adds_up_and_the_highest_peak_counts():
    past = [life(cpu_ms=5, memory_peak_bytes=70), life("sampled", "rusage", cpu_ms=1, memory_peak_bytes=90)]
    found = joined(past, life(cpu_ms=10, memory_peak_bytes=80))
    assert values(found) == {"cpu_ms": 16, "memory_peak_bytes": 90}
    assert found["cpu_ms"] == Measurement(16, "ms", "sampled", "cpu clock + rusage")


def test_what_stands_at_the_end_is_the_living_ones():
    found = joined(
        [life(cpu_ms=5, memory_rest_bytes=9)], life(cpu_ms=1, memory_rest_bytes=4, threads_count=2)
    )
    assert values(found) == {"cpu_ms": 6, "memory_rest_bytes": 4, "threads_count": 2}


def test_where_none_lives_nothing_stands():
    assert values(joined([life(cpu_ms=5, memory_rest_bytes=9)], {})) == {"cpu_ms": 5}


def test_what_one_of_them_lacks_is_absent():
    found = joined([life(cpu_ms=5, instructions_count=8)], life(cpu_ms=1))
    assert values(found) == {"cpu_ms": 6}


def test_one_that_never_was_there_used_nothing():
    assert values(joined([], {})) == {"cpu_ms": 0, "memory_peak_bytes": 0}
    assert joined([], {})["cpu_ms"].exactness == "exact"


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e12)), min_size=1, max_size=9))
def test_no_process_is_forgotten(figures):
    lives = [life(cpu_ms=cpu_ms, memory_peak_bytes=peak) for cpu_ms, peak in figures]
    found = values(joined(lives[:-1], lives[-1]))
    assert found["cpu_ms"] == pytest.approx(sum(cpu_ms for cpu_ms, _peak in figures))
    assert found["memory_peak_bytes"] == max(peak for _cpu_ms, peak in figures)
