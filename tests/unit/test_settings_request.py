"""What settings are made for: which statistics scenarios publish, and the identifiers made of them."""

import itertools

import pytest
import samples
import settings_requests as made

from tcperf.registry import discover
from tcperf.teamcity.settings.request import Request


def test_the_statistics_are_those_that_are_printed_in_their_order():
    keys = [each.key for each in made.request(samples.ONE_TO_ONE).statistics["one_to_one"]]
    assert keys == [f"tcperf.one_to_one.messages.{metric}" for metric in samples.PUBLISHED]
    assert [each.title for each in made.request(samples.ONE_TO_ONE).statistics["one_to_one"]] == [
        "time",
        "latency",
        "send",
        "cpu",
        "memory peak",
        "sent",
        "packets",
    ]


def test_several_phases_are_told_apart():
    titles = [each.title for each in made.request(samples.COLD_START).statistics["cold_start"]]
    assert titles[0] == "boot: time"
    assert titles[-1] == "first peer: packets"
    assert len(set(titles)) == len(titles) == 15


def test_the_bundled_node_has_keys_of_its_own():
    (first, *_) = made.reference(samples.ONE_TO_ONE).statistics["one_to_one"]
    assert first.key == "tcperf.reference.one_to_one.messages.time_ms"
    assert first.tail == "one_to_one.messages.time_ms"
    assert first.unit == "ms"


def test_the_hosts_network_has_no_traffic():
    metrics = [each.metric for each in made.request(made.IDLE, traffic=False).statistics["idle"]]
    assert metrics == ["cpu_ms", "memory_peak_bytes"]


@pytest.mark.parametrize("reference", [True, False])
@pytest.mark.parametrize("traffic", [True, False])
def test_they_are_the_keys_that_tcperf_list_shows(reference, traffic):
    for scenario in discover([]).listing().scenarios:
        info = scenario.info(scenario.params_type())
        request = Request(scenarios=(info,), node=None if reference else made.NODE, traffic=traffic)
        found = tuple(each.key for each in request.statistics[scenario.name])
        assert found == scenario.keys(reference=reference, traffic=traffic)


def test_identifiers_differ_where_their_parts_do():
    parts = [("a_b", "c"), ("a", "b_c"), ("a", "b", "c"), ("a_b_c",), ("reference", "a"), ("a",), ("a", "b")]
    for request in (made.request(), made.reference()):
        ids = [request.identifier(*each) for each in parts]
        assert all(one != other for one, other in itertools.combinations(ids, 2))
        assert all(each.isascii() and each.replace("_", "").isalnum() and each[0].isalpha() for each in ids)
    assert made.request().identifier("one_to_one", "time") == "TcperfOne_to_oneTime"
    assert made.reference().identifier("one_to_one", "time") == "TcperfReferenceOne_to_oneTime"
