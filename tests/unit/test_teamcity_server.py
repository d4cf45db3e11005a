"""The stand-in TeamCity server behaves as facts about the real one say: seen with plain http.client."""

import base64
import http.client
import json
import time
from urllib.parse import quote, urlsplit

import pytest
from teamcity_builds import BadLocatorError, parse_fields, parse_locator, pruned
from teamcity_server import TOKEN, Elsewhere, FakeBuild, TeamCityServer, faults, past_builds

SHA = "a" * 40
JSON = {"Accept": "application/json"}


def ask(server, path, method="GET", body=None, **headers):
    """Status, headers and body of a request with the token."""
    wire = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        sent = {"Authorization": f"Bearer {TOKEN}", **JSON} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        wire.request(method, path, body, {name: value for name, value in sent.items() if value is not None})
        response = wire.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    finally:
        wire.close()


def found(server, locator, **query):
    """The ids of the builds of one page, and the link to the next."""
    more = "".join(f"&{name}={quote(value)}" for name, value in query.items())
    status, _, body = ask(server, f"/app/rest/builds?locator={quote(locator)}{more}")
    assert status == 200, body
    page = json.loads(body)
    assert page["count"] == len(page["build"])
    return [build["id"] for build in page["build"]], page.get("nextHref")


BUILDS = (
    FakeBuild(1),
    FakeBuild(2, branch="feature/x", default_branch=False, revision=SHA),
    FakeBuild(3, status="FAILURE", tags=("tcperf-regression", "a,b")),
    FakeBuild(4, personal=True),
    FakeBuild(5, canceled=True, status="UNKNOWN"),
    FakeBuild(6, failed_to_start=True, status="FAILURE"),
    FakeBuild(7, state="running"),
    FakeBuild(8, configuration="Other", branch=None, default_branch=False, agent="agent (2)"),
    FakeBuild(9, branch="pull/12", default_branch=False, pinned=True),
)


@pytest.fixture(scope="module")
def server():
    with TeamCityServer(builds=BUILDS) as made:
        yield made


@pytest.mark.parametrize(
    ("locator", "ids"),
    [
        ("buildType:(id:Project_Perf)", [3, 1]),  # by default: finished, the default branch, proper ones
        ("buildType:Project_Perf", [3, 1]),
        ("state:finished", [8, 3, 1]),
        ("status:SUCCESS", [8, 1]),
        ("branch:(default:true)", [8, 3, 1]),
        ("branch:(default:false)", [9, 2]),
        ("branch:(default:any)", [9, 8, 3, 2, 1]),
        ("branch:(name:feature/x)", [2]),
        ("branch:(name:($base64:ZmVhdHVyZS94))", [2]),
        ("branch:pull/12", [9]),
        ("branch:(name:none)", []),
        ("revision:" + SHA, []),  # which is on a branch that the default filter leaves out
        ("revision:" + SHA + ",branch:(default:any)", [2]),
        ("tag:tcperf-regression", [3]),
        ("tag:($base64:YSxi)", [3]),
        ("tag:(a,b)", [3]),
        ("agent:(name:($base64:YWdlbnQgKDIp))", [8]),
        ("agentName:agent-1", [3, 1]),
        ("personal:true", [4]),
        ("personal:any", [8, 4, 3, 1]),
        ("canceled:true", [5]),
        ("failedToStart:any", [8, 6, 3, 1]),
        ("state:running", [7]),
        ("state:any", [8, 7, 3, 1]),
        ("pinned:true,branch:(default:any)", [9]),
        ("number:3", [3]),
        ("sinceBuild:(id:1)", [8, 3]),
        ("untilBuild:1", [1]),
        ("defaultFilter:false", [9, 8, 6, 5, 4, 3, 2, 1]),
        ("buildType:(id:Project_Perf),status:SUCCESS,branch:(default:true),personal:false,count:20", [1]),
        ("id:7", [7]),
        ("7", [7]),
    ],
)
def test_locators(server, locator, ids):
    assert found(server, locator) == (ids, None)


@pytest.mark.parametrize(
    "locator",
    [
        "colour:red",
        "branch:(default:true",
        "branch:(colour:red)",
        "branch:(default:maybe)",
        "buildType:(name:x)",
        "state:odd",
        "personal:maybe",
        "count:many",
        "tag:(a)b",
        "tag:a)",
        "state:any,state:finished",
        "tag:($base64:%%%)",
        "state:any,",
        ",",
    ],
)
def test_locators_that_the_server_does_not_accept(server, locator):
    status, _, body = ask(server, f"/app/rest/builds?locator={quote(locator)}")
    if locator.endswith(",") and locator != ",":  # a comma at the end is let pass
        assert status == 200
        return
    assert status == 400, body
    assert json.loads(body)["errors"][0]["message"]


