"""What is known of the tests' own connections; whose traffic that makes it is tried with real suites."""

import contextlib
import socket

import pytest

from tcperf.suite.measurer import Measurer, note_calls


@pytest.fixture
def noted():
    calls = []
    stop = note_calls(calls.append)
    yield calls
    stop()


@pytest.mark.parametrize("way", ["connect", "connect_ex"])
def test_a_call_is_known_by_its_own_port(noted, way):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        getattr(client, way)(server.getsockname())
        assert noted == [client.getsockname()[1]]


@pytest.mark.parametrize("blocking", [True, False])
def test_a_refused_one_is_known_too_for_its_socket_keeps_the_port(noted, blocking):
    with socket.socket() as bound, socket.socket() as client:
        bound.bind(("127.0.0.1", 0))  # and does not listen: nobody else will, either
        port = bound.getsockname()[1]
        client.setblocking(blocking)
        with contextlib.suppress(ConnectionRefusedError, BlockingIOError):
            client.connect(("127.0.0.1", port))
    (own,) = noted
    assert own not in {0, port}


class Idle:
    """A watcher that counts how often it was closed."""

    closed = 0

    def close(self):
        self.closed += 1


def test_closing_twice_is_closing_once_and_sockets_are_as_before():
    before = socket.socket.connect
    watcher = Idle()
    measurer = Measurer(watcher)
    assert socket.socket.connect is not before
    measurer.close()
    measurer.close()
    assert watcher.closed == 1
    assert socket.socket.connect is before
