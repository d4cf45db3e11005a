"""Past builds as a server tells of them: which it is asked for, what is read of them, what it kept."""

import attrs
import histories
import pytest
import samples
from hypothesis import given, settings
from hypothesis import strategies as st
from teamcity_server import FakeBuild, TeamCityServer, faults

from tcperf import results
from tcperf.baselines import teamcity
from tcperf.baselines.teamcity import RESULTS, read_builds, read_result
from tcperf.errors import ConfigError, UsageError
from tcperf.history import History
from tcperf.reports.teamcity import HIDDEN_ARTIFACTS
from tcperf.teamcity.rest import Patience, RestError, Server

RESULT = samples.result()
KEY = "tcperf.one_to_one.messages.sent_bytes"
BUILDS = "/app/rest/builds"


@pytest.fixture
def server():
    with TeamCityServer(builds=histories.fake_builds(RESULT, 30, keeps=False)) as running:
        yield running


@pytest.fixture
def client(server):
    with Server(server.url, server.credentials(), sleep=lambda _seconds: None) as made:
        yield made


def ids(builds):
    return [build.id for build in builds]


def ask(client, count=20, **asked):
    return read_builds(client, histories.CONFIGURATION, count=count, **asked)


# --- which builds ------------------------------------------------------------------------------------


def test_the_last_ones_oldest_first_in_one_request(server, client):
    assert ids(ask(client)) == [*range(11, 31)]
    assert len(server.requests) == 1
    assert server.requests[0].headers["authorization"] == f"Bearer {server.token}"


def test_all_where_there_are_fewer(client):
    assert ids(ask(client, 200)) == [*range(1, 31)]


def test_only_good_builds_of_this_configuration_that_are_everybodys(server, client):
    usual = server.builds[0]
    server.builds = [usual]
    strange = [
        {"status": "FAILURE"},
        {"personal": True},
        {"canceled": True},
        {"state": "running"},
        {"failed_to_start": True},
        {"configuration": "Other"},
        {"branch": "feature/x", "default_branch": False},
    ]
    for number, changes in enumerate(strange, start=100):
        kept = {"statistics": usual.statistics, "branch": "main"}
        server.add(FakeBuild(number, **{**kept, **changes}))
    assert ids(ask(client)) == [usual.id]


def test_of_a_branch_a_revision_and_a_machine(server, client):
    for number, branch, revision, agent in (
        (41, "feature/a,b", "a" * 40, "agent-1"),
        (42, "feature/a,b", "b" * 40, "agent 2 (big)"),
        (43, "develop", "a" * 40, "agent-1"),
    ):
        server.add(
            FakeBuild(
                number,
                branch=branch,
                default_branch=False,
                revision=revision,
                agent=agent,
                statistics={KEY: "1"},
            )
        )
    assert ids(ask(client, branch="feature/a,b")) == [41, 42]
    assert ids(ask(client, branch="feature/a,b", agent="agent 2 (big)")) == [42]
    assert ids(ask(client, revision="a" * 40)) == [41, 43]
    assert ids(ask(client, revision="b" * 40, agent="agent-1")) == []
    assert ids(ask(client, branch="none")) == []


def test_builds_without_branches_are_those_of_the_default_one(server, client):
    server.builds = histories.fake_builds(RESULT, 3, keeps=False, branch=None)
    found = ask(client)
    assert ids(found) == [1, 2, 3]
    assert {build.branch for build in found} == {None}


def test_builds_that_published_nothing_of_ours_do_not_count(server, client):
    server.add(*(FakeBuild(number, statistics={"BuildDuration": "5"}) for number in range(31, 40)))
    assert ids(ask(client)) == [*range(11, 31)]


def test_years_of_builds_without_figures_are_not_read(server, client):
    server.builds = [FakeBuild(number, statistics={"x": "1"}) for number in range(1, 1000)]
    assert ask(client) == ()
    assert len(server.requests) <= 6


@pytest.mark.parametrize(
    "how", [{"page_limit": 7}, {"empty_pages": True}, {"absolute_links": True}, {"page_limit": 1}]
)
def test_however_a_server_cuts_its_pages(how):
    with TeamCityServer(builds=histories.fake_builds(RESULT, 30, keeps=False), **how) as server:
        with Server(server.url, server.credentials()) as client:
            assert ids(ask(client, 25)) == [*range(6, 31)]


