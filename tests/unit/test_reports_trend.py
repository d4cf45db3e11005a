"""One figure over past builds: where everything is drawn, and what is said of it."""

import itertools

import attrs
import pasts
import pytest

from tcperf import changepoints
from tcperf.band import usual
from tcperf.reports.charts import BOX
from tcperf.reports.figure import figure, number, when
from tcperf.reports.keyname import named
from tcperf.reports.trend import Limits, trend

LIMITS = Limits(points=400, dots=60)


def drawn(*values, this=None, key=pasts.SENT, limits=LIMITS, window=None, with_levels=False):
    found = figure(pasts.builds(*values, key=key), named(key), this, window)
    return trend(found, limits, with_levels=with_levels)


def points(found):
    return [tuple(map(int, point.split(","))) for point in found.line.split()]


# --- the builds --------------------------------------------------------------------------------------


def test_what_no_build_published_has_no_figure():
    assert figure(pasts.builds(None, None), named(pasts.SENT), 5.0) is None
    assert figure((), named(pasts.SENT), 5.0) is None
    assert figure(pasts.builds(1, 2), named(pasts.TIME), 5.0) is None


def test_every_build_has_a_column_and_this_one_the_last():
    found = drawn(100, 200, 150, this=120)
    assert [dot.x for dot in found.dots] == [0.125, 0.375, 0.625]
    assert found.this.x == 0.875
    assert [x for x, _y in points(found)] == [125, 375, 625, 875]


def test_a_build_that_did_not_publish_it_has_an_empty_column():
    found = drawn(100, None, 150, None)
    assert [dot.x for dot in found.dots] == [0.125, 0.625]
    assert [dot.title[:2] for dot in found.dots] == ["#1", "#3"]


def test_higher_values_are_higher_and_the_line_goes_through_the_dots():
    found = drawn(100, 200, 150)
    low, high, middle = (dot.y for dot in found.dots)
    assert 0 <= low < middle < high <= 1
    assert points(found) == [(round(dot.x * BOX), round((1 - dot.y) * BOX)) for dot in found.dots]


def test_a_long_line_is_thinned_and_keeps_its_extremes():
    values = pasts.wave(1000)
    values[500] = 480_000
    found = drawn(*values, limits=Limits(points=50, dots=10))
    assert len(points(found)) <= 50
    highest = min(points(found), key=lambda point: point[1])
    assert highest[0] == round(500.5 / 1000 * BOX)


def shown(found):
    return [int(dot.title[1:].split(",")[0]) for dot in found.dots]


def test_of_many_builds_strays_have_dots_and_others_all_along():
    values = pasts.wave(300)
    values[10], values[20] = 480_000, 300_000
    found = drawn(*values, limits=Limits(points=400, dots=20), window=20)
    assert len(found.dots) == 20
    assert {11, 21, 300} <= set(shown(found))
    assert shown(found) == sorted(shown(found))
    others = [number for number in shown(found) if number not in {11, 21}]
    assert {later - earlier for earlier, later in itertools.pairwise(others)} <= {16, 17}
    assert others[0] < 20


def test_strays_take_at_most_half_of_the_dots_the_farthest_first():
    values = pasts.wave(200, by=0.0001)
    values[:100:4] = [800_000 + 1000 * place for place in range(25)]
    found = shown(drawn(*values, limits=Limits(points=400, dots=20)))
    assert {*range(61, 101, 4)} <= set(found)
    assert len(found) <= 20
    assert found[-1] == 200


def test_where_most_values_are_equal_others_are_no_strays_for_that():
    values = [*pasts.wave(100, by=0.03), *[400_000] * 100]
    found = shown(drawn(*values, limits=Limits(points=400, dots=20), window=20))
    assert found == [*range(10, 201, 10)]


def test_another_level_is_no_stray():
    values = [*pasts.wave(100, 800_000.0), *pasts.wave(100)]
    assert shown(drawn(*values, limits=Limits(points=400, dots=20), window=20)) == [*range(10, 201, 10)]


def test_what_was_before_is_not_held_against_what_is_usual_now():
    found = drawn(*pasts.wave(10, 800_000.0), *pasts.wave(19), 480_000, window=20)
    assert [dot.is_outside for dot in found.dots] == [False] * 29 + [True]


def test_a_dot_says_its_build_and_leads_to_it():
    (dot,) = drawn(420_082).dots
    assert dot.title == "#1, 2026-09-01 02:14: 410 KiB"
    assert dot.url == f"{pasts.SERVER}/viewLog.html?buildId=9001&tab=buildResultsDiv"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "ftp://example.org/"])
def test_a_dot_whose_build_has_no_web_page_leads_nowhere(url):
    builds = tuple(attrs.evolve(build, url=url) for build in pasts.builds(1, 2))
    found = trend(figure(builds, named(pasts.SENT), None), LIMITS, with_levels=False)
    assert [dot.url for dot in found.dots] == [None, None]


def test_a_stray_value_beyond_the_axis_is_marked():
    found = drawn(*pasts.wave(30), 9_000_000)
    assert [dot.is_cut for dot in found.dots] == [False] * 30 + [True]
    assert found.dots[-1].y == 1


