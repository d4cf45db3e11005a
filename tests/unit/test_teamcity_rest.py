"""The client against the stand-in server: what is asked, what comes back, and what goes over several requests."""

import pytest
from teamcity_server import FakeBuild, TeamCityServer, faults, past_builds

from tcperf.errors import ConfigError
from tcperf.teamcity import locators
from tcperf.teamcity.build import Build
from tcperf.teamcity.credentials import Credentials
from tcperf.teamcity.rest import Patience, RestError, Server

FEATURES = "/app/rest/projects/id:Project/projectFeatures"
CHART = {"type": "buildtype-graphs", "properties": {"property": [{"name": "title", "value": "ü"}]}}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


def connected(server, **options):
    """A client that never waits in truth."""
    return Server(server.url, server.credentials(), sleep=lambda _seconds: None, **options)


def statistics(number):
    return {"tcperf.idle.idle.cpu_ms": str(number)}


@pytest.fixture(scope="module")
def server():
    with TeamCityServer(builds=past_builds(250, statistics)) as made:
        made.add(
            FakeBuild(
                999, state="running", artifacts={"tcperf/a b/ü+%41.json": b"\0\xff"}, statistics={"k": "1.5"}
            )
        )
        yield made


@pytest.fixture
def client(server):
    with connected(server) as made:
        yield made


def test_json(client, server):
    assert client.get_json(locators.SERVER)["version"].startswith("2026.1")
    seen = server.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("GET", "/app/rest/server", {})
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["authorization"] == f"Bearer {server.token}"
    assert seen.headers["user-agent"].startswith("tcperf/")
    assert "cookie" not in seen.headers


def test_text(client):
    assert client.get_text(locators.statistics_path(999, "k")) == "1.5"


def test_bytes_of_an_artifact_with_an_odd_name(client):
    assert client.get_bytes(locators.artifact_path(999, "tcperf/a b/ü+%41.json")) == b"\0\xff"


def test_a_query_arrives_as_it_was_meant(client, server):
    located = "branch:(name:" + locators.value("a&b=c+d %41,(ü)") + ")"
    client.get_json(locators.BUILDS, {"locator": located, "fields": "count"})
    assert server.requests[-1].query == {"locator": located, "fields": "count"}


def test_a_project_feature_is_made_changed_and_removed():
    with TeamCityServer() as made, connected(made) as client:
        first = client.post_json(FEATURES, CHART)
        assert first["id"] == "PROJECT_EXT_1"
        assert made.requests[-1].headers["content-type"] == "application/json"
        changed = CHART | {"type": "project-graphs"}
        assert client.put_json(f"{FEATURES}/id:PROJECT_EXT_1", changed)["type"] == "project-graphs"
        assert client.get_json(FEATURES)["projectFeature"][0]["properties"]["property"] == [
            {"name": "title", "value": "ü"}
        ]
        client.delete(f"{FEATURES}/id:PROJECT_EXT_1")
        assert client.get_json(FEATURES) == {"count": 0, "projectFeature": []}


def test_a_number_that_is_none_is_not_sent(client, server):
    before = len(server.requests)
    with pytest.raises(ValueError, match="not JSON compliant"):
        client.post_json(FEATURES, {"value": float("nan")})
    assert len(server.requests) == before


def test_an_empty_answer_to_a_change_is_nothing():
    with TeamCityServer() as made, connected(made) as client:
        made.fail(faults.status(204), times=2)
        assert client.put_json(FEATURES, CHART) is None
        assert client.post_json(FEATURES, CHART) is None


def test_an_empty_answer_to_a_question_is_nonsense():
    with TeamCityServer() as made, connected(made) as client:
        made.fail(faults.status(204))
        with pytest.raises(RestError) as caught:
            client.get_json(FEATURES)
        assert caught.value.kind == "nonsense"


# --- lists -------------------------------------------------------------------------------------------


def test_all_members_of_all_pages(client, server):
    before = len(server.requests)
    query = locators.builds_query(locators.builds("Project_Perf"))
    found = list(client.members(locators.BUILDS, query, "build"))
    assert [build["id"] for build in found] == list(range(250, 0, -1))
    assert found[0]["statistics"]["property"] == [{"name": "tcperf.idle.idle.cpu_ms", "value": "250"}]
    assert len(server.requests) - before == 3


@pytest.mark.parametrize(("most", "requests"), [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 3)])
def test_pages_that_are_not_needed_are_not_asked_for(client, server, most, requests):
    before = len(server.requests)
    query = locators.builds_query(locators.builds("Project_Perf"))
    assert len(list(client.members(locators.BUILDS, query, "build", most=most))) == min(most, 250)
    assert len(server.requests) - before == requests


