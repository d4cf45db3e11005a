"""Reports of a pytest that ended before it could make them."""

import contextlib

import pytest
from suite_records import FACTS, made
from teamcity_parser import check_output

from tcperf import locks, results
from tcperf.errors import NothingMeasuredError, OutputError
from tcperf.model import Unmeasured
from tcperf.reports import write
from tcperf.suite import record, rescue
from tcperf.suite.collected import Told
from tcperf.suite.journal import Journal, Opening

PASSED, ENDED_IN = "a.py::test_send", "a.py::test_exits"


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.delenv("TEAMCITY_VERSION", raising=False)


@pytest.fixture
def folder(tmp_path):
    return write.prepare(tmp_path / "out", "--tcperf-out")


def write_down(folder, *passed, begun=(ENDED_IN,), known=None, gate="exit"):
    journal = Journal(folder.journal, Opening(FACTS, gate, "--tcperf-out", "mine"))
    if known is not None:
        journal.know(known)
    for one in passed:
        journal.begin(one.origin)
        journal.take(Told(one.origin, records=record.dumps((one,)), broken="[]"))
    for test in begun:
        journal.begin(test)
    journal.close()


def test_what_had_been_measured_becomes_reports_that_say_what_they_are(folder, capsys):
    write_down(folder, made(), made("other", "b.py::test_other"), known=5)
    assert rescue.main([str(folder.path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(
        f"tcperf: it ended in {ENDED_IN}: what the 2 tests measured that had passed is in "
    )
    assert told.endswith(
        f"{folder.report_html} and results.json, compared with nothing; 2 tests never began\n"
    )

    result = results.load(folder.results_json)
    assert [phase.name for phase in result.runs[0].phases] == ["send", "other"]
    assert result.unmeasured == (Unmeasured("mine", ENDED_IN, "failed"),)
    assert result.warnings[0] == (
        f"pytest ended before it could report, in {ENDED_IN} (os._exit, a crash or a signal): these are the figures of the "
        "tests that had passed, compared with nothing; 2 tests never began"
    )
    assert "pytest ended before it could report" in folder.report_html.read_text("utf-8")
    assert not folder.journal.exists()
    assert rescue.main([str(folder.path)]) == NothingMeasuredError.exit_status


def test_several_tests_may_have_run_side_by_side(folder, capsys):
    write_down(folder, made(), begun=[f"a.py::test_{number}" for number in range(5)])
    assert rescue.main([str(folder.path)]) == 0
    assert (
        "it ended in a.py::test_0, a.py::test_1, a.py::test_2 and 2 more: what the test"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(("passed", "where"), [((made(),), "after"), ((), "before")])
def test_it_may_end_between_tests(folder, capsys, passed, where):
    write_down(folder, *passed, begun=(), known=len(passed))
    assert rescue.main([str(folder.path)]) == 0
    assert f"it ended {where} a test: " in capsys.readouterr().out


def test_where_no_test_had_passed_there_are_no_reports(folder, capsys):
    write_down(folder, known=2)
    assert rescue.main([str(folder.path)]) == 0
    assert (
        capsys.readouterr().out == f"tcperf: it ended in {ENDED_IN}: no test had passed; 1 test never began\n"
    )
    assert not folder.results_json.exists()
    assert not folder.journal.exists()


@pytest.mark.parametrize(
    ("gate", "is_problem"), [("problem", True), ("exit", True), ("off", False), ("condition", False)]
)
def test_teamcity_is_told_by_the_gate_and_gets_the_reports(folder, capfd, monkeypatch, gate, is_problem):
    monkeypatch.setenv("TEAMCITY_VERSION", "2025.1")
    write_down(folder, made(), gate=gate)
    assert rescue.main([str(folder.path)]) == 0
    published, told = check_output(capfd.readouterr().out.encode())
    assert published.name == "publishArtifacts"
    assert published.argument == f"{folder.path} => mine"
    assert told.name == ("buildProblem" if is_problem else "message")
    text = told["description" if is_problem else "text"]
    assert (
        f"pytest ended before it could report, in {ENDED_IN} (os._exit, a crash or a signal): what the test"
        in text
    )


def test_where_it_cannot_be_written_the_journal_stays(folder, capsys):
    write_down(folder, made())
    folder.results_json.mkdir()
    assert rescue.main([str(folder.path)]) == OutputError.exit_status
    assert "results.json cannot be written" in capsys.readouterr().out
    assert folder.journal.exists()


def test_a_folder_that_another_one_writes_to_is_left_alone(folder, capsys):
    write_down(folder, made())
    with locks.folder_lock(folder.path):
        assert rescue.main([str(folder.path)]) == OutputError.exit_status
    assert "another tcperf is writing" in capsys.readouterr().out
    assert folder.journal.exists()


def test_the_next_run_begins_without_it(folder):
    write_down(folder, made())
    with contextlib.closing(Journal(folder.journal, Opening(FACTS, "off", "--tcperf-out", "x"))):
        pass
    write.prepare(folder.path, "--tcperf-out")
    assert not folder.journal.exists()
