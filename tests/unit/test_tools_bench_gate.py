"""The benchmark of the gate: what it times is what it says, and it fails where a verdict is slow."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tcperf.gate import Criterion, decide

TOOL = Path(__file__).parents[2] / "tools" / "bench_gate.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_gate", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help():
    run = subprocess.run([sys.executable, TOOL, "--help"], capture_output=True, check=True, text=True)
    assert "--rounds" in run.stdout
    assert "undecided" in run.stdout


def test_runs_as_a_program():
    run = subprocess.run(
        [sys.executable, TOOL, "--rounds", "1", "--limit", "60000"],
        capture_output=True,
        check=True,
        text=True,
    )
    title, header, *rows = run.stdout.splitlines()
    assert title == "a verdict over 30 pairs x 60 gated metrics, 1 rounds"
    assert header.split() == ["median", "ms", "least", "ms", "ratio"]
    names = ["unchanged", "worse", "undecided", "loop of arithmetic", "scipy's test alone"]
    assert [row[:20].strip() for row in rows] == names
    assert rows[3].split()[-1] == "1.00"
    assert all(float(figure) > 0 for row in rows for figure in row[20:].split())


@pytest.mark.parametrize(
    ("kind", "change"), [("unchanged", "ok"), ("worse", "worse"), ("undecided", "cannot_tell")]
)
def test_builds_are_what_they_are_called(bench, kind, change):
    series = bench.series(*bench.KINDS[kind])
    assert len(series) == 60
    assert {len(pairs) for pairs in series.values()} == {30}
    found = decide(series, dict.fromkeys(series, Criterion(bench.THRESHOLD)))
    assert sum(judgement.change == change for judgement in found.values()) >= 45


def test_every_round_times_everything(bench):
    ran = []
    timed = {name: (lambda name=name: ran.append(name)) for name in ("a", "b", bench.LOOP)}
    times = bench.compete(timed, 2)
    assert ran == ["a", "b", bench.LOOP, bench.LOOP, "b", "a"]
    assert {name: len(each) for name, each in times.items()} == {"a": 2, "b": 2, bench.LOOP: 2}


def test_a_ratio_is_to_the_loop(bench):
    text = bench.table({"one": [4.0, 8.0, 6.0], bench.LOOP: [3.0, 3.0, 9.0]})
    assert text.splitlines()[1].split()[-3:] == ["6.0", "4.0", "2.00"]
    assert text.splitlines()[2].split()[-3:] == ["3.0", "3.0", "1.00"]


def test_a_slow_verdict_is_a_failure(bench, monkeypatch, capsys):
    for milliseconds, status in ((49.9, 0), (50.0, 1)):
        times = {name: [1.0] for name in (*bench.KINDS, bench.LOOP)}
        monkeypatch.setattr(
            bench, "compete", lambda *_, times=times, slow=milliseconds: {**times, "undecided": [slow]}
        )
        assert bench.main([]) == status
        assert ("too slow: undecided, 50.0 ms, the limit is 50 ms" in capsys.readouterr().err) == bool(status)


@pytest.mark.parametrize("argument", ["0", "-1", "many"])
def test_rounds_are_positive(bench, argument):
    with pytest.raises(SystemExit) as caught:
        bench.main(["--rounds", argument])
    assert caught.value.code == 2
