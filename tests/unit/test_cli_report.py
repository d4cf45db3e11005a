"""``tcperf report`` as a function: files in, reports and status out."""

import csv
import gzip
import io
import json

import attrs
import comparisons as made
import junit_schema
import pytest
import samples
from teamcity_parser import check_output

from tcperf import cli, results
from tcperf.cli import junit
from tcperf.cli.series import SeriesFiles
from tcperf.cli.terminal import Terminal
from tcperf.errors import OutputError, UsageError
from tcperf.reports import builds_html, html
from tcperf.reports.summary_csv import ABOUT
from tcperf.reports.write import MARKER, Folder, prepare
from tcperf.timeseries import Series

SENT = "tcperf.one_to_one.messages.sent_bytes"


class Call:
    """One call of main: its status and what it wrote."""

    def __init__(self, *argv, env=None, command="report"):
        out = io.BytesIO()
        stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        stderr = io.StringIO()
        self.status = cli.main([command, *map(str, argv)], stdout, stderr, env or {})
        self.raw = out.getvalue()
        self.out = self.raw.decode()
        self.err = stderr.getvalue()


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def saved(path, result):
    """The result in a file, without series that nobody kept."""
    runs = tuple(attrs.evolve(run, series=None) for run in result.runs)
    path.parent.mkdir(exist_ok=True)
    path.write_text(results.dumps(attrs.evolve(result, runs=runs)))
    return path


@pytest.fixture
def worse(tmp_path):
    return saved(tmp_path / "worse" / "results.json", made.paired((made.WORSE,), pairs=10))


@pytest.fixture
def alone(tmp_path):
    return saved(tmp_path / "alone" / "results.json", samples.result(network="host"))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- one result --------------------------------------------------------------------------------------


def test_it_is_told_where_a_change_comes_from_by_the_figures_and_not_by_earlier_words(tmp_path):
    result = samples.paired({"sent_bytes": samples.around(420_000.0, 1.062, 10)})
    earlier = made.comparison("sent_bytes", "worse", effect_pct=6.2, explanation="in words of yesterday")
    call = Call(saved(tmp_path / "earlier" / "results.json", attrs.evolve(result, comparisons=(earlier,))))
    page = (tmp_path / "earlier" / "report.html").read_text()
    for told in (" ".join(call.out.split()), page):
        assert "all of it alice→bob TCP" in told
        assert "yesterday" not in told


def test_all_reports_are_written_beside_it_and_the_table_is_printed(worse):
    call = Call(worse)
    assert (call.status, call.err) == (0, "")
    assert names(worse.parent) == ["report.html", "report.md", "results.csv", "results.json", "summary.csv"]
    assert "WORSE: 1 metric worse" in call.out
    assert (worse.parent / "report.md").read_text("utf-8").startswith("### 🔴 tcperf: WORSE")


def test_as_csv_it_is_the_row_of_the_file(worse):
    call = Call("--format", "csv", worse)
    assert call.status == 0
    assert call.out == (worse.parent / "summary.csv").read_text("utf-8")
    assert next(csv.DictReader(io.StringIO(call.out)))["verdict"] == "worse"


def test_reports_that_cannot_be_written_are_told_after_the_figures(worse):
    (worse.parent / "report.html").mkdir()
    for form in ("csv", "console"):
        call = Call("--format", form, "--junit", "--", worse)
        assert call.status == 3
        assert "report.html cannot be written" in call.err
        assert "worse" in call.out.lower()
        junit_schema.check((worse.parent / "junit.xml").read_text("utf-8"))


def test_test_results_go_among_the_reports_or_into_a_file(worse, tmp_path):
    assert Call(worse, "--junit").status == 0
    inside = (worse.parent / "junit.xml").read_text("utf-8")
    assert junit_schema.check(inside).get("failures") == "1"
    assert Call(f"--junit={tmp_path / 'ci.xml'}", worse).status == 0
    assert (tmp_path / "ci.xml").read_text("utf-8") == inside


def test_reports_written_again_leave_the_test_results_that_are_there(worse):
    Call(worse, "--junit")
    Call(worse)
    assert (worse.parent / "junit.xml").exists()


