"""The drill with real nodes: as short as it can be and still show something."""

import os
import shlex
import subprocess
import sys
from statistics import median

import pytest

from tcperf import results
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.alone, pytest.mark.long]
SHORT = ("-p", "messages=2")
#: What varies by a tenth and more from one run of two messages to the next.
NOISY = {"time_ms", "latency_ms", "send_ms", "cpu_ms"}


def drill(folder, *arguments, timeout=600):
    env = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
    return subprocess.run(
        [sys.executable, "-m", "tcperf", "drill", *SHORT, *arguments],
        cwd=folder,
        env=module_environment(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def step(folder, name):
    return results.load(folder / "tcperf-drill" / name / "results.json")


def changed(result, *changes):
    """The gated metrics that are said to have changed so."""
    return {each.metric for each in result.comparisons if each.gated and each.change in changes}


def test_planted_bytes_are_caught_and_nothing_else_is(tmp_path):
    done = drill(tmp_path, "--plant", "bytes", "--pairs", "8")
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    first, _blank, _head, clean, planted, *notes = done.stdout.splitlines()
    assert clean.split()[1:3] == ["none", "nothing"]
    assert planted.split()[1:4] == ["bytes", "messages", "sent_bytes"]
    assert "planted by the reference node's own switch, --plant" in " ".join(notes)
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    equal, worse = (
        changed(step(tmp_path, "none"), "worse", "better"),
        changed(step(tmp_path, "bytes"), "worse"),
    )
    assert "sent_bytes" in worse
    # One of some forty such drills is wrong by chance: all pairs of one that varies go one way.
    assert equal <= NOISY
    assert worse <= {"sent_bytes", "packets_count", *NOISY}
    if done.returncode == 0:
        assert first == "drill of one_to_one, the reference node: the gate sees what it has to"
        assert (clean.split()[0], planted.split()[0]) == ("ok", "ok")
    else:
        assert equal | worse & NOISY
    assert (tmp_path / "tcperf-drill" / "none" / "report.html").exists()


def both(result, metric):
    """The base's and the head's total of the messages phase, in the middle of the pairs."""
    base, head = (result.values("one_to_one", "messages", metric, side) for side in ("base", "head"))
    return median(base), median(head)


def test_a_program_of_ones_own_is_planted_from_outside(tmp_path):
    """As much as it takes is in the figures, and whether the gate sees it is its own business."""
    node = tmp_path / "my node"
    package = shlex.quote(module_environment({})["PYTHONPATH"])
    node.write_text(
        f'#!/bin/sh\nexport PYTHONPATH={package}\nexec {sys.executable} -m tcperf.nodes.reference "$@"\n'
    )
    node.chmod(0o755)
    done = drill(
        tmp_path, "--node", str(node), "-p", "step=0", "--plant", "memory=40MiB", "--plant", "delay=60ms", "--pairs", "8"
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    told = " ".join(done.stdout.split())
    assert "memory: in 8 pairs, planted by a companion, the node's child" in told
    assert "planted by the network: each link is late by 60 ms towards its node" in told
    assert "memory was planted and not caught" not in told
    assert "delay was planted and not caught" not in told
    base, head = both(step(tmp_path, "memory"), "memory_peak_bytes")
    assert head - base > 20 << 20
    _base, head = both(step(tmp_path, "delay"), "latency_ms")
    assert head >= 60
