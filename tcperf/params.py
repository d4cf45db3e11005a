"""Parameters of scenarios: from text and TOML to one instance of ``Params`` for each scenario.

Later ones win: the scenario's defaults (those for the reference node where it is measured),
``[params.<scenario>]`` of tcperf.toml, ``--param NAME=VALUE``, ``--param SCENARIO.NAME=VALUE``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import field, frozen

from tcperf.definition import Scenario
from tcperf.errors import UsageError
from tcperf.nearest import choose_from
from tcperf.parameter import Param, plain
from tcperf.quoting import shown
from tcperf.registry import Registry
from tcperf.tables import Table
from tcperf.units import HUGE

Value = bool | int | float | str

_WHOLE: Final = re.compile(r"([+-]?)([0-9]+)\Z")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
#: results.json is read by programs whose integers have 64 bits.
_LARGEST: Final = 2**63 - 1
#: A text of more digits is not read: it is beyond any limit.
_DIGITS: Final = 19
_TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXPECTED: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


@frozen
class Assignment:
    """One ``--param``: ``scenario`` is None where it is for every scenario that has ``name``."""

    scenario: str | None
    name: str
    text: str = field(eq=False)

    def __str__(self) -> str:
        """As the command line has it, without the value."""
        return f"--param {self.name if self.scenario is None else f'{self.scenario}.{self.name}'}"


def parse_assignments(texts: Iterable[str]) -> tuple[Assignment, ...]:
    """The values of ``--param``, in their order.

    Raises UsageError for a text that is not ``[SCENARIO.]NAME=VALUE`` and for a key given twice.
    """
    assignments: list[Assignment] = []
    for text in texts:
        assignment = _assignment(text)
        if assignment in assignments:
            raise UsageError(f"{assignment} is given twice", cure="keep one of the two")
        assignments.append(assignment)
    return tuple(assignments)


def resolve(
    scenarios: Sequence[Scenario],
    tables: Mapping[str, Table],
    assignments: Sequence[Assignment],
    *,
    reference: bool,
) -> dict[str, Any]:
    """The parameters of each of ``scenarios``, by name: an instance of its ``params_type``.

    ``tables`` are ``[params.<scenario>]`` of tcperf.toml, by scenario.  Raises UsageError for an unknown name, with
    the nearest one, and for a value that does not fit.
    """
    for assignment in assignments:
        _check_used(assignment, scenarios)
    return {
        scenario.name: _instance(scenario, tables.get(scenario.name), assignments, reference=reference)
        for scenario in scenarios
    }


def check_tables(tables: Mapping[str, Table], registry: Registry) -> None:
    """Raise UsageError for a ``[params.<scenario>]`` whose scenario does not exist, run or not."""
    for name, table in tables.items():
        if name not in registry.names:
            raise registry.unknown(name, table.file.place(table.keys))


def defaults(scenario: Scenario, *, reference: bool) -> dict[str, Value]:
    """The values of parameters that nobody sets."""
    values = {param.name: param.reference if reference else param.default for param in scenario.params}
    return {param.name: _widened(param, values[param.name]) for param in scenario.params}


def parse_value(param: Param, text: str) -> Value:
    """The value that ``text`` stands for; UsageError where it is none or does not fit."""
    if param.type is bool:
        return _fitting(param, _TRUTHS.get(text.strip().lower()), text)
    bare = text.strip()  # of more than int() strips: U+001F, for one
    if param.type is int:
        return _fitting(param, _whole(bare), text)
    if param.type is float:
        return _fitting(param, float(bare) if _DECIMAL.match(bare) else None, text)
    return _fitting(param, text, text)


def check_value(param: Param, value: Any) -> Value:
    """``value``, a TOML value, as the parameter's; UsageError where it is of another type or does not fit."""
    widened = _widened(param, value)
    fits = type(widened) is param.type
    return _fitting(param, widened if fits else None, value)


