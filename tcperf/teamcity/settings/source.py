"""Kotlin source text: blocks, assignments and string literals.  Nothing but printable ASCII comes out.

A text of several lines becomes a raw string, as TeamCity itself writes scripts, where ``trimIndent`` gives exactly the
text again; else a literal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.teamcity.escaping import utf16_units

_INDENT: Final = "    "
_QUOTES: Final = '"""'
_SHORT: Final = {
    "\t": "\\t",
    "\b": "\\b",
    "\n": "\\n",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
    "$": "\\$",
}
_SPECIAL: Final = re.compile(r'[^ -~]|["\\$]')


@frozen
class Block:
    """``head { … }``: its items stand on lines of their own, one step further in."""

    head: str
    items: tuple[Item, ...]
    opening: str = " {"
    closing: str = "}"


@frozen
class Assignment:
    """``name = "text"``."""

    name: str
    text: str


#: A line as it is, a block, or the assignment of a text.
Item = str | Block | Assignment


def render(items: tuple[Item, ...]) -> str:
    """The source text, whose last line ends with a newline."""
    return "".join(f"{line}\n" for line in _lines(items, 0))


def listing(name: str, elements: Sequence[str]) -> Block:
    """``name = listOf(…)``, an element a line; no comma behind the last, which older Kotlin does not take."""
    commas = [","] * (len(elements) - 1) + [""]
    items = tuple(f"{element}{comma}" for element, comma in zip(elements, commas, strict=False))
    return Block(f"{name} = listOf", items, "(", ")")


def literal(text: str) -> str:
    """A string literal that is ``text``; a lone surrogate, which is no text, becomes U+FFFD."""
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def _lines(items: tuple[Item, ...], depth: int) -> Iterator[str]:
    for item in items:
        if isinstance(item, Block):
            yield _indented(f"{item.head}{item.opening}", depth)
            yield from _lines(item.items, depth + 1)
            yield _indented(item.closing, depth)
        elif isinstance(item, Assignment):
            yield from _assigned(item, depth)
        else:
            yield _indented(item, depth)


def _assigned(item: Assignment, depth: int) -> Iterator[str]:
    if not _is_raw(item.text):
        yield _indented(f"{item.name} = {literal(item.text)}", depth)
        return
    yield _indented(f"{item.name} = {_QUOTES}", depth)
    for line in item.text.split("\n"):
        yield _indented(line.replace("$", "${'$'}"), depth + 1)
    yield _indented(f"{_QUOTES}.trimIndent()", depth)


def _is_raw(text: str) -> bool:
    """Whether a raw string gives the text again.

    ``trimIndent`` takes away what all lines that are not blank begin with, so one must begin with no space; and what
    is only blank could lose its spaces, to editors at least.
    """
    lines = text.split("\n")
    plain = re.fullmatch(r"[ -~\n]*", text) is not None and _QUOTES not in text
    tidy = all(line == line.rstrip() for line in lines) and bool(lines[0]) and bool(lines[-1])
    return len(lines) > 1 and plain and tidy and any(line and line[0] != " " for line in lines)


def _indented(line: str, depth: int) -> str:
    return f"{_INDENT * depth}{line}" if line else ""


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    # A literal is in UTF-16, as the JVM is.
    return _SHORT.get(character) or "".join(f"\\u{unit:04X}" for unit in utf16_units(ord(character)))
