"""Charts: one unit each, the right format, colours that tell series apart, a stable order."""

import re
from collections import Counter

import pytest
import samples
import settings_requests as made

from tcperf.keys import KEY_LIMIT
from tcperf.metrics import METRICS
from tcperf.model import PhaseInfo, ScenarioInfo
from tcperf.rules import GatePolicy, Rule
from tcperf.teamcity.settings.chart import COLOURS, charts
from tcperf.units import UNITS

REQUESTS = {
    "given": made.request(),
    "reference": made.reference(),
    "whole": made.whole(),
    "host": made.request(traffic=False),
    "lanes": made.request(lanes=3),
}
ALL_METRICS = ScenarioInfo("all", "All.", {}, (PhaseInfo("play", publish=True, metrics=tuple(METRICS)),))


def by_id(request):
    return {chart.id: chart for chart in charts(request)}


def test_those_of_one_scenario():
    found = charts(made.request(samples.ONE_TO_ONE))
    assert [(chart.id, chart.format, [series.title for series in chart.series]) for chart in found] == [
        (
            "TcperfVerdicts",
            "integer",
            ["regressions", "improvements", "undecided", "not compared", "over budget"],
        ),
        (
            "TcperfRegressions",
            "percent",
            [f"one to one: {title}" for title in ("time", "latency", "send", "cpu", "memory peak", "sent", "packets")],
        ),
        (
            "TcperfOne_to_oneChange",
            "percent",
            ["time", "latency", "send", "cpu", "memory peak", "sent", "packets"],
        ),
        ("TcperfOne_to_oneTime", "duration", ["time", "cpu"]),
        ("TcperfOne_to_oneLatency", "duration", ["latency", "send"]),
        ("TcperfOne_to_oneMemory", "size", ["memory peak"]),
        ("TcperfOne_to_oneTraffic", "size", ["sent"]),
        ("TcperfOne_to_onePackets", "integer", ["packets"]),
        ("TcperfPairs", "integer", ["pairs"]),
    ]  # fmt: skip


def test_titles_are_for_people_and_name_the_bundled_node():
    assert by_id(made.request())["TcperfOne_to_oneTime"].title == "tcperf: one to one, time"
    found = by_id(made.reference())["TcperfReferenceOne_to_oneTime"]
    assert found.title == "tcperf, REFERENCE NODE: one to one, time"


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_one_unit_a_chart_in_its_format(request_):
    for chart in charts(request_):
        units = {series.key.rpartition("_")[2] for series in chart.series}
        assert len(units) == 1, chart.id
        assert chart.format == UNITS[units.pop()].chart


def test_every_metric_there_is_has_a_chart_and_one_alone():
    found = charts(made.request(ALL_METRICS))
    own = [series.key for chart in found for series in chart.series if chart.id.startswith("TcperfAll")]
    values = [key for key in own if not key.endswith("_delta_pct")]
    assert Counter(values) == Counter(f"tcperf.all.play.{metric}" for metric in METRICS)
    for chart in found:
        assert len({UNITS[series.key.rpartition("_")[2]].chart for series in chart.series}) == 1


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_identifiers_and_titles_are_used_once(request_):
    found = charts(request_)
    assert len({chart.id for chart in found}) == len({chart.title for chart in found}) == len(found)
    assert all(chart.series for chart in found)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_series_of_a_chart_have_colours_of_their_own_as_long_as_there_are_any(request_):
    for chart in charts(request_):
        colours = [series.color for series in chart.series]
        assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in colours)
        assert len(set(colours[: len(COLOURS)])) == len(colours[: len(COLOURS)])


def test_the_same_request_gives_the_same_charts():
    assert charts(made.whole()) == charts(made.whole())


def test_another_scenario_leaves_the_charts_of_one_as_they_are():
    alone, beside = by_id(made.request(samples.ONE_TO_ONE)), by_id(made.request())
    for name in (name for name in alone if name.startswith("TcperfOne_to_one")):
        assert alone[name] == beside[name]


def test_what_is_not_gated_has_a_value_but_no_change():
    policy = GatePolicy(rules=(Rule(match="one_to_one.*.cpu_ms", report_only=True),))
    found = by_id(made.request(samples.ONE_TO_ONE, policy=policy))
    assert "cpu" in [series.title for series in found["TcperfOne_to_oneTime"].series]
    assert "cpu" not in [series.title for series in found["TcperfOne_to_oneChange"].series]
    assert "one to one: cpu" not in [series.title for series in found["TcperfRegressions"].series]


def test_in_lanes_times_are_not_gated():
    titles = [
        series.title
        for series in by_id(made.request(samples.ONE_TO_ONE, lanes=2))["TcperfOne_to_oneChange"].series
    ]
    assert titles == ["memory peak", "sent", "packets"]


def test_a_change_whose_key_would_be_too_long_has_no_series():
    phase = PhaseInfo("p" * 24, publish=True, metrics=("memory_peak_bytes", "time_ms"))
    long = ScenarioInfo("s" * 24, "Long.", {}, (phase,))
    for chart in charts(made.request(long)):
        assert all(len(series.key) <= KEY_LIMIT for series in chart.series)
    kept = [series.key for chart in charts(made.request(long)) for series in chart.series]
    assert f"tcperf.{'s' * 24}.{'p' * 24}.memory_peak_bytes" in kept, "the value itself is there"
    assert f"tcperf.{'s' * 24}.{'p' * 24}.memory_peak_bytes_delta_pct" not in kept
    assert f"tcperf.{'s' * 24}.{'p' * 24}.time_ms_delta_pct" in kept


def test_a_scenario_that_publishes_nothing_has_no_chart():
    silent = ScenarioInfo("silent", "Silent.", {}, (PhaseInfo("play", publish=False, metrics=()),))
    assert [chart.id for chart in charts(made.request(silent))] == ["TcperfVerdicts", "TcperfPairs"]


def test_no_key_has_a_wildcard():
    for chart in charts(made.whole()):
        assert all("*" not in series.key for series in chart.series)
