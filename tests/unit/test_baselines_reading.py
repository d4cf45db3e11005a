"""What a build is seen beside, read from a server: the right builds, and every way in which there is none."""

import time
from datetime import UTC, datetime

import attrs
import histories
import pytest
import samples
from git_clone import Clone
from teamcity_server import FakeBuild, TeamCityServer, faults

from tcperf.baselines import reading
from tcperf.baselines.commits import Commits
from tcperf.baselines.reading import Reading, Standpoint, read
from tcperf.baselines.teamcity import RESULTS
from tcperf.errors import Interrupted
from tcperf.teamcity.build import Build, PullRequest

RESULT = samples.result()
NOW = datetime(2026, 9, 3, tzinfo=UTC)
MERGE_BASE = "b" * 40
BUILDS = "/app/rest/builds"
ARTIFACTS = "/artifacts/content/"


@pytest.fixture
def server():
    with TeamCityServer(builds=histories.fake_builds(RESULT, 30)) as running:
        yield running


def build_of(server, **changes):
    told = {
        "is_teamcity": True,
        "id": histories.BUILD,
        "configuration": histories.CONFIGURATION,
        "server_url": server.url,
        "branch": "feature/x",
        "is_default_branch": False,
        "agent": "agent-1",
        "credentials": server.credentials(),
    }
    return Build(**{**told, **changes})


def ask(server, *, target=None, merge_base=None, count=20, notices=None, total_s=60.0, **changes):
    commits = Commits(merge_base=merge_base)
    standpoint = Standpoint(build_of(server, **changes), target, commits)
    return read(standpoint, count, NOW, [].append if notices is None else notices.append, total_s)


def ids(reading):
    return [build.id for build in reading.precedent.history.builds]


def asked(server):
    """The locators that builds were asked for with."""
    return [seen.query["locator"] for seen in server.requests if seen.path == BUILDS]


def on_branch(result, branch, first, count=6, **changes):
    return histories.fake_builds(result, count, first=first, branch=branch, default_branch=False, **changes)


# --- which builds ------------------------------------------------------------------------------------


def test_without_anything_nearer_those_of_the_default_branch(server):
    found = ask(server)
    assert ids(found) == [*range(11, 31)]
    assert found.precedent.history.reason == "default"
    assert found.precedent.history.same_agent is True
    assert found.precedent.latest == RESULT
    assert found.problem is None
    assert found.precedent.history.told.startswith(
        "20 successful builds of the default branch on agent-1; the newest"
    )


def test_those_of_the_target_come_before_the_default_branch(server):
    server.add(*on_branch(RESULT, "release/2", 101))
    found = ask(server, target="release/2")
    assert ids(found) == [*range(101, 107)]
    assert found.precedent.history.reason == "target"


def test_those_of_the_merge_base_come_first_whatever_their_branch(server):
    server.add(*on_branch(RESULT, "release/2", 101))
    same = on_branch(RESULT, "other", 201, 5)
    for build in same:
        build.revision = MERGE_BASE
    server.add(*same)
    found = ask(server, target="release/2", merge_base=MERGE_BASE)
    assert ids(found) == [*range(201, 206)]
    assert found.precedent.history.reason == "revision"
    assert len(asked(server)) == 1


def test_too_few_of_the_merge_base_are_passed_over_and_named(server):
    server.builds[4].revision = MERGE_BASE
    server.add(*on_branch(RESULT, "release/2", 101))
    found = ask(server, target="release/2", merge_base=MERGE_BASE)
    assert found.precedent.history.reason == "target"
    assert "passed over, for they are too few: 1 successful build of the merge base bbbbbbbbbbbb" in (
        found.precedent.history.told
    )


def test_the_same_machine_comes_before_all_machines(server):
    for build in server.builds[::2]:
        build.agent = "agent-2"
    found = ask(server)
    assert ids(found) == [*range(2, 31, 2)]
    assert found.precedent.history.same_agent is True


def test_where_the_same_machine_has_too_few_all_count_and_that_is_known(server):
    for build in server.builds[4:]:
        build.agent = "agent-2"
    found = ask(server)
    assert ids(found) == [*range(11, 31)]
    assert found.precedent.history.same_agent is False
    assert "too few: 4 successful builds of the default branch on agent-1" in found.precedent.history.told


def test_where_none_are_enough_the_most_there_are(server):
    server.builds = server.builds[:3]
    server.add(*on_branch(RESULT, "develop", 101, 2))
    found = ask(server, target="develop")
    assert ids(found) == [1, 2, 3]


def test_a_build_is_not_seen_beside_itself(server):
    server.add(*histories.fake_builds(RESULT, 1, first=histories.BUILD))
    assert histories.BUILD not in ids(ask(server))
    assert histories.BUILD in ids(ask(server, id=None))


