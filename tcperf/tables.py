"""A table of a configuration file, read strictly: every key is known, every value of its type.

A converter takes a value as TOML has it and returns the typed one, or raises UsageError saying what was
expected; the table adds the file, the line and the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar
from unicodedata import category

from attrs import frozen

from tcperf.errors import ConfigError, UsageError
from tcperf.nearest import choose_from
from tcperf.quantities import parse_duration
from tcperf.quoting import shown
from tcperf.tomlfile import Keys, TomlFile

_T = TypeVar("_T")
#: No count of runs, pairs or lanes makes sense above it.
_MOST: Final = 1_000_000
#: What no text of ours may hold, by Unicode's general category: whoever reads it would not see it.
_KINDS: Final = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "broken text",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
    "Zs": "a space of an unusual kind",
}
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+\Z")


@frozen
class Table:
    """The table at ``keys`` of ``file``: empty where the file has none."""

    file: TomlFile
    keys: Keys
    values: Mapping[str, Any]

    def table(self, key: str) -> Table:
        """The table called ``key``, empty where there is none."""
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            raise self.error(
                key, f"expected a table, not {shown(values)}", cure=f"write [{self.dotted(key)}]"
            )
        return Table(self.file, (*self.keys, key), values)

    def tables(self, key: str) -> tuple[Table, ...]:
        """The tables of the array ``key``, in the file's order."""
        values = self.values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.error(key, "expected an array of tables", cure=f"write [[{self.dotted(key)}]]")
        return tuple(
            Table(self.file, (*self.keys, key, number), value) for number, value in enumerate(values)
        )

    def allow(self, known: Collection[str]) -> None:
        """Raise ConfigError, with the nearest name, for the first key that is not among ``known``."""
        for key in self.values:
            if key not in known:
                raise self.error(key, "no such key", cure=choose_from(key, known))

    def get(self, key: str, convert: Callable[[Any], _T]) -> _T | None:
        """The value of ``key``, converted; None where it is not given."""
        if key not in self.values:
            return None
        try:
            return convert(self.values[key])
        except UsageError as error:
            raise self.error(key, error.message, cure=error.cure) from error

    def need(self, key: str, convert: Callable[[Any], _T]) -> _T:
        """The value of ``key``, converted; ConfigError where it is not given."""
        value = self.get(key, convert)
        if value is None:
            raise self.error(None, f"{key} is missing", cure=f"every {self.dotted()} needs it")
        return value

    def error(self, key: str | None, message: str, *, cure: str | None = None) -> ConfigError:
        """The error to raise about ``key``, or about the table itself where None."""
        keys = self.keys if key is None else (*self.keys, key)
        return ConfigError(f"{self.file.place(keys)}: {self.dotted(key)}: {message}", cure=cure)

    def dotted(self, key: str | None = None) -> str:
        """The name of ``key`` from the top of the file, as TOML writes it: without indices, quoted where need be."""
        keys = self.keys if key is None else (*self.keys, key)
        parts = [part for part in keys if isinstance(part, str)]
        return ".".join(part if _BARE.match(part) else shown(part) for part in parts)


def said_once(table: Table, key: str, other: Table, name: str, convert: Callable[[Any], _T]) -> _T | None:
    """The value of ``key``, which may stand in the table ``other`` under ``name`` instead; None where it is not given.

    Raises ConfigError where both say it.
    """
    value = other.get(name, convert)
    if value is None:
        return table.get(key, convert)
    if key in table.values:
        raise other.error(name, f"{table.dotted(key)} says it already", cure="keep one of the two")
    return value


def text(value: object) -> str:
    """A string that is not empty, of letters that can be seen, and spaces."""
    if not isinstance(value, str):
        raise UsageError(f"expected a text, not {shown(value)}", cure="put it in quotes")
    for letter in value:
        if not letter.isprintable():
            raise UsageError(f"{shown(value)} holds {_named(letter)}")
    if not value.strip():
        raise UsageError(f"{shown(value)} is empty")
    return value


def _named(letter: str) -> str:
    """What cannot be seen: ``a tab (U+0009)``, ``a line separator (U+2028)``."""
    kind = "a tab" if letter == "\t" else _KINDS.get(category(letter), "a character that cannot be shown")
    return f"{kind} (U+{ord(letter):04X})"


def texts(value: object) -> tuple[str, ...]:
    """A list of strings, or a single one."""
    return tuple(text(item) for item in value) if isinstance(value, list) else (text(value),)


def flag(value: object) -> bool:
    """A truth value: true or false."""
    if not isinstance(value, bool):
        raise UsageError(f"expected true or false, not {shown(value)}")
    return value


def day(value: object) -> date:
    """A date without a time."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise UsageError(
            f"expected a date, not {shown(value)}", cure="write it without quotes and time: 2026-12-31"
        )
    return value


def count(value: object) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise UsageError(f"expected a whole number from 1 to {_MOST}, not {shown(value)}")
    return value


def duration(value: object) -> float:
    """Seconds: a text with its units."""
    if not isinstance(value, str):
        raise UsageError(f"expected a duration, not {shown(value)}", cure='write it as "15m" or "90s"')
    return parse_duration(value)


def choice(options: Collection[str]) -> Callable[[object], str]:
    """One of ``options``."""

    def convert(value: object) -> str:
        if not isinstance(value, str) or value not in options:
            known = ", ".join(options)
            cure = choose_from(value, options) if isinstance(value, str) else f"choose from {known}"
            raise UsageError(f"{shown(value)} is not one of {known}", cure=cure)
        return value

    return convert
