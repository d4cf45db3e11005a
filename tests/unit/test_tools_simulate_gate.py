"""The simulation of the gate: its builds are what they should be, and its small form keeps the promises."""

import importlib.util
import math
import random
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve
from proofs import simulated, visibility

from tcperf.gate import LOOKS

TOOL = Path(__file__).parents[2] / "tools" / "simulate_gate.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("simulate_gate", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_gate"] = module  # its processes find its functions by this name
    spec.loader.exec_module(module)
    yield module
    del sys.modules["simulate_gate"]


def test_help():
    run = subprocess.run([sys.executable, TOOL, "--help"], capture_output=True, check=True, text=True)
    assert "--builds" in run.stdout
    assert "1.5 δ" in run.stdout


def test_runs_as_a_program():
    run = subprocess.run(
        [sys.executable, TOOL, "--builds", "4", "--workers", "2"], capture_output=True, check=False, text=True
    )
    assert run.returncode in {0, 1}, run.stderr  # four builds prove nothing
    lines = run.stdout.splitlines()
    assert lines[0] == "4 builds of each case, looks at 7, 10, 15, 20, 30 pairs"
    tables = (
        ("one metric", 4), ("many metrics", 4), ("scenarios", 5), ("unsteady", 3), ("in lanes", 3), ("too noisy", 2), ("visible", 9),
    )  # fmt: skip
    for title, rows in tables:
        start = next(number for number, line in enumerate(lines) if line.startswith(title))
        assert all(" ± " in line for line in lines[start + 1 : start + 1 + rows])


def test_the_promises_in_small(tool):
    """Seeded: 100 builds of each kind of metric, clean and with one and a half of its threshold."""
    changes = (0.0, 1.0, tool.PROMISED)
    cases = [evolve(kind, change=change) for kind in tool.KINDS for change in changes]
    tallies = [simulated.play(case, 100, "1") for case in cases]
    assert tool.broken(cases, tallies) == []
    for clean, same, larger in zip(*[iter(tallies)] * 3, strict=True):
        assert clean.failed == 0
        assert 45 <= same.failed <= 85  # just the threshold: caught about half the time
        assert larger.failed >= 95
        assert 7 <= clean.pairs / 100 <= 12


def test_whole_builds_in_small(tool):
    for case in (tool.MANY[1], tool.UNSTEADY[0]):
        tally = simulated.play(case, 25, "1")
        assert tally.failed == 0
        assert tally.pairs / 25 < 20
    assert simulated.play(tool.UNSTEADY[1], 25, "1").failed == 25


def test_a_seed_makes_the_same_builds(tool):
    case = tool.KINDS[3]
    assert simulated.play(case, 20, "1") == simulated.play(case, 20, "1")
    assert simulated.build(case, random.Random(1)) != simulated.build(case, random.Random(2))


def test_portions_add_up(tool, monkeypatch):
    monkeypatch.setattr(tool, "_PORTION", 10)
    cases = list(tool.KINDS[:2])
    one, other = (tool.play_all(cases, 25, 3, workers) for workers in (1, 2))
    assert one == other
    assert [tally.builds for tally in one] == [25, 25]


def test_values_vary_as_they_should(tool):
    case = simulated.Case("two", (tool.TIME, tool.BYTES), together=0.5)
    chance = random.Random(1)
    columns = list(zip(*(simulated.run(case, 0, chance) for _run in range(4000)), strict=True))
    for metric, values in zip(case.metrics, columns, strict=True):
        assert statistics.stdev(values) / statistics.mean(values) == pytest.approx(metric.cv, rel=0.05)
    logarithms = [[math.log(value) for value in values] for values in columns]
    assert statistics.correlation(*logarithms) == pytest.approx(0.5, abs=0.05)


def test_pairs_take_turns():
    """A B B A: what is first or later is not always the same side; a change is of the head alone."""
    still = simulated.Metric(0.0, 0.1)
    first = simulated.Case("first", (still,), first=0.5)
    assert [simulated.pair(first, pair, random.Random(1))[0] for pair in (0, 1)] == [
        (1500, 1000),
        (1000, 1500),
    ]
    drift = simulated.Case("drift", (still,), drift=0.59)
    pairs = [simulated.pair(drift, pair, random.Random(1))[0] for pair in (0, 1, 29)]
    assert pairs == [pytest.approx(pair) for pair in ((1000, 1010), (1030, 1020), (1590, 1580))]
    changed = simulated.Case("changed", (still, still), change=2.0)
    assert simulated.pair(changed, 3, random.Random(1)) == [pytest.approx((1000, 1200))] * 2


def test_a_build_ends_at_a_look_or_where_all_is_well(tool):
    chance = random.Random(4)
    builds = [simulated.build(evolve(tool.KINDS[3], change=0.9), chance) for _build in range(60)]
    ends = {pairs for _judged, pairs in builds}
    assert len(ends) >= 3
    assert min(ends) >= LOOKS[0]
    assert not ends <= set(LOOKS)
    for judged, pairs in builds:
        assert pairs in LOOKS or judged[0].change == "ok"
    assert simulated.build(simulated.Case("still", (simulated.Metric(0.0, 0.1),)), chance)[1] == LOOKS[0]