def _assignment(text: str) -> Assignment:
    key, equals, value = text.partition("=")
    scenario, dot, name = key.strip().rpartition(".")
    if not equals or not name or bool(dot) != bool(scenario) or not key.isprintable():
        raise UsageError(
            f"--param {shown(text)} is no assignment", cure="write --param [SCENARIO.]NAME=VALUE"
        )
    return Assignment(scenario or None, name, value)


def _check_used(assignment: Assignment, scenarios: Sequence[Scenario]) -> None:
    names = [scenario.name for scenario in scenarios]
    if assignment.scenario is not None and assignment.scenario not in names:
        raise UsageError(
            f"{assignment}: the scenario {assignment.scenario} is not run",
            cure=choose_from(assignment.scenario, names),
        )
    meant = [scenario for scenario in scenarios if assignment.scenario in {None, scenario.name}]
    known = [param.name for scenario in meant for param in scenario.params]
    if assignment.name not in known:
        raise UsageError(
            f"{assignment}: no such parameter in {', '.join(scenario.name for scenario in meant)}",
            cure=choose_from(assignment.name, known, none="there are no parameters to set"),
        )


def _instance(
    scenario: Scenario, table: Table | None, assignments: Sequence[Assignment], *, reference: bool
) -> Any:
    values = defaults(scenario, reference=reference)
    values |= {} if table is None else _from_table(scenario, table)
    for qualified in (False, True):
        values |= _from_command_line(scenario, assignments, qualified=qualified)
    try:
        return scenario.params_type(**values)
    except Exception as error:
        raise UsageError(f"the parameters of {scenario.name} do not fit: {error}") from error


def _from_table(scenario: Scenario, table: Table) -> dict[str, Value]:
    table.allow([param.name for param in scenario.params])
    found = {param.name: table.get(param.name, partial(check_value, param)) for param in scenario.params}
    return {name: value for name, value in found.items() if value is not None}


def _from_command_line(
    scenario: Scenario, assignments: Sequence[Assignment], *, qualified: bool
) -> dict[str, Value]:
    params = {param.name: param for param in scenario.params}
    wanted = scenario.name if qualified else None
    values: dict[str, Value] = {}
    for assignment in assignments:
        if assignment.scenario == wanted and assignment.name in params:
            try:
                values[assignment.name] = parse_value(params[assignment.name], assignment.text)
            except UsageError as error:
                raise UsageError(f"{assignment}: {error.message}", cure=error.cure) from error
    return values


def _whole(text: str) -> int | None:
    """The whole number; beyond 64 bits some other that is beyond them, and None where it is none."""
    match = _WHOLE.match(text)
    if match is None:
        return None
    digits = match[2].lstrip("0")[: _DIGITS + 1]
    return int(f"{match[1]}{digits or 0}")


def _widened(param: Param, value: Any) -> Any:
    """A whole number where any number is expected becomes one; one beyond all limits stays beyond them."""
    if param.type is not float or type(value) is not int:
        return value
    return float(max(-_LARGEST, min(_LARGEST, value)))


def _fitting(param: Param, value: Value | None, given: object) -> Value:
    """``value`` within the parameter's choices and limits; None is what cannot be read."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise UsageError(f"expected {_EXPECTED[param.type]}, not {shown(given)}")
    if param.choices and value not in param.choices:
        raise UsageError(f"{shown(given)} is not a choice", cure=choose_from(str(value), param.choices))
    if isinstance(value, int | float):
        _check_limits(param, value, given)
    if isinstance(value, str) and not _is_unicode(value):
        raise UsageError(f"{shown(value)} is not valid UTF-8")
    return value


def _check_limits(param: Param, value: float, given: object) -> None:
    """Raise UsageError, which says what the parameter is, for a number beyond its limits, or beyond any."""
    largest = HUGE if param.type is float else _LARGEST
    least = -largest if param.minimum is None else param.minimum
    most = largest if param.maximum is None else param.maximum
    if not least <= value <= most:
        limit = f"at least {plain(least)}" if value < least else f"at most {plain(most)}"
        raise UsageError(f"expected {limit}, not {shown(given)}", cure=f"{param.name} is: {param.help}")


def _is_unicode(text: str) -> bool:
    """False for the lone surrogates that Python makes of a command line's bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
