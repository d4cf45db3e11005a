"""What a node is, found out by its first call."""

from __future__ import annotations

import enum
from pathlib import Path

from tcperf.clock import Deadline
from tcperf.nodes.api import Api, UnknownMethodError


class Generation(enum.StrEnum):
    """The first call that a node knows tells its generation: the newer one came in 2024-07."""

    UNKNOWN = "unknown"
    OPEN_ACCOUNTS = "status-backend (OpenAccounts)"
    INITIALIZE_APPLICATION = "status-backend (InitializeApplication)"


def initialize(api: Api, data: Path, deadline: Deadline) -> Generation:
    """Tell a node its data folder, in the way that it knows.  Raises NodeError."""
    try:
        api.call("InitializeApplication", {"dataDir": str(data)}, deadline)
    except UnknownMethodError:
        api.call("OpenAccounts", str(data), deadline)
        return Generation.OPEN_ACCOUNTS
    return Generation.INITIALIZE_APPLICATION
