"""The one place where the operating system decides which network there is.

Linux has private networks, and a broker for them; every other system has this machine's own network, whose nodes
the driver starts by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tcperf.errors import MachineError
from tcperf.network.interface import Mode, Network
from tcperf.system import this_system


def open_network(mode: Mode, folder: Path | None = None, **private: Any) -> Network:
    """The network of one run; ``folder`` holds its files, and goes with it should the driver be killed.

    ``private`` is what else RunNetwork takes: it is about private networks alone.  Raises MachineError where this
    machine or system has no such network.
    """
    if this_system().is_linux:
        from tcperf.network.run_network import RunNetwork

        return RunNetwork(mode, folder, **private)
    if mode == "private":
        raise no_private_network()
    from tcperf.network.local import LocalNetwork

    return LocalNetwork(folder)


def no_private_network() -> MachineError:
    """The error for a private network that was asked for where no system's kernel has one."""
    return MachineError(
        f"{this_system().name} has no private networks: they are made of Linux's network namespaces",
        cure="run on Linux, a container or a virtual machine will do",
    )
