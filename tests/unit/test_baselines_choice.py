"""Which past builds are asked for, in which order, which are taken, and how that is told."""

from datetime import UTC, datetime

import attrs
import histories
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.baselines.choice import Found, Wanted, best, history, target_of, wanted
from tcperf.baselines.commits import Commits, Place
from tcperf.teamcity.build import Build, PullRequest

MERGE_BASE = "1a2b3c4d5e6f7788" * 2 + "99aabbcc"
NOW = datetime(2026, 10, 8, 2, 14, 7, tzinfo=UTC)
BRANCH = Build(branch="feature/x", is_default_branch=False, agent="agent-1")
PULL = attrs.evolve(BRANCH, branch="pull/7", pull_request=PullRequest(7, "feature/x", "release/2"))
DEFAULT = Build(branch="main", is_default_branch=True, agent="agent-1")
WITHOUT = Build(agent="agent-1")
FIGURES = {"tcperf.idle.idle.cpu_ms": 100}


def some(count, **changes):
    return histories.builds(FIGURES, [1.0] * count, **changes)


# --- where a build goes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "configured", "target"),
    [
        (PULL, "develop", "release/2"),  # the pull request knows better than the file
        (PULL, None, "release/2"),
        (BRANCH, "develop", "develop"),
        (BRANCH, None, None),
        (attrs.evolve(BRANCH, branch="develop"), "develop", None),  # it is the target
        (attrs.evolve(PULL, pull_request=PullRequest(7)), "develop", "develop"),
        (DEFAULT, "develop", None),
        (WITHOUT, "develop", None),
        (attrs.evolve(WITHOUT, pull_request=PullRequest(7, target="develop")), "main", "develop"),
    ],
)
def test_where_a_build_goes(build, configured, target):
    assert target_of(build, configured) == target


# --- what is asked for -------------------------------------------------------------------------------


def test_first_the_merge_base_then_the_target_then_the_default_branch_of_each_the_same_machine_first():
    assert [
        (each.reason, each.branch, each.revision, each.agent) for each in wanted(PULL, "develop", MERGE_BASE)
    ] == [
        ("revision", None, MERGE_BASE, "agent-1"),
        ("revision", None, MERGE_BASE, None),
        ("target", "develop", None, "agent-1"),
        ("target", "develop", None, None),
        ("default", None, None, "agent-1"),
        ("default", None, None, None),
    ]


def test_what_is_not_known_is_not_asked_for():
    assert [each.reason for each in wanted(PULL, "develop", None)] == [
        "target",
        "target",
        "default",
        "default",
    ]
    assert [each.reason for each in wanted(DEFAULT, None, None)] == ["default", "default"]
    unknown = attrs.evolve(DEFAULT, agent=None)
    assert wanted(unknown, None, None) == (Wanted("default"),)


@given(st.booleans(), st.sampled_from([None, "develop"]), st.sampled_from([None, MERGE_BASE]))
def test_its_own_branch_is_never_asked_for(is_default, target, merge_base):
    build = attrs.evolve(BRANCH, is_default_branch=is_default)
    assert all(each.branch in {None, target} for each in wanted(build, target, merge_base))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Wanted("revision", revision=MERGE_BASE), "the merge base 1a2b3c4d5e6f"),
        (Wanted("target", "develop", agent="agent-1"), "develop on agent-1"),
        (Wanted("default"), "the default branch"),
        (Wanted("target", "a\nb"), "'a\\nb'"),
    ],
)
def test_in_words(asked, words):
    assert asked.words == words


# --- what is taken -----------------------------------------------------------------------------------


def found(*counts):
    return [Found(Wanted("target", f"branch-{place}"), some(count)) for place, count in enumerate(counts)]


@pytest.mark.parametrize(
    ("counts", "place"),
    [
        ((7, 20), 0),
        ((1, 20), 1),
        ((4, 5, 20), 1),
        ((1, 3, 2), 1),  # none is enough: the most
        ((3, 3), 0),
        ((0, 1), 1),
    ],
)
def test_the_first_that_are_enough_else_the_most(counts, place):
    every = found(*counts)
    assert best(every, 5) is every[place]


