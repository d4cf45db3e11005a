"""A program in a private network of its own: ``python -m tcperf.network.entering MARK PROGRAM [ARGUMENT…]``.

The network is a namespace whose loopback is up, and nothing else: whatever the program starts lives there, too, on
a loopback that nobody shares.  The program takes this process's place, so that its id, its terminal, its exit status
and signals to it are as ever; its user is the same, and has no capability that it had not before.

The environment variable MARK tells the program what came of it: ``<pid> private <descriptor>``, with an inherited
packet socket of that namespace (which only its maker may make), or ``<pid> refused <step>: <reason>``.  The pid is
the program's own: who has another one has inherited the mark.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tcperf.modules import module_command, module_environment
from tcperf.network import linux

#: The variable that holds PYTHONPATH as the program is to have it.
_FORMER_PATH: Final = "TCPERF_FORMER_PYTHONPATH"
#: <linux/sockios.h> and <linux/if.h>.
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_FLAGS: Final = struct.Struct("16sH22x")
_LOOPBACK: Final = b"lo"


def command(mark: str, argv: list[str], env: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment that start ``argv`` so, for ``os.execve``."""
    former = {_FORMER_PATH: env["PYTHONPATH"]} if "PYTHONPATH" in env else {}
    return module_command(__spec__.name, mark, *argv), module_environment({**env, **former})


@contextmanager
def _step(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"{name}: {os.strerror(error.errno or 0)}") from error


def _enter() -> int:
    """Enter the network; a descriptor of a packet socket there that hears nothing yet."""
    linux.enter_private_network(_step)
    with _step("bring the loopback up"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        _name, flags = _FLAGS.unpack(fcntl.ioctl(asking, _SIOCGIFFLAGS, _FLAGS.pack(_LOOPBACK, 0)))
        fcntl.ioctl(asking, _SIOCSIFFLAGS, _FLAGS.pack(_LOOPBACK, flags | _IFF_UP))
    with _step("make a packet socket"):
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    packets.set_inheritable(True)
    return packets.detach()


def main(arguments: list[str]) -> None:
    """Become the program."""
    mark, *argv = arguments
    env = dict(os.environ)
    env.pop("PYTHONPATH", None)
    if _FORMER_PATH in env:
        env["PYTHONPATH"] = env.pop(_FORMER_PATH)
    try:
        told = f"private {_enter()}"
    except OSError as error:
        told = f"refused {error.strerror or error}"
    os.execvpe(argv[0], argv, {**env, mark: f"{os.getpid()} {told}"})  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
