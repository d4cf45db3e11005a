"""Values <-> what JSON has, as they stand: whole numbers stay whole, and nothing is converted (``"12"`` is no number)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

import attrs

from tcperf.quoting import shown
from tcperf.units import HUGE

if TYPE_CHECKING:
    from cattrs import Converter

_SHOWN = 240
_KINDS: Final[dict[type, str]] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    type(None): "null",
}


@functools.cache
def converter() -> Converter:
    """A converter that takes every value as it stands or refuses it."""
    from cattrs import Converter
    from cattrs.cols import list_structure_factory, mapping_structure_factory

    made = Converter()
    for kind in (str, int, bool):
        made.register_structure_hook(kind, _exactly)
    made.register_structure_hook(float, _number)
    scalar: Any = bool | int | float | str
    made.register_structure_hook(scalar, _scalar)
    made.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    factory = made.register_structure_hook_factory
    factory(attrs.has, lambda kind: _only(dict, made.gen_structure_attrs_fromdict(kind)))
    factory(_is(Mapping), lambda kind: _only(dict, mapping_structure_factory(kind, made)))
    factory(_is(tuple), lambda kind: _only(list, list_structure_factory(_list_of(kind), made), tuple))
    return made


def _is(container: type) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is container


def _list_of(kind: Any) -> Any:
    return list[get_args(kind)[0]]  # type: ignore[misc]  # a type that is known only now


def _only(
    shape: type, hook: Callable[[Any, Any], Any], finish: Callable[[Any], Any] = lambda value: value
) -> Any:
    """``hook``, but only for a JSON ``shape``: a converter alone would take a text for a list of letters."""
    return lambda value, kind: finish(hook(_exactly(value, shape), kind))


def _exactly(value: object, kind: type) -> Any:
    if type(value) is not kind or (isinstance(value, int) and abs(value) >= HUGE):
        raise TypeError(f"{_shown(value)} instead of {_KINDS[kind]}")
    return value


def _number(value: object, _kind: object) -> Any:
    """A number of a size that figures have: a whole one stays whole."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < HUGE:
        raise TypeError(f"{_shown(value)} instead of a number")
    return value


def _scalar(value: object, kind: object) -> Any:
    return value if isinstance(value, bool | str) else _number(value, kind)


def _shown(value: object) -> str:
    """What stands where something else should.  A text is not quoted: it may be anybody's and of any length."""
    return shown(value) if isinstance(value, int | float) else _KINDS[type(value)]


def first_problem(error: Exception) -> str:
    """What is wrong first, and where: ``a text instead of a number at runs[0].order``."""
    from cattrs import transform_error

    described = transform_error(error, path="", format_exception=_describe)[0]
    problem, _, place = described.rpartition(" @ ")
    return shorten(f"{problem} at {place.lstrip('.')}" if place else problem)


def _describe(error: BaseException, _kind: type | None) -> str:
    if isinstance(error, KeyError):
        return "a key is missing"
    if isinstance(error, TypeError):  # one of ours
        return str(error)
    known = isinstance(error, ValueError) and str(error)
    return f"a value does not fit ({known})" if known else "a value does not fit"


def shorten(text: str) -> str:
    """At most 240 characters of what is wrong: names in a document are anybody's and of any length."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
