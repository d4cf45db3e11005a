"""docs/teamcity.rst tells the truth: its commands are understood, its keys and defaults are those there are."""

import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest

from tcperf import band, buildsettings, config, drift
from tcperf.baselines import reading
from tcperf.cli import history, parser
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
