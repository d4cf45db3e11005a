"""Blocks of lines that have to fit into a limited room, the most important first.

What does not fit is left away by whole lines, and what frames a block, such as the tags around folded text, is written
only with both its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen


@frozen
class Block:
    """Lines that stand together.

    ``before`` and ``after`` frame them, and are not written without one of ``lines``; but a block that has no lines
    is its frame alone.
    """

    lines: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@frozen
class Fitted:
    """The lines that fit, and how many lines were left away."""

    lines: tuple[str, ...]
    left_away: int = 0


def fit(blocks: Iterable[Block], room: int) -> Fitted:
    """As much of the blocks, in their order, as takes at most ``room`` bytes in UTF-8, each line with its line feed.

    A block gives its last lines away first; one that does not fit at all makes room for later, smaller ones.
    """
    lines: list[str] = []
    left, left_away = room, 0
    for block in blocks:
        kept = _kept(block, left)
        lines += kept
        left -= size(kept)
        left_away += _length(block) - len(kept)
    return Fitted(tuple(lines), left_away)


def size(lines: Iterable[str]) -> int:
    """The bytes that lines take: what no counting of characters exceeds."""
    return sum(len(line.encode("utf-8")) + 1 for line in lines)


def _length(block: Block) -> int:
    return len(block.before) + len(block.lines) + len(block.after)


def _kept(block: Block, room: int) -> Sequence[str]:
    left = room - size((*block.before, *block.after))
    if left < 0:
        return ()
    kept = _fitting(block.lines, left)
    return () if block.lines and not kept else (*block.before, *kept, *block.after)


def _fitting(lines: Sequence[str], room: int) -> Sequence[str]:
    """The first lines, up to the one that does not fit."""
    for number, line in enumerate(lines):
        room -= size((line,))
        if room < 0:
            return lines[:number]
    return lines
