"""Companions of real processes: counted as the node's, in its network, and gone with it."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

import pytest
import reference_client
from fake_host import make_place
from processes import await_gone
from reference_client import HostedNode

from tcperf import procfs
from tcperf.modules import module_environment
from tcperf.network.run_network import RunNetwork
from tcperf.nodes.factory import StatusBackend, reference_node
from tcperf.planting import accompanied
from tcperf.plants.means import IDLE, Load
from tcperf.probes.process import LinuxProcessProbe

pytestmark = pytest.mark.integration
ENV = module_environment({"PATH": os.environ["PATH"]})
#: Works as much as it is told: a line is so many milliseconds of CPU, answered when they are burnt.
WORKER = """
import sys, time
print("ready", flush=True)
for line in sys.stdin:
    end = time.process_time() + float(line) / 1000
    while time.process_time() < end:
        sum(range(500))
    print("done", flush=True)
"""


def command(load, *program):
    return accompanied(StatusBackend(program), load).command


@contextlib.contextmanager
def worker(load):
    """A process with a companion: (process, what makes it work)."""
    process = subprocess.Popen(
        command(load, sys.executable, "-c", WORKER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"

    def work(ms):
        process.stdin.write(f"{ms}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    try:
        yield process, work
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def used_ms(load, ms):
    """What the probe says that a process used which works for so long, and then as long as debts are paid."""
    with worker(load) as (process, work):
        probe = LinuxProcessProbe(process.pid)
        probe.begin()
        begin = probe.end().work.cpu_ns.value
        work(ms)
        deadline = time.monotonic() + 20
        used = 0.0
        while used < ms * (1 + load.cpu_ratio) and time.monotonic() < deadline:
            used = (probe.end().work.cpu_ns.value - begin) / 1e6
        return used


def test_cpu_is_counted_as_the_nodes_and_is_the_share_that_was_asked_for():
    plain, planted = used_ms(IDLE, 300), used_ms(Load(cpu_ratio=0.5), 300)
    assert 290 <= plain <= 420
    assert planted >= 445


def test_memory_is_counted_as_the_nodes():
    held = {}
    for load in (IDLE, Load(memory_bytes=40 << 20)):
        with worker(load) as (process, _work):
            probe = LinuxProcessProbe(process.pid)
            deadline = time.monotonic() + 20
            seen = 0
            while seen < load.memory_bytes and time.monotonic() < deadline:
                seen = probe.end().state.rest_bytes.value
            held[load.memory_bytes] = seen
            (companion,) = procfs.descendants(process.pid)
            assert companion in probe.end().family
    assert held[40 << 20] - held[0] >= 30 << 20


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_node_and_so_does_the_output(end):
    with worker(Load(cpu_ratio=0.1, memory_bytes=4096)) as (process, _work):
        (companion,) = procfs.descendants(process.pid)
        assert os.getpgid(companion) == os.getpgid(process.pid)
        process.send_signal(end)
        ready, _, _ = select.select([process.stdout], [], [], 20)
        assert ready
        assert process.stdout.read() == ""
        assert await_gone([companion]) == []


def test_a_node_that_is_driven_does_not_notice(tmp_path):
    """The bundled node behind a companion, through the driver: its process is the node's own."""
    factory = accompanied(reference_node("2024-10"), Load(cpu_ratio=0.1))
    node = factory(make_place(tmp_path))
    node.start()
    try:
        node.create_account()
        (companion,) = procfs.descendants(node.pid)
        exit_ = node.stop()
        assert exit_.status in {0, -signal.SIGTERM}
        assert node.warnings == ()
        assert await_gone([companion]) == []
    finally:
        node.stop(graceful=False)


def sent(folder, load, monkeypatch):
    """What two nodes send for some messages: in bytes and frames, those of companions included."""
    plain = [sys.executable, "-m", "tcperf.nodes.reference", "--address", "127.0.0.1:0"]
    monkeypatch.setattr(reference_client, "command", lambda *_given: list(command(load, *plain)))
    with RunNetwork("private") as network, contextlib.ExitStack() as stack:
        hosts = [network.add_host(name) for name in ("alice", "bob")]
        people = []
        for host in hosts:
            place = folder / host.name
            place.mkdir(parents=True)
            people.append(HostedNode(place, stack, host, ENV).create())
        alice, bob = people
        alice.dial(bob)
        for number in range(20):
            alice.deliver(bob, f"message {number}")
        wanted = 17_000 * (1 + load.traffic_ratio)
        deadline = time.monotonic() + 20
        while sum(host.counters().sent_bytes for host in hosts) < wanted and time.monotonic() < deadline:
            alice.rpc("wakuext_peers")
        counters = [host.counters() for host in hosts]
        network.end_processes()
        assert network.closing().closes
    return [(each.sent_bytes, each.sent_packets) for each in counters]


def test_bytes_are_sent_to_the_peer_nobody_answers_and_all_adds_up(tmp_path, monkeypatch):
    plain = sent(tmp_path / "plain", IDLE, monkeypatch)
    planted = sent(tmp_path / "planted", Load(traffic_ratio=0.5), monkeypatch)
    for (before, frames), (after, more_frames) in zip(plain, planted, strict=True):
        assert after == pytest.approx(1.5 * before, rel=0.08)
        assert more_frames > frames
