"""Whatever the rules: those of which nothing is left may go, and of all others something is left."""

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule, for_unit, hidden, key_tails
from tcperf.thresholds import criterion

TAILS = sorted(key_tails([("one_to_one", "messages"), ("idle", "idle")]))
AMOUNTS = st.none() | st.builds(
    Amount, st.sampled_from((5.0, 100.0)), st.sampled_from((None, "ms", "bytes", "count"))
)
PATTERNS = ("*", "*.cpu_ms", "idle.*", "one_to_one.*", "*_bytes", "*.[st]*", "*.cpu", "idle.idle.sent_bytes")
RULES = st.lists(
    st.builds(
        Rule,
        match=st.sampled_from(PATTERNS),
        worse_by=st.none() | st.sampled_from((1.0, 20.0)),
        floor=AMOUNTS,
        max=AMOUNTS,
        report_only=st.none() | st.booleans(),
    ),
    max_size=6,
)
SAYINGS = ("worse_by", "floor", "max", "report_only")


def criteria(rules):
    policy = GatePolicy(rules=tuple(rules))
    return [criterion(tail.rpartition(".")[2], tail, published=True, policy=policy) for tail in TAILS]


@given(RULES)
def test_without_the_hidden_rules_every_criterion_is_the_same(rules):
    left = [rule for place, rule in enumerate(rules) if place not in hidden(rules, TAILS)]
    assert criteria(left) == criteria(rules)
    assert hidden(left, TAILS) == {}


@given(RULES)
def test_a_rule_is_hidden_where_it_says_something_and_never_has_the_last_word(rules):
    last = {
        (tail, name): place
        for place, rule in enumerate(rules)
        for tail in TAILS
        if fnmatchcase(tail, rule.match)
        for name in SAYINGS
        if getattr(for_unit(rule, tail.rpartition("_")[2]), name) is not None
    }
    speaking = {
        place
        for place, rule in enumerate(rules)
        for tail in TAILS
        if fnmatchcase(tail, rule.match) and for_unit(rule, tail.rpartition("_")[2]) != Rule(match=rule.match)
    }
    assert hidden(rules, TAILS).keys() == speaking - set(last.values())


@given(RULES)
def test_whoever_hides_a_rule_comes_later_and_is_not_hidden(rules):
    found = hidden(rules, TAILS)
    for place, later in found.items():
        assert later
        assert all(place < other < len(rules) and other not in found for other in later)
