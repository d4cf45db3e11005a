"""What ``calibrate`` asks for, plays and tells: with a player that makes its figures up."""

import argparse
import io

import pytest
from calibrations import noisy_values, result_of

from tcperf import config
from tcperf.cli import calibrate, parser
from tcperf.cli.itself import shown_on
from tcperf.cli.selection import select
from tcperf.cli.terminal import Terminal
from tcperf.errors import NodeError, UsageError
from tcperf.estimate import Remaining
from tcperf.interrupts import Interrupts
from tcperf.plan import Plan
from tcperf.progress import PlainProgress, State, TeamCityProgress
from tcperf.reports.write import prepare
from tcperf.session import Failure, Outcome


class Scenario:
    def __init__(self, name):
        self.name = name


TRIAL = Plan(Scenario("trial"), None, 1)


class Player:
    """Answers what was asked for with results of its own: ``problem`` and ``failure`` by the number of lanes."""

    interrupts = Interrupts()

    def __init__(self, *, problem=None, failure=None, auto=1):
        self.asked = []
        self._problem = problem or {}
        self._failure = failure or {}
        self._auto = auto

    def play(self, plans, asked, folder):
        self.asked.append((asked, [plan.scenario.name for plan in plans], folder.path.name))
        lanes = self._auto if asked.lanes == "auto" else asked.lanes
        if lanes in self._failure:
            return Outcome(None, (Failure("trial", NodeError(self._failure[lanes])),))
        values = noisy_values(pairs=asked.most, seed=lanes)
        return Outcome(result_of(values, lanes=lanes, problem=self._problem.get(lanes)), ())


class Call:
    """One calibration: its status, and what went where."""

    def __init__(self, folder, *, lanes=None, pairs=10, env=None, **player):
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(out, err, env or {})
        arguments = argparse.Namespace(names=(), scenarios=None, node=None, config=None, lanes=lanes)
        self.player = Player(**player)
        made = calibrate._Calibration(
            self.player, pairs, prepare(folder / "out"), select(arguments, folder), terminal
        )
        self.status = made.tell(made.play([TRIAL]))
        self.out, self.err = out.getvalue(), err.getvalue()


def test_all_pairs_are_made_and_none_is_looked_at_before():
    arguments = parser.parse(["calibrate"])
    assert calibrate._pairs(arguments) == 20
    assert calibrate._pairs(parser.parse(["calibrate", "--pairs", "10"])) == 10
    with pytest.raises(UsageError, match="9 pairs say too little of noise: 10 are the least"):
        calibrate._pairs(parser.parse(["calibrate", "--pairs", "9"]))


def test_the_command_line_is_understood():
    found = parser.parse(
        ["calibrate", "one_to_one", "idle", "--lanes", "3", "-p", "messages=4", "--out", "there"]
    )
    assert (found.names, found.lanes, found.param, found.out) == (
        ["one_to_one", "idle"],
        3,
        ["messages=4"],
        "there",
    )
    assert parser.parse(["calibrate", "--lanes", "auto"]).lanes == "auto"
    with pytest.raises(UsageError):
        parser.parse(["calibrate", "--base", "reference"])


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        parser.parse(["calibrate", "--help"])
    shown = capsys.readouterr().out
    assert ">> tcperf.toml" in shown
    assert "None" not in shown


def test_in_one_lane_it_is_played_once(tmp_path):
    call = Call(tmp_path)
    ((asked, names, folder),) = call.player.asked
    assert (asked.most, asked.lanes, tuple(asked.looks), asked.budget_s) == (10, 1, (), None)
    assert (names, folder) == (["trial"], "out")
    assert call.status == 0
    assert call.out.startswith("# Found by tcperf calibrate on ")
    assert "trial, 10 pairs with itself in one lane" in call.err
    assert "trial, 10 pairs with itself" not in call.out
    assert (tmp_path / "out" / "report.html").exists()


