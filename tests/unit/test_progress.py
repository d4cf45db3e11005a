"""Progress as its three kinds of readers see it, and the estimate of the rest."""

import io

import attrs
import pytest

from tcperf import events
from tcperf.errors import NodeError
from tcperf.estimate import Remaining, first_guesses
from tcperf.progress import LiveProgress, PlainProgress, State, TeamCityProgress, describe
from tcperf.runner import Plan


@attrs.frozen
class Named:
    name: str


@attrs.frozen
class Messages:
    messages: int = 100


@attrs.frozen
class Seconds:
    seconds: float = 30.0


STORY = [
    events.ScenarioStarted("one_to_one", 2, 120.0),
    events.RunStarted("one_to_one", 1, "run 1 of 2"),
    events.PhaseStarted("one_to_one", "messages"),
    events.OperationDone(1),
    events.OperationDone(2),
    events.PhaseEnded("one_to_one", "messages", 1.5),
    events.RunEnded("one_to_one", 1, 40.0),
    events.RunStarted("one_to_one", 2, "run 2 of 2"),
    events.ScenarioFailed("one_to_one", NodeError("alice died")),
    events.ScenarioEnded("one_to_one"),
]


def test_a_log_gets_a_line_for_what_matters():
    lines = []
    with PlainProgress(lines.append) as progress:
        for event in STORY:
            progress(event)
    assert lines == [
        "one_to_one: 2 runs, about 2 min 00 s",
        "one_to_one: run 1 of 2",
        "one_to_one: messages took 1.50 s",
        "one_to_one: run 1 is over after 40.0 s",
        "one_to_one: run 2 of 2",
        "one_to_one: failed",
    ]
    assert describe(events.ScenarioStarted("idle", 1, None)) == "idle: 1 run"
    assert describe(events.RunStarted("idle", 1, "run 1 of 1")) is None


def test_teamcity_gets_announcements_and_a_log():
    announced, logged = [], []
    with TeamCityProgress(announced.append, logged.append) as progress:
        for event in STORY:
            progress(event)
    assert announced == [
        "tcperf: one_to_one, run 1 of 2",
        "tcperf: one_to_one, messages",
        "tcperf: one_to_one, run 2 of 2",
    ]
    assert "one_to_one: messages took 1.50 s" in logged


def test_the_rest_is_learnt_from_the_runs():
    remaining = Remaining({"one_to_one": 60.0, "idle": 10.0}, {"one_to_one": 2, "idle": 1})
    assert remaining.seconds() == 130.0
    assert remaining.seconds(30.0) == 100.0
    remaining(events.RunEnded("one_to_one", 1, 40.0))
    assert remaining.seconds() == 50.0
    remaining(events.ScenarioFailed("one_to_one", NodeError("died")))
    assert remaining.seconds() == 10.0
    assert remaining.seconds(99.0) == 0.0


def test_nothing_known_is_no_number():
    remaining = Remaining({"cold_start": None}, {"cold_start": 2})
    assert remaining.seconds() is None
    remaining(events.RunEnded("cold_start", 1, 4.0))
    assert remaining.seconds() == 4.0


