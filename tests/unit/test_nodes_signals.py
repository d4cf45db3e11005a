"""The signal stream against servers that frame by hand."""

import base64
import contextlib
import hashlib
import json
import re
import socket
import struct
import threading

import pytest
from fake_host import CalmWitness
from scripted_server import ScriptedServer

from tcperf.clock import Deadline, monotonic_ns
from tcperf.errors import NodeError
from tcperf.nodes.inbox import Inbox
from tcperf.nodes.signals import Signals

SOON = 5.0
TEXT, CONTINUED, CLOSE, PING = 1, 0, 8, 9


def frame(payload, opcode=TEXT, *, fin=True):
    """A server's frame: RFC 6455, section 5.2, unmasked."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    head = bytes([(0x80 if fin else 0) | opcode])
    size = len(raw)
    length = (
        bytes([size])
        if size < 126
        else struct.pack(">BH", 126, size)
        if size < 65536
        else struct.pack(">BQ", 127, size)
    )
    return head + length + raw


def signal(kind, event=None):
    return {"type": kind, "event": event}


def welcome(request):
    """The answer to a handshake."""
    key = next(
        line.split(b": ")[1]
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key")
    )
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def tells(*chunks, together=False, then=lambda connection: None):
    """A script that opens the stream and sends ``chunks``; ``together`` with the handshake's answer."""

    def script(server, connection):
        server.read_request(connection)
        opened = welcome(server.seen[-1])
        if together:
            connection.sendall(opened + b"".join(chunks))
        else:
            connection.sendall(opened)
            for chunk in chunks:
                connection.sendall(chunk)
        then(connection)

    return script


@contextlib.contextmanager
def opened(script, *, accept=lambda _signal: True, seconds=SOON):
    with ScriptedServer(script) as server:
        inbox = Inbox(CalmWitness())
        signals = Signals.open(
            server.address,
            socket.socket(),
            inbox,
            witness=CalmWitness(),
            deadline=Deadline.after(seconds),
            accept=accept,
        )
        try:
            yield signals, inbox
        finally:
            signals.close()
    assert not signals._stream.is_read


def types(inbox):
    """The types of all signals, once the stream has ended."""
    with pytest.raises(NodeError) as caught:
        inbox.wait(lambda _signal: False, after=0, deadline=Deadline.after(SOON), what="end")
    return [signal.type for signal, _size in inbox._signals], caught.value.message


class TestReading:
    @pytest.mark.parametrize("together", [True, False])
    def test_signals_come_in_order(self, together):
        script = tells(frame(signal("a", {"x": 1})), frame(signal("b")), together=together)
        with opened(script) as (_signals, inbox):
            kinds, _reason = types(inbox)
            assert kinds == ["a", "b"]
            assert inbox._signals[0][0].event == {"x": 1}

    def test_byte_by_byte(self):
        raw = frame(signal("a")) + frame(signal("b", "x" * 70_000))
        with opened(tells(*(raw[i : i + 1] for i in range(60)), raw[60:])) as (_signals, inbox):
            assert types(inbox)[0] == ["a", "b"]

    def test_fragments_and_a_ping_between_them(self):
        raw = json.dumps(signal("split")).encode()
        parts = [frame(raw[:5], fin=False), frame(b"", PING), frame(raw[5:], CONTINUED)]
        answered = []
        script = tells(*parts, then=lambda connection: answered.append(connection.recv(100)))
        with opened(script) as (_signals, inbox):
            assert types(inbox)[0] == ["split"]
        assert answered[0][0] == 0x8A  # a pong

    def test_no_ping_is_ever_sent(self):
        sent = []

        def listen(connection):
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                sent.append(connection.recv(100))

        with opened(tells(frame(signal("a")), then=listen)) as (_signals, inbox):
            types(inbox)
        assert sent == []

    def test_the_stamp_is_the_time_of_receipt(self):
        go = threading.Event()
        before = monotonic_ns()
        with opened(tells(then=lambda c: go.wait(SOON) and c.sendall(frame(signal("a"))))) as (
            _signals,
            inbox,
        ):
            opened_ns = monotonic_ns()
            go.set()
            found, _cursor = inbox.wait(lambda _s: True, after=0, deadline=Deadline.after(SOON), what="come")
            assert before < opened_ns < found.at_ns <= monotonic_ns()

    def test_noise_is_counted_and_never_parsed(self):
        noise = [b'{"type":"wallet","event":{not even JSON', b' { "type" : "wakuv2.peerstats" , ...']
        with opened(tells(*map(frame, noise), frame(noise[0]), frame(signal("a")))) as (signals, inbox):
            assert types(inbox)[0] == ["a"]
            assert signals.dropped == {"wallet": 2, "wakuv2.peerstats": 1}

    def test_what_is_not_accepted_is_counted(self):
        script = tells(frame(signal("a")), frame(signal("b")), frame(signal("a")))
        with opened(script, accept=lambda signal: signal.type != "a") as (signals, inbox):
            assert types(inbox)[0] == ["b"]
            assert signals.dropped == {"a": 2}


