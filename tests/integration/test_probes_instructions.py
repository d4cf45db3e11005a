"""Counters of perf events: the mechanism is proved with the one event that every kernel has, the task clock."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tcperf.network.run_network import RunNetwork
from tcperf.probes import instructions, process
from tcperf.probes.cpu import cpu_clock_ns
from tcperf.probes.instructions import TASK_CLOCK, Counter
from tcperf.probes.node import Edge, measure
from tcperf.probes.process import LinuxProcessProbe

#: Burns CPU in a thread that is old, in three new ones that end, and in a child that ends.
BURNER = """
import subprocess, sys, threading, time
def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until: pass
begin, done = threading.Event(), threading.Event()
threading.Thread(target=lambda: (begin.wait(), burn(0.1), done.set()), daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    if line == "old\\n":
        begin.set(), done.wait()
    if line == "new\\n":
        threads = [threading.Thread(target=burn, args=(0.05,)) for _ in range(3)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
    if line == "child\\n":
        subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.1: pass"])
    print("done", flush=True)
"""


def refusal():
    """Why this kernel lets nobody count anything, or None."""
    try:
        Counter((os.getpid(),), TASK_CLOCK).close()
    except OSError as error:
        return f"this kernel has no perf events for us: {error.strerror}"
    return None


REFUSAL = refusal()
pytestmark = [pytest.mark.integration, pytest.mark.skipif(REFUSAL is not None, reason=str(REFUSAL))]


def agrees(task_clock, cpu):
    """The two clocks agree, but for what a host steals from a virtual machine, and a child's ticks.

    Where threads were missing or counted twice, it would be half, a third, or twice as much.
    """
    return 0.85 * cpu < task_clock < 1.6 * cpu


@contextmanager
def burner():
    """A program, and what makes it do one of its burnings."""
    with subprocess.Popen(
        [sys.executable, "-c", BURNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:

        def tell(what):
            program.stdin.write(f"{what}\n")
            program.stdin.flush()
            assert program.stdout.readline() == "done\n"

        assert program.stdout.readline() == "ready\n"
        try:
            yield program.pid, tell
        finally:
            program.kill()


@pytest.mark.parametrize("what", ["old", "new"])
def test_the_task_clock_of_all_threads_is_the_cpu_clock(what):
    """Old threads are counted, new ones from their birth, and ended ones are kept."""
    with burner() as (pid, tell):
        before = cpu_clock_ns(pid)
        counter = Counter((pid,), TASK_CLOCK)
        tell(what)
        found = counter.read()
        spent = cpu_clock_ns(pid) - before
        counter.close()
    assert spent > 95e6
    assert agrees(found.value, spent)
    assert (found.exactness, found.source) == ("exact", "perf")


def test_children_are_counted_and_kept_when_they_end():
    with burner() as (pid, tell):
        before = cpu_clock_ns(pid)
        counter = Counter((pid,), TASK_CLOCK)
        tell("child")
        found = counter.read()
        own = cpu_clock_ns(pid) - before
        counter.close()
    assert found.value - own > 95e6


def test_counting_begins_with_the_counter_and_ends_with_it():
    with burner() as (pid, tell):
        tell("new")
        counter = Counter((pid,), TASK_CLOCK)
        assert counter.read().value < 100e6
        counter.close()
        counter.close()
        assert counter.read() is None


def test_a_node_of_a_private_network_can_be_counted():
    """It lives in namespaces of its own and without capabilities: nothing of that hides it from its own user."""
    reader, writer = os.pipe()
    code = "print(1, flush=True)\nwhile True: pass"
    with RunNetwork("private") as network, os.fdopen(reader) as lines:
        command = [sys.executable, "-c", code]
        child = network.add_host("alice").spawn(command, cwd=Path("/"), env={}, stdout=writer, stderr=writer)
        os.close(writer)
        assert lines.readline() == "1\n"
        counter = Counter((child.pid,), TASK_CLOCK)
        while not counter.read().value:
            assert cpu_clock_ns(child.pid) < 10e9
        counter.close()


def test_a_probe_counts_between_the_edges_of_a_phase(monkeypatch):
    """Where the machine counts instructions; here the task clock stands for them."""
    counters = []

    def counter(pids):
        counters.append(Counter(pids, TASK_CLOCK))
        return counters[-1]

    monkeypatch.setattr(process.instructions, "unavailable", lambda: None)
    monkeypatch.setattr(process.instructions, "Counter", counter)
    with burner() as (pid, tell):
        probe = LinuxProcessProbe(pid)
        tell("new")
        begin = probe.begin()
        tell("old")
        tell("child")
        found = measure(Edge(begin, None), Edge(probe.end(), None))
        later = probe.end()
    counted = found["instructions_count"]
    assert agrees(counted.value / 1e6, found["cpu_ms"].value)
    assert counted.exactness == "exact"  # although there was a child
    assert later.work.instructions is None
    assert all(each.read() is None for each in counters)


def test_a_counter_that_cannot_be_had_is_a_figure_less(monkeypatch):
    def counter(_pids):
        raise OSError

    monkeypatch.setattr(process.instructions, "unavailable", lambda: None)
    monkeypatch.setattr(process.instructions, "Counter", counter)
    probe = LinuxProcessProbe(os.getpid())
    found = measure(Edge(probe.begin(), None), Edge(probe.end(), None))
    assert "instructions_count" not in found
    assert found["cpu_ms"].value > 0


def test_instructions_are_counted_or_it_is_said_why_not():
    instructions.unavailable.cache_clear()
    probe = LinuxProcessProbe(os.getpid())
    begin = probe.begin()
    sum(range(100_000))
    found = measure(Edge(begin, None), Edge(probe.end(), None))
    if instructions.unavailable() is None:
        assert found["instructions_count"].value > 100_000
    else:
        assert "instructions_count" not in found