def test_a_result_is_not_taken_for_the_file_of_test_results(worse):
    """What was measured must not be written over."""
    before = worse.read_bytes()
    assert Call("--junit", worse).status == 0
    assert (worse.parent / "junit.xml").exists()
    call = Call(f"--junit={worse}", worse)
    assert call.status == 2
    assert "argument --junit: " in call.err
    assert "is no .xml file (write --junit=FILE.xml, or the option behind all names)" in call.err
    assert worse.read_bytes() == before


@pytest.mark.parametrize("name", ["report.md", "summary.csv", "results.csv", "report.html"])
def test_somebody_elses_file_beside_a_result_is_not_written_over(worse, name):
    theirs = worse.parent / name
    theirs.write_text("mine")
    call = Call(worse)
    assert call.status == 3
    assert (
        f"{name} is there, and tcperf report did not make it (choose another folder with --out)" in call.err
    )
    assert theirs.read_text() == "mine"
    assert names(worse.parent) == sorted(["results.json", name])
    assert Call(worse, "--out", "again").status == 0


def test_what_was_measured_is_never_written_again(worse, tmp_path):
    """Another release may have written what this one does not know."""
    worse.write_text(json.dumps({**json.loads(worse.read_text()), "of_another_release": [1]}, indent=9))
    worse.chmod(0o444)
    before, mode = worse.read_bytes(), worse.stat().st_mode
    assert Call(worse).status == Call("--format", "csv", worse).status == 0
    assert (worse.read_bytes(), worse.stat().st_mode) == (before, mode)
    assert Call(worse, "--out", "again").status == 0
    assert (tmp_path / "again" / "results.json").read_bytes() == before


def test_somebody_elses_xml_file_is_no_place_for_test_results(worse, tmp_path):
    theirs = tmp_path / "pom.xml"
    theirs.write_text("<project/>")
    for words, command in (([worse], "report"), ([worse, worse], "compare")):
        call = Call("--junit=pom.xml", *words, command=command)
        assert call.status == 3
        assert "pom.xml is there, and holds no test results of tcperf" in call.err
    assert theirs.read_text() == "<project/>"


def test_the_folder_of_the_test_results_is_made(worse, tmp_path):
    assert Call(worse, "--junit=new/dir/x.xml").status == 0
    assert Call(worse, worse, "--junit=other/dir/x.xml", command="compare").status == 1
    for folder in ("new", "other"):
        assert (tmp_path / folder / "dir" / "x.xml").exists()


def test_the_verdict_is_told_where_a_comparison_cannot_be_written(worse, tmp_path):
    (tmp_path / "file").write_text("")
    call = Call(worse, worse, "--junit=file/x.xml", command="compare")
    assert call.status == 3
    assert "WORSE: 1 metric worse" in call.out
    assert "(name a file that you can write with --junit=FILE.xml)" in call.err
    for form, told in (("console", "WORSE: 1 metric worse"), ("csv", ",worse,")):
        call = Call(worse, worse, "--format", form, "--out", "file/x", "--junit=a.xml", command="compare")
        assert call.status == 3
        assert told in call.out
        assert "report: " not in call.out
        assert "cannot be " in call.err or "is no folder" in call.err
        assert (tmp_path / "a.xml").exists()


def test_reports_of_a_comparison_that_fail_midway_are_told_behind_the_verdict(worse, tmp_path, monkeypatch):
    def full(*_arguments):
        raise OutputError("there is no space left")

    monkeypatch.setattr(html, "render", full)
    call = Call(worse, worse, "--out", "o", command="compare")
    assert call.status == 3
    assert "WORSE: 1 metric worse" in call.out
    assert "report: " not in call.out
    assert "there is no space left" in call.err
    call = Call(worse, worse, "--format", "teamcity", command="compare")
    assert call.status == 3
    assert len([each for each in check_output(call.raw) if each.name == "buildProblem"]) == 2


def test_under_teamcity_it_is_published_with_the_reports(worse):
    call = Call("--format", "teamcity", worse, "--junit")
    assert call.status == 0
    check_output(call.raw)
    assert (worse.parent / "junit.xml").exists()


