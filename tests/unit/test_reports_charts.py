"""Axes, curves and charts: the geometry of what the report draws."""

import re

import attrs
import pytest
import samples

from tcperf.model import PhaseResult, Run
from tcperf.reports import curve
from tcperf.reports.axis import bytes_axis, count_axis, percent_axis, time_axis
from tcperf.reports.charts import BOX, run_charts
from tcperf.reports.dots import HEIGHT, WIDTH, dots
from tcperf.summary import summarize
from tcperf.timeseries import NodeSeries, Series

MIB = 1024 * 1024


def labels(axis):
    return [tick.label for tick in axis.ticks]


# --- axes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        (0, ["0 %", "1 %"]),
        (1, ["0 %", "0.5 %", "1 %"]),
        (40, ["0 %", "20 %", "40 %"]),
        (90, ["0 %", "50 %", "100 %"]),
        (100, ["0 %", "50 %", "100 %"]),
        (280, ["0 %", "100 %", "200 %", "300 %"]),
        (1600, ["0 %", "1000 %", "2000 %"]),
    ],
)
def test_percent_has_round_labels(maximum, expected):
    assert labels(percent_axis(maximum)) == expected


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        (0, ["0", "1"]),
        (2, ["0", "1", "2"]),
        (7, ["0", "5", "10"]),
        (1834, ["0", "1,000", "2,000"]),
        (70_000, ["0", "25,000", "50,000", "75,000"]),
    ],
)
def test_whole_things_have_whole_labels(maximum, expected):
    assert labels(count_axis(maximum)) == expected


@pytest.mark.parametrize(
    ("maximum", "expected"),
    [
        (0, ["0 B", "1 B"]),
        (0.5, ["0 B", "1 B"]),
        (2, ["0 B", "1 B", "2 B"]),
        (900, ["0 B", "500 B", "1000 B"]),
        (3000, ["0 KiB", "1 KiB", "2 KiB", "3 KiB"]),
        (160 * MIB, ["0 MiB", "100 MiB", "200 MiB"]),
        (1.2 * 1024**3, ["0 GiB", "0.5 GiB", "1 GiB", "1.5 GiB"]),
        (3 * 1024**6, ["0 TiB", "2e+06 TiB", "4e+06 TiB"]),
    ],
)
def test_bytes_have_round_labels_in_powers_of_1024(maximum, expected):
    assert labels(bytes_axis(maximum)) == expected


@pytest.mark.parametrize(
    ("length_ms", "expected"),
    [
        (0, ["0 s"]),
        (400, ["0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s"]),
        (1550, ["0 s", "0.5 s", "1 s", "1.5 s"]),
        (26_000, ["0 s", "5 s", "10 s", "15 s", "20 s", "25 s"]),
        (150_000, ["0 s", "30 s", "1:00", "1:30", "2:00", "2:30"]),
        (217_900, ["0 s", "1 min", "2 min", "3 min"]),
        (3_600_000, ["0 s", "10 min", "20 min", "30 min", "40 min", "50 min", "60 min"]),
        (36_000_000 * 10, ["0 s", "1200 min", "2400 min", "3600 min", "4800 min", "6000 min"]),
    ],
)
def test_time_has_round_labels(length_ms, expected):
    assert labels(time_axis(length_ms)) == expected


@pytest.mark.parametrize("maximum", [0, 0.003, 1, 7, 99.9, 100, 101, 1023, 1025, 5e9, 1e17])
@pytest.mark.parametrize("make", [percent_axis, bytes_axis])
def test_an_axis_reaches_its_maximum_and_not_much_more(make, maximum):
    axis = make(maximum)
    assert axis.top >= maximum
    assert axis.top <= max(2.6 * maximum, 1)
    assert 2 <= len(axis.ticks) <= 5
    assert [axis.ticks[0].share, axis.ticks[-1].share] == [0, 1]
    assert axis.share(axis.top) == 1


@pytest.mark.parametrize("length_ms", [1, 49, 1550, 33_333, 217_900, 9_999_999])
def test_a_time_axis_ends_where_the_run_ends(length_ms):
    axis = time_axis(length_ms)
    assert axis.top == pytest.approx(length_ms)
    assert 0 <= axis.ticks[-1].share <= 1 + 1e-9
    assert len(axis.ticks) <= 7


