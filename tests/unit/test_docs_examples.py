"""Every example of README.rst and docs/ is executed, or it is said by what it is held, or why it cannot be.

``doc_examples.HELD`` says so of each block that is not executed here or by tests/integration/test_docs_pages.py.  Commands of
tcperf are read by the program's own parser wherever they stand.
"""

import io
import json
import re
import subprocess
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import doc_examples
import pytest
import samples
from doc_examples import HELD, PLAYED, ROOT, Example, calls, examples, pages

from tcperf import config, results
from tcperf.cli import parser
from tcperf.registry import GROUP, discover

ALL = [each for page in pages() for each in examples(page)]


def is_file(example):
    return example.caption is not None


def read_toml(example, folder):
    """It is one of tcperf's, and says something; or a project's."""
    if example.caption == "pyproject.toml":
        assert tomllib.loads(example.text)["project"]["entry-points"][GROUP]
        return
    (folder / "tcperf.toml").write_text(example.text, "utf-8")
    read = config.load(None, folder)
    assert read != config.Config(file=read.file)


def read_json(example, _folder):
    assert json.loads(example.text)


def read_xml(example, _folder):
    assert len(ET.fromstring(example.text)) > 0


READERS = {"toml": read_toml, "json": read_json, "xml": read_xml}


# --- nothing is left out -----------------------------------------------------------------------------


def test_no_block_is_overlooked():
    for page in pages():
        text = (ROOT / page).read_text("utf-8")
        told = re.findall(r"^ *\.\. (?:code|code-block|sourcecode|literalinclude)::", text, re.MULTILINE)
        assert len([each for each in examples(page) if each.language]) == len(told), page


EXECUTED = {"python", *READERS}


@pytest.mark.parametrize("example", ALL, ids=lambda each: each.place)
def test_every_example_is_executed_or_it_is_said_why_not(example):
    if example.language in EXECUTED:
        return
    if example.page in PLAYED and (example.language == "sh" or is_file(example)):
        return
    assert (example.page, example.first) in HELD, (
        f"{example.place}: execute it, or say in tests/support/doc_examples.py by what it is held or why it cannot be"
    )


@pytest.mark.parametrize(("page", "first"), HELD)
def test_nothing_is_said_of_a_block_that_is_not_there(page, first):
    assert [each.first for each in examples(page)].count(first) >= 1


@pytest.mark.parametrize("way", sorted(set(HELD.values())))
def test_a_block_is_held_by_a_test_that_exists_or_there_is_a_reason(way):
    path, _, name = way.partition("::")
    if path.startswith("tests/"):
        assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8")
    else:
        assert re.match(r"(needs|is|takes|shows) \w+ \w+", way), "a reason in words"


def test_every_page_that_is_played_has_something_to_play():
    for page in PLAYED:
        assert any(
            each.language == "sh" and not is_file(each) and (page, each.first) not in HELD
            for each in examples(page)
        )


# --- shell -------------------------------------------------------------------------------------------

SHELL = [each for each in ALL if each.language in {"sh", "bash", "shell"}]
CALLS = [(each.place, words) for each in SHELL for words in calls(each.text)]


@pytest.mark.parametrize(("place", "words"), CALLS)
def test_every_call_of_tcperf_is_understood(place, words):
    if not {"--help", "--version"} & set(words):
        assert callable(parser.parse(words).command), place


def test_no_call_is_overlooked():
    """Wherever a subcommand follows, and wherever the module is called."""
    pattern = re.compile(rf"(?:\btcperf (?:{'|'.join(parser.COMMANDS)})\b)|(?:-m tcperf(?![.\w]))")
    for each in SHELL:
        lines = [line.partition(" #")[0] for line in each.text.splitlines()]
        assert len(calls(each.text)) >= sum(bool(pattern.search(line)) for line in lines), each.place


