"""What a line takes on a terminal; rich, which draws terminals for a living, is the independent check."""

import attrs
import comparisons as made
import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tcperf.reports import console, console_builds
from tcperf.reports.builds import gather
from tcperf.reports.cells import beginning, width
from tcperf.reports.lines import cut, wrapped

#: Letters on whose width all agree: Latin, Cyrillic, Han, kana, Hangul, full-width forms, a mark above.
LETTERS = st.text(st.sampled_from("abc, Жж日本語カナ한글ＡＢ…→é́"), max_size=200)
EAST = "日本語の版" * 40


@pytest.mark.parametrize(
    ("text", "cells"), [("", 0), ("abc", 3), ("日本", 4), ("Ａ", 2), ("e\u0301", 1), ("…→é", 3), ("🎈", 2)]
)
def test_letters_of_the_east_take_two(text, cells):
    assert width(text) == cells


@given(LETTERS)
def test_it_is_counted_as_terminals_do(text):
    assert width(text) == cell_len(text)


@given(LETTERS, st.integers(0, 60))
def test_a_beginning_fits_and_is_as_long_as_may_be(text, room):
    found = beginning(text, room)
    assert text.startswith(found)
    assert width(found) <= room
    assert found == text or width(text[: len(found) + 1]) > room


@given(LETTERS, st.integers(10, 60))
def test_no_line_takes_more_than_there_is(text, room):
    assert cell_len(cut(text, room).text) <= room
    for line in wrapped(text, room):
        assert cell_len(line.text) <= room


def test_a_cut_line_ends_with_an_ellipsis():
    assert cut("日本語の版", 8).text == "日本語…"
    assert cut("日本語の版", 10).text == "日本語の版"
    assert cut("abcdef", 4).text == "abc…"


@pytest.mark.parametrize("columns", [40, 80])
def test_tables_fit_whatever_the_letters_are(columns):
    told = attrs.evolve(made.WORSE, scenario=EAST, phase=EAST, metric=EAST, note=EAST, explanation=EAST)
    found = attrs.evolve(samples.hostile(EAST), comparisons=(told, *made.ALL), warnings=(EAST,))
    for text in (
        console.render(found, columns),
        console_builds.render(gather([(EAST, found), (EAST, found)]), columns),
    ):
        assert max(map(cell_len, text.splitlines())) <= columns


def test_marks_do_not_make_up_for_wide_letters():
    mixed = "日" * 30 + "e\u0301" * 30
    assert all(cell_len(line.text) <= 40 for line in wrapped(mixed, 40))
