"""The benchmark of past builds: what it times is what it says, and it fails where an aim is missed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "bench_history.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_history", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_runs_as_a_program():
    run = subprocess.run(
        [sys.executable, TOOL, "--builds", "120", "--rounds", "1"], capture_output=True, check=True, text=True
    )
    title, header, *rows = run.stdout.splitlines()
    assert title.startswith("120 builds x 22 figures in 2 requests, with")
    assert header.split() == ["first", "s", "median", "s", "KiB"]
    assert [row.split()[0] for row in rows] == ["read", "csv", "table", "page", "report"]
    assert rows[0].split()[2:] == ["–", "–"]
    assert all(float(cell) > 0 for row in rows[1:] for cell in row.split()[3:])


def test_builds_are_read_whole_and_in_order(bench):
    builds, seconds, requests = bench.read(130, {"tcperf.idle.idle.cpu_ms": 500.0})
    assert [build.id for build in builds] == list(range(1, 131))
    assert seconds > 0
    assert requests == 2
    assert builds[6].statistics == {
        key: float(text) for key, text in bench.figures(7, {"tcperf.idle.idle.cpu_ms": 500.0}).items()
    }


def test_figures_stray_and_go_over_to_new_levels(bench):
    values = [float(bench.figures(number, {"key": 10_000.0})["key"]) for number in range(600)]
    assert all(9_900 <= value <= 10_100 for value in values[:250])
    assert all(11_380 <= value <= 11_620 for value in values[250:500])
    assert len(set(values[:20])) > 10


@pytest.mark.parametrize(("builds", "requests"), [(1000, 12), (100, 3), (101, 4), (1, 3)])
def test_a_thousand_builds_may_take_twelve_requests(bench, builds, requests):
    assert bench.most_requests(builds) == requests


def test_the_first_time_is_told_apart(bench):
    made = []
    row = bench.timed("page", lambda: made.append(1) or "ä" * 10, 3)
    assert len(made) == 4
    assert row.size == 20
    assert row.first_s >= 0
    assert row.median_s >= 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, []),
        ({"median_s": 2.0}, ["page took 2.00 s, less than 2 is the aim"]),
        ({"size": 1_000_000}, ["page has 1000000 bytes, less than 1000000 is the aim"]),
        ({"name": "csv", "median_s": 9.0, "size": 9_000_000}, []),
    ],
)
def test_an_aim_that_is_missed_is_named(bench, change, problem):
    row = bench.Timed(**{"name": "page", "first_s": 5.0, "median_s": 1.9, "size": 999_999, **change})
    assert list(bench.missed([row], 12, 1000)) == problem


def test_too_many_requests_are_a_failure(bench, monkeypatch, capsys):
    assert list(bench.missed([], 13, 1000)) == ["13 requests for 1000 builds, 12 at most"]
    monkeypatch.setattr(bench, "most_requests", lambda _builds: 0)
    assert bench.main(["--builds", "3", "--rounds", "1"]) == 1
    assert "missed: 1 requests for 3 builds, 0 at most" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["0", "-1", "many"])
def test_builds_are_positive(bench, argument):
    with pytest.raises(SystemExit) as caught:
        bench.main(["--builds", argument])
    assert caught.value.code == 2
