"""An existing suite of a stranger's, driving two nodes over HTTP on loopback, measured by one more flag."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tcperf import results

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="private networks are Linux's"),
]

SUITE = Path(__file__).parents[1] / "samples" / "messenger"
FLAG = ["--tcperf", "--tcperf-process", "tcperf.nodes.reference"]


@pytest.fixture
def suite(tmp_path):
    shutil.copytree(SUITE, tmp_path / "suite", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "suite" / "pytest.ini").write_text("[pytest]\n")
    return tmp_path / "suite"


def run(suite, *arguments, **env):
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("TCPERF_", "PYTEST_", "TEAMCITY_", "CI"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *FLAG, *arguments],
        cwd=suite,
        env={**kept, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, results.load(suite / "tcperf-report" / "results.json")


def check(result, *names):
    """Each of these tests has figures of two nodes, and their traffic is closed: what one sent the other got."""
    (found,) = result.runs
    assert {phase.name for phase in found.phases} == set(names)
    for phase in found.phases:
        assert list(phase.nodes) == ["tcperf_nodes_referen", "tcperf_nodes_referen_2"]
        alice, bob = phase.nodes.values()
        assert phase.totals["cpu_ms"].exactness == "exact"
        assert 0 < phase.totals["cpu_ms"].value < 60_000
        assert phase.totals["memory_peak_bytes"].value > 20 << 20
        assert alice["tcp_sent_bytes"].value == bob["tcp_received_bytes"].value > 0
        assert bob["tcp_sent_bytes"].value == alice["tcp_received_bytes"].value > 0
        assert phase.totals["ip_bytes"].value == alice["ip_bytes"].value + bob["ip_bytes"].value
    assert not result.warnings


def test_each_test_has_its_metrics(suite):
    out, result = run(suite, "-k", "one_message or ten or 2000")
    check(result, "chat_one_message", "chat_ten_messages", "sizes_70d529")
    one, ten, long = (
        result.values("pytest", name, "ip_bytes")[0]
        for name in ("chat_one_message", "chat_ten_messages", "sizes_70d529")
    )
    assert 8 * one < ten < 12 * one
    assert one + 1900 < long < one + 2200
    control = [row for row in result.runs[0].traffic if row.role == "control"]
    assert sum(row.ip_bytes for row in control) > ten
    assert "pytest.chat_ten_messages (1 run)" in out


def test_beside_xdist_and_teamcitys_own_plugin(suite):
    out, result = run(suite, "-n", "2", "-k", "one_message or sizes", TEAMCITY_VERSION="2025.1")
    check(result, "chat_one_message", "sizes_11a33c", "sizes_70d529")
    assert out.count("##teamcity[testFinished") == 3
    told = [line for line in out.splitlines() if line.startswith("##teamcity[buildStatisticValue")]
    assert len(told) == 3 * 4 + 1
    assert sum("tcperf.pytest.sizes_70d529.ip_bytes" in line for line in told) == 1
