"""The API's client against servers that follow a script to the byte."""

import json
import select
import socket
import struct
import threading

import pytest
from fake_host import CalmWitness
from scripted_server import ScriptedServer, answers, http

from tcperf.clock import Deadline, monotonic_ns
from tcperf.errors import NodeError
from tcperf.nodes.api import Api
from tcperf.nodes.http_client import UnknownMethodError, UnsupportedMethodError, UnusableAnswerError
from tcperf.nodes.rpc_client import RefusedError, RpcError

SOON = 5.0


def make_api(server, fate=None):
    return Api(server.address, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM), CalmWitness(fate))


def call(api, method="Method", body=None, seconds=SOON):
    return api.call(method, body, Deadline.after(seconds))


def rpc_result(result, number=1):
    return http(json.dumps({"jsonrpc": "2.0", "id": number, "result": result}))


class TestRequests:
    @pytest.mark.parametrize(
        ("body", "sent"),
        [(None, b""), ("/data/alice", b"/data/alice"), ({"dataDir": "/é"}, '{"dataDir":"/é"}'.encode())],
    )
    def test_a_body_is_sent_as_it_should(self, body, sent):
        with ScriptedServer(answers(http('{"error":""}'))) as server:
            api = make_api(server)
            assert call(api, "Initialize", body) == {"error": ""}
            api.close()
        head, received = server.seen[0].split(b"\r\n\r\n")
        assert received == sent
        assert head.startswith(b"POST /statusgo/Initialize HTTP/1.1\r\nHost: 127.0.0.1:")

    def test_rpc_ids_count_up(self):
        with ScriptedServer(answers(rpc_result("a"), rpc_result("b", 2))) as server:
            api = make_api(server)
            assert api.rpc("wakuext_a", [1], Deadline.after(SOON)).value == "a"
            assert api.rpc("wakuext_b", (), Deadline.after(SOON)).value == "b"
            api.close()
        bodies = [json.loads(request.split(b"\r\n\r\n")[1]) for request in server.seen]
        assert bodies[0] == {"jsonrpc": "2.0", "id": 1, "method": "wakuext_a", "params": [1]}
        assert bodies[1] == {"jsonrpc": "2.0", "id": 2, "method": "wakuext_b", "params": []}

    def test_get(self):
        with ScriptedServer(answers(http('{"memstats": {}}'))) as server:
            api = make_api(server)
            assert api.get("/debug/vars", Deadline.after(SOON)) == b'{"memstats": {}}'
            api.close()
        assert server.seen[0].startswith(b"GET /debug/vars HTTP/1.1\r\n")

    def test_what_is_got_need_not_be_json(self):
        with ScriptedServer(answers(http(b"\x1f\x8b\xff"), http("gone", "410 Gone"))) as server:
            api = make_api(server)
            assert api.get("/debug/pprof/heap", Deadline.after(SOON)) == b"\x1f\x8b\xff"
            with pytest.raises(
                UnusableAnswerError, match="answered GET /debug/pprof/heap with HTTP status 410"
            ):
                api.get("/debug/pprof/heap", Deadline.after(SOON))
            api.close()

    def test_a_twin_has_a_connection_of_its_own(self):
        with ScriptedServer(answers(http("1"), http("3")), answers(http("2"))) as server:
            api = make_api(server)
            twin = api.twin()
            assert api.get("/", Deadline.after(SOON)) == b"1"
            # The first connection stays open meanwhile, and the server plays one after another.
            api.close()
            assert twin.get("/", Deadline.after(SOON)) == b"2"
            twin.close()
        assert server.connections == 2

    def test_the_stamps_enclose_the_exchange(self):
        served = []

        def script(server, connection):
            server.read_request(connection)
            served.append(monotonic_ns())
            connection.sendall(rpc_result(None))

        before = monotonic_ns()
        with ScriptedServer(script) as server:
            api = make_api(server)
            answer = api.rpc("m", [], Deadline.after(SOON))
            api.close()
        assert before < answer.sent_ns < served[0] < answer.received_ns < monotonic_ns()

    def test_chunked_answers(self):
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n3\r\n,3]\r\n0\r\n\r\n"
        with ScriptedServer(answers(chunked, http("[4]"))) as server:
            api = make_api(server)
            assert call(api) == [1, 2, 3]
            assert call(api) == [4]
            api.close()
        assert server.connections == 1


