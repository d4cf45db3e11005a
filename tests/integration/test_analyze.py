"""A run's own capture, analysed, is what the meter counted; and Wireshark's parser agrees on what it can count."""

import json
import os
import shutil
import subprocess
import sys

import dpkt
import pytest
from dpkt_tables import frames

from tcperf import results
from tcperf.captures.tables import CONTRIBUTORS, sums
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.long]
_ANSWER = dpkt.tcp.TH_SYN | dpkt.tcp.TH_ACK


def tcperf(*arguments, cwd):
    variables = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
    return subprocess.run(
        [sys.executable, "-m", "tcperf", *map(str, arguments)],
        capture_output=True,
        cwd=cwd,
        env=module_environment(variables),
        timeout=120,
        check=True,
        text=True,
    ).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of the reference node with its capture."""
    found = tmp_path_factory.mktemp("run")
    tcperf(
        "run", "--pcap=headers", "--out", "out", "one_to_one", "-p", "messages=4", "-p", "step=0", cwd=found
    )
    return found / "out"


def test_the_tables_are_those_of_the_run(folder):
    (run,) = results.load(folder / "results.json").runs
    if run.capture is None or run.capture.file is None:
        pytest.skip("this machine has no private network to capture on")
    assert run.capture.is_exact
    options = [word for port in listening(folder / run.capture.file) for word in ("--p2p", port)]
    told = json.loads(tcperf("analyze", "--format", "json", *options, folder / run.capture.file, cwd=folder))
    assert told["complete"]
    assert told["notes"] == []
    assert told["lost_frames"] == 0
    fields = ("phase", *CONTRIBUTORS)
    counted = sums([row for row in run.traffic if row.direction == "sent"], fields)
    ours = {tuple(row[field] for field in fields): row for row in told["traffic"]}
    assert {each.key: each.totals._asdict() for each in counted} == {
        key: {name: row[name] for name in counted[0].totals._fields} for key, row in ours.items()
    }


def listening(path):
    """The TCP ports at which a SYN was answered: there somebody listens."""
    ethernets = [dpkt.ethernet.Ethernet(frame.data) for frame in frames(path)]
    segments = [each.ip.tcp for each in ethernets if dpkt.tcp.TCP in each]
    return {each.sport for each in segments if each.flags & _ANSWER == _ANSWER}


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_counts_the_same(folder):
    (run,) = results.load(folder / "results.json").runs
    if run.capture is None or run.capture.file is None:
        pytest.skip("this machine has no private network to capture on")
    fields = ("frame.interface_name", "frame.len", "ip.len", "tcp.len")
    words = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-r", folder / run.capture.file, "-T", "fields", *words]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [dict(zip(fields, line.split("\t"), strict=True)) for line in lines]
    for node in ("alice", "bob"):
        own = [row for row in run.traffic if row.node == node and row.direction == "sent"]
        seen = [row for row in rows if row["frame.interface_name"] == node]
        assert sum(row.packets for row in own) == len(seen)
        assert sum(row.frame_bytes for row in own) == sum(int(row["frame.len"]) for row in seen)
        assert sum(row.ip_bytes for row in own) == sum(int(row["ip.len"] or 0) for row in seen)
        payload = sum(row.payload_bytes for row in own if row.protocol == "tcp")
        assert payload == sum(int(row["tcp.len"] or 0) for row in seen)