def test_compare_writes_test_results_too(worse, tmp_path):
    assert Call("--junit", "--out", "o", worse, worse, command="compare").status == 1
    assert junit_schema.check((tmp_path / "o" / "junit.xml").read_text("utf-8")).get("failures") == "1"
    assert Call(worse, worse, "--junit=x.xml", command="compare").status == 1
    assert (tmp_path / "x.xml").exists()
    call = Call(worse, worse, "--junit", command="compare")
    assert call.status == 2
    assert "--junit has no folder to be written into" in call.err


def test_a_comparison_that_is_refused_is_an_error_among_the_test_results(worse, alone, tmp_path):
    call = Call(alone, worse, "--junit=x.xml", command="compare")
    assert call.status == 4
    assert int(junit_schema.check((tmp_path / "x.xml").read_text("utf-8")).get("errors")) > 0


# --- where the test results go -----------------------------------------------------------------------


def test_the_option_is_a_file_or_the_one_among_the_reports(tmp_path):
    folder = Folder(tmp_path / "out")
    assert junit.place(junit.asked("auto", tmp_path), folder) == tmp_path / "out" / "junit.xml"
    assert junit.place(junit.asked("a/b.XML", tmp_path), folder) == tmp_path / "a" / "b.XML"
    assert junit.place(junit.asked(None, tmp_path), folder) is None
    assert junit.place(junit.asked("a.xml", tmp_path), None) == tmp_path / "a.xml"
    with pytest.raises(UsageError, match="no folder"):
        junit.place("auto", None)
    with pytest.raises(UsageError, match=r"argument --junit: '' is no \.xml file"):
        junit.asked("", tmp_path)


# --- for whom lines are redrawn -----------------------------------------------------------------------


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stderr", "env", "live"),
    [
        (Tty, {}, True),
        (Tty, {"CI": ""}, True),
        (Tty, {"NO_COLOR": "1"}, True),
        (Tty, {"CI": "true"}, False),
        (Tty, {"TERM": "dumb"}, False),
        (Tty, {"TEAMCITY_VERSION": "2026.1"}, False),
        (io.StringIO, {}, False),
    ],
)
def test_lines_are_redrawn_for_a_person_at_a_terminal_alone(stderr, env, live):
    assert Terminal(io.StringIO(), stderr(), env).live is live


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"CI": ""}, True), ({"CI": "true"}, False)])
def test_a_table_has_colours_on_a_terminal_but_in_the_log_of_ci(alone, monkeypatch, env, coloured):
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    stdout = Tty()
    assert cli.main(["report", str(alone)], stdout, io.StringIO(), env) == 0
    assert ("\x1b[" in stdout.getvalue()) is coloured
    assert "one_to_one.messages" in stdout.getvalue()


# --- curves ------------------------------------------------------------------------------------------


def test_series_are_read_when_they_are_asked_for_and_a_missing_one_is_warned_of_once(tmp_path):
    result, folder = samples.result(runs=2), prepare(tmp_path / "out")
    first, *others = result.runs
    document = {"schema": 1, "run": first.id, "interval_ms": 50, "nodes": {}}
    kept = folder.series / f"{first.id}.json.gz"
    kept.write_bytes(gzip.compress(json.dumps(document).encode("ascii")))
    stderr = io.StringIO()
    found = SeriesFiles(result, folder, Terminal(io.StringIO(), stderr, {}))
    assert len(found) == len(result.runs)
    assert stderr.getvalue() == ""
    assert found[first.id] == Series(first.id, 50, {})
    assert found.get(others[0].id) is None
    assert others[0].id not in found
    assert first.id in found
    assert stderr.getvalue().count("warning: no curves of ") == 1
    told = f"no curves of {others[0].id} and {len(others) - 1} more: the files are not in {folder.series}"
    assert told in stderr.getvalue()
    assert list(found) == [first.id]
    assert found.get("unknown") is None
    assert 7 not in found


def test_a_single_series_that_is_missing_and_one_that_is_damaged_are_told_by_themselves(tmp_path):
    result, folder = samples.result(runs=1), prepare(tmp_path / "out")
    missing, damaged = result.runs
    (folder.series / f"{damaged.id}.json.gz").write_bytes(b"nothing of ours")
    stderr = io.StringIO()
    found = SeriesFiles(result, folder, Terminal(io.StringIO(), stderr, {}))
    assert [found.get(run.id) for run in (missing, damaged, missing, damaged)] == [None] * 4
    first, second = stderr.getvalue().splitlines()
    assert f"no curves of {missing.id}: the file is not in {folder.series}" in first
    assert f"no curves of {damaged.id}: " in second
    assert list(found) == []