def test_a_thousand_builds_take_ten_requests():
    with TeamCityServer(builds=past_builds(1000, statistics)) as made, connected(made) as client:
        query = locators.builds_query(locators.builds("Project_Perf"))
        assert len(list(client.members(locators.BUILDS, query, "build"))) == 1000
        assert len(made.requests) == 10


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("context", ["", "/tc"])
def test_empty_pages_and_links_of_both_kinds(absolute, context):
    with (
        TeamCityServer(
            builds=past_builds(5, statistics),
            page_limit=2,
            empty_pages=True,
            absolute_links=absolute,
            context=context,
        ) as made,
        connected(made) as client,
    ):
        query = locators.builds_query(locators.builds("Project_Perf"))
        pages = [len(page) for page in client.pages(locators.BUILDS, query, "build")]
        assert pages == [0, 2, 0, 2, 0, 1]


def test_a_link_that_leaves_out_the_roots_path():
    with TeamCityServer(context="/tc", builds=past_builds(1, statistics)) as made, connected(made) as client:
        made.fail(faults.answer({"build": [], "nextHref": "/app/rest/builds?locator=count:1"}))
        pages = list(client.pages(locators.BUILDS, None, "build"))
        assert [len(page) for page in pages] == [0, 1]


def test_nothing_is_asked_before_the_first_page_is_taken(client, server):
    before = len(server.requests)
    client.pages(locators.BUILDS, None, "build")
    assert len(server.requests) == before


def test_a_page_without_members():
    with TeamCityServer() as made, connected(made) as client:
        made.fail(faults.answer({"count": 0}))
        assert list(client.members(locators.BUILDS, None, "build")) == []
        made.fail(faults.answer({"count": 0, "build": None, "nextHref": ""}))
        assert list(client.members(locators.BUILDS, None, "build")) == []


@pytest.mark.parametrize("page", [[], '"x"', 3, None, {"build": "x"}, {"build": {"id": 1}}, {"build": [1]}])
def test_a_list_that_is_none(page):
    with TeamCityServer() as made, connected(made) as client:
        made.fail(faults.answer(page))
        with pytest.raises(RestError, match="not with a list of build") as caught:
            list(client.pages(locators.BUILDS, None, "build"))
        assert caught.value.kind == "nonsense"


@pytest.mark.parametrize(
    "link", ["https://evil.example/app/rest/builds", "//evil.example/", 3, ["/x"], {"a": 1}]
)
def test_a_list_that_goes_on_elsewhere(link):
    with TeamCityServer() as made, connected(made) as client:
        made.fail(faults.answer({"build": [{"id": 1}], "nextHref": link}))
        pages = client.pages(locators.BUILDS, None, "build")
        assert next(pages) == [{"id": 1}]
        with pytest.raises(RestError, match="goes on at another server") as caught:
            next(pages)
        assert caught.value.kind == "elsewhere"
        assert len(made.requests) == 1


def test_a_list_that_bites_its_tail():
    with TeamCityServer() as made, connected(made) as client:
        made.fail(faults.answer({"build": [], "nextHref": "/app/rest/builds?locator=b"}), times=3)
        with pytest.raises(RestError, match="never ends"):
            list(client.pages(locators.BUILDS, {"locator": "a"}, "build"))
        assert len(made.requests) == 2


def test_a_list_that_never_ends(monkeypatch):
    monkeypatch.setattr("tcperf.teamcity.rest._PAGES", 7)
    with TeamCityServer() as made, connected(made) as client:
        for number in range(20):
            made.fail(faults.answer({"build": [], "nextHref": f"/app/rest/builds?start={number}"}))
        with pytest.raises(RestError, match="never ends"):
            list(client.pages(locators.BUILDS, None, "build"))
        assert len(made.requests) == 7


# --- who asks ----------------------------------------------------------------------------------------


def test_a_builds_own_credentials(server):
    own = Credentials.password(server.user, server.password, "the build's own credentials")
    with Server(server.url, own) as client:
        assert client.get_json(locators.SERVER)


def test_a_guest_sends_no_credentials(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text(
        "machine 127.0.0.1 login me password s3cr3t-word\ndefault login you password other-word\n"
    )
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(server.url) as client, pytest.raises(RestError, match="refuses") as caught:
        client.get_json(locators.SERVER)
    assert "authorization" not in server.requests[-1].headers
    assert caught.value.status == 401


def test_netrc_does_not_replace_the_token(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cr3t-word\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with connected(server) as client:
        client.get_json(locators.SERVER)
    assert server.requests[-1].headers["authorization"] == f"Bearer {server.token}"


def test_cookies_are_not_kept():
    with TeamCityServer() as made, connected(made) as client:
        made.fail(faults.status(200, "{}", {"Set-Cookie": "TCSESSIONID=1; Path=/"}))
        client.get_json(locators.SERVER)
        client.get_json(locators.SERVER)
        assert "cookie" not in made.requests[-1].headers


def test_the_server_of_a_build(server):
    build = Build(server_url=server.url, credentials=server.credentials())
    with Server.of(build) as client:
        assert client.url == server.url
        assert client.get_json(locators.SERVER)


def test_a_build_that_does_not_know_its_server():
    with pytest.raises(ConfigError, match="URL is not known") as caught:
        Server.of(Build())
    assert "container" in caught.value.cure


def test_a_url_that_is_none():
    with pytest.raises(ConfigError, match="is no URL of a TeamCity server"):
        Server("ci.example.org")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://ci.example.org", True),
        ("https://ci.example.org", False),
        ("http://localhost:8111", False),
    ],
)
def test_credentials_without_encryption_are_warned_of(url, told):
    with Server(url, Credentials.token("a-token-of-mine")) as client:
        assert bool(client.warnings) is told
        assert "a-token-of-mine" not in "".join(client.warnings)
        if told:
            assert "http://ci.example.org" in client.warnings[0]
            assert "https URL" in client.warnings[0]
    with Server(url) as guest:
        assert guest.warnings == ()


