"""Quantities as people write them."""

import math

import pytest

from tcperf.errors import UsageError
from tcperf.quantities import Amount, parse_amount, parse_duration, parse_percent, parse_rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("15min", 900),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1h 30m 15s", 5415),
        (" 1.5 h ", 5400),
        ("0.5s", 0.5),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15",
        "m",
        "15 x",
        "-5m",
        "0s",
        "0h0m",
        "1m1h",
        "1s1s",
        "1,5h",
        "1e3s",
        "nan s",
        "inf",
        "٣m",
        "9" * 400 + "h",
    ],
)
def test_no_durations(text):
    with pytest.raises(UsageError, match="expected a duration, not") as caught:
        parse_duration(text)
    assert caught.value.cure == "write it with its units, such as 90s, 15m or 1h30m"


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        ("8 %", 8),
        ("8%", 8),
        ("8", 8),
        (8, 8),
        (8.5, 8.5),
        ("0.5 %", 0.5),
        (0, 0),
        ("0", 0),
        (1, 1),
        (1.0, 1),
        ("150%", 150),
    ],
    ids=repr,
)
def test_percentages(value, percent):
    assert parse_percent(value) == percent


@pytest.mark.parametrize(
    "value",
    [
        "",
        "%",
        "8 pct",
        "eight",
        "-3 %",
        -3,
        True,
        None,
        [8],
        {},
        math.nan,
        math.inf,
        "nan",
        "9" * 400,
        10**20,
    ],
    ids=repr,
)
def test_no_percentages(value):
    with pytest.raises(UsageError, match="expected a percentage, not") as caught:
        parse_percent(value)
    assert caught.value.cure == 'write it as "8 %" or as 8'


@pytest.mark.parametrize("value", [0.03, "0.03"], ids=repr)
def test_a_share_is_not_taken_for_a_percentage(value):
    with pytest.raises(UsageError, match=r"0\.03 is ambiguous") as caught:
        parse_percent(value)
    assert caught.value.cure == 'write "3 %" or "0.03 %"'


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("64 KiB", Amount(65_536, "bytes")),
        ("64KiB", Amount(65_536, "bytes")),
        ("1.5 MiB", Amount(1_572_864, "bytes")),
        ("2 GiB", Amount(2**31, "bytes")),
        ("3 kB", Amount(3000, "bytes")),
        ("3 MB", Amount(3e6, "bytes")),
        ("3 GB", Amount(3e9, "bytes")),
        ("12 B", Amount(12, "bytes")),
        ("12 bytes", Amount(12, "bytes")),
        ("0.05 s", Amount(50, "ms")),
        ("50 ms", Amount(50, "ms")),
        ("250 us", Amount(0.25, "ms")),
        ("250 µs", Amount(0.25, "ms")),
        ("250 μs", Amount(0.25, "ms")),
        ("2 min", Amount(120_000, "ms")),
        ("1 h", Amount(3_600_000, "ms")),
        ("5 count", Amount(5, "count")),
        ("5", Amount(5, None)),
        (5, Amount(5, None)),
        (0.25, Amount(0.25, None)),
        (0, Amount(0, None)),
        (0.000_001, Amount(0.000_001, None)),
    ],
    ids=repr,
)
def test_amounts(value, amount):
    assert parse_amount(value) == amount


@pytest.mark.parametrize(
    "value",
    ["", "KiB", "-1 B", -1, True, None, [], math.nan, math.inf, "1 2", "1e3", "9" * 400, 10**20],
    ids=repr,
)
def test_no_amounts(value):
    with pytest.raises(UsageError, match="expected an amount, not"):
        parse_amount(value)


@pytest.mark.parametrize(
    ("text", "meant"), [("64 KB", "kB"), ("64 kib", "KiB"), ("5 sec", None), ("5 S", "s")]
)
def test_an_unknown_unit_gets_the_nearest(text, meant):
    with pytest.raises(UsageError, match="is not a known unit") as caught:
        parse_amount(text)
    assert caught.value.cure.startswith("choose from us" if meant is None else f"did you mean {meant}?")


@pytest.mark.parametrize(
    ("text", "bits_per_s"),
    [
        ("10mbit", 10e6),
        ("10 Mbit", 10e6),
        ("1 Gbit/s", 1e9),
        ("256kbit", 256e3),
        ("1.5mbit", 1.5e6),
        ("64000 bit", 64e3),
    ],
)
def test_rates(text, bits_per_s):
    assert parse_rate(text) == pytest.approx(bits_per_s)


@pytest.mark.parametrize("value", ["10", 20, "10MB", "mbit", "-1mbit", "10mbps", "", None, True])
def test_what_is_no_rate(value):
    with pytest.raises(UsageError, match="expected a rate") as caught:
        parse_rate(value)
    assert "10mbit" in caught.value.cure
