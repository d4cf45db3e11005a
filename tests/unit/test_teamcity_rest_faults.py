"""Every fault of a server ends in one clear error with its cure, and takes nothing with it."""

import logging
import pickle
import re
import socket
import threading
import time
from contextlib import ExitStack

import attrs
import pytest
from leaks import chain_of, listening, told_by
from teamcity_server import TOKEN, Elsewhere, TeamCityServer, faults

from tcperf.clock import Deadline
from tcperf.teamcity import locators
from tcperf.teamcity.credentials import Credentials
from tcperf.teamcity.rest import Limits, Patience, RestError, Server

#: An answer that is to come comes on a busy machine, too; a test that waits for none says for itself for how long.
PATIENT = Limits(answer_bytes=2 * 1024 * 1024)
SILENCE = "nothing came for 0.3 s$"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def server():
    with TeamCityServer() as made:
        yield made


def client_of(url, credentials=None, *, attempts=1, limits=PATIENT, total_s=30.0):
    return Server(
        url,
        credentials or Credentials.token(TOKEN),
        limits=limits,
        patience=Patience(attempts=attempts, total_s=total_s),
        sleep=lambda _seconds: None,
    )


def error_of(server, *met, ask=lambda client: client.get_json(locators.SERVER), **options):
    """What comes of a request that meets these faults, one an attempt."""
    for fault in met:
        server.fail(fault)
    with client_of(server.url, **options) as client, pytest.raises(RestError) as caught:
        ask(client)
    return caught.value


