"""Phase edges in a real pipe."""

import os

import pytest

from tcperf.probes.edge_pipe import EdgePipe


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    made = EdgePipe(reader)
    yield made, writer
    made.close()
    os.close(writer)


def test_an_empty_pipe_is_not_waited_for(pipe):
    edges, _writer = pipe
    assert edges.told() == []


def test_edges_are_told_once_in_their_order(pipe):
    edges, writer = pipe
    os.write(writer, b"1700000000000000001 messages\n")
    os.write(writer, b"1700000000000000002 \n")
    assert edges.told() == [(1_700_000_000_000_000_001, "messages"), (1_700_000_000_000_000_002, "")]
    assert edges.told() == []
    os.write(writer, b"3 cold_start\n")
    assert edges.told() == [(3, "cold_start")]


def test_the_descriptor_is_its_own():
    reader, writer = os.pipe()
    EdgePipe(reader).close()
    with pytest.raises(BrokenPipeError):
        os.write(writer, b"x")
    os.close(writer)
