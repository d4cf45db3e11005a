"""Both sides over each other: which runs, on which axes, and the same in figures."""

import re

import attrs
import comparisons as made
import pytest
import samples

from tcperf.reports.charts import BOX
from tcperf.reports.html import render
from tcperf.reports.overlay import both_sides, overlay
from tcperf.reports.phase_table import of_nodes, of_sides
from tcperf.reports.scenario_view import scenario_view
from tcperf.timeseries import NodeSeries, Series


@pytest.fixture(scope="module")
def result():
    return made.paired(pairs=4)


def series(result, **changes):
    return {run.id: samples.series(run, interval_ms=500, **changes) for run in result.runs}


def drawn(result, **changes):
    return overlay(both_sides(result, "one_to_one"), series(result, **changes))


def numbers(path):
    first, *others = re.findall(r"(-?\d+) ?(-?\d+)", path)
    places = [tuple(map(int, first))]
    for across, down in others:
        places.append((places[-1][0] + int(across), places[-1][1] + int(down)))
    return places


# --- which runs --------------------------------------------------------------------------------------


def test_the_typical_run_of_the_head_stands_over_the_one_it_was_paired_with(result):
    base, head = both_sides(result, "one_to_one")
    assert (base.subject, head.subject) == ("base", "head")
    assert base.pair == head.pair is not None
    assert not base.discarded
    assert drawn(result).is_pair


def test_without_a_pair_it_is_the_typical_run_of_the_base(result):
    _base, head = both_sides(result, "one_to_one")
    without = tuple(run for run in result.runs if (run.subject, run.pair) != ("base", head.pair))
    broken = attrs.evolve(result, runs=without)
    base, again = both_sides(broken, "one_to_one")
    assert again is head
    assert base.pair != head.pair
    assert not drawn(broken).is_pair


def test_without_a_side_there_are_no_both_sides(result):
    assert both_sides(samples.result(), "one_to_one") is None
    assert both_sides(result, "idle") is None
    lost = tuple(run for run in result.runs if run.subject == "base")
    assert both_sides(attrs.evolve(result, runs=lost), "one_to_one") is None


# --- what is drawn -----------------------------------------------------------------------------------


def test_there_is_a_chart_a_quantity_with_a_curve_a_side(result):
    found = drawn(result)
    assert [chart.title for chart in found.charts] == ["CPU", "Memory", "Traffic", "Packets"]
    assert [[(each.name, each.kind) for each in chart.curves] for chart in found.charts] == [
        [("base", "base"), ("head", "head")]  # the head is painted over the base
    ] * 4
    assert found.charts[0].unit == "of one core, all nodes, over steps of 2 s"
    assert re.fullmatch(r"base: at most \d+ MiB; head: at most \d+ MiB", found.charts[1].description)


def test_packets_are_those_of_all_nodes_and_none_where_a_side_did_not_count_them(result):
    base, head = both_sides(result, "one_to_one")
    found = series(result)
    packets = drawn(result).charts[3]
    last = sum(node.sent_packets[-1] for node in found[head.id].nodes.values())
    assert packets.unit == "packets sent by all nodes since the start"
    assert packets.vertical.top >= last
    assert packets.curves[1].peak == f"{last:,}"
    uncounted = {name: attrs.evolve(node, sent_packets=None) for name, node in found[base.id].nodes.items()}
    found[base.id] = attrs.evolve(found[base.id], nodes=uncounted)
    assert [chart.title for chart in overlay((base, head), found).charts] == ["CPU", "Memory", "Traffic"]


def test_curves_lie_in_their_box_on_one_axis(result):
    found = drawn(result)
    assert len({chart.horizontal for chart in found.charts}) == 1
    for chart in found.charts:
        for each in chart.curves:
            places = [place for part in each.path.split("M")[1:] for place in numbers(f"M{part}")]
            assert len(places) > 20
            assert all(0 <= x <= BOX and 0 <= y <= BOX for x, y in places)


def test_a_side_is_all_its_nodes_together(result):
    base, head = (attrs.evolve(run, phases=()) for run in both_sides(result, "one_to_one"))
    one = Series(head.id, 50, {"alice": NodeSeries((0, 100), (0, 50), (10, 40), (0, 5), (0, 5))})
    two = Series(base.id, 50, {**one.nodes, "bob": NodeSeries((0, 100), (0, 25), (30, 60), (0, 2), (0, 2))})
    cpu, memory, traffic = overlay((base, head), {head.id: one, base.id: two}).charts
    assert cpu.description == "base: at most 75.0 %; head: at most 50.0 %"
    assert memory.description == "base: at most 100 B; head: at most 40 B"
    assert traffic.description == "base: at most 7 B; head: at most 5 B"


def test_a_phase_reaches_as_far_as_the_side_that_takes_longer_for_it(result):
    base, head = both_sides(result, "one_to_one")
    last = base.phases[-1]
    longer = attrs.evolve(last, end_ns=last.start_ns + 500_000_000_000)
    found = overlay((attrs.evolve(base, phases=(*base.phases[:-1], longer)), head), series(result))
    band, top = found.bands[-1], found.charts[0].horizontal.top
    assert band.width * top == pytest.approx(500_000)
    assert band.start + band.width == pytest.approx(1)
    assert re.fullmatch(r"base 8 min 20 s, head 3 min \d+ s", band.lasted)


