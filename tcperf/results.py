"""Result <-> results.json.

Within a schema, reading is forward compatible: keys that this version does not know are ignored.  Older
schemas are upgraded, one step after another; a newer one is refused, for its numbers may mean something else.
Numbers are taken as they stand: whole ones stay whole, and nothing is converted (``"12"`` is no number).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

import attrs

from tcperf.errors import ConfigError, UsageError
from tcperf.model import SCHEMA, Result, Run
from tcperf.quoting import shown
from tcperf.soundness import first_fault

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "HISTORY",
    "HUGE",
    "dumps",
    "load",
    "loads",
    "read_bytes",
    "refuse_newer",
    "run_document",
    "run_of",
    "strict_json",
]

Document = dict[str, Any]

#: What changed with each schema, and which release brought it.
HISTORY: Final[dict[int, str]] = {
    1: (
        "tcperf 0.1.0: the first; ready for pairs (runs[].pair, runs[].lane, comparisons).  Since then, absent in "
        "older files: comparisons[], pairings, runs[].discarded_because and runs[].surroundings"
    ),
}
#: Schema n -> the function that makes a document of schema n + 1 of one of schema n, in place or anew.
_UPGRADES: Final[dict[int, Callable[[Document], Document]]] = {}

_SHOWN = 240
#: No figure is as large: in nanoseconds, 31 years.  Beyond, sums overflow and whole numbers lose digits.
HUGE: Final = 10**18
_CURE = "give a file that tcperf wrote, whole"
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}[0-9A-Za-z.+-]{0,16}")


def dumps(result: Result) -> str:
    """The text of results.json: ASCII, one value a line, in the order of the model; ends with a newline.

    Raises ValueError for NaN and infinities, which JSON has not.
    """
    document = _converter().unstructure(result)
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def loads(text: str, origin: str = "results.json") -> Result:
    """The Result in ``text``; ``origin`` names it in errors.

    Raises ConfigError for a newer schema, and UsageError, with the line or the place inside the document,
    for what is no result, or was changed into one that cannot be.
    """
    document = _upgraded(strict_json(text, origin), origin)
    try:
        result = _converter().structure(document, Result)
    except Exception as error:
        raise UsageError(f"{origin} is no result of tcperf: {_first_problem(error)}", cure=_CURE) from error
    fault = first_fault(result)
    if fault is not None:
        raise UsageError(f"{origin} is no result of tcperf: {_short(fault)}", cure=_CURE)
    return result


def run_document(run: Run) -> Document:
    """A run as results.json has it."""
    document: Document = _converter().unstructure(run)
    return document


def run_of(document: Document) -> Run:
    """The run that ``run_document`` made a document of."""
    return _converter().structure(document, Run)


def load(path: Path) -> Result:
    """The Result in the file at ``path``.  Raises what ``loads`` raises, and UsageError if it cannot be read."""
    try:
        return loads(read_bytes(path).decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: byte {error.start}", cure=_CURE) from error


def read_bytes(path: Path) -> bytes:
    """A file's bytes.  Raises UsageError where there is no such file or it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", cure="give a file that exists"
        ) from error


def strict_json(text: str, origin: str) -> Document:
    """The JSON object in ``text``.  Raises UsageError, naming ``origin`` and the line, where there is none."""
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise UsageError(f"{origin} is no JSON: {problem}", cure=_CURE) from error
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits; nested too deep
        raise UsageError(f"{origin} is no JSON to be trusted: {error}", cure=_CURE) from error
    if not isinstance(document, dict):
        raise UsageError(f"{origin} holds no JSON object", cure=_CURE)
    return document


def refuse_newer(document: Document, known: int, origin: str) -> int:
    """The document's schema.  Raises ConfigError where it is newer than ``known``, UsageError where it is none."""
    schema = document.get("schema")
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
        raise UsageError(f"{origin} names no schema: tcperf did not write it", cure=_CURE)
    if schema > known:
        raise ConfigError(
            f"{origin} has schema {schema}, and this tcperf reads up to schema {known}",
            cure=f"install tcperf ≥ {_writer(document)}",
        )
    return schema


def _upgraded(document: Document, origin: str) -> Document:
    for schema in range(refuse_newer(document, SCHEMA, origin), SCHEMA):
        document = _UPGRADES[schema](document) | {"schema": schema + 1}
    return document


def _writer(document: Document) -> str:
    """The version that wrote a document; others' text is not repeated in an instruction."""
    tool = document.get("tool")
    version = tool.get("version") if isinstance(tool, dict) else None
    known = isinstance(version, str) and _VERSION.fullmatch(version) is not None
    return str(version) if known else "the version that wrote it"


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


@functools.cache
def _converter() -> Converter:
    """A converter that takes every value as it stands or refuses it."""
    from cattrs import Converter
    from cattrs.cols import list_structure_factory, mapping_structure_factory

    converter = Converter()
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly)
    converter.register_structure_hook(float, _number)
    scalar: Any = bool | int | float | str
    converter.register_structure_hook(scalar, _scalar)
    converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)
    factory = converter.register_structure_hook_factory
    factory(attrs.has, lambda kind: _only(dict, converter.gen_structure_attrs_fromdict(kind)))
    factory(_is(Mapping), lambda kind: _only(dict, mapping_structure_factory(kind, converter)))
    factory(_is(tuple), lambda kind: _only(list, list_structure_factory(_list_of(kind), converter), tuple))
    return converter


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


_KINDS: Final[dict[type, str]] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    type(None): "null",
}


def _shown(value: object) -> str:
    """What stands where something else should.  A text is not quoted: it may be anybody's and of any length."""
    return shown(value) if isinstance(value, int | float) else _KINDS[type(value)]


def _first_problem(error: Exception) -> str:
    """What is wrong first, and where: ``a text instead of a number at runs[0].order``."""
    from cattrs import transform_error

    described = transform_error(error, path="", format_exception=_describe)[0]
    problem, _, place = described.rpartition(" @ ")
    return _short(f"{problem} at {place.lstrip('.')}" if place else problem)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _describe(error: BaseException, _kind: type | None) -> str:
    if isinstance(error, KeyError):
        return "a key is missing"
    if isinstance(error, TypeError):  # one of ours
        return str(error)
    known = isinstance(error, ValueError) and str(error)
    return f"a value does not fit ({known})" if known else "a value does not fit"
