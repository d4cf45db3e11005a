"""``tcperf run --net``: a whole run over bad links, from the command line to results.json."""

import json
import os
import subprocess
import sys

import pytest

from tcperf.conditions import unlike
from tcperf.link import Link
from tcperf.modules import module_environment
from tcperf.results import load

pytestmark = pytest.mark.integration


def tcperf(folder, *words):
    return subprocess.run(
        [sys.executable, "-P", "-m", "tcperf", "run", *words],
        cwd=folder,
        env=module_environment(
            {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
        ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_run_over_bad_links(tmp_path):
    done = tcperf(tmp_path, "-p", "messages=4", "--net", "delay=5ms,rate=20mbit,loss=2%", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "every link: delay=5ms,rate=20mbit,loss=2%, by " in done.stderr
    raw = json.loads((tmp_path / "out" / "results.json").read_text())
    assert raw["conditions"]["link"] == {"delay_ms": 5.0, "rate_bits_per_s": 20_000_000, "loss_ratio": 0.02}
    result = load(tmp_path / "out" / "results.json")
    assert result.conditions.link == Link(5.0, 20_000_000, 0.02)
    assert result.conditions.emulation in {"netem", "relay"}
    assert unlike(result.conditions, result.conditions) == ()
    (run,) = result.runs
    assert run.closing.closes
    assert run.closing.lost_bytes == run.closing.sent_bytes - run.closing.received_bytes
    assert not [warning for warning in run.warnings if "add up" in warning]
    assert run.capture.is_exact
    # Each message crosses a link before it is delivered; a frame waits to the half of a millisecond.
    assert all(took >= 4.5 for took in run.phase("messages").operations_ms)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--network", "host", "--net", "loss=1%"], "net is about the links of a private network"),
        (["--network", "host", "--pcap"], "pcap keeps the frames of a private network"),
        (["--net", "loss=100%"], "argument --net: loss: '100%' cannot be emulated"),
    ],
)
def test_what_cannot_be_is_a_usage_error(tmp_path, words, told):
    done = tcperf(tmp_path, *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (tmp_path / "tcperf-report").exists()
