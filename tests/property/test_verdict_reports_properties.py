"""The verdict in every report, for any comparisons."""

import csv
import io
import re

import attrs
import comparisons as made
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page, drawings

from tcperf.comparison import Comparison
from tcperf.metrics import METRICS
from tcperf.reports import comparisons_csv, html, markdown, verdicts
from tcperf.reports.console_verdict import lines
from tcperf.reports.intervals import HEIGHT, WIDTH, interval
from tcperf.reports.markdown import code, escape
from tcperf.reports.text import clean

TEXT = st.text(st.characters(codec=None), max_size=120)
SIZES = st.none() | st.integers(0, 10**15) | st.floats(0, 1e15)
PERCENTS = st.none() | st.floats(-100, 1e9)
NAMES = st.sampled_from(["one_to_one", "idle", "messages"]) | TEXT


@st.composite
def comparisons(draw):
    pairs = draw(st.integers(0, 30))
    low, high = draw(PERCENTS), draw(PERCENTS)
    if low is not None and high is not None:
        low, high = sorted((low, high))
    return Comparison(
        key=draw(TEXT),
        scenario=draw(NAMES),
        phase=draw(NAMES),
        metric=draw(st.sampled_from(sorted(METRICS)) | TEXT),
        change=draw(st.sampled_from(["worse", "better", "ok", "cannot_tell", "not_compared"])),
        gated=draw(st.booleans()),
        published=draw(st.booleans()),
        paired=draw(st.booleans()),
        pairs=pairs,
        worse_pairs=draw(st.integers(0, pairs)),
        base_median=draw(SIZES),
        head_median=draw(SIZES),
        effect_pct=draw(PERCENTS),
        low_pct=low,
        high_pct=high,
        p=draw(st.none() | st.floats(0, 1)),
        visible_pct=draw(st.none() | st.floats(0, 1e9)),
        threshold_pct=draw(st.none() | st.floats(0, 1000)),
        floor=draw(SIZES),
        limit=draw(SIZES),
        note=draw(st.none() | TEXT),
        explanation=draw(st.none() | TEXT),
        accepted=draw(st.none() | TEXT),
    )


MANY = st.lists(comparisons(), max_size=6)


PAIRED = made.paired((), pairs=1)


def result(found):
    return attrs.evolve(PAIRED, comparisons=tuple(found))


@given(MANY)
def test_every_comparison_is_told_or_folded_once(found):
    groups = verdicts.group(result(found))
    missed = [each for group in groups.missed for each in group.comparisons]
    told = [*groups.told, *missed, *groups.unchanged, *groups.within, *groups.ungated, *groups.report_only]
    assert sorted(map(repr, told)) == sorted(map(repr, found))
    if any(each.is_regression for each in found):
        assert verdicts.overall(result(found)) == "worse" or any(each.is_over_budget for each in found)


@given(MANY, st.sampled_from([40, 60, 80, 120]))
def test_the_terminal_is_not_steered_and_no_line_is_too_long(found, width):
    for line in lines(result(found), width):
        assert line.text == clean(line.text)
        assert len(line.text) <= width


@given(comparisons(), st.lists(st.floats(-100, 1e9), max_size=30))
def test_everything_lies_within_the_picture(each, changes):
    picture = interval(each, changes)
    if each.effect_pct is None:
        assert picture is None
        return
    places = (
        picture.zero,
        picture.worse_from,
        picture.better_from,
        picture.low,
        picture.high,
        picture.effect,
    )
    assert all(0 < place < WIDTH for place in places if place is not None)
    assert all(0 < dot.x < WIDTH and 0 < dot.y < HEIGHT for dot in picture.dots)
    assert len(picture.dots) == len(changes)
    if picture.low is not None:
        assert picture.low <= picture.high
    if each.threshold_pct:
        beyond = each.effect_pct > each.threshold_pct
        assert picture.effect >= picture.worse_from if beyond else picture.effect <= picture.worse_from


@given(MANY)
@settings(max_examples=25, deadline=None)
def test_a_page_is_well_formed_and_harmless(found):
    page = html.render(attrs.evolve(result(found), runs=()), {})
    Page(page).check_harmless()
    drawings(page)


@given(MANY)
def test_a_table_reads_back(found):
    rows = list(csv.reader(io.StringIO(comparisons_csv.render(result(found)), newline="")))
    assert len(rows) == 1 + len(found)
    assert {len(row) for row in rows} == {len(comparisons_csv.HEADER)}


@given(MANY)
def test_tables_in_markdown_have_their_columns_and_no_tag_is_somebody_elses(found):
    text = markdown.render(result(found))
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert {len(re.split(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} <= {7, 10}  # figures, and comparisons
    bare = re.sub(r"`[^`\n]*`", "", text).replace("<!-- -->", "")
    assert set(re.findall(r"<[^>]*>", bare)) <= {"<details>", "</details>", "<summary>", "</summary>"}
    assert all(line == clean(line) for line in text.split("\n"))


@given(TEXT)
def test_an_escaped_text_ends_no_cell_and_opens_nothing(text):
    found = escape(text)
    assert "\n" not in found
    assert re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|~$]", found) is None
    assert "<" not in found.replace("<!-- -->", "")
    assert "://" not in found
    assert re.search(r"@\w", found) is None


@given(TEXT)
def test_code_ends_where_it_should(text):
    found = code(text)
    assert found == "" or (found.count("`") == 2 and found[0] == found[-1] == "`")
    assert "|" not in found
