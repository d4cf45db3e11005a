"""An independent reader of Kotlin source, as far as settings use it: strings, brackets, comments.

It shares no code with tcperf.  It refuses what a compiler would: an unknown escape, an unknown template, a string or a
bracket that is never closed, anything but printable ASCII.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "'": "'", '"': '"', "\\": "\\", "$": "$"}
_CLOSING = {"(": ")", "{": "}", "[": "]"}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+")
#: The one template of settings that is no character: the identifier of the root that holds them.
ROOT = "${DslContext.settingsRoot.id}"


class KotlinError(AssertionError):
    """What a compiler would refuse."""


@dataclass(frozen=True)
class Token:
    """``kind`` is "word", "text" (a string, decoded), "mark" or "comment"."""

    kind: str
    value: str
    line: int


def tokens(source):
    """All tokens but comments, with brackets that match."""
    found = [token for token in _tokens(source) if token.kind != "comment"]
    _check_brackets(found)
    return found


def comments(source):
    """The comments, without their marks."""
    return [token.value for token in _tokens(source) if token.kind == "comment"]


def assigned(source):
    """``[(name, text)]`` of every ``name = "text"``, a raw string's after ``.trimIndent()``."""
    listed = tokens(source)
    found = []
    for place in range(len(listed) - 2):
        name, mark, value = listed[place : place + 3]
        if name.kind == "word" and mark.value == "=" and value.kind == "text":
            follows = [token.value for token in listed[place + 3 : place + 5]]
            found.append(
                (name.value, trim_indent(value.value) if follows == [".", "trimIndent"] else value.value)
            )
    return found


def texts(source):
    """Every string of the source, decoded, as it stands."""
    return [token.value for token in tokens(source) if token.kind == "text"]


def trim_indent(text):
    """Kotlin's: the least indent of the lines that are not blank goes, and so do a blank first and a blank last line."""
    lines = text.split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    last = len(lines) - 1
    kept = [line[indent:] for place, line in enumerate(lines) if line.strip() or 0 < place < last]
    return "\n".join(kept)


def _tokens(source):
    if not re.fullmatch(r"[ -~\n]*", source):
        raise KotlinError("not printable ASCII")
    place, line = 0, 1
    while place < len(source):
        if source[place].isspace():
            line += source[place] == "\n"
            place += 1
            continue
        begin = place
        kind, value, place = _next(source, begin)
        yield Token(kind, value, line)
        line += source.count("\n", begin, place)


def _next(source, place):
    if source.startswith("//", place):
        end = source.index("\n", place)
        return "comment", source[place + 2 : end].strip(), end
    if source.startswith('"""', place):
        end = source.find('"""', place + 3)
        if end < 0:
            raise KotlinError("a raw string is never closed")
        return "text", _templates(source[place + 3 : end]), end + 3
    if source[place] == '"':
        return "text", *_literal(source, place + 1)
    word = _WORD.match(source, place)
    if word:
        return "word", word[0], word.end()
    return "mark", source[place], place + 1


def _literal(source, place):
    """The text of a literal and where it ends; UTF-16 units are joined to characters."""
    units = []
    while source[place] != '"':
        if source[place] == "\n":
            raise KotlinError("a string is never closed")
        text, place = _character(source, place)
        units.append(text)
    joined = "".join(units)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"), place + 1


def _character(source, place):
    if source[place] == "$":
        if source.startswith(ROOT, place):
            return ROOT, place + len(ROOT)
        if re.match(r"[A-Za-z_{]", source[place + 1]):
            raise KotlinError(f"an unknown template: {source[place : place + 20]}")
    if source[place] != "\\":
        return source[place], place + 1
    escape = source[place + 1]
    if escape == "u":
        digits = source[place + 2 : place + 6]
        if not re.fullmatch(r"[0-9A-Fa-f]{4}", digits):
            raise KotlinError(f"an unknown escape: \\u{digits}")
        return chr(int(digits, 16)), place + 6
    if escape not in _ESCAPES:
        raise KotlinError(f"an unknown escape: \\{escape}")
    return _ESCAPES[escape], place + 2


def _templates(raw):
    """A raw string has no escapes: a dollar sign is a template."""
    text = raw.replace("${'$'}", "\0")
    if re.search(r"\$[A-Za-z_{]", text):
        raise KotlinError("an unknown template in a raw string")
    return text.replace("\0", "$")


def _check_brackets(found):
    waiting = []
    for token in found:
        if token.kind != "mark":
            continue
        if token.value in _CLOSING:
            waiting.append(_CLOSING[token.value])
        elif token.value in _CLOSING.values() and (not waiting or waiting.pop() != token.value):
            raise KotlinError(f"line {token.line}: {token.value} closes nothing")
    if waiting:
        raise KotlinError(f"{waiting} are missing at the end")
