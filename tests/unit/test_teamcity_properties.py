"""The agent's property files: Java's format, read as Java writes it."""

import traceback
from pathlib import Path

import pytest

from tcperf.errors import ConfigError
from tcperf.teamcity.properties import parse, read

SECRET_LINE = b"teamcity.auth.password=s3cr3t"
#: As an agent writes it, with all that Java's Properties.store does.
AGENT_FILE = rb"""#TeamCity build properties without 'system.' prefix
#Fri Nov 27 10:15:00 UTC 2026
teamcity.build.id=4711
teamcity.auth.userId=TeamCityBuildId\=4711
teamcity.configuration.properties.file=/opt/agent/temp/agentTmp/teamcity.config.configuration.parameters
build.vcs.number.Project_StatusGo=2b1f0d1c9b8a7f6e5d4c3b2a190817263544f0aa
teamcity.build.checkoutDir=C\:\\agent\\work\\1f2e
teamcity.tests.recentlyFailedTests.file=
user.name=J\u00FCrgen \u4F60 \uD83D\uDE00
\ key\ with\ blanks = value\ with\ticks\t
long = one \
       two \
       three
"""


def test_a_file_as_an_agent_writes_it():
    assert parse(AGENT_FILE) == {
        "teamcity.build.id": "4711",
        "teamcity.auth.userId": "TeamCityBuildId=4711",
        "teamcity.configuration.properties.file": (
            "/opt/agent/temp/agentTmp/teamcity.config.configuration.parameters"
        ),
        "build.vcs.number.Project_StatusGo": "2b1f0d1c9b8a7f6e5d4c3b2a190817263544f0aa",
        "teamcity.build.checkoutDir": r"C:\agent\work\1f2e",
        "teamcity.tests.recentlyFailedTests.file": "",
        "user.name": "Jürgen 你 😀",
        " key with blanks": "value with\ticks\t",
        "long": "one two three",
    }


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", {}),
        (b"\n\n  \t\n", {}),
        (b"# a = b\n! c = d\n   # e = f\n", {}),
        (b"a=b", {"a": "b"}),
        (b"a:b\r\nc d\re\tf", {"a": "b", "c": "d", "e": "f"}),
        (b"a = b = c : d", {"a": "b = c : d"}),
        (b"a", {"a": ""}),
        (b"=b", {"": "b"}),
        (b"a=1\na=2", {"a": "2"}),
        (b"a=b \\", {"a": "b "}),
        (b"a=b#c", {"a": "b#c"}),
        (b"a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        (b"caf\xe9=\xfc", {"café": "ü"}),  # ISO-8859-1, whatever the locale says
        (b"caf\xc3\xa9=x", {"cafÃ©": "x"}),  # and never UTF-8
        (b"a=\\z\\'", {"a": "z'"}),
        (b"a=\\ud83d", {"a": "\ufffd"}),  # half a character is none
        (b"a=\\uFEFFx", {"a": "\ufeffx"}),
    ],
)
def test_the_format(data, found):
    assert parse(data) == found


@pytest.mark.parametrize("escape", [rb"\u12", rb"\u12G4", rb"\u", rb"\u 123", rb"\u-123"])
def test_a_broken_escape_is_told_without_quoting_anything(escape):
    with pytest.raises(ValueError, match="four hexadecimal digits") as caught:
        parse(SECRET_LINE + escape)
    assert caught.value.__context__ is None
    told = "".join(traceback.format_exception(caught.value))
    assert "s3cr3t" not in told


def test_reading_a_file(tmp_path):
    file = tmp_path / "build.properties"
    file.write_bytes(AGENT_FILE)
    assert read(file) == parse(AGENT_FILE)


def test_a_missing_file_is_told_with_its_path_and_a_cure(tmp_path):
    with pytest.raises(ConfigError, match="No such file or directory") as caught:
        read(tmp_path / "none")
    assert str(tmp_path / "none") in caught.value.message
    assert "in a container" in caught.value.cure


def test_a_folder_and_a_path_that_is_none(tmp_path):
    with pytest.raises(ConfigError, match="Is a directory"):
        read(tmp_path)
    with pytest.raises(ConfigError, match="embedded null byte") as caught:
        read(Path("a\0b"))
    assert "\0" not in str(caught.value)


def test_a_broken_file_is_told_with_its_path(tmp_path):
    file = tmp_path / "build.properties"
    file.write_bytes(b"a=\\u12")
    with pytest.raises(ConfigError, match=r"build\.properties cannot be read: a .u is not followed by"):
        read(file)
