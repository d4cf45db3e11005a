"""The driver's end of the broker: starts it, asks it, and turns its refusals into errors with a cure."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from typing import Any

from tcperf.errors import MachineError, NodeError, TcperfError
from tcperf.modules import module_command, module_environment
from tcperf.network import wire

_ANSWER_DEADLINE_S = 60.0
_END_DEADLINE_S = 15.0
_STDERR_LIMIT = 2000
_HOST_CURE = "or run with --network host, which measures no traffic"
_USER_NAMESPACE_CURES = {
    errno.EPERM: "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu also "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container, --security-opt seccomp=unconfined "
    "or --cap-add SYS_ADMIN), or run as root",
    errno.ENOSPC: "raise sysctl user.max_user_namespaces and user.max_net_namespaces",
    errno.EINVAL: "use a kernel built with CONFIG_USER_NS and CONFIG_NET_NS",
}
_LINK_CURE = "load the kernel modules veth and bridge, and give the process CAP_NET_ADMIN"


class BrokerClient:
    """A running broker.  Thread-safe: one request is answered at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._control, theirs = wire.pair()
        self._control.settimeout(_ANSWER_DEADLINE_S)
        with theirs:
            # A session of its own: Ctrl-C in the terminal must not reach it before us.
            self._process = subprocess.Popen(
                module_command("tcperf.network.broker", str(theirs.fileno())),
                env=module_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The broker's process id."""
        return self._process.pid

    def call(
        self, operation: str, descriptors: tuple[int, ...] = (), **arguments: Any
    ) -> tuple[Any, list[int]]:
        """Ask for one thing; its answer and the descriptors that came with it.

        Raises MachineError where the machine refuses (with the step and the cure), NodeError where the
        program to be started cannot be.
        """
        with self._lock:
            try:
                wire.send(self._control, {"op": operation, **arguments}, descriptors)
                answer = wire.receive(self._control)
            except OSError as error:
                raise self._lost(operation) from error
        if answer is None:
            raise self._lost(operation)
        message, received = answer
        if "ok" not in message:
            raise refusal(message)
        return message["ok"], received

    def _lost(self, operation: str) -> MachineError:
        details: tuple[str, ...] = ()
        if self._process.poll() is not None and self._process.stderr is not None:
            text = self._process.stderr.read(_STDERR_LIMIT).decode("utf-8", "replace")
            details = tuple(text.splitlines()[-3:])
        return MachineError(
            f"the network's broker was lost at {operation!r}",
            cure="see whether the machine ran out of memory or something killed it",
            details=details,
        )

    def close(self) -> None:
        """Tell the broker to end everything, and wait for its own end.  Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        try:
            self.call("close")
        except TcperfError:
            pass  # it is gone: the end of its socket and the kernel have done the rest
        finally:
            self._control.close()
            self._end()

    def _end(self) -> None:
        try:
            self._process.wait(_END_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


def refusal(message: wire.Message) -> TcperfError:
    """The error for a broker's refusal: whose fault it is, the step that failed, and the cure."""
    step, reason, number = message["step"], message["error"], message["errno"]
    if step == "start the program":
        return NodeError(f"the program cannot be started: {reason}", cure=_program_cure(number))
    return MachineError(f"this machine refuses to {step}: {reason}", cure=_cure(step, number))


def _program_cure(number: int | None) -> str:
    if number == errno.ENOEXEC:
        return "give a binary built for this machine's system and processor, or a script with a #! line"
    if number == errno.EACCES:
        return "make it executable (chmod +x) and readable for this user"
    return "check the path, and for a script or a dynamic binary that its interpreter exists"


def _cure(step: str, number: int | None) -> str:
    if "user namespace" in step:
        cure = _USER_NAMESPACE_CURES.get(number or 0, _USER_NAMESPACE_CURES[errno.EPERM])
    elif number == errno.ENOSPC:
        cure = _USER_NAMESPACE_CURES[errno.ENOSPC]
    else:
        cure = _LINK_CURE
    return f"{cure}, {_HOST_CURE}"
