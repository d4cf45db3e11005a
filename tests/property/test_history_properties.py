"""Trends, their axes and their levels, for anything that builds may publish."""

import csv
import io
import itertools

import pasts
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import Page, drawings

from tcperf import changepoints
from tcperf.changepoints import Rules
from tcperf.history import History
from tcperf.reports import console_history, history_csv, history_html
from tcperf.reports.charts import BOX
from tcperf.reports.figure import figure
from tcperf.reports.keyname import in_order, named
from tcperf.reports.past import past
from tcperf.reports.span import span
from tcperf.reports.sparkline import BLOCKS, sparkline
from tcperf.reports.text import clean
from tcperf.reports.trend import Limits, trend
from tcperf.units import UNITS
from tcperf.weblink import web_link

#: What a statistic's value may be: 13 digits before the dot, 6 behind it.
VALUES = st.integers(-(10**13), 10**13) | st.floats(-1e13, 1e13).map(lambda value: round(value, 6))
TEXT = st.text(st.characters(codec=None), max_size=100)
UNIT = st.sampled_from([*UNITS, "", "mb"])


@given(st.lists(VALUES, min_size=1, max_size=200), UNIT)
def test_an_axis_holds_nearly_all_values_and_its_ticks(values, unit):
    found = span(values, unit)
    assert found.low < found.high
    assert sum(not found.holds(value) for value in values) <= len(values) // 20
    assert all(0 <= found.share(value) <= 1 for value in values)
    assert 2 <= len(found.ticks) <= 5
    shares = [tick.share for tick in found.ticks]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1


@given(st.lists(VALUES, max_size=50), st.lists(VALUES, min_size=1, max_size=5), UNIT)
def test_an_axis_holds_whatever_must_be_seen(values, always, unit):
    found = span(values, unit, always)
    assert all(found.holds(value) for value in always)
    assert min([0, *values, *always]) < 0 or found.low >= 0


@given(st.lists(VALUES, max_size=100), UNIT)
def test_a_curve_has_a_character_a_value_and_keeps_their_order(values, unit):
    found = sparkline(values, unit)
    assert len(found) == len(values)
    heights = [BLOCKS.index(character) for character in found]
    for place, value in enumerate(values):
        assert all(heights[place] <= heights[other] for other, more in enumerate(values) if more > value)


@given(
    st.lists(st.none() | VALUES, min_size=1, max_size=80).filter(
        lambda values: any(v is not None for v in values)
    ),
    st.none() | VALUES,
    st.integers(1, 30),
    st.none() | st.integers(1, 100),
)
@settings(max_examples=60)
def test_everything_drawn_lies_in_its_chart(values, this, dots, window):
    found = figure(pasts.builds(*values), named(pasts.SENT), this, window)
    made = trend(found, Limits(points=20, dots=dots), with_levels=True)
    assert 1 <= len(made.dots) <= dots
    assert [dot.x for dot in made.dots] == sorted({dot.x for dot in made.dots})
    assert all(0 < dot.x < 1 and 0 <= dot.y <= 1 for dot in made.dots)
    points = [tuple(map(int, point.split(","))) for point in made.line.split()]
    assert len(points) <= 20
    assert all(0 <= x <= BOX and 0 <= y <= BOX for x, y in points)
    if this is not None:
        assert made.this.x > made.dots[-1].x
        assert made.vertical.holds(this)
    if made.usual is not None:
        assert 0 <= made.usual.bottom <= made.usual.top <= 1
        assert 0 <= made.usual.left < 1
    assert all(0 < level.x < 1 for level in made.levels)
    assert "nan" not in made.text
    assert "inf" not in made.text


RULES = st.builds(
    Rules,
    builds=st.integers(2, 8),
    shift=st.floats(0, 1),
    change=st.floats(0, 100),
    effect=st.floats(0, 5),
)


@given(st.lists(VALUES, max_size=60), RULES)
def test_new_levels_keep_the_rules(values, rules):
    found = changepoints.find(values, rules)
    edges = [0, *(change.place for change in found), len(values)]
    assert all(later - earlier >= rules.builds for earlier, later in itertools.pairwise(edges)) or not found
    for change in found:
        shift = abs(change.after - change.before)
        assert shift >= rules.change
        assert shift >= rules.shift * abs(change.before)


@given(st.integers(10, 60), st.integers(10, 60), st.floats(100, 1e9), st.floats(1.3, 10), st.booleans())
def test_a_clear_new_level_is_found_where_it_begins(before, after, level, times, up):
    levels = (level, level * times) if up else (level * times, level)
    values = [levels[0]] * before + [levels[1]] * after
    (change,) = changepoints.find(values)
    assert (change.place, change.before, change.after) == (before, *levels)


@given(TEXT | st.from_regex(r"https?://[a-z.]{1,20}(/[a-z?=&]*)?", fullmatch=True))
def test_a_link_leads_to_a_web_page_or_nowhere(url):
    found = web_link(url)
    assert found in {url, None}
    if found is not None:
        assert found.startswith(("http://", "https://"))
        assert not set(found) & set("\"'<>\\ \n\t") - {"'"}


@given(st.sets(TEXT, max_size=20))
@example({"", "."})  # two keys of one name: a set's order is another in each process
def test_names_have_an_order_of_their_own(keys):
    found = in_order(keys)
    assert {name.key for name in found} == keys
    assert in_order(sorted(keys, reverse=True)) == found


@given(TEXT)
@settings(max_examples=25)
def test_a_page_is_well_formed_and_harmless_whatever_a_server_says(text):
    page = history_html.render(past(text, pasts.hostile(text), ["*"]))
    Page(page).check_harmless()
    drawings(page)
    page.encode("utf-8")


@given(TEXT)
@settings(max_examples=50)
def test_csv_reads_back_whatever_a_server_says(text):
    made = history_csv.render(past(text, pasts.hostile(text), ["*"]))
    header, *rows = csv.reader(io.StringIO(made, newline=""))
    assert len(rows) == 12
    assert {len(row) for row in rows} == {len(header)}
    assert {row[header.index(pasts.SENT)] for row in rows} == {"6"}


@given(TEXT, st.integers(1, 200))
@settings(max_examples=50)
def test_a_terminal_is_not_steered(text, width):
    for line in console_history.render(past(text, pasts.hostile(text), ["*"]), width).split("\n"):
        assert line == clean(line)
        assert len(line) <= max(width, 40)


@given(st.dictionaries(st.sampled_from([pasts.SENT, pasts.TIME, pasts.IDLE]), VALUES), st.integers(0, 9))
def test_figures_in_csv_are_those_of_the_builds(statistics, count):
    history = History(
        tuple(pasts.past_build(number + 1, statistics) for number in range(count)), "asked", "x"
    )
    header, *rows = csv.reader(io.StringIO(history_csv.render(past("Perf", history)), newline=""))
    assert len(rows) == count
    for row in rows:
        told = dict(zip(header, row, strict=True))
        assert {key: float(told[key]) for key in statistics} == pytest.approx(statistics, abs=1e-6)