def test_grammar():
    assert parse_locator("a:b,c:(d:(e:f),g:h),i:($base64:eCx5)") == {
        "a": "b",
        "c": "d:(e:f),g:h",
        "i": "x,y",
    }
    assert parse_fields("count,build(id,agent(name))") == {
        "count": None,
        "build": {"id": None, "agent": {"name": None}},
    }
    whole = {"count": 1, "build": [{"id": 1, "agent": {"name": "a", "id": 2}}], "href": "/"}
    assert pruned(whole, parse_fields("count,build(agent(name)),unknown")) == {
        "count": 1,
        "build": [{"agent": {"name": "a"}}],
    }
    for broken in ("build(id", "build)", "build,(", "1"):
        with pytest.raises(BadLocatorError):
            parse_fields(broken)


def test_what_is_told_of_a_build(server):
    fields = "build(id,number,status,branchName,defaultBranch,finishDate,webUrl,agent(name),revisions(revision(version)))"
    _, _, body = ask(server, f"/app/rest/builds?locator=id:2&fields={fields}")
    assert json.loads(body) == {
        "build": [
            {
                "id": 2,
                "number": "2",
                "status": "SUCCESS",
                "branchName": "feature/x",  # and no defaultBranch
                "finishDate": "20261101T101500+0000",
                "webUrl": f"{server.url}/buildConfiguration/Project_Perf/2",
                "agent": {"name": "agent-1"},
                "revisions": {"revision": [{"version": SHA}]},
            }
        ]
    }
    _, _, body = ask(server, "/app/rest/builds?locator=id:8")
    (short,) = json.loads(body)["build"]
    assert "statistics" not in short  # not told unless it is asked for
    assert "branchName" not in short


# --- pages -------------------------------------------------------------------------------------------


def walk(server, locator, **query):
    """The ids of each page, following the links."""
    page, link = found(server, locator, **query)
    pages = [page]
    while link:
        parts = urlsplit(link)
        status, _, body = ask(server, f"{parts.path}?{parts.query}")
        assert status == 200, body
        value = json.loads(body)
        pages.append([build["id"] for build in value["build"]])
        link = value.get("nextHref")
    return pages


def test_pages():
    with TeamCityServer(builds=past_builds(7, lambda _number: {})) as made:
        assert walk(made, "count:3") == [[7, 6, 5], [4, 3, 2], [1]]
        assert walk(made, "count:7") == [[7, 6, 5, 4, 3, 2, 1]]
        assert walk(made, "count:3,branch:(name:($base64:bWFpbg==))") == [[7, 6, 5], [4, 3, 2], [1]]
        assert walk(made, "count:3,start:5", fields="count,nextHref,build(id)") == [[2, 1]]


def test_a_page_is_never_larger_than_its_limit():
    with TeamCityServer(builds=past_builds(5, lambda _number: {}), page_limit=2) as made:
        assert walk(made, "count:1000") == [[5, 4], [3, 2], [1]]


def test_empty_pages_and_absolute_links():
    with TeamCityServer(
        builds=past_builds(3, lambda _number: {}), empty_pages=True, absolute_links=True
    ) as made:
        assert found(made, "count:2")[1].startswith(f"{made.origin}/app/rest/builds?")
        assert walk(made, "count:2") == [[], [3, 2], [], [1]]


def test_no_more_than_lookup_limit_are_looked_at():
    builds = [FakeBuild(1), *(FakeBuild(number, status="FAILURE") for number in range(2, 12))]
    with TeamCityServer(builds=builds) as made:
        assert walk(made, "status:SUCCESS,lookupLimit:4") == [[], [], [1]]
        assert walk(made, "status:SUCCESS") == [[1]]


def test_past_builds_are_in_the_order_of_time():
    builds = past_builds(2000, lambda number: {"k": str(number)})
    assert [build.finished for build in builds] == sorted({build.finished for build in builds})
    assert builds[4].statistics == {"k": "5"}


# --- other resources ---------------------------------------------------------------------------------


