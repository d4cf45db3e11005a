"""What holds for all pairs, thresholds and looks."""

import math
import random

import pytest
from attrs import evolve, fields
from hypothesis import given, settings
from hypothesis import strategies as st

from tcperf.evidence import Evidence
from tcperf.gate import LOOKS, MANY, Criterion, decide, decide_samples, judge, weigh_pairs, weigh_samples
from tcperf.stats import Estimate

#: As large and as small as they come, and few whole ones, for ties and zeros.
ANY = st.one_of(st.floats(-1e300, 1e300), st.floats(0, 5), st.integers(0, 3).map(float))
POSITIVE = st.one_of(st.floats(1e-300, 1e300), st.integers(900, 1100).map(float))
NEAR = st.integers(900, 1200).map(float)
CRITERIA = st.builds(Criterion, worse_by=st.floats(0, 1), floor=st.sampled_from([0.0, 0.5, 20.0, 1e6]))
SERIES = {
    name: st.lists(st.tuples(values, values), min_size=1, max_size=33)
    for name, values in {"any": ANY, "positive": POSITIVE, "near": NEAR}.items()
}
ANY_SERIES = st.one_of(*SERIES.values())


@st.composite
def changed_pairs(draw):
    """Pairs of a metric that has changed by so much, and varies by so much: of all verdicts there are enough."""
    size, seed = draw(st.integers(1, 33)), random.Random(draw(st.integers(0, 1000)))
    times, cv = (
        draw(st.sampled_from([0.8, 0.95, 1.0, 1.02, 1.05, 1.3])),
        draw(st.sampled_from([0.0, 0.005, 0.03])),
    )
    return [
        (1000 * seed.lognormvariate(0, cv), 1000 * times * seed.lognormvariate(0, cv)) for _ in range(size)
    ]


PAIRS = st.one_of(ANY_SERIES, changed_pairs())
TURNED = {"worse": "better", "better": "worse"}


def decided(pairs, criterion, **options):
    return decide({0: pairs}, {0: criterion}, **options)[0]


def swapped(pairs):
    return [(after, before) for before, after in pairs]


def naive(pairs, criterion):
    """The rule as it is written: each look in its turn, of which the last that decides has the word."""
    ends = [look for look in LOOKS if look < len(pairs)] if criterion.gated else []
    found = [(judge(weigh_pairs(pairs[:end]), criterion), end) for end in (*ends, len(pairs))]
    deciding = [each for each in found if each[0] != "cannot_tell"]
    return deciding[-1] if deciding else found[-1]


@given(PAIRS, CRITERIA, st.booleans())
def test_the_short_cuts_change_nothing(pairs, criterion, gated):
    criterion = evolve(criterion, gated=gated)
    found = decided(pairs, criterion)
    assert (found.change, found.at.pairs) == naive(pairs, criterion)
    assert found.at == weigh_pairs(pairs[: found.at.pairs])


@given(PAIRS)
def test_everything_is_a_number(pairs):
    found = weigh_pairs(pairs)
    for each in fields(Evidence):
        value = getattr(found, each.name)
        if isinstance(value, Estimate):
            assert math.isfinite(value.value)
            assert value.low <= value.value <= value.high
            assert math.isfinite(found.ratio(value.value)) or value is found.absolute
            assert found.ratio(value.value) >= -1
        else:
            assert value is None or math.isfinite(value), each.name
    assert (found.relative is None) <= found.is_additive
    assert found.worse_pairs + found.better_pairs <= found.pairs == len(pairs)
    assert found.is_unchanged == (found.worse_pairs + found.better_pairs == 0)


@given(st.one_of(SERIES["near"], changed_pairs()), CRITERIA)
def test_sides_swapped_are_the_opposite(pairs, criterion):
    """Except that OK only bounds what is worse."""
    there, back = weigh_pairs(pairs), weigh_pairs(swapped(pairs))
    assert (there.p_worse, there.p_better) == (back.p_better, back.p_worse)
    assert (there.worse_pairs, there.better_pairs) == (back.better_pairs, back.worse_pairs)
    for one, other in ((there.relative, back.relative), (there.absolute, back.absolute)):
        assert (one.value, one.low, one.high) == (-other.value, -other.high, -other.low)
    change, opposite = judge(there, criterion), judge(back, criterion)
    for one, other in ((change, opposite), (opposite, change)):
        if one in TURNED:
            assert other == TURNED[one]


@given(ANY_SERIES)
def test_tests_swapped_are_the_opposite_for_any_values(pairs):
    there, back = weigh_pairs(pairs), weigh_pairs(swapped(pairs))
    assert (there.p_worse, there.p_better) == (back.p_better, back.p_worse)
    assert there.absolute.value == -back.absolute.value


