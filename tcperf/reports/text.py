"""Text and numbers as the reports write them.

Most text in a report is not ours: paths, versions, a node's words.  ``clean`` takes from it whatever could
steer a terminal, break a file format or reorder what is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TextIO

ELLIPSIS = "…"
_BLANKS = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
_BLANKS_IN_LINES = re.compile("[\t\x0b\x0c\r\x85\u2028\u2029]+")
#: Control characters; what hides text or changes its direction (Unicode 9 report 9, "explicit" marks, and
#: the zero-width ones); lone surrogates and non-characters, which are no text and which XML does not allow.
#: All of it but the line's end, which is a blank before.
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
_NO_BREAK = "\N{NO-BREAK SPACE}"
_REPLACEMENT = "\ufffd"
#: What a node's name may have at most (keys.NAME).
_NAME_LIMIT = 24


def clean(text: str) -> str:
    """``text`` in one line, with blanks for line breaks and tabs, and U+FFFD for what must not be written."""
    return _UNSAFE.sub(_REPLACEMENT, _BLANKS.sub(" ", text))


def clean_lines(lines: Sequence[str]) -> str:
    """``clean`` of each of the lines, one below the other.  No line has a line's end in it.

    It is done to all at once: a program may print millions of lines, and line by line it would wait for us.
    """
    text = "\n".join(lines).replace("\x1b", _REPLACEMENT)  # colours: what is there most often, gone fastest
    if text.replace("\n", "").isprintable():  # nothing that is unsafe is printable
        return text
    return _UNSAFE.sub(_REPLACEMENT, _BLANKS_IN_LINES.sub(" ", text))


def shorten(text: str, limit: int) -> str:
    """``clean(text)`` in at most ``limit`` characters, the last one an ellipsis where it was longer."""
    whole = clean(text[: limit + 1]) if len(text) > limit else clean(text)
    return whole if len(text) <= limit else whole[: limit - 1] + ELLIPSIS


def joined(text: str) -> str:
    """``text`` that stands on one line, such as a figure with its unit: its blanks part no words."""
    return text.replace(" ", _NO_BREAK)


def flow_label(sender: str, receiver: str, protocol: str, role: str) -> str:
    """A flow on one line: ``alice→bob tcp p2p``.  Names are never longer, unless they are not ours."""
    return f"{shorten(sender, _NAME_LIMIT)}→{shorten(receiver, _NAME_LIMIT)} {protocol} {role}"


def encodable(text: str, stream: TextIO) -> str:
    """``text`` with a ``?`` for each character that the stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def plain(value: float) -> str:
    """A finite number in full: a dot, no thousands separator, no exponent, no ``.0`` behind a whole one."""
    if isinstance(value, int):
        return str(value)
    text = format(Decimal(repr(value + 0.0)), "f")  # + 0.0: no "-0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(value: float) -> str:
    """A whole number for people: "420,082"; others in full."""
    return f"{value:,}" if isinstance(value, int) else plain(value)
