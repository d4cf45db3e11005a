"""The reports' parts, for anything."""

import csv
import io
from pathlib import Path

import samples
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page, drawings
from teamcity_parser import check_output

from tcperf.reports import curve, html, table_csv, teamcity
from tcperf.reports.axis import bytes_axis, percent_axis, time_axis
from tcperf.reports.console import render
from tcperf.reports.text import clean, plain, shorten
from tcperf.summary import median
from tcperf.teamcity import ServiceMessages

TEXT = st.text(st.characters(codec=None), max_size=200)
NUMBERS = st.integers(-(10**17), 10**17) | st.floats(-1e17, 1e17, allow_nan=False)


@given(TEXT)
def test_clean_text_is_printable_and_stays_as_it_is(text):
    found = clean(text)
    assert clean(found) == found
    found.encode("utf-8")
    assert not {c for c in found if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000}


@given(TEXT, st.integers(1, 50))
def test_shortened_text_keeps_its_limit(text, limit):
    found = shorten(text, limit)
    assert len(found) <= limit
    assert clean(text).startswith(found.removesuffix("…")) or len(text) > limit


@given(NUMBERS)
def test_a_plain_number_is_the_same_number(value):
    text = plain(value)
    assert type(value)(text) == value
    assert text != "-0"
    assert set(text) <= set("-0123456789.")


@given(st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=9))
def test_the_median_of_whole_numbers_lies_in_the_middle(values):
    found = median(values)
    assert sum(value < found for value in values) <= len(values) / 2
    assert sum(value > found for value in values) <= len(values) / 2
    assert median(values[::-1]) == found
    assert type(found) is int or found * 2 % 2 != 0 or abs(found) > 2**52


@given(st.floats(0, 1e17))
def test_axes_reach_their_maximum(maximum):
    for axis in (percent_axis(maximum), bytes_axis(maximum)):
        assert axis.top >= maximum * (1 - 1e-9)
        assert 2 <= len(axis.ticks) <= 5
        assert len({tick.label for tick in axis.ticks}) == len(axis.ticks)


@given(st.floats(0, 1e12))
def test_time_axes_stay_within_the_run(length_ms):
    axis = time_axis(length_ms)
    assert all(0 <= tick.share <= 1 + 1e-9 for tick in axis.ticks)
    assert 1 <= len(axis.ticks) <= 8


@given(st.lists(NUMBERS, min_size=1, max_size=300), st.integers(4, 50))
def test_thinning_keeps_extremes_ends_and_order(values, limit):
    points = [(float(number), value) for number, value in enumerate(values)]
    found = curve.thin(points, limit)
    assert len(found) <= max(limit, 4)
    assert set(found) <= set(points)
    assert found == sorted(found, key=lambda point: point[0])
    assert (found[0], found[-1]) == (points[0], points[-1])
    assert max(value for _time, value in found) == max(values)
    assert min(value for _time, value in found) == min(values)


@given(TEXT)
def test_csv_reads_back_and_calculates_nothing(text):
    rows = list(csv.reader(io.StringIO(table_csv.render(samples.hostile(text)), newline="")))
    assert {len(row) for row in rows} == {len(table_csv.HEADER)}
    values = table_csv.HEADER.index("value")
    for row in rows[1:]:
        assert not [
            cell for place, cell in enumerate(row) if place != values and cell[:1] in {*"=+-@\t\r"} - {""}
        ]


@given(TEXT)
def test_the_terminal_is_not_steered(text):
    assert all(line == clean(line) for line in render(samples.hostile(text)).split("\n"))


@given(TEXT)
@settings(max_examples=25)
def test_a_page_is_well_formed_and_harmless(text):
    page = html.render(samples.hostile(text), {})
    Page(page).check_harmless()
    drawings(page)


@given(TEXT)
@settings(max_examples=50)
def test_teamcity_gets_valid_messages(text):
    output = io.BytesIO()
    teamcity.emit(samples.reference_result(warnings=(text,)), ServiceMessages(output), Path("/work") / text)
    check_output(output.getvalue())
