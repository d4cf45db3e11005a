"""What must hold for any token, any link, any name and any answer of a TeamCity server."""

import re
import string
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leaks import chain_of, listening, told_by
from teamcity_builds import parse_locator
from teamcity_server import Elsewhere, TeamCityServer, faults
from urllib3.util import parse_url

from tcperf.errors import ConfigError
from tcperf.teamcity import locators, properties
from tcperf.teamcity.address import Address
from tcperf.teamcity.build import Build
from tcperf.teamcity.credentials import Credentials
from tcperf.teamcity.exchange import Answer
from tcperf.teamcity.rest import Limits, Patience, RestError, Server
from tcperf.teamcity.retrying import Patience as Pauses
from tcperf.teamcity.retrying import pause_s

ROOT = Address.parse("https://ci.example.org:8443/tc")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
#: Of characters that our own words and a traceback are not made of: they would hold parts of a secret by chance.
TOKENS = st.from_regex(r"[0-9QXZqxz+/.]{24,80}", fullmatch=True)
PASSWORDS = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn", "Co", "Cf", "Zs"],
        exclude_characters=string.ascii_letters + "_^~",
    ),
    min_size=16,
)


# --- secrets -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patch, TeamCityServer() as made, Elsewhere() as other:
        patch.setenv("NO_PROXY", "*")
        made.other = other
        yield made


