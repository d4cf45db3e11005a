"""The order to tell comparisons in, and how many there are of each kind."""

import itertools
import math

import attrs
import comparisons
import pytest

from tcperf.ranking import Counts, count, is_demoted, is_missed, ranked, severity, unseen

ACCEPTED = attrs.evolve(comparisons.WORSE, metric="ip_bytes", accepted="known (until 2027-01-01)")
MISSED_BY_NOBODY = attrs.evolve(comparisons.LOST, gated=False, published=False)
ORDER = (
    comparisons.OVER,
    comparisons.WORSE,
    ACCEPTED,
    comparisons.LOST,
    comparisons.UNSURE,
    comparisons.BETTER,
    *comparisons.SAME,
    *comparisons.TOLD_ONLY,
)


def test_worst_comes_first_from_whatever_order():
    # OVER is 5.3 % above its limit at a threshold of 5 %: 1.06 thresholds; WORSE is 2.07 of them.
    expected = (comparisons.WORSE, comparisons.OVER, *ORDER[2:])
    assert ranked(expected) == expected
    changing = expected[:5]
    for order in itertools.permutations(changing):
        assert ranked(order) == changing


def test_equal_ones_stay_in_their_order():
    one, other = comparisons.SAME
    assert ranked((one, other)) == (one, other)
    assert ranked((other, one)) == (other, one)


def test_what_is_only_reported_comes_last_in_the_same_order():
    told_only = [attrs.evolve(each, gated=False, published=False, limit=None) for each in ORDER]
    found = ranked((*told_only, comparisons.SAME[0]))
    assert found[0] == comparisons.SAME[0]
    assert [each.change for each in found[1:]] == [
        "worse", "worse", "worse", "not_compared", "cannot_tell", "better", *["ok"] * 4,
    ]  # fmt: skip


def test_a_published_metric_that_was_not_compared_is_not_told_last():
    lost = attrs.evolve(comparisons.LOST, gated=False)
    assert ranked((comparisons.UNSURE, lost, MISSED_BY_NOBODY)) == (
        lost,
        comparisons.UNSURE,
        MISSED_BY_NOBODY,
    )


def test_a_limit_that_nothing_is_held_against_is_missed():
    limited = attrs.evolve(MISSED_BY_NOBODY, limit=5.0, head_median=None)
    assert is_missed(limited)
    assert not is_missed(attrs.evolve(limited, head_median=4.0))
    assert count([limited]) == Counts(not_compared=1)


NOISY = attrs.evolve(
    comparisons.UNSURE, gated=False, note="too noisy to be gated at 8 %: a run varies by 12 %"
)


def test_what_is_too_noisy_is_known_by_its_note():
    assert is_demoted(NOISY)
    assert not is_demoted(attrs.evolve(NOISY, gated=True))
    assert not is_demoted(attrs.evolve(NOISY, note="not published"))
    assert not is_demoted(attrs.evolve(NOISY, note=None))


def test_a_scenario_is_not_seen_where_nothing_that_is_gated_is_left():
    quiet = attrs.evolve(comparisons.SAME[0], gated=False, note="not published")
    assert unseen([NOISY, quiet]) == (NOISY,)
    assert unseen([NOISY, comparisons.LOST]) == (NOISY,), "what was not compared shows nothing"
    assert unseen([NOISY, comparisons.SAME[0]]) == ()
    assert unseen([NOISY, attrs.evolve(comparisons.SAME[0], scenario="idle")]) == (NOISY,)
    assert unseen([quiet]) == ()


def test_what_is_no_more_than_was_accepted_is_counted_with_what_is_worse_as_accepted():
    known = attrs.evolve(comparisons.UNSURE, accepted="known (until 2027-01-01)")
    assert count([known, ACCEPTED, comparisons.UNSURE]) == Counts(accepted=2, undecided=1)


def test_a_limit_counts_whether_gated_or_not():
    told_only = attrs.evolve(comparisons.OVER, gated=False, published=False)
    assert ranked((comparisons.UNSURE, told_only)) == (told_only, comparisons.UNSURE)


def test_what_is_published_comes_first_among_what_is_as_bad():
    """A limit for all phases is no reason to hide what became worse in the one that matters."""
    setup = attrs.evolve(comparisons.OVER, published=False, gated=False, limit=1)
    assert severity(setup) > severity(comparisons.WORSE)
    assert ranked((setup, comparisons.WORSE)) == (comparisons.WORSE, setup)
    aside = attrs.evolve(comparisons.UNSURE, published=False)
    assert ranked((aside, comparisons.UNSURE, comparisons.BETTER)) == (
        comparisons.UNSURE,
        aside,
        comparisons.BETTER,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 6.2 / 3),
        ({"effect_pct": None}, math.inf),
        ({"threshold_pct": 0.0}, 6.2),
        ({"threshold_pct": None}, 6.2),
        ({"change": "ok"}, 0),
        ({"change": "ok", "limit": 223_063.5}, 100 / 3),
        ({"limit": 446_126}, 6.2 / 3),
        ({"limit": 0}, math.inf),
        ({"limit": 446_127}, 6.2 / 3),
    ],
)
def test_severity_is_in_thresholds(changes, expected):
    assert severity(attrs.evolve(comparisons.WORSE, **changes)) == pytest.approx(expected)


def test_counts_of_all_kinds():
    found = count((*comparisons.ALL, ACCEPTED, MISSED_BY_NOBODY))
    assert found == Counts(
        regressions=1,
        improvements=1,
        undecided=1,
        not_compared=1,
        over_budget=1,
        accepted=1,
        unchanged=2,
    )


def test_nothing_is_counted_of_nothing():
    assert count(()) == Counts()


def test_what_is_worse_and_over_budget_is_counted_as_both():
    found = count([attrs.evolve(comparisons.WORSE, limit=1)])
    assert (found.regressions, found.over_budget, found.unchanged) == (1, 1, 0)


def test_what_is_only_reported_is_no_regression_and_no_improvement():
    found = [attrs.evolve(each, gated=False, limit=None) for each in ORDER if each is not comparisons.LOST]
    assert count(found) == Counts()


@pytest.mark.parametrize(
    ("gated", "published", "missed"),
    [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
)
def test_who_is_missed(gated, published, missed):
    assert is_missed(attrs.evolve(comparisons.LOST, gated=gated, published=published)) is missed
    assert not is_missed(attrs.evolve(comparisons.WORSE, gated=gated, published=published))


# --- past builds -------------------------------------------------------------------------------------


def test_what_is_only_warned_of_is_counted_for_itself():
    accepted = attrs.evolve(comparisons.UNUSUAL, accepted="known")
    asked = attrs.evolve(comparisons.UNUSUAL, warns_only=False)
    found = count((comparisons.UNUSUAL, accepted, asked, comparisons.VARYING, comparisons.AS_USUAL))
    assert found == Counts(regressions=1, warned=1, accepted=1, undecided=1, unchanged=1)


def test_what_is_only_warned_of_comes_behind_what_makes_a_build_bad():
    asked = attrs.evolve(comparisons.UNUSUAL, metric="packets_count", warns_only=False)
    assert ranked((comparisons.VARYING, comparisons.UNUSUAL, asked)) == (
        asked,
        comparisons.UNUSUAL,
        comparisons.VARYING,
    )
