"""Progress as its three kinds of readers see it, and the estimate of the rest."""

import io

import pytest

from tcperf import events
from tcperf.errors import NodeError
from tcperf.estimate import Pace, Remaining, first_guesses
from tcperf.event_lines import describe
from tcperf.plan import Plan
from tcperf.progress import LiveProgress, PlainProgress, State, TeamCityProgress
from tcperf.registry import discover

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


#: As a status-backend of 2024 does them.
PACE = Pace(2.0, together_s=0.5, node_s=4.0, resend_s=30.0)


def guess(name, **values):
    """The first guess of a shipped scenario, with parameters as they are with a given node."""
    scenario = discover(()).get(name)
    return first_guesses([Plan(scenario, scenario.params_type(**values), 1)], PACE)[name]


@pytest.mark.parametrize(
    ("name", "values", "seconds"),
    [  # the phases of such runs of a status-backend of 2024-10, and 4 s for each account
        ("one_to_one", {"messages": 100}, 217),
        ("burst", {"messages": 100, "drain": 1.0}, 74),
        ("paced", {"messages": 60}, 86),
        ("idle", {"peers": 2, "seconds": 20.0}, 35),
        ("idle", {"peers": 0, "seconds": 15.0}, 20),
        ("many_chats", {"peers": 3, "messages": 12}, 50),
        ("offline_catchup", {"messages": 5}, 56),
        ("churn", {"peers": 2, "messages": 8}, 50),
    ],
)
def test_a_first_guess_is_near_what_a_run_takes(name, values, seconds):
    assert guess(name, **values) == pytest.approx(seconds, rel=0.25)


def test_first_guesses_come_from_the_parameters():
    assert guess("many_chats", peers=9) > guess("many_chats", peers=8)
    assert guess("group_chat", members=6) > guess("group_chat", members=5)
    assert guess("relay_chain", nodes=4) > guess("relay_chain", nodes=3)
    assert guess("paced", step=3.0) > 2 * guess("paced")
    assert guess("burst", drain=50.0) == guess("burst", drain=30.0) + 20
    assert guess("one_to_one", step=0.0) == guess("one_to_one", step=2.0)


@pytest.mark.parametrize("name", ["cold_start", "login"])
def test_a_scenario_without_parameters_is_not_guessed_at(name):
    assert guess(name) is None


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
    events.InLane(1, events.RunStarted("one_to_one", 3, "pair 1, head", 0, "head")),
    events.InLane(0, events.RunStarted("one_to_one", 2, "pair 1, base", 0, "base")),
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


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (events.ScenarioStarted("idle", 2, None, 1), "idle: at most 1 pair"),
        (events.ScenarioStarted("idle", 1, 12.0, None), "idle: 1 run, about 12.0 s"),
        (events.PairsDone("idle", 1, 1, 0, 10.0), "idle: 1 of at most 1 pair"),
    ],
)
def test_one_is_no_plural(event, line):
    assert describe(event) == line


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
    assert state.line().startswith("one_to_one, pair 1 of at most 30: messages, ")
    assert "at most 4 min" in state.line()  # sixty-one runs as long as the warm-up
    for event in PAIRS[9:11]:
        state(event)
    assert state.line().startswith(
        "7 pairs done, messages sent_bytes +6.2 % (4.9 … 7.6); one_to_one, pair 1 of at most 30: messages, "
    )
    assert ", at most 2 min 4" in state.line() or ", at most 2 min 3" in state.line()
    state(PAIRS[0])
    assert state.line().startswith("one_to_one, pair 1 of at most 30: ")


def test_the_line_says_which_pair_of_how_many_is_being_played():
    state = State(Remaining({"one_to_one": 5.0}, {"one_to_one": 62}))
    state(PAIRS[0])
    state(events.RunStarted("one_to_one", 3, "pair 1, base", 0, "base"))
    assert state.line().startswith("one_to_one, pair 1 of at most 30, base: starting nodes, ")
    state(events.PairsDone("one_to_one", 1, 30, 58, 10.0))
    state(events.RunStarted("one_to_one", 5, "pair 2, head", 1, "head"))
    assert state.line().startswith("1 pair done; one_to_one, pair 2 of at most 30, head: starting nodes, ")


def test_of_several_lanes_the_line_names_all_pairs_and_follows_the_phases_of_the_first():
    state = State(Remaining({"one_to_one": 5.0}, {"one_to_one": 62}))
    state(PAIRS[0])
    for lane, pair in enumerate((6, 6, 7)):
        state(events.InLane(lane, events.RunStarted("one_to_one", lane, f"pair {pair + 1}", pair, "head")))
    state(events.InLane(2, events.PhaseStarted("one_to_one", "accounts")))
    assert state.line().startswith("one_to_one, pairs 7 and 8 of at most 30: starting nodes, ")
    state(events.InLane(0, events.PhaseStarted("one_to_one", "messages")))
    assert state.line().startswith("one_to_one, pairs 7 and 8 of at most 30: messages, ")


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
