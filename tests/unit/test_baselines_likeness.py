"""Which past builds measured the same: found with few results, told with the reason."""

import attrs
import histories
import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.baselines.likeness import sift
from tcperf.errors import UsageError

RESULT = samples.result()
OLD = histories.unlike(RESULT, messages=20)
FIGURES = histories.statistics(RESULT)
OWN = {key for key in FIGURES if key.startswith("tcperf.one_to_one.")}
OTHERS = set(FIGURES) - OWN


class Kept:
    """What builds kept: ``results`` by place, None for nothing; an error is raised.  Counts what is fetched."""

    def __init__(self, *results):
        self.results = results
        self.builds = histories.builds(FIGURES, [1.0] * len(results))
        self.fetched = []

    def read(self, build):
        place = build.id - self.builds[0].id
        self.fetched.append(place)
        found = self.results[place]
        if isinstance(found, Exception):
            raise found
        return found

    def sift(self):
        return sift(self.builds, self.read)


def having(sifted, keys=OWN):
    """The places of the builds that still have the figures."""
    return [place for place, build in enumerate(sifted.builds) if keys <= build.statistics.keys()]


def test_mostly_all_are_alike_and_two_results_tell():
    kept = Kept(*[RESULT] * 20)
    found = kept.sift()
    assert found.builds == kept.builds
    assert found.latest == RESULT
    assert found.told == ()
    assert sorted(kept.fetched) == [0, 19]


@pytest.mark.parametrize("first", range(1, 20))
def test_older_ones_with_other_parameters_lose_the_scenarios_figures_and_no_others(first):
    kept = Kept(*[OLD] * first, *[RESULT] * (20 - first))
    found = kept.sift()
    assert having(found) == list(range(first, 20))
    assert having(found, OTHERS) == list(range(20))
    which = "1 older build is" if first == 1 else f"{first} older builds are"
    assert found.told == (
        f"history: {which} left out for one_to_one: measured with unlike parameters: messages: 20 against 100",
    )
    assert len(kept.fetched) <= 7
    assert len(set(kept.fetched)) == len(kept.fetched)


def test_other_conditions_are_of_all_scenarios():
    other = attrs.evolve(RESULT, conditions=attrs.evolve(RESULT.conditions, mtu=9000))
    found = Kept(*[other] * 4, *[RESULT] * 6).sift()
    assert having(found) == having(found, OTHERS) == list(range(4, 10))
    assert len(found.told) == 2
    assert all("unlike conditions: the links' MTU: 9000 against 1500" in told for told in found.told)


def test_the_reference_nodes_figures_are_left_out_as_well():
    result = samples.reference_result()
    figures = histories.statistics(result)
    old, new = (histories.builds(figures, [1.0] * 2)[place] for place in (0, 1))
    results = {old.id: histories.unlike(result, messages=99), new.id: result}
    found = sift((old, new), lambda build: results[build.id])
    assert found.builds[0].statistics == {}
    assert found.builds[1].statistics == figures


def test_one_build_is_like_itself():
    found = Kept(RESULT).sift()
    assert found.latest == RESULT
    assert found.told == ()


def test_a_new_scenario_is_no_reason_to_leave_anything_out():
    without = attrs.evolve(RESULT, scenarios=(samples.COLD_START,))
    kept = Kept(*[without] * 6, *[RESULT] * 6)
    builds = tuple(
        attrs.evolve(build, statistics={key: value for key, value in FIGURES.items() if key in OTHERS})
        if place < 6
        else build
        for place, build in enumerate(kept.builds)
    )
    found = sift(builds, kept.read)
    assert found.builds == builds
    assert found.told == ()


# --- what is not known -------------------------------------------------------------------------------


def test_a_newest_build_without_results_is_said():
    found = Kept(RESULT, RESULT, None).sift()
    assert found.latest is None
    assert having(found) == [0, 1, 2]
    assert found.told == ("history: it is not known whether they measured the same: #102 kept no results",)


def test_an_oldest_build_without_results_is_said_and_the_newest_is_known():
    found = Kept(None, RESULT, RESULT).sift()
    assert found.latest == RESULT
    assert having(found) == [0, 1, 2]
    assert found.told == ("history: it is not known whether they measured the same: #100 kept no results",)


def test_why_results_cannot_be_read_is_said():
    found = Kept(RESULT, UsageError("it is no JSON", cure="give a file")).sift()
    assert found.latest is None
    assert found.told == (
        "history: it is not known whether they measured the same: it is no JSON (give a file)",
    )


def test_between_two_that_differ_what_is_not_known_is_taken_for_the_older_ones_like():
    found = Kept(OLD, OLD, None, RESULT, RESULT, RESULT).sift()
    assert having(found) == [3, 4, 5]
    found = Kept(OLD, OLD, UsageError("broken"), None, None, RESULT).sift()
    assert having(found) == [5]
    assert "kept no results to see" in found.told[0]


# --- always ------------------------------------------------------------------------------------------


@given(
    st.lists(st.sampled_from([RESULT, OLD, None, UsageError("broken")]), min_size=1, max_size=40),
)
def test_whatever_was_kept_the_newest_build_stays_whole_and_few_results_are_fetched(results):
    kept = Kept(*results)
    found = kept.sift()
    assert found.builds[-1] == kept.builds[-1]
    assert [build.id for build in found.builds] == [build.id for build in kept.builds]
    assert len(kept.fetched) == len(set(kept.fetched)) <= 14
    assert having(found) == list(range(having(found)[0], len(results)))


@given(st.integers(0, 60), st.integers(1, 60))
def test_what_changed_once_is_found_exactly(old, new):
    found = Kept(*[OLD] * old, *[RESULT] * new).sift()
    assert having(found) == list(range(old, old + new))