# --- curves ------------------------------------------------------------------------------------------


def node(*rows, traffic=None):
    times, cpu, rss = zip(*rows, strict=True) if rows else ((), (), ())
    return NodeSeries(times, cpu, rss, traffic, traffic)


def test_cumulative_cpu_becomes_percent_of_a_core():
    found = curve.cpu_percent(node((0, 0, 1), (50, 25, 1), (100, 25, 1), (200, 325, 1)))
    assert found == [(50, 50.0), (100, 0.0), (200, 300.0)]


def test_times_that_stand_still_and_cpu_that_goes_back_do_no_harm():
    found = curve.cpu_percent(node((0, 10, 1), (0, 20, 1), (50, 15, 1), (100, 20, 1)))
    assert found == [(50, 0.0), (100, 10.0)]
    assert curve.cpu_percent(node((0, 10, 1))) == []
    assert curve.cpu_percent(node()) == []


def test_traffic_is_drawn_where_it_was_measured():
    assert curve.sent_bytes(node((0, 0, 1), (50, 1, 1))) == []
    assert curve.sent_bytes(node((0, 0, 1), (50, 1, 1), traffic=(0, 42))) == [(0, 0), (50, 42)]
    assert curve.memory_bytes(node((0, 0, 4096))) == [(0, 4096)]


def test_a_short_curve_is_left_as_it_is():
    points = [(float(number), 1.0) for number in range(curve.LIMIT)]
    assert curve.thin(points) == points


def test_a_single_peak_and_a_single_dip_survive_thinning():
    points = [(float(number), 1.0) for number in range(72_000)]
    points[12_345] = (12_345.0, 99.0)
    points[54_321] = (54_321.0, -7.0)
    found = curve.thin(points)
    assert (12_345.0, 99.0) in found
    assert (54_321.0, -7.0) in found
    assert len(found) <= curve.LIMIT
    assert (found[0], found[-1]) == (points[0], points[-1])


def corners(path):
    """Where a line of curve.path turns, the origin at the top left."""
    first, *others = re.findall(r"(-?\d+)[ ]?(-?\d+)", path)
    places = [tuple(map(int, first))]
    for across, down in others:
        x, y = places[-1]
        places.append((x + int(across), y + int(down)))
    return places


def test_a_line_is_written_once_in_whole_units():
    assert curve.path([(0, 1000), (1.4, 999.6), (1.6, 20), (3, 20.2), (9, 19.9), (10, 700)]) == (
        "M0 1000l1 0 1-980 7 0 1 680"
    )
    assert curve.path([(5, 7)]) == "M5 7h1"
    assert curve.path([(5, 7), (5.2, 7.1)]) == "M5 7h1"
    with pytest.raises(ValueError, match="no point"):
        curve.path([])


