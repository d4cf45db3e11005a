"""What generations of nodes differ in: what a scenario may need, and a node tells that it can.  Pure.

A scenario declares ``NEEDS = ("groups",)``; a driver finds out what its node can by asking it.  A scenario whose needs
are not met is not played: that is neither a failure nor a number, and it is said.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from typing import Final

from tcperf.errors import NotSupportedError
from tcperf.nearest import choose_from

__all__ = ["Capability", "in_words", "lacking", "named", "refusal"]


class Capability(enum.StrEnum):
    """One thing that some nodes can and others cannot.  The value is what ``NEEDS`` names it by."""

    ACCOUNTS = "accounts"
    """Accounts with a password: ``Node.logout`` leaves one, ``Node.login`` opens it again."""

    ACKNOWLEDGEMENTS = "acknowledgements"
    """The sender learns that its message was received; without, it is delivered when the receiver has it."""

    GROUPS = "groups"
    """Private group chats: ``Stage.group``."""

    RELAY = "relay"
    """Messages cross nodes in between: sender and receiver need no connection of their own."""

    RESTART = "restart"
    """A node that was stopped starts again on the same data, and is who it was."""


_SHORT: Final = {
    Capability.ACCOUNTS: "accounts with a password",
    Capability.ACKNOWLEDGEMENTS: "acknowledgements of messages",
    Capability.GROUPS: "private groups",
    Capability.RELAY: "relaying over nodes in between",
    Capability.RESTART: "a restart on the same data",
}


def named(name: str) -> Capability:
    """The capability of this name.  Raises ValueError, whose text is the cure, where there is none."""
    try:
        return Capability(name)
    except ValueError:
        raise ValueError(choose_from(str(name), Capability)) from None


def in_words(capability: Capability) -> str:
    """What it is, in a few words: "private groups"."""
    return _SHORT[capability]


def lacking(needs: Iterable[Capability], offered: Collection[Capability]) -> tuple[Capability, ...]:
    """The needs that are not met, in their order."""
    return tuple(need for need in needs if need not in offered)


def refusal(
    scenario: str, lacks: Iterable[Capability], generation: str, whose: str = "this node"
) -> NotSupportedError:
    """Why a scenario is not played: what it needs, and which kind of node lacks it; ``whose`` says which side's.

    ``not supported by this node: group_chat needs private groups, which statusd 0.63.9 (waku_*) has not``.
    """
    wanted = " and ".join(map(in_words, lacks))
    return NotSupportedError(
        f"not supported by {whose}: {scenario} needs {wanted}, which {generation} has not"
    )
