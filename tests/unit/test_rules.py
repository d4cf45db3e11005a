"""Patterns that can match a key, and amounts that fit it."""

import pytest

from tcperf.errors import UsageError
from tcperf.quantities import Amount
from tcperf.rules import Acceptance, GatePolicy, Rule, check_unit, parse_pattern


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
