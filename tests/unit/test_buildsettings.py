"""What [teamcity] says of the build configuration: typed values, or one error with file, line and key."""

import attrs
import pytest

from tcperf.buildsettings import (
    BRANCHES,
    CONDITIONS,
    LITERAL_KEYS,
    SETTINGS_KEYS,
    BuildSettings,
    command,
    parse_conditions,
    parse_id,
    references,
)
from tcperf.config import TeamCityConfig, load
from tcperf.errors import ConfigError, UsageError

WHOLE = """\
[teamcity]
artifacts = "perf"
name = "Performance of a branch"
id = "Perf_1"
install = "git+https://example.org/tcperf.git"
build = \"\"\"
make status-backend
strip build/bin/status-backend
\"\"\"
base_build = "make -j4 status-backend"
keep_node = true
target = "refs/heads/release/1.x"
vcs_root = "Status_Go"
timeout = "1h30m"
cpus = 4
branches = ["+:*", "-:wip/*"]
pull_requests = "none"
token = "%github.token%"
conditions = ["worse", "over_budget", "worse"]
"""


def configured(folder, text):
    (folder / "tcperf.toml").write_text(text, encoding="utf-8")
    return load(None, folder).teamcity


def refused(folder, line):
    """The error's text after the file's path and the line's number."""
    with pytest.raises(ConfigError) as caught:
        configured(folder, f"[teamcity]\n{line}\n")
    return str(caught.value).removeprefix(f"{folder / 'tcperf.toml'}:2: ")


def test_without_a_word_everything_has_its_default(tmp_path):
    found = configured(tmp_path, "[teamcity]\n")
    assert found == TeamCityConfig()
    assert found.settings == BuildSettings()
    assert (found.settings.id, found.settings.target, found.settings.branches) == (
        "Tcperf",
        "develop",
        BRANCHES,
    )


def test_a_whole_table(tmp_path):
    found = configured(tmp_path, WHOLE)
    assert found.artifacts == "perf"
    assert found.settings == BuildSettings(
        name="Performance of a branch",
        id="Perf_1",
        install="git+https://example.org/tcperf.git",
        build="make status-backend\nstrip build/bin/status-backend",
        base_build="make -j4 status-backend",
        keep_node=True,
        target="release/1.x",
        vcs_root="Status_Go",
        timeout=5400.0,
        cpus=4,
        branches=("+:*", "-:wip/*"),
        pull_requests="none",
        token="%github.token%",
        conditions=("worse", "over_budget"),
    )


def test_every_key_can_be_said(tmp_path):
    said = {line.split(" = ")[0] for line in WHOLE.splitlines() if " = " in line}
    assert set(SETTINGS_KEYS) <= said
    defaults = attrs.asdict(BuildSettings(), recurse=False)
    found = attrs.asdict(configured(tmp_path, WHOLE).settings, recurse=False)
    assert all(found[key] != defaults[key] for key in SETTINGS_KEYS), "each has taken its place"


