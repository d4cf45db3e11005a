"""One job without nodes: what is said of the network it gets, and its end on a disk that takes nothing."""

import errno
import io
import os

import attrs
import comparisons
import pytest
import samples
from players import plan
from teamcity_parser import check_output, statistics_of

from tcperf import results, session
from tcperf.cli import job as jobs
from tcperf.cli.ending import Ending
from tcperf.cli.job import NO_FRAMES, Job
from tcperf.cli.judge import Judge, Judged
from tcperf.cli.node import ChosenNode
from tcperf.cli.report import show
from tcperf.cli.saving import SoFarFile
from tcperf.cli.selection import Selection
from tcperf.cli.terminal import Terminal
from tcperf.config import Config
from tcperf.errors import NodeError, NotSupportedError, OutputError
from tcperf.estimate import Pace
from tcperf.interrupts import Interrupts
from tcperf.model import Conditions, Unsupported
from tcperf.network.ground import Ground
from tcperf.nodes.factory import StatusBackend
from tcperf.options import REFERENCE, RunOptions
from tcperf.plan import Plan
from tcperf.registry import discover
from tcperf.reports.write import prepare
from tcperf.session import Failure, Outcome


@pytest.fixture
def folder(tmp_path):
    return prepare(tmp_path / "out")


@pytest.fixture
def full(monkeypatch):
    """A disk that takes no more, from the first call on."""

    def fail(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill():
        monkeypatch.setattr(os, "fsync", fail)

    return fill


def terminal(**env):
    return Terminal(io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO(), env)


def stdout(of):
    of.stdout.flush()
    return of.stdout.buffer.getvalue()


def job(folder, options=RunOptions(), reader=None):  # noqa: B008 - frozen
    reader = reader or terminal()
    return Job(
        selection=Selection(Config(), options, discover(()), REFERENCE),
        plans=[],
        node=ChosenNode(samples.REFERENCE, StatusBackend(("node",)), Pace(0.02)),
        base=None,
        judge=Judge.of(Config(), None, None, reader),
        folder=folder,
        terminal=reader,
        interrupts=Interrupts(),
        command_line=("tcperf",),
    )


def ending(of):
    return Ending(of.selection, of.judge, of.folder, of.terminal)


# --- frames that cannot be kept ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pcap", "mode", "warned"),
    [("headers", "host", True), ("full", "host", True), (None, "host", False), ("full", "private", False)],
)
def test_where_the_network_is_the_hosts_after_all_nobody_waits_for_a_capture(
    folder, monkeypatch, pcap, mode, warned
):
    ground = Ground(mode, Conditions(mode), ("no frame was counted",))
    monkeypatch.setattr(jobs, "choose_ground", lambda _asked, _link: ground)
    seen = []

    def run(self, _plans):
        seen.extend(self.warnings)
        return Outcome(None, ())

    monkeypatch.setattr(session.Session, "run", run)
    made = job(folder, RunOptions(pcap=pcap))
    made.measure()
    assert seen == ["no frame was counted", *([NO_FRAMES] if warned else [])]  # and so in every report
    assert (f"warning: {NO_FRAMES}" in made.terminal.stderr.getvalue()) is warned


# --- pairs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "warned"),
    [
        (4, "with 4 pairs nothing can be WORSE, BETTER or OK, whatever changed"),
        (7, "with 7 pairs nothing can be WORSE or BETTER, whatever changed"),
        (8, None),
        (None, None),
    ],
)
def test_pairs_that_can_prove_nothing_are_warned_of_before_they_are_played(
    folder, monkeypatch, pairs, warned
):
    monkeypatch.setattr(
        jobs, "choose_ground", lambda _asked, _link: Ground("private", Conditions("private"), ())
    )
    monkeypatch.setattr(session.Session, "run", lambda _self, _plans: Outcome(None, ()))
    made = job(folder, RunOptions(pairs=pairs))
    attrs.evolve(made, base=made.node).measure()
    told = made.terminal.stderr.getvalue()
    assert (f"warning: {warned}" in told) if warned else ("nothing can be" not in told)


