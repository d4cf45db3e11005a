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
    for title, rows in (("one metric", 4), ("many metrics", 4), ("unsteady", 3), ("too noisy", 2)):
        start = next(number for number, line in enumerate(lines) if line.startswith(title))
        assert all(" ± " in line for line in lines[start + 1 : start + 1 + rows])


def test_the_promises_in_small(tool):
    """Seeded: 100 builds of each kind of metric, clean and with one and a half of its threshold."""
    changes = (0.0, 1.0, tool.PROMISED)
    cases = [evolve(kind, change=change) for kind in tool.KINDS for change in changes]
    tallies = [tool.play(case, 100, "1") for case in cases]
    assert tool.broken(cases, tallies) == []
    for clean, same, larger in zip(*[iter(tallies)] * 3, strict=True):
        assert clean.failed == 0
        assert 45 <= same.failed <= 85  # just the threshold: caught about half the time
        assert larger.failed >= 95
        assert 7 <= clean.pairs / 100 <= 12


def test_whole_builds_in_small(tool):
    for case in (tool.MANY[1], tool.UNSTEADY[0]):
        tally = tool.play(case, 25, "1")
        assert tally.failed == 0
        assert tally.pairs / 25 < 20
    assert tool.play(tool.UNSTEADY[1], 25, "1").failed == 25


def test_a_seed_makes_the_same_builds(tool):
    case = tool.KINDS[3]
    assert tool.play(case, 20, "1") == tool.play(case, 20, "1")
    assert tool.build(case, random.Random(1)) != tool.build(case, random.Random(2))


def test_portions_add_up(tool, monkeypatch):
    monkeypatch.setattr(tool, "_PORTION", 10)
    cases = list(tool.KINDS[:2])
    one, other = (tool.play_all(cases, 25, 3, workers) for workers in (1, 2))
    assert one == other
    assert [tally.builds for tally in one] == [25, 25]


def test_values_vary_as_they_should(tool):
    case = tool.Case("two", (tool.TIME, tool.BYTES), together=0.5)
    chance = random.Random(1)
    columns = list(zip(*(tool._run(case, 0, chance) for _run in range(4000)), strict=True))
    for metric, values in zip(case.metrics, columns, strict=True):
        assert statistics.stdev(values) / statistics.mean(values) == pytest.approx(metric.cv, rel=0.05)
    logarithms = [[math.log(value) for value in values] for values in columns]
    assert statistics.correlation(*logarithms) == pytest.approx(0.5, abs=0.05)


def test_pairs_take_turns(tool):
    """A B B A: what is first or later is not always the same side; a change is of the head alone."""
    still = tool.Metric(0.0, 0.1)
    first = tool.Case("first", (still,), first=0.5)
    assert [tool._pair(first, pair, random.Random(1))[0] for pair in (0, 1)] == [(1500, 1000), (1000, 1500)]
    drift = tool.Case("drift", (still,), drift=0.59)
    pairs = [tool._pair(drift, pair, random.Random(1))[0] for pair in (0, 1, 29)]
    assert pairs == [pytest.approx(pair) for pair in ((1000, 1010), (1030, 1020), (1590, 1580))]
    changed = tool.Case("changed", (still, still), change=2.0)
    assert tool._pair(changed, 3, random.Random(1)) == [pytest.approx((1000, 1200))] * 2


def test_a_build_ends_at_a_look(tool):
    chance = random.Random(4)
    ends = {tool.build(evolve(tool.KINDS[3], change=0.9), chance)[1] for _build in range(60)}
    assert ends <= set(LOOKS)
    assert len(ends) >= 3
    assert tool.build(tool.Case("still", (tool.Metric(0.0, 0.1),)), chance)[1] == LOOKS[0]


def test_broken_promises_are_named(tool):
    clean = tool.KINDS[0]
    found = evolve(clean, change=tool.PROMISED)
    noisy = tool.NOISY[1]
    bad, good = tool.Tally(100, failed=2), tool.Tally(100, failed=1)
    assert tool.broken([clean, found, noisy], [bad, tool.Tally(100, failed=94), bad]) == [
        "bytes, messages: 2.00% of the clean builds failed",
        "bytes, messages: only 94.0% of the changes of 1.5 δ were found",
    ]
    assert tool.broken([clean, found], [good, tool.Tally(100, failed=95)]) == []


def test_errors(tool):
    assert tool.Tally(100, failed=50).error == pytest.approx(0.05)
    assert tool.Tally(100).error == tool.Tally(100, failed=1).error > 0
    assert tool.Tally(100, failed=100).error == tool.Tally(100, failed=99).error
    assert tool.Tally(1, failed=1).error == 0.5


def test_a_broken_promise_is_a_failure(tool, monkeypatch, capsys):
    monkeypatch.setattr(
        tool, "play_all", lambda cases, builds, *_: [tool.Tally(builds, failed=builds)] * len(cases)
    )
    assert tool.main(["--builds", "10"]) == 1
    assert "a scenario, apart: 100.00% of the clean builds failed" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["0", "-1", "many"])
def test_builds_are_positive(tool, argument):
    with pytest.raises(SystemExit) as caught:
        tool.main(["--builds", argument])
    assert caught.value.code == 2
