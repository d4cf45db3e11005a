"""The crew, with real processes in its lanes that only play at playing."""

import json
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import attrs
import pytest
import samples
from processes import await_gone

from tcperf import events
from tcperf.crew import Crew
from tcperf.definition import Scenario
from tcperf.errors import Interrupted, MachineError, NodeError, TcperfError
from tcperf.interrupts import Interrupts
from tcperf.lanes import crew as crew_module
from tcperf.lanes.crew import LaneCrew
from tcperf.lanes.setup import Setup
from tcperf.nodes.factory import reference_node
from tcperf.plan import Assignment, Plan
from tcperf.results import run_document
from tcperf.runner import Folders
from tcperf.scenario import Phase

SUPPORT = Path(__file__).parents[1] / "support"


@attrs.frozen
class Params:
    act: str
    diary: str


TRIAL = Scenario("trial", "a trial", (Phase("all", publish=True),), Params, lambda *_: None, "tests")


class Stage:
    """A crew of fake workers, its diary and what it observed."""

    def __init__(self, folder, interrupts, lanes, **options):
        self.diary_path = folder / "diary"
        (folder / "run.json").write_text(json.dumps(run_document(samples.run(samples.ONE_TO_ONE, 1))))
        self.seen = []
        self.said = []
        setup = Setup("private", reference_node("2024-10"), Folders(folder / "series", folder / "logs"))
        self.crew = LaneCrew(
            lanes,
            setup,
            self.seen.append,
            interrupts,
            say=self.said.append,
            module="fake_worker",
            **options,
        )
        self.number = 0

    def assignment(self, act, lane, **more):
        self.number += 1
        return Assignment(
            Plan(TRIAL, Params(act, str(self.diary_path)), 1), "head", self.number, lane=lane, **more
        )

    def play(self, *acts):
        """A round with an act for each lane."""
        return self.crew.play([self.assignment(act, lane) for lane, act in enumerate(acts)])

    @property
    def diary(self):
        """Who did what, in order of time."""
        rows = [line.split() for line in self.diary_path.read_text().splitlines()]
        return [(int(lane), word) for lane, word, _ns in sorted(rows, key=lambda row: int(row[2]))]

    def times(self, word):
        """When each lane did it, in seconds."""
        rows = [line.split() for line in self.diary_path.read_text().splitlines()]
        return {int(lane): int(ns) / 1e9 for lane, done, ns in rows if done == word}


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    made = []

    def make(lanes=3, **options):
        stage = Stage(tmp_path, interrupts, lanes, **options)
        made.append(stage)
        return stage

    with Interrupts() as interrupts:
        yield make
        pids = [pid for each in made for pid in each.crew.pids.values()]
        for each in made:
            with suppress(Interrupted):  # once more, after a signal
                each.crew.close()
    assert await_gone(pids) == []


def test_a_round_is_played_and_told_in_its_order(stage):
    made = stage()
    assignments = [
        attrs.evolve(made.assignment("run", lane), pair=pair, side=side)
        for lane, pair, side in [(2, 0, "base"), (0, 0, "head"), (1, 1, "base")]
    ]
    performances = made.crew.play(assignments)
    assert [each.assignment for each in performances] == assignments
    assert [each.run.lane for each in performances] == [2, 0, 1]
    assert [each.run.pair for each in performances] == [0, 0, 1]
    assert performances[0].generations == ("generation of base",)
    assert [each.error for each in performances] == [None, None, None]


def test_it_is_a_crew(stage):
    made: Crew = stage(lanes=2).crew
    assert made.lanes == 2
    with made as entered:
        assert entered is made


def test_a_smaller_round_starts_no_more_workers(stage):
    made = stage()
    made.play("run")
    assert set(made.crew.pids) == {0}


def test_a_worker_plays_round_after_round(stage):
    made = stage(lanes=2)
    made.play("run", "run")
    before = dict(made.crew.pids)
    numbers = [each.run.id for each in made.play("run", "run")]
    assert made.crew.pids == before
    assert numbers == ["one_to_one-3", "one_to_one-4"]


@pytest.mark.parametrize("lanes", [[0, 0], [0, 3], [-1]])
def test_a_round_that_does_not_fit(stage, lanes):
    made = stage()
    with pytest.raises(ValueError, match="lanes"):
        made.crew.play([made.assignment("run", lane) for lane in lanes])


def test_an_empty_round(stage):
    assert stage().crew.play([]) == []


def test_they_begin_together_and_end_together(stage):
    made = stage()
    made.play("meet,end,run", "dawdle,meet,end,run", "meet,dawdle,end,run")
    words = [word for _lane, word in made.diary]
    assert words.index("past-begin") > max(place for place, word in enumerate(words) if word == "at-begin")
    assert words.index("past-end") > max(place for place, word in enumerate(words) if word == "at-end")


