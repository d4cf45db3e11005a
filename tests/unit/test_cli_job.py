"""One job without nodes: what is said of the network it gets, and its end on a disk that takes nothing."""

import errno
import io
import os

import attrs
import comparisons
import pytest
import samples
from teamcity_parser import check_output, statistics_of

from tcperf import results, session
from tcperf.cli import job as jobs
from tcperf.cli.job import NO_FRAMES, Job
from tcperf.cli.judge import Judge
from tcperf.cli.node import ChosenNode
from tcperf.cli.report import show
from tcperf.cli.saving import SoFarFile
from tcperf.cli.selection import Selection
from tcperf.cli.terminal import Terminal
from tcperf.config import Config
from tcperf.errors import NodeError, OutputError
from tcperf.interrupts import Interrupts
from tcperf.model import Conditions
from tcperf.network.ground import Ground
from tcperf.nodes.factory import StatusBackend
from tcperf.options import REFERENCE, RunOptions
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
        node=ChosenNode(samples.REFERENCE, StatusBackend(("node",)), 0.02),
        base=None,
        judge=Judge.of(Config(), None, None, reader),
        folder=folder,
        terminal=reader,
        interrupts=Interrupts(),
        command_line=("tcperf",),
    )


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


# --- a full disk -------------------------------------------------------------------------------------


def test_what_was_measured_is_printed_though_it_cannot_be_written(folder, full):
    made, result = job(folder), samples.reference_result()
    full()
    with pytest.raises(
        OutputError, match=r"results\.json cannot be written: No space left on device"
    ) as caught:
        made.report(Outcome(result, ()))
    assert caught.value.exit_status == 3
    told = stdout(made.terminal).decode()
    assert "one_to_one.messages" in told
    assert "report.html" not in told  # there is none


def test_failures_are_told_before_the_disk_is(folder, full):
    made = job(folder)
    full()
    with pytest.raises(OutputError):
        made.report(Outcome(samples.reference_result(), (Failure("idle", NodeError("it ended")),)))
    assert "it ended" in made.terminal.stderr.getvalue()


def test_teamcity_gets_its_statistics_and_is_not_sent_for_a_file_that_is_not_there(folder, full):
    reader = terminal(TEAMCITY_VERSION="1")
    made, result = job(folder, reader=reader), samples.reference_result()
    full()
    with pytest.raises(OutputError):
        made.report(Outcome(result, ()))
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
    assert made.report(Outcome(samples.reference_result(), ())) == 0
    assert "report.html" in stdout(made.terminal).decode()


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
