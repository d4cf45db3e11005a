"""TLS, proxies and limits, with real sockets."""

import base64
import ssl

import pytest
from certificates import authority
from leaks import told_by
from scripted_server import ScriptedServer, answers, http
from teamcity_server import TOKEN, Elsewhere, TeamCityServer, faults

from tcperf.clock import Deadline
from tcperf.errors import Interrupted
from tcperf.teamcity import locators
from tcperf.teamcity.credentials import Credentials
from tcperf.teamcity.exchange import Answer, Failure, Request
from tcperf.teamcity.rest import Patience, RestError, Server
from tcperf.teamcity.transport import Limits, Transport

VARIABLES = (
    *(
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
    ),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"),
)


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """An environment that says nothing of networks."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def vouched(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("certificates"))


def exchange(url, limits=Limits(read_s=5), authorization=None, **request):  # noqa: B008 - frozen
    transport = Transport("tests", limits)
    try:
        return transport.exchange(Request("GET", url, **request), authorization, Deadline.after(10))
    finally:
        transport.close()


def version(url):
    """The version of the TeamCity server there."""
    with Server(url, Credentials.token(TOKEN), patience=Patience(attempts=1)) as client:
        return client.get_json(locators.SERVER)["version"]


def refusal(url):
    with pytest.raises(RestError) as caught:
        version(url)
    assert TOKEN not in told_by(caught.value)
    assert caught.value.__context__ is None
    return caught.value


# --- TLS ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_of_ones_own(vouched, monkeypatch, variable):
    monkeypatch.setenv(variable, str(vouched[0]))
    with TeamCityServer(tls=vouched[1]) as server:
        assert server.url.startswith("https://")
        assert version(server.url)


def test_the_variable_of_requests_goes_before_that_of_openssl(vouched, monkeypatch, tmp_path):
    other, _ = authority(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(vouched[0]))
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with TeamCityServer(tls=vouched[1]) as server:
        assert version(server.url)


def test_an_authority_that_nobody_knows(vouched):
    with TeamCityServer(tls=vouched[1]) as server:
        error = refusal(server.url)
        assert server.requests == []
    assert "no secure connection: unable to get local issuer certificate" in error.message
    assert "REQUESTS_CA_BUNDLE (or SSL_CERT_FILE)" in error.cure
    assert error.kind == "unreachable"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"names": ["127.0.0.2"]}, "IP address mismatch"),
        ({"valid_days": -1}, "certificate has expired"),
    ],
)
def test_a_certificate_that_is_wrong(tmp_path, monkeypatch, options, words):
    ca, context = authority(tmp_path, **options)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca))
    with TeamCityServer(tls=context) as server:
        assert words in refusal(server.url).message
        assert server.requests == []


def test_a_server_that_speaks_no_tls():
    with TeamCityServer() as server:
        error = refusal(server.url.replace("http:", "https:"))
        assert "no secure connection" in error.message
        assert "does the server speak https at this port?" in error.cure
        assert server.requests == []


def test_a_file_of_authorities_that_is_not_there(vouched, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with TeamCityServer(tls=vouched[1]) as server:
        error = refusal(server.url)
    assert (
        "the file of certificates named in REQUESTS_CA_BUNDLE (or SSL_CERT_FILE) is not there"
        in error.message
    )


def test_a_file_of_authorities_that_is_none(vouched, monkeypatch, tmp_path):
    (tmp_path / "empty.pem").write_text("no certificate\n")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "empty.pem"))
    with TeamCityServer(tls=vouched[1]) as server:
        error = refusal(server.url)
    assert error.kind == "unreachable"
    assert error.cure


def test_from_https_to_http_is_another_server(vouched, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(vouched[0]))
    with TeamCityServer(tls=vouched[1]) as server, Elsewhere() as other:
        for location in (f"http://127.0.0.1:{server.port}/app/rest/server", f"{other.url}/app/rest/server"):
            server.fail(faults.redirect(location))
            assert refusal(server.url).kind == "elsewhere"
        assert len(server.requests) == 2
        assert other.requests == []


# --- proxies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy(monkeypatch, variable):
    """The stand-in is the proxy, too: it takes the whole URL that a proxy is asked for."""
    with TeamCityServer() as proxy:
        monkeypatch.setenv(variable, proxy.url)
        assert version("http://teamcity.invalid")
        assert proxy.requests[-1].headers["host"] == "teamcity.invalid"


def test_hosts_that_need_no_proxy(monkeypatch):
    with TeamCityServer() as server, Elsewhere() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert version(server.url)
        assert proxy.requests == []


def test_a_proxy_that_is_not_there(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://me:s3cr3t-word@127.0.0.1:9")
    error = refusal("http://teamcity.invalid")
    assert "the proxy does not lead there: Connection refused" in error.message
    assert "NO_PROXY" in error.cure
    assert "s3cr3t" not in told_by(error)


def test_a_proxy_that_lets_nobody_through(monkeypatch):
    with ScriptedServer(answers(http("", "407 Proxy Authentication Required"))) as proxy:
        address = "http://me:s3cr3t-word@{}:{}".format(*proxy.address)
        monkeypatch.setenv("HTTPS_PROXY", address)
        error = refusal("https://teamcity.invalid")
    assert "the proxy does not lead there: it answered 407" in error.message
    assert b"CONNECT teamcity.invalid:443" in proxy.seen[0]
    assert TOKEN.encode() not in proxy.seen[0]  # the proxy of an https server never sees it
    assert base64.b64encode(b"me:s3cr3t-word") in proxy.seen[0]
    assert "s3cr3t" not in told_by(error)


@pytest.mark.parametrize(
    "proxy", ["http://[::1", "http://a b", "gopher://127.0.0.1:1", "socks5://127.0.0.1:9"]
)
def test_a_proxy_that_is_none(monkeypatch, proxy):
    monkeypatch.setenv("HTTP_PROXY", proxy)
    error = refusal("http://teamcity.invalid")
    assert error.kind == "unreachable"
    assert "proxy" in error.cure.lower()


# --- answers -----------------------------------------------------------------------------------------


def test_an_answer():
    with ScriptedServer(answers(http('{"a": 1}', headers="X-Odd: Y\r\n"))) as server:
        url = "http://{}:{}/x?y=z".format(*server.address)
        answer = exchange(url, authorization="Bearer x", headers={"Accept": "a/b"}, body=b"body")
    assert (answer.status, answer.body, answer.headers["x-odd"]) == (200, b'{"a": 1}', "Y")
    head, body = server.seen[0].split(b"\r\n\r\n")
    assert head.startswith(b"GET /x?y=z HTTP/1.1\r\n")
    assert body == b"body"
    lines = {line.split(b":")[0].lower(): line.split(b": ", 1)[1] for line in head.split(b"\r\n")[1:]}
    assert lines == {
        b"host": "{}:{}".format(*server.address).encode(),
        b"user-agent": b"tests",
        b"accept-encoding": b"identity",
        b"accept": b"a/b",
        b"content-length": b"4",
        b"authorization": b"Bearer x",
    }


def test_connections_are_kept():
    with ScriptedServer(answers(http("1"), http("2"))) as server:
        transport = Transport("tests", Limits())
        url = "http://{}:{}/".format(*server.address)
        bodies = [transport.exchange(Request("GET", url), None, Deadline.after(9)).body for _ in range(2)]
        transport.close()
    assert bodies == [b"1", b"2"]
    assert server.connections == 1


def test_chunks():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with ScriptedServer(answers(chunked)) as server:
        assert exchange("http://{}:{}/".format(*server.address)).body == b"abcde"


def test_chunks_that_stop():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde"
    with ScriptedServer(answers(chunked)) as server:
        failure = exchange("http://{}:{}/".format(*server.address))
    assert isinstance(failure, Failure)
    assert failure.reason.startswith("the connection was lost")
    assert failure.was_sent


@pytest.mark.parametrize("length", ["6", "abc", "-1", "٣", "9" * 30])
def test_lengths_that_are_odd(length):
    raw = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n12345".encode()
    with ScriptedServer(answers(raw)) as server:
        outcome = exchange("http://{}:{}/".format(*server.address))
    assert isinstance(outcome, Failure) or outcome.body == b"12345"
    if length == "9" * 30:
        assert outcome.reason == "its answer is larger than 64 MiB"


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
@pytest.mark.parametrize("announced", [True, False])
def test_the_limit_of_an_answer(size, fits, announced):
    length = f"Content-Length: {size}\r\n" if announced else ""
    raw = f"HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n".encode() + b"x" * size
    with ScriptedServer(answers(raw)) as server:
        outcome = exchange("http://{}:{}/".format(*server.address), Limits(answer_bytes=1000))
    assert isinstance(outcome, Answer) is fits
    if not fits:
        assert outcome.reason == "its answer is larger than 1000 bytes"
        assert outcome.is_nonsense


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",  # more headers than http.client takes
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"\0" * 1000 + b"\r\n\r\n",
    ],
    ids=["status", "many", "long", "zeros"],
)
def test_heads_that_are_none(raw):
    with ScriptedServer(answers(raw)) as server:
        outcome = exchange("http://{}:{}/".format(*server.address))
    assert isinstance(outcome, Failure)
    assert outcome.reason


@pytest.mark.parametrize(
    "url", ["http://", "http://a b/", "nonsense://x/", "http://[::1/", "http://x:99999/"]
)
def test_requests_that_cannot_be_written(url):
    failure = exchange(url)
    assert isinstance(failure, Failure)
    assert not failure.was_sent
    assert failure.cure


def test_a_header_that_cannot_be_sent_is_not_quoted():
    failure = exchange("http://127.0.0.1:9/", authorization="Bearer s3cr3t\r\nX: y")
    assert isinstance(failure, Failure)
    assert "s3cr3t" not in repr(failure)


def test_an_interrupt_is_no_failure(monkeypatch):
    def interrupted(*_arguments, **_options):
        raise Interrupted(2, "SIGINT")

    monkeypatch.setattr("requests.Session.prepare_request", interrupted)
    with pytest.raises(Interrupted):
        exchange("http://127.0.0.1:9/")


@pytest.mark.parametrize("cause", [None, ssl.SSLWantReadError("s3cr3t"), OSError("s3cr3t")])
@pytest.mark.parametrize("error", [RuntimeError, ssl.SSLError, OSError, UnicodeError, MemoryError])
def test_what_nobody_foresaw_is_told_without_quoting_it(monkeypatch, error, cause):
    def broken(*_arguments, **_options):
        raise error("Authorization: Bearer s3cr3t") from cause

    monkeypatch.setattr("requests.Session.prepare_request", broken)
    failure = exchange("http://127.0.0.1:9/")
    assert isinstance(failure, Failure)
    assert "s3cr3t" not in repr(failure)


def test_an_answer_and_a_request_do_not_show_their_bodies():
    assert "s3cr3t" not in repr(Answer(200, {"x": "s3cr3t"}, b"s3cr3t"))
    assert "s3cr3t" not in repr(Request("POST", "http://x", body=b"s3cr3t"))
