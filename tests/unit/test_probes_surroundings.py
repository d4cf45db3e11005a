"""What else the machine does: the kernel's texts, differences of readings, limits, and one real look."""

import os
import subprocess
import sys

import pytest

from tcperf.model import Surroundings
from tcperf.probes import surroundings
from tcperf.probes.surroundings import Reading, between, cpu_ticks, pollution, stalled_s

STAT = "cpu  100 20 30 4000 50 6 7 8 9 0\ncpu0 1 2 3 4 5 6 7 8 9 0\nintr 12345\n"
PRESSURE = (
    "some avg10=32.39 avg60=36.28 avg300=35.50 total=317094307\n"
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"
)


def test_the_first_line_of_proc_stat():
    assert cpu_ticks(STAT) == {
        "user": 100, "nice": 20, "system": 30, "idle": 4000, "iowait": 50, "irq": 6, "softirq": 7, "steal": 8,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "cpu0 1 2 3 4 5 6 7 8\n", "cpu 1 2 3\n", "nonsense"])
def test_what_is_no_proc_stat(text):
    assert cpu_ticks(text) is None


def test_the_stall_of_proc_pressure():
    assert stalled_s(PRESSURE) == pytest.approx(317.094307)
    assert stalled_s("") is None
    assert stalled_s("some avg10=1.0 total=many\n") is None


def test_what_is_neither_ours_nor_idle_is_outside():
    begin = Reading(10.0, ours_s=1.0, busy_s=100.0, steal_s=0.0, total_s=1000.0, stall_s=5.0)
    end = Reading(20.0, ours_s=4.0, busy_s=108.0, steal_s=2.0, total_s=1020.0, stall_s=6.0)
    found = between(begin, end)
    assert found.outside_cores == pytest.approx(0.5)  # 8 s of work, 3 s of it ours, in 10 s
    assert found.steal_ratio == pytest.approx(0.1)
    assert found.stall_ratio == pytest.approx(0.1)


def test_ticks_may_count_less_than_we_used():
    found = between(Reading(0.0, 0.0, 0.0, 0.0, 0.0, 0.0), Reading(1.0, 0.9, 0.8, 0.0, 2.0, 3.0))
    assert found.outside_cores == 0.0
    assert found.stall_ratio == 1.0


def test_what_the_system_does_not_tell_is_none():
    assert between(Reading(0.0, 0.0), Reading(1.0, 1.0)) == Surroundings()
    assert between(Reading(1.0, 0.0), Reading(1.0, 0.0)) == Surroundings()


@pytest.mark.parametrize(
    ("found", "usual", "words"),
    [
        (Surroundings(), None, None),
        (Surroundings(0.25, 0.05, 0.9), None, None),
        (Surroundings(0.26, 0.0, 0.0), None, "other programs kept 0.26 cores busy"),
        (Surroundings(0.0, 0.06, 0.0), None, "the hypervisor took 6% of the machine's time"),
        (Surroundings(0.0, 0.0, 0.14), 0.05, None),  # three times the usual, but not a tenth more
        (Surroundings(0.0, 0.0, 0.5), 0.2, None),  # more than a tenth more, but not three times as much
        (Surroundings(0.0, 0.0, 0.16), 0.05, "something waited for a core 16% of the time, usually 5%"),
        (Surroundings(0.0, 0.0, 0.11), 0.0, "usually 0%"),
        (Surroundings(None, None, 0.11), 0.0, "usually 0%"),
    ],
)
def test_the_limits(found, usual, words):
    told = pollution(found, usual)
    assert (told is None) if words is None else (words in told)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
def test_what_our_children_use_is_ours_living_or_ended():
    burn = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
    before = surroundings.read()
    subprocess.run([sys.executable, "-c", burn], check=True)
    ended = surroundings.read()
    assert ended.ours_s - before.ours_s >= 0.25
    code = f"{burn}print(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        assert surroundings.read().ours_s - ended.ours_s >= 0.25
        child.communicate(b"\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")
def test_what_others_use_is_outside():
    """Not our child: a grandchild that was given away is nobody's descendant here."""
    burn = (
        "import os, time\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "end = time.process_time() + 0.5\n"
        "while time.process_time() < end: pass\n"
        "os.write(1, b'done')\n"
    )
    before = surroundings.read()
    watch = surroundings.Watch()
    with subprocess.Popen([sys.executable, "-c", burn], stdout=subprocess.PIPE) as child:
        child.wait()
        assert child.stdout.read() == b"done"
    found, after = watch.end(), surroundings.read()
    assert after.busy_s - before.busy_s >= 0.3
    assert found.outside_cores > 0
    assert 0 <= found.steal_ratio <= 1


def test_without_proc_nothing_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(surroundings, "_STAT", tmp_path / "stat")
    monkeypatch.setattr(surroundings, "_PRESSURE", tmp_path / "pressure")
    watch = surroundings.Watch()
    sum(range(1000))
    assert watch.end() == Surroundings()


def test_an_ended_process_counts_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert surroundings.descendants_s([child.pid]) == 0
    assert surroundings.descendants_s([os.getpid()]) > 0
