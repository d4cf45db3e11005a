"""The benchmark of the page: what it measures is what it says, and it fails where an aim is missed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from tcperf import results, timeseries

TOOL = Path(__file__).parents[2] / "tools" / "bench_report.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_report", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_runs_as_a_program():
    words = ["--pairs", "2", "--scenarios", "2", "--seconds", "5", "--rounds", "1"]
    run = subprocess.run([sys.executable, TOOL, *words], capture_output=True, check=False, text=True)
    title, header, row = run.stdout.splitlines()
    assert title.startswith("2 pairs x 2 scenarios x 5 s: 16 runs, made in ")
    assert header.split() == ["read", "s", "render", "s", "cpu", "s", "peak", "MB", "page", "KB"]
    read_s, render_s, cpu_s, peak_mb, page_kb = map(float, row.split())
    assert 0 < cpu_s <= render_s + 0.02
    assert read_s > 0
    assert 20 < peak_mb < 500
    assert 100 < page_kb < 1000


def test_what_is_rendered_is_as_large_as_it_says(bench, tmp_path):
    result = bench.made(3, 2)
    bench.write(tmp_path / "out", result, 7)
    assert results.load(tmp_path / "out" / "results.json") == result
    for scenario in ("scenario_0", "scenario_1"):
        assert len(result.runs_of(scenario)) == len(result.runs_of(scenario, "base")) == 3
        assert len({each.key for each in result.comparisons if each.scenario == scenario}) > 9
    assert len({each.key for each in result.comparisons}) == len(result.comparisons)
    for run in result.runs:
        series = timeseries.load_series(tmp_path / "out" / run.series)
        assert [len(node.t_ms) for node in series.nodes.values()] == [
            143,
            123,
        ]  # to 7.3 s, bob a second later
        assert sum(sum(flow.sent_bytes) for flow in series.traffic.flows) > 1_000


def test_the_page_that_is_measured_has_its_curves(bench, tmp_path):
    bench.write(tmp_path / "out", bench.made(2, 1), 5)
    found = bench.measure(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert found.page_bytes == len(page.encode())
    assert page.count('<path class="curve head"') == 4
    assert page.count('<path class="layer') >= 4


@pytest.mark.parametrize(
    ("changes", "words", "problem"),
    [
        ({}, (30, 8), []),
        ({"render_s": 3.0}, (30, 8), ["the page took 3.00 s, less than 3 is the aim"]),
        ({"peak_bytes": 200_000_000}, (30, 8), ["the process took 200 MB, less than 200 is the aim"]),
        ({"page_bytes": 1_000_000}, (30, 8), []),
        ({"page_bytes": 1_000_000}, (10, 6), []),
        ({"page_bytes": 1_000_000}, (10, 5), ["the page has 1000000 bytes, less than 1000000 is the aim"]),
        ({"page_bytes": 999_999}, (10, 5), []),
    ],
)
def test_an_aim_that_is_missed_is_named(bench, changes, words, problem):
    made = bench.Measured(
        **{"read_s": 9.0, "render_s": 2.9, "cpu_s": 2.0, "peak_bytes": 10, "page_bytes": 10, **changes}
    )
    assert list(bench.missed([made], *words)) == problem


def test_the_best_round_counts(bench):
    slow = bench.Measured(1.0, 9.0, 2.0, 300_000_000, 10)
    assert list(bench.missed([slow, attrs.evolve(slow, render_s=1.0, peak_bytes=10)], 30, 8)) == []


def test_a_missed_aim_is_a_failure(bench, monkeypatch, capsys):
    monkeypatch.setattr(bench, "SECONDS", 0)
    assert bench.main(["--pairs", "1", "--scenarios", "1", "--seconds", "2", "--rounds", "1"]) == 1
    assert "less than 0 is the aim" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["0", "-1", "many"])
def test_counts_are_positive(bench, argument):
    with pytest.raises(SystemExit) as caught:
        bench.main(["--pairs", argument])
    assert caught.value.code == 2
