import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from teamcity_parser import check_output

TOOL = Path(__file__).parents[2] / "tools" / "bench_emitter.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_emitter", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help():
    run = subprocess.run([sys.executable, TOOL, "--help"], capture_output=True, check=True, text=True)
    assert "--count" in run.stdout
    assert "teamcity-messages" in run.stdout


def test_runs_as_a_program():
    run = subprocess.run(
        [sys.executable, TOOL, "--count", "50", "--rounds", "2", "--limit", "30"],
        capture_output=True,
        check=True,
        text=True,
    )
    title, header, *rows = run.stdout.splitlines()
    assert title == "50 statistics into a pipe, 2 rounds"
    assert header.split() == ["median", "ms", "least", "ms", "ratio"]
    assert [row[:20].strip() for row in rows] == [
        "tcperf statistics()",
        "tcperf one by one",
        "teamcity-messages",
    ]
    assert rows[0].split()[-1] == "1.0"
    assert all(float(figure) >= 0 for row in rows for figure in row[20:].split())


def test_a_limit_that_is_passed_is_a_failure(bench, capsys):
    assert bench.main(["--count", "10", "--rounds", "1", "--limit", "0"]) == 1
    assert "too slow" in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["0", "-1", "many"])
def test_counts_are_positive(bench, argument):
    with pytest.raises(SystemExit) as caught:
        bench.main(["--count", argument])
    assert caught.value.code == 2


def test_contestants_report_the_same_numbers(bench, tmp_path):
    pairs = [("tcperf.a_ms", 1.25), ("tcperf.b_ms", 2.0)]
    values = {}
    for name in ("batch", "single", "plain"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8") as file:
            getattr(bench, name)(file, pairs)
        text = path.read_bytes()
        if name != "plain":  # which stamps its statistics
            check_output(text)
        values[name] = [float(line.split(b"value='")[1].split(b"'")[0]) for line in text.splitlines()]
    assert values == {name: [1.25, 2.0] for name in values}


def test_every_round_runs_every_contestant(bench, monkeypatch):
    ran = []
    monkeypatch.setattr(bench, "measure", lambda contestant, pairs: ran.append(contestant) or float(len(ran)))
    times = bench.compete([], 2)
    assert ran == [bench.batch, bench.single, bench.plain, bench.plain, bench.single, bench.batch]
    assert times == {
        "tcperf statistics()": [1.0, 6.0],
        "tcperf one by one": [2.0, 5.0],
        "teamcity-messages": [3.0, 4.0],
    }
    assert bench.table(times).splitlines()[1].split()[-3:] == ["3500.0", "1000.0", "1.0"]
