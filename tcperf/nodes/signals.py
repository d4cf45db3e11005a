"""The WebSocket stream of a node's signals, drained by a thread of its own.

The node writes to all clients under one lock and with no deadline: a client that does not drain its socket
stalls the node.  It never reads the socket: it answers neither pings nor close frames, so we send none.
There is no replay: the stream is opened before the first call.  (status-go, cmd/status-backend/server.)
"""

from __future__ import annotations

import json
import re
import socket
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tcperf.clock import Deadline
from tcperf.nodes.inbox import Inbox, Signal
from tcperf.nodes.stream import BrokenError, NonsenseError, Stream
from tcperf.nodes.witness import Witness, failure, quote

if TYPE_CHECKING:
    from websockets.client import ClientProtocol
    from websockets.frames import Frame

_CALLED = "signal stream"
_SIGNAL_LIMIT = 32 * 1024 * 1024
#: Bulky or periodic signals that no wait asks for; they are counted and never parsed.
_NOISE = (b"wallet", b"wakuv2.peerstats", b"stats")
#: RFC 6455, section 5.2: opcodes from here on are control frames.
_CONTROL = 8
_TYPE = re.compile(rb'\s*\{\s*"type"\s*:\s*"([^"\\]{1,64})"')


class Signals:
    """An open stream.  Made by ``open``; fills ``inbox`` until the node or ``close`` ends it."""

    def __init__(
        self,
        stream: Stream,
        protocol: ClientProtocol,
        inbox: Inbox,
        accept: Callable[[Signal], bool],
    ) -> None:
        self._stream = stream
        self._protocol = protocol
        self._inbox = inbox
        self._accept = accept
        self._parts: list[bytes] = []
        self.dropped: Counter[str] = Counter()

    @classmethod
    def open(
        cls,
        address: tuple[str, int],
        connection: socket.socket,
        inbox: Inbox,
        *,
        witness: Witness,
        deadline: Deadline,
        accept: Callable[[Signal], bool] = lambda _signal: True,
    ) -> Signals:
        """Connect the unconnected ``connection`` to the node's stream and start to read.

        ``accept`` is asked, in the reader's thread, whether a signal is put into the inbox.
        Raises NodeError where the node does not open the stream.
        """
        stream = Stream(connection, _CALLED)
        signals = cls(stream, _protocol(address), inbox, accept)
        late, lost = f"open its {_CALLED}", f"closed its {_CALLED}"
        with stream.opening(witness, deadline, late=late, lost=lost, when="at the start"):
            signals._shake_hands(address, witness)
        stream.start("signals", signals._take_chunk, inbox)
        return signals

    def close(self) -> None:
        """End the stream and the thread; safe to call twice."""
        self._stream.close()

    def _shake_hands(self, address: tuple[str, int], witness: Witness) -> None:
        self._stream.connect(address)
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        while self._protocol.state.name == "CONNECTING" and self._protocol.handshake_exc is None:
            self._protocol.receive_data(self._stream.receive())
        if self._protocol.handshake_exc is not None:
            raise failure(witness, f"refused its {_CALLED}: {quote(str(self._protocol.handshake_exc))}")

    def _take_chunk(self, chunk: bytes, at_ns: int) -> None:
        self._protocol.receive_data(chunk)
        for event in self._protocol.events_received():
            payload = self._assemble(cast("Frame", event)) if hasattr(event, "opcode") else None
            if payload is not None:
                self._take(payload, at_ns)
        self._flush()
        if self._protocol.close_expected():
            raise BrokenError(self._protocol.parser_exc or "a close frame")

    def _flush(self) -> None:
        """Send what the protocol wants sent: the handshake, answers to pings of other generations."""
        for data in self._protocol.data_to_send():
            if data:
                self._stream.send(data)

    def _assemble(self, frame: Frame) -> bytes | None:
        """The message that ``frame`` completes, or None: a control frame or an early fragment."""
        if frame.opcode >= _CONTROL:
            return None
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return None
        payload = b"".join(self._parts)
        self._parts.clear()
        return payload

    def _take(self, payload: bytes, at_ns: int) -> None:
        early = _TYPE.match(payload)
        if early is not None and early[1] in _NOISE:
            self.dropped[early[1].decode("ascii")] += 1
            return
        signal = _parse(payload, at_ns)
        if self._accept(signal):
            self._inbox.put(signal, len(payload))
        else:
            self.dropped[signal.type] += 1


def _parse(payload: bytes, at_ns: int) -> Signal:
    try:
        parsed = json.loads(payload)
        name = parsed["type"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise NonsenseError(quote(payload)) from None
    if not isinstance(name, str):
        raise NonsenseError(quote(payload))
    return Signal(name, parsed.get("event"), at_ns)


def _protocol(address: tuple[str, int]) -> ClientProtocol:
    from websockets.client import ClientProtocol
    from websockets.uri import parse_uri

    host, port = address
    return ClientProtocol(parse_uri(f"ws://{host}:{port}/signals"), max_size=_SIGNAL_LIMIT)
