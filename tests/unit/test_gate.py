"""The gate over all looks and all metrics."""

import random

import pytest

from tcperf import gate
from tcperf.gate import ALPHA, LOOKS, MANY, Criterion, decide, decide_samples, judge, may_end, weigh_pairs

CRITERION = Criterion(worse_by=0.03)


def pairs(size, times=1.0, *, cv=0.005, seed=1):
    chance = random.Random(f"{size} {seed}")
    return [
        (1000 * chance.lognormvariate(0, cv), 1000 * times * chance.lognormvariate(0, cv))
        for _pair in range(size)
    ]


def decided(values, criterion=CRITERION, **options):
    return decide({"it": values}, {"it": criterion}, **options)["it"]


@pytest.mark.parametrize(
    ("times", "change"), [(1.0, "ok"), (1.01, "ok"), (1.06, "worse"), (0.94, "better"), (0.99, "ok")]
)
def test_a_clear_change(times, change):
    for size in (10, 15, 30):
        found = decided(pairs(size, times))
        assert (found.change, found.gated, found.note, found.is_decided) == (change, True, None, True)
        assert found.at == weigh_pairs(pairs(size, times))


def test_there_are_too_few_pairs():
    assert decided(pairs(5)).change == "cannot_tell"
    assert decided(pairs(6)).change == "cannot_tell"
    assert decided(pairs(7)).change == "ok"
    assert decided(pairs(7, 2.0)).change == "cannot_tell"
    assert decided(pairs(8, 2.0)).change == "worse"
    assert not decided(pairs(7, 2.0)).is_decided
    assert "it" not in decide({"it": []}, {"it": CRITERION})


def test_equal_pairs_are_ok_at_the_first_look_and_not_before():
    for size in range(1, LOOKS[0]):
        found = decided([(100.0, 100.0)] * size)
        assert (found.change, found.is_decided) == ("cannot_tell", False)
    found = decided([(100.0, 100.0)] * LOOKS[0])
    assert (found.change, found.is_decided) == ("ok", True)


def test_an_improvement_is_waited_for():
    found = decided(pairs(7, 0.9))
    assert (found.change, found.is_decided) == ("ok", False)
    assert decided(pairs(10, 0.9)).change == "better"
    assert decided(pairs(7, 0.995)).is_decided


def test_what_was_decided_stays_where_all_pairs_cannot_tell():
    """Ten pairs are worse; twenty more stray so much that all thirty say nothing."""
    clear, stray = pairs(10, 1.06), pairs(20, 1.0, cv=0.3, seed=8)
    assert judge(weigh_pairs([*clear, *stray]), CRITERION) == "cannot_tell"
    found = decided([*clear, *stray])
    assert (found.change, found.is_decided) == ("worse", True)
    assert found.at.pairs in {10, 15, 20}
    assert found.at == weigh_pairs([*clear, *stray][: found.at.pairs])


def test_more_pairs_may_decide_otherwise():
    """What began badly and is good in the end is not a regression: all pairs together exclude it."""
    values = [*pairs(10, 1.045), *pairs(20, 1.0)]
    assert decided(values[:10]).change == "worse"
    found = decided(values)
    assert (found.change, found.at.pairs) == ("ok", 30)
    turned = [*pairs(10, 1.0), *pairs(20, 1.08)]
    assert decided(turned[:10]).change == "ok"
    assert decided(turned).change == "worse"


def test_of_several_looks_the_last_that_decides_counts():
    stray = pairs(10, 1.0, cv=0.5, seed=8)
    values = [*pairs(8, 1.045), *pairs(12, 1.0), *stray]
    found = [decided(values[:end], looks=(8, 20)) for end in (8, 20, 30)]
    assert [(each.change, each.at.pairs) for each in found] == [("worse", 8), ("ok", 20), ("ok", 20)]
    assert judge(weigh_pairs(values), CRITERION) == "cannot_tell"


def test_the_latest_decision_counts_with_its_evidence():
    found = decided(pairs(30, 1.06))
    assert (found.change, found.at.pairs) == ("worse", 30)


def test_looks_are_taken_at_their_pairs_only():
    clear, stray = pairs(8, 1.06), pairs(4, 0.6, cv=0.5, seed=3)
    assert decided(clear).change == "worse"
    assert decided([*clear, *stray]).change == "cannot_tell"  # eight pairs are no look once there are more
    assert decided([*clear, *stray], looks=(8,)).change == "worse"
    assert decided([*clear, *stray], looks=()).change == "cannot_tell"


def test_each_metric_may_have_looks_of_its_own():
    clear, stray = pairs(8, 1.1), [(100.0, 80.0 + number) for number in range(4)]
    series = {key: [*clear, *stray] for key in ("looked", "not")}
    found = decide(series, dict.fromkeys(series, CRITERION), looks={"looked": (8,), "not": ()})
    assert (found["looked"].change, found["not"].change) == ("worse", "cannot_tell")


# --- ends between looks ------------------------------------------------------------------------------