class TestEnd:
    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            (b"", "alice closed its signal stream before"),
            (frame(b"a signal"), r"alice sent nonsense on its signal stream \('a signal'\)"),
            (frame(b"[1]"), "sent nonsense"),
            (frame(b'{"type":7}'), "sent nonsense"),
            (frame(b'{"event":7}'), "sent nonsense"),
            (frame(b"\xff\xff"), "sent nonsense"),
            (frame(b"[" * 100_000), "sent nonsense"),
            (b"\xff\xff\xff", "alice broke its signal stream"),
            (frame(b"", CLOSE), "alice broke its signal stream"),
            (b"\x81\x7f" + struct.pack(">Q", 1 << 40), "alice broke its signal stream .*exceeds limit"),
        ],
    )
    def test_the_inbox_is_closed_with_the_reason(self, raw, said):
        with opened(tells(frame(signal("a")), raw)) as (_signals, inbox):
            kinds, reason = types(inbox)
        assert kinds == ["a"]
        assert re.search(said, reason)

    def test_closing_ends_the_thread_though_the_node_goes_on(self):
        with opened(tells(then=lambda connection: connection.recv(1))) as (signals, inbox):
            signals.close()
            signals.close()
            assert inbox.closed


class TestOpening:
    def fails(self, script, said, **options):
        with pytest.raises(NodeError, match=said) as caught, opened(script, **options):
            pass
        assert caught.value.details

    def test_refused(self):
        def script(server, connection):
            server.read_request(connection)
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        self.fails(script, "alice refused its signal stream: .*403")

    def test_no_http(self):
        def script(server, connection):
            server.read_request(connection)
            connection.sendall(b"SSH-2.0\r\n\r\n")

        self.fails(script, "alice refused its signal stream")

    def test_closed(self):
        self.fails(lambda _server, _connection: None, "alice closed its signal stream at the start")

    def test_silent(self):
        self.fails(
            lambda _server, connection: (connection.recv(65536), connection.recv(1)),
            r"alice did not open its signal stream within 0\.1 s",
            seconds=0.1,
        )

    def test_too_late(self):
        self.fails(lambda _server, _connection: None, "within 0 s", seconds=0)

    def test_interrupted(self, monkeypatch):
        def interrupt(*_arguments):
            raise KeyboardInterrupt

        monkeypatch.setattr(Signals, "_shake_hands", interrupt)
        connection = socket.socket()
        with pytest.raises(KeyboardInterrupt):
            Signals.open(
                ("127.0.0.1", 1),
                connection,
                Inbox(CalmWitness()),
                witness=CalmWitness(),
                deadline=Deadline.after(1),
            )
        assert connection.fileno() == -1