def test_an_unknown_key_has_a_cure(tmp_path):
    message = refused(tmp_path, 'base_biuld = "make"')
    assert message.startswith(
        "teamcity.base_biuld: no such key (did you mean base_build? others are artifacts, "
    )
    assert all(key in message for key in SETTINGS_KEYS)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('id = "1st"', "teamcity.id: '1st' is no identifier of TeamCity's (letters, digits and _, a letter first)"),
        ('vcs_root = "a-b"', "teamcity.vcs_root: 'a-b' is no identifier of TeamCity's"),
        ('name = ""', "teamcity.name: '' is empty"),
        ('name = "\\t"', "teamcity.name: '\\t' holds a tab (U+0009)"),
        ('name = "a\\u2028b"', "teamcity.name: 'a\\u2028b' holds a line separator (U+2028)"),
        ('install = "tcperf\\u00a0"', "teamcity.install: 'tcperf\\xa0' holds a space of an unusual kind (U+00A0)"),
        ('install = "tc\\u200bperf"', "teamcity.install: 'tc\\u200bperf' holds an invisible character (U+200B)"),
        ('name = "\\ue000"', "teamcity.name: '\\ue000' holds a character that cannot be shown (U+E000)"),
        ("build = 3", "teamcity.build: expected a text, not 3 (put it in quotes)"),
        ('build = " \\n "', "teamcity.build: ' \\n ' is no command"),
        ('base_build = "make\\u0007"', "teamcity.base_build: 'make\\x07' holds a control character (U+0007)"),
        ('base_build = "make\\r\\n"', "teamcity.base_build: "),
        ('keep_node = "yes"', "teamcity.keep_node: expected true or false, not 'yes'"),
        ('target = "-x"', "teamcity.target: '-x' is no branch (such as \"develop\")"),
        ('target = "a b"', "teamcity.target: 'a b' is no branch"),
        ("timeout = 90", "teamcity.timeout: expected a duration, not 90"),
        ('timeout = "long"', "teamcity.timeout: expected a duration, not 'long'"),
        ("cpus = 0", "teamcity.cpus: expected a whole number from 1"),
        ('branches = ["pull/*"]', "teamcity.branches: 'pull/*' is no line of a branch filter"),
        ('branches = "+:"', "teamcity.branches: '+:' is no line of a branch filter"),
        ("branches = []", "teamcity.branches: an empty branch filter does not say which branches are built (leave"),
        ('pull_requests = "gitlab"', "teamcity.pull_requests: 'gitlab' is not one of github, none"),
        ('conditions = ["regression"]', "teamcity.conditions: 'regression' is not one of regressions"),
        ('conditions = ["worse", "regressions"]', "teamcity.conditions: regressions and worse would each report"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_place(tmp_path, line, message):
    assert refused(tmp_path, line).startswith(message)


def test_a_token_itself_is_refused_and_never_quoted(tmp_path):
    token = "ghp_0123456789abcdefghijABCDEFGHIJ"
    message = refused(tmp_path, f'token = "{token}"')
    assert message.startswith("teamcity.token: this is not where a token is kept")
    assert token not in message


def test_a_password_in_a_url_is_refused_and_never_quoted(tmp_path):
    told = refused(tmp_path, 'install = "git+https://user:sekret@example.org/tcperf.git"')
    assert "there is a password in this URL" in told
    assert "sekret" not in told
    plain = 'install = "git+ssh://git@example.org:22/tcperf.git"'
    assert configured(tmp_path, f"[teamcity]\n{plain}\n").settings.install in plain


@pytest.mark.parametrize("place", ["credentialsJSON:57e22787-e451-48ed-9fea-b9bf30775b36", "%github.token%"])
def test_where_a_token_is_kept(tmp_path, place):
    assert configured(tmp_path, f'[teamcity]\ntoken = "{place}"\n').settings.token == place


def test_a_command_keeps_its_lines_and_their_indents():
    assert command("\nif a; then\n    b  \nfi\n\n") == "if a; then\n    b\nfi"
    assert command("a\tb") == "a    b"


def test_identifiers():
    assert parse_id("Status_Go2") == "Status_Go2"
    for wrong in ("", "_Root", "a.b", "é", "x" * 226, 5):
        with pytest.raises(UsageError):
            parse_id(wrong)


def test_conditions_are_named_once_each_and_all_are_known():
    assert parse_conditions(["worse", "classic", "worse"]) == ("worse", "classic")
    assert parse_conditions(name for name in CONDITIONS if name != "worse") == tuple(
        name for name in CONDITIONS if name != "worse"
    )
    assert parse_conditions([]) == ()
    with pytest.raises(UsageError, match="did you mean worse"):
        parse_conditions(["wors"])


# --- references to parameters ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("make V=%env.VERSION%", ["env.VERSION"]),
        ("%a.b% and %build.vcs.number.My-Root_1%", ["a.b", "build.vcs.number.My-Root_1"]),
        ("%system.teamcity.x%%env.y%", ["system.teamcity.x", "env.y"]),
        ("date +%Y-%m-%d", []),
        ("date +%H.%M.%S", []),
        ("100 % sure, 50 %.", []),
        ("%%env.X%%", ["env.X"]),
        ("%PATH%", []),
        ("%.x% %x.% %1.x%", []),
    ],
)
def test_what_looks_like_a_parameter_of_teamcitys(text, parameters):
    found = [*references(BuildSettings(build=text))]
    assert found == [("build", parameter) for parameter in parameters]


def test_where_parameters_are_looked_for():
    said = {key: f"%{key}.x%" for key in ("name", "install", "build", "base_build", "token", "target")}
    assert [key for key, _name in references(BuildSettings(**said))] == [*LITERAL_KEYS]
    assert [*references(BuildSettings())] == []
