"""Cases played by ordinary sockets: each sends exactly known bytes and says what they must come to.

A UDP case is known before it is played.  Of TCP the generator knows payload, connections and their ends; into
how many segments the kernel cuts them is told by each socket's own account (TCP_INFO), which knows nothing of
interfaces, captures and parsers; headers are the protocol's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen

from proofs import wire_sizes
from proofs.rig import Program, Rig
from proofs.tally import Numbers, Tally

UDP_PORT, TCP_PORT = 7000, 7001
_CLOSED_PORT = 7009
_LOOPBACK_PORT = 6000
#: Linux lets a burst of 6 ICMP errors a peer pass before it limits them to one a second (icmp(7)).
_ERRORS_AT_ONCE = 5
UDP_SIZES = (0, 1, 200, 1000, 1472, 8000, 60_000)
TCP_SIZES = (1, 1000, 100_000, 10_000_000, 100_000_000)
_CHUNKS = (100, 1 << 16)
#: A transfer of this size may or may not take a second: held open for longer, it surely is no short one.
_LARGE = 1_000_000
_HOLD_S = 1.2


@frozen
class Case:
    """``play`` sends the bytes and returns the truth; ``is_quick`` cases make the small form.

    Where not ``knows_headers``, the truth is the frames and their bytes alone: what a broken header "is" only
    the readers of frames can agree on.
    """

    name: str
    play: Callable[[Stage], Tally]
    is_quick: bool = True
    knows_headers: bool = True


class Stage:
    """The rig with the sink that takes what alice sends to bob."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.sink: Program = rig.serve("bob", "sink", udp_port=UDP_PORT, tcp_port=TCP_PORT)

    def send(self, program: str, **arguments: Any) -> list[dict[str, Any]]:
        """Let alice send something to bob; what her program tells."""
        return self.rig.start("alice", program, address=self.rig["bob"].address, **arguments).finish()


def _udp(size: int, count: int) -> Callable[[Stage], Tally]:
    def play(stage: Stage) -> Tally:
        stage.send("udp", port=UDP_PORT, size=size, count=count)
        return _to_bob("udp", wire_sizes.datagrams(size, count))

    return play


def _to_bob(protocol: str, numbers: Numbers) -> Tally:
    truth = Tally()
    truth.unicast("alice", "bob", protocol, numbers)
    return truth


def _udp_segments(stage: Stage) -> Tally:
    """Segmentation offload (QUIC's): 20 datagrams of 1000 bytes and one of 500, in one system call."""
    stage.send("udp_segments", port=UDP_PORT, size=20_500, segment=1000)
    return _to_bob("udp", wire_sizes.datagrams(1000, 20).plus(wire_sizes.datagrams(500)))


def _closed_port(stage: Stage) -> Tally:
    """Datagrams that nobody wants: each is answered by ICMP, which quotes it."""
    truth = Tally()
    for size in range(0, 1250, 1250 // _ERRORS_AT_ONCE):
        stage.send("udp", port=_CLOSED_PORT, size=size, count=1)
        truth.unicast("alice", "bob", "udp", wire_sizes.datagrams(size))
        truth.unicast("bob", "alice", "icmp", wire_sizes.port_unreachable(size))
    return truth


def _tcp(size: int, chunk: int, connections: int = 1) -> Callable[[Stage], Tally]:
    def play(stage: Stage) -> Tally:
        hold_s = _HOLD_S if size >= _LARGE else 0.0
        clients = stage.send(
            "tcp", port=TCP_PORT, size=size, chunk=chunk, connections=connections, hold_s=hold_s
        )
        servers = stage.sink.take(connections)
        assert [each["received"] for each in servers] == connections * [size]
        return tcp_truth(clients, servers, size)

    return play


def tcp_truth(clients: Sequence[dict[str, Any]], servers: Sequence[dict[str, Any]], size: int) -> Tally:
    """What connections of ``size`` bytes each came to, by the accounts of their sockets at both ends.

    The server's socket was born after its SYN-ACK, so that one segment stands in no account.
    """
    truth = Tally()
    for client, server in zip(clients, servers, strict=True):
        opened = Numbers(connections=1, short_connections=int(client["short"]))
        sent = wire_sizes.segments(client["segments"], client["bytes"], 1, server["duplicates"])
        again = Numbers(retransmissions=client["retransmissions"])
        truth.unicast("alice", "bob", "tcp", sent.plus(opened).plus(again))
        back = wire_sizes.segments(server["segments"] + 1, server["bytes"], 1, client["duplicates"])
        truth.unicast("bob", "alice", "tcp", back.plus(Numbers(retransmissions=server["retransmissions"])))
        if not client["retransmissions"] and client["bytes"] != size:
            raise ArithmeticError(f"the kernel says that {client['bytes']} of {size} bytes were sent once")
    return truth


def _loopback(stage: Stage) -> Tally:
    """What the driver and a node say to each other over the node's own loopback is nobody's traffic."""
    stage.rig.serve("alice", "echo", port=_LOOPBACK_PORT)
    with stage.rig["alice"].host.socket() as control:
        control.connect(("127.0.0.1", _LOOPBACK_PORT))
        control.sendall(bytes(100_000))
        left = 100_000
        while left:
            left -= len(control.recv(1 << 16))
    return Tally()


def _tcp_cases() -> list[Case]:
    return [
        Case(f"tcp {size} B in chunks of {chunk}", _tcp(size, chunk), is_quick=size < _LARGE)
        for size in TCP_SIZES
        for chunk in _CHUNKS
        if size > chunk or chunk == _CHUNKS[0]
    ]


CASES: tuple[Case, ...] = (
    *(Case(f"udp {size} B x 100", _udp(size, 100)) for size in UDP_SIZES),
    Case("udp, segmented by the kernel", _udp_segments),
    Case("udp to a closed port, icmp answers", _closed_port),
    *_tcp_cases(),
    Case("tcp, 300 connections of 1000 B", _tcp(1000, 1000, connections=300), is_quick=False),
    Case("tcp, 30 connections of 1000 B", _tcp(1000, 1000, connections=30)),
    Case("control traffic on a node's loopback", _loopback),
)
