"""Whatever was measured: comparisons can be written, agree with each other, and never depend on what means nothing."""

import random
import re
from datetime import date
from fnmatch import fnmatchcase

import attrs
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.comparing import compare_pairs, compare_results, progress
from tcperf.comparison import Comparison
from tcperf.gate import LOOKS
from tcperf.joining import join
from tcperf.quantities import Amount
from tcperf.ranking import count, ranked, severity
from tcperf.results import dumps, loads
from tcperf.rules import Acceptance, GatePolicy, Rule
from tcperf.sentences import headline, percent, problem, sentence, short, signed
from tcperf.thresholds import criterion

TODAY = date(2026, 11, 27)
VALUES = st.one_of(st.integers(0, 10**17), st.floats(0, 1e17), st.floats(90, 110), st.just(0))
METRICS = ("cpu_ms", "sent_bytes", "packets_count", "threads_count", "retransmissions_count")
MAYBE = st.none() | VALUES
COLUMNS = st.dictionaries(
    st.sampled_from(METRICS),
    st.lists(st.tuples(MAYBE, MAYBE), min_size=1, max_size=12),
    min_size=1,
    max_size=3,
)
PERCENTS = st.sampled_from((0.0, 1.0, 3.0, 20.0))
FLAGS = st.none() | st.booleans()
AMOUNTS = st.none() | st.builds(
    Amount, st.sampled_from((0.0, 5.0, 100.0)), st.sampled_from((None, "ms", "bytes", "count"))
)
PATTERNS = st.sampled_from(
    ("*", "*.cpu_ms", "one_to_one.*", "*.[st]*", "idle.*", "one_to_one.messages.sent_bytes")
)
RULES = st.builds(
    Rule, match=PATTERNS, worse_by=st.none() | PERCENTS, floor=AMOUNTS, max=AMOUNTS, report_only=FLAGS
)
POLICIES = st.builds(GatePolicy, rules=st.lists(RULES, max_size=4).map(tuple))
ACCEPTANCES = st.lists(
    st.builds(
        Acceptance,
        match=PATTERNS,
        up_to=PERCENTS,
        reason=st.just("known"),
        until=st.sampled_from((date(2020, 1, 1), TODAY, date(2030, 1, 1))),
    ),
    max_size=3,
)


# --- pairs -------------------------------------------------------------------------------------------


@given(COLUMNS, POLICIES, ACCEPTANCES)
def test_whatever_was_measured_comes_back_from_the_file_and_says_the_same(columns, policy, accept):
    result = samples.paired(columns)
    found = compare_pairs(result, policy, accept, TODAY)
    again = loads(dumps(attrs.evolve(result, comparisons=found)))
    assert again.comparisons == found
    assert compare_pairs(again, policy, accept, TODAY) == found


