"""JSON as Go's encoding/json reads and writes it, as far as a client of status-backend can tell."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

import attrs

_T = TypeVar("_T", bound="attrs.AttrsInstance")
_GO_TYPES = {str: "string", int: "int", bool: "bool"}
_KINDS = {str: "string", int: "number", float: "number", bool: "bool", list: "array", dict: "object"}


class GoJsonError(Exception):
    """The text is no JSON, or does not fit; the message is the one Go would give."""


def dumps(value: object) -> str:
    """``value`` without blanks, in ASCII."""
    return json.dumps(value, separators=(",", ":"))


def loads(text: str) -> Any:
    """The value of a JSON text."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        if not text[error.pos :].strip():
            raise GoJsonError("unexpected end of JSON input") from error
        raise _unexpected(text[error.pos]) from error
    except (ValueError, RecursionError) as error:
        raise GoJsonError("exceeded max depth") from error


def _unexpected(character: str) -> GoJsonError:
    return GoJsonError(f"invalid character {character!r} looking for beginning of value")


def _refuse_constant(name: str) -> NoReturn:
    raise _unexpected(name[0])


def unmarshal(text: str, into: type[_T]) -> _T:
    """A JSON object as an attrs class whose fields are ``str``, ``int`` or ``bool`` with defaults.

    As in Go: ``root_data_dir`` is ``rootDataDir`` in whatever case, null leaves the default, unknown names
    are ignored, and a value of another type is an error.
    """
    value = loads(text)
    if value is None:
        return into()
    if not isinstance(value, dict):
        raise GoJsonError(
            f"json: cannot unmarshal {kind(value)} into Go value of type requests.{into.__name__}"
        )
    given = {name.lower(): item for name, item in value.items() if item is not None}
    found = {}
    for attribute in attrs.fields(attrs.resolve_types(into)):
        name = attribute.name.replace("_", "")
        if name in given:
            found[attribute.name] = _checked(given[name], attribute.name, attribute.type, into.__name__)
    return into(**found)


def _checked(value: object, field: str, wanted: type, into: str) -> object:
    if type(value) is not wanted:
        first, *rest = field.split("_")
        name = first + "".join(part.capitalize() for part in rest)
        raise GoJsonError(
            f"json: cannot unmarshal {kind(value)} into Go struct field {into}.{name} of type {_GO_TYPES[wanted]}"
        )
    return value


def kind(value: object) -> str:
    """What JSON calls a value's type."""
    return _KINDS.get(type(value), "null")
