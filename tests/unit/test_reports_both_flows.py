"""The traffic of both sides over time: one scale, one axis, and one colour a flow."""

import re

import attrs
import comparisons as made
import pytest
import samples

from tcperf.reports.axis import time_axis
from tcperf.reports.both_flows import FlowTotal, both_flows
from tcperf.reports.html import render
from tcperf.reports.overlay import both_sides, overlay
from tcperf.reports.place import Place, Stretch
from tcperf.reports.stacked import HEIGHT
from tcperf.timeseries import FlowSeries, TrafficSeries

HERE = Place((Stretch(0.0, 10_000.0, 0.0),))


def flow(node, peer, bins):
    return FlowSeries(node, peer, "tcp", "p2p", tuple(bins), tuple(bins.values()))


def drawn(head, base, places=None, length_ms=400):
    runs = {side: f"one_to_one-{side}" for side in ("base", "head")}
    traffic = {
        "base": None if base is None else TrafficSeries(50, base),
        "head": None if head is None else TrafficSeries(50, head),
    }
    return both_flows(runs, traffic, (places or {"head": HERE, "base": HERE}, ()), time_axis(length_ms))


def top(stack):
    """The whole stack's height in bytes a second, bin by bin."""
    found, y = [], HEIGHT
    for letter, number in re.findall(r"([hV])(\d+)", stack.layers[0].path):
        if letter == "V":
            y = int(number)
        else:
            found += [(HEIGHT - y) / HEIGHT * stack.vertical.top] * int(number)
    return found


def test_a_flow_is_the_same_layer_on_both_sides_though_it_is_the_larger_one_on_one_only():
    small, large = {0: 10}, {0: 100}
    found = drawn(
        (flow("alice", "bob", small), flow("bob", "alice", large)),
        (flow("alice", "bob", large), flow("bob", "alice", small), flow("alice", "(multicast)", {0: 1})),
    )
    assert found.legend == (
        FlowTotal("alice→bob tcp p2p", 0, "100 B", "10 B"),
        FlowTotal("bob→alice tcp p2p", 1, "10 B", "100 B"),
        FlowTotal("alice→(multicast) tcp p2p", 2, "1 B", "0 B"),
    )
    assert [side.side for side in found.sides] == ["base", "head"]
    labels = [[(layer.label, layer.index) for layer in side.stack.layers] for side in found.sides]
    assert labels[0] == labels[1]


def test_bytes_have_one_scale():
    found = drawn((flow("alice", "bob", {0: 1000}),), (flow("alice", "bob", {0: 10}),))
    base, head = (side.stack for side in found.sides)
    assert head.vertical == base.vertical
    assert head.horizontal == base.horizontal
    assert (top(head)[0], top(base)[0]) == (pytest.approx(20_000, rel=0.01), pytest.approx(200, abs=15))


def test_the_base_is_moved_and_what_lies_beyond_is_in_its_total_alone():
    places = {"head": HERE, "base": Place((Stretch(100.0, 300.0, 0.0),))}
    bins = {0: 5, 150: 10, 350: 20}
    found = drawn((flow("alice", "bob", bins),), (flow("alice", "bob", bins),), places)
    base, head = (top(side.stack) for side in found.sides)
    assert [number for number, height in enumerate(head) if height] == [0, 3, 7]
    assert [number for number, height in enumerate(base) if height] == [1]
    assert found.legend[0].base == "35 B"


def test_behind_both_are_the_same_phases():
    result = made.paired(pairs=2)
    series = {run.id: samples.series(run, interval_ms=500) for run in result.runs}
    found = overlay(both_sides(result, "one_to_one"), series)
    assert [side.bands for side in found.flows.sides] == [found.bands] * 2


@pytest.mark.parametrize("silent", [None, ()])
def test_without_a_sides_traffic_there_is_no_comparison(silent):
    one = (flow("alice", "bob", {0: 1}),)
    assert drawn(None, one) is None
    assert drawn(one, None) is None
    assert (drawn(silent, one) is None) == (silent is None)
    assert drawn((), ()) is None


def test_the_page_shows_both_unfolded_and_says_which_runs_they_are_of():
    result = made.paired(pairs=2)
    series = {run.id: samples.series(run, interval_ms=500) for run in result.runs}
    html = render(result, series)
    shown = re.sub(r"<details.*?</details>", "", html.partition("Where the traffic went")[2], flags=re.DOTALL)
    assert shown.count('<path class="layer0"') == 2
    assert "<b>Traffic of the head</b>" in shown
    assert "<b>Traffic of the base</b>" in shown
    base, head = both_sides(result, "one_to_one")
    assert f"<bdi>{base.id}</bdi> above <bdi>{head.id}</bdi>" in shown
    assert overlay((base, head), series).flows is not None


def test_without_the_bases_capture_the_heads_traffic_is_shown_alone():
    result = made.paired(pairs=2)
    series = {
        run.id: samples.series(
            run if run.subject == "head" else attrs.evolve(run, traffic=()), interval_ms=500
        )
        for run in result.runs
    }
    html = render(result, series)
    assert "Where the traffic of the head went" in html
    assert "Traffic of the base" not in html
