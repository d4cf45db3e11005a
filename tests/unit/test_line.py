"""A line of nodes: neighbours are connected, and no others are."""

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from tcperf import line
from tcperf.errors import ScenarioError


@frozen
class Talker:
    name: str
    peers: frozenset[str]

    def peer_id(self):
        return f"id of {self.name}"

    def peer_ids(self):
        return self.peers


def talkers(count, pairs):
    """Nodes 0 … count - 1, of which these pairs are connected, and each to a stranger."""
    return [
        Talker(
            str(one), frozenset(f"id of {other}" for other in range(count) if {one, other} in pairs) | {"?"}
        )
        for one in range(count)
    ]


def neighbours(count):
    return [{place, place + 1} for place in range(count - 1)]


@given(st.integers(0, 7))
def test_neighbours_that_are_connected_are_a_line_whoever_else_they_know(count):
    line.check("relay_chain", talkers(count, neighbours(count)))


@given(st.integers(3, 7), st.data())
def test_one_connection_more_is_none(count, data):
    one = data.draw(st.integers(0, count - 3))
    other = data.draw(st.integers(one + 2, count - 1))
    with pytest.raises(
        ScenarioError, match=f"relay_chain is no line.* {one} has found.* connection to {other}"
    ):
        line.check("relay_chain", talkers(count, [*neighbours(count), {one, other}]))


@given(st.integers(2, 7), st.data())
def test_one_connection_less_is_none(count, data):
    lost = data.draw(st.integers(0, count - 2))
    pairs = [pair for pair in neighbours(count) if pair != {lost, lost + 1}]
    with pytest.raises(ScenarioError, match=f"{lost} lost its connection to {lost + 1}.*two nodes' logs"):
        line.check("relay_chain", talkers(count, pairs))