@pytest.mark.parametrize(("runs", "is_warned"), [(1, True), (3, True), (4, True), (5, False)])
@pytest.mark.parametrize("with_baseline", [True, False])
def test_runs_that_can_prove_nothing_beside_an_earlier_result_are_warned_of_before_they_are_played(
    folder, monkeypatch, runs, is_warned, with_baseline
):
    monkeypatch.setattr(
        jobs, "choose_ground", lambda _asked, _link: Ground("private", Conditions("private"), ())
    )
    monkeypatch.setattr(session.Session, "run", lambda _self, _plans: Outcome(None, ()))
    made = job(folder)
    judge = attrs.evolve(made.judge, baseline=samples.result() if with_baseline else None)
    attrs.evolve(made, plans=[attrs.evolve(plan(), runs=runs)], judge=judge).measure()
    told = made.terminal.stderr.getvalue()
    assert ("nothing can be WORSE, BETTER or OK" in told) is (is_warned and with_baseline)
    assert ("(--runs 5 or more)" in told) is (is_warned and with_baseline)


def test_pairs_that_prove_nothing_beside_the_other_scenarios_are_warned_of(folder, monkeypatch):
    monkeypatch.setattr(
        jobs, "choose_ground", lambda _asked, _link: Ground("private", Conditions("private"), ())
    )
    monkeypatch.setattr(session.Session, "run", lambda _self, _plans: Outcome(None, ()))
    shipped = discover(())
    plans = [
        Plan(each, each.params_type(), 1) for each in map(shipped.get, ("one_to_one", "cold_start", "burst"))
    ]
    made = job(folder, RunOptions(pairs=8))
    attrs.evolve(made, base=made.node, plans=plans).measure()
    assert "nothing can be WORSE, whatever changed" not in made.terminal.stderr.getvalue(), (
        "12 beside the largest"
    )
    more = [
        *plans,
        *(attrs.evolve(plans[1], scenario=attrs.evolve(plans[1].scenario, name="more")) for _one in "1"),
    ]
    attrs.evolve(made, base=made.node, plans=more).measure()
    assert "with 8 pairs nothing can be WORSE, whatever changed" in made.terminal.stderr.getvalue()


# --- a full disk -------------------------------------------------------------------------------------


def test_what_was_measured_is_printed_though_it_cannot_be_written(folder, full):
    made, result = job(folder), samples.reference_result()
    full()
    with pytest.raises(
        OutputError, match=r"results\.json cannot be written: No space left on device"
    ) as caught:
        ending(made).report(Outcome(result, ()))
    assert caught.value.exit_status == 3
    told = stdout(made.terminal).decode()
    assert "one_to_one.messages" in told
    assert "report.html" not in told  # there is none


def test_failures_are_told_before_the_disk_is(folder, full):
    made = job(folder)
    full()
    with pytest.raises(OutputError):
        ending(made).report(Outcome(samples.reference_result(), (Failure("idle", NodeError("it ended")),)))
    assert "it ended" in made.terminal.stderr.getvalue()


def test_teamcity_gets_its_statistics_and_is_not_sent_for_a_file_that_is_not_there(folder, full):
    reader = terminal(TEAMCITY_VERSION="1")
    made, result = job(folder, reader=reader), samples.reference_result()
    full()
    with pytest.raises(OutputError):
        ending(made).report(Outcome(result, ()))
    told = stdout(reader)
    assert "tcperf.reference.one_to_one.messages.time_ms" in statistics_of(told)
    assert [message.argument for message in check_output(told) if message.name == "publishArtifacts"] == [
        f"{folder.path} => tcperf"
    ]