# --- several results ---------------------------------------------------------------------------------


@pytest.fixture
def three(tmp_path):
    """Three results of three days."""
    found = []
    for day, factor in ((25, 1), (26, 3), (27, 2)):
        result = samples.result(runs=factor)
        tool = attrs.evolve(result.tool, started=f"2026-11-{day}T02:14:07+00:00")
        found.append(saved(tmp_path / f"{day}.json", attrs.evolve(result, tool=tool)))
    return found


def test_several_are_told_side_by_side_and_nothing_is_written(three, tmp_path):
    call = Call(*three)
    assert (call.status, call.err) == (0, "")
    assert "3 to 1" in call.out
    assert call.out.startswith("  1  4c6ca00520e0  2026-11-25 02:14  ")
    assert names(tmp_path) == ["25.json", "26.json", "27.json"]


def test_of_several_a_page_and_a_row_each_are_written_where_that_is_asked_for(three, tmp_path):
    call = Call("--out", "side", *three)
    assert call.status == 0
    assert f"written: {tmp_path / 'side' / 'builds.html'}" in call.err
    assert names(tmp_path / "side") == ["builds.html", "summary.csv"]
    text = (tmp_path / "side" / "summary.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["started"][:10] for row in rows] == ["2026-11-25", "2026-11-26", "2026-11-27"]
    assert all(float(row[SENT]) > 400_000 for row in rows)
    assert Call("--out", "side", *three[1:]).status == 0  # ours may be written over
    assert Call("--format", "csv", *three).out.splitlines()[0].startswith(",".join(ABOUT))


def test_a_folder_of_a_run_or_of_somebody_else_is_left_alone(three, tmp_path):
    run = prepare(tmp_path / "run")
    call = Call("--out", run.path, *three)
    assert call.status == 3
    assert "holds the reports of a run" in call.err
    assert names(run.path) == [MARKER, "logs", "series"]
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("summary.csv", "builds.html"):
        (theirs / name).write_text("theirs")
        call = Call("--out", theirs, *three)
        assert call.status == 3
        assert f"{name} is there, and tcperf report did not make it" in call.err
        assert (theirs / name).read_text() == "theirs"
        (theirs / name).unlink()
    (theirs / "builds.html").mkdir()
    assert Call("--out", theirs, *three).status == 3
    (tmp_path / "file").write_text("")
    assert "cannot be made" in Call("--out", tmp_path / "file" / "x", *three).err


def test_the_table_of_several_is_told_where_their_page_cannot_be_written(three, monkeypatch):
    def full(_found):
        raise OutputError("there is no space left")

    monkeypatch.setattr(builds_html, "render", full)
    call = Call("--out", "side", *three)
    assert call.status == 3
    assert "3 to 1" in call.out
    assert "there is no space left" in call.err
    assert "written: " not in call.err


def test_of_several_there_are_no_test_results(three):
    call = Call(*three, "--junit")
    assert call.status == 2
    assert "--junit is about one result" in call.err


def test_of_several_there_are_no_statistics(three):
    call = Call("--format", "teamcity", *three)
    assert call.status == 2
    assert "buildProblem" in call.out
    assert "--format teamcity tells one result" in call.out
    assert "3 to 1" not in call.out


def test_a_file_that_is_no_result_is_named(three, tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    call = Call(three[0], tmp_path / "bad.json")
    assert call.status != 0
    assert "bad.json" in call.err
    assert call.out == ""


def test_several_under_teamcity_are_neutral_text(three, tmp_path):
    text = "##teamcity[buildStatus status='SUCCESS']"
    hostile = saved(tmp_path / "hostile.json", samples.hostile(text))
    call = Call(hostile, three[0], env={"TEAMCITY_VERSION": "2026.1"})
    assert call.status == 0
    assert check_output(call.raw) == []
    assert "##_teamcity[" in call.out
    call = Call("--format", "csv", hostile, three[0], env={"TEAMCITY_VERSION": "2026.1"})
    assert b"##teamcity[" not in call.raw