def between(series, pairs):
    """What the last look and all pairs say where there are so many of them."""
    criteria = dict.fromkeys(series, CRITERION)
    last = max((look for look in LOOKS if look <= pairs), default=0)
    return tuple(
        decide({key: values[:end] for key, values in series.items()}, criteria) for end in (last, pairs)
    )


WORSE, CALM = pairs(12, 1.1), pairs(12)
#: Open at 7 pairs and OK at 9; open at 10 and OK at 12; taken out of the gate at 7 and at 9.
SOON, LATE, WILD = pairs(12, cv=0.02, seed=1), pairs(12, cv=0.02, seed=8), pairs(12, cv=0.3, seed=0)


def test_where_all_is_well_pairs_may_end_between_looks():
    before, now = between({"soon": SOON, "calm": CALM}, 9)
    assert (before["soon"].change, before["calm"].change) == ("cannot_tell", "ok")
    assert {judgement.change for judgement in now.values()} == {"ok"}
    assert may_end(before, now)


def test_before_the_first_look_they_may_not():
    calm = {"calm": [(100.0, 100.0)] * 9}
    assert not may_end({}, decide({"calm": calm["calm"][:7]}, {"calm": CRITERION}))
    assert may_end(*between(calm, 8))


def test_what_is_open_or_becomes_worse_or_better_between_looks_waits_for_the_next_one():
    for values in (LATE, WORSE, pairs(12, 0.9)):
        before, now = between({"it": values, "calm": CALM}, 9)
        assert now["calm"].change == "ok"
        assert not may_end(before, now)


def test_what_is_worse_waits_for_the_next_look_also_where_it_was_so_at_the_last():
    before, now = between({"it": WORSE, "late": LATE}, 12)
    assert (before["it"].change, now["it"].change) == ("worse", "worse")
    assert (before["late"].change, now["late"].change) == ("cannot_tell", "ok")
    assert not may_end(before, now)


def test_an_improvement_is_waited_for_between_looks_too():
    before, now = between({"it": pairs(12, 0.9)}, 8)
    assert not may_end(before, now)


def test_what_is_too_noisy_at_a_look_and_still_is_keeps_nobody_waiting():
    before, now = between({"wild": WILD, "calm": CALM}, 9)
    assert (before["wild"].gated, now["wild"].gated) == (False, False)
    assert may_end(before, now)
    assert not may_end({**before, "wild": before["calm"]}, now)


def test_reading_again_gives_the_same():
    """The judgement at a look does not hang on how many pairs were wanted."""
    values = pairs(30, 1.03, cv=0.03, seed=4)
    for look in LOOKS:
        assert decided(values[:look]) == decided(list(values[:look]), looks=[*LOOKS, 40, 50])


def test_a_report_only_metric_is_looked_at_once():
    criterion = Criterion(worse_by=0.03, gated=False, note="report-only by a rule")
    clear, stray = pairs(10, 1.06), pairs(20, 1.0, cv=0.3, seed=8)
    found = decided([*clear, *stray], criterion)
    assert (found.change, found.gated, found.note) == ("cannot_tell", False, "report-only by a rule")
    assert (found.at.pairs, found.is_decided) == (30, True)
    assert decided(pairs(10, 1.06), criterion).change == "worse"


def test_a_noisy_metric_is_taken_out_by_name():
    found = decided(pairs(10, cv=0.2))
    assert (found.gated, found.is_decided) == (False, True)
    assert found.note.startswith("too noisy to be gated at 3 %: a run varies by ")
    assert decided(pairs(10, cv=0.2), Criterion(worse_by=0.5)).gated


def test_a_large_change_of_a_noisy_metric_is_not():
    """Twice as much, in every pair: nobody may be told that this was too noisy to see."""
    found = decided(pairs(7, 2.0, cv=0.2))
    assert (found.change, found.gated, found.is_decided) == ("cannot_tell", True, False)
    found = decided(pairs(10, 2.0, cv=0.2))
    assert (found.change, found.gated) == ("worse", True)


# --- many --------------------------------------------------------------------------------------------

#: A p of 3 / 1024: a small negative one among ten.
TIGHT = [(1000.0, 1000.0 + change) for change in (1, -2, 110, 105, 120, 115, 130, 108, 125, 117)]


def many(others, criterion=CRITERION):
    series = {"tight": TIGHT, **{number: pairs(10, seed=number) for number in range(others)}}
    return decide(series, dict.fromkeys(series, criterion))


def test_one_of_few_holds_alone():
    assert weigh_pairs(TIGHT).p_worse == 3 / 1024 < ALPHA
    assert many(MANY - 1)["tight"].change == "worse"


def test_one_of_many_must_hold_beside_the_others():
    found = many(30)["tight"]
    assert (found.change, found.gated, found.is_decided) == ("cannot_tell", True, False)
    assert judge(found.at, CRITERION) == "worse"
    assert many(30)[3].change == "ok"


