"""The programs in tools/ that play with real nodes do their work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tcperf import results

pytestmark = pytest.mark.integration
TOOLS = Path(__file__).parents[2] / "tools"


def run(tool, *arguments, folder=None):
    return subprocess.run(
        [sys.executable, str(TOOLS / tool), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_driver_is_measured():
    done = run("bench_driver.py", "--rounds", "1", "--messages", "10", "--seconds", "0.2")
    assert "own CPU a message" in done.stdout, done.stderr
    assert "sampler, two nodes" in done.stdout


@pytest.mark.long
def test_what_a_node_costs_is_measured():
    done = run("bench_nodes.py", "--nodes", "2,4", "--rounds", "1", "--messages", "5", "--seconds", "0.2")
    assert "own CPU a node, 4 nodes to 2" in done.stdout, done.stderr
    header, two, four, _ratio = done.stdout.splitlines()
    assert header.split()[:8] == ["nodes", "start", "accounts", "mesh", "messages", "idle", "teardown", "s"]
    for line, nodes in ((two, 2), (four, 4)):
        figures = [float(word) for word in line.split() if word != "ms"]
        assert figures[0] == nodes
        assert len(figures) == 15
        assert min(figures) > 0


def test_it_plays_and_keeps_what_it_found(tmp_path):
    done = run(
        "false_alarms.py", "clean", "--comparisons", "1", "--pairs", "1", "-p", "messages=2", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "0 of 1 clean builds were red, which proves that at most 95.0% are" in done.stdout
    kept = json.loads((tmp_path / "false-alarms" / "false-alarms.json").read_text())
    assert kept["machine"]["cpu_count"]
    assert len(kept["clean"]) == 1
    assert {each["metric"] for each in kept["clean"][0]["compared"]} >= {"cpu_ms", "sent_bytes", "latency_ms"}
    assert results.load(tmp_path / "false-alarms" / "clean-001.json").pairings[0].pairs == 1
    assert run("false_alarms.py", "--again", "false-alarms", folder=tmp_path).returncode == 0