def test_numbers_and_times_that_are_not_ours_stay_short():
    build = attrs.evolve(pasts.builds(1)[0], number="7\n" * 50, finished="x" * 100)
    assert number(build) == "#7 7 7 7 7 7 7 7 7 7 7 7…"
    assert len(when(build)) == 16


# --- what is usual -----------------------------------------------------------------------------------


def test_the_band_lies_across_the_builds_it_is_of():
    values = pasts.wave(40)
    found = drawn(*values, window=20)
    band = usual(values[20:])
    assert found.usual.left == 0.5
    assert found.usual.bottom == pytest.approx(found.vertical.share(band.low))
    assert found.usual.top == pytest.approx(found.vertical.share(band.high))
    assert drawn(*values).usual.left == 0
    assert drawn(*values, window=100).usual.left == 0


def test_with_this_build_the_band_reaches_to_it():
    found = drawn(*pasts.wave(19), this=400_000)
    assert found.usual.left == 0
    assert found.vertical.holds(400_000)


def test_of_few_builds_nothing_is_usual_and_that_is_said():
    found = drawn(100, 200, 300, 400, this=250)
    assert found.usual is None
    assert found.tone == "calm"
    assert (found.value, found.text) == ("250 B", "4 builds, too few to say what is usual")
    assert drawn(100).text == "1 build, too few to say what is usual"


def test_the_window_counts_builds_that_did_not_publish_it_too():
    found = drawn(*pasts.wave(40), *[None] * 17, 400_000, 401_000, 399_000, window=20)
    assert found.usual is None
    assert "3 builds, too few" in found.text


@pytest.mark.parametrize(
    ("this", "tone", "is_outside"),
    [(400_000, "calm", False), (480_000, "warn", True), (320_000, "good", True)],
)
def test_this_build_stands_to_what_is_usual(this, tone, is_outside):
    found = drawn(*pasts.wave(20), this=this)
    assert found.tone == tone
    assert found.this.is_outside == is_outside
    assert not found.this.is_cut
    assert found.this.url is None
    assert found.this.title.startswith("this build: ")


def test_a_figure_without_a_direction_is_neither_good_nor_bad():
    found = drawn(*pasts.wave(20), this=480_000, key="BuildDuration")
    assert (found.tone, found.this.is_outside) == ("calm", True)


def test_this_build_is_told_beside_what_is_usual():
    values = [409_600.0] * 12 + [413_696.0] * 4 + [405_504.0] * 4
    found = drawn(*values, this=435_000.0)
    assert found.value == "425 KiB"
    assert found.text == "+6.2 % against the median of 20 builds, 400 KiB; usual 400 KiB … 400 KiB"
    assert drawn(*values).text.startswith("-1.0 % against the median of 20 builds, 400 KiB; usual")


def test_of_a_median_of_zero_there_is_no_percentage():
    found = drawn(*[0.0] * 10, this=41, key="tcperf.idle.idle.packets_count")
    assert found.text == "the median of 10 builds, 0; usual 0 … 0"
    assert found.tone == "warn"


# --- new levels --------------------------------------------------------------------------------------


def test_a_new_level_is_marked_where_it_begins_and_told():
    values = [*pasts.wave(30, by=0.002), *pasts.wave(10, 440_000.0, by=0.002)]
    (level,) = drawn(*values, with_levels=True).levels
    assert level.x == 30 / 40
    assert level.is_worse is True
    assert level.day == "2026-09-02"
    assert level.text == "391 KiB → 430 KiB (+10.0 %) from #31 on"


def test_a_new_level_for_the_better_says_so():
    values = [*pasts.wave(30, by=0.002), *pasts.wave(10, 340_000.0, by=0.002)]
    (level,) = drawn(*values, with_levels=True).levels
    assert level.is_worse is False
    assert "(-15.0 %)" in level.text


def test_builds_without_the_figure_do_not_move_the_mark():
    values = [*pasts.wave(20, by=0.002), None, None, *pasts.wave(10, 440_000.0, by=0.002)]
    (level,) = drawn(*values, with_levels=True).levels
    assert level.x == 22 / 32
    assert "from #23 on" in level.text


def test_this_build_belongs_to_the_last_level():
    values = [*pasts.wave(20, by=0.002), *[440_000.0] * 4]
    assert drawn(*values, with_levels=True).levels == ()
    (level,) = drawn(*values, this=440_500.0, with_levels=True).levels
    assert level.x == 20 / 25


def test_what_is_too_much_for_the_gate_is_a_new_level_of_a_metric_it_knows():
    """Bytes sent, from 3 % on; of a figure that it does not know a tenth, as JetBrains has it."""
    values = [*pasts.wave(20, by=0.0005), *pasts.wave(20, 420_000.0, by=0.0005)]
    assert len(drawn(*values, with_levels=True).levels) == 1
    assert drawn(*values, key="size_of_a_package", with_levels=True).levels == ()


def test_a_new_level_from_zero_has_no_percentage():
    values = [0.0] * 10 + [90.0] * 10
    (level,) = drawn(*values, key="tcperf.idle.idle.packets_count", with_levels=True).levels
    assert level.text == "0 → 90 from #11 on"


def test_without_being_asked_nothing_is_looked_for(monkeypatch):
    monkeypatch.setattr(changepoints, "find", None)
    assert drawn(*pasts.wave(40)).levels == ()