def test_first_guesses_come_from_the_parameters():
    plans = [
        Plan(Named("one_to_one"), Messages(), 3),
        Plan(Named("idle"), Seconds(), 1),
        Plan(Named("x"), object(), 1),
    ]
    guesses = first_guesses(plans, 2.0)
    assert guesses["one_to_one"] == pytest.approx(200, rel=0.1)
    assert guesses["idle"] == pytest.approx(43, rel=0.1)
    assert guesses["x"] is None


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_person_sees_one_line(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    stream = Terminal()
    state = State(Remaining({"one_to_one": 60.0}, {"one_to_one": 2}))
    with LiveProgress(stream, state) as progress:
        for event in STORY[:5]:
            progress(event)
        assert "one_to_one, run 1 of 2: messages (2 done), " in state.line()
        assert "about" in state.line()
    assert "one_to_one" in stream.getvalue()


def test_the_line_says_what_is_known():
    state = State(Remaining({"one_to_one": None}, {"one_to_one": 1}))
    state(STORY[1])
    assert state.line().startswith("one_to_one, run 1 of 2: starting nodes, ")
    assert "left" not in state.line()
    state(STORY[5])
    assert ": after messages, " in state.line()


# --- pairs -----------------------------------------------------------------------------------------------

PAIRS = [
    events.ScenarioStarted("one_to_one", 60, None, pairs=30),
    events.RunStarted("one_to_one", 1, "warm-up of the base"),
    events.PhaseEnded("one_to_one", "messages", 1.5),
    events.RunEnded("one_to_one", 1, 4.0),
    events.LanesChosen("one_to_one", 3, "3 lanes, as asked for"),
    events.InLane(1, events.RunStarted("one_to_one", 3, "pair 1, head")),
    events.InLane(0, events.RunStarted("one_to_one", 2, "pair 1, base")),
    events.InLane(0, events.PhaseStarted("one_to_one", "messages")),
    events.InLane(1, events.OperationDone(3)),
    events.PairRedone("one_to_one", 0, "other programs kept 1.50 cores busy"),
    events.PairsDone("one_to_one", 7, 30, 16, 10.0, "messages sent_bytes +6.2 % (4.9 … 7.6)"),
    events.PairsDone("one_to_one", 30, 30, 0, 10.0),
    events.ScenarioEnded("one_to_one"),
]


def test_of_pairs_a_log_gets_their_standing_and_no_line_a_run():
    lines = []
    with PlainProgress(lines.append) as progress:
        for event in PAIRS:
            progress(event)
    assert lines == [
        "one_to_one: at most 30 pairs",
        "one_to_one: 3 lanes, as asked for",
        "one_to_one: pair 1 is made again: other programs kept 1.50 cores busy",
        "one_to_one: 7 of at most 30 pairs, messages sent_bytes +6.2 % (4.9 … 7.6), at most 2 min 40 s left",
        "one_to_one: 30 of at most 30 pairs",
    ]


def test_after_pairs_a_scenario_without_them_is_logged_as_ever():
    lines = []
    with PlainProgress(lines.append) as progress:
        for event in (*PAIRS, *STORY):
            progress(event)
    assert "one_to_one: messages took 1.50 s" in lines


def test_teamcity_announces_the_standing_of_pairs():
    announced, logged = [], []
    with TeamCityProgress(announced.append, logged.append) as progress:
        for event in PAIRS:
            progress(event)
    assert announced == [
        (
            "tcperf: one_to_one, 7 of at most 30 pairs, messages sent_bytes +6.2 % (4.9 … 7.6), "
            "at most 2 min 40 s left"
        ),
        "tcperf: one_to_one, 30 of at most 30 pairs",
    ]
    assert len(logged) == 5


def test_the_line_tells_the_standing_and_follows_the_first_lane():
    state = State(Remaining({"one_to_one": None}, {"one_to_one": 62}), budget_s=3600.0)
    for event in PAIRS[:9]:
        state(event)
    assert state.line().startswith("one_to_one, pair 1, base: messages, ")
    assert "at most 4 min" in state.line()  # sixty-one runs as long as the warm-up
    for event in PAIRS[9:11]:
        state(event)
    assert state.line().startswith(
        "7 of at most 30 pairs, messages sent_bytes +6.2 % (4.9 … 7.6); one_to_one, "
    )
    assert ", at most 2 min 4" in state.line() or ", at most 2 min 3" in state.line()
    state(PAIRS[0])
    assert state.line().startswith("one_to_one, pair 1, base")


def test_no_more_than_the_budget_is_left():
    state = State(Remaining({"one_to_one": 60.0}, {"one_to_one": 62}), budget_s=100.0)
    state(PAIRS[0])
    assert ", at most 1 min 40 s left" in state.line() or ", at most 1 min 39" in state.line()
    unknown = State(Remaining({"one_to_one": None}, {"one_to_one": 62}), budget_s=100.0)
    unknown(PAIRS[0])
    assert ", at most " in unknown.line()


def test_a_budget_that_is_over_is_not_told_as_time_that_is_left():
    state = State(Remaining({"one_to_one": 60.0}, {"one_to_one": 62}), budget_s=0.0)
    state(PAIRS[0])
    assert state.line().endswith(", the budget is over")


def test_pairs_that_are_decided_early_leave_nothing():
    remaining = Remaining({"one_to_one": 10.0, "idle": 7.0}, {"one_to_one": 62, "idle": 1})
    remaining(PAIRS[10])
    assert remaining.seconds() == 16 * 10.0 + 7.0
    remaining(PAIRS[12])
    assert remaining.seconds() == 7.0
