"""What others wrote, in an error's text."""

from datetime import date
from pathlib import Path

import pytest

from tcperf.quoting import printable, shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        ({}, "a table"),
        ([1], "a list"),
        (3, "3"),
        (1.5, "1.5"),
        ("a", "'a'"),
        ("a\nb\x1b[31m", r"'a\nb\x1b[31m'"),
        ("\udcff", r"'\udcff'"),
        (date(2026, 12, 31), "2026-12-31"),
        ("x" * 100, "'" + "x" * 59 + "…"),
        pytest.param(16**5000, "a huge number", id="huge"),
    ],
)
def test_values_are_quoted_short_and_on_one_line(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one_to_one", "one_to_one"),
        (Path("/a b/ż.toml"), "/a b/ż.toml"),
        (Path("/a\nb"), r"'/a\nb'"),
        ("\udcff", r"'\udcff'"),
        ("##teamcity[x]\r", r"'##teamcity[x]\r'"),
    ],
)
def test_names_stay_as_they_are_unless_they_would_break_the_line(name, text):
    assert printable(name) == text