# --- trying again ------------------------------------------------------------------------------------


class Clock:
    """Remembers the pauses and what was said of them."""

    def __init__(self):
        self.pauses = []
        self.notices = []


@pytest.fixture
def clock():
    return Clock()


def patient(server, clock, jitter=1.0, **patience):
    return Server(
        server.url,
        server.credentials(),
        patience=Patience(**patience),
        sleep=clock.pauses.append,
        jitter=lambda: jitter,
        notice=clock.notices.append,
    )


def test_a_server_that_comes_back(clock):
    with TeamCityServer() as made, patient(made, clock) as client:
        made.fail(faults.status(503, "starting"), times=3)
        assert client.get_json(locators.SERVER)
        assert clock.pauses == [0.5, 1, 2]
        assert clock.notices[0] == f"{made.url} answered 503: trying again in 0.5 s"
        assert len(made.requests) == 4


def test_a_server_that_does_not_come_back(clock):
    with TeamCityServer() as made, patient(made, clock, attempts=3) as client:
        made.fail(faults.status(500, "out of memory"), times=9)
        with pytest.raises(RestError) as caught:
            client.get_json(locators.SERVER)
        assert caught.value.message == (
            f"the TeamCity server {made.url} failed at GET /app/rest/server (500, 3 times): out of memory"
        )
        assert (caught.value.kind, caught.value.status, caught.value.exit_status) == ("failed", 500, 3)
        assert len(made.requests) == 3
        assert len(clock.pauses) == 2


def test_a_busy_server_says_when(clock):
    with TeamCityServer() as made, patient(made, clock, jitter=0) as client:
        made.fail(faults.too_many("7"))
        made.fail(faults.too_many("Fri, 27 Nov 2026 10:00:30 GMT", date="Fri, 27 Nov 2026 10:00:00 GMT"))
        assert client.get_json(locators.SERVER)
        assert clock.pauses == [7, 30]


def test_a_wait_that_is_longer_than_our_patience(clock):
    with TeamCityServer() as made, patient(made, clock, total_s=60) as client:
        made.fail(faults.too_many("3600"), times=9)
        with pytest.raises(RestError, match=r"\(429; it asks to wait 3600 s\): Too many requests") as caught:
            client.get_json(locators.SERVER)
        assert caught.value.kind == "busy"
        assert clock.pauses == []
        assert len(made.requests) == 1


def test_a_connection_that_is_lost(clock):
    with TeamCityServer() as made, patient(made, clock) as client:
        made.fail(faults.reset())
        made.fail(faults.hang_up())
        made.fail(faults.cut())
        assert client.get_json(locators.SERVER)
        assert len(made.requests) == 4
        assert "cannot be reached: the connection was lost" in clock.notices[0]


def test_a_change_is_repeated_only_where_it_does_no_harm(clock):
    with TeamCityServer() as made, patient(made, clock) as client:
        made.fail(faults.status(503))
        made.fail(faults.too_many())
        client.post_json(FEATURES, CHART)
        assert len(made.features["Project"]) == 1
        for fault in (faults.status(500), faults.reset(), faults.cut()):
            made.fail(fault)
            before = len(made.requests)
            with pytest.raises(RestError):
                client.post_json(FEATURES, CHART)
            assert len(made.requests) == before + 1
        made.fail(faults.reset())
        client.put_json(f"{FEATURES}/id:PROJECT_EXT_1", CHART)
        made.fail(faults.status(502))
        client.delete(f"{FEATURES}/id:PROJECT_EXT_1")
        assert made.features["Project"] == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 501])
def test_what_will_not_change_is_not_tried_again(clock, status):
    with TeamCityServer() as made, patient(made, clock) as client:
        made.fail(faults.status(status))
        with pytest.raises(RestError) as caught:
            client.get_json(locators.SERVER)
        assert caught.value.status == status
        assert (len(made.requests), clock.pauses) == (1, [])
