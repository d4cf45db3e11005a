"""A TOML file and the lines its values stand on.

The standard library's parser keeps no positions.  They are found, only when an error needs them, with that
very parser: every statement of TOML ends at the end of a line, so the prefixes of whole lines that parse are
those that end between two statements, and a value's statement is the one that follows the longest of them
without it.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from tcperf.errors import ConfigError
from tcperf.quoting import printable

#: The way to a value: names of keys, and the index in an array of tables.
Keys = tuple[str | int, ...]
#: The end of the messages of tomllib.TOMLDecodeError, unless the fault is the end of the file.
_POSITION: Final = re.compile(r" \(at line ([0-9]+), column [0-9]+\)\Z")
_END: Final = re.compile(r" \(at end of document\)\Z")


@frozen
class TomlFile:
    """A parsed file: ``values`` as tomllib gives them, ``text`` for finding lines."""

    path: Path
    text: str = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    def place(self, keys: Keys) -> str:
        """``path:line`` of the value at ``keys``; of the nearest table around it where it is absent."""
        for length in range(len(keys), 0, -1):
            line = line_of(self.text, keys[:length])
            if line is not None:
                return f"{printable(self.path)}:{line}"
        return printable(self.path)


def read(path: Path) -> TomlFile:
    """The file at ``path``.

    Raises FileNotFoundError where there is none, and ConfigError, with the line, where it cannot be read as TOML.
    """
    text = _text(path)
    try:
        return TomlFile(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from error
    except (ValueError, RecursionError) as error:  # integers of 4300 digits, hundreds of nested brackets
        line = _faulty_line(text)
        raise ConfigError(
            f"{printable(path)}:{line}: a value is too long or too deeply nested to be read"
        ) from error


def line_of(text: str, keys: Keys) -> int | None:
    """The line, from 1, at which the value at ``keys`` begins in a valid TOML text.

    For a table it is the first line that makes it; for a part of a value of several lines that value's first
    line; None where ``text`` holds no such value.
    """
    lines = text.replace("\r\n", "\n").split("\n")

    def holds(count: int) -> bool:
        return _holds(_first_parsed(lines, count), keys)

    # ``holds`` never goes back to False as the count grows, for values are only ever added.
    count = bisect_left(range(len(lines) + 1), True, key=holds)  # noqa: FBT003 - what is searched for
    return count if 0 < count <= len(lines) else None


def _first_parsed(lines: list[str], count: int) -> Mapping[str, Any]:
    """The values of the shortest prefix of at least ``count`` lines that ends between two statements."""
    found = (_parsed(lines[:length]) for length in range(count, len(lines) + 1))
    return next((values for values in found if values is not None), {})


def _parsed(lines: list[str]) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return None


def _holds(values: Any, keys: Keys) -> bool:
    for key in keys:
        try:
            values = values[key]
        except (KeyError, IndexError, TypeError):  # TypeError: a value that has no parts
            return False
    return True


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(f"{printable(path)} cannot be read: {error.strerror}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{printable(path)}:{line}: the text is not UTF-8", cure="save the file as UTF-8"
        ) from error


def _syntax_error(path: Path, text: str, message: str) -> ConfigError:
    position = _POSITION.search(message)
    if position is not None:
        return ConfigError(f"{printable(path)}:{position[1]}: {printable(message[: position.start()])}")
    line = _faulty_line(text)
    return ConfigError(f"{printable(path)}:{line}: {_END.sub('', message)}: this value never ends")


def _faulty_line(text: str) -> int:
    """The first line of the statement that does not parse: the one after the longest prefix that does."""
    lines = text.replace("\r\n", "\n").split("\n")
    return next(count for count in range(len(lines), -1, -1) if _parsed(lines[:count]) is not None) + 1
