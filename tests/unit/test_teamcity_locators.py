"""Locators, paths and fields: written so that the server reads what was meant."""

import pytest
from teamcity_builds import Query, parse_fields, parse_locator
from teamcity_server import FakeBuild

from tcperf.teamcity import locators


@pytest.mark.parametrize(
    "text", ["Project_Perf", "develop", "feature/x.y-z", "2.11", "a@b", "v1+2", "a=b", "#12"]
)
def test_plain_values(text):
    assert locators.value(text) == text


@pytest.mark.parametrize(
    ("text", "coded"),
    [
        ("", "($base64:)"),
        ("a,b", "($base64:YSxi)"),
        ("(x)", "($base64:KHgp)"),
        ("a:b", "($base64:YTpi)"),
        ("<default>", "($base64:PGRlZmF1bHQ-)"),  # base64url
        ("a b", "($base64:YSBi)"),
        ("ü", "($base64:w7w=)"),
        ("$base64:YSxi", "($base64:JGJhc2U2NDpZU3hp)"),
        ("\ud83d", "($base64:Pw==)"),  # half a character
    ],
)
def test_values_that_a_locator_might_misread(text, coded):
    assert locators.value(text) == coded


def test_the_recommended_query():
    assert locators.builds("Project_Perf", count=20) == (
        "buildType:(id:Project_Perf),branch:(default:true),state:finished,status:SUCCESS,personal:false,"
        "canceled:false,failedToStart:false,count:20,lookupLimit:5000"
    )


def test_everything_that_can_be_asked():
    located = locators.builds(
        "P",
        branch=locators.named_branch("a,b"),
        revision="f" * 40,
        agent="agent (2)",
        tag="tcperf-regression",
        status=None,
        count=7,
        lookup=9,
    )
    assert parse_locator(located) == {
        "buildType": "id:P",
        "branch": "name:($base64:YSxi)",
        "state": "finished",
        "personal": "false",
        "canceled": "false",
        "failedToStart": "false",
        "revision": "f" * 40,
        "agent": "name:($base64:YWdlbnQgKDIp)",
        "tag": "tcperf-regression",
        "count": "7",
        "lookupLimit": "9",
    }


BUILDS = (
    FakeBuild(1, configuration="P", branch="develop"),
    FakeBuild(2, configuration="P", branch="a,b (c)", default_branch=False, revision="f" * 40),
    FakeBuild(3, configuration="P", branch="develop", status="FAILURE", agent="agent (2)"),
    FakeBuild(4, configuration="P", branch="develop", personal=True),
    FakeBuild(5, configuration="P", branch="develop", failed_to_start=True, status="FAILURE"),
    FakeBuild(6, configuration="P", branch="develop", state="running"),
    FakeBuild(7, configuration="P", branch="develop", canceled=True, status="UNKNOWN"),
    FakeBuild(8, configuration="Other", branch="develop"),
    FakeBuild(9, configuration="P", branch=None, tags=("x:y",)),
)


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, [1, 9]),
        ({"branch": locators.ANY_BRANCH}, [1, 2, 9]),
        ({"branch": locators.named_branch("a,b (c)")}, [2]),
        ({"branch": locators.ANY_BRANCH, "revision": "f" * 40}, [2]),
        ({"status": None}, [1, 3, 9]),
        ({"status": None, "agent": "agent (2)"}, [3]),
        ({"tag": "x:y"}, [9]),
        ({"branch": locators.named_branch("none")}, []),
    ],
)
def test_which_builds_are_found(asked, ids):
    query = Query(locators.builds("P", **asked))
    assert [build.id for build in BUILDS if query.matches(build)] == ids


def test_paths():
    assert locators.build_path(5) == "/app/rest/builds/id:5"
    assert locators.statistics_path(5) == "/app/rest/builds/id:5/statistics"
    assert locators.statistics_path(5, "a.b_ms") == "/app/rest/builds/id:5/statistics/a.b_ms"
    assert locators.artifact_path(5, ".teamcity/tcperf/results.json") == (
        "/app/rest/builds/id:5/artifacts/content/.teamcity/tcperf/results.json"
    )


def test_the_fields_are_what_a_past_build_is_made_of():
    query = locators.builds_query("id:1")
    assert query["locator"] == "id:1"
    fields = parse_fields(query["fields"])
    assert fields.keys() == {"count", "nextHref", "build"}
    assert fields["build"].keys() == {
        *("id", "number", "status", "branchName", "defaultBranch", "finishDate", "webUrl"),
        *("agent", "revisions", "statistics"),
    }
    assert fields["build"]["statistics"] == {"property": {"name": None, "value": None}}
    assert locators.builds_query("id:1", "build(id)")["fields"] == "build(id)"