def test_broken_promises_are_named(tool):
    clean = tool.KINDS[0]
    found = evolve(clean, change=tool.PROMISED)
    noisy = tool.NOISY[1]
    bad, good = simulated.Tally(100, failed=2), simulated.Tally(100, failed=1)
    assert tool.broken([clean, found, noisy], [bad, simulated.Tally(100, failed=94), bad]) == [
        "bytes, messages: 2.00% of the clean builds failed",
        "bytes, messages: only 94.0% of the changes of 1.5 δ were found",
    ]
    assert tool.broken([clean, found], [good, simulated.Tally(100, failed=95)]) == []


def test_errors():
    assert simulated.Tally(100, failed=50).error == pytest.approx(0.05)
    assert simulated.Tally(100).error == simulated.Tally(100, failed=1).error > 0
    assert simulated.Tally(100, failed=100).error == simulated.Tally(100, failed=99).error
    assert simulated.Tally(1, failed=1).error == 0.5


def test_a_broken_promise_is_a_failure(tool, monkeypatch, capsys):
    monkeypatch.setattr(
        tool, "play_all", lambda cases, builds, *_: [simulated.Tally(builds, failed=builds)] * len(cases)
    )
    assert tool.main(["--builds", "10"]) == 1
    assert "a scenario, apart: 100.00% of the clean builds failed" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["0", "-1", "many"])
def test_builds_are_positive(tool, argument):
    with pytest.raises(SystemExit) as caught:
        tool.main(["--builds", argument])
    assert caught.value.code == 2


# --- in lanes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lanes", "looks"), [(1, LOOKS), (2, LOOKS), (3, (7, 10, 15, 21, 30)), (6, (9, 12, 15, 21, 30))]
)
def test_in_lanes_there_are_as_many_pairs_at_a_look_as_they_have_room_for(lanes, looks):
    case = simulated.Case("still", (simulated.Metric(0.0, 0.1),), lanes=lanes)
    assert case.looks == looks
    _judged, pairs = simulated.build(case, random.Random(1))
    assert pairs == looks[0]


def test_no_more_pairs_are_simulated_than_are_ever_played():
    assert simulated.Case("seven", (), lanes=7).looks[-1] == LOOKS[-1]


def test_six_lanes_need_fewer_rounds_and_are_no_more_often_wrong(tool):
    clean = simulated.play(tool.LANES[1], 40, "1")
    assert clean.failed == 0
    assert clean.rounds <= -(-clean.pairs // 3)
    assert simulated.play(tool.LANES[2], 40, "1").failed == 40


def test_scenarios_are_played_one_after_another_and_hold_together(tool):
    clean, _cpu, changed, *_lanes = tool.SCENARIOS
    assert (changed.family, len(changed.metrics), changed.only) == (21, 7, 5)
    first, *rest = changed.parts
    assert first.changes == [0, 0, 0, 0, 0, tool.PROMISED, 0]
    assert [part.changes for part in rest] == [[0] * 7] * 2
    judged, pairs = simulated.build(first, random.Random(2))
    assert [each.change for each in judged.values()].count("worse") == 1
    assert judged[5].change == "worse"
    assert pairs > 8, "21 metrics must hold together"
    tally = simulated.play(clean, 6, "1")
    assert (tally.builds, tally.failed) == (6, 0)
    assert tally.pairs >= 6 * 3 * LOOKS[0]
    found = simulated.play(changed, 12, "1")
    assert found.failed == 12


def test_rounds_are_counted_in_lanes():
    still = simulated.Case("still", (simulated.Metric(0.0, 0.1),), lanes=6)
    assert simulated.play(still, 3, "1") == simulated.Tally(3, 0, 0, 27, 9, passed=3)


@pytest.mark.parametrize(
    ("lanes", "first", "ends"),
    [
        (1, [7, 8, 9, 10, 11], 24),
        (3, [7, 9, 10, 12, 15], 10),
        (4, [8, 10, 12, 14, 16], 12),
        (6, [9, 12, 15], 8),
    ],
)
def test_between_looks_a_build_may_end_with_each_heat(lanes, first, ends):
    case = simulated.Case("still", (), lanes=lanes)
    assert list(case.ends[: len(first)]) == first
    assert len(case.ends) == ends
    assert set(case.looks) <= set(case.ends)


# --- what is visible ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", visibility.PAIRS)
def test_what_is_visible_is_proved_nine_times_in_ten(pairs):
    """Seeded: 600 trials, of which a share has a standard error of 1.2 %."""
    assert visibility.proved(pairs, 600, 1) / 600 == pytest.approx(0.9, abs=0.04)


def test_what_is_proved_too_seldom_is_a_broken_promise_and_a_row_beside_the_others():
    found = [900] * len(visibility.PAIRS)
    assert visibility.broken(found, 1000) == []
    found[2] = 800
    assert visibility.broken(found, 1000) == ["10 pairs: what is visible is proved 80.0% of the time"]
    assert visibility.broken([each // 100 for each in found], 10) == []  # ten trials prove nothing
    assert visibility.table(found, 1000).splitlines()[3].split() == ["10", "pairs", "80.0", "±", "1.3", "%"]
