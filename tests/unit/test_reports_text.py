"""Text that is not ours, and numbers, as the reports write them."""

import sys

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.reports.text import clean, clean_lines, flow_label, grouped, plain, shorten


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain text, größer 日本 🎈", "plain text, größer 日本 🎈"),
        ("a\x1b[31mred\x07", "a\ufffd[31mred\ufffd"),
        ("two\r\nlines\tand\u2028more\x85", "two lines and more "),
        ("\u202eexe.txt", "\ufffdexe.txt"),
        ("a\u200bb\u2066c\ufeff\u061c", "a\ufffdb\ufffdc\ufffd\ufffd"),
        ("\ud800\udcff\ufffe\x00\x9b", "\ufffd" * 5),
        ("עברית عربي", "עברית عربي"),
    ],
)
def test_clean_text_is_one_line_that_steers_nothing(text, expected):
    assert clean(text) == expected


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_clean_text_can_be_written_and_stays_clean(text):
    found = clean(text)
    assert found.encode("utf-8").decode("utf-8") == found
    assert clean(found) == found
    assert found.isprintable()


LINE = st.text(st.sampled_from("ab é🎈\t\r\x0b\x1b\x00\x85\u2028\u202e\ufeff\ud800"), max_size=6)


@given(st.lists(LINE, min_size=1, max_size=5))
def test_lines_are_cleaned_together_as_each_alone(lines):
    assert clean_lines(lines) == "\n".join(map(clean, lines))


def test_nothing_is_passed_over_that_would_be_cleaned_alone():
    """Whatever is printable is left as it is, without a closer look."""
    changed = [chr(code) for code in range(sys.maxunicode + 1) if clean(chr(code)) != chr(code)]
    assert "\x1b" in changed
    assert not any(map(str.isprintable, changed))


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a\tb", 3, "a b"), ("\x00bcd", 3, "\ufffdb…"), ("ab", 1, "…")],
)
def test_a_long_text_ends_in_an_ellipsis(text, limit, expected):
    assert shorten(text, limit) == expected


def test_shortening_does_not_clean_what_it_cuts_off():
    found = shorten("x" * 10_000_000, 50)
    assert found == "x" * 49 + "…"
    assert len(shorten("\r\n" * 100, 50)) <= 50


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-12, "-12"),
        (10**17, "100000000000000000"),
        (12.0, "12"),
        (100.0, "100"),
        (12.5, "12.5"),
        (1e-07, "0.0000001"),
        (1e16, "10000000000000000"),
        (-1.5e-9, "-0.0000000015"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_a_number_is_plain_and_in_full(value, expected):
    assert plain(value) == expected
    assert float(plain(value)) == value


def test_whole_numbers_are_grouped_for_people():
    assert grouped(420_082) == "420,082"
    assert grouped(-1_000) == "-1,000"
    assert grouped(12.5) == "12.5"


def test_a_flow_is_one_short_line():
    assert flow_label("alice", "(multicast)", "udp", "p2p") == "alice→(multicast) udp p2p"
    assert flow_label("a" * 24, "b" * 25, "tcp", "other") == f"{'a' * 24}→{'b' * 23}… tcp other"
    assert flow_label("a\nb", "\x1b[31m", "tcp", "p2p") == "a b→\ufffd[31m tcp p2p"
