"""Probes against programs whose consumption is known."""

import gzip
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from processes import await_gone

from tcperf import clock
from tcperf.errors import MachineError
from tcperf.model import Measurement
from tcperf.network.interface import Counters
from tcperf.probes import machine
from tcperf.probes.cpu import cpu_clock_ns
from tcperf.probes.node import Edge, NodeProbe, born, go_measurements, measure, totals, unborn
from tcperf.probes.portable import PortableProcessProbe
from tcperf.probes.process import LinuxProcessProbe
from tcperf.probes.series import SeriesRecorder

pytestmark = pytest.mark.integration
MIB = 1 << 20


class Program:
    """A Python program that does one step for each line it is told."""

    def __init__(self, process):
        self.process = process
        self.pid = process.pid

    def tell(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer.startswith("done"), answer
        return answer


LOOP = """
import os, sys, threading, time, subprocess
kept = {}
for line in sys.stdin:
    exec(line)
    print("done", kept.get("say", ""), flush=True)
"""


@contextmanager
def program():
    with subprocess.Popen(
        [sys.executable, "-c", LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        made = Program(process)
        try:
            made.tell("time.process_time()")  # what starting up costs is over
            yield made
        finally:
            process.stdin.close()
            process.kill()


BURN = "exec('start = time.process_time()\\nwhile time.process_time() < start + {seconds}: pass')"
CHILD = "import time\\nwhile time.process_time() < 0.2: pass"


def test_the_cpu_clock_is_what_the_process_burnt():
    with program() as burner:
        before = cpu_clock_ns(burner.pid)
        burner.tell(BURN.format(seconds=0.2))
        spent_ms = (cpu_clock_ns(burner.pid) - before) / 1e6
        assert 200 <= spent_ms < 215  # reading the line and answering cost the rest
        burner.process.stdin.close()
        os.waitid(os.P_PID, burner.pid, os.WEXITED | os.WNOWAIT)
        whole_ms = cpu_clock_ns(burner.pid) / 1e6  # of the zombie
        _pid, status, usage = os.wait4(burner.pid, 0)
        burner.process.returncode = status
    assert abs(whole_ms - 1000 * (usage.ru_utime + usage.ru_stime)) < 1


def test_threads_count_and_ended_children_too():
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        before = probe.read()
        assert before.cpu_exactness == "exact"
        burner.tell(
            "kept['t'] = threading.Thread(target=time.sleep, args=(60,), daemon=True); kept['t'].start()"
        )
        burner.tell(f'subprocess.run([sys.executable, "-c", "{CHILD}"])')
        after = probe.read()
    assert after.threads == before.threads + 1
    assert measure(Edge(before, None), Edge(after, None))["cpu_ms"].exactness == "sampled"
    assert (after.cpu_ns - before.cpu_ns) / 1e6 >= 190


def test_living_children_count():
    code = "print(1, flush=True)\\nimport time\\nwhile time.process_time() < 0.2: pass\\nprint(2, flush=True)\\ntime.sleep(60)"
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        before = probe.read()
        burner.tell(f'kept["c"] = subprocess.Popen([sys.executable, "-c", "{code}"], stdout=subprocess.PIPE)')
        burner.tell("kept['c'].stdout.readline(), kept['c'].stdout.readline()")
        after = probe.read()
        assert measure(Edge(before, None), Edge(after, None))["memory_peak_bytes"].exactness == "bound"
        assert (after.cpu_ns - before.cpu_ns) / 1e6 >= 200
        burner.tell("kept['c'].kill()")


def test_a_child_that_came_and_went_costs_the_figures_their_exactness():
    with program() as parent:
        probe = LinuxProcessProbe(parent.pid)
        before = probe.read()
        parent.tell('subprocess.run(["/bin/true"])')  # too short for a single tick
        found = measure(Edge(before, None), Edge(probe.read(), None))
    assert found["cpu_ms"].exactness == "sampled"
    assert found["memory_peak_bytes"].exactness == "bound"


def test_time_that_a_child_took_along_makes_no_negative_figure():
    with program() as parent:
        probe = LinuxProcessProbe(parent.pid)
        parent.tell("import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
        code = "print(1, flush=True)\\nimport time\\nwhile time.process_time() < 0.3: pass\\nprint(2, flush=True)\\ntime.sleep(60)"
        parent.tell(f'kept["c"] = subprocess.Popen([sys.executable, "-c", "{code}"], stdout=subprocess.PIPE)')
        parent.tell("kept['c'].stdout.readline(), kept['c'].stdout.readline()")
        before = probe.read()
        parent.tell("kept['c'].kill(), kept['c'].wait()")  # nobody sums it up: SIGCHLD is ignored
        found = measure(Edge(before, None), Edge(probe.read(), None))
    assert "cpu_ms" not in found
    assert found["memory_peak_bytes"].exactness == "bound"


def test_what_our_fork_used_is_not_the_programs():
    with program() as burner:
        host = Interface(burner.pid)
        reading = LinuxProcessProbe(burner.pid).read()
        whole = measure(unborn(host), Edge(reading, host.now))["cpu_ms"].value
        own = measure(born(unborn(host), 2_000_000), Edge(reading, host.now))["cpu_ms"].value
    assert whole - own == pytest.approx(2.0)


def test_the_peak_is_the_phases_own():
    with program() as eater:
        probe = LinuxProcessProbe(eater.pid)
        probe.reset_peak()
        rest = probe.read().peak_bytes
        eater.tell(f"kept['x'] = b'x' * {64 * MIB}; del kept['x']")
        peak = probe.read()
        assert abs(peak.peak_bytes - rest - 64 * MIB) < 0.01 * 64 * MIB
        assert peak.peak_exactness == "exact"
        probe.reset_peak()
        assert probe.read().peak_bytes < rest + 2 * MIB


def test_disk_bytes_are_what_was_written(tmp_path):
    with program() as writer:
        probe = LinuxProcessProbe(writer.pid)
        before = probe.read().written_bytes
        path = tmp_path / "file"
        writer.tell(
            f"f = open({str(path)!r}, 'wb'); f.write(bytes({4 * MIB})); f.flush(); os.fsync(f.fileno())"
        )
        after = probe.read().written_bytes
    # Whole blocks and their bookkeeping; nothing where the folder is in memory.
    assert after == before or 4 * MIB <= after - before <= 5 * MIB


@pytest.mark.parametrize("kind", [LinuxProcessProbe, PortableProcessProbe])
def test_a_process_that_ended(kind):
    with program() as ended:
        probe = kind(ended.pid)
        probe.read()
        ended.process.kill()
        ended.process.wait()
        with pytest.raises(ProcessLookupError):
            probe.read()
        probe.reset_peak()
        with pytest.raises(ProcessLookupError):
            kind(ended.pid).read()
        probe.close()


def test_the_portable_probe_agrees_with_the_exact_one():
    with program() as burner:
        exact, portable = LinuxProcessProbe(burner.pid), PortableProcessProbe(burner.pid)
        burner.tell(BURN.format(seconds=0.3))
        ours, theirs = exact.read(), portable.read()
        portable.reset_peak()
    assert abs(ours.cpu_ns - theirs.cpu_ns) <= 30e6  # two ticks
    assert theirs.cpu_exactness == theirs.peak_exactness == "sampled"
    assert theirs.threads == ours.threads
    assert theirs.peak_bytes <= ours.peak_bytes


class Interface:
    """A host whose counters a test sets."""

    def __init__(self, pid):
        self.pid = pid
        self.now = Counters(1000, 2000, 10, 20, 0)

    def counters(self):
        return self.now


def test_a_phase_of_a_node():
    with program() as burner:
        host = Interface(burner.pid)
        probe = NodeProbe(burner.pid, host)
        begin = probe.begin()
        burner.tell(BURN.format(seconds=0.1))
        host.now = Counters(1500, 2700, 14, 27, 0)
        found = measure(begin, probe.end())
        born = measure(unborn(host), probe.end())
        probe.close()
    assert found["sent_bytes"] == Measurement(500, "bytes", "exact", "interface")
    assert found["received_bytes"].value == 700
    assert found["packets_count"].value == 4
    assert found["received_packets_count"].value == 7
    assert 100 <= found["cpu_ms"].value < 200
    assert found["memory_peak_bytes"].exactness == "exact"
    assert born["cpu_ms"].value > found["cpu_ms"].value
    assert born["sent_bytes"].value == 0


def test_totals_need_every_node():
    one = {"cpu_ms": Measurement(1.5, "ms", "exact", "cpu clock")}
    other = {
        "cpu_ms": Measurement(2.0, "ms", "sampled", "cpu clock, children's ticks"),
        "sent_bytes": Measurement(7, "bytes", "exact", "interface"),
    }
    found = totals({"alice": one, "bob": other})
    assert set(found) == {"cpu_ms"}
    assert found["cpu_ms"].value == 3.5
    assert found["cpu_ms"].exactness == "sampled"
    assert totals({}) == {}


def test_gos_own_figures():
    before = {"memstats": {"NumGC": 3, "HeapInuse": 1}}
    after = {"memstats": {"NumGC": 5, "HeapInuse": 4096}, "numGoroutine": 12}
    found = go_measurements(before, after)
    assert {key: value.value for key, value in found.items()} == {
        "go_heap_bytes": 4096,
        "go_gc_count": 2,
        "goroutines_count": 12,
    }
    assert go_measurements(None, None) == {}
    assert go_measurements({"memstats": "nonsense"}, {"memstats": 5, "numGoroutine": "many"}) == {}


def test_a_series_follows_the_process(tmp_path):
    path = tmp_path / "run.json.gz"
    with program() as burner, SeriesRecorder() as recorder:
        recorder.begin("one-1", clock.monotonic_ns())
        recorder.watch("alice", burner.pid, None)
        burner.tell(BURN.format(seconds=0.5))
        cost_ms = recorder.end(path)
        series = json.loads(gzip.decompress(path.read_bytes()))
        # Another series may follow with the same sampler.
        recorder.begin("one-2", clock.monotonic_ns())
        recorder.end(tmp_path / "second.json.gz")
    assert series["schema"] == 1
    assert series["run"] == "one-1"
    assert series["interval_ms"] == 50
    columns = series["nodes"]["alice"]
    assert set(columns) == {"t_ms", "cpu_ms", "rss_bytes"}
    times, cpu = columns["t_ms"], columns["cpu_ms"]
    assert len(times) >= 5
    assert times == sorted(times)
    assert cpu == sorted(cpu)
    assert cpu[-1] - cpu[0] > 0.5 * (times[-1] - times[0])
    assert all(rss > MIB for rss in columns["rss_bytes"])
    assert cost_ms > 0
    assert (
        list(tmp_path.iterdir()) == [path, tmp_path / "second.json.gz"] or len(list(tmp_path.iterdir())) == 2
    )


def test_a_series_outlives_its_process(tmp_path):
    with program() as ended, SeriesRecorder() as recorder:
        recorder.begin("one-1", clock.monotonic_ns())
        recorder.watch("alice", ended.pid, None)
        ended.tell(BURN.format(seconds=0.2))
        ended.process.kill()
        ended.process.wait()
        recorder.end(tmp_path / "run.json.gz")
        # A process that ended before it was watched is its driver's to report: it has no series.
        recorder.begin("one-2", clock.monotonic_ns())
        recorder.watch("bob", ended.pid, None)
        recorder.end(tmp_path / "second.json.gz")
        assert json.loads(gzip.decompress((tmp_path / "second.json.gz").read_bytes()))["nodes"] == {}
        with pytest.raises(MachineError, match="cannot end"):
            recorder.end(tmp_path / "missing" / "run.json.gz")


def test_a_lost_sampler_is_said():
    with SeriesRecorder() as recorder:
        os.kill(recorder.pid, signal.SIGKILL)
        await_gone([recorder.pid])
        with pytest.raises(MachineError, match="lost"):
            recorder.begin("one-1", 0)


def test_the_sampler_ends_with_its_driver():
    code = """
import time
from tcperf.probes.series import SeriesRecorder
recorder = SeriesRecorder()
print(recorder.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as driver:
        sampler = int(driver.stdout.readline())
        driver.kill()
    assert await_gone([sampler]) == []


def test_the_machine_record():
    found = machine.describe()
    assert found.system == "Linux"
    assert found.cpu_count == len(os.sched_getaffinity(0))
    assert found.memory_bytes > 100 * MIB
    assert found.cpu_model


def test_texts_of_the_machine():
    assert machine.cpu_model("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n") == "Some CPU @ 2 GHz"
    assert machine.cpu_model("") is None
    assert machine.pressure("some avg10=1.25 avg60=0.00 avg300=0.00 total=5\nfull avg10=0") == 1.25
    assert machine.pressure("") is None