def test_statistics_and_artifacts():
    build = FakeBuild(
        5,
        statistics={"tcperf.idle.idle.cpu_ms": "34.5", "SuccessRate": "1"},
        artifacts={".teamcity/tcperf/results.json": b'{"schema": 1}', "tcperf/ü.bin": b"\0\xff"},
    )
    with TeamCityServer(builds=[build]) as made:
        status, _, body = ask(made, "/app/rest/builds/id:5/statistics")
        assert (status, json.loads(body)["property"][0]) == (
            200,
            {"name": "tcperf.idle.idle.cpu_ms", "value": "34.5"},
        )
        status, headers, body = ask(made, "/app/rest/builds/id:5/statistics/tcperf.idle.idle.cpu_ms")
        assert (status, headers["content-type"], body) == (200, "text/plain", b"34.5")
        assert ask(made, "/app/rest/builds/id:5/statistics/none")[0] == 404
        content = "/app/rest/builds/id:5/artifacts/content"
        assert ask(made, f"{content}/.teamcity/tcperf/results.json")[2] == b'{"schema": 1}'
        assert ask(made, f"{content}/tcperf/{quote('ü')}.bin")[2] == b"\0\xff"
        assert ask(made, f"{content}/none")[0] == 404
        assert ask(made, "/app/rest/builds/id:6/statistics")[0] == 404
        assert json.loads(ask(made, "/app/rest/builds/id:5?fields=number")[2]) == {"number": "5"}
        assert ask(made, "/app/rest/buildTypes/id:Project_Perf")[0] == 200
        assert ask(made, "/app/rest/buildTypes/id:None")[0] == 404
        assert b"build 200000" in ask(made, "/app/rest/server")[2]
        assert ask(made, "/app/rest/none")[0] == 404
        assert ask(made, "/other")[0] == 404
        assert ask(made, "/app/rest/builds", "PUT", b"")[0] == 405


def test_project_features():
    path = "/app/rest/projects/id:Project/projectFeatures"
    chart = {"type": "buildtype-graphs", "properties": {"property": [{"name": "title", "value": "t"}]}}
    as_json = {"Content_Type": "application/json"}
    with TeamCityServer() as made:
        assert json.loads(ask(made, path)[2]) == {"count": 0, "projectFeature": []}
        status, _, body = ask(made, path, "POST", json.dumps(chart), **as_json)
        assert (status, json.loads(body)["id"]) == (200, "PROJECT_EXT_1")
        assert ask(made, path, "POST", json.dumps(chart | {"id": "mine"}), **as_json)[0] == 200
        assert ask(made, path, "POST", json.dumps(chart | {"id": "mine"}), **as_json)[0] == 400
        changed = {"type": "other", "properties": {"property": []}}
        assert ask(made, f"{path}/id:mine", "PUT", json.dumps(changed), **as_json)[0] == 200
        assert json.loads(ask(made, f"{path}/mine")[2])["type"] == "other"
        assert ask(made, f"{path}/id:PROJECT_EXT_1", "DELETE")[0] == 204
        assert [feature["id"] for feature in made.features["Project"]] == ["mine"]
        assert ask(made, f"{path}/id:PROJECT_EXT_1", "DELETE")[0] == 404
        assert ask(made, path.replace("id:Project", "id:None"))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"type": "x"}',
        b'{"type": 1, "properties": {"property": []}}',
        b'{"type": "x", "properties": {"property": [{"name": "a", "value": 1}]}}',
    ],
)
def test_features_that_are_none(body):
    path = "/app/rest/projects/id:Project/projectFeatures"
    with TeamCityServer() as made:
        assert ask(made, path, "POST", body, Content_Type="application/json")[0] == 400
        assert made.features["Project"] == []


def test_a_feature_needs_its_content_type():
    path = "/app/rest/projects/id:Project/projectFeatures"
    good = b'{"type": "x", "properties": {"property": []}}'
    with TeamCityServer() as made:
        assert ask(made, path, "POST", good)[0] == 400


# --- who may ask -------------------------------------------------------------------------------------


def basic(server):
    return "Basic " + base64.b64encode(f"{server.user}:{server.password}".encode()).decode()


def test_credentials(server):
    assert ask(server, "/app/rest/server")[0] == 200
    assert ask(server, "/app/rest/server", Authorization=basic(server))[0] == 200
    for refused in ("Bearer x", "Basic x", TOKEN, None):
        status, headers, _ = ask(server, "/app/rest/server", Authorization=refused)
        assert (status, headers["www-authenticate"]) == (401, 'Basic realm="TeamCity"')


def test_a_build_may_not_see_others():
    with TeamCityServer(builds_are_private=True) as made:
        assert ask(made, "/app/rest/builds", Authorization=basic(made))[0] == 403
        assert ask(made, "/app/rest/server", Authorization=basic(made))[0] == 200
        assert ask(made, "/app/rest/builds")[0] == 200