#: Each fault: its name, how it is made, and the kind, the words and the cure that are to come of it.
FAULTS = {
    "unauthorized": (faults.status(401, "who?"), "refused", r"to the token from TCPERF_TEAMCITY_TOKEN \(401\): who\?", "may have expired"),
    "forbidden": (faults.status(403, "Access denied."), "refused", r"\(403\): Access denied\.", "a role"),
    "missing": (faults.status(404, "no such build"), "missing", r"finds nothing for .* \(404\): no such build",
        "check the ids"),
    "missing page": (faults.status(404, "<html>nginx</html>", content_type="text/html"), "missing", r"\(404\)$",
        "root of a TeamCity server"),
    "proxy": (faults.status(407, "proxy"), "refused", r"behind a proxy .* \(407\)", "HTTPS_PROXY"),
    "bad request": (faults.status(400, "Bad locator"), "rejected", r"does not accept .*\(400\): Bad locator", "2021.2"),
    "conflict": (faults.status(409), "rejected", r"\(409\)$", "2021.2"),
    "too many": (faults.too_many(), "busy", r"too much to do for .* \(429\): Too many requests", "wait a while"),
    "broken": (faults.status(500, "NullPointerException"), "failed", r"failed at .* \(500\): NullPointerExc", "again"),
    "unavailable": (faults.status(503, "<html>up soon</html>", content_type="text/html"), "failed", r"\(503\)$",
        "again"),
    "not modified": (faults.status(304), "nonsense", r"no answer that tcperf knows .*\(304\)", "root of a TeamCity"),
    "nowhere": (faults.status(302), "nonsense", r"no answer that tcperf knows .*\(302\)", "root of a TeamCity"),
    "broken JSON": (faults.broken_json(), "nonsense",
        r'not with JSON but with 37 bytes: \{"count": 2, "build": \[\{"id": 1, "num$', "root of a TeamCity"),
    "deep JSON": (faults.answer(b"[" * 100_000), "nonsense", r"not with JSON but with 100000 bytes$", "root"),
    "empty": (faults.answer(b""), "nonsense", r"not with JSON but with 0 bytes$", "root of a TeamCity"),
    "binary": (faults.answer(b"\0\xff\n\x1b[31m"), "nonsense", r"but with 8 bytes: '.x00\ufffd'$", "root"),
    "login page": (faults.answer("<html><form>password", "text/html"), "nonsense", "but with a web page$", "login page"),
    "XML": (faults.answer("  <?xml version='1.0'?><a/>", "application/xml"), "nonsense", "but with a web page$", "root"),
    "reset": (faults.reset(), "unreachable", "the connection was lost: Connection reset by peer$", "network"),
    "hang up": (faults.hang_up(), "unreachable", "the connection was lost", "network"),
    "cut": (faults.cut(), "unreachable", "the connection was lost", "network"),
    "slow": (faults.slow(60), "unreachable", SILENCE, "overloaded"),
    "stopped": (faults.drip(60), "unreachable", SILENCE, "overloaded"),
    "endless": (faults.endless(), "nonsense", "its answer is larger than 2 MiB$", None),
    "announced": (faults.announced(10**12), "nonsense", "its answer is larger than 2 MiB$", None),
    "no HTTP": (faults.no_http(), "nonsense", "what answers is no HTTP server$", "URL"),
    "packed": (faults.status(200, "x", {"Content-Encoding": "gzip"}), "nonsense", "its answer is packed", "PROXY"),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "words", "cure"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault(server, fault, kind, words, cure):
    limits = attrs.evolve(PATIENT, read_s=0.3) if words == SILENCE else PATIENT
    with listening() as log:
        error = error_of(server, fault, limits=limits)
    assert error.kind == kind
    assert error.message.startswith(f"the TeamCity server {server.url} ")
    assert "GET /app/rest/server" in error.message
    assert "\n" not in str(error)
    assert re.search(words, error.message), error.message
    assert (cure is None and error.cure is None) or cure in error.cure, error.cure
    assert error.exit_status == 3
    assert chain_of(error) == []  # the libraries' exceptions hold the request with its headers
    assert TOKEN not in told_by(error)
    assert TOKEN not in log.text


def test_the_log_is_heard():
    """What the test above listens to is not silent."""
    with TeamCityServer() as made, listening() as log, client_of(made.url) as client:
        client.get_json(locators.SERVER)
    assert "GET /app/rest/server" in log.text
    assert logging.getLogger().level != 1


def test_a_body_that_never_ends_but_always_comes(server):
    """Each byte comes in time, but the whole never: the deadline of the request holds."""
    error = error_of(server, faults.drip(0.01), limits=Limits(read_s=5), total_s=0.3)
    assert error.kind == "unreachable"
    assert error.message.endswith("its answer had not ended after 0.3 s")


@pytest.mark.parametrize(
    "fault",
    [faults.drip(0.01), faults.drip_head(0.01), faults.slow(60)],
    ids=["body", "head", "nothing"],
)
def test_whatever_a_server_does_meanwhile_a_request_ends_in_time(fault):
    """A header that never ends keeps no time-out of a socket waiting, nor does a body."""
    with TeamCityServer() as made:
        began = time.monotonic()
        error = error_of(made, fault, limits=Limits(read_s=20), total_s=0.5)
        assert time.monotonic() - began < 10  # each byte would be waited for 20 s
        assert error.kind == "unreachable"
        assert re.search(r"(its answer had not ended after 0.5|nothing came for 0.[1-5]) s$", error.message)


def test_a_server_is_asked_again_after_a_request_that_was_given_up():
    with TeamCityServer() as made:
        made.fail(faults.drip_head(0.01))
        with client_of(made.url, limits=Limits(read_s=20), total_s=1.0) as client:
            with pytest.raises(RestError, match="had not ended after 1 s"):
                client.get_json(locators.SERVER)
            assert client.get_json(locators.SERVER)["version"]
        assert made.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"


def test_what_was_given_up_leaves_no_thread_behind():
    with TeamCityServer() as made:
        error_of(made, faults.drip_head(0.01), limits=Limits(read_s=20), total_s=0.3)
    for thread in [each for each in threading.enumerate() if each.name == "teamcity"]:
        thread.join(10)  # the server has ended, and with it the connection
        assert not thread.is_alive()


def test_attempts_and_pauses_are_within_the_time_of_a_request(server):
    pauses = []
    server.fail(faults.status(503), times=9)
    with Server(
        server.url,
        Credentials.token(TOKEN),
        patience=Patience(attempts=9, total_s=3.9),
        sleep=pauses.append,
        jitter=lambda: 1.0,
    ) as client:
        with pytest.raises(RestError, match=r"\(503, 4 times\)"):
            client.get_json(locators.SERVER)
    assert pauses == [0.5, 1, 2]  # the next, of 4 s, would end after the time is up
    server.forget()


def test_redirects_are_within_the_time_of_a_request():
    with TeamCityServer() as made:
        began = time.monotonic()
        redirect = faults.redirect("/app/rest/server")
        error = error_of(
            made, redirect, redirect, faults.drip_head(0.01), limits=Limits(read_s=20), total_s=2.0
        )
        assert error.message.endswith("its answer had not ended after 2 s")
        assert time.monotonic() - began < 10
        assert len(made.requests) == 3


def test_nothing_is_asked_when_the_time_for_all_of_it_is_over(server):
    before = len(server.requests)
    until = Deadline.after(0)
    with Server(server.url, Credentials.token(TOKEN), until=until) as client:
        with pytest.raises(RestError, match=r"the time for it, 0 s, was over before$") as caught:
            client.get_json(locators.SERVER)
    assert caught.value.kind == "unreachable"
    assert len(server.requests) == before


def test_the_time_for_all_of_it_ends_a_request_that_would_have_more():
    with TeamCityServer() as made:
        made.fail(faults.drip_head(0.01), path="/app/rest/builds")
        until = Deadline.after(1)
        with Server(made.url, Credentials.token(TOKEN), until=until) as client:
            assert client.get_json(locators.SERVER)
            with pytest.raises(RestError, match="its answer had not ended after 1 s"):
                client.get_json(locators.BUILDS)


def test_nobody_listens():
    with socket.socket() as bound:  # that it is bound keeps others from it
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with client_of(f"http://127.0.0.1:{port}", attempts=3) as client, pytest.raises(RestError) as caught:
            client.get_json(locators.SERVER)
    assert caught.value.message == (
        f"the TeamCity server http://127.0.0.1:{port} did not answer GET /app/rest/server, 3 times: "
        "no connection: Connection refused"
    )
    assert "NO_PROXY" in caught.value.cure
    assert (caught.value.kind, caught.value.status) == ("unreachable", None)
    assert chain_of(caught.value) == []


def test_a_host_that_does_not_exist():
    with (
        client_of("http://nobody.invalid") as client,
        pytest.raises(RestError, match=r"no connection: \w") as caught,
    ):
        client.get_json(locators.SERVER)
    assert caught.value.kind == "unreachable"
    assert chain_of(caught.value) == []


def test_a_host_that_cannot_be_asked_for():
    long = "a" * 80  # a label has 63 characters at most
    with client_of(f"http://{long}.invalid") as client, pytest.raises(RestError) as caught:
        client.get_json(locators.SERVER)
    assert caught.value.kind == "unreachable"
    assert chain_of(caught.value) == []


def test_a_connection_that_does_not_come_about():
    """A listener whose queue is full: the kernel answers nothing."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        limits = Limits(connect_s=0.2, read_s=0.2)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with client_of(url, limits=limits) as client, pytest.raises(RestError) as caught:
            client.get_json(locators.SERVER)
    assert caught.value.message.endswith("no connection within 0.2 s")
    assert caught.value.kind == "unreachable"


# --- what the server says ----------------------------------------------------------------------------


def test_json_errors_are_quoted_by_their_messages(server):
    body = '{"errors": [{"message": "No build"}, {"message": "at\\n\\u001b[31m all", "statusText": "x"}]}'
    error = error_of(server, faults.status(404, body, content_type="application/json"))
    assert error.message.endswith("(404): 'No build; at \\x1b[31m all'")


@pytest.mark.parametrize("body", ['{"errors": "x"}', '{"other": 1}', "[]", "3", '{"errors": [1]}'])
def test_other_json_is_quoted_as_it_is(server, body):
    assert error_of(server, faults.status(404, body)).message.endswith(f"(404): {body}")


def test_errors_of_older_servers_are_quoted_by_their_details(server):
    body = (
        "Responding with error, status code: 404 (Not Found).\n"
        "Details: jetbrains.buildServer.server.rest.errors.NotFoundException: No build found by 'id:1'.\n"
        "Could not find the entity requested.\n"
    )
    error = error_of(server, faults.status(404, body))
    assert error.message.endswith("(404): No build found by 'id:1'.")


def test_a_real_404():
    for json_errors in (True, False):
        with TeamCityServer(json_errors=json_errors) as made:
            error = error_of(made, ask=lambda client: client.get_json(locators.build_path(1)))
            assert error.message.endswith("(404): No build found by locator 'id:1'.")


def test_long_words_are_cut(server):
    message = error_of(server, faults.status(500, "word " * 1000)).message
    assert message.endswith(("word…", "word …"))
    assert len(message) < 400


def test_a_page_of_megabytes_is_not_quoted(server):
    assert error_of(server, faults.status(500, "word " * 40_000)).message.endswith("(500)")


def test_service_messages_do_not_begin_a_line(server):
    error = error_of(server, faults.status(500, "\n\n##teamcity[buildStatus status='SUCCESS']"))
    assert "\n" not in str(error)


# --- who is refused ----------------------------------------------------------------------------------


def test_a_guest_is_told_to_bring_a_token(server):
    with (
        Server(server.url) as client,
        pytest.raises(RestError, match="to somebody without credentials") as caught,
    ):
        client.get_json(locators.SERVER)
    assert "put it in TCPERF_TEAMCITY_TOKEN" in caught.value.cure


def test_a_wrong_token(server):
    error = error_of(server, credentials=Credentials.token("a-token-that-is-wrong"))
    assert (error.kind, error.status) == ("refused", 401)
    assert "a-token-that" not in told_by(error)


def test_a_builds_own_credentials_that_may_not_see_others():
    with TeamCityServer(builds_are_private=True) as made:
        own = Credentials.password(made.user, made.password, "the build's own credentials")
        error = error_of(made, credentials=own, ask=lambda client: client.get_json(locators.BUILDS))
        assert (
            "refuses GET /app/rest/builds to the build's own credentials (403): Access denied."
            in error.message
        )
        assert (
            error.cure == "make an access token in your TeamCity profile and put it in TCPERF_TEAMCITY_TOKEN"
        )
        assert made.password not in told_by(error)


# --- redirects ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_server_is_followed(server, code):
    server.fail(faults.redirect("/app/rest/server?x=1", code))
    with client_of(server.url) as client:
        assert client.get_json("/app/rest/other")["version"]
    assert server.requests[-1].query == {"x": "1"}
    assert server.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "form", ["{url}/app/rest/server", "//127.0.0.1:{port}/x", "http://me@127.0.0.1:{port}/"]
)
def test_a_redirect_to_another_server_is_told_and_nothing_is_sent_there(server, code, form):
    with Elsewhere() as other:
        error = error_of(server, faults.redirect(form.format(url=other.url, port=other.port), code))
        assert error.kind == "elsewhere"
        assert (
            f"redirects GET /app/rest/server to {other.url} ({code}): nothing was sent there" in error.message
        )
        assert "give its URL as the server's" in error.cure
        assert other.requests == []
        assert other.authorizations == []


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://127.0.0.1/", "https://127.0.0.1"),
        ("http://localhost:{port}/", "http://localhost:{port}"),  # the same machine under another name
        ("http://127.0.0.1:1/secret-path", "http://127.0.0.1:1"),
        ("ftp://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}"),
        ("http://[::1/", "an address that is none"),
        ("http://127.0.0.1:{port}\\@evil.example/", "http://evil.example"),
    ],
)
def test_what_is_another_server(server, location, shown):
    before = len(server.requests)
    error = error_of(server, faults.redirect(location.format(port=server.port)))
    assert error.kind == "elsewhere"
    assert f" to {shown.format(port=server.port)} (302)" in error.message
    assert "secret-path" not in error.message
    assert len(server.requests) == before + 1


ARTIFACT = "/app/rest/builds/id:7/artifacts/content/results.json"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_file_that_is_kept_elsewhere_is_fetched_there_without_credentials(server, code):
    with Elsewhere() as store, client_of(server.url) as client:
        store.content = b"what was kept"
        server.fail(faults.redirect(f"{store.url}/bucket/results.json?X-Amz-Signature=5157", code))
        assert client.get_bytes(ARTIFACT) == store.content
        (seen,) = store.requests
        assert (seen.path, seen.query) == ("/bucket/results.json", {"X-Amz-Signature": "5157"})
        assert "authorization" not in seen.headers
        assert server.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"


def test_whoever_is_sent_back_has_lost_the_credentials(server):
    with Elsewhere() as store, client_of(server.url) as client:
        store.fault = faults.redirect(f"{server.url}{ARTIFACT}")
        server.fail(faults.redirect(f"{store.url}/bucket"))
        with pytest.raises(RestError) as caught:
            client.get_bytes(ARTIFACT)
        assert caught.value.kind == "refused"
        assert "authorization" not in server.requests[-1].headers
        assert store.authorizations == []


@pytest.mark.parametrize(
    "location",
    [
        "ftp://127.0.0.1:{port}/",
        "http://me:word@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}/" + TOKEN,
    ],
)
def test_a_file_is_not_fetched_from_everywhere(server, location):
    with Elsewhere() as store:
        error = error_of(
            server,
            faults.redirect(location.format(port=store.port)),
            ask=lambda client: client.get_bytes(ARTIFACT),
        )
        assert error.kind == "elsewhere"
        assert TOKEN not in told_by(error)
        assert store.requests == []


def test_a_store_that_fails_is_told_without_what_lets_in(server):
    with Elsewhere() as store:
        store.fault = faults.status(404, "NoSuchKey")
        error = error_of(
            server,
            faults.redirect(f"{store.url}/bucket?X-Amz-Signature=5157"),
            ask=lambda client: client.get_bytes(ARTIFACT),
        )
        assert error.kind == "missing"
        assert f"GET {ARTIFACT}, which is kept at {store.url}, (404" in error.message
        assert "5157" not in told_by(error)


def test_a_redirect_that_never_ends(server):
    before = len(server.requests)
    error = error_of(server, *[faults.redirect("/app/rest/server")] * 6)
    assert error.kind == "elsewhere"
    assert "keeps redirecting" in error.message
    assert len(server.requests) == before + 5


def test_a_change_is_not_turned_into_a_question():
    with TeamCityServer() as made:
        path = "/app/rest/projects/id:Project/projectFeatures"
        chart = {"type": "x", "properties": {"property": []}}
        error = error_of(made, faults.redirect(path, 302), ask=lambda client: client.post_json(path, chart))
        assert error.kind == "elsewhere"
        assert len(made.requests) == 1
        made.fail(faults.redirect(path, 307))
        with client_of(made.url) as client:
            assert client.post_json(path, chart)["id"]
        assert [seen.method for seen in made.requests[1:]] == ["POST", "POST"]
        assert made.requests[-1].body == made.requests[-2].body != b""


def test_the_body_of_a_redirect_is_not_read_without_end(server):
    def fault(handler):
        handler.head(302, {"Location": "https://elsewhere.example/", "Connection": "close"})
        while not handler.server.closing.is_set():
            handler.wfile.write(b" " * 65536)
        return True

    error = error_of(server, fault)
    assert error.kind == "nonsense"
    assert "larger than 2 MiB" in error.message


# --- secrets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [200, 302, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("content_type", ["text/plain", "application/json"])
def test_a_server_that_repeats_what_was_sent(server, code, content_type):
    error = error_of(server, faults.echo(code, content_type))
    assert "***" in error.message
    assert TOKEN not in told_by(error)
    assert TOKEN[:12] not in str(error)


def test_a_redirect_that_carries_the_token_away(server):
    error = error_of(server, faults.redirect(f"https://{TOKEN}.evil.example/{TOKEN}"))
    assert TOKEN.lower() not in told_by(error).lower()
    assert "evil.example" in error.message


def test_notices_tell_no_secret(server):
    notices = []
    server.fail(faults.status(503, TOKEN))
    with Server(server.url, Credentials.token(TOKEN), sleep=lambda _s: None, notice=notices.append) as client:
        assert client.get_json(locators.SERVER)
    assert notices
    assert TOKEN not in "".join(notices)


def test_errors_travel_between_processes(server):
    error = error_of(server, faults.status(404, "none"))
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), twin.kind, twin.status, twin.cure) == (str(error), "missing", 404, error.cure)


def test_the_client_shows_no_secret(server):
    with client_of(server.url) as client:
        assert TOKEN not in repr(client)
        assert TOKEN not in repr(vars(client))
        assert TOKEN not in repr(vars(vars(client)["_transport"]))
