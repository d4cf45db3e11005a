"""docs/reports.rst tells the truth: the columns, files, commands and the Jenkins pipeline are the program's."""

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import attrs
import comparisons as made
import pytest
import samples
from pages import Page

from tcperf import cli, results
from tcperf.cli import parser
from tcperf.comparison import Verdict
from tcperf.gating import Gate
from tcperf.keys import ROOT
from tcperf.measurement import EXACTNESS
from tcperf.reports import builds_html, comparisons_csv, html, junit_cases, markdown, summary_csv, table_csv
from tcperf.reports.folder import Folder
from tcperf.reports.templates import POLICY
from tcperf.units import UNITS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reports.rst").read_text("utf-8")
#: What Jenkins sends with files of a build, unless it is told otherwise.
JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


def section(title):
    """The text below a title, up to the next one."""
    found = re.search(
        rf"^{re.escape(title)}\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    return found[1]


def tables(title):
    """The first columns of a section's tables."""
    found = re.findall(r"^column +meaning\n=[ =]+\n(.*?)^=", section(title), re.MULTILINE | re.DOTALL)
    return [tuple(re.findall(r"^``(\w+)``  ", table, re.MULTILINE)) for table in found]


def header(text):
    return tuple(next(csv.reader(io.StringIO(text, newline=""))))


# --- columns -----------------------------------------------------------------------------------------


def test_the_columns_of_the_long_form_are_those_written_in_their_order():
    own, of_comparison = tables("results.csv")
    assert own + of_comparison == header(table_csv.render(samples.reference_result()))
    assert of_comparison == comparisons_csv.COLUMNS


def test_the_columns_of_comparisons_are_those_written():
    (own,) = tables("compare --format csv")
    assert own + tables("results.csv")[1] == header(comparisons_csv.render(made.paired(pairs=1)))


def test_the_columns_of_the_wide_form_are_those_written():
    (own,) = tables("summary.csv")
    found = header(summary_csv.render([samples.result()]))
    assert own == found[: len(own)] == summary_csv.ABOUT
    assert all(key.startswith(f"{ROOT}.") for key in found[len(own) :])
    assert "``tcperf.one_to_one.messages.sent_bytes``" in section("summary.csv")
    assert "tcperf.one_to_one.messages.sent_bytes" in found
    assert not any(key.endswith("_pct") for key in header(summary_csv.render([made.paired(pairs=1)])))


def test_every_word_that_a_column_may_hold_is_told():
    long = section("results.csv")
    for word in (*EXACTNESS, *UNITS, *Verdict.__args__, "head", "base", table_csv.COMPARISON):
        assert f"``{word}``" in long, word


# --- files -------------------------------------------------------------------------------------------


def test_every_file_is_named():
    told = set(re.findall(r"^``([\w.]+)/?``  ", PAGE.split("On a terminal")[0], re.MULTILINE))
    folder = Folder(Path("x"))
    assert told == {path.name for path in (*folder.reports, folder.series, folder.logs)}


def test_no_title_names_a_file_that_nothing_writes():
    titles = re.findall(r"^([\w.]+\.(?:csv|xml|md|json|html))\n-+$", PAGE, re.MULTILINE)
    folder = Folder(Path("x"))
    assert {"summary.csv", "junit.xml"} <= set(titles) <= {path.name for path in folder.reports}


def test_the_page_of_several_builds_shows_as_many_as_is_said():
    told = section("Several builds")
    assert f"at most {builds_html.MOST_COLUMNS} builds" in told
    assert "time" in told
    assert "lanes" in told


def test_a_comment_is_as_short_as_it_says():
    assert f"{markdown.LIMIT:,} characters" in section("report.md")


def test_how_a_case_ends_is_told_of_every_outcome():
    told = section("junit.xml")
    for tag in ("failure", "error", "skipped"):
        assert f"``<{tag}>``" in told
        assert tag in junit_cases.Outcome.__args__
    result = attrs.evolve(made.paired(pairs=1), left_out=(samples.COLD_START,))
    cases = (each for suite in junit_cases.suites(result, Gate()) for each in suite.cases)
    ends = {each.kind: each.outcome for each in cases}
    assert junit_cases.FAILED in ends
    assert f"``{junit_cases.RUN}``" in told
    rows = re.split(r"\n(?=``<|passed)", told)
    for kind, outcome in ends.items():
        (row,) = [
            row for row in rows if row.startswith(("passed",) if outcome == "passed" else f"``<{outcome}>``")
        ]
        assert kind in row, kind


# --- commands ----------------------------------------------------------------------------------------


def block(language):
    found = re.search(
        rf"^\.\. code-block:: {language}\n(?:   :\w+:.*\n)*\n((?:   .*\n|\n)+)", PAGE, re.MULTILINE
    )
    return re.sub(r"^   ", "", found[1], flags=re.MULTILINE)


def test_several_builds_are_told_as_the_commands_say(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for day in ("monday", "tuesday", "wednesday"):
        (tmp_path / f"{day}.json").write_text(results.dumps(samples.result(runs=1)))
    for line in filter(None, block("sh").splitlines()):
        words, _, target = line.removeprefix("tcperf ").partition(" > ")
        stdout = io.StringIO()
        assert cli.main(words.split(), stdout, io.StringIO(), {}) == 0, line
        if target:
            Path(target).write_text(stdout.getvalue())
    assert {path.name for path in (tmp_path / "builds").iterdir()} == {"builds.html", "summary.csv"}
    assert Path("all.csv").read_text() == (tmp_path / "builds" / "summary.csv").read_text("utf-8")


# --- Jenkins -----------------------------------------------------------------------------------------

PIPELINE = block("groovy")
SHELL = re.findall(r"sh '''\n(.*?)\n\s*'''", PIPELINE, re.DOTALL)


def test_the_pipelines_command_is_understood():
    (line,) = re.findall(r"-m tcperf run (.*)", SHELL[1].replace("\\\n", " "))
    arguments = parser.parse(["run", *line.split()])
    assert (arguments.gate, arguments.junit, arguments.names) == ("off", "auto", [])
    assert arguments.base == ".parent/build/bin/status-backend"


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
@pytest.mark.parametrize("text", SHELL)
def test_a_shell_can_read_the_pipelines_steps(text):
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_pipeline_is_closed_as_it_is_opened():
    """No Groovy runs here; brackets and quotes are what goes wrong by hand."""
    code = re.sub(r"'''.*?'''", "''", PIPELINE, flags=re.DOTALL)
    code = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "", code)
    stack = []
    for letter in re.findall(r"[{}\[\]()]", code):
        if letter in "{[(":
            stack.append(letter)
        else:
            assert stack.pop() + letter in {"{}", "[]", "()"}
    assert stack == []
    assert "'" not in code
    assert '"' not in code


def test_the_pipeline_reads_the_files_that_are_written():
    folder = Folder(Path("tcperf-report"))
    for path in (folder.junit_xml, folder.summary_csv):
        assert f"'{path}'" in PIPELINE
    assert f"reportFiles: '{folder.report_html.name}'" in PIPELINE
    (column,) = re.findall(r"exclusionValues: '([^']*)'", PIPELINE)
    assert column in header(summary_csv.render([samples.result()]))


def test_the_plot_plug_in_finds_its_values_in_the_second_row():
    """It takes labels from the first row and a point from each cell below; only numbers can be drawn."""
    first, *rows = csv.reader(io.StringIO(summary_csv.render([samples.result()]), newline=""))
    assert len(rows) == 1
    drawn = dict(zip(first, rows[0], strict=True))
    assert float(drawn["tcperf.one_to_one.messages.sent_bytes"]) == 420_082


def test_what_the_policies_of_jenkins_allow_is_what_the_page_needs():
    told = section("The same on Jenkins").replace("\n   ", " ")
    assert f"``{JENKINS}``" in told
    (ours,) = re.findall(r'DirectoryBrowserSupport\.CSP="([^"]*)"', told)
    needed = dict(part.strip().split(" ", 1) for part in POLICY.split(";") if part.strip())
    allowed = dict(part.strip().split(" ", 1) for part in ours.split(";") if part.strip())
    assert allowed["default-src"] == needed["default-src"]
    for directive in ("style-src", "img-src"):
        assert set(needed[directive].split()) <= set(allowed[directive].split())
    page = Page(html.render(samples.reference_result(), {}))
    assert page.all("style")
    assert all(link["href"].startswith("data:") for link in page.all("link"))
