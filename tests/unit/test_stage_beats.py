"""The beats of an open loop: when each is due, whatever happens in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.definition import Scenario
from tcperf.errors import NodeError
from tcperf.scenario import Phase
from tcperf.stage import RunStage

MS = 1_000_000


class Stage(RunStage):
    """A stage without nodes, whose waits are exact: ``now_ns`` is its clock."""

    def __init__(self, folder, monkeypatch):
        scenario = Scenario("trial", "a trial", (Phase("one"),), object, lambda *_: None, "tests")
        recorder = type("Recorder", (), {"begin": lambda *_: None})()
        self.now_ns = 70 * MS
        self.waits_ms = []
        monkeypatch.setattr("tcperf.clock.monotonic_ns", lambda: self.now_ns)
        super().__init__(
            scenario, None, None, recorder, lambda _event: None, folder=folder, logs=folder, run_id="trial-1"
        )

    def idle(self, seconds):
        self.waits_ms.append(round(seconds * 1000, 6))
        self.now_ns += round(seconds * 1e9)


@pytest.fixture(name="stage")
def stage_fixture(tmp_path, monkeypatch):
    return Stage(tmp_path, monkeypatch)


def beaten(stage, count, step, busy_ms=()):
    """When each beat was due and when it came, in ms after the first; ``busy_ms`` is what each takes."""
    begin_ns, found = stage.now_ns, []
    for number, due_ns in enumerate(stage.beats(count, step)):
        found.append(((due_ns - begin_ns) / MS, (stage.now_ns - begin_ns) / MS))
        stage.now_ns += dict(enumerate(busy_ms)).get(number, 0) * MS
    return found


def test_beats_are_a_step_apart_and_the_first_is_now(stage):
    assert beaten(stage, 4, 1.13) == [(0, 0), (1130, 1130), (2260, 2260), (3390, 3390)]
    assert stage.waits_ms == [1130, 1130, 1130]


def test_what_takes_a_while_delays_no_later_beat(stage):
    assert beaten(stage, 3, 0.1, [30, 99]) == [(0, 0), (100, 100), (200, 200)]
    assert stage.waits_ms == [70, 1]


def test_a_late_beat_comes_at_once_and_none_is_left_out(stage):
    found = beaten(stage, 5, 0.1, [250])
    assert found == [(0, 0), (100, 250), (200, 250), (300, 300), (400, 400)]


def test_without_a_step_all_are_due_at_the_beginning(stage):
    assert beaten(stage, 3, 0.0, [5, 5]) == [(0, 0), (0, 5), (0, 10)]
    assert stage.waits_ms == []


def test_a_node_that_ends_meanwhile_ends_it(stage, monkeypatch):
    def died(_seconds):
        raise NodeError("bob died")

    monkeypatch.setattr(stage, "idle", died)
    beats = stage.beats(2, 1.0)
    next(beats)
    with pytest.raises(NodeError, match="bob died"):
        next(beats)


@given(st.lists(st.integers(0, 500), max_size=40), st.floats(0, 2))
def test_none_comes_early_and_only_what_is_busy_makes_it_late(tmp_path_factory, busy_ms, step):
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = Stage(tmp_path_factory.getbasetemp(), monkeypatch)
        found = beaten(stage, len(busy_ms), step, busy_ms)
    assert len(found) == len(busy_ms)
    came_ms = 0.0
    for number, (due_ms, at_ms) in enumerate(found):
        assert due_ms == pytest.approx(number * step * 1000, abs=1e-5)
        assert at_ms == pytest.approx(max(due_ms, came_ms), abs=1e-5)
        came_ms = at_ms + busy_ms[number]