def misfortunes(other, secret, header):
    """Faults that repeat what was sent, whole and in parts, where a careless client would show it."""
    parts = st.sampled_from(
        [secret, header, secret[: len(secret) // 2], secret[5:], secret.upper(), secret * 3]
    )
    text = parts.map(lambda part: f"said: {part}!")
    codes = st.sampled_from([400, 401, 403, 404, 409, 429, 500, 503])
    return st.one_of(
        st.builds(faults.status, codes, text),
        st.builds(
            faults.echo, st.one_of(codes, st.just(200)), st.sampled_from(["text/plain", "application/json"])
        ),
        text.map(faults.answer),
        text.map(lambda said: faults.answer({"errors": [{"message": said}]}, code=404)),
        parts.map(lambda part: faults.redirect(f"{other.url}/{part}?{part}")),
        parts.map(lambda part: faults.answer({"build": [], "nextHref": f"{other.url}/{part}"})),
        st.sampled_from(
            [faults.reset(), faults.cut(), faults.hang_up(), faults.no_http(), faults.broken_json()]
        ),
    )


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_secret_is_ever_told(server, data):
    if data.draw(st.booleans()):
        secret = data.draw(TOKENS)
        credentials = Credentials.token(secret)
    else:
        secret = data.draw(PASSWORDS)
        credentials = Credentials.password("TeamCityBuildId=1", secret, "the build's own credentials")
    header = credentials.header()
    notices = []
    server.fail(data.draw(misfortunes(server.other, secret, header)), times=9)
    with (
        listening() as log,
        Server(
            server.url,
            credentials,
            limits=Limits(read_s=5),
            patience=Patience(attempts=2),
            sleep=lambda _seconds: None,
            notice=notices.append,
        ) as client,
    ):
        with pytest.raises(RestError) as caught:
            list(client.pages(locators.BUILDS, None, "build"))
    server.forget()
    for told in (told_by(caught.value), log.text, repr(notices), repr(client), repr(vars(client))):
        for part in (secret, header.split()[1], secret[5:], secret[: len(secret) // 2]):
            assert part not in told
    assert chain_of(caught.value) == []
    assert server.other.requests == []


@given(TOKENS, TEXT, TEXT, st.integers(0, 60), st.integers(0, 60))
def test_no_eight_characters_of_a_secret_are_left(secret, before, after, start, end):
    credentials = Credentials.token(secret)
    text = before + secret[start : len(secret) - end] + after
    hidden = credentials.hide(text).lower()
    grams = {secret[index : index + 8].lower() for index in range(len(secret) - 7)}
    assert not any(gram in hidden for gram in grams)


@given(TOKENS, TEXT)
def test_other_text_is_left_as_it_is(secret, text):
    grams = {secret[index : index + 8].lower() for index in range(len(secret) - 7)}
    if not any(gram in text.lower() for gram in grams):
        assert Credentials.token(secret).hide(text) == text


@given(st.text())
def test_whatever_is_taken_for_a_token_can_be_sent(text):
    try:
        header = Credentials.token(text).header()
    except ConfigError as refusal:
        assert len(text.strip()) < 8 or text.strip() not in str(refusal)  # noqa: PT017 - either is right
    else:
        assert header == f"Bearer {text.strip()}"
        prepared = requests.Request("GET", "http://x/", {"Authorization": header}).prepare()
        assert prepared.headers["Authorization"] == header


# --- addresses ---------------------------------------------------------------------------------------

#: Links, with what the grammar of URLs makes much of.
LINKS = st.lists(
    st.one_of(
        st.text(max_size=5),
        st.sampled_from(
            ["https:", "http:", "//", "/", "\\", "@", ":", "?", "#", "%", "..", "[", "]", ":8443", "\t"]
        ),
        st.sampled_from(
            ["ci.example.org", "CI.EXAMPLE.ORG", "evil.example", "/app/rest/builds", "%2f", "%40", ";"]
        ),
    ),
    max_size=8,
).map("".join)


@settings(max_examples=500)
@given(LINKS)
def test_a_link_never_leads_to_another_server(location):
    link = ROOT.link(location, "https://ci.example.org:8443/tc/app/rest/builds")
    if link is None:
        return
    assert link.startswith("https://ci.example.org:8443")
    assert link.removeprefix("https://ci.example.org:8443")[:1] in {"", "/", "?"}
    # All who will read it agree on the host.
    sent = requests.Request("GET", link).prepare().url
    for url in (link, sent):
        assert (urlsplit(url).scheme, urlsplit(url).hostname, urlsplit(url).port) == (
            "https",
            ROOT.host,
            8443,
        )
        parsed = parse_url(url)
        assert (parsed.scheme, parsed.host, parsed.port, parsed.auth) == ("https", ROOT.host, 8443, None)


@given(LINKS)
def test_whatever_is_taken_for_an_address_can_be_read_again(url):
    try:
        address = Address.parse(url)
    except ConfigError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - either is right
    else:
        assert Address.parse(str(address)) == address
        assert parse_url(str(address)).host.strip("[]") == address.host


@given(st.lists(TEXT.filter(bool)), st.dictionaries(TEXT.filter(bool), TEXT, max_size=4))
def test_paths_and_queries_arrive_as_they_were_meant(segments, query):
    path = "/" + "/".join(segments)
    parts = urlsplit(ROOT.url(path, query))
    assert unquote(parts.path) == f"/tc{path}"
    assert parse_qs(parts.query, keep_blank_values=True, strict_parsing=bool(query)) == {
        name: [value] for name, value in query.items()
    }


# --- locators ----------------------------------------------------------------------------------------


@given(TEXT.filter(bool), TEXT.filter(bool))
def test_any_value_survives_in_a_locator(text, other):
    written = locators.locator(
        {
            "tag": locators.value(text),
            "branch": locators.named_branch(other),
            "count": "1",
        }
    )
    read = parse_locator(written)
    assert read["tag"] == text
    assert parse_locator(read["branch"])["name"] == other
    assert read["count"] == "1"


# --- what the agent writes ---------------------------------------------------------------------------


def stored(values):
    """The properties as Java's Properties.store writes them (its documentation)."""

    def escaped(text, *, is_key):
        pieces = []
        for index, unit in enumerate(units(text)):
            character = chr(unit)
            if character in "\t\n\f\r":
                pieces.append({"\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}[character])
            elif character in "#!=:\\" or (character == " " and (is_key or index == 0)):
                pieces.append(f"\\{character}")
            elif unit < 0x20 or unit > 0x7E:
                pieces.append(f"\\u{unit:04X}")
            else:
                pieces.append(character)
        return "".join(pieces)

    lines = [f"{escaped(key, is_key=True)}={escaped(value, is_key=False)}" for key, value in values.items()]
    return "\n".join(["#comment", *lines, ""]).encode("iso-8859-1")


def units(text):
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[index : index + 2], "big") for index in range(0, len(raw), 2)]


@given(st.dictionaries(TEXT, TEXT))
def test_what_java_stores_is_what_is_read(values):
    assert properties.parse(stored(values)) == values


@given(st.binary())
def test_any_bytes_are_properties_or_a_clear_error(data):
    try:
        found = properties.parse(data)
    except ValueError as error:
        assert str(error) == "a \\u is not followed by four hexadecimal digits"  # noqa: PT017
        assert re.search(rb"\\u", data)
    else:
        for text in (*found, *found.values()):
            assert text.encode("utf-8").decode("utf-8") == text


NAMES = st.sampled_from(
    [
        *("TEAMCITY_VERSION", "BUILD_URL", "BUILD_NUMBER", "BUILD_VCS_NUMBER", "BUILD_VCS_NUMBER_a"),
        *("TCPERF_TEAMCITY_TOKEN", "TEAMCITY_BUILD_PROPERTIES_FILE"),
    ]
)
KEYS = st.sampled_from(
    [
        *(
            "teamcity.build.id",
            "teamcity.buildType.id",
            "build.number",
            "teamcity.serverUrl",
            "build.vcs.number",
        ),
        *(
            "teamcity.build.branch",
            "teamcity.build.branch.is_default",
            "build.vcs.number.",
            "build.vcs.number.a",
        ),
        *(
            "teamcity.pullRequest.number",
            "teamcity.pullRequest.target.branch",
            "teamcity.agent.hardware.cpuCount",
        ),
        *("teamcity.auth.userId", "teamcity.auth.password", "teamcity.configuration.properties.file"),
    ]
)


@given(st.dictionaries(NAMES, st.text()), st.dictionaries(KEYS, st.text()))
def test_a_build_is_read_whatever_is_told(env, parameters):
    build = Build.read(env, lambda _path: parameters)
    assert build.is_teamcity is ("TEAMCITY_VERSION" in env)
    assert build.server_url is None or str(Address.parse(build.server_url)) == build.server_url
    assert all(build.revisions)
    assert all(build.revisions.values())
    for warning in build.warnings:
        assert "\n" not in warning


# --- pauses ------------------------------------------------------------------------------------------


@given(st.integers(1, 10_000), st.floats(0, 1), st.integers(0, 10**6))
def test_a_pause_is_bounded_and_never_shorter_than_asked(attempt, jitter, asked):
    patience = Pauses()
    assert patience.first_s / 2 <= pause_s(patience, attempt, jitter, Answer(500)) <= patience.longest_s
    wait = pause_s(patience, attempt, jitter, Answer(429, {"retry-after": str(asked)}))
    assert asked <= wait <= asked + patience.first_s
