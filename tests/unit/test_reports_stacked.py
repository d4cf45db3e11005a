"""Stacked areas: every byte stands in its bin, and every layer on the one below."""

import math
import re

import pytest
import samples

from tcperf.reports.axis import time_axis
from tcperf.reports.charts import run_charts
from tcperf.reports.stacked import HEIGHT, LIMIT_BINS, LIMIT_KINDS, last_ms, stack
from tcperf.timeseries import FlowSeries, TrafficSeries


def flow(node, peer, bins, protocol="tcp", role="p2p"):
    return FlowSeries(node, peer, protocol, role, tuple(bins), tuple(bins.values()))


def traffic(*flows, interval_ms=50):
    return TrafficSeries(interval_ms, flows)


def heights(layer):
    """The height of the stack up to a layer, bin by bin, in units of the box."""
    found, y = [], HEIGHT
    for letter, number in re.findall(r"([hV])(\d+)", layer.path):
        if letter == "V":
            y = int(number)
        else:
            found += [HEIGHT - y] * int(number)
    return found


def per_second(drawn, layer):
    return [height / HEIGHT * drawn.vertical.top for height in heights(layer)]


def test_bytes_of_a_bin_become_bytes_a_second():
    drawn = stack(traffic(flow("alice", "bob", {0: 100, 100: 50})), time_axis(200))
    (layer,) = drawn.layers
    assert drawn.bins == 4
    assert drawn.vertical.top == 2048
    assert per_second(drawn, layer) == pytest.approx([2000, 0, 1000, 0], abs=2)
    assert drawn.unit == "sent per second, over steps of 50 ms"


def test_layers_stand_on_each_other_and_are_painted_from_above():
    drawn = stack(
        traffic(
            flow("bob", "alice", {0: 10, 50: 30}),
            flow("alice", "bob", {0: 50}),
            flow("alice", "(multicast)", {50: 20}, "udp"),
        ),
        time_axis(100),
    )
    assert [(layer.index, layer.label, layer.total) for layer in drawn.layers] == [
        (2, "alice→(multicast) udp p2p", "20 B"),
        (1, "bob→alice tcp p2p", "40 B"),
        (0, "alice→bob tcp p2p", "50 B"),
    ]
    top, middle, bottom = (per_second(drawn, layer) for layer in drawn.layers)
    assert bottom == pytest.approx([1000, 0], abs=2)
    assert middle == pytest.approx([1200, 600], abs=2)
    assert top == pytest.approx([1200, 1000], abs=2)


def test_what_is_the_same_flow_is_one_layer():
    drawn = stack(traffic(flow("alice", "bob", {0: 1}), flow("alice", "bob", {50: 2})), time_axis(100))
    assert [layer.total for layer in drawn.layers] == ["3 B"]


def test_beyond_seven_kinds_the_others_are_together():
    flows = [flow("alice", f"n{number}", {0: 100 - number}) for number in range(20)]
    drawn = stack(traffic(*flows), time_axis(100))
    labels = [layer.label for layer in reversed(drawn.layers)]
    assert labels == [*(f"alice→n{number} tcp p2p" for number in range(LIMIT_KINDS)), "13 others"]
    assert drawn.layers[0].total == "1.10 KiB"  # 1131 bytes
    assert len(stack(traffic(*flows[:8]), time_axis(100)).layers) == 8
    assert "others" not in stack(traffic(*flows[:8]), time_axis(100)).description


@pytest.mark.parametrize(
    ("length_ms", "interval_ms", "step"),
    [
        (200, 50, "50 ms"),
        (15_000, 50, "50 ms"),
        (15_001, 50, "100 ms"),
        (218_200, 50, "1 s"),
        (60_000, 50, "250 ms"),
        (600_000, 50, "2.5 s"),
        (36_000_000, 50, "250 s"),
        (10_000, 1, "50 ms"),
    ],
)
def test_bins_are_round_multiples_and_never_too_many(length_ms, interval_ms, step):
    bins = {place * interval_ms: 1 for place in range(0, length_ms // interval_ms, 97)}
    drawn = stack(traffic(flow("alice", "bob", bins), interval_ms=interval_ms), time_axis(length_ms))
    assert drawn.unit.endswith(f"steps of {step}")
    assert drawn.bins <= LIMIT_BINS
    assert len(heights(drawn.layers[0])) == math.ceil(drawn.bins)


def test_nothing_is_lost_at_the_edges():
    drawn = stack(traffic(flow("alice", "bob", {-20: 10, 50: 5, 99_999: 40})), time_axis(100))
    assert per_second(drawn, drawn.layers[0]) == pytest.approx([200, 900], abs=1)


def test_a_quiet_stretch_costs_the_page_nothing():
    drawn = stack(traffic(flow("alice", "bob", {0: 5, 14_950: 5})), time_axis(15_000))
    assert len(drawn.layers[0].path) < 40


def test_without_traffic_there_is_nothing_to_draw():
    assert stack(traffic(), time_axis(100)) is None
    assert stack(traffic(flow("alice", "bob", {})), time_axis(100)) is None
    assert stack(traffic(flow("alice", "bob", {0: 0})), time_axis(100)) is None


def test_the_description_tells_what_a_reader_cannot_see():
    drawn = stack(traffic(flow("alice", "bob", {0: 100, 100: 50})), time_axis(200))
    assert drawn.description == "at most 1.95 KiB a second; alice→bob tcp p2p: 150 B"


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_makes_a_label_long_or_unsafe(text):
    hostile = FlowSeries(text, text, text, text, (0,), (1,))
    (layer,) = stack(traffic(hostile), time_axis(100)).layers
    assert len(layer.label) <= 24 + 1 + 24 + 1 + 12 + 1 + 12
    assert re.fullmatch(r"M0 \d+V\d+h\dV\d+h\dV\d+Z", layer.path)


# --- in a run ----------------------------------------------------------------------------------------


def test_a_captured_run_has_its_stack_on_the_axis_of_its_charts():
    run = samples.result().runs[0]
    drawn = run_charts(run, samples.series(run))
    assert drawn.flows.horizontal == drawn.charts[0].horizontal
    assert [layer.label for layer in reversed(drawn.flows.layers)][:2] == [
        "alice→bob tcp p2p",
        "bob→alice tcp p2p",
    ]
    assert run_charts(run, samples.series(run, traffic=False)).flows is None


def test_the_axis_reaches_the_last_traffic():
    run = samples.result().runs[0]
    found = samples.series(run)
    assert last_ms(None) == last_ms(traffic()) == last_ms(traffic(flow("alice", "bob", {}))) == 0
    late = traffic(flow("alice", "bob", {400_000: 7}))
    drawn = run_charts(run, type(found)(found.run, found.interval_ms, found.nodes, late))
    assert drawn.flows.horizontal.top == 400_000