def test_only_as_many_as_are_asked_for(server):
    assert ids(ask(server, count=7)) == [*range(24, 31)]


def test_a_machine_that_the_server_does_not_know_is_no_reason_to_give_up(server):
    server.fail(faults.status(404, "No agents are found by name"), path=BUILDS)
    assert len(ids(ask(server))) == 20


def test_a_locator_that_the_server_does_not_know_is_none_either(server):
    server.fail(faults.status(400, "Locator dimension [revision] is unknown"), times=2, path=BUILDS)
    assert len(ids(ask(server, target="develop", merge_base=MERGE_BASE))) == 20


# --- what they measured ------------------------------------------------------------------------------


def test_builds_that_measured_otherwise_are_left_out_with_the_reason(server):
    for build in server.builds[:20]:
        build.artifacts = histories.fake_builds(histories.unlike(RESULT, messages=20), 1)[0].artifacts
    found = ask(server)
    (told,) = found.warnings
    assert told == (
        "history: 10 older builds are left out for one_to_one: measured with unlike parameters: messages: 20 against 100"
    )
    values = found.precedent.history.values("tcperf.one_to_one.messages.sent_bytes")
    assert len(values) == 10


def test_few_results_are_fetched(server):
    ask(server)
    assert sum(ARTIFACTS in seen.path for seen in server.requests) == 2


def test_builds_that_kept_no_results_are_seen_beside_all_the_same(server):
    for build in server.builds:
        build.artifacts = {}
    found = ask(server)
    assert len(ids(found)) == 20
    assert found.precedent.latest is None
    assert "it is not known whether they measured the same: #30 kept no results" in found.warnings[-1]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.status(403), "403"),
        (faults.answer(b"{}", content_type="application/octet-stream"), "names no schema"),
        (faults.announced(1 << 40), "is larger than 64 MiB"),
    ],
)
def test_results_that_cannot_be_read_are_no_reason_to_give_up(server, fault, words):
    server.fail(fault, times=2, path=f"{BUILDS}/id:")
    found = ask(server)
    assert len(ids(found)) == 20
    assert found.precedent.latest is None
    assert words in found.warnings[-1]


# --- there is none -----------------------------------------------------------------------------------


def test_no_build_yet(server):
    server.builds = [FakeBuild(1, statistics={"BuildDuration": "5"})]
    found = ask(server, target="develop", merge_base=MERGE_BASE)
    assert found.precedent is None
    assert found.problem == (
        "there is no successful build with figures of tcperf yet, of the merge base bbbbbbbbbbbb or of develop "
        "or of the default branch"
    )


def test_a_configuration_that_the_server_does_not_know(server):
    server.fail(faults.status(404, "No build type nor template is found by id 'X'."), times=9, path=BUILDS)
    found = ask(server)
    assert found.precedent is None
    assert "No build type" in found.problem
    assert found.problem.startswith("the history of builds cannot be read: the TeamCity server")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.status(401), "refuses"),
        (faults.broken_json(), "not with JSON"),
        (faults.redirect("https://elsewhere.example.org/"), "redirects"),
        (faults.answer({"build": 5}), "not with a list of build"),
    ],
)
def test_a_server_that_does_not_tell_is_asked_no_more(server, fault, words):
    server.fail(fault, times=9)
    found = ask(server, target="develop")
    assert found.precedent is None
    assert words in found.problem
    assert "(" in found.problem  # the cure
    assert server.token not in found.problem
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [faults.drip_head(0.01), faults.drip(0.01), faults.slow(60)],
    ids=["head", "body", "nothing"],
)
def test_a_server_that_is_ill_holds_no_build_up(server, fault):
    """A server that sends a byte now and then, or nothing at all, is given up, and the build goes on."""
    server.fail(fault, times=9)
    began = time.monotonic()
    found = ask(server, target="develop", total_s=0.5)
    assert time.monotonic() - began < 10
    assert found.precedent is None
    assert found.problem.startswith("the history of builds cannot be read within 0.5 s: the TeamCity server")
    assert "did not answer GET /app/rest/builds" in found.problem


def test_no_build_waits_longer_than_a_minute():
    assert reading.TOTAL_S <= 60


def test_builds_whose_results_do_not_come_in_time_are_a_history_all_the_same(server):
    server.fail(faults.drip_head(0.01), path=f"{BUILDS}/id:30/artifacts")
    found = ask(server, total_s=3.0)
    assert ids(found) == [*range(11, 31)]
    assert found.precedent.latest is None
    (told,) = found.warnings
    assert told.startswith("history: it is not known whether they measured the same: the TeamCity server")
    assert "had not ended after 3 s" in told
    assert sum(ARTIFACTS in seen.path for seen in server.requests) == 1, "nothing more is asked"


