"""The tables ``[gate]``, ``[[gate.rule]]`` and ``[[accept]]`` of tcperf.toml: the rules of the gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tcperf.quantities import parse_amount, parse_percent
from tcperf.rules import ON_HISTORY, UNDECIDED, Acceptance, GatePolicy, Rule, check_unit, parse_pattern
from tcperf.tables import Table, choice, day, flag, text

GATE_KEYS: Final = ("mode", "undecided", "history", "require_comparison", "rule")
RULE_KEYS: Final = ("match", "worse_by", "floor", "max", "report_only")
ACCEPT_KEYS: Final = ("match", "up_to", "reason", "until")


def read(table: Table) -> GatePolicy:
    """The gate that ``table``, ``[gate]``, says; its ``mode`` is read with run's options.

    Raises ConfigError with the file, the line and the key of the first fault.
    """
    table.allow(GATE_KEYS)
    return GatePolicy(
        undecided=table.get("undecided", choice(UNDECIDED)) or "pass",
        history=table.get("history", choice(ON_HISTORY)) or "warn",
        require_comparison=table.get("require_comparison", flag) or False,
        rules=tuple(_rule(rule) for rule in table.tables("rule")),
    )


def _rule(table: Table) -> Rule:
    table.allow(RULE_KEYS)
    match = table.need("match", _pattern)
    if len(table.values) == 1:
        raise table.error(None, "the rule says nothing", cure=f"add one of {', '.join(RULE_KEYS[1:])}")
    fitting: Callable[[Any], Any] = lambda value: check_unit(match, parse_amount(value))  # noqa: E731
    return Rule(
        match=match,
        worse_by=table.get("worse_by", parse_percent),
        floor=table.get("floor", fitting),
        max=table.get("max", fitting),
        report_only=table.get("report_only", flag),
    )


def read_acceptance(table: Table) -> Acceptance:
    """The change that one ``[[accept]]`` accepts.  Raises ConfigError as ``read``."""
    table.allow(ACCEPT_KEYS)
    return Acceptance(
        match=table.need("match", _pattern),
        up_to=table.need("up_to", parse_percent),
        reason=table.need("reason", text),
        until=table.need("until", day),
    )


def _pattern(value: object) -> str:
    return parse_pattern(text(value))
