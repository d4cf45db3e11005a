"""Hostile names in scenarios, nodes, versions and warnings: harmless text in every format, and under TeamCity.

One result, one text at every place where text that is not ours may stand; every file that is written, and what is
printed, is held against the reader that would act on it.
"""

import csv
import io
import json
import re

import attrs
import comparisons as made
import junit_schema
import pytest
import samples
from pages import Page
from teamcity_parser import check_output

from tcperf import cli, results
from tcperf.gating import Gate
from tcperf.reports import (
    builds_html,
    comparisons_csv,
    console,
    console_builds,
    html,
    junit,
    markdown,
    summary_csv,
    table_csv,
)
from tcperf.reports.builds import gather

#: What readers of text act on: markup, formulas, service messages, the terminal, the order of letters.
TEXTS = (
    *samples.HOSTILE,
    "\t=1+1",
    "  =HYPERLINK(1)",
    "@SUM(A1)",
    "-2+3+cmd|' /C calc'!A0",
    "\u200f\u202eright to left\u2069\u061c",
    "\u05e9\u05dc\u05d5\u05dd",
    "# heading\n- item\n> quotation",
    "</details></table></script>",
    "| a | b |\n|---|---|",
    "`code` [link](https://evil.example) ![x](y) @everyone #1 GH-2",
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "\x9b31m\x90q\x9c",
    "\ud800\udc00\ud800",
)
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
OURS = {"<details>", "</details>", "<summary>", "</summary>", "<!-- -->"}


def result(text):
    """Runs, a comparison, a scenario that was not compared and warnings, all of the text; beside it honest verdicts."""
    hostile = samples.hostile(text)
    names = {"scenario": text, "phase": text, "metric": text, "key": text, "note": text, "explanation": text}
    told = tuple(attrs.evolve(each, **names) for each in (made.WORSE, made.OVER, made.UNSURE, made.LOST))
    return attrs.evolve(
        hostile,
        subjects={**hostile.subjects, "base": hostile.subjects["head"]},
        comparisons=(*told, *hostile.comparisons, *made.ALL),
    )


def csv_is_harmless(text):
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert not re.match(r"\s*[=+@＝＋＠]", cell)
            assert not re.match(r"\s*[-－]", cell) or float(cell) < 0
            assert all(letter.isprintable() for letter in cell)


def markdown_is_harmless(text):
    assert len(text) <= 65_000
    bare = re.sub(r"`[^`\n]*`", "", text)
    assert set(re.findall(r"<[^>]*>", bare)) <= OURS
    assert bare.count("<details>") == bare.count("</details>")
    assert "://" not in bare
    assert re.search(r"@\w|(?<!#)#\d|(?<!\\)\]\(|GH-\d", bare) is None
    for line in text.splitlines():
        assert re.match(r"(?:\s*>|\s*#{1,6} (?!\S* ?tcperf: ))", line) is None, line
        assert re.match(r"- (?:[#+>-]|\d+[.)]) ", line) is None, line


def console_is_harmless(text):
    for line in text.splitlines():
        assert line.isprintable()
        assert len(line) <= 80
    assert "##teamcity[" not in text


def page_is_harmless(text):
    assert "<script>alert" not in text
    assert "onerror=alert(1)>" not in text.replace("&#34;&gt;", "")
    Page(text)


def junit_is_harmless(text):
    root = junit_schema.check(text)
    assert len(root.findall(".//testcase")) > 5
    assert "<!ENTITY" not in text
    assert "<![CDATA[" not in text


FORMATS = {
    "results.csv": (table_csv.render, csv_is_harmless),
    "summary.csv": (lambda found: summary_csv.render([found]), csv_is_harmless),
    "comparisons.csv": (comparisons_csv.render, csv_is_harmless),
    "report.md": (markdown.render, markdown_is_harmless),
    "report.html": (lambda found: html.render(found, {}), page_is_harmless),
    "junit.xml": (lambda found: junit.render(found, Gate()), junit_is_harmless),
    "console": (console.render, console_is_harmless),
    "builds.html": (lambda found: builds_html.render(gather([("a", found), ("b", found)])), page_is_harmless),
    "builds": (
        lambda found: console_builds.render(gather([("a", found), ("b", found)])),
        console_is_harmless,
    ),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_it_is_harmless_text(name, text):
    render, check = FORMATS[name]
    found = render(result(text))
    assert UNSAFE.search(found) is None
    found.encode("utf-8")
    check(found)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_the_results_file_is_ascii_and_holds_it_unchanged(text):
    """results.json is for programs: it keeps what was measured, escaped."""
    found = results.dumps(result(text))
    assert found.isascii()
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]", found) is None
    assert json.loads(found)["warnings"] == [json.loads(json.dumps(text))]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("form", ["console", "csv"])
def test_what_a_program_prints_holds_no_message_of_somebody_elses(text, form, tmp_path, monkeypatch):
    """As the program runs under TeamCity: what it prints of two results side by side is neutral text."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(results.dumps(result(text)))
    out = io.BytesIO()
    stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    argv = ["report", "--format", form, "a.json", "a.json"]
    assert cli.main(argv, stdout, io.StringIO(), {"TEAMCITY_VERSION": "2026.1"}) == 0
    assert b"##teamcity[" not in out.getvalue()
    assert check_output(out.getvalue()) == []


def test_a_long_name_takes_no_more_room_than_it_is_worth():
    long = result("x" * 10_000)
    for name in ("report.md", "junit.xml", "console", "builds.html", "builds"):
        render, _check = FORMATS[name]
        assert len(render(long)) < 150_000, name
    assert len(html.render(long, {})) < 400_000
