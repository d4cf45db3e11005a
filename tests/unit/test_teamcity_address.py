"""Where the server is, and which links lead there."""

import pytest

from tcperf.errors import ConfigError
from tcperf.teamcity.address import Address

ROOT = Address.parse("https://ci.example.org/tc")
BASE = "https://ci.example.org/tc/app/rest/builds?locator=x"


@pytest.mark.parametrize(
    ("url", "address", "text"),
    [
        ("https://ci.example.org", ("https", "ci.example.org", 443, ""), "https://ci.example.org"),
        ("https://ci.example.org/", ("https", "ci.example.org", 443, ""), "https://ci.example.org"),
        ("https://ci.example.org:443//", ("https", "ci.example.org", 443, ""), "https://ci.example.org"),
        (
            "HTTP://CI.Example.org:8111/tc/",
            ("http", "ci.example.org", 8111, "/tc"),
            "http://ci.example.org:8111/tc",
        ),
        ("http://localhost:80", ("http", "localhost", 80, ""), "http://localhost"),
        ("http://[::1]:8111/a/b", ("http", "::1", 8111, "/a/b"), "http://[::1]:8111/a/b"),
    ],
)
def test_addresses(url, address, text):
    found = Address.parse(url)
    assert (found.scheme, found.host, found.port, found.path) == address
    assert str(found) == text
    assert Address.parse(text) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ci.example.org",
        "ftp://ci.example.org",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://ci.example.org:port",
        "https://ci.example.org:99999",
        "https://[::1",
        "https://ci example.org",
        "https://ci.example.org\\@evil.example",
        "https://ci.example.org\n.evil.example",
        "https://bücher.example",
    ],
)
def test_what_is_no_address(url):
    with pytest.raises(ConfigError, match="is no URL of a TeamCity server") as caught:
        Address.parse(url)
    assert "https://teamcity.example.org" in caught.value.cure
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:s3cr3t@ci.example.org",
        "https://s3cr3t@ci.example.org",
        "https://ci.example.org/?token=s3cr3t",
        "https://ci.example.org/#s3cr3t",
    ],
)
def test_secrets_within_an_address_are_refused_and_not_quoted(url):
    with pytest.raises(ConfigError, match="holds more than") as caught:
        Address.parse(url)
    assert "s3cr3t" not in str(caught.value)
    assert "TCPERF_TEAMCITY_TOKEN" in caught.value.cure


def test_a_broken_address_with_a_password_is_not_quoted():
    with pytest.raises(ConfigError, match="is no URL") as caught:
        Address.parse("https://me:s3cr3t@ci.example.org:port")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "is_confidential"),
    [
        ("https://ci.example.org", True),
        ("http://ci.example.org", False),
        ("http://localhost:8111", True),
        ("http://127.0.0.1:8111", True),
        ("http://127.8.8.8", True),
        ("http://[::1]", True),
        ("http://10.0.0.1", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_who_can_read_what_is_sent(url, is_confidential):
    assert Address.parse(url).is_confidential is is_confidential


@pytest.mark.parametrize(
    ("path", "query", "url"),
    [
        ("/app/rest/builds", None, "/app/rest/builds"),
        ("/app/rest/builds", {}, "/app/rest/builds"),
        ("/a", {"locator": "branch:(name:x),count:1"}, "/a?locator=branch:(name:x),count:1"),
        ("/a", {"x": "a&b=c;d", "y": "1+1 %"}, "/a?x=a%26b%3Dc%3Bd&y=1%2B1%20%25"),
        ("/a b/#?;%41", None, "/a%20b/%23%3F%3B%2541"),
        ("/ü", {"ü": "你"}, "/%C3%BC?%C3%BC=%E4%BD%A0"),
        ("/a", {"x": "\ud83d"}, "/a?x=%3F"),  # half a character
    ],
)
def test_urls_below_the_root(path, query, url):
    assert ROOT.url(path, query) == f"https://ci.example.org/tc{url}"


@pytest.mark.parametrize(
    ("location", "link"),
    [
        ("/tc/app/rest/builds?x=1", "/tc/app/rest/builds?x=1"),
        ("/app/rest/builds?x=1", "/tc/app/rest/builds?x=1"),  # without the root's path
        ("?locator=y", "/tc/app/rest/builds?locator=y"),
        ("builds/2", "/tc/app/rest/builds/2"),
        ("/elsewhere/on/it", "/elsewhere/on/it"),
        ("https://ci.example.org/tc/x", "/tc/x"),
        ("https://CI.example.org:443/tc/x", "/tc/x"),
        ("HTTPS://ci.example.org/tc/x#here", "/tc/x"),
        ("//ci.example.org/tc/x", "/tc/x"),
        ("https://ci.example.org", ""),
        ("/tc/x?name=ü&y={1}", "/tc/x?name=%C3%BC&y=%7B1%7D"),
        ("/tc/x?name=%C3%BC%2B", "/tc/x?name=%C3%BC%2B"),
    ],
)
def test_links_that_stay(location, link):
    assert ROOT.link(location, BASE) == f"https://ci.example.org{link}"


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/tc/app/rest/builds",
        "//evil.example/tc",
        "http://ci.example.org/tc",  # from https to http
        "https://ci.example.org:8443/tc",
        "https://ci.example.org@evil.example/",
        "https://evil.example@ci.example.org/",
        "https://ci.example.org.evil.example/",
        "https://ci.example.org\\.evil.example/",
        "\\\\evil.example/tc",
        "/\\evil.example/tc",
        "/\tevil",
        "/x\r\nSet-Cookie: a=b",
        "https://ci.example.org:port/",
        "https://[::1/",
        "ftp://ci.example.org/",
        "javascript:alert(1)",
        "mailto:a@ci.example.org",
        "https://cı.example.org/",  # a letter that only looks like one
    ],
)
def test_links_that_lead_elsewhere(location):
    assert ROOT.link(location, BASE) is None


def test_a_path_that_looks_like_a_host_stays_a_path():
    assert (
        ROOT.link("https://ci.example.org//evil.example/x", BASE) == "https://ci.example.org//evil.example/x"
    )


def test_a_root_that_begins_like_the_interface():
    root = Address.parse("https://ci.example.org/app")
    assert root.link("/app/rest/builds", BASE) == "https://ci.example.org/app/rest/builds"
