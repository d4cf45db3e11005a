"""Names as a capture has them: anybody's text, made harmless where it is read."""

from __future__ import annotations

import ipaddress
from typing import Final

from tcperf.errors import UsageError
from tcperf.quoting import shown

#: Domain names may have 253 characters; a table has less room.
_LONGEST: Final = 64
_FORMULA: Final = "=+-@＝＋－＠ \t\r\n"
_NO_CHARACTER: Final = "\ufffd"
_IPV4_BYTES, _IPV6_BYTES = 4, 16


def readable(data: bytes) -> str:
    """Text in UTF-8 up to its zero byte, one printable line of at most 64 characters.

    No name begins with what makes a spreadsheet take a cell for a formula.
    """
    text = data[: 4 * _LONGEST].split(b"\0", 1)[0].decode("utf-8", "replace").lstrip(_FORMULA)[:_LONGEST]
    return "".join(letter if letter.isprintable() else _NO_CHARACTER for letter in text)


def address_text(packed: bytes) -> str:
    """An IP address (4 or 16 bytes) or a link address as people write it."""
    if len(packed) == _IPV4_BYTES:
        return ".".join(
            map(str, packed)
        )  # several times faster than ipaddress: a scan has hundreds of thousands of them
    if len(packed) == _IPV6_BYTES:
        return str(ipaddress.ip_address(packed))
    return packed.hex(":") or "(no address)"


def parse_name(text: str) -> tuple[bytes, str]:
    """``ADDRESS=NAME`` of the command line.  Raises UsageError where it is anything else."""
    address, equals, name = text.partition("=")
    try:
        packed = ipaddress.ip_address(address.strip()).packed
    except ValueError:
        packed = b""
    if not packed or not equals or not name.strip() or not name.isprintable():
        raise UsageError(
            f"{shown(text)} names no address", cure="write --name ADDRESS=NAME, such as 10.0.0.1=alice"
        )
    return packed, name.strip()
