"""Numbers in plain notation: the only way TeamCity reads them.

An optional ``-``, at most 13 integer digits, at most 6 decimals: never an exponent, a ``+``, a ``-0`` or a
``nan``.  The grammar is that of TeamCity's documentation ("Reporting build statistics").
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal
    from numbers import Rational

    #: What plain_notation takes.  Numbers of other libraries that register with ``numbers`` are taken, too.
    Number = int | float | Decimal | Rational

INTEGER_DIGITS = 13
DECIMALS = 6
_BOUND = 10**INTEGER_DIGITS
_SCALE = 10**DECIMALS
_NAN = "NaN is no number"
_INFINITE = "it is infinite"
_TOO_LARGE = f"it has more than {INTEGER_DIGITS} digits before the decimal point"
_TEXT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def plain_notation(value: Number) -> str:
    """``value`` in plain notation, rounded to 6 decimals, half to even; a nonzero value may round to 0.

    Raises ValueError with the reason: NaN, an infinity, more than 13 integer digits, or no number at all
    (bool is none: a flag that was meant to be a count should not become 1 in silence).
    """
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _bounded(value)
    return _exact(value)


def parse_number(text: str) -> Decimal:
    """The number a person or a shell script wrote: ASCII digits, a dot, a sign, an exponent.

    Raises ValueError for everything else, ``nan``, ``inf``, ``1_000`` and ``1,5`` among it.
    """
    if _TEXT.fullmatch(text) is None:
        raise ValueError("it is no number: digits, with a dot before the decimals, are one")
    from decimal import Decimal, InvalidOperation

    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("its exponent is beyond reason") from None


def _float(value: float) -> str:
    if not -_BOUND < value < _BOUND:
        raise ValueError(_why_not(value))
    return _trimmed(f"{value:.{DECIMALS}f}")


def _bounded(value: int) -> str:
    if not -_BOUND < value < _BOUND:
        raise ValueError(_TOO_LARGE)
    return f"{value:d}"


def _exact(value: object) -> str:
    """The less usual kinds of number.  Imported here: statistics are seldom anything but int and float."""
    from decimal import Decimal
    from numbers import Integral, Rational, Real

    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"it is no number but of type {type(value).__name__}")  # noqa: TRY004 - one kind of refusal
    if isinstance(value, Integral):
        return _bounded(int(value))
    if isinstance(value, Rational):
        return _rational(int(value.numerator), int(value.denominator))
    return _float(float(value))


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(_INFINITE if value.is_infinite() else _NAN)
    # Compared before it is rounded: rounding 1E+999999 would need a million digits.
    if not -_BOUND < value < _BOUND:
        raise ValueError(_TOO_LARGE)
    return _trimmed(f"{_rounded(value):f}")


def _rounded(value: Decimal) -> Decimal:
    """``value``, within the bound, to the last place, whatever the caller's decimal context."""
    from decimal import ROUND_HALF_EVEN, Context, Decimal

    context = Context(prec=INTEGER_DIGITS + DECIMALS + 1, rounding=ROUND_HALF_EVEN, traps=[])
    return context.quantize(value, Decimal(1).scaleb(-DECIMALS, context))


def _rational(numerator: int, denominator: int) -> str:
    if abs(numerator) >= _BOUND * denominator:
        raise ValueError(_TOO_LARGE)
    whole, rest = divmod(abs(numerator) * _SCALE, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and whole % 2):
        whole += 1
    sign = "-" if numerator < 0 else ""
    return _trimmed(f"{sign}{whole // _SCALE}.{whole % _SCALE:0{DECIMALS}d}")


def _trimmed(text: str) -> str:
    """Without trailing zeros, and without the sign of a zero."""
    short = text.rstrip("0").rstrip(".")
    if short == "-0":
        return "0"
    # Rounding may have carried into a fourteenth digit.
    if len(short.partition(".")[0].lstrip("-")) > INTEGER_DIGITS:
        raise ValueError(_TOO_LARGE)
    return short


def _why_not(value: float) -> str:
    if math.isnan(value):
        return _NAN
    return _INFINITE if math.isinf(value) else _TOO_LARGE