def later(run, by_ms):
    """The run with everything that much later."""
    phases = (
        attrs.evolve(each, start_ns=each.start_ns + by_ms * 10**6, end_ns=each.end_ns + by_ms * 10**6)
        for each in run.phases
    )
    return attrs.evolve(run, phases=tuple(phases))


def test_both_begin_each_phase_together_though_the_base_began_later(result):
    base, head = both_sides(result, "one_to_one")
    found = overlay((later(base, 5_000), head), series(result))
    first = min(each.start_ns for each in later(base, 5_000).phases) / 1e6
    assert found.bands[0].start * found.charts[0].horizontal.top == pytest.approx(first)
    # The head's memory stops where the base's boot goes on: another line begins with the first phase.
    base_path, head_path = (each.path for each in found.charts[1].curves)
    assert head_path.count("M") > base_path.count("M") >= 1


def test_a_base_ends_with_its_phases(result):
    base, head = both_sides(result, "one_to_one")
    ends = attrs.evolve(base, phases=base.phases[:1])
    whole, short = (overlay((each, head), series(result)) for each in (base, ends))
    last = [rightmost(found.charts[1].curves[0].path) for found in (whole, short)]
    assert last[1] < last[0] / 2


def rightmost(path):
    return max(numbers(f"M{each}")[-1][0] for each in path.split("M")[1:])


def test_without_a_phase_in_common_each_has_its_own_place(result):
    base, head = both_sides(result, "one_to_one")
    other = attrs.evolve(
        base, phases=tuple(attrs.evolve(each, name=f"x_{each.name}") for each in base.phases)
    )
    found = overlay((other, head), series(result))
    assert [each.name for each in found.bands] == [
        *(each.name for each in head.phases),
        *(each.name for each in other.phases),
    ]
    assert found.bands[0].lasted.startswith("head ")
    assert found.bands[-1].lasted.startswith("base ")
    assert overlay((attrs.evolve(base, phases=()), head), series(result)).bands[0].lasted.startswith("head ")


def test_what_one_side_has_not_got_is_no_comparison(result):
    base, head = both_sides(result, "one_to_one")
    found = series(result)
    found[base.id] = samples.series(base, interval_ms=500, traffic=False)
    assert [chart.title for chart in overlay((base, head), found).charts] == ["CPU", "Memory"]
    found[base.id] = Series(base.id, 50, {"alice": NodeSeries((), (), ())})
    assert overlay((base, head), found) is None
    del found[base.id]
    assert overlay((base, head), found) is None
    found = {run.id: Series(run.id, 50, {"alice": NodeSeries((0,), (0,), (9,))}) for run in (base, head)}
    assert [chart.title for chart in overlay((base, head), found).charts] == ["Memory"]


def test_a_scenario_draws_both_sides_and_then_each_by_node(result):
    (info,) = result.scenarios
    view = scenario_view(result, info, (), (), series(result))
    assert view.overlay is not None
    assert [chart.subject for chart in view.charts] == ["head", "base"]
    assert [chart.run for chart in view.charts] == [view.overlay.head, view.overlay.base]
    assert view.undrawn == 3
    bare = scenario_view(
        result, info, (), (), {key: each for key, each in series(result).items() if "head" in key}
    )
    assert bare.overlay is None
    assert [chart.subject for chart in bare.charts] == ["head"] * 4


# --- in figures --------------------------------------------------------------------------------------


def test_the_charts_have_a_table_by_phase(result):
    base, head = both_sides(result, "one_to_one")
    table = drawn(result).table
    assert table.columns == ("base", "head")
    groups = dict(table.groups)
    assert list(groups) == ["cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count"]
    assert [row.phase for row in groups["sent_bytes"]] == ["accounts", "connect", "messages"]
    assert groups["sent_bytes"][2].cells[0] == "410 KiB"
    assert of_sides({"base": base, "head": head}) == table


def test_what_is_not_known_is_empty_and_what_nobody_knows_is_left_out():
    run = samples.result(network="host").runs[0]
    table = of_nodes(run, ("alice", "bob", "carol"))
    assert [key for key, _rows in table.groups] == ["cpu_ms", "memory_peak_bytes"]
    assert all(row.cells[2] == "" for _key, rows in table.groups for row in rows)
    assert of_nodes(attrs.evolve(run, phases=()), ("alice",)).groups == ()


def test_a_phase_that_one_side_has_not_got_is_there_all_the_same(result):
    base, head = both_sides(result, "one_to_one")
    table = of_sides({"base": attrs.evolve(base, phases=base.phases[:1]), "head": head})
    assert [row.cells[0] != "" for row in dict(table.groups)["cpu_ms"]] == [True, False, False]


# --- on the page -------------------------------------------------------------------------------------


def test_the_page_names_both_runs_and_folds_their_nodes(result):
    html = render(result, series(result))
    both = html.partition("Traffic of the head")
    assert 'class="layer0"' in both[0]
    assert 'class="layer0"' in both[2]
    assert html.count('<path class="curve base"') == html.count('<path class="curve head"') == 4
    assert html.count('<path class="curve node') == 2 * 4 * 2
    assert re.search(
        r"<h3>Over time <span><bdi>one_to_one-p0\d-base</bdi> and <bdi>one_to_one-p0\d-head</bdi>, one pair",
        html,
    )
    assert 0 < html.index("By node, of the base: ") < html.index("By node, of the head: ")


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_makes_a_table_or_a_description_long(text):
    run = samples.hostile(text).runs[0]
    found = of_nodes(run, (text,))
    assert all(len(cell) <= 24 for _key, rows in found.groups for row in rows for cell in row.cells)