def test_at_a_look_the_pairs_until_then_are_held_against_each_other():
    stray = pairs(20, 1.0, cv=0.3, seed=8)
    series = {"it": [*pairs(10, 1.06), *stray], **{number: pairs(30, seed=number) for number in range(30)}}
    found = decide(series, dict.fromkeys(series, CRITERION), looks=(10,))["it"]
    assert judge(weigh_pairs(series["it"]), CRITERION) == "cannot_tell"
    assert (found.change, found.at.pairs) == ("worse", 10)


def test_report_only_ones_are_not_among_the_many():
    series = {"tight": TIGHT, **{number: pairs(10, seed=number) for number in range(40)}}
    criteria = dict.fromkeys(series, Criterion(worse_by=0.03, gated=False))
    found = decide(series, {**criteria, "tight": CRITERION})
    assert found["tight"].change == "worse"
    assert all(not found[number].gated for number in range(40))
    assert decide(series, criteria)["tight"].change == "worse"


def test_many_that_are_worse_hold_together():
    series = {number: pairs(15, 1.06, seed=number) for number in range(60)}
    found = decide(series, dict.fromkeys(series, CRITERION))
    assert {judgement.change for judgement in found.values()} == {"worse"}


def test_metrics_of_different_lengths():
    """One that is missing in some runs ends sooner: its end is no look of the others."""
    series = {"long": pairs(30), "short": pairs(8, 1.06), "none": []}
    found = decide(series, dict.fromkeys(series, CRITERION))
    assert list(found) == ["long", "short"]
    assert (found["long"].at.pairs, found["short"].at.pairs) == (30, 8)
    assert found["short"].change == "worse"
    clear, stray = pairs(8, 1.06), pairs(4, 0.6, cv=0.5, seed=3)
    beside = decide({"it": [*clear, *stray], "short": pairs(8)}, {"it": CRITERION, "short": CRITERION})
    assert beside["it"] == decided([*clear, *stray])


def test_a_family_is_larger_than_what_is_here():
    """The others have no say, and count all the same: p is 3 / 1024, and .05 / 18 is smaller."""
    assert decide({"tight": TIGHT}, {"tight": CRITERION}, family=17)["tight"].change == "worse"
    found = decide({"tight": TIGHT}, {"tight": CRITERION}, family=18)["tight"]
    assert (found.change, found.gated, found.is_decided) == ("cannot_tell", True, False)
    assert many(30) == decide(
        {"tight": TIGHT, **{number: pairs(10, seed=number) for number in range(30)}},
        dict.fromkeys(["tight", *range(30)], CRITERION),
        family=5,
    )


def test_samples_have_a_family_too():
    one = {0: sides(5, 1.06)}  # p is 1 / 252
    assert decide_samples(one, {0: CRITERION}, family=15)[0].change == "worse"
    assert decide_samples(one, {0: CRITERION}, family=16)[0].change == "cannot_tell"


# --- samples -----------------------------------------------------------------------------------------


def sides(size, times=1.0, **options):
    return tuple([*side] for side in zip(*pairs(size, times, **options), strict=True))


def test_samples():
    series = {
        "same": sides(10),
        "worse": sides(10, 1.06),
        "better": sides(10, 0.94),
        "few": sides(4, 1.06),
        "noisy": sides(10, cv=0.3),
        "empty": ([], [1.0]),
    }
    found = decide_samples(series, dict.fromkeys(series, CRITERION))
    assert {key: judgement.change for key, judgement in found.items()} == {
        "same": "ok",
        "worse": "worse",
        "better": "better",
        "few": "cannot_tell",
        "noisy": "cannot_tell",
    }
    assert [key for key, judgement in found.items() if not judgement.gated] == ["noisy"]
    assert not any(judgement.at.is_paired for judgement in found.values())


def test_samples_are_held_at_the_level_of_one_look():
    """Five of each are enough for .01, four are not; and .004 is not asked for."""
    found = decide_samples({1: sides(5, 1.06), 2: sides(4, 1.06)}, {1: CRITERION, 2: CRITERION})
    assert (found[1].change, found[2].change) == ("worse", "cannot_tell")
    overlapping = [1000.0, 1001, 1002, 1003, 1062], [1060.0, 1065, 1066, 1067, 1068, 1069]
    found = decide_samples({1: overlapping}, {1: CRITERION})
    assert found[1].at.p_worse == 2 / 462 > ALPHA
    assert found[1].change == "worse"


def test_many_samples_hold_together():
    series = {number: sides(5, 1.06 if number == 0 else 1.0, seed=number) for number in range(30)}
    found = decide_samples(series, dict.fromkeys(series, CRITERION))
    assert found[0].at.p_worse == pytest.approx(1 / 252)
    assert found[0].change == "cannot_tell"
    few = decide_samples({0: series[0]}, {0: CRITERION})
    assert few[0].change == "worse"


def test_names_are_all_here():
    for name in gate.__all__:
        assert hasattr(gate, name)
