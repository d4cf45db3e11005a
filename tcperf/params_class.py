"""The class ``Params`` of a scenario's module, checked: plain values that fit, each with its help, and frozen."""

from __future__ import annotations

from types import ModuleType
from typing import Final, get_args

import attrs
from attrs.exceptions import FrozenInstanceError

from tcperf.errors import TcperfError
from tcperf.keys import NAME_RULE, is_name
from tcperf.parameter import Param, params_of, plain
from tcperf.whereabouts import FaultError

_PLAIN_TYPES: Final = (bool, int, float, str)


def params_type_of(module: ModuleType) -> type:
    """The module's ``Params``.  Raises FaultError where it is none, or one of its parameters does not fit."""
    params_type = getattr(module, "Params", None)
    if not isinstance(params_type, type) or not attrs.has(params_type):
        raise FaultError(
            ("Params",), "Params is missing or is not an attrs class", cure="write @frozen class Params"
        )
    _check_params(params_type)
    return params_type


def _check_params(params_type: type) -> None:
    try:
        params = params_of(params_type)
    except TcperfError as error:
        raise FaultError(("Params",), error.message, cure=error.cure) from error
    except Exception as error:  # whatever its annotations raise when looked at
        raise FaultError(
            ("Params",), f"{type(error).__name__}: {error}", cure="a parameter is bool, int, float or str"
        ) from error
    annotations = {attribute.name: attribute.type for attribute in attrs.fields(params_type)}
    for param in params:
        _check_param(param, annotations[param.name])
    _check_frozen(params_type)


def _check_param(param: Param, annotation: object) -> None:
    if not is_name(param.name):
        raise _fault(param, "its name does not fit", f"a name is {NAME_RULE}")
    if param.type not in _PLAIN_TYPES:
        raise _fault(param, "its default is no bool, int, float or str", "give it one that is")
    _check_annotation(param, annotation)
    if not param.help.strip():
        raise _fault(param, "its help is empty", "say what it is, for tcperf list")
    for value in (param.default, param.reference):
        _check_default(param, value)


def _check_annotation(param: Param, annotation: object) -> None:
    possible = {annotation, *get_args(annotation)}  # a union's members, too
    if param.type in possible:
        return
    written = getattr(annotation, "__name__", str(annotation))
    if not possible.intersection(_PLAIN_TYPES):
        cure = f"write {param.type.__name__}, the type of its default {param.default!r}"
        raise _fault(param, f"its type {written} is no bool, int, float or str", cure)
    if float in possible and param.type is int:
        raise _fault(param, f"its default {param.default!r} is no float", f"write {param.default!r}.0")
    raise _fault(param, f"its default {param.default!r} is no {written}", "change the one or the other")


def _check_default(param: Param, value: object) -> None:
    is_number, cure = isinstance(value, int | float), "change the one or the other"
    if type(value) is not param.type and not (param.type is float and type(value) is int):
        raise _fault(param, f"{value!r} is not of the type of its default", cure)
    if param.choices and value not in param.choices:
        raise _fault(param, f"{value!r} is not one of its choices", cure)
    if param.minimum is not None and not (is_number and value >= param.minimum):  # type: ignore[operator]
        raise _fault(param, f"{value!r} is not at least {plain(param.minimum)}, its minimum", cure)
    if param.maximum is not None and not (is_number and value <= param.maximum):  # type: ignore[operator]
        raise _fault(param, f"{value!r} is not at most {plain(param.maximum)}, its maximum", cure)


def _fault(param: Param, message: str, cure: str) -> FaultError:
    return FaultError(("Params", param.name), f"parameter {param.name}: {message}", cure=cure)


def _check_frozen(params_type: type) -> None:
    """An instance must refuse assignment, or a scenario could run with other parameters than it records."""
    try:
        params = params_type()
    except Exception as error:
        raise FaultError(
            ("Params",),
            f"Params cannot be made from its defaults: {error!r}",
            cure="choose defaults that fit together",
        ) from error
    names = [attribute.name for attribute in attrs.fields(params_type)] or ["any"]
    try:
        setattr(params, names[0], None)
    except FrozenInstanceError:
        return
    except AttributeError:  # a slotted class without fields, not frozen
        pass
    raise FaultError(("Params",), "Params is not frozen", cure="write @frozen class Params")
