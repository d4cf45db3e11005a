"""Credentials go into one header, and nowhere else."""

import copy
import json
import pickle

import pytest

from tcperf.errors import ConfigError
from tcperf.teamcity.credentials import Credentials

TOKEN = "eyJ0eXAiOiAiVENWMiJ9.c2VjcmV0LXRva2Vu.ZG8gbm90IHNob3c"


def test_the_header_of_a_token():
    assert Credentials.token(f"  {TOKEN}\n").header() == f"Bearer {TOKEN}"


def test_the_header_of_a_password():
    made = Credentials.password("Aladdin", "open sesame", "RFC 7617")
    assert made.header() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="  # the example of RFC 7617, section 2
    assert Credentials.password("test", "1234567£", "it").header() == "Basic dGVzdDoxMjM0NTY3wqM="  # UTF-8


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("", "too short"),
        ("kurz", "too short"),
        ("x" * 4097, "too long"),
        ("two words of it", "a character that no token has"),
        ("a-token\r\nX-Evil: 1", "a character that no token has"),
        ("a-token\0-of-mine", "a character that no token has"),
        ("ein-längeres-token", "a character that no token has"),
        ("half-a-character-\ud83d", "a character that no token has"),
    ],
)
def test_a_token_that_cannot_be_one_is_refused_without_being_quoted(token, why):
    with pytest.raises(ConfigError, match=why) as caught:
        Credentials.token(token, "THE_VARIABLE")
    said = str(caught.value)
    assert "THE_VARIABLE" in said
    assert "access token" in caught.value.cure
    assert not token or token not in said
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("me", "kurz"),
        ("", "long enough"),
        ("a:b", "long enough"),
        ("me\n", "long enough"),
        ("me", "long\renough"),
    ],
)
def test_a_password_that_cannot_be_sent_is_refused_without_being_quoted(user, password):
    with pytest.raises(ConfigError) as caught:
        Credentials.password(user, password, "the build's own credentials")
    assert password not in str(caught.value)


@pytest.mark.parametrize("made", [Credentials.token(TOKEN), Credentials.password("u" * 9, TOKEN, "it")])
def test_no_way_leads_out(made):
    for text in (
        repr(made),
        str(made),
        f"{made}",
        f"{made!r:.99}",
        repr([made]),
        repr({"x": made}),
    ):
        assert TOKEN[:8] not in text
        assert made.header()[8:] not in text
    assert not hasattr(made, "__dict__")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not stored"):
            attempt(made)
    with pytest.raises(TypeError):
        json.dumps(made)


def test_two_are_not_compared():
    assert Credentials.token(TOKEN) != Credentials.token(TOKEN)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("", ""),
        ("nothing secret", "nothing secret"),
        (TOKEN, "***"),
        (f"'{TOKEN}' is not valid", "'***' is not valid"),
        (f"{TOKEN}{TOKEN}", "***"),
        (f"{TOKEN}\n{TOKEN}", "***\n***"),
        (TOKEN.upper(), "***"),
        (f"begins with {TOKEN[:12]}…", "begins with ***…"),
        (f"ends with {TOKEN[-8:]}", "ends with ***"),
        (f"seven are too few: {TOKEN[:7]}", f"seven are too few: {TOKEN[:7]}"),
        (f"{TOKEN[:20]}\\u{TOKEN[20:]}", "***\\u***"),
        (f"İ{TOKEN}İ", "İ***İ"),  # a character whose lower case is longer
    ],
)
def test_hiding(text, hidden):
    assert Credentials.token(TOKEN).hide(text) == hidden


def test_hiding_a_password_hides_the_header_too():
    made = Credentials.password("TeamCityBuildId=4711", "Vb7kQ2wX9rT4", "it")
    assert made.hide(f"{made.header()} Vb7kQ2wX9rT4") == "Basic *** ***"
    assert made.hide("TeamCityBuildId=4711") == "TeamCityBuildId=4711"  # no secret
