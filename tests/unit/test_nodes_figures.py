"""Go's figures are optional: whatever a node answers instead, it is a node without them."""

import socket

import pytest
from fake_host import CalmWitness
from scripted_server import ScriptedServer, answers, http

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.gofigures import GoFigures
from tcperf.nodes.api import Api
from tcperf.nodes.figures import Figures

NOT_FOUND = http("404 page not found\n", "404 Not Found")


def expvar(number):
    return http(f'{{"memstats": {{"NumGC": {number}}}}}')


def read(server, times=1, seconds=5.0):
    """The figures of a server, asked for so many times in a row."""
    api = Api(server.address, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM), CalmWitness())
    figures = Figures()
    try:
        return [figures.read(api, Deadline.after(seconds)) for _ in range(times)]
    finally:
        api.close()


def asked(server):
    return [request.split()[1].decode() for request in server.seen]


def test_expvar_first():
    with ScriptedServer(answers(expvar(1), expvar(2))) as server:
        assert read(server, 2) == [GoFigures("expvar", collections=1), GoFigures("expvar", collections=2)]
    assert asked(server) == ["/debug/vars", "/debug/vars"]


def test_prometheus_where_there_is_no_expvar_and_expvar_is_not_asked_again():
    page = http("go_goroutines 5\n")
    with ScriptedServer(answers(NOT_FOUND, page, page)) as server:
        assert read(server, 2) == [GoFigures("prometheus", goroutines=5)] * 2
    assert asked(server) == ["/debug/vars", "/metrics", "/metrics"]


@pytest.mark.parametrize(
    "answer",
    [
        NOT_FOUND,
        http("", "405 Method Not Allowed", "Allow: POST\r\n"),
        http("", "501 Not Implemented"),
        http("oh no\n", "500 Internal Server Error"),
        http("", "301 Moved Permanently", "Location: /elsewhere\r\n"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
        http("<html>hello</html>"),
        http(""),
        http(b"\xff\xfe"),
        http("[" * 100_000),
        http("{}"),
    ],
)
def test_any_other_answer_means_that_there_is_none_and_each_page_is_asked_for_once(answer):
    with ScriptedServer(answers(answer, answer)) as server:
        assert read(server, 3) == [None, None, None]
    assert asked(server) == ["/debug/vars", "/metrics"]


def test_no_http_at_all():
    nonsense = answers(b"220 mail.example ESMTP\r\n")
    with ScriptedServer(nonsense, nonsense) as server:
        assert read(server, 3) == [None, None, None]
    assert server.connections == 2


def test_a_page_that_is_gone_is_not_asked_for_again_and_no_other_takes_its_place():
    with ScriptedServer(answers(expvar(1), http("", "410 Gone"))) as server:
        assert read(server, 3) == [GoFigures("expvar", collections=1), None, None]
    assert len(server.seen) == 2


@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"])
def test_a_lost_connection_is_an_error(part):
    with ScriptedServer(answers(part)) as server:
        with pytest.raises(NodeError, match="alice closed the connection without answering GET /debug/vars"):
            read(server)


def test_silence_is_an_error():
    with ScriptedServer(lambda server, connection: connection.recv(65536) and connection.recv(1)) as server:
        with pytest.raises(NodeError, match=r"alice did not answer GET /debug/vars within 0.05 s"):
            read(server, seconds=0.05)