def test_a_report_that_fails_after_the_figures_still_prints_them(folder, monkeypatch):
    made, result = job(folder), samples.reference_result()
    folder.report_html.mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(OutputError, match=r"report\.html"):
        show(result, {}, folder, made.terminal)
    assert results.load(folder.results_json) == result
    assert "one_to_one.messages" in stdout(made.terminal).decode()


def test_a_whole_end_is_as_ever(folder):
    made = job(folder)
    assert ending(made).report(Outcome(samples.reference_result(), ())) == 0
    assert "report.html" in stdout(made.terminal).decode()


# --- how TeamCity is told -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problems", "failures", "tags"),
    [
        (RunOptions(), 1, 0, 0),
        (RunOptions(as_tests=True), 0, 1, 0),
        (RunOptions(as_tests=False, tag=True), 1, 0, 1),
        (RunOptions(as_tests=True, tag=True), 0, 1, 1),
    ],
)
def test_teamcity_is_told_of_a_regression_as_the_options_say(
    folder, monkeypatch, options, problems, failures, tags
):
    reader, result = terminal(TEAMCITY_VERSION="1"), comparisons.paired((comparisons.WORSE,))
    monkeypatch.setattr(Judge, "judge", lambda self, judged, _today: Judged(judged, self.gate))
    assert ending(job(folder, options, reader)).report(Outcome(result, ())) == 0
    names = [message.name for message in check_output(stdout(reader))]
    assert [names.count(name) for name in ("buildProblem", "testFailed", "addBuildTag")] == [
        problems,
        failures,
        tags,
    ]


# --- pairs so far ------------------------------------------------------------------------------------


def test_pairs_go_on_where_they_cannot_be_saved_and_that_is_warned_of_once(folder, full, monkeypatch):
    reader, first = terminal(), comparisons.clean()
    saving = SoFarFile(folder, reader)
    saving.save(first)
    full()
    for _pair in range(3):
        saving.save(attrs.evolve(first, warnings=("later",)))
    assert reader.stderr.getvalue().count("the results so far are not saved: ") == 1
    assert "No space left on device" in reader.stderr.getvalue()
    assert results.load(folder.results_json) == first
    monkeypatch.undo()
    saving.save(attrs.evolve(first, warnings=("later",)))
    assert results.load(folder.results_json).warnings == ("later",)


LACKING = Failure("cold_start", NotSupportedError("not supported by this node: it needs private groups"))


def test_what_the_node_cannot_play_breaks_nothing_where_something_else_was_measured(folder):
    made = job(folder)
    result = attrs.evolve(
        samples.reference_result(), unsupported=(Unsupported(samples.COLD_START, LACKING.error.message),)
    )
    assert ending(made).report(Outcome(result, (), unsupported=(LACKING,))) == 0
    assert LACKING.error.message in stdout(made.terminal).decode()
    assert "logs" not in made.terminal.stderr.getvalue()
    assert results.load(folder.results_json).unsupported == result.unsupported


@pytest.mark.parametrize("env", [{}, {"TEAMCITY_VERSION": "1"}])
def test_where_nothing_else_was_measured_it_is_never_green(folder, env):
    made = job(folder, reader=terminal(**env))
    assert ending(made).report(Outcome(None, (), unsupported=(LACKING,))) == 3
    told = stdout(made.terminal).decode() + made.terminal.stderr.getvalue()
    assert told.count(LACKING.error.message) == 1
    problems = [each for each in check_output(told.encode()) if each.name == "buildProblem"] if env else []
    assert [each["identity"] for each in problems] == (["tcperf_cold_start_not_supported"] if env else [])


def test_what_failed_beside_it_is_the_problem_and_it_is_told(folder):
    made = job(folder)
    failed = Failure("idle", NodeError("alice died"))
    assert ending(made).report(Outcome(None, (failed,), unsupported=(LACKING,))) == 3
    assert f"warning: {LACKING.error.message}" in made.terminal.stderr.getvalue()
    assert "alice died" in made.terminal.stderr.getvalue()
