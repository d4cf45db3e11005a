"""The gate over all looks and all metrics."""

import random

import pytest

from tcperf import gate
from tcperf.gate import ALPHA, LOOKS, MANY, Criterion, decide, decide_samples, judge, weigh_pairs

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