def test_figures_that_cannot_be_are_told_once_of_the_builds_that_were_chosen(server):
    key = "tcperf.one_to_one.messages.sent_bytes"
    server.builds[3].statistics[key] = "-1"
    server.builds[-1].statistics[key] = "-2"
    server.builds[-1].agent = "agent-2"
    found = ask(server, agent="agent-1")
    assert found.warnings == ()
    found = ask(server, agent=None)
    assert found.warnings == (
        f"history: figures of past builds are left out, for nothing measured is below 0: {key} of #30",
    )
    server.builds = server.builds[-1:]
    server.builds[0].statistics = {key: "-2"}
    found = ask(server)
    assert found.precedent is None
    assert found.warnings == (
        f"history: figures of past builds are left out, for nothing measured is below 0: {key} of #30",
    )


def test_a_build_may_not_read_others_with_its_own_credentials(server, tmp_path):
    server.builds_are_private = True
    build = Build.read(histories.environment(server, tmp_path))
    found = read(Standpoint(build), 20, NOW, [].append)
    assert found.precedent is None
    assert "refuses" in found.problem
    assert "TCPERF_TEAMCITY_TOKEN" in found.problem
    assert server.password not in repr(found)


def test_a_token_from_the_environment_does(server, tmp_path):
    server.builds_are_private = True
    env = histories.environment(server, tmp_path) | {"TCPERF_TEAMCITY_TOKEN": server.token}
    found = read(Standpoint(Build.read(env)), 20, NOW, [].append)
    assert len(ids(found)) == 20
    assert server.token not in repr(found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"configuration": None}, "which configuration it is of"),
        ({"server_url": None}, "the TeamCity server's URL is not known"),
    ],
)
def test_outside_of_a_build_there_is_nothing_to_ask(server, changes, words):
    found = ask(server, **changes)
    assert found.precedent is None
    assert words in found.problem
    assert server.requests == []


def test_what_the_context_warns_of_is_told(server):
    found = ask(server, warnings=("the properties file x cannot be read",))
    assert "history: the properties file x cannot be read" in found.warnings
    found = ask(server, configuration=None, warnings=("the properties file x cannot be read",))
    assert found.warnings == ("history: the properties file x cannot be read",)


def test_waits_are_told(server):
    server.fail(faults.too_many("0"), path=BUILDS)
    notices = []
    assert len(ids(ask(server, notices=notices))) == 20
    assert "trying again" in notices[0]


# --- where a build stands ----------------------------------------------------------------------------


def test_a_standpoint_is_made_of_the_context_and_the_clone(tmp_path):
    build = Build(branch="pull/7", is_default_branch=False, pull_request=PullRequest(7, "x", "release/2"))
    found = Standpoint.of(build, tmp_path, "develop")
    assert found.target == "release/2"
    assert found.commits.told.startswith("git does not know")
    assert Standpoint.of(attrs.evolve(build, is_default_branch=True), tmp_path, "develop").target is None


def test_a_target_that_went_on_is_told_from_git_on_both_sides(server, tmp_path):
    clone = Clone(tmp_path / "clone")
    clone.commit("shared")
    clone.git("switch", "-q", "-c", "feature")
    for number in range(3):
        clone.commit(f"feature {number}")
    clone.git("switch", "-q", "develop")
    tips = [clone.commit(f"later {number}") for number in range(2)]
    clone.git("switch", "-q", "feature")
    server.add(*on_branch(RESULT, "develop", 101))
    for build in server.builds:
        build.revision = tips[-1]
    here = Standpoint.of(build_of(server), clone.folder, "develop")
    history = read(here, 20, NOW, [].append).precedent.history
    assert "3 commits behind, with 2 commits that this build does not have" in history.told
    assert {build.distance_commits for build in history.builds} == {5}


def test_nothing_is_read_of_nothing():
    assert Reading() == Reading(None, None, ())


def test_the_newest_result_is_the_newest_builds(server):
    newest = server.builds[-1]
    newest.artifacts[RESULTS] = newest.artifacts[RESULTS].replace(b'"agent-7"', b'"agent-8"')
    assert ask(server).precedent.latest.environment.hostname == "agent-8"


@pytest.mark.parametrize("when", ["the first answer", "a build's results"])
def test_whoever_is_asked_to_stop_stops(server, monkeypatch, when):
    def stopped(*_arguments, **_options):
        raise Interrupted(2, "SIGINT")

    name = "_read" if when == "the first answer" else "read_result"
    monkeypatch.setattr(reading, name, stopped)
    with pytest.raises(Interrupted):
        ask(server)
