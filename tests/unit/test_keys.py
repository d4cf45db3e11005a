"""Statistic keys are public and for ever."""

import hashlib

import pytest

from tcperf.keys import (
    COUNTS,
    IDENTITY_LIMIT,
    count_key,
    delta_key,
    is_name,
    problem_identity,
    statistic_key,
    worse_key,
)
from tcperf.registry import discover


@pytest.mark.parametrize("name", ["a", "one_to_one", "a1", "x" * 24, "a_"])
def test_names(name):
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "_a", "x" * 25, "a-b", "a.b", "a b", "é", "aé", "a\n", "ａ", "a٣"]
)
def test_no_names(name):
    assert not is_name(name)


def test_a_key_of_totals():
    assert (
        statistic_key("one_to_one", "messages", "cpu_ms", reference=False)
        == "tcperf.one_to_one.messages.cpu_ms"
    )


def test_a_key_of_one_node_measured_with_the_reference_node():
    key = statistic_key("one_to_one", "send", "cpu_ms", reference=True, node="alice")
    assert key == "tcperf.reference.one_to_one.send.alice.cpu_ms"


def test_the_keys_of_a_change():
    key = statistic_key("one_to_one", "messages", "sent_bytes", reference=False)
    assert delta_key(key) == "tcperf.one_to_one.messages.sent_bytes_delta_pct"
    assert worse_key(key) == "tcperf.one_to_one.messages.sent_bytes_worse_pct"


def test_the_counts_are_these_for_ever():
    assert [count_key(what, reference=False) for what in COUNTS] == [
        "tcperf.regressions_count",
        "tcperf.improvements_count",
        "tcperf.undecided_count",
        "tcperf.not_compared_count",
        "tcperf.over_budget_count",
        "tcperf.pairs_count",
    ]
    assert count_key("pairs", reference=True) == "tcperf.reference.pairs_count"


def test_a_short_identity_is_the_key_with_underscores():
    assert problem_identity("tcperf.idle.idle.cpu_ms") == "tcperf_idle_idle_cpu_ms"


def test_an_identity_of_the_limit_is_kept_and_one_above_is_hashed():
    key = "tcperf." + "x" * (IDENTITY_LIMIT - 7)
    assert problem_identity(key) == key.replace(".", "_")
    longer = f"{key}y"
    digest = hashlib.sha256(longer.encode()).hexdigest()[:8]
    assert problem_identity(longer) == f"{longer.replace('.', '_')[:51]}_{digest}"
    assert len(problem_identity(longer)) == IDENTITY_LIMIT


def test_identities_are_these_for_ever():
    """Whoever muted a problem last year has muted it in this version, too."""
    assert problem_identity("tcperf.reference.one_to_one.messages.sent_bytes") == (
        "tcperf_reference_one_to_one_messages_sent_bytes"
    )
    assert (
        problem_identity("tcperf.reference.cold_start_of_everything.first_peer_of_all.memory_peak_bytes")
        == "tcperf_reference_cold_start_of_everything_first_pee_d047226f"
    )


def test_no_two_shipped_metrics_share_an_identity():
    """TeamCity takes a second problem of the same identity for the first one."""
    registry = discover([])
    keys = {
        key
        for name in registry.names
        for reference in (False, True)
        for key in registry.get(name).keys(reference=reference)
    }
    assert len(keys) > 20
    assert len({problem_identity(key) for key in keys}) == len(keys)
