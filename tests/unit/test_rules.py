"""Patterns that can match a key, and amounts that fit it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import UsageError
from tcperf.metrics import METRICS
from tcperf.quantities import Amount
from tcperf.rules import (
    Acceptance,
    GatePolicy,
    Rule,
    check_unit,
    for_unit,
    hidden,
    key_tails,
    parse_pattern,
    unmatched,
)


@pytest.mark.parametrize(
    "pattern",
    ["*", "one_to_one.messages.cpu_ms", "*.sent_bytes", "idle.*", "id?e.*_ms", "[a-c]*.time_ms", "[!i]*"],
)
def test_patterns(pattern):
    assert parse_pattern(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "One.*",
        "one to one",
        "idle.*.cpu_ms ",
        "a-b",
        "[abc",
        "abc]",
        "[]",
        "idle/*",
        "é*",
        "a\n",
        "tcperf*."[:6] + "é",
    ],
)
def test_patterns_that_match_no_key_are_refused(pattern):
    with pytest.raises(UsageError, match="matches no key"):
        parse_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "cure"),
    [
        ("tcperf.idle.*", "write 'idle.*'"),
        ("tcperf.reference.idle.*", "write 'idle.*'"),
        ("tcperf.*", "write '*'"),
        ("tcperf.", "write '*'"),
    ],
)
def test_a_pattern_of_whole_keys_is_refused_with_what_to_write(pattern, cure):
    with pytest.raises(UsageError, match=r"match what follows tcperf\.") as caught:
        parse_pattern(pattern)
    assert caught.value.cure == cure


@pytest.mark.parametrize(
    ("pattern", "amount"),
    [
        ("*.cpu_ms", Amount(5, "ms")),
        ("*.cpu_ms", Amount(5, None)),
        ("*.sent_*", Amount(5, "bytes")),
        ("*", Amount(5, "ms")),
        ("*_[bc]*", Amount(5, "count")),
        ("*.sent_bytes", None),
        ("*_ms*", Amount(5, "bytes")),
    ],
)
def test_amounts_that_can_fit(pattern, amount):
    assert check_unit(pattern, amount) is amount


@pytest.mark.parametrize(
    ("pattern", "unit"), [("*.cpu_ms", "bytes"), ("*_bytes", "ms"), ("idle.idle.packets_count", "bytes")]
)
def test_amounts_of_another_unit_are_refused(pattern, unit):
    with pytest.raises(UsageError, match=f"is in [a-z]+, the amount in {unit}"):
        check_unit(pattern, Amount(5, unit))


def test_an_unspoken_rule_is_none_and_the_gate_passes_what_is_undecided():
    rule = Rule(match="*")
    assert (rule.worse_by, rule.floor, rule.max, rule.report_only) == (None, None, None, None)
    assert GatePolicy() == GatePolicy(undecided="pass", require_comparison=False, rules=())


def test_an_acceptance_has_an_end():
    with pytest.raises(TypeError, match="until"):
        Acceptance(match="*", up_to=5.0, reason="known")


# --- patterns that match nothing ---------------------------------------------------------------------

TAILS = key_tails(
    [("one_to_one", "messages"), ("one_to_one", "accounts"), ("cold_start", "boot"), ("idle", "idle")]
)


def test_keys_are_those_of_every_metric_of_every_phase():
    assert key_tails([("idle", "idle")]) == {f"idle.idle.{metric}" for metric in METRICS}
    assert key_tails([]) == frozenset()


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.cpu_ms",
        "one_to_one.*",
        "cold_start.boot.time_ms",
        "[a-c]*.time_ms",
        "i?le.*",
        "*go_heap*",
        "*.threads_count",
    ],
)
def test_a_pattern_that_matches_a_key_is_no_matter(pattern):
    assert unmatched(pattern, TAILS) is None


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("one_to_one.mesages.*", "one_to_one.messages.*"),
        ("*.sent_byte", "*.sent_bytes"),
        ("one_to_on.messages.cpu_ms", "one_to_one.messages.cpu_ms"),
        ("one_to_one.mesages.sent_byte", "one_to_one.messages.sent_bytes"),
        ("sent_bytes", "*.sent_bytes"),
        ("messages.cpu_ms", "*.messages.cpu_ms"),
        ("one_to_one", "one_to_one.*"),
        ("boot", "*.boot.*"),
        ("*.memory_peek_*", "*.memory_peak_bytes*"),
        ("one_to_one.*sent_byte", "one_to_one.*sent_bytes"),
    ],
)
def test_the_nearest_one_is_named(pattern, meant):
    told = unmatched(pattern, TAILS)
    assert told == f"no key matches {pattern}: did you mean {meant}?"
    assert unmatched(meant, TAILS) is None


def test_where_none_is_near_it_is_said_what_keys_look_like():
    told = unmatched("*.zzzzzzzz", TAILS)
    assert told == "no key matches *.zzzzzzzz: a key is SCENARIO.PHASE.METRIC: see tcperf list"
    assert unmatched("*", frozenset()) == "no key matches *: a key is SCENARIO.PHASE.METRIC: see tcperf list"


@given(st.from_regex(r"(?:[a-z0-9_.*?]|\[!?[a-z]\]){1,20}", fullmatch=True))
def test_what_is_meant_always_matches_a_key(pattern):
    told = unmatched(pattern, TAILS)
    meant = None if told is None else re.search(r"did you mean (.*)\?$", told)
    assert meant is None or unmatched(meant[1], TAILS) is None


# --- rules of which nothing is left ------------------------------------------------------------------


def rules(*said):
    """Rules by their patterns and what they say."""
    return [Rule(match=match, **more) for match, more in said]


FLOOR = {"floor": Amount(50, "ms")}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], {}),
        ([("*.cpu_ms", {"worse_by": 9.0})], {}),
        ([("*.cpu_ms", {"worse_by": 9.0}), ("*.cpu_ms", {"worse_by": 8.0})], {0: (1,)}),
        ([("one_to_one.*.cpu_ms", {"worse_by": 9.0}), ("*.cpu_ms", {"worse_by": 8.0})], {0: (1,)}),
        # The other way round the second one is an exception from the first.
        ([("*.cpu_ms", {"worse_by": 8.0}), ("one_to_one.*.cpu_ms", {"worse_by": 9.0})], {}),
        # Something is left of it: what the later one does not say, or the keys that it does not match.
        ([("*.cpu_ms", {"worse_by": 9.0, **FLOOR}), ("*.cpu_ms", {"worse_by": 8.0})], {}),
        ([("*.cpu_*", {"worse_by": 9.0}), ("*.cpu_ms", {"worse_by": 8.0})], {}),
        ([("*.cpu_ms", {"report_only": True}), ("*.cpu_ms", {"worse_by": 8.0})], {}),
        # Two together may leave nothing.
        (
            [
                ("idle.*.cpu_ms", {"worse_by": 9.0, **FLOOR}),
                ("*.cpu_ms", FLOOR),
                ("idle.*", {"worse_by": 5.0}),
            ],
            {0: (1, 2)},
        ),
        (
            [("*.cpu_ms", {"worse_by": 9.0}), ("idle.*", {"worse_by": 5.0}), ("[!i]*", {"worse_by": 6.0})],
            {0: (1, 2)},
        ),
        # The one that has the word is named, not the one between them that has none either.
        (
            [("*.cpu_ms", {"worse_by": 9.0}), ("*.cpu_ms", {"worse_by": 8.0}), ("*", {"worse_by": 7.0})],
            {0: (2,), 1: (2,)},
        ),
        # Amounts of another unit are not said of a key at all.
        ([("*.cpu_ms", FLOOR), ("*", {"floor": Amount(4096, "bytes")})], {}),
        ([("*.cpu_ms", FLOOR), ("*", {"floor": Amount(20, "ms")})], {0: (1,)}),
        ([("*.cpu_ms", FLOOR), ("*", {"floor": Amount(20)})], {0: (1,)}),
        ([("*.cpu_ms", {"max": Amount(50, "ms")}), ("*", FLOOR)], {}),
        # What matches no key is told by another warning.
        ([("*.cpu", {"worse_by": 9.0}), ("*", {"worse_by": 8.0})], {}),
    ],
)
def test_rules_that_never_decide_anything(found, expected):
    assert dict(hidden(rules(*found), TAILS)) == expected


def test_where_there_are_no_keys_no_rule_is_hidden():
    assert hidden(rules(("*", FLOOR), ("*", FLOOR)), ()) == {}


def test_a_rule_says_of_a_unit_only_what_fits_it():
    rule = Rule(match="*", worse_by=3.0, floor=Amount(50, "ms"), max=Amount(7), report_only=False)
    assert for_unit(rule, "ms") == rule
    assert for_unit(rule, "bytes") == Rule(match="*", worse_by=3.0, max=Amount(7), report_only=False)
