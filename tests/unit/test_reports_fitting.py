"""Blocks of lines in a limited room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.reports.fitting import Block, fit, size

FOLD = Block(("a", "b", "c"), before=("<",), after=(">",))
LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20), max_size=5).map(
    tuple
)
BLOCKS = st.lists(st.builds(Block, LINES, LINES, LINES), max_size=6)


def test_what_has_room_is_whole():
    fitted = fit([Block(("head",)), FOLD], 1000)
    assert fitted.lines == ("head", "<", "a", "b", "c", ">")
    assert fitted.left_away == 0


@pytest.mark.parametrize(
    ("room", "lines", "left_away"),
    [
        (10, ("<", "a", "b", "c", ">"), 0),
        (9, ("<", "a", "b", ">"), 1),
        (6, ("<", "a", ">"), 2),
        (5, (), 5),
        (0, (), 5),
    ],
)
def test_the_last_lines_go_first_and_a_frame_has_both_its_ends(room, lines, left_away):
    fitted = fit([FOLD], room)
    assert (fitted.lines, fitted.left_away) == (lines, left_away)


def test_what_is_too_large_makes_room_for_what_is_not():
    assert fit([Block(("x" * 20,)), Block(("y",))], 10).lines == ("y",)


def test_a_frame_without_lines_stands_alone():
    assert fit([Block(before=("<",), after=(">",))], 4).lines == ("<", ">")


def test_bytes_are_counted():
    assert size(("ש", "🎈")) == 3 + 5
    assert fit([Block(("🎈",))], 4).lines == ()
    assert fit([Block(("🎈",))], 5).lines == ("🎈",)


@given(BLOCKS, st.integers(0, 200))
def test_it_always_fits_and_no_line_is_lost_uncounted(blocks, room):
    fitted = fit(blocks, room)
    assert size(fitted.lines) <= room
    everything = [line for each in blocks for line in (*each.before, *each.lines, *each.after)]
    assert len(fitted.lines) + fitted.left_away == len(everything)
    rest = iter(everything)
    assert all(line in rest for line in fitted.lines)  # in their order


@given(BLOCKS)
def test_with_room_enough_nothing_is_left_away(blocks):
    room = sum(size((*each.before, *each.lines, *each.after)) for each in blocks)
    assert fit(blocks, room).left_away == 0