@pytest.mark.parametrize("example", SHELL, ids=lambda each: each.place)
def test_every_shell_can_read_it(example):
    done = subprocess.run(["sh", "-n"], input=example.text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", parser.COMMANDS)
def test_every_subcommand_is_shown(command):
    assert any(words[:1] == [command] for _place, words in CALLS)


# --- Python ------------------------------------------------------------------------------------------


def is_typed(each):
    """A file of a page that is played is run by the commands there, with what they give it."""
    return each.page in PLAYED and each.caption is not None and "PHASES = " not in each.text


PYTHON = {
    page: [each for each in ALL if each.page == page and each.language == "python" and not is_typed(each)]
    for page in pages()
}


@pytest.mark.parametrize("page", [page for page, found in PYTHON.items() if found])
def test_every_program_runs(page, tmp_path, monkeypatch):
    """The programs of a page are one after another, beside the report of a run; scenarios are registered."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tcperf-report").mkdir()
    (tmp_path / "tcperf-report" / "results.json").write_text(results.dumps(samples.result()))
    raw, names = io.BytesIO(), {}
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    scenarios = [each for each in PYTHON[page] if "PHASES = " in each.text]
    for example in PYTHON[page]:
        if example not in scenarios:
            exec(compile(example.text, example.place, "exec"), names)
    for number, example in enumerate(scenarios):
        (tmp_path / f"scenario_{number}.py").write_text(example.text, "utf-8")
        assert discover([tmp_path]).get(f"scenario_{number}").keys(reference=False)
    assert raw.getvalue() or scenarios


def test_the_program_that_reads_results_finds_the_statistics(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tcperf-report").mkdir()
    result = samples.result()
    (tmp_path / "tcperf-report" / "results.json").write_text(results.dumps(result))
    where, reading = PYTHON["docs/results_json.rst"]
    exec(compile(where.text, where.place, "exec"), {})
    assert (
        json.loads(Path(capsys.readouterr().out.strip()).read_text("utf-8"))["title"]
        == "results.json, schema 1"
    )
    exec(compile(reading.text, reading.place, "exec"), {})
    told = dict(line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines())
    values = sorted(result.values("one_to_one", "messages", "cpu_ms"))
    assert float(told["one_to_one messages cpu_ms"]) == values[1]
    assert len(told) == sum(len(phase.metrics) for info in result.scenarios for phase in info.phases)


# --- files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "example", [each for each in ALL if each.language in READERS], ids=lambda each: each.place
)
def test_every_file_is_understood(example, tmp_path):
    READERS[example.language](example, tmp_path)


# --- how pages are read ------------------------------------------------------------------------------

PAGE = """\
Title
=====

Say::

   it is so

     and more

.. a comment
.. code-block:: sh
   :caption: bin/x
   :linenos:

   tcperf run \\
     --runs 2 > out.txt

1. Do::

      first

2. .. note:: not an example

And: no :: block.
"""


def test_a_page_is_taken_apart():
    assert doc_examples.parse(PAGE, "p") == [
        Example("p", 4, "", None, "it is so\n\n  and more\n"),
        Example("p", 11, "sh", "bin/x", "tcperf run \\\n  --runs 2 > out.txt\n"),
        Example("p", 18, "", None, "first\n"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tcperf", [[]]),
        ("tcperf run \\\n  --runs 2 > out.txt", [["run", "--runs", "2"]]),
        ("a | tcperf analyze - && tcperf list; true", [["analyze", "-"], ["list"]]),
        ("X=1 .venv/bin/tcperf emit a=1 # tcperf list", [["emit", "a=1"]]),
        ("python -m tcperf --runs 2\nexec python3 -m tcperf.nodes.reference", [["--runs", "2"]]),
        ("timeout 9 tcperf doctor 2>&1", [["doctor", "2"]]),
        ("pip install tcperf\nimport tcperf.tcperf\ncd tcperf", []),
        ("tcperf calibrate >> tcperf.toml", [["calibrate"]]),
    ],
)
def test_calls_are_found_in_a_shells_text(text, found):
    assert calls(text) == found
