"""The small picture of a comparison: where everything lies."""

import attrs
import comparisons as made
import pytest
import samples

from tcperf.measurement import Measurement
from tcperf.reports.intervals import HEIGHT, WIDTH, interval, pair_changes

MIDDLE = WIDTH / 2


def test_no_change_is_in_the_middle_of_all_and_the_threshold_is_within():
    for each in (made.WORSE, made.UNSURE, made.BETTER):
        picture = interval(each, ())
        assert picture.zero == MIDDLE
        assert picture.worse_from - MIDDLE == pytest.approx(MIDDLE - picture.better_from, abs=0.2)
        assert MIDDLE < picture.worse_from < WIDTH


@pytest.mark.parametrize("low", [0.2, 15.2, 900.0])
def test_small_and_large_changes_have_scales_of_their_own_and_a_bar_that_can_be_seen(low):
    each = attrs.evolve(made.WORSE, low_pct=low, effect_pct=1.25 * low, high_pct=1.5 * low)
    picture = interval(each, (low, 1.4 * low))
    assert picture.end >= max(1.5 * low, each.threshold_pct)
    assert picture.end <= 2 * max(1.5 * low, each.threshold_pct)
    assert MIDDLE < picture.low < picture.effect < picture.high < WIDTH
    assert picture.high - picture.low > (15 if 1.5 * low > each.threshold_pct else 1)
    assert not any(dot.is_cut for dot in picture.dots)


@pytest.mark.parametrize(
    ("high", "end"), [(0.01, 0.5), (7.6, 10), (9.1, 10), (9.5, 15), (50.5, 60), (1097, 1500), (1e9, 1.5e9)]
)
def test_a_scale_ends_at_a_round_number(high, end):
    each = attrs.evolve(made.WORSE, threshold_pct=None, low_pct=0.0, effect_pct=0.0, high_pct=high)
    assert interval(each, ()).end == pytest.approx(end)


def test_what_is_worse_lies_beyond_the_threshold_and_what_is_better_on_the_other_side():
    worse = interval(made.WORSE, ())
    assert worse.worse_from < worse.low < worse.effect < worse.high < WIDTH
    better = interval(made.BETTER, ())
    assert 0 < better.low <= better.effect < better.high < better.better_from
    unsure = interval(made.UNSURE, ())
    assert unsure.low < unsure.zero < unsure.effect < unsure.worse_from < unsure.high


def test_places_are_in_proportion():
    picture = interval(attrs.evolve(made.WORSE, effect_pct=1.5, low_pct=-1.5, high_pct=3.0), ())
    assert picture.effect - MIDDLE == pytest.approx(MIDDLE - picture.low)
    assert picture.high == picture.worse_from
    assert (picture.high - MIDDLE) == pytest.approx(2 * (picture.effect - MIDDLE), abs=0.2)
    assert picture.end == 4


def test_a_pair_far_beyond_all_else_is_at_the_edge_and_says_so():
    picture = interval(
        attrs.evolve(made.WORSE, effect_pct=4, low_pct=-5, high_pct=9), (20.0, 1.0, 5000.0, -99.0)
    )
    assert picture.end == 25
    assert [dot.is_cut for dot in picture.dots] == [False, False, True, True]
    assert 0 < picture.dots[3].x < picture.low < picture.effect < picture.high < picture.dots[0].x
    assert picture.dots[0].x < picture.dots[2].x < WIDTH


def test_an_open_end_reaches_to_the_edge():
    picture = interval(attrs.evolve(made.WORSE, high_pct=None), ())
    assert picture.cut_high
    assert not picture.cut_low
    assert picture.high > picture.effect


def test_too_few_pairs_have_an_effect_and_no_interval():
    picture = interval(attrs.evolve(made.WORSE, low_pct=None, high_pct=None), (6.0, 6.4))
    assert picture.low is None
    assert picture.high is None
    assert not picture.cut_low
    assert not picture.cut_high
    assert len(picture.dots) == 2


def test_without_a_threshold_the_picture_reaches_as_far_as_what_is_drawn():
    bare = attrs.evolve(made.WORSE, threshold_pct=None)
    picture = interval(bare, (19.0,))
    assert picture.worse_from is None
    assert picture.better_from is None
    assert not picture.dots[0].is_cut
    assert WIDTH * 0.8 < picture.dots[0].x < WIDTH
    assert interval(attrs.evolve(bare, threshold_pct=0.0), ()).worse_from is None


def test_without_a_threshold_and_a_change_everything_is_in_the_middle():
    same = attrs.evolve(made.TOLD_ONLY[1], threshold_pct=None)
    picture = interval(same, (0.0, 0.0))
    assert {picture.effect, picture.low, picture.high, *(dot.x for dot in picture.dots)} == {MIDDLE}


def test_nothing_compared_is_no_picture():
    assert interval(made.LOST, ()) is None


def test_pairs_are_dots_in_their_order_and_those_after_the_decision_are_late():
    decided = attrs.evolve(made.WORSE, pairs=7)
    picture = interval(decided, tuple(float(number) for number in range(1, 9)))
    assert [dot.is_late for dot in picture.dots] == [False] * 7 + [True]
    assert picture.changes == tuple(range(1, 9))
    assert [dot.x for dot in picture.dots] == sorted(dot.x for dot in picture.dots)
    assert len({dot.y for dot in picture.dots}) == 3
    assert all(0 < dot.y < HEIGHT for dot in picture.dots)


# --- the pairs' changes ------------------------------------------------------------------------------


def test_each_pair_has_its_change():
    changes = pair_changes(made.paired())
    found = changes["tcperf.one_to_one.messages.sent_bytes"]
    assert len(found) == 10
    assert found == pytest.approx((6.2, 6.8, 5.8, 7.3, 5.3, 6.4, 5.0, 7.0, 6.6, 5.6), abs=1e-3)
    assert changes["tcperf.one_to_one.messages.received_bytes"] == pytest.approx(found, abs=1e-3)


def test_warm_ups_and_redone_pairs_are_not_among_them():
    assert len(pair_changes(made.paired(pairs=3))["tcperf.one_to_one.messages.cpu_ms"]) == 3


def test_a_result_without_pairs_has_none():
    changes = pair_changes(samples.result())
    assert set(changes.values()) == {()}


def test_changes_from_nothing_are_no_percentages():
    result = made.paired(pairs=3)

    def emptied(phase):
        return attrs.evolve(phase, totals={**phase.totals, "cpu_ms": Measurement(0, "ms", "exact", "clock")})

    runs = tuple(
        attrs.evolve(run, phases=tuple(emptied(phase) for phase in run.phases))
        if run.subject == "base"
        else run
        for run in result.runs
    )
    changes = pair_changes(attrs.evolve(result, runs=runs))
    assert "tcperf.one_to_one.messages.cpu_ms" not in changes
    assert len(changes["tcperf.one_to_one.messages.time_ms"]) == 3
