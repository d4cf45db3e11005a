"""docs/teamcity.rst tells the truth: its commands are understood, its keys and defaults are those there are."""

import importlib
import io
import re
import shlex
import sys
from pathlib import Path

import pytest

from tcperf import band, buildsettings, cli, config, drift
from tcperf.baselines import reading
from tcperf.cli import arguments_history, arguments_settings, history, parser
from tcperf.errors import ConfigError
from tcperf.options import GATES
from tcperf.reports import teamcity_verdict

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "teamcity.rst").read_text("utf-8")


def blocks(language):
    """The code blocks of a language, whatever their indentation."""
    found = re.findall(rf"^( *)\.\. code-block:: {language}\n\n((?:\1   .*\n|\n)+)", PAGE, re.MULTILINE)
    return [re.sub(rf"^{indent}   ", "", block, flags=re.MULTILINE).strip() + "\n" for indent, block in found]


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("tcperf ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_understood(line):
    words = shlex.split(line.partition(" > ")[0])[1:]
    assert callable(parser.parse(words).command)


def test_there_are_commands():
    assert {line.split()[1] for line in COMMANDS} == {"settings", "history"}


def test_the_configuration_is_understood(tmp_path):
    (example,) = blocks("toml")
    (tmp_path / "tcperf.toml").write_text(example)
    found = config.load(None, tmp_path)
    assert found.run.names == ("one_to_one", "cold_start")
    assert found.teamcity.settings.base_build == "make status-backend"
    assert found.teamcity.settings.target == "develop"


def test_the_example_in_xml_writes_the_projects_files(tmp_path, monkeypatch):
    (line,) = [each for each in COMMANDS if "--xml" in each]
    (setting,) = re.findall(r"``(vcs_root = .*?)``", PAGE)
    (example,) = blocks("toml")
    (tmp_path / "tcperf.toml").write_text(example + setting + "\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(shlex.split(line)[1:], io.StringIO(), io.StringIO(), {}) == 0
    written = (tmp_path / ".teamcity/Perf/buildTypes/Perf_Tcperf.xml").read_text("utf-8")
    assert f'root-id="{setting.partition(" = ")[2].strip(chr(34))}"' in written


def test_every_example_of_past_builds_says_whose():
    """Within a build they are known; the page's reader is elsewhere."""
    lines = [line for line in COMMANDS if line.startswith("tcperf history")]
    assert len(lines) == 3
    for line in lines:
        asked = parser.parse(shlex.split(line.partition(" > ")[0])[1:])
        assert None not in (asked.server, asked.configuration)
    shown = arguments_history._EXAMPLES.replace("\\\n", "").partition("  within a build")[0]
    assert shown.count("tcperf history") == shown.count("--server") == shown.count("--configuration") == 2


@pytest.mark.parametrize(("number", "is_taken"), [(4, False), (5, True), (500, True), (501, False)])
def test_the_limits_of_a_history_are_told(tmp_path, number, is_taken):
    assert "default 20, from 5 to 500" in PAGE
    (tmp_path / "tcperf.toml").write_text(f"[teamcity]\nhistory_builds = {number}\n")
    if is_taken:
        assert config.load(None, tmp_path).teamcity.history_builds == number
    else:
        with pytest.raises(ConfigError, match="choose from 5 to 500"):
            config.load(None, tmp_path)


def test_every_key_of_the_section_is_in_the_commands_help():
    described = set(re.findall(r"\w+", arguments_settings._DESCRIPTION.partition("[teamcity] say")[2]))
    assert {
        *buildsettings.SETTINGS_KEYS,
        "artifacts",
        "as_tests",
        "tag",
        "trend",
        "history_builds",
    } <= described


def test_every_key_of_the_section_is_told():
    table = PAGE.partition("``[teamcity]``")[2].partition("Which condition fails a build")[0]
    told = set(re.findall(r"``(\w+)``", "\n".join(line[:22] for line in table.splitlines())))
    assert told == {*buildsettings.SETTINGS_KEYS, "artifacts", "as_tests", "tag", "trend", "history_builds"}


def test_every_condition_is_told():
    told = PAGE.partition("Which condition fails a build")[2].partition("Without the parent's binary")[0]
    assert set(buildsettings.CONDITIONS) == set(
        re.findall(r"``(\w+)``", "\n".join(re.findall(r"^``.*", told, re.MULTILINE)))
    )


def test_the_defaults_are_those_there_are():
    assert (
        f"``history_builds``    how many past builds ``--baseline teamcity`` and ``--trend`` read; default {config.HISTORY_BUILDS}"
        in PAGE
    )
    assert config.TeamCityConfig().artifacts == "tcperf"
    assert "default ``tcperf``" in PAGE
    assert {"condition", "problem"} <= set(GATES)


def test_the_figures_are_the_programs():
    page = " ".join(PAGE.split())
    assert f"all of the history is read within {reading.TOTAL_S:.0f} seconds" in page
    assert history.TOTAL_S == 5 * 60
    assert "after five minutes a server that is ill is given up" in page
    assert f"the largest figure there is, {teamcity_verdict.LARGEST_PCT:,.0f}" in page
    assert f"(p below {drift.ALPHA:.3f})".replace("0.", ".") in page
    assert band.FEWEST == 5
    assert "beside fewer than five builds nothing can be told" in page
    assert all(f"``{line}``" in PAGE for line in buildsettings.BRANCHES)


def test_the_texts_without_references_are_those_there_are():
    told = re.search(r"a per cent sign in (.*?) is a per cent sign", " ".join(PAGE.split()))[1]
    assert tuple(re.findall(r"``(\w+)``", told)) == buildsettings.LITERAL_KEYS


def test_the_command_that_tells_the_target_is_there(capsys):
    (words,) = re.findall(r"``python -m (tcperf\.teamcity\.target) (\w+)``", PAGE)
    module = importlib.import_module(words[0])
    assert module.main([words[1]], {}, sys.stdout, sys.stderr) == 0
    assert capsys.readouterr().out == f"{words[1]}\n"