def test_they_do_not_begin_at_the_very_same_moment(stage):
    """Each a while after the one before: those that send in step would be in each other's way."""
    made = stage()
    made.play("meet,run", "meet,run", "meet,run")
    past = made.times("past-begin")
    last = max(made.times("at-begin").values())
    for place, lane in enumerate(sorted(past)):
        assert past[lane] - last >= place * crew_module._STAGGER_S


@pytest.mark.parametrize("abreast", [1, 2])
def test_only_so_many_prepare_at_once(stage, abreast):
    made = stage(abreast=abreast)
    performances = made.play(*["dawdle,meet,run"] * 3)
    assert [each.error for each in performances] == [None] * 3
    preparing, most = set(), 0
    for lane, word in made.diary:
        preparing = preparing | {lane} if word == "starts" else preparing - {lane}
        most = max(most, len(preparing))
    assert most == abreast


@pytest.mark.parametrize("act", ["error", "die", "run"])
def test_who_fails_makes_room_for_the_next(stage, act):
    made = stage(abreast=1)
    *_first, last = made.play(act, act, "meet,run")
    assert last.run is not None


def test_a_worker_that_dies_before_its_turn(stage):
    made = stage(lanes=2, abreast=1)
    made.play("run", "run")
    os.kill(made.crew.pids[1], signal.SIGSTOP)  # it cannot be seen to be dead when the round begins

    def kill(_event):
        if made.number == 4:
            os.kill(made.crew.pids[1], signal.SIGKILL)

    made.crew._observer = kill
    first, second = made.play("dawdle,meet,run", "run")
    assert first.run is not None
    assert "was killed by SIGKILL" in second.error.message


@pytest.mark.parametrize("act", ["error", "die", "killed", "cut", "run"])
def test_who_fails_does_not_hold_the_others(stage, act):
    made = stage()
    first, second, third = made.play("meet,end,run", f"dawdle,{act}", "meet,end,run")
    assert first.run is not None
    assert third.run is not None
    assert (second.run is None) == (act != "run")
    begun = made.times("past-begin")
    assert set(begun) == {0, 2}


def test_who_dies_while_it_waits_does_not_hold_the_others(stage):
    made = stage(lanes=2)

    def kill_when_it_waits(event):
        if isinstance(event, events.InLane) and event.lane == 1:
            os.kill(made.crew.pids[1], signal.SIGKILL)

    made.crew._observer = kill_when_it_waits
    first, second = made.play("meet,run", "meet,run")
    assert first.run is not None
    assert "lane 2's worker, a process of tcperf's own, was killed by SIGKILL" in second.error.message


def test_a_failed_run_is_told(stage):
    _run, failed = stage().play("run", "error")
    assert isinstance(failed.error, NodeError)
    assert failed.error.message == "alice died"
    assert failed.error.details == ("a log line",)
    assert failed.run is None


@pytest.mark.parametrize(
    ("act", "fate"),
    [("die", "ended with status 3"), ("killed", "was killed by SIGKILL"), ("cut", "status 1")],
)
def test_a_worker_that_dies_is_replaced(stage, act, fate):
    made = stage(lanes=2)
    made.play("run", "run")
    before = dict(made.crew.pids)
    _fine, lost = made.play("run", act)
    assert isinstance(lost.error, MachineError)
    assert lost.error.message.startswith("lane 2's worker")
    assert fate in lost.error.message
    assert [each.error for each in made.play("run", "run")] == [None, None]
    assert made.crew.pids[0] == before[0]
    assert made.crew.pids[1] != before[1]


def test_its_last_words_are_quoted(stage):
    (lost,) = stage().play("die")
    assert lost.error.details == ("last words",)


def test_a_worker_that_died_between_rounds_costs_nothing(stage):
    made = stage(lanes=1)
    (played,) = made.play("leave")
    assert played.run is not None
    assert await_gone(list(made.crew.pids.values())) == []
    (again,) = made.play("run")
    assert again.error is None


def test_a_worker_that_gives_no_sign_is_given_up(stage):
    made = stage(lanes=2, silence_s=3.0)
    made.play("run", "run")
    before = dict(made.crew.pids)
    fine, hung = made.play("meet,run", "hang")
    assert fine.run is not None
    assert isinstance(hung.error, MachineError)
    assert "gave no sign for 3 s, and was killed" in hung.error.message
    assert await_gone([before[1]]) == []
    assert made.play("run", "run")[1].run is not None


