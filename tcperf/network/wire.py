"""How the driver and its broker talk: one JSON text and its file descriptors a packet, in both directions.

A Unix socket pair of type SOCK_SEQPACKET keeps packets apart and carries descriptors (SCM_RIGHTS).  A
request is ``{"op": …}``; the broker's answer is ``{"ok": …}`` or ``{"step": …, "error": …, "errno": …}``, that of
helpers that enter no namespace ``{"ok": …}`` or ``{"error": …, "cure": …}`` (``answered``).
"""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Callable, Iterable
from typing import Any

from tcperf.errors import MachineError, TcperfError

#: A packet holds an argument list and an environment; Linux allows about 200 KB on such a socket.
MAX_PACKET = 160_000
MAX_DESCRIPTORS = 8

#: Steps that say whose fault a refusal is, if not the machine's.
START_PROGRAM = "start the program"
OUR_FAULT = "answer a request"
#: The step that --net adds: leaving that away is a cure.
MAKE_BAD_LINKS = "make links bad"

Message = dict[str, Any]


def pair() -> tuple[socket.socket, socket.socket]:
    """A connected pair of packet sockets."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(sock: socket.socket, message: Message, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message.  Raises ValueError for one that is too long, OSError when the peer is gone."""
    packet = json.dumps(message).encode("ascii")
    if len(packet) > MAX_PACKET:
        raise ValueError(f"a message of {len(packet)} bytes: at most {MAX_PACKET} fit")
    socket.send_fds(sock, [packet], list(descriptors))


def receive(sock: socket.socket) -> tuple[Message, list[int]] | None:
    """The next message and its descriptors; None when the peer has gone.

    Raises OSError(EMFILE) where descriptors were lost for want of room: the kernel drops them in silence.
    """
    try:
        packet, descriptors, flags, _address = socket.recv_fds(sock, MAX_PACKET, MAX_DESCRIPTORS)
    except ConnectionResetError:
        return None
    if flags & (socket.MSG_CTRUNC | socket.MSG_TRUNC):
        close_all(descriptors)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    if not packet:
        return None
    return json.loads(packet), descriptors


def answered(do: Callable[[], object]) -> Message:
    """The answer to a request: what ``do`` returns, or why it failed."""
    try:
        return {"ok": do()}
    except TcperfError as error:
        return {"error": error.message, "cure": error.cure}
    except OSError as error:
        return {"error": str(error), "cure": None}


def outcome(role: str, operation: str, answer: Message) -> Any:
    """What ``role`` ("the meter") returned.  Raises MachineError where it answered that the operation failed."""
    if "ok" not in answer:
        raise MachineError(f"{role} cannot {operation}: {answer['error']}", cure=answer["cure"])
    return answer["ok"]


def close_all(descriptors: Iterable[int]) -> None:
    """Close descriptors that came with a message, or were passed on with one."""
    for descriptor in descriptors:
        os.close(descriptor)