class TestConnection:
    def test_one_is_kept_alive(self):
        with ScriptedServer(answers(http("1"), http("2"), http("3"))) as server:
            api = make_api(server)
            assert [call(api) for _ in range(3)] == [1, 2, 3]
            api.close()
        assert server.connections == 1

    def test_it_is_made_anew_when_the_node_closed_it_meanwhile(self):
        with ScriptedServer(answers(http("1")), answers(http("2"))) as server:
            api = make_api(server)
            assert call(api) == 1
            assert peek(api) == b""
            assert call(api) == 2
            api.close()
        assert server.connections == 2

    def test_it_is_made_anew_when_the_node_reset_it(self):
        def reset(server, connection):
            answers(http("1"))(server, connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        with ScriptedServer(reset, answers(http("2"))) as server:
            api = make_api(server)
            assert call(api) == 1
            poll = select.poll()
            poll.register(api._wire._socket, 0)  # an error is always told
            assert poll.poll(5000)
            assert call(api) == 2
            api.close()

    def test_it_is_made_anew_after_bytes_that_nobody_asked_for(self):
        answered = threading.Event()

        def script(server, connection):
            answers(http("1"))(server, connection)
            answered.wait(SOON)
            connection.sendall(http("of another question"))
            connection.recv(1)  # until the client hangs up

        with ScriptedServer(script, answers(http("2"))) as server:
            api = make_api(server)
            assert call(api) == 1
            answered.set()
            assert peek(api) == b"H"
            assert call(api) == 2
            api.close()

    def test_the_nodes_wish_to_close_is_heeded(self):
        with ScriptedServer(
            answers(http("1", headers="Connection: close\r\n")), answers(http("2"))
        ) as server:
            api = make_api(server)
            assert [call(api), call(api)] == [1, 2]
            api.close()

    def test_a_call_is_never_repeated(self):
        def script(server, connection):
            server.read_request(connection)

        with ScriptedServer(script, answers(http("1"))) as server:
            api = make_api(server)
            with pytest.raises(NodeError, match="alice closed the connection without answering Method"):
                call(api)
            api.close()
        assert len(server.seen) == 1

    def test_closing_twice(self):
        with ScriptedServer() as server:
            api = make_api(server)
            api.close()
            api.close()

    def test_an_interrupted_call_does_not_leave_its_answer_to_the_next(self, monkeypatch):
        def interrupt(*_arguments, **_options):
            raise KeyboardInterrupt

        with ScriptedServer(answers(http("1")), answers(http("2"))) as server:
            api = make_api(server)
            with monkeypatch.context() as patched:
                patched.setattr("http.client.HTTPResponse.begin", interrupt)
                with pytest.raises(KeyboardInterrupt):
                    call(api)
            assert call(api) == 2
            api.close()


def peek(api):
    """Wait for something to come on the connection, which stays there; nothing at its end."""
    api._wire._socket.settimeout(SOON)
    return api._wire._socket.recv(1, socket.MSG_PEEK)


class TestErrors:
    @pytest.mark.parametrize(
        ("response", "kind", "said"),
        [
            (
                http("404 page not found\n", "404 Not Found"),
                UnknownMethodError,
                r"does not know Method \(404\)",
            ),
            (http("", "501 Not Implemented"), UnsupportedMethodError, r"does not offer Method \(501\)"),
            (http("oh\n", "500 No"), NodeError, r"answered Method with HTTP status 500: 'oh\\n'"),
            (http('{"error":"no"}'), RefusedError, "alice refused Method: 'no'"),
            (http('{"error":{"a":1}}'), RefusedError, "alice refused Method: .*a"),
            (http("<html>"), NodeError, "answered nonsense to Method: '<html>'"),
            (http(b"\xff\xfe\xfa"), NodeError, "answered nonsense to Method: '\ufffd"),
            (http("[" * 100_000), NodeError, "answered nonsense to Method"),
            (http(""), NodeError, "answered nonsense to Method: ''"),
            (b"", NodeError, "closed the connection without answering Method"),
            (b"SSH-2.0-OpenSSH\r\n", NodeError, "answered Method with no HTTP"),
            (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, NodeError, "answered Method with no HTTP"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", NodeError, "closed the connection without"),
        ],
    )
    def test_answers_that_are_none(self, response, kind, said):
        with ScriptedServer(answers(response)) as server:
            api = make_api(server)
            with pytest.raises(kind, match=said) as caught:
                call(api)
            api.close()
        assert caught.value.details == ("first", "second")
        assert caught.value.cure

    def test_an_endless_answer(self, monkeypatch):
        monkeypatch.setattr("tcperf.nodes.http_client._ANSWER_LIMIT", 1000)
        with ScriptedServer(answers(http("1" * 1001))) as server:
            api = make_api(server)
            with pytest.raises(NodeError, match=r"no HTTP: .*an answer of 1,000 bytes or more"):
                call(api)
            api.close()

    def test_a_dead_node_is_said_to_be_dead(self):
        with ScriptedServer(answers(b"")) as server, pytest.raises(NodeError) as caught:
            call(make_api(server, "was killed by SIGSEGV"))
        assert caught.value.message == "alice was killed by SIGSEGV without answering Method"

    def test_nobody_listens(self):
        with ScriptedServer() as server:
            pass
        with pytest.raises(NodeError, match="alice closed the connection without answering Method"):
            call(make_api(server))

    @pytest.mark.parametrize(
        ("answer", "kind", "said"),
        [
            (
                {"id": 1, "error": {"code": -32000, "message": "no"}},
                RpcError,
                "answered error -32000 to m: 'no'",
            ),
            ({"id": 1, "error": {"code": "x"}}, RpcError, "answered error x to m: 'None'"),
            ({"error": "JSON-RPC client is unavailable"}, RefusedError, "refused m: 'JSON-RPC client is un"),
            ({"id": 2, "result": 1}, NodeError, "answered nonsense to m: "),
            ({"id": 1}, NodeError, "answered nonsense to m: "),
            ([], NodeError, r"answered nonsense to m: \[\]"),
        ],
    )
    def test_json_rpc(self, answer, kind, said):
        with ScriptedServer(answers(http(json.dumps(answer)))) as server:
            api = make_api(server)
            with pytest.raises(kind, match=said):
                api.rpc("m", [], Deadline.after(SOON))
            api.close()

    def test_an_rpc_error_keeps_code_and_text(self):
        answer = {"id": 1, "error": {"code": -32601, "message": "the method m does not exist"}}
        with ScriptedServer(answers(http(json.dumps(answer)))) as server:
            api = make_api(server)
            with pytest.raises(RpcError) as caught:
                api.rpc("m", [], Deadline.after(SOON))
            api.close()
        assert (caught.value.code, caught.value.text) == (-32601, "the method m does not exist")


class TestDeadlines:
    def test_silence(self):
        def script(server, connection):
            server.read_request(connection)
            connection.recv(1)  # until the client gives up

        with ScriptedServer(script) as server:
            api = make_api(server)
            with pytest.raises(NodeError, match=r"alice did not answer Method within 0.1 s"):
                call(api, seconds=0.1)
            api.close()

    def test_a_trickle_does_not_stretch_it(self):
        def script(server, connection):
            server.read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            connection.settimeout(0.01)
            while True:  # until the client gives up
                connection.sendall(b" ")
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    continue

        began = monotonic_ns()
        with ScriptedServer(script) as server:
            api = make_api(server)
            with pytest.raises(NodeError, match="did not answer Method within"):
                call(api, seconds=0.2)
            api.close()
        assert monotonic_ns() - began < 5e9

    def test_an_expired_one(self):
        with ScriptedServer() as server:
            api = make_api(server)
            with pytest.raises(NodeError, match="did not answer Method within 0 s"):
                call(api, seconds=0)
            api.close()
        assert server.seen == []