def test_a_line_keeps_its_ends_its_peaks_and_its_dips():
    points = [(place, 500 + 400 * ((place * 7919) % 13 - 6) // 6) for place in range(1000)]
    found = corners(curve.path(points))
    assert (found[0], found[-1]) == (points[0], points[-1])
    assert set(found) <= set(points)
    assert {y for _x, y in found} == {y for _x, y in points}


# --- charts ------------------------------------------------------------------------------------------


def test_a_run_has_a_chart_of_cpu_memory_traffic_and_packets():
    run = samples.result().runs[0]
    drawn = run_charts(run, samples.series(run))
    assert [chart.title for chart in drawn.charts] == ["CPU", "Memory", "Traffic", "Packets"]
    assert drawn.nodes == (("alice", "node0"), ("bob", "node1"))
    assert [curve.name for curve in drawn.charts[0].curves] == ["alice", "bob"]
    assert [chart.symbol for chart in drawn.charts] == ["pct", "bytes", "bytes", "count"]
    assert drawn.charts[0].description == "alice: at most 90.0 %; bob: at most 90.0 %"


def test_every_curve_lies_in_its_box_and_is_thinned():
    run = samples.result().runs[0]
    for chart in run_charts(run, samples.series(run)).charts:
        for drawn in chart.curves:
            points = corners(drawn.path)
            assert 50 < len(points) <= curve.LIMIT
            assert all(0 <= x <= BOX and 0 <= y <= BOX for x, y in points)
            assert [x for x, _y in points] == sorted(x for x, _y in points)


def test_what_is_folded_may_have_fewer_points():
    run = samples.result().runs[0]
    for chart in run_charts(run, samples.series(run), 40).charts:
        assert all(1 < len(corners(drawn.path)) <= 40 for drawn in chart.curves)


def test_a_node_that_starts_later_begins_later():
    run = samples.result().runs[0]
    alice, bob = run_charts(run, samples.series(run)).charts[1].curves
    assert corners(alice.path)[0][0] < corners(bob.path)[0][0]


def test_phases_lie_where_they_were_on_the_same_axis():
    run = Run(
        "a-1",
        "head",
        "a",
        0,
        (PhaseResult("long", 0, 800_000_000), PhaseResult("short", 800_000_000, 810_000_000)),
    )
    series = Series("a-1", 50, {"alice": node((0, 0, 1), (1000, 5, 1))})
    drawn = run_charts(run, series)
    long, short = drawn.bands
    assert (long.number, long.name, long.start, long.width) == (1, "long", 0, 0.8)
    assert (short.number, short.start, short.width) == (2, 0.8, pytest.approx(0.01))
    assert (long.mark, short.mark) == ("wide", "slim")
    marks = [attrs.evolve(short, width=width).mark for width in (0.06, 0.048, 0.047, 0.0092, 0.009, 0)]
    assert marks == ["wide", "number", "slim", "slim", "", ""]
    assert (long.lasted, short.lasted) == ("800 ms", "10.0 ms")
    assert [tick.label for tick in drawn.ticks] == ["0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1 s"]


def test_without_traffic_there_is_no_chart_of_it():
    run = samples.result(network="host").runs[0]
    drawn = run_charts(run, samples.series(run, traffic=False))
    assert [chart.title for chart in drawn.charts] == ["CPU", "Memory"]


def test_a_node_without_samples_is_left_out_and_a_run_of_such_nodes_has_no_charts():
    run = samples.result().runs[0]
    some = Series(run.id, 50, {"alice": node((0, 0, 1), (50, 1, 1)), "bob": node()})
    assert run_charts(run, some).nodes == (("alice", "node0"),)
    assert run_charts(run, Series(run.id, 50, {"bob": node()})) is None
    assert run_charts(run, Series(run.id, 50, {})) is None


def test_one_sample_has_memory_and_no_rate():
    run = attrs.evolve(samples.result().runs[0], phases=())
    drawn = run_charts(run, Series(run.id, 50, {"alice": node((0, 0, 4096))}))
    assert [chart.title for chart in drawn.charts] == ["Memory"]
    assert drawn.bands == ()


def test_a_node_keeps_its_colour_where_another_has_no_curve():
    run = samples.result().runs[0]
    some = Series(run.id, 50, {"alice": node((0, 0, 1)), "bob": node((0, 0, 1), (50, 9, 1))})
    cpu, memory = run_charts(run, some).charts
    assert [(drawn.name, drawn.kind) for drawn in cpu.curves] == [("bob", "node1")]
    assert [(drawn.name, drawn.kind) for drawn in memory.curves] == [("alice", "node0"), ("bob", "node1")]


# --- dots --------------------------------------------------------------------------------------------


def figure(*values):
    (first, *_rest) = summarize(samples.result())
    return attrs.evolve(
        first,
        values=values,
        median=sorted(values)[len(values) // 2],
        minimum=min(values),
        maximum=max(values),
    )


def test_one_run_needs_no_picture():
    assert dots(figure(5)) is None


def test_runs_stand_in_their_order_and_higher_is_higher():
    found = dots(figure(100, 200, 50))
    (first_x, first_y), (second_x, second_y), (third_x, third_y) = found.dots
    assert first_x < second_x < third_x
    assert second_y < first_y < third_y
    assert found.median_y == first_y == HEIGHT / 2


def test_a_small_spread_looks_small():
    small = dots(figure(100, 101, 99)).dots
    assert max(y for _x, y in small) - min(y for _x, y in small) < HEIGHT / 10


@pytest.mark.parametrize("values", [(0, 0), (0, 1e9), (-5, 5, 0), tuple(range(100))])
def test_every_dot_lies_in_the_picture(values):
    for x, y in dots(figure(*values)).dots:
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