@given(PAIRS, st.integers(0, 99))
def test_the_order_of_pairs_is_no_evidence(pairs, seed):
    assert weigh_pairs(random.Random(seed).sample(pairs, len(pairs))) == weigh_pairs(pairs)


@given(changed_pairs(), CRITERIA, st.integers(-20, 20))
def test_the_unit_makes_no_difference(pairs, criterion, power):
    scale = 2.0**power
    scaled = weigh_pairs([(before * scale, after * scale) for before, after in pairs])
    found = weigh_pairs(pairs)
    assert scaled.relative.value == pytest.approx(found.relative.value, abs=1e-9)
    assert scaled.absolute.value == found.absolute.value * scale
    assert (scaled.p_worse, scaled.noise) == (found.p_worse, pytest.approx(found.noise, abs=1e-9))
    assert judge(scaled, evolve(criterion, floor=criterion.floor * scale)) == judge(found, criterion)


@given(changed_pairs(), CRITERIA, st.floats(1.0001, 3))
def test_a_worse_head_is_judged_no_better(pairs, criterion, times):
    ranked = ["better", "ok", "cannot_tell", "worse"]
    grown = [(before, after * times) for before, after in pairs]
    before, after = weigh_pairs(pairs), weigh_pairs(grown)
    assert after.p_worse <= before.p_worse
    assert after.relative.value > before.relative.value
    assert ranked.index(judge(after, criterion)) >= ranked.index(judge(before, criterion))


@given(st.one_of(SERIES["near"], st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1)))
def test_more_of_what_has_zeros_is_no_less_evidence(pairs):
    grown = weigh_pairs([(before, after + 1) for before, after in pairs])
    found = weigh_pairs(pairs)
    assert grown.absolute.value == found.absolute.value + 1
    if found.is_additive and grown.is_additive:
        assert grown.p_worse <= found.p_worse


@given(PAIRS, CRITERIA, st.floats(0, 1), st.floats(0, 1e6))
def test_a_wider_limit_is_milder(pairs, criterion, more, higher):
    at = weigh_pairs(pairs)
    wider = evolve(criterion, worse_by=criterion.worse_by + more, floor=criterion.floor + higher)
    strict, mild = judge(at, criterion), judge(at, wider)
    assert mild != "worse" or strict == "worse"
    assert strict != "ok" or mild == "ok"
    assert mild != "better" or strict == "better"


@given(PAIRS, CRITERIA)
def test_what_was_decided_at_a_look_is_never_lost(pairs, criterion):
    for look in (look for look in LOOKS if look <= len(pairs)):
        if decided(pairs[:look], criterion).change != "cannot_tell":
            assert decided(pairs, criterion).change != "cannot_tell"


@given(PAIRS, CRITERIA)
def test_a_judgement_is_whole(pairs, criterion):
    found = decided(pairs, criterion)
    assert found.gated == (found.note is None)
    assert found.is_decided or found.change in {"cannot_tell", "ok"}
    assert found.at.pairs >= 8 or found.change in {"cannot_tell", "ok"}
    assert found.gated or found.note.startswith("too noisy")
    if found.change == "worse":
        assert found.at.worse_pairs > found.at.pairs / 2
        assert found.at.absolute.value > criterion.floor


@settings(max_examples=25)
@given(st.lists(PAIRS, min_size=1, max_size=MANY), CRITERIA)
def test_few_metrics_are_judged_apart(series, criterion):
    together = decide(dict(enumerate(series)), dict.fromkeys(range(len(series)), criterion))
    assert together == {number: decided(pairs, criterion) for number, pairs in enumerate(series)}


@settings(max_examples=25)
@given(st.lists(changed_pairs(), min_size=MANY + 1, max_size=40))
def test_many_metrics_are_judged_no_harder(series):
    criterion = Criterion(worse_by=0.03)
    together = decide(dict(enumerate(series)), dict.fromkeys(range(len(series)), criterion))
    for number, pairs in enumerate(series):
        alone = decided(pairs, criterion)
        assert together[number].change == "worse" or together[number].change in {
            alone.change,
            "cannot_tell",
            "ok",
        }
        assert together[number].change != "worse" or alone.change == "worse"


@given(st.lists(ANY, min_size=1, max_size=25), st.lists(ANY, min_size=1, max_size=25), CRITERIA)
def test_samples_are_judged_without_a_hitch(base, head, criterion):
    found = weigh_samples(base, head)
    for value in (found.absolute.value, found.p_worse, found.p_better, found.noise, found.visible):
        assert value is None or math.isfinite(value)
    change = decide_samples({0: (base, head)}, {0: criterion})[0].change
    assert change in {"worse", "better", "ok", "cannot_tell"}
    back = weigh_samples(head, base)
    assert (found.p_worse, found.p_better) == pytest.approx((back.p_better, back.p_worse))
    assert found.absolute.value == -back.absolute.value
