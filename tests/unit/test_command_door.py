"""The socket for marks, and whoever connects to it."""

import selectors
import socket

import pytest

from tcperf.command.door import MOST, Door
from tcperf.command.timeline import RefusedMarkError
from tcperf.errors import MachineError


class Entrance:
    """A door and what it heard; ``serve`` lets it do what has come."""

    def __init__(self, folder):
        self.heard = []
        self.selector = selectors.DefaultSelector()
        self.door = Door(folder, self.selector, self.hear)
        self.clients = []

    def hear(self, name):
        if name == "bad":
            raise RefusedMarkError("this is bad", cure="be good")
        self.heard.append(name)

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self.door.path))
        client.settimeout(5)
        self.clients.append(client)
        return client

    def serve(self):
        while ready := self.selector.select(0.05):
            for key, _events in ready:
                if key.fileobj in self.selector.get_map():
                    key.data()

    def say(self, client, data):
        client.sendall(data)
        self.serve()
        return client.recv(4096)

    def close(self):
        for client in self.clients:
            client.close()
        self.door.close()
        self.selector.close()


@pytest.fixture
def entrance(tmp_path):
    made = Entrance(tmp_path)
    yield made
    made.close()


def test_each_line_is_answered_when_it_was_heard(entrance):
    client = entrance.connect()
    assert entrance.say(client, b"phase load\n") == b"ok\n"
    assert entrance.say(client, b"phase\nphase talk\n") == b"ok\nok\n"
    assert entrance.heard == ["load", "", "talk"]


def test_many_may_connect_and_each_gets_its_own_answer(entrance):
    clients = [entrance.connect() for _ in range(20)]
    for number, client in enumerate(clients):
        client.sendall(f"phase p{number}\n".encode())
    entrance.serve()
    assert [client.recv(100) for client in clients] == [b"ok\n"] * 20
    assert sorted(entrance.heard) == sorted(f"p{number}" for number in range(20))


def test_what_is_no_mark_is_told_so_and_counted(entrance):
    client = entrance.connect()
    answer = entrance.say(client, b"GET / HTTP/1.1\n")
    assert answer == b"error: a line is: phase NAME, or phase alone, which ends the open one\n"
    assert (entrance.heard, entrance.door.strays) == ([], 1)
    assert entrance.say(client, b"phase load\n") == b"ok\n"


def test_what_is_refused_is_answered_and_raised(entrance):
    client = entrance.connect()
    client.sendall(b"phase bad\n")
    with pytest.raises(RefusedMarkError, match="this is bad"):
        entrance.serve()
    assert client.recv(100) == b"error: this is bad (be good)\n"


def test_one_who_does_not_read_is_closed_and_holds_nobody_up(entrance):
    rude, polite = entrance.connect(), entrance.connect()
    rude.settimeout(0)
    with pytest.raises(OSError, match=r"closed|Broken|reset"):
        while True:
            try:
                rude.send(b"x\n" * 2000)
            except BlockingIOError:
                entrance.serve()
    assert entrance.say(polite, b"phase load\n") == b"ok\n"


def test_one_who_leaves_in_the_middle_is_forgotten(entrance):
    for data in (b"", b"phase lo", b"phase load\n", b"\x00\xff" * 5000):
        client = entrance.connect()
        client.sendall(data)
        client.close()
        entrance.serve()
    assert entrance.heard == ["load"]
    assert entrance.door._open == {}


def test_one_too_many_is_closed(entrance):
    clients = []
    for _ in range(MOST):
        clients.append(entrance.connect())
        entrance.serve()
    late = entrance.connect()
    entrance.serve()
    assert late.recv(1) == b""
    assert entrance.say(clients[-1], b"phase load\n") == b"ok\n"


def test_nothing_is_left_open(entrance):
    client = entrance.connect()
    entrance.serve()
    entrance.door.close()
    assert client.recv(1) == b""
    assert not entrance.selector.get_map()
    entrance.door.path.unlink()
    entrance.door = Door(entrance.door.path.parent, entrance.selector, entrance.hear)


def test_a_folder_whose_path_is_too_long(tmp_path):
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    with selectors.DefaultSelector() as selector, pytest.raises(MachineError, match="too long") as refused:
        Door(folder, selector, print)
    assert "TMPDIR" in refused.value.cure
