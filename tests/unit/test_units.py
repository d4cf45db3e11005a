"""Base units inside, people's units on the way out."""

import pytest

from tcperf.units import BYTES, COUNT, MILLISECONDS, PERCENT, UNITS, humanize


def test_units_are_found_by_the_last_part_of_a_key():
    assert UNITS == {"ms": MILLISECONDS, "bytes": BYTES, "count": COUNT, "pct": PERCENT}


def test_every_unit_has_the_chart_format_that_takes_its_base_unit():
    assert {unit.symbol: unit.chart for unit in UNITS.values()} == {
        "ms": "duration",
        "bytes": "size",
        "count": "integer",
        "pct": "percent",
    }
    assert {unit.better for unit in UNITS.values()} == {"lower"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ms"),
        (0.5, "0.5 ms"),
        (0.0004, "0 ms"),
        (-0.0004, "0 ms"),
        (0.99951, "1.00 ms"),
        (1, "1.00 ms"),
        (9.996, "10.0 ms"),
        (12.34, "12.3 ms"),
        (99.96, "100 ms"),
        (123.4, "123 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (1000, "1.00 s"),
        (1900, "1.90 s"),
        (59_940, "59.9 s"),
        (59_960, "1 min 00 s"),
        (60_000, "1 min 00 s"),
        (119_999.9, "2 min 00 s"),
        (125_400, "2 min 05 s"),
        (7_200_000, "120 min 00 s"),
        (-1900, "-1.90 s"),
        (-61_000, "-1 min 01 s"),
    ],
)
def test_milliseconds(value, text):
    assert humanize(value, "ms") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (86_221, "84.2 KiB"),
        (1024 * 1023.7, "1.00 MiB"),
        (1024**2, "1.00 MiB"),
        (1024**3 * 2.5, "2.50 GiB"),
        (1024**4 * 3, "3.00 TiB"),
        (1024**5, "1024 TiB"),
        (-2048, "-2.00 KiB"),
    ],
)
def test_bytes(value, text):
    assert humanize(value, "bytes") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (7, "7"), (2.5, "2.5"), (1234, "1,234"), (1234.5, "1,234"), (1e6, "1,000,000")],
)
def test_counts_keep_their_digits_and_small_medians_their_halves(value, text):
    assert humanize(value, "count") == text


def test_percent_and_unknown_units():
    assert humanize(3.14159, "pct") == "3.14 %"
    assert humanize(12, "widgets") == "12.0 widgets"
