"""The driver's end of the broker: asks it, and turns its refusals into errors with a cure."""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import Any

from tcperf.errors import MachineError, NodeError, TcperfError
from tcperf.network import wire
from tcperf.network.helper import HelperProcess
from tcperf.network.wire import MAKE_BAD_LINKS, OUR_FAULT, START_PROGRAM
from tcperf.refusals import SHORTAGES, program_cure

_HOST_CURE = "or run with --network host, which counts no frames"
_USER_NAMESPACE_CURES = {
    errno.EPERM: "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu also "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container, --security-opt seccomp=unconfined "
    "or --cap-add SYS_ADMIN), or run as root",
    errno.ENOSPC: "raise sysctl user.max_user_namespaces and user.max_net_namespaces",
    errno.EINVAL: "use a kernel built with CONFIG_USER_NS and CONFIG_NET_NS",
}
_EMULATION_CURE = "load the kernel module sch_netem (modprobe sch_netem), or run without --net"
_LINK_CURE = "load the kernel modules veth and bridge, and give the process CAP_NET_ADMIN"


class BrokerClient(HelperProcess):
    """A running broker."""

    def __init__(self) -> None:
        super().__init__("the network's broker", "tcperf.network.broker")

    def call(
        self, operation: str, descriptors: tuple[int, ...] = (), **arguments: Any
    ) -> tuple[Any, list[int]]:
        """Ask for one thing; its answer and the descriptors that came with it.

        Raises MachineError where the machine refuses (with the step and the cure), NodeError where the
        program to be started cannot be.
        """
        message, received = self.ask(operation, descriptors, **arguments)
        if "ok" not in message:
            raise refusal(message)
        return message["ok"], received

    def close(self) -> None:
        """End the broker, and with it everything that lives in its namespaces.  Safe to call twice."""
        with suppress(TcperfError):  # it is gone: the end of its socket and the kernel do the rest
            if not self._closed:
                self.call("close")
        super().close()


def refusal(message: wire.Message) -> TcperfError:
    """The error for a broker's refusal: whose fault it is, the step that failed, and the cure."""
    step, reason, number = message["step"], message["error"], message["errno"]
    if step == START_PROGRAM:
        return NodeError(f"the program cannot be started: {reason}", cure=program_cure(number))
    if step == OUR_FAULT:
        return MachineError(f"the network's broker failed: {reason}", cure="report this as a fault of tcperf")
    return MachineError(f"this machine refuses to {step}: {reason}", cure=_cure(step, number))


def _cure(step: str, number: int | None) -> str:
    if "user namespace" in step:
        cure = _USER_NAMESPACE_CURES.get(number or 0, _USER_NAMESPACE_CURES[errno.EPERM])
    elif step == MAKE_BAD_LINKS:
        return SHORTAGES.get(number or 0, _EMULATION_CURE)
    elif number == errno.ENOSPC:
        cure = _USER_NAMESPACE_CURES[errno.ENOSPC]
    else:
        cure = SHORTAGES.get(number or 0, _LINK_CURE)
    return f"{cure}, {_HOST_CURE}"
