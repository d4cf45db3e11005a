import decimal
import numbers
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import pytest

from tcperf.teamcity.notation import parse_number, plain_notation


class Level(IntEnum):
    HIGH = 3


@numbers.Real.register
class ForeignReal:
    """As other libraries' floats are: registered as real, not a subclass of float."""

    def __float__(self):
        return 2.5


@numbers.Integral.register
class ForeignInteger:
    def __int__(self):
        return 7


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-17, "-17"),
        (9_999_999_999_999, "9999999999999"),
        (-9_999_999_999_999, "-9999999999999"),
        (Level.HIGH, "3"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (100.0, "100"),
        (1234.5, "1234.5"),
        (-0.1, "-0.1"),
        (1e-05, "0.00001"),
        (1e-06, "0.000001"),
        (4e-07, "0"),
        (-4e-07, "0"),
        (1e12, "1000000000000"),
        (1.23456789, "1.234568"),
        (9_999_999_999_999.998, "9999999999999.998047"),
        (0.5**7, "0.007812"),  # exactly half: to even
        (3 * 0.5**7, "0.023438"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (Decimal("-0.0000005"), "0"),
        (Decimal("0.0000015"), "0.000002"),
        (Decimal("0.0000025"), "0.000002"),
        (Decimal("1e-999999"), "0"),
        (Decimal("9999999999999.999999"), "9999999999999.999999"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(-2, 3), "-0.666667"),
        (Fraction(3, 2_000_000), "0.000002"),
        (Fraction(5, 2_000_000), "0.000002"),
        (Fraction(-1, 10**9), "0"),
        (Fraction(8, 2), "4"),
        (ForeignReal(), "2.5"),
        (ForeignInteger(), "7"),
    ],
)
def test_writes_plainly(value, text):
    assert plain_notation(value) == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "infinite"),
        (float("-inf"), "infinite"),
        (1e13, "more than 13 digits"),
        (-1e300, "more than 13 digits"),
        (1.7e308, "more than 13 digits"),
        (10**13, "more than 13 digits"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "NaN"),
        (Decimal("-Infinity"), "infinite"),
        (Decimal("1e13"), "more than 13 digits"),
        (Decimal("1e999999"), "more than 13 digits"),
        (Decimal("9999999999999.9999995"), "more than 13 digits"),
        (Fraction(10**13), "more than 13 digits"),
        (Fraction(10**5000, 7), "more than 13 digits"),
        (Fraction(10**20 - 1, 10**7), "more than 13 digits"),
        (True, "bool"),
        ("1", "of type str"),
        (None, "of type NoneType"),
        (1j, "of type complex"),
    ],
)
def test_refuses(value, reason):
    with pytest.raises(ValueError, match=reason):
        plain_notation(value)


def test_refuses_a_number_too_long_to_print():
    with pytest.raises(ValueError, match="more than 13 digits"):
        plain_notation(-(10**5000))


def test_ignores_the_callers_decimal_context():
    with decimal.localcontext(prec=2, rounding=decimal.ROUND_UP):
        assert plain_notation(Decimal("1234567.1234561")) == "1234567.123456"


@pytest.mark.parametrize("text", ["0", "-1", "+1", "1.", ".5", "1.50", "1e3", "1E-05", "007"])
def test_parses_what_people_and_shells_write(text):
    assert parse_number(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "nan",
        "inf",
        "1_000",
        "1,5",
        "0x10",
        "1e",
        "--1",
        ".",
        "٣",
        "1\n",
        "1e99999999999999999999",
    ],
)
def test_parses_nothing_else(text):
    with pytest.raises(ValueError, match=r"no number|beyond reason"):
        parse_number(text)
