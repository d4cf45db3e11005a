"""What holds for the text of every number."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tcperf.units import UNITS, humanize

NUMBERS = st.floats(min_value=-1e15, max_value=1e15, allow_nan=False)
SCALES = {"ms": 1, "s": 1000, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "%": 1}


@given(NUMBERS, st.sampled_from(sorted(UNITS)))
def test_no_exponent_and_never_a_minus_zero(value, unit):
    text = humanize(value, unit)
    assert re.fullmatch(r"-?[0-9][0-9,.]*( (ms|s|B|[KMGT]iB|%|min [0-5][0-9] s))?", text)
    assert text.split(" ")[0] != "-0" or unit in {"bytes", "count"}


@given(st.floats(min_value=1, max_value=59_900), st.sampled_from(["ms", "bytes", "pct"]))
def test_three_digits_are_within_half_a_percent(value, unit):
    number, symbol = humanize(value, unit).split(" ")
    assert abs(float(number) * SCALES[symbol] - value) <= max(0.005 * value, 0.5 if symbol == "B" else 0)


@given(st.floats(min_value=60_000, max_value=1e12))
def test_minutes_and_seconds_are_within_half_a_second(value):
    minutes, seconds = re.fullmatch(r"([0-9]+) min ([0-9]{2}) s", humanize(value, "ms")).groups()
    assert abs(int(minutes) * 60_000 + int(seconds) * 1000 - value) <= 500