def test_a_thousand_builds_take_few_requests():
    with TeamCityServer(builds=histories.fake_builds(RESULT, 1000, keeps=False)) as server:
        with Server(server.url, server.credentials()) as client:
            assert len(ask(client, 1000)) == 1000
        assert len(server.requests) <= 12


# --- what is read of them ----------------------------------------------------------------------------


def test_a_build_is_read_whole(server, client):
    server.builds = [
        FakeBuild(
            7,
            number="1.2.7",
            branch="main",
            revision="c" * 40,
            agent="agent-3",
            finished="20261101T101500+0200",
            statistics={KEY: "420082", "tcperf.idle.idle.cpu_ms": "402.125", "BuildDuration": "61234"},
        )
    ]
    (build,) = ask(client)
    assert (build.id, build.number, build.branch, build.is_default_branch) == (7, "1.2.7", "main", True)
    assert (build.revision, build.agent, build.distance_commits) == ("c" * 40, "agent-3", None)
    assert build.finished == "2026-11-01T08:15:00+00:00"
    assert build.url == f"{server.url}/buildConfiguration/Project_Perf/7"
    assert build.statistics == {KEY: 420082, "tcperf.idle.idle.cpu_ms": 402.125}
    assert isinstance(build.statistics[KEY], int)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("34495", 34495),
        ("-0.5", None),  # nothing measured is below 0
        ("-0", 0),
        ("1.0", 1),
        ("1.5E7", 15_000_000),
        ("nan", None),
        ("Infinity", None),
        ("1_000", None),
        ("1,5", None),
        ("", None),
        ("+1", None),
        ("0x10", None),
        ("9" * 19, None),  # larger than any figure
        ("9" * 400, None),
        ("1E99", None),
        ("٣", None),
    ],
)
def test_numbers_are_plain_decimals(server, client, text, number):
    server.builds = [FakeBuild(1, statistics={"tcperf.a.b.c_ms": "1", KEY: text})]
    (build,) = ask(client)
    assert build.statistics.get(KEY) == number


def test_a_figure_below_0_cannot_be_and_is_left_out_with_a_warning(server, client):
    for number, build in enumerate(server.builds[-4:]):
        build.statistics[KEY] = str(-1 - number)
        build.statistics["tcperf.idle.idle.cpu_ms"] = "402"
    warned = []
    found = ask(client, warn=warned.append)
    assert len(found) == 20
    assert [KEY in build.statistics for build in found] == [True] * 16 + [False] * 4
    assert all(value >= 0 for build in found for value in build.statistics.values())
    (text,) = warned
    assert text == (
        f"figures of past builds are left out, for nothing measured is below 0: {KEY} of #30, {KEY} of #29, "
        f"{KEY} of #28 and 1 more"
    )


def test_a_change_may_be_below_0(server, client):
    server.builds = [FakeBuild(1, statistics={f"{KEY}_delta_pct": "-4.5", f"{KEY}_worse_pct": "0"})]
    warned = []
    (build,) = ask(client, warn=warned.append)
    assert build.statistics == {f"{KEY}_delta_pct": -4.5, f"{KEY}_worse_pct": 0}
    assert warned == []


def test_a_build_of_which_no_figure_can_be_is_passed_over_and_told(server, client):
    server.add(FakeBuild(99, number="1.99", statistics={KEY: "-5", "BuildDuration": "-1"}))
    warned = []
    assert ids(ask(client, warn=warned.append)) == [*range(11, 31)]
    (text,) = warned
    assert text.endswith(f": {KEY} of #1.99")


def test_a_number_that_talks_like_teamcity_is_quoted(server, client):
    server.builds = [FakeBuild(1, number="1\n##teamcity[x]", statistics={KEY: "-5"})]
    warned = []
    assert ask(client, warn=warned.append) == ()
    assert "\n" not in warned[0]


def told(**changes):
    """What a server tells of a build."""
    return {
        "id": 5,
        "number": "5",
        "finishDate": "20261101T101500+0000",
        "statistics": {"property": [{"name": KEY, "value": "1"}]},
        **changes,
    }


