"""Profiles: gzip as it is, or none."""

import gzip
import socket

import pytest
from fake_host import CalmWitness
from scripted_server import ScriptedServer, answers, http

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.nodes import pprof
from tcperf.nodes.api import Api

PROFILE = gzip.compress(b"\x0a\x04\x08\x01\x10\x02 a protocol buffer, for all we know", mtime=0)


def read(server, kind="cpu", seconds=3):
    api = Api(server.address, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM), CalmWitness())
    try:
        return pprof.read(api, kind, seconds, Deadline.after(5))
    finally:
        api.close()


@pytest.mark.parametrize(
    ("kind", "path"),
    [("cpu", b"GET /debug/pprof/profile?seconds=3 "), ("heap", b"GET /debug/pprof/heap?gc=1 ")],
)
def test_a_profile_is_handed_over_as_it_is(kind, path):
    with ScriptedServer(answers(http(PROFILE))) as server:
        assert read(server, kind) == PROFILE
    assert server.seen[0].startswith(path)


@pytest.mark.parametrize(
    "answer",
    [
        http("404 page not found\n", "404 Not Found"),
        http("Could not enable CPU profiling: cpu profiling already in use\n", "500 Internal Server Error"),
        http(""),
        http("<html>"),
        http(PROFILE[:-1]),
        http(PROFILE[:20]),
        http(PROFILE[:-8] + bytes(8)),
        http(PROFILE + b"trailing"),
        http(gzip.compress(b"", mtime=0)),
        http(b"\x1f\x8b"),
        http(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff"),
        b"220 mail.example ESMTP\r\n",
    ],
)
def test_whatever_else_is_none(answer):
    with ScriptedServer(answers(answer)) as server:
        assert read(server) is None


def test_what_swells_beyond_all_measure_is_none(monkeypatch):
    monkeypatch.setattr(pprof, "_LIMIT", 1 << 20)
    with ScriptedServer(answers(http(gzip.compress(bytes(3 << 20))))) as server:
        assert read(server) is None


def test_a_node_that_goes_away_is_an_error():
    with ScriptedServer(answers(b"")) as server:
        with pytest.raises(NodeError, match="alice closed the connection without answering GET /debug/pprof"):
            read(server)
