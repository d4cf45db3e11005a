"""Classic BPF with labels (Documentation/networking/filter.rst): lines that become the kernel's instructions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from tcperf.network.packets import Instruction

#: <linux/bpf_common.h>: load a word, half word, byte, or the frame's length; compare; add; copy; return a number,
#: or what was made.
LD_W, LD_H, LD_B, LD_LEN = 0x20, 0x28, 0x30, 0x80
JEQ, JGE, JSET, JEQ_X, JA = 0x15, 0x35, 0x45, 0x1D, 0x05
ADD, AND, TAX, RET, RET_A = 0x04, 0x54, 0x07, 0x06, 0x16
#: <linux/filter.h>: what is known of a frame beside its bytes.
_ANCILLARY: Final = 0xFFFFF000
PACKET_TYPE, INTERFACE, VLAN_PRESENT = _ANCILLARY + 4, _ANCILLARY + 8, _ANCILLARY + 48
#: Of so many words, each is compared.
_FEW_WORDS: Final = 2


class Line(NamedTuple):
    """One instruction.  Jumps name labels, "" is the next instruction; ``label`` is its own."""

    code: int
    value: int = 0
    if_true: str = ""
    if_false: str = ""
    label: str = ""


def keep(length: int, label: str = "") -> Line:
    """Keep so many bytes of the frame, and be done; 0 drops it."""
    return Line(RET, length, label=label)


def assemble(lines: Sequence[Line]) -> tuple[Instruction, ...]:
    """Labels as the kernel has them: jumps count the instructions that they skip.

    Jumps go forward; JA alone may go further than 255 instructions.
    """
    places = {line.label: place for place, line in enumerate(lines) if line.label}

    def skipped(label: str, place: int) -> int:
        return places[label] - place - 1 if label else 0

    return tuple(
        (line.code, 0, 0, skipped(line.if_true, here))
        if line.code == JA
        else (line.code, skipped(line.if_true, here), skipped(line.if_false, here), line.value)
        for here, line in enumerate(lines)
    )


def search(words: Sequence[tuple[int, int]], otherwise: int, label: str) -> list[Line]:
    """Keep the length that stands beside the word which was loaded; ``otherwise`` where it is none of them.

    ``words`` ascend.  Every label begins with the first line's.
    """
    if len(words) > _FEW_WORDS:
        middle = len(words) // 2
        return [
            Line(JGE, words[middle][0], if_true=f"{label}>", label=label),
            *search(words[:middle], otherwise, f"{label}<"),
            *search(words[middle:], otherwise, f"{label}>"),
        ]
    lines, here = [], label
    for word, length in words:
        behind = f"{here}."
        lines += [Line(JEQ, word, if_false=behind, label=here), keep(length)]
        here = behind
    return [*lines, keep(otherwise, here)]
