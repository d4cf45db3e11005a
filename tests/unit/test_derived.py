"""What is made of a phase's figures when the run has ended: bytes a delivered message, bytes a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.derived import derive
from tcperf.measurement import Measurement
from tcperf.model import PhaseResult
from tcperf.scenario import Phase

S = 1_000_000_000
AT_REST = (Phase("connect"), Phase("idle", rest=True))


def of(value, unit, exactness="exact", source="interface"):
    return Measurement(value, unit, exactness, source)


def figures(sent, received, exactness="exact"):
    return {"sent_bytes": of(sent, "bytes", exactness), "received_bytes": of(received, "bytes")}


def phase(name, *, seconds=10, nodes=None, totals=None):
    return PhaseResult(name, 5 * S, (5 + seconds) * S, nodes or {}, totals or {})


def made(result, phases=AT_REST):
    (found,) = derive([result], phases)
    return found


def test_bytes_are_shared_among_the_deliveries():
    totals = {
        "sent_bytes": of(4_200, "bytes"),
        "deliveries_count": of(4, "count", source="signals"),
        "cpu_ms": of(1, "ms"),
    }
    found = made(phase("messages", totals=totals), (Phase("messages"),))
    assert found.totals == {**totals, "delivery_bytes": of(1050, "bytes", "exact", "interface + signals")}


@pytest.mark.parametrize("lacking", ["sent_bytes", "deliveries_count"])
def test_without_an_ingredient_there_is_nothing(lacking):
    totals = {"sent_bytes": of(4_200, "bytes"), "deliveries_count": of(4, "count")}
    del totals[lacking]
    result = phase("messages", totals=totals)
    assert made(result, (Phase("messages"),)) == result


def test_where_nothing_was_delivered_there_is_nothing():
    totals = {"sent_bytes": of(4_200, "bytes"), "deliveries_count": of(0, "count")}
    assert "delivery_bytes" not in made(phase("messages", totals=totals)).totals


def test_what_is_made_is_as_exact_as_its_loosest_ingredient():
    totals = {"sent_bytes": of(10, "bytes", "bound"), "deliveries_count": of(2, "count")}
    assert made(phase("x", totals=totals)).totals["delivery_bytes"].exactness == "bound"


def test_at_rest_each_node_has_what_it_exchanges_and_the_phase_their_mean():
    nodes = {"alice": figures(600, 400), "bob": figures(300, 700, "sampled"), "carol": figures(0, 100)}
    found = made(phase("idle", seconds=4, nodes=nodes))
    assert {name: node["second_bytes"].value for name, node in found.nodes.items()} == {
        "alice": 250,
        "bob": 250,
        "carol": 25,
    }
    assert found.nodes["alice"]["day_bytes"] == of(21_600_000, "bytes")
    assert found.totals["second_bytes"].value == 175
    assert found.totals["day_bytes"] == of(15_120_000, "bytes", "sampled")


def test_a_node_whose_traffic_is_unknown_leaves_the_phase_without_a_mean():
    found = made(phase("idle", nodes={"alice": figures(600, 400), "bob": {"sent_bytes": of(1, "bytes")}}))
    assert found.nodes["alice"]["day_bytes"].value == 8_640_000
    assert "day_bytes" not in found.nodes["bob"]
    assert "day_bytes" not in found.totals


def test_a_phase_of_no_length_has_no_rate():
    assert "day_bytes" not in made(phase("idle", seconds=0, nodes={"alice": figures(6, 4)})).totals


def test_only_what_is_declared_to_be_at_rest_is_reckoned_up():
    result = phase("connect", nodes={"alice": figures(6, 4)})
    assert made(result) == result


@given(st.integers(1, 10**12), st.integers(1, 10**6))
def test_all_deliveries_together_are_all_that_was_sent(sent, count):
    totals = {"sent_bytes": of(sent, "bytes"), "deliveries_count": of(count, "count")}
    each = made(phase("messages", totals=totals)).totals["delivery_bytes"].value
    assert each * count == pytest.approx(sent)
