"""What holds for every quantity."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import UsageError
from tcperf.quantities import parse_amount, parse_duration, parse_percent
from tcperf.quoting import printable, shown

WHOLE = st.integers(min_value=0, max_value=10_000)


@given(WHOLE, WHOLE, WHOLE)
def test_a_duration_is_the_sum_of_its_parts(hours, minutes, seconds):
    text = f"{hours}h{minutes}m{seconds}s"
    total = hours * 3600 + minutes * 60 + seconds
    if total:
        assert parse_duration(text) == total
    else:
        with pytest.raises(UsageError):
            parse_duration(text)


@given(st.floats(min_value=1, max_value=1e6).map(lambda value: round(value, 6)))
def test_a_percentage_is_the_same_as_a_number_and_as_a_text(percent):
    assert math.isclose(parse_percent(percent), percent)
    assert math.isclose(parse_percent(f"{percent:.6f} %"), percent)


@given(
    st.integers(0, 10**9),
    st.sampled_from([("KiB", "MiB", 1024), ("kB", "MB", 1000), ("ms", "s", 1000), ("min", "h", 60)]),
)
def test_a_larger_unit_is_so_many_smaller_ones(number, units):
    small, large, ratio = units
    assert parse_amount(f"{number} {large}") == parse_amount(f"{number * ratio} {small}")


def attempt(parse, value):
    """What ``parse`` makes of ``value``: a number, or the message of its error."""
    try:
        return parse(value)
    except UsageError as error:
        return error.message


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none())
def test_anything_else_is_refused_in_one_printable_line_or_is_finite_and_not_negative(value):
    for parse in (
        parse_percent,
        lambda each: parse_amount(each).value,
        lambda each: parse_duration(str(each)),
    ):
        outcome = attempt(parse, value)
        assert outcome.isprintable() if isinstance(outcome, str) else 0 <= outcome < math.inf


@given(st.text())
def test_a_quoted_text_is_printable_and_short(text):
    assert shown(text).isprintable()
    assert len(shown(text)) <= 61
    assert printable(text).isprintable()