@pytest.mark.parametrize("counts", [(), (0,), (0, 0, 0)])
def test_of_none_there_is_none(counts):
    assert best(found(*counts), 5) is None


# --- what is told ------------------------------------------------------------------------------------


def told(asked=Wanted("target", "develop"), builds=None, passed=(), commits=Commits(), now=NOW):  # noqa: B008 - frozen
    chosen = Found(asked, some(6) if builds is None else builds)
    return history(chosen, passed, "agent-1", commits, now).told


def test_which_builds_they_are_and_how_far_away():
    commits = Commits(MERGE_BASE, 2, tuple(f"{place:040x}" for place in range(9, 0, -1)))
    assert told(commits=commits) == (
        "6 successful builds of develop; the newest, #105, is 2 days old and 6 commits behind"
    )


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(3, 2), "3 commits behind, with 2 commits that this build does not have"),
        (Place(1, 1), "1 commit behind, with 1 commit that this build does not have"),
        (Place(3), "3 commits behind"),
        (Place(0), "0 commits behind"),
        (Place(0, 1), "1 commit ahead of this build"),
    ],
)
def test_a_branch_that_went_on_is_told_of_on_both_sides(place, words):
    newest = some(6)[-1].revision
    assert told(commits=Commits(others={newest: place})).endswith(f"is 2 days old and {words}")
    made = history(
        Found(Wanted("target", "develop"), some(6)), (), None, Commits(others={newest: place}), NOW
    )
    assert made.builds[-1].distance_commits == place.behind + place.beside


def test_every_build_knows_its_distance():
    commits = Commits(MERGE_BASE, 1, (f"{5:040x}", f"{3:040x}"))
    made = history(Found(Wanted("target", "develop"), some(6)), (), "agent-1", commits, NOW)
    assert [build.distance_commits for build in made.builds] == [None, None, None, 2, None, 1]
    assert made.told.endswith("is 2 days old and 1 commit behind")


def test_what_is_not_known_is_said():
    commits = Commits(told="the merge base with develop is not known: this clone has no such branch")
    assert told(commits=commits) == (
        "6 successful builds of develop; the newest, #105, is 2 days old and nobody knows how many commits behind; "
        "the merge base with develop is not known: this clone has no such branch"
    )


@pytest.mark.parametrize(
    ("now", "age"),
    [
        ("2026-10-06T02:14:07+00:00", "0 hours"),
        ("2026-10-06T02:59:07+00:00", "1 hour"),
        ("2026-10-07T02:14:07+00:00", "24 hours"),
        ("2026-10-08T02:13:07+00:00", "48 hours"),
        ("2026-10-08T02:14:07+00:00", "2 days"),
        ("2026-11-05T03:14:07+01:00", "30 days"),
        ("2026-10-05T02:14:07+00:00", "0 hours"),  # clocks of two machines
    ],
)
def test_how_old_the_newest_is(now, age):
    assert f"#105, is {age} old" in told(now=datetime.fromisoformat(now))


def test_those_that_were_too_few_are_named():
    passed = (
        Found(Wanted("revision", revision=MERGE_BASE, agent="agent-1"), ()),
        Found(Wanted("revision", revision=MERGE_BASE), some(1)),
    )
    assert told(passed=passed).endswith(
        "; passed over, for they are too few: 1 successful build of the merge base 1a2b3c4d5e6f"
    )


@pytest.mark.parametrize(
    ("agent", "agents", "same"),
    [
        ("agent-1", ["agent-1"] * 3, True),
        ("agent-1", ["agent-1", "agent-2", "agent-1"], False),
        ("agent-1", [None] * 3, False),
        (None, ["agent-1"] * 3, None),
    ],
)
def test_whether_all_ran_on_this_machine(agent, agents, same):
    builds = tuple(attrs.evolve(build, agent=name) for build, name in zip(some(3), agents, strict=True))
    assert history(Found(Wanted("default"), builds), (), agent, Commits(), NOW).same_agent is same


def test_a_history_keeps_the_builds_and_the_reason():
    made = history(Found(Wanted("default"), some(3)), (), None, Commits(), NOW)
    assert made.reason == "default"
    assert [build.number for build in made.builds] == ["100", "101", "102"]
