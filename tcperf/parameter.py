"""A parameter of a scenario, as its ``Params`` class declares it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import attrs
from attrs import frozen

from tcperf.errors import ScenarioError

__all__ = ["USUAL_MAXIMA", "Param", "param", "params_of", "plain"]

#: Parameters that mean the same in every scenario, with the largest value of those that do not say their own: a
#: message's number has six digits, an hour is between two of them and a day for all, and a private network has 254 places.
USUAL_MAXIMA: Final[Mapping[str, int]] = {
    "messages": 100_000,
    "step": 3_600,
    **dict.fromkeys(("seconds", "drain", "within"), 86_400),
    "peers": 253,
    "members": 254,
    "nodes": 254,
}
_KEY = "tcperf"
_T = TypeVar("_T", bool, int, float, str)


@frozen
class Param:
    """A parameter of a scenario, as ``list`` shows it and ``--param`` parses it."""

    name: str
    type: type
    default: bool | int | float | str
    reference: bool | int | float | str
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def limits(self) -> tuple[str, ...]:
        """What is allowed, in words: "at least 2", "at most 100000"; empty where nothing was said of it."""
        found = [] if self.minimum is None else [f"at least {plain(self.minimum)}"]
        return (*found, *([] if self.maximum is None else [f"at most {plain(self.maximum)}"]))


def plain(number: float) -> str:
    """A limit as it is typed: whole numbers with all their digits."""
    return str(round(number)) if number == round(number) else f"{number:g}"


def param(
    default: _T,
    *,
    help: str,  # noqa: A002 - the word the command line uses
    reference: _T | None = None,
    choices: tuple[str, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
) -> _T:
    """A field of ``Params``: its default, its help, and the default with the bundled reference node.

    ``choices`` lists the only values allowed, ``minimum`` is the least one and ``maximum`` the largest: where it is
    None, that of ``USUAL_MAXIMA``, unless a default is above it.
    """
    said: dict[str, Any] = {"help": help, "reference": reference, "choices": choices}
    made: Any = attrs.field(
        default=default, metadata={_KEY: {**said, "minimum": minimum, "maximum": maximum}}
    )
    return made  # type: ignore[no-any-return]  # as attrs.field itself: the type checker sees the value


def params_of(params_type: type) -> tuple[Param, ...]:
    """The parameters that a ``Params`` class declares, in their order.

    Raises ScenarioError for a field without ``param``.
    """
    return tuple(_param(attribute) for attribute in attrs.fields(attrs.resolve_types(params_type)))


def _param(attribute: attrs.Attribute[Any]) -> Param:
    details = attribute.metadata.get(_KEY)
    if details is None or attribute.default is attrs.NOTHING:
        raise ScenarioError(
            f"parameter {attribute.name} has no default or no help",
            cure="declare it with tcperf.scenario.param",
        )
    default: Any = attribute.default
    reference = default if details["reference"] is None else details["reference"]
    return Param(
        attribute.name,
        type(default),
        default,
        reference,
        details["help"],
        details["choices"],
        details["minimum"],
        _maximum(attribute.name, details["maximum"], default, reference),
    )


def _maximum(name: str, said: float | None, *defaults: Any) -> float | None:
    usual = USUAL_MAXIMA.get(name)
    if said is not None or usual is None:
        return said
    return usual if all(type(value) in {int, float} and value <= usual for value in defaults) else None
