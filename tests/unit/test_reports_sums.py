"""What all nodes of a run used together, over time."""

import pytest

from tcperf.reports import sums
from tcperf.timeseries import NodeSeries


def node(*rows, sent=None):
    """A node's samples: time, cumulative CPU and resident set of each."""
    times, cpu, rss = zip(*rows, strict=True) if rows else ((), (), ())
    return NodeSeries(times, cpu, rss, sent, sent)


# --- CPU ---------------------------------------------------------------------------------------------


def test_cpu_of_all_nodes_is_a_mean_over_each_step():
    alice = node((0, 0, 1), (50, 50, 1), (100, 50, 1), (200, 150, 1))
    bob = node((0, 0, 1), (200, 40, 1))
    assert sums.cpu_percent([alice, bob], 100) == [(50, pytest.approx(70)), (150, pytest.approx(120))]


def test_what_was_used_across_an_edge_is_shared_between_the_steps():
    found = sums.cpu_percent([node((0, 0, 1), (50, 0, 1), (150, 80, 1), (200, 80, 1))], 100)
    assert found == [(50, pytest.approx(40)), (150, pytest.approx(40))]


@pytest.mark.parametrize("step_ms", [7, 50, 100, 333.3, 5000])
def test_nothing_that_was_used_is_lost(step_ms):
    nodes = [
        node(*((place * 50 + late, place * 13 + place % 3, 1) for place in range(200)))
        for late in (3.5, 1_021)
    ]
    used = sum(each.cpu_ms[-1] - each.cpu_ms[0] for each in nodes)
    first, last = 3.5, 1_021 + 199 * 50
    found = sums.cpu_percent(nodes, step_ms)
    edges = [
        (max(first, number * step_ms), min(last, (number + 1) * step_ms))
        for number in range(int(last // step_ms) + 1)
    ]
    lengths = {(begin + end) / 2: end - begin for begin, end in edges}
    seen = sum(percent / 100 * lengths[middle] for middle, percent in found)
    assert seen == pytest.approx(used, rel=0.02)


def test_steps_are_counted_from_the_first_sample_to_the_last():
    found = sums.cpu_percent([node((250, 0, 1), (300, 50, 1), (420, 50, 1))], 100)
    assert found == [(275, pytest.approx(100)), (350, 0), (410, 0)]
    assert (
        sums.cpu_percent([node((250, 0, 1), (300, 50, 1), (405, 50, 1))], 100)[-1][0] == 350
    )  # too short a step


def test_times_that_stand_still_and_cpu_that_goes_back_count_as_none():
    found = sums.cpu_percent([node((0, 10, 1), (0, 20, 1), (50, 15, 1), (100, 20, 1))], 100)
    assert found == [(50, pytest.approx(5))]


def test_without_two_samples_there_is_no_rate():
    assert sums.cpu_percent([node((0, 0, 1)), node()], 100) == []
    assert sums.cpu_percent([], 100) == []


def test_what_was_before_the_run_began_is_left_out():
    assert sums.cpu_percent([node((-100, 0, 1), (-50, 40, 1), (0, 60, 1), (100, 70, 1))], 100) == [
        (50, pytest.approx(10))
    ]


# --- memory and traffic ------------------------------------------------------------------------------


def test_memory_is_what_each_node_had_last():
    alice, bob = node((0, 0, 10), (100, 0, 30)), node((50, 0, 5), (150, 0, 7))
    assert sums.memory_bytes([alice, bob]) == [(0, 10), (50, 15), (100, 35), (150, 37)]
    assert sums.memory_bytes([]) == []


def test_a_peak_of_all_together_is_there():
    alice = node(*((place * 50, 0, 99 if place == 40 else 1) for place in range(100)))
    bob = node(*((place * 50 + 3, 0, 77 if place == 40 else 1) for place in range(100)))
    assert max(value for _time, value in sums.memory_bytes([alice, bob])) == 176


def test_traffic_adds_up_where_every_node_has_its_own_interface():
    alice, bob = node((0, 0, 1), (50, 0, 1), sent=(0, 42)), node((10, 0, 1), (60, 0, 1), sent=(1, 8))
    assert sums.sent_bytes([alice, bob]) == [(0, 0), (10, 1), (50, 43), (60, 50)]
    assert sums.sent_bytes([alice, node((0, 0, 1))]) == []
    assert sums.sent_bytes([]) == []