@given(COLUMNS, POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_runs_in_the_file_means_nothing(columns, policy, shuffler):
    result = samples.paired(columns)
    runs = [*result.runs]
    shuffler.shuffle(runs)
    found = compare_pairs(attrs.evolve(result, runs=tuple(runs)), policy, (), TODAY)
    known = {each.key: each for each in compare_pairs(result, policy, (), TODAY)}
    assert {each.key: strip(each) for each in found} == {key: strip(each) for key, each in known.items()}


def strip(each):
    """Without what quotes flows: of several that are as large the first in the file is named."""
    return attrs.evolve(each, explanation=None)


@given(COLUMNS)
def test_sides_that_change_places_are_compared_the_same_way(columns):
    for one, other in both_ways(columns):
        assert one.key == other.key
        assert (one.base_median, one.head_median) == (other.head_median, other.base_median)
        assert not one.change == other.change == "worse"
        assert not one.change == other.change == "better"
        assert (one.change == "not_compared") is (other.change == "not_compared")


@given(st.floats(1.15, 5), st.floats(0, 0.02), st.integers(8, 31))
def test_sides_that_change_places_change_worse_into_better(ratio, noise, pairs):
    for one, other in both_ways({"cpu_ms": samples.around(10_000.0, ratio, pairs, noise)}):
        if one.pairs:
            assert (one.change, other.change) == ("worse", "better")
            assert one.p == other.p
            assert one.worse_pairs == one.pairs
            assert other.worse_pairs == 0


def both_ways(columns):
    """Each key's comparison, and that with the sides swapped."""
    swapped = {key: [pair[::-1] for pair in pairs] for key, pairs in columns.items()}
    found = [compare_pairs(samples.paired(each), GatePolicy(), (), TODAY) for each in (columns, swapped)]
    return zip(*(sorted(each, key=lambda one: one.key) for each in found), strict=True)


@given(COLUMNS, POLICIES)
def test_what_is_told_fits_together(columns, policy):
    for each in compare_pairs(samples.paired(columns), policy, (), TODAY):
        assert (each.change == "not_compared") is (each.pairs == 0)
        assert each.worse_pairs <= each.pairs
        assert each.p is None or 0 < each.p <= 1
        assert not (each.change == "cannot_tell" and each.gated and not each.note)
        if each.low_pct is not None and each.effect_pct is not None and each.high_pct is not None:
            assert each.low_pct <= each.effect_pct <= each.high_pct
        assert each.low_pct is None or each.low_pct >= -100
        assert not (each.change == "ok" and each.pairs < LOOKS[0])
        if each.change == "worse" and each.effect_pct is not None:
            assert each.effect_pct > each.threshold_pct


@given(st.floats(0.9, 1.2), st.floats(0, 0.1), st.integers(1, 31))
def test_what_is_decided_stays_decided_when_it_is_compared(ratio, noise, pairs):
    figures = {"cpu_ms": samples.around(10_000.0, ratio, pairs, noise), "sent_bytes": [(9, 9)] * pairs}
    result = samples.paired(figures)
    found = progress(result, "one_to_one", GatePolicy())
    told = [each for each in compare_pairs(result, GatePolicy(), (), TODAY) if each.pairs]
    assert found.pairs == pairs
    assert not (found.is_decided and pairs < LOOKS[0])
    assert found.is_decided is (pairs >= LOOKS[0] and not found.undecided)
    if found.is_decided:
        assert "cannot_tell" not in {each.change for each in told if each.gated}


# --- two results -------------------------------------------------------------------------------------


@given(COLUMNS, COLUMNS, POLICIES)
def test_any_two_results_are_compared_or_it_is_said_why_not(one, other, policy):
    base, head = (
        samples.unpaired(samples.paired(one), "base"),
        samples.unpaired(samples.paired(other), "head"),
    )
    found = compare_results(base, head, policy, (), TODAY)
    assert join(base, head).refusal is found.refusal is None
    assert found.warnings
    for each in found.comparisons:
        assert not each.paired or each.change == "not_compared"
    whole = attrs.evolve(head, comparisons=found.comparisons)
    assert loads(dumps(whole)).comparisons == found.comparisons


# --- rules -------------------------------------------------------------------------------------------


@given(st.lists(RULES, max_size=5), st.sampled_from(METRICS), st.booleans())
def test_every_field_is_the_last_word_of_the_rules_that_match(rules, metric, published):
    tail, unit = f"one_to_one.messages.{metric}", metric.rpartition("_")[2]

    def last(field, default):
        for rule in rules:
            said = getattr(rule, field)
            fits = not isinstance(said, Amount) or said.unit in {None, unit}
            if fnmatchcase(tail, rule.match) and said is not None and fits:
                default = said.value if isinstance(said, Amount) else said
        return default

    bare = criterion(metric, tail, published=published, policy=GatePolicy())
    found = criterion(metric, tail, published=published, policy=GatePolicy(rules=tuple(rules)))
    assert found.worse_by == last("worse_by", 100 * bare.worse_by) / 100 or found.worse_by == bare.worse_by
    assert found.floor == last("floor", bare.floor)
    assert found.limit == last("max", None)
    assert found.gated is not last("report_only", not bare.gated)
    assert found.gated is (found.note is None)


# --- words -------------------------------------------------------------------------------------------

NUMBERS = st.none() | st.floats(-1e6, 1e6)
COMPARISONS = st.builds(
    Comparison,
    key=st.just("tcperf.a.b.cpu_ms"),
    scenario=st.just("a"),
    phase=st.just("b"),
    metric=st.sampled_from(METRICS),
    change=st.sampled_from(("worse", "better", "ok", "cannot_tell", "not_compared")),
    gated=st.booleans(),
    published=st.booleans(),
    paired=st.booleans(),
    pairs=st.integers(0, 30),
    worse_pairs=st.integers(0, 30),
    **dict.fromkeys(("base_median", "head_median", "effect_pct", "low_pct", "high_pct", "limit"), NUMBERS),
    p=st.none() | st.floats(0, 1),
    threshold_pct=st.none() | st.floats(0, 100),
    floor=st.none() | st.floats(0, 1e6),
    note=st.none() | st.just("why"),
    explanation=st.none() | st.just("where from"),
    accepted=st.none() | st.just("known"),
)


@given(COMPARISONS)
def test_any_comparison_can_be_put_into_words(each):
    told = sentence(each)
    assert told.startswith(f"a.b {each.metric} ")
    assert problem(each).startswith(told)
    assert short(each).startswith(f"{each.metric} ")
    for text in (told, short(each), headline([each])):
        assert text.isprintable()
        assert "None" not in text
        assert "nan" not in text
        assert not re.search(r"-0(\.0+)? %", text)


@given(st.floats(-1e9, 1e9))
def test_percentages_are_short_and_right(number):
    assert abs(float(percent(number)) - number) <= (0.5 if abs(number) > 99 else 0.0501)
    assert float(signed(number)) == float(percent(number))
    assert signed(number)[0] in "+-0"


@given(st.lists(COMPARISONS, max_size=8), st.randoms(use_true_random=False))
def test_ranks_do_not_depend_on_where_they_come_from(found, shuffler: random.Random):
    order = ranked(found)
    assert ranked(order) == order
    assert len(order) == len(found)
    mixed = [*found]
    shuffler.shuffle(mixed)

    def marks(some):
        return [(each.is_regression or each.is_over_budget, each.change, severity(each)) for each in some]

    assert marks(ranked(mixed)) == marks(order) or len(set(map(id, found))) != len(found)
    worst = [each.is_regression or each.is_over_budget for each in order]
    assert worst == sorted(worst, reverse=True)


@given(st.lists(COMPARISONS, max_size=8))
def test_every_gated_comparison_is_counted_once(found):
    counts = count(found)
    within = [each for each in found if each.gated and not (each.change == "ok" and each.is_over_budget)]
    missed = sum(each.change == "not_compared" for each in found if each.gated)
    assert len(within) - missed == (
        counts.regressions + counts.accepted + counts.improvements + counts.undecided + counts.unchanged
    )
    assert counts.over_budget == sum(each.verdict == "over_budget" for each in found)
    assert headline(found) == headline(found[::-1]) or counts.regressions + counts.over_budget > 1
