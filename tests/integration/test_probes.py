"""Probes against programs whose consumption is known."""

import gzip
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import psutil
import pytest
from processes import await_gone, await_unlisted

from tcperf import clock
from tcperf.errors import MachineError
from tcperf.measurement import Measurement
from tcperf.network.interface import Counters
from tcperf.probes import machine
from tcperf.probes.cpu import cpu_clock_ns
from tcperf.probes.meter import Meter
from tcperf.probes.node import Edge, NodeProbe, born, measure, totals, unborn
from tcperf.probes.portable import PortableProcessProbe
from tcperf.probes.process import LinuxProcessProbe

pytestmark = pytest.mark.integration
MIB = 1 << 20


class Program:
    """A Python program that does whatever it is told, one step after another."""

    def __init__(self, process):
        self.process = process
        self.pid = process.pid

    def tell(self, code):
        self.process.stdin.write(f"{code!r}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer.startswith("done"), answer
        return answer


LOOP = """
import ast, os, sys, threading, time, subprocess
kept = {}
for line in sys.stdin:
    exec(ast.literal_eval(line))
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


BURN = "start = time.process_time()\nwhile time.process_time() < start + {seconds}: {work}"
CHILD = "import time\nwhile time.process_time() < 0.2: pass"
#: Says when it has burnt its time, and stays.
LIVING_CHILD = f"{CHILD}\nprint(1, flush=True)\ntime.sleep(60)"


def burn(seconds, work="pass"):
    return BURN.format(seconds=seconds, work=work)


def start_child(code):
    """Start a Python program and wait for its word."""
    command = f"[sys.executable, '-c', {code!r}]"
    return f"kept['c'] = subprocess.Popen({command}, stdout=subprocess.PIPE)\nkept['c'].stdout.readline()"


def test_the_cpu_clock_is_what_the_process_burnt():
    with program() as burner:
        before = cpu_clock_ns(burner.pid)
        # By its own clock: what a host took from a virtual machine while it burnt is in both.
        told = burner.tell(f"{burn(0.2)}\nkept['say'] = 1000 * (time.process_time() - start)")
        spent_ms, told_ms = (cpu_clock_ns(burner.pid) - before) / 1e6, float(told.split()[1])
        assert 200 <= told_ms <= spent_ms < told_ms + 15  # reading the line and answering cost the rest
        burner.process.stdin.close()
        os.waitid(os.P_PID, burner.pid, os.WEXITED | os.WNOWAIT)
        whole_ms = cpu_clock_ns(burner.pid) / 1e6  # of the zombie
        _pid, status, usage = os.wait4(burner.pid, 0)
        burner.process.returncode = status
    assert abs(whole_ms - 1000 * (usage.ru_utime + usage.ru_stime)) < 1


def phase(begin, end):
    """The measurements between two readings."""
    return measure(Edge(begin, None), Edge(end, None))


def test_a_known_burner_is_measured_to_the_millisecond():
    """The probe against wait4 over the whole life: what a phase reads of a process is what its parent is told."""
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        burner.tell(burn(0.3))
        burner.process.stdin.close()
        os.waitid(os.P_PID, burner.pid, os.WEXITED | os.WNOWAIT)
        found = measure(Edge(None, None), Edge(probe.end(), None))
        _pid, status, usage = os.wait4(burner.pid, 0)
        burner.process.returncode = status
    assert abs(found["cpu_ms"].value - 1000 * (usage.ru_utime + usage.ru_stime)) < 1
    assert found["cpu_ms"].exactness == "exact"


def test_user_and_system_time_add_up_and_go_where_they_belong():
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        begin = probe.begin()
        burner.tell(burn(0.4, "sum(range(20000))"))
        middle = probe.end()
        burner.tell(burn(0.4).replace(": pass", ": os.listdir('/proc/self/fd'); os.urandom(1 << 18)"))
        in_program, in_kernel = phase(begin, middle), phase(middle, probe.end())
    for found in (in_program, in_kernel):
        parts = (found["cpu_user_ms"], found["cpu_system_ms"])
        assert sum(part.value for part in parts) == pytest.approx(found["cpu_ms"].value)
        assert {(part.exactness, part.source) for part in parts} == {("sampled", "cpu clock, split by ticks")}
    # A tick is at most 10 ms, and one may fall elsewhere by chance.
    assert in_program["cpu_user_ms"].value > 0.8 * in_program["cpu_ms"].value
    assert in_kernel["cpu_system_ms"].value > 0.6 * in_kernel["cpu_ms"].value


def test_threads_count_and_ended_children_too():
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        begin = probe.begin()
        burner.tell(
            "kept['t'] = threading.Thread(target=time.sleep, args=(60,), daemon=True); kept['t'].start()"
        )
        burner.tell(f"subprocess.run([sys.executable, '-c', {CHILD!r}])")
        end = probe.end()
        found = phase(begin, end)
    assert end.state.threads.value == begin.state.threads.value + 1
    assert found["threads_count"] == Measurement(2, "count", "sampled", "stat")
    assert found["cpu_ms"].exactness == "sampled"
    assert found["cpu_ms"].value >= 190
    assert len(end.state.switches) == 2


def test_dozens_of_short_lived_children_are_in_the_ends_total():
    with program() as parent:
        probe = LinuxProcessProbe(parent.pid)
        begin = probe.begin()
        parent.tell("for _ in range(24): subprocess.run([sys.executable, '-S', '-c', 'pass'])")
        found = phase(begin, probe.end())
        parent.process.stdin.close()
        os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)
        whole = probe.end()
        _pid, status, usage = os.wait4(parent.pid, 0)
        parent.process.returncode = status
    assert found["cpu_ms"].exactness == "sampled"
    assert found["page_faults_count"].exactness == "sampled"
    assert found["memory_peak_bytes"].exactness == "bound"
    # Two of the kernel's ticks at most are lost: one of user time, one of system time, over all children.
    whole_ms = 1000 * (usage.ru_utime + usage.ru_stime)
    assert whole.work.cpu_ns.value / 1e6 == pytest.approx(whole_ms, abs=21)
    assert found["cpu_ms"].value > 24 * 2  # an interpreter takes some milliseconds to start
    assert whole.state.page_faults.value == usage.ru_minflt + usage.ru_majflt


def test_living_children_count():
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        begin = probe.begin()
        burner.tell(start_child(LIVING_CHILD))
        end = probe.end()
        found = phase(begin, end)
        assert found["memory_peak_bytes"].exactness == "bound"
        assert found["cpu_ms"].value >= 200
        assert len(end.family) == 1
        assert set(end.state.switches) == {burner.pid, *end.family}
        burner.tell("kept['c'].kill()")


def test_what_a_living_child_waited_for_counts_too():
    code = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {CHILD!r}])\nprint(1, flush=True)\ntime.sleep(60)"
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        begin = probe.begin()
        burner.tell(start_child(code))
        found = phase(begin, probe.end())
        burner.tell("kept['c'].kill()")
    assert found["cpu_ms"].value >= 190


def test_a_child_that_came_and_went_costs_the_figures_their_exactness():
    with program() as parent:
        probe = LinuxProcessProbe(parent.pid)
        begin = probe.begin()
        parent.tell('subprocess.run(["/bin/true"])')  # too short for a single tick
        found = phase(begin, probe.end())
    assert found["cpu_ms"].exactness == "sampled"
    assert found["memory_peak_bytes"].exactness == "bound"
    assert found["disk_written_bytes"].exactness == "sampled"


def test_what_a_child_took_along_makes_no_negative_figure():
    with program() as parent:
        probe = LinuxProcessProbe(parent.pid)
        parent.tell("import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
        parent.tell(start_child(LIVING_CHILD))
        begin = probe.begin()
        child = int(parent.tell("kept['say'] = kept['c'].pid").split()[1])
        parent.tell("kept['c'].kill(), kept['c'].wait()")  # nobody sums it up: SIGCHLD is ignored
        await_unlisted(child)
        found = phase(begin, probe.end())
    assert not {"cpu_ms", "cpu_user_ms", "cpu_system_ms", "page_faults_count"} & set(found)
    assert found["memory_peak_bytes"].exactness == "bound"


def test_what_our_fork_used_is_not_the_programs():
    with program() as burner:
        host = Interface(burner.pid)
        reading = LinuxProcessProbe(burner.pid).end()
        whole = measure(unborn(host), Edge(reading, host.now))
        own = measure(born(unborn(host), 2_000_000), Edge(reading, host.now))
    assert whole["cpu_ms"].value - own["cpu_ms"].value == pytest.approx(2.0)
    assert own["page_faults_count"].exactness == "bound"
    assert "instructions_count" not in own


def test_a_known_allocation_is_the_peak_to_the_percent():
    with program() as eater:
        probe = LinuxProcessProbe(eater.pid)
        rest = probe.begin().state.peak_bytes.value
        eater.tell(f"kept['x'] = b'x' * {256 * MIB}")
        end = probe.end()
        found = phase(probe.begin(), end)
    assert abs(found["memory_peak_bytes"].value - rest - 256 * MIB) < 0.01 * 256 * MIB
    assert abs(found["memory_rest_bytes"].value - found["memory_peak_bytes"].value) < 0.01 * 256 * MIB
    assert found["memory_rest_bytes"].exactness == "sampled"
    assert found["memory_rest_bytes"].source == "VmRSS"


def test_a_peak_that_is_gone_is_found_all_the_same_and_is_the_phases_own():
    with program() as eater:
        probe = LinuxProcessProbe(eater.pid)
        begin = probe.begin()
        eater.tell(f"kept['x'] = b'x' * {64 * MIB}; del kept['x']")
        found = phase(begin, probe.end())
        next_begin = probe.begin()
        later = phase(next_begin, probe.end())
    peak, rest = found["memory_peak_bytes"], found["memory_rest_bytes"]
    assert abs(peak.value - begin.state.peak_bytes.value - 64 * MIB) < 0.01 * 64 * MIB
    assert (peak.exactness, peak.source) == ("exact", "VmHWM")
    assert rest.value < peak.value - 60 * MIB
    assert later["memory_peak_bytes"].value < begin.state.peak_bytes.value + 2 * MIB


def test_page_faults_are_those_of_the_pages_touched():
    with program() as eater:
        eater.tell(f"import mmap; kept['m'] = mmap.mmap(-1, {16 * MIB}, flags=mmap.MAP_PRIVATE)")
        eater.tell("kept['m'].madvise(mmap.MADV_NOHUGEPAGE)")
        probe = LinuxProcessProbe(eater.pid)
        begin = probe.begin()
        eater.tell(f"for at in range(0, {16 * MIB}, mmap.PAGESIZE): kept['m'][at] = 1")
        found = phase(begin, probe.end())["page_faults_count"]
    pages = 16 * MIB // os.sysconf("SC_PAGESIZE")
    assert pages <= found.value < pages + 200
    assert (found.exactness, found.source) == ("exact", "stat")


def test_context_switches_are_those_of_all_threads():
    """A thread that waits a hundred times switches as often, and the main thread's own figure tells nothing of it."""
    with program() as waiter:
        waiter.tell("kept['pipe'] = os.pipe()")
        waiter.tell("kept['back'] = os.pipe()")
        echo = "lambda: [os.write(kept['back'][1], os.read(kept['pipe'][0], 1)) for _ in range(100)] + [time.sleep(60)]"
        waiter.tell(f"threading.Thread(target={echo}, daemon=True).start()")
        probe = LinuxProcessProbe(waiter.pid)
        begin = probe.begin()
        waiter.tell("[(os.write(kept['pipe'][1], b'x'), os.read(kept['back'][0], 1)) for _ in range(100)]")
        end = probe.end()
        found = phase(begin, end)["context_switches_count"]
        main = end.state.switches[waiter.pid] - begin.state.switches[waiter.pid]
    assert found.value >= 180  # now and then a thread need not wait: what it waits for has come
    assert found.value - main >= 90
    assert (found.exactness, found.source) == ("sampled", "threads' status")


def test_disk_bytes_are_what_was_written_and_read(tmp_path):
    with program() as writer:
        probe = LinuxProcessProbe(writer.pid)
        begin = probe.begin()
        path = tmp_path / "file"
        writer.tell(
            f"f = open({str(path)!r}, 'wb'); f.write(bytes({4 * MIB})); f.flush(); os.fsync(f.fileno())"
        )
        written = phase(begin, probe.end())
        begin = probe.begin()
        writer.tell(
            f"f = os.open({str(path)!r}, os.O_RDONLY); os.posix_fadvise(f, 0, 0, os.POSIX_FADV_DONTNEED); "
            f"os.posix_fadvise(f, 0, 0, os.POSIX_FADV_RANDOM); os.read(f, {4 * MIB})"
        )
        read = phase(begin, probe.end())
    # Whole blocks and their bookkeeping; nothing where the folder is in memory.
    assert (
        written["disk_written_bytes"].value == 0 or 4 * MIB <= written["disk_written_bytes"].value <= 5 * MIB
    )
    assert read["disk_read_bytes"].value == 0 or 4 * MIB <= read["disk_read_bytes"].value <= 5 * MIB
    assert read["disk_written_bytes"].value < 4 * MIB
    for found in (written["disk_written_bytes"], read["disk_read_bytes"]):
        assert (found.exactness, found.source) == ("exact", "io")


def test_a_kernel_that_keeps_the_peak_makes_it_a_bound(monkeypatch):
    with program() as eater:
        probe = LinuxProcessProbe(eater.pid)
        monkeypatch.setattr("tcperf.probes.process._RESET_PEAK", "no such command")
        found = phase(probe.begin(), probe.end())["memory_peak_bytes"]
    assert (found.exactness, found.source) == ("bound", "VmHWM, whole life")


@pytest.mark.parametrize("kind", [LinuxProcessProbe, PortableProcessProbe])
def test_a_process_that_ended(kind):
    with program() as ended:
        probe = kind(ended.pid)
        probe.begin()
        ended.process.kill()
        ended.process.wait()
        with pytest.raises(ProcessLookupError):
            probe.end()
        with pytest.raises(ProcessLookupError):
            probe.begin()
        with pytest.raises(ProcessLookupError):
            kind(ended.pid).end()
        probe.close()


def test_a_zombie_has_its_cpu_still_and_no_memory():
    with program() as burner:
        probe = LinuxProcessProbe(burner.pid)
        begin = probe.begin()
        burner.process.kill()
        os.waitid(os.P_PID, burner.pid, os.WEXITED | os.WNOWAIT)
        found = phase(begin, probe.end())
    assert found["cpu_ms"].exactness == "exact"
    assert not {"memory_peak_bytes", "memory_rest_bytes"} & set(found)


def test_the_portable_probe_agrees_with_the_exact_one():
    with program() as burner:
        exact, portable = LinuxProcessProbe(burner.pid), PortableProcessProbe(burner.pid)
        begin = portable.begin()
        burner.tell(burn(0.3))
        ours, theirs = exact.end(), portable.end()
        found = phase(begin, theirs)
    assert abs(ours.work.cpu_ns.value - theirs.work.cpu_ns.value) <= 30e6  # two ticks
    assert theirs.state.threads.value == ours.state.threads.value
    assert theirs.state.peak_bytes.value <= ours.state.peak_bytes.value
    assert {found[key].exactness for key in ("cpu_ms", "memory_peak_bytes", "memory_rest_bytes")} == {
        "sampled"
    }
    assert {found[key].source for key in ("cpu_ms", "memory_peak_bytes", "disk_written_bytes")} == {"psutil"}
    assert found["disk_written_bytes"].exactness == "bound"
    assert found["cpu_user_ms"].value + found["cpu_system_ms"].value == pytest.approx(found["cpu_ms"].value)
    assert not {"instructions_count", "page_faults_count", "context_switches_count"} & set(found)


class Elsewhere:
    """This process, as psutil shows it on other systems: page faults beside the resident set."""

    def __init__(self, pid):
        self.process = psutil.Process(pid)
        self.memory = []

    def __getattr__(self, name):
        return getattr(self.process, name)

    def memory_info(self):
        return self.memory.pop(0)


@pytest.mark.parametrize("name", ["pfaults", "num_page_faults"])
def test_the_portable_probe_tells_what_other_systems_tell(monkeypatch, name):
    """macOS and Windows count page faults in their own ways, and the switches of all threads."""
    monkeypatch.setattr(psutil, "LINUX", False)
    probe = PortableProcessProbe(os.getpid())
    probe._process = Elsewhere(os.getpid())
    probe._process.memory = [
        SimpleNamespace(**{"rss": rss, name: faults}) for rss, faults in ((5 * MIB, 41), (4 * MIB, 47))
    ]
    begin = probe.begin()
    found = phase(begin, probe.end())
    assert found["page_faults_count"] == Measurement(6, "count", "sampled", "psutil")
    assert found["memory_peak_bytes"].value == 5 * MIB
    assert found["memory_rest_bytes"].value == 4 * MIB
    assert found["context_switches_count"].exactness == "sampled"


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
        burner.tell(burn(0.1))
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


def test_reading_takes_nothing_of_the_program():
    """A phase in which it did nothing is an empty one: no CPU, no fault, no switch comes from being read."""
    with program() as idle:
        os.kill(idle.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, idle.pid, os.WSTOPPED)
        probe = LinuxProcessProbe(idle.pid)
        found = phase(probe.begin(), probe.end())
    assert found["cpu_ms"].value == 0
    assert found["page_faults_count"].value == 0
    assert found["context_switches_count"].value == 0
    assert "cpu_user_ms" not in found


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


def test_a_series_follows_the_process(tmp_path):
    path = tmp_path / "run.json.gz"
    with program() as burner, Meter() as recorder:
        recorder.begin("one-1", clock.monotonic_ns())
        recorder.watch("alice", burner.pid, None)
        burner.tell(burn(1.0))
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
    assert 300 < cpu[-1] - cpu[0] < 1100  # of the 1000 that it burnt, those before the first look not
    assert all(rss > MIB for rss in columns["rss_bytes"])
    assert cost_ms > 0
    assert (
        list(tmp_path.iterdir()) == [path, tmp_path / "second.json.gz"] or len(list(tmp_path.iterdir())) == 2
    )


def test_a_series_outlives_its_process(tmp_path):
    with program() as ended, Meter() as recorder:
        recorder.begin("one-1", clock.monotonic_ns())
        recorder.watch("alice", ended.pid, None)
        ended.tell(burn(0.2))
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
    with Meter() as recorder:
        os.kill(recorder.pid, signal.SIGKILL)
        await_gone([recorder.pid])
        with pytest.raises(MachineError, match="lost"):
            recorder.begin("one-1", 0)


def test_the_sampler_ends_with_its_driver():
    code = """
import time
from tcperf.probes.meter import Meter
recorder = Meter()
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
