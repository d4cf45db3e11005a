"""New levels in a series: found where they are, and only those that are worth telling."""

import importlib.util
import random
import sys

import pytest

from tcperf import changepoints
from tcperf.changepoints import ChangePoint, Rules, find


def noisy(*pieces, noise=0.01, seed=1):
    """Pieces (count, level), normal around their level."""
    chance = random.Random(seed)
    return [level * chance.gauss(1, noise) for count, level in pieces for _value in range(count)]


def places(values, rules=None):
    return [change.place for change in find(values, rules)]


def test_the_library_of_the_extra_is_installed_for_the_tests():
    assert changepoints.is_available()


def test_a_new_level_is_found_where_it_begins():
    (change,) = find(noisy((30, 100), (12, 130)))
    assert change.place == 30
    assert change.before == pytest.approx(100, rel=0.02)
    assert change.after == pytest.approx(130, rel=0.02)
    assert change.percent == pytest.approx(30, abs=3)


def test_several_levels_are_found_in_their_order():
    assert places(noisy((40, 1000), (25, 1500), (30, 900), (10, 1300))) == [40, 65, 95]


@pytest.mark.parametrize("noise", [0, 0.001, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("seed", range(8))
def test_noise_alone_is_no_new_level(noise, seed):
    assert find(noisy((200, 5000), noise=noise, seed=seed)) == ()


def test_levels_of_equal_values_are_found():
    (change,) = find([420_082] * 20 + [470_082] * 5)
    assert change == ChangePoint(20, 420_082, 470_082, 0, 25)


def test_few_builds_are_no_level():
    level = [100.0] * 20
    assert find([*level, *[200.0] * 4]) == ()
    assert places([*level, *[200.0] * 5]) == [20]
    assert places([*level, *[200.0] * 4], Rules(builds=4)) == [20]


def test_a_series_that_is_shorter_than_two_levels_has_none():
    assert find([]) == ()
    assert find([1.0] * 4 + [100.0] * 5) == ()


def test_a_single_stray_value_is_no_new_level():
    values = noisy((40, 100))
    values[17] = 900.0
    assert find(values) == ()


@pytest.mark.parametrize(("after", "found"), [(1099, []), (1101, [20])])
def test_a_level_differs_by_the_least_shift(after, found):
    assert places([1000.0] * 20 + [float(after)] * 20) == found


@pytest.mark.parametrize(("after", "found"), [(29.9, []), (30.1, [20])])
def test_a_level_differs_by_the_least_change(after, found):
    """Of small values, ten in their unit are more than a tenth."""
    assert places([20.0] * 20 + [after] * 20) == found


def test_rules_that_let_everything_pass_tell_no_change_of_nothing():
    rules = Rules(builds=2, shift=0, change=0, effect=0)
    assert find([5.0, 5.0, 9.0, 5.0, 5.0, 5.0], rules) == ()


def test_stray_values_do_not_hide_a_new_level():
    values = [*noisy((30, 100)), *noisy((30, 130), seed=2)]
    values[10], values[45] = 900.0, 1.0
    (change,) = find(values)
    assert change.place == 30


@pytest.mark.parametrize("apart", range(-4, 5))
def test_a_stray_value_close_by_does_not_draw_a_new_level_to_itself(apart):
    values = noisy((30, 100), (30, 130))
    values[30 + apart] = 700.0
    (change,) = find(values)
    assert abs(change.place - 30) <= (apart in {-1, 0}), "the stray one itself may be of either"


def test_a_level_differs_by_two_deviations():
    values = noisy((60, 1000), (60, 1150), noise=0.09)
    assert find(values) == ()
    assert places(values, Rules(effect=1.0)) == [60]


def test_of_pieces_too_much_alike_the_others_remain():
    """The middle piece differs from both by less than is worth telling, they from each other by more."""
    (change,) = find([1000.0] * 20 + [1060.0] * 20 + [1180.0] * 20)
    assert change.place == 40
    assert change.after == 1180


def test_values_of_any_sign_and_a_level_of_zero():
    (change,) = find([0.0] * 10 + [50.0] * 10)
    assert (change.place, change.percent) == (10, None)
    (change,) = find([-100.0] * 10 + [50.0] * 10)
    assert (change.before, change.after) == (-100, 50)


def test_the_size_of_the_unit_makes_no_difference():
    values = noisy((30, 100), (12, 130), noise=0.02)
    assert places([value * 1e9 for value in values]) == places([value * 1e3 for value in values]) == [30]


def test_what_cannot_be_scaled_has_no_levels():
    assert find([1e308, -1e308] * 10) == ()


def test_without_the_library_it_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert not changepoints.is_available()
    monkeypatch.setitem(sys.modules, "ruptures", None)
    with pytest.raises(ModuleNotFoundError):
        find([100.0] * 10 + [200.0] * 10)
    assert find([100.0] * 20) == (), "nothing can be found in it"
    assert changepoints.CURE == "pip install 'tcperf[changepoints]'"
