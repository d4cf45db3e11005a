"""Axes that need not begin at 0, and curves in a line of text that use them."""

import pytest

from tcperf.reports.span import span
from tcperf.reports.sparkline import ASCII, BLOCKS, levels, sparkline

KIB = 1024


def labels(found):
    return [tick.label for tick in found.ticks]


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ([398 * KIB, 402 * KIB], "bytes", ["380 KiB", "400 KiB", "420 KiB"]),
        ([900, 1100], "bytes", ["0.9 KiB", "1.0 KiB"]),
        ([300, 500], "bytes", ["300 B", "400 B", "500 B"]),
        ([1 << 31, 3 << 30], "bytes", ["2.0 GiB", "2.5 GiB", "3.0 GiB"]),
        ([850, 950], "ms", ["850 ms", "900 ms", "950 ms"]),
        ([1950, 2050], "ms", ["1.9 s", "2.0 s", "2.1 s"]),
        ([201_500, 203_000], "ms", ["200 s", "210 s"]),
        ([1_200_000, 1_800_000], "ms", ["20 min", "25 min", "30 min"]),
        ([4, 4, 5], "count", ["4.0", "4.5", "5.0"]),
        ([0, 100], "pct", ["0 %", "50 %", "100 %"]),
        ([17_620, 17_630], "", ["17,000", "17,500", "18,000", "18,500"]),
    ],
)
def test_ticks_are_round_in_the_units_people_read(values, unit, expected):
    found = span(values, unit)
    assert labels(found) == expected


def test_a_small_spread_looks_small():
    found = span([400_000, 401_000, 399_500], "bytes")
    assert found.high - found.low > 0.1 * 400_000
    assert 0.45 < found.share(400_000) < 0.55
    assert found.share(401_000) - found.share(399_500) < 0.05


def test_a_large_spread_fills_the_axis():
    found = span([100, 150, 200, 260, 300], "ms")
    assert 0 < found.share(100) < 0.1
    assert 0.9 < found.share(300) < 1


def test_what_is_never_negative_has_an_axis_that_is_not_either():
    assert span([0, 1, 2], "count").low == 0
    assert span([0.0], "ms").low == 0
    assert span([-3.0, 2.0], "pct").low < -3


def test_equal_values_have_an_axis_around_them():
    found = span([5.0] * 30, "count")
    assert (found.low, found.high) == pytest.approx((4.72, 5.28))
    assert span([0.0] * 30, "count").high == pytest.approx(1)


def test_one_stray_value_of_many_lies_beyond_and_does_not_press_the_others_flat():
    values = [*range(1000, 1020), 90_000]
    found = span(values, "ms")
    assert found.high < 1200
    assert not found.holds(90_000)
    assert found.share(90_000) == 1
    assert all(found.holds(value) for value in values[:-1])


@pytest.mark.parametrize("values", [[100, 9000], [*range(100, 110), 9000], [100] * 30 + [200] * 4])
def test_values_that_are_not_rare_are_never_cut_off(values):
    found = span(values, "ms")
    assert all(found.holds(value) for value in values)


def test_what_must_be_seen_is_never_cut_off():
    found = span([*range(1000, 1040), 90_000], "ms", always=(50_000,))
    assert found.holds(50_000)
    assert not found.holds(90_000)
    assert span([], "ms", always=(7.0,)).holds(7)


def test_no_value_at_all_has_no_axis():
    with pytest.raises(ValueError):
        span([], "ms")


def test_ticks_stand_where_their_values_are():
    found = span([398 * KIB, 402 * KIB], "bytes")
    for tick in found.ticks:
        value = float(tick.label.split()[0]) * KIB
        assert tick.share == pytest.approx(found.share(value))


# --- in a line of text -------------------------------------------------------------------------------


def test_a_curve_goes_up_and_down_with_its_values():
    assert sparkline([100, 150, 200, 150, 100], "ms") in {"▁▄█▄▁", "▁▅█▅▁"}
    assert sparkline([], "ms") == ""
    assert len(sparkline([7], "ms")) == 1


def test_a_small_spread_is_a_flat_curve():
    assert set(sparkline([400_000, 400_900, 399_500, 400_000], "bytes")) <= set("▄▅")


def test_a_stream_without_blocks_has_other_characters():
    assert levels("utf-8") == levels(None) == BLOCKS
    assert levels("ascii") == levels("cp1252") == levels("no such encoding") == ASCII
    assert len(ASCII) == len(BLOCKS)
    assert sparkline([100, 200], "ms", ASCII) == "_#"