def test_in_lanes_it_is_played_in_one_lane_too(tmp_path):
    call = Call(tmp_path, lanes=3)
    assert [(asked.lanes, folder) for asked, _names, folder in call.player.asked] == [
        (3, "out"),
        (1, "one-lane"),
    ]
    assert call.status == 0
    assert "in 3 lanes against one" in " ".join(call.err.split())
    assert (tmp_path / "out" / "one-lane" / "results.json").exists()


@pytest.mark.parametrize(("auto", "times"), [(1, 1), (2, 2)])
def test_lanes_that_were_chosen_count_not_those_that_were_asked_for(tmp_path, auto, times):
    assert len(Call(tmp_path, lanes="auto", auto=auto).player.asked) == times


def test_the_configurations_lanes_are_what_is_calibrated(tmp_path):
    (tmp_path / "tcperf.toml").write_text("[run]\nlanes = 2\npairs = 99\n")
    call = Call(tmp_path)
    assert [(asked.lanes, asked.most) for asked, _names, _folder in call.player.asked] == [(2, 10), (1, 10)]


def test_rules_that_stand_there_are_what_is_tried(tmp_path):
    rule = '[[gate.rule]]\nmatch = "*.cpu_ms"\n'
    (tmp_path / "tcperf.toml").write_text(f'{rule}floor = "7 ms"\nworse_by = "5 %"\n')
    assert 'match = "trial.messages.cpu_ms"\nworse_by = "5 %"' in Call(tmp_path).out
    (tmp_path / "tcperf.toml").write_text(f"{rule}report_only = true\n")
    out = Call(tmp_path).out
    assert 'match = "trial.messages.cpu_ms"' not in out
    assert "no rule for trial.messages.cpu_ms" in out


@pytest.mark.parametrize("before", ["", "[run]\n", '[run]\nnode = "reference"\n', "[gate]\n"])
def test_what_is_printed_can_be_added_to_the_configuration_that_was_read(tmp_path, before):
    """Twice, as ``>> tcperf.toml`` does it."""
    file = tmp_path / "tcperf.toml"
    file.write_text(before)
    for _time in range(2):
        call = Call(tmp_path, lanes=3)
        assert call.status == 0
        file.write_text(f"{file.read_text()}\n{call.out}")
        config.load(None, tmp_path)
    assert file.read_text().count("\n[run]\n") + file.read_text().startswith("[run]\n") == 1
    assert ("write lanes = 3 under [run]" in " ".join(call.out.replace("\n# ", " ").split())) is True


def test_a_scenario_that_broke_off_is_not_calibrated(tmp_path):
    call = Call(tmp_path, problem={1: "the head failed"})
    assert call.status == 4
    assert call.out == ""
    assert "warning: not calibrated: trial: the head failed" in call.err


def test_without_the_same_in_one_lane_cpu_stays_out(tmp_path):
    call = Call(tmp_path, lanes=3, problem={1: "the head failed"})
    assert call.status == 4
    assert "trial.messages.sent_bytes" in call.out
    assert "report_only = false" not in call.out
    assert "report_only = false" in Call(tmp_path, lanes=3).out
    call = Call(tmp_path, lanes=3, failure={1: "it does not start"})
    assert call.status == 3
    assert "report_only = false" not in call.out


def test_where_nothing_was_measured_nothing_is_printed(tmp_path):
    call = Call(tmp_path, failure={1: "it does not start"})
    assert (call.status, call.out) == (3, "")
    assert "it does not start" in call.err


def test_who_is_shown_progress():
    state = State(Remaining({}, {}))
    assert isinstance(shown_on(Terminal(io.StringIO(), io.StringIO(), {}))(state), PlainProgress)
    teamcity = Terminal(io.StringIO(), io.StringIO(), {"TEAMCITY_VERSION": "2025.07"})
    assert isinstance(shown_on(teamcity)(state), TeamCityProgress)