def test_a_worker_that_is_busy_for_long_is_asked_and_kept(stage):
    made = stage(lanes=1, silence_s=3.0)
    (busy,) = made.play("mute,run")
    assert busy.run is not None
    assert [word for _lane, word in made.diary].count("asked") == 6


def test_a_worker_that_had_nothing_to_do_is_not_given_up(stage):
    """Nobody listened to it between the rounds, nor while its lane waits for another one's accounts."""
    made = stage(lanes=2, silence_s=3.0, abreast=1)
    made.play("run", "run")
    before = dict(made.crew.pids)
    time.sleep(3.2)
    played = made.play("dawdle,run", "run")
    assert [each.error for each in played] == [None, None]
    assert made.crew.pids == before


def test_a_worker_that_cannot_be_started(stage, monkeypatch):
    made = stage(lanes=2)
    made.play("run")

    def refuse(*_arguments, **_options):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("subprocess.Popen", refuse)
    fine, unmanned = made.play("run", "run")
    assert fine.run is not None
    assert isinstance(unmanned.error, MachineError)
    assert "lane 2's worker cannot be started: Too many open files" in unmanned.error.message


def test_a_worker_that_is_no_program(stage):
    made = stage(lanes=1)
    made.crew._module = "there_is_no_such_module"
    (lost,) = made.play("run")
    assert "ended with status 1" in lost.error.message
    assert "there_is_no_such_module" in lost.error.details[-1]


def test_what_happens_is_told_with_its_lane(stage):
    made = stage(lanes=2)
    made.play("run", "run")
    assert all(isinstance(event, events.InLane) for event in made.seen)
    assert {(event.lane, event.event) for event in made.seen} == {
        (0, events.RunStarted("trial", 1, "a run")),
        (1, events.RunStarted("trial", 2, "a run")),
    }


def test_what_a_scenario_prints_is_passed_on(stage):
    made = stage(lanes=2)
    made.play("talk,run", "run")
    assert sorted(made.said) == ["and more", "scenario says: ##teamcity[x]"]
    made.play("run", "run")
    assert len(made.said) == 2


def test_a_fault_of_ours_ends_everything(stage):
    made = stage(lanes=2)
    made.play("run", "run")
    pids = list(made.crew.pids.values())
    with pytest.raises(TcperfError, match="a slip of ours") as caught:
        made.play("wait", "fault")
    assert caught.value.exit_status == 5
    assert await_gone(pids, 0) == []


def test_an_observer_that_fails_ends_everything(stage):
    made = stage(lanes=1)

    def fail(_event):
        raise RuntimeError("no room for the line")

    made.crew._observer = fail
    with pytest.raises(RuntimeError):
        made.play("wait")
    assert made.crew.pids == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_workers_in_order(stage, number):
    made = stage(lanes=2)
    made.play("run", "run")
    pids = list(made.crew.pids.values())
    waiting = []

    def interrupt_when_both_wait(event):
        waiting.append(event)
        if len([each for each in waiting if isinstance(each.event, events.PhaseStarted)]) == 2:
            threading.Timer(0.1, os.kill, (os.getpid(), number)).start()

    made.crew._observer = interrupt_when_both_wait
    with pytest.raises(Interrupted, match=signal.Signals(number).name):
        made.play("wait", "wait")
    assert await_gone(pids, 0) == []
    assert sorted(made.diary[-2:]) == [(0, "tidied"), (1, "tidied")]  # both had the time for it


def test_a_worker_that_does_not_heed_its_end_is_killed(stage, monkeypatch):
    monkeypatch.setattr(crew_module, "_END_S", 0.5)
    made = stage(lanes=1)
    made.crew._observer = lambda _event: (_ for _ in ()).throw(RuntimeError)
    with pytest.raises(RuntimeError):
        made.play("stubborn")
    assert made.crew.pids == {}


def test_closing_twice_is_closing_once(stage):
    made = stage(lanes=1)
    made.play("run")
    pids = list(made.crew.pids.values())
    made.crew.close()
    made.crew.close()
    assert await_gone(pids, 0) == []


def test_after_the_end_it_can_begin_anew(stage):
    made = stage(lanes=1)
    made.play("run")
    made.crew.close()
    (again,) = made.play("run")
    assert again.run is not None


def test_no_descriptor_is_left(stage):
    made = stage(lanes=2)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        made.play("run", "die")
    made.crew.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_killed_coordinators_workers_hear_of_it(stage):
    """The socket's other end is the coordinator's alone: no other worker holds it open."""
    made = stage(lanes=2)
    made.play("run", "run")
    first, second = made.crew._lanes.values()
    first.hang_up()
    assert await_gone([first.pid], 5.0) == []
    assert second.is_alive