def answered(server, client, *builds):
    server.fail(faults.answer({"count": len(builds), "build": list(builds)}), path=BUILDS)
    return ask(client)


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None},
        {"id": True},
        {"id": "5"},
        {"id": -5},
        {"id": 10**18},
        {"finishDate": None},
        {"finishDate": "yesterday"},
        {"finishDate": 5},
        {"finishDate": "00010101T000000+0900"},
        {"statistics": None},
        {"statistics": {"property": None}},
        {"statistics": {"property": [None, 5, {"name": 5, "value": "1"}, {"name": KEY, "value": 1}]}},
        {"statistics": [5]},
    ],
)
def test_what_is_no_finished_build_with_figures_is_passed_over(server, client, broken):
    assert ids(answered(server, client, told(**broken), told(id=6))) == [6]


@pytest.mark.parametrize(
    "less",
    [
        {"number": None, "webUrl": None, "branchName": 5, "defaultBranch": "true", "agent": None},
        {"number": "", "agent": {"name": None}, "revisions": {"revision": 5}},
        {"revisions": {"revision": [{"version": "a"}, {"version": "b"}]}},
        {"revisions": None, "agent": "agent-1"},
    ],
)
def test_what_else_is_not_told_is_not_known(server, client, less):
    (build,) = answered(server, client, told(**less))
    assert (build.number, build.revision, build.agent, build.is_default_branch) == ("5", None, None, False)
    assert (build.url, build.branch) == ("", None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*told(), "webUrl", "branchName", "agent", "revisions"]), json_values))
@settings(max_examples=300)
def test_whatever_a_server_tells_of_a_build_it_is_read_or_passed_over(changes):
    build = teamcity._build(told(**changes))
    if build is not None:
        kept = attrs.evolve(RESULT, runs=(), history=History((build,), "default", "one build"))
        assert results.loads(results.dumps(kept)) == kept


# --- what it kept ------------------------------------------------------------------------------------


def test_a_builds_result_is_where_the_reports_put_it():
    assert f"{HIDDEN_ARTIFACTS}/results.json" == RESULTS


def test_a_result_is_read_whole(server, client):
    server.builds[0].artifacts[RESULTS] = results.dumps(RESULT).encode()
    assert read_result(client, server.builds[0].id) == RESULT


def test_a_build_that_kept_none(client):
    assert read_result(client, 1) is None


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"{", UsageError, "is no JSON"),
        (b"{}", UsageError, "names no schema"),
        (b"\xff\xfe", UsageError, "is not UTF-8: byte 0"),
        (b'{"schema": 99, "tool": {"version": "9.1"}}', ConfigError, "has schema 99"),
    ],
)
def test_what_is_no_result_says_whose_it_is(server, client, content, error, words):
    server.builds[0].artifacts[RESULTS] = content
    with pytest.raises(error, match=words) as caught:
        read_result(client, 1)
    assert "of the build with the id 1" in str(caught.value)


# --- what goes wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.status(401), "refused"),
        (faults.status(403), "refused"),
        (faults.status(404), "missing"),
        (faults.status(500), "failed"),
        (faults.too_many("0"), "busy"),
        (faults.broken_json(), "nonsense"),
        (faults.answer("<html>log in</html>", content_type="text/html"), "nonsense"),
        (faults.reset(), "unreachable"),
        (faults.redirect("https://elsewhere.example.org/"), "elsewhere"),
    ],
    ids=["401", "403", "404", "500", "429", "broken", "page", "reset", "redirect"],
)
def test_a_server_that_fails_is_an_error_of_its_kind(server, fault, kind):
    server.fail(fault, times=9)
    with Server(
        server.url, server.credentials(), patience=Patience(attempts=2), sleep=lambda _seconds: None
    ) as client:
        with pytest.raises(RestError) as caught:
            ask(client)
    assert caught.value.kind == kind
    assert server.token not in str(caught.value)


def test_a_fault_that_passes_is_waited_for(server, client):
    server.fail(faults.status(503), times=2)
    assert len(ask(client)) == 20
    assert len(server.requests) == 3


def test_results_that_cannot_be_fetched_are_an_error(server, client):
    server.fail(faults.status(403), path=f"{BUILDS}/id:1/artifacts")
    with pytest.raises(RestError, match="403"):
        read_result(client, 1)
