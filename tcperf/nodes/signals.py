"""The WebSocket stream of a node's signals, drained by a thread of its own.

The node writes to all clients under one lock and with no deadline: a client that does not drain its socket
stalls the node.  It never reads the socket: it answers neither pings nor close frames, so we send none.
There is no replay: the stream is opened before the first call.  (status-go, cmd/status-backend/server.)
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tcperf.clock import Deadline, monotonic_ns
from tcperf.nodes.inbox import Inbox, Signal
from tcperf.nodes.witness import Witness, failure, loss, quote

if TYPE_CHECKING:
    from websockets.client import ClientProtocol
    from websockets.frames import Frame

_CHUNK = 65536
_LEAST_S = 0.001  # a socket's timeout of 0 would mean "do not wait at all"
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
        connection: socket.socket,
        protocol: ClientProtocol,
        inbox: Inbox,
        accept: Callable[[Signal], bool],
    ) -> None:
        self._socket = connection
        self._protocol = protocol
        self._inbox = inbox
        self._accept = accept
        self._parts: list[bytes] = []
        self.dropped: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._read, name="signals", daemon=True)

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
        signals = cls(connection, _protocol(address), inbox, accept)
        try:
            signals._shake_hands(address, deadline)
        except TimeoutError:
            connection.close()
            raise failure(witness, f"did not open its signal stream within {deadline}") from None
        except (OSError, EOFError) as error:
            connection.close()
            raise loss(witness, "closed its signal stream", "at the start") from error
        except BaseException:
            connection.close()
            raise
        if signals._protocol.handshake_exc is not None:
            connection.close()
            raise failure(
                witness, f"refused its signal stream: {quote(str(signals._protocol.handshake_exc))}"
            )
        signals._thread.start()
        return signals

    def close(self) -> None:
        """End the stream and the thread; safe to call twice."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def _shake_hands(self, address: tuple[str, int], deadline: Deadline) -> None:
        self._limit(deadline)
        self._socket.connect(address)
        self._protocol.send_request(self._protocol.connect())
        self._flush()
        while self._protocol.state.name == "CONNECTING" and self._protocol.handshake_exc is None:
            self._limit(deadline)
            self._protocol.receive_data(self._receive())
        self._socket.settimeout(None)

    def _limit(self, deadline: Deadline) -> None:
        if deadline.expired:
            raise TimeoutError
        self._socket.settimeout(max(deadline.remaining_s(), _LEAST_S))

    def _read(self) -> None:
        try:
            self._handle(monotonic_ns())  # what came together with the handshake
            while not self._protocol.close_expected():
                data = self._receive()
                at_ns = monotonic_ns()
                self._protocol.receive_data(data)
                self._handle(at_ns)
            reason = f"broke its signal stream ({self._protocol.parser_exc or 'a close frame'})"
        except (EOFError, OSError):
            reason = "closed its signal stream"
        except _NonsenseError as error:
            reason = f"sent nonsense on its signal stream ({error})"
        self._inbox.close(reason)

    def _receive(self) -> bytes:
        data = self._socket.recv(_CHUNK)
        if not data:
            raise EOFError
        return data

    def _flush(self) -> None:
        """Send what the protocol wants sent: the handshake, answers to pings of other generations."""
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)

    def _handle(self, at_ns: int) -> None:
        for event in self._protocol.events_received():
            payload = self._assemble(cast("Frame", event)) if hasattr(event, "opcode") else None
            if payload is not None:
                self._take(payload, at_ns)
        self._flush()

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


class _NonsenseError(Exception):
    """A frame that is no signal; its text quotes the frame."""


def _parse(payload: bytes, at_ns: int) -> Signal:
    try:
        parsed = json.loads(payload)
        name = parsed["type"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise _NonsenseError(quote(payload)) from None
    if not isinstance(name, str):
        raise _NonsenseError(quote(payload))
    return Signal(name, parsed.get("event"), at_ns)


def _protocol(address: tuple[str, int]) -> ClientProtocol:
    from websockets.client import ClientProtocol
    from websockets.uri import parse_uri

    host, port = address
    return ClientProtocol(parse_uri(f"ws://{host}:{port}/signals"), max_size=_SIGNAL_LIMIT)
