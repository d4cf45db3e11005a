"""Regressions on purpose: what ``--plant`` lets the node cost more, so that a gate can be seen to fail.

``cpu=15%`` burns so much more CPU than the node's own work takes, ``bytes=6%`` lengthens what every envelope costs
on the wire (``bytes=64`` every envelope by 64 bytes), ``memory=8MiB`` holds so much memory from the login on, and
``delay=2ms`` lets every envelope wait so long between the wire and the messenger.  Several are joined by commas.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Za-z]*|%)")
_SIZES = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20}
_TIMES_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
#: Twenty times as much is no regression that anybody looks for.
_MOST_RATIO = 20.0
#: A frame of the relay must fit into one of the channel.
_MOST_PADDING = 32 * 1024
_MOST_MEMORY = 4 << 30
#: Below the drivers' patience.
_MOST_DELAY_S = 10.0


@frozen
class Plant:
    """What the node costs more, all of it nothing by default.

    ``cpu_ratio`` is of the node's own CPU, ``wire_ratio`` of what an envelope costs on the wire, ``pad_bytes`` are
    added to each envelope, ``memory_bytes`` are held, ``delay_s`` is what each envelope waits at its receiver.
    """

    cpu_ratio: float = 0.0
    wire_ratio: float = 0.0
    pad_bytes: int = 0
    memory_bytes: int = 0
    delay_s: float = 0.0


def parse(text: str) -> Plant:
    """The plant that ``text`` describes: ``cpu=15%,memory=8MiB``.  ValueError where it describes none."""
    plant, given = Plant(), set()
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name not in _READERS:
            raise ValueError(f"{part.strip()!r} is none of {', '.join(f'{each}=…' for each in _READERS)}")
        if name in given:
            raise ValueError(f"{name} is given twice")
        given.add(name)
        plant = evolve(plant, **_READERS[name](value))
    return plant


def _cpu(text: str) -> dict[str, Any]:
    return {"cpu_ratio": _ratio(text)}


def _bytes(text: str) -> dict[str, Any]:
    if text.endswith("%"):
        return {"wire_ratio": _ratio(text)}
    return {"pad_bytes": round(_amount(text, _SIZES, _MOST_PADDING))}


def _memory(text: str) -> dict[str, Any]:
    return {"memory_bytes": round(_amount(text, _SIZES, _MOST_MEMORY))}


def _delay(text: str) -> dict[str, Any]:
    return {"delay_s": _amount(text, _TIMES_S, _MOST_DELAY_S)}


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "cpu": _cpu,
    "bytes": _bytes,
    "memory": _memory,
    "delay": _delay,
}


def _ratio(text: str) -> float:
    return _amount(text, {"%": 0.01}, _MOST_RATIO)


def _amount(text: str, scales: Mapping[str, float], most: float) -> float:
    """A number with its unit, in base units.  ValueError for any other text, and beyond ``most``."""
    match = _NUMBER.fullmatch(text)
    if match is None or match[2] not in scales:
        units = ", ".join(unit for unit in scales if unit)
        raise ValueError(f"{text!r} is no number with one of the units {units}")
    amount = float(match[1]) * scales[match[2]]
    if amount > most:
        raise ValueError(f"{text!r} is too much: {most:g} is the most")
    return amount
