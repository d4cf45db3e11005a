"""What a node without a messenger has not: log-ins, groups and acknowledgements.  It is refused, and never faked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn, Protocol

from tcperf.capabilities import Capability
from tcperf.clock import Deadline
from tcperf.errors import ScenarioError
from tcperf.nodes.inbox import Signal
from tcperf.nodes.interface import Place, SentMessage
from tcperf.scenario import Node


class _Named(Protocol):
    """What a refusal tells of the node."""

    @property
    def name(self) -> str: ...
    @property
    def generation(self) -> str: ...


class WithoutMessenger:
    """The part of a driver whose every call raises ScenarioError, and tells what the scenario should have declared."""

    def login(self: _Named) -> None:
        """Not to be had."""
        _refuse(self, "log in to", Capability.ACCOUNTS)

    def logout(self: _Named) -> None:
        """Not to be had."""
        _refuse(self, "log out of", Capability.ACCOUNTS)

    def restart(self: _Named, place: Place) -> None:
        """Not to be had: its account would be gone."""
        del place
        _refuse(self, "start again on its data", Capability.RESTART)

    def await_delivery(
        self: _Named, message_id: str, cursor: int, deadline: Deadline | None = None
    ) -> Signal:
        """Not to be had: nothing acknowledges a message."""
        del message_id, cursor, deadline
        _refuse(self, "await an acknowledgement with", Capability.ACKNOWLEDGEMENTS)

    def has_expired(self: _Named, message_id: str) -> bool:
        """Not to be had: it never hears what became of a message."""
        del message_id
        _refuse(self, "hear of a lost message from", Capability.ACKNOWLEDGEMENTS)

    def befriend(self: _Named, other: Node) -> None:
        """Not to be had."""
        _refuse(self, f"make a contact of {other.name} with", Capability.GROUPS)

    def create_group(self: _Named, name: str, members: Sequence[Node]) -> str:
        """Not to be had."""
        del members
        _refuse(self, f"make the group {name} with", Capability.GROUPS)

    def await_group(self: _Named, group_id: str, cursor: int) -> Signal:
        """Not to be had."""
        del cursor
        _refuse(self, f"be in the group {group_id} with", Capability.GROUPS)

    def send_to_group(self: _Named, group_id: str, text: str) -> SentMessage:
        """Not to be had."""
        del text
        _refuse(self, f"write to the group {group_id} with", Capability.GROUPS)


def _refuse(node: _Named, doing: str, capability: Capability) -> NoReturn:
    raise ScenarioError(
        f"{node.name} is {node.generation}: there is no way to {doing} it",
        cure=f'the scenario declares NEEDS = ("{capability}",)',
    )
