"""README.rst tells the truth: its examples run, its commands and keys exist."""

import io
import re
import tomllib
from pathlib import Path

import pytest
from teamcity_parser import check_output, statistics_of

from tcperf import config
from tcperf.cli import parser
from tcperf.model import METRICS, OPERATION_METRICS, PHASE_METRICS
from tcperf.registry import discover
from tcperf.teamcity import ServiceMessages

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.rst").read_text("utf-8")


def blocks(language):
    """The code blocks of a language, without their indentation."""
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", README, re.MULTILINE)
    return [re.sub(r"^   ", "", block, flags=re.MULTILINE).strip() + "\n" for block in found]


def test_the_two_commands():
    shell = blocks("sh")
    assert shell[0] == "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/python -m tcperf\n"
    assert shell[1].startswith("python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && ")
    assert (ROOT / shell[1].split()[-1]).is_file()
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "README.rst" in ci


def test_every_tcperf_command_line_is_understood():
    lines = [line for block in blocks("sh") for line in block.splitlines() if "tcperf run" in line]
    assert lines
    for line in lines:
        words = line.split("tcperf run", 1)[1].split()
        assert parser.parse(["run", *words]).names == []


def test_the_configuration(tmp_path):
    (text,) = blocks("toml")
    path = tmp_path / "tcperf.toml"
    path.write_text(text, "utf-8")
    loaded = config.load(path, tmp_path)
    assert loaded.run.names == ("one_to_one", "idle")
    assert loaded.run.runs == 5
    assert tomllib.loads(text)["params"]["one_to_one"] == {"messages": 50}


def test_the_scenario(tmp_path):
    scenario, emitter = blocks("python")
    (tmp_path / "greeting.py").write_text(scenario, "utf-8")
    greeting = discover([tmp_path]).get("greeting")
    assert greeting.help == "Two accounts greet each other."
    assert "tcperf.greeting.greeting.latency_ms" in greeting.keys(reference=False)
    assert len(scenario.strip().splitlines()) <= 30
    assert "ServiceMessages" in emitter


def test_the_emitter(monkeypatch):
    _scenario, example = blocks("python")
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, write_through=True))
    exec(compile(example, "README.rst", "exec"), {"ServiceMessages": ServiceMessages})
    names = [message.name for message in check_output(raw.getvalue())]
    assert names == [
        "blockOpened",
        "buildStatisticValue",
        "buildStatisticValue",
        "blockClosed",
        "buildStatus",
    ]
    assert statistics_of(raw.getvalue()) == {"package.size_bytes": 48_211, "package.files_count": 12}


@pytest.mark.parametrize("key", [*PHASE_METRICS, *OPERATION_METRICS])
def test_every_published_metric_is_explained(key):
    assert key in METRICS
    assert f"``{key}``" in README


@pytest.mark.parametrize("command", parser.COMMANDS)
def test_every_subcommand_is_named(command):
    assert f"``tcperf {command}``" in README
