"""What a node is, found out by its first call."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Final

from tcperf.capabilities import Capability
from tcperf.clock import Deadline
from tcperf.nodes.api import Api
from tcperf.nodes.http_client import UnknownMethodError

#: Both generations have the same messenger.
_STATUS_BACKEND: Final = frozenset(
    {
        Capability.ACCOUNTS,
        Capability.ACKNOWLEDGEMENTS,
        Capability.GROUPS,
        Capability.RELAY,
        Capability.RESTART,
    }
)


class Generation(enum.StrEnum):
    """The first call that a node knows tells its generation: the newer one came in 2024-07."""

    UNKNOWN = "unknown"
    OPEN_ACCOUNTS = "status-backend (OpenAccounts)"
    INITIALIZE_APPLICATION = "status-backend (InitializeApplication)"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What its nodes can and the driver drives; nothing is known of one that was not asked yet."""
        return frozenset() if self is Generation.UNKNOWN else _STATUS_BACKEND


def initialize(api: Api, data: Path, deadline: Deadline) -> Generation:
    """Tell a node its data folder, in the way that it knows.  Raises NodeError."""
    try:
        api.call("InitializeApplication", {"dataDir": str(data)}, deadline)
    except UnknownMethodError:
        api.call("OpenAccounts", str(data), deadline)
        return Generation.OPEN_ACCOUNTS
    return Generation.INITIALIZE_APPLICATION