def test_without_an_accept_header_it_is_xml(server):
    _, headers, body = ask(server, "/app/rest/builds", Accept=None)
    assert headers["content-type"] == "application/xml"
    assert body.startswith(b"<?xml")


def test_errors_of_older_servers():
    with TeamCityServer(json_errors=False) as made:
        _, headers, body = ask(made, "/app/rest/builds/id:1")
        assert headers["content-type"] == "text/plain"
        assert b"Details: jetbrains.buildServer.server.rest.errors.NotFoundException: No build found" in body


def test_below_a_path():
    with TeamCityServer(context="/tc", builds=past_builds(2, lambda _number: {})) as made:
        assert ask(made, "/app/rest/server")[0] == 404
        _, _, body = ask(made, "/tc/app/rest/builds?locator=count:1")
        assert json.loads(body)["nextHref"].startswith("/tc/app/rest/builds?")


def test_requests_are_remembered():
    with TeamCityServer() as made:
        ask(made, "/app/rest/builds?locator=a%3Ab&x=1&x=2", "POST", b"body", X_Odd="y")
        (seen,) = made.requests
        assert (seen.method, seen.path, seen.body) == ("POST", "/app/rest/builds", b"body")
        assert seen.query == {"locator": "a:b", "x": "2"}
        assert seen.headers["x-odd"] == "y"


# --- faults ------------------------------------------------------------------------------------------


def test_faults_come_once_and_in_order():
    with TeamCityServer() as made:
        made.fail(faults.status(500, "first"))
        made.fail(faults.too_many("7"), times=2, path="/app/rest/builds")
        assert ask(made, "/app/rest/server")[0] == 500
        assert ask(made, "/app/rest/server")[0] == 200
        assert [ask(made, "/app/rest/builds")[0] for _ in range(3)] == [429, 429, 200]
        assert len(made.requests) == 5


def test_answers_of_faults():
    with TeamCityServer() as made:
        made.fail(faults.redirect("https://elsewhere.example/x", 307))
        assert ask(made, "/")[:2] == (
            307,
            {"location": "https://elsewhere.example/x", "content-type": "text/plain", "content-length": "0"},
        )
        made.fail(faults.broken_json())
        with pytest.raises(ValueError):
            json.loads(ask(made, "/")[2])
        made.fail(faults.answer({"count": 3}))
        assert json.loads(ask(made, "/")[2]) == {"count": 3}
        made.fail(faults.echo())
        assert TOKEN.encode() in ask(made, "/")[2]
        made.fail(faults.announced(10**9))
        with pytest.raises(http.client.IncompleteRead):
            ask(made, "/")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.reset(), ConnectionResetError),
        (faults.hang_up(), http.client.RemoteDisconnected),
        (faults.cut(), http.client.IncompleteRead),
        (faults.no_http(), http.client.BadStatusLine),
    ],
)
def test_faults_of_the_connection(fault, error):
    with TeamCityServer() as made:
        made.fail(fault)
        with pytest.raises(error):
            ask(made, "/app/rest/server")
        assert ask(made, "/app/rest/server")[0] == 200


@pytest.mark.parametrize("fault", [faults.endless(), faults.drip(0.001)], ids=["endless", "drip"])
def test_bodies_without_an_end(fault):
    with TeamCityServer() as made:
        made.fail(fault)
        wire = http.client.HTTPConnection("127.0.0.1", made.port, timeout=10)
        wire.request("GET", "/app/rest/server")
        response = wire.getresponse()
        assert response.read(100) == b" " * 100
        response.close()
        wire.close()


def test_a_slow_answer_ends_with_the_server():
    begin = time.monotonic()
    with TeamCityServer() as made:
        made.fail(faults.slow(0.05))
        assert ask(made, "/app/rest/server")[0] == 200
        assert time.monotonic() - begin >= 0.05
        made.fail(faults.slow(1000))
        wire = http.client.HTTPConnection("127.0.0.1", made.port, timeout=10)
        wire.request("GET", "/app/rest/server")
    wire.close()


def test_elsewhere_records_what_reaches_it():
    with Elsewhere() as other:
        assert ask(other, "/x", Authorization=None)[2] == b"{}"
        assert other.authorizations == []
        ask(other, "/y")
        assert other.authorizations == [f"Bearer {TOKEN}"]
        assert [seen.path for seen in other.requests] == ["/x", "/y"]


def test_a_fault_of_the_stand_in_itself_is_told():
    with pytest.raises(TypeError):
        with TeamCityServer(builds=[FakeBuild(1, statistics={"k": object()})]) as made:
            with pytest.raises(http.client.HTTPException):
                ask(made, "/app/rest/builds/id:1/statistics")
