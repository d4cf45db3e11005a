"""Processes that come and go, watched through stretches; all of them real."""

import os
import resource
import subprocess
import sys
import time

import pytest

from tcperf.clock import monotonic_ns
from tcperf.watching import processes
from tcperf.watching.choosing import ByName, below, by_id, started_by
from tcperf.watching.lookout import Lookout
from tcperf.watching.processes import Processes

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="exact figures are Linux's"),
]

#: Reads lines: "burn MS", "take MIB", "drop", "end"; answers each.
PROGRAM = """
import sys, time
print("ready", flush=True)
kept = None
for line in sys.stdin:
    word, _, number = line.strip().partition(" ")
    if word == "burn":
        end = time.process_time() + int(number) / 1000
        while time.process_time() < end: pass
    elif word == "take":
        kept = b"x" * (int(number) << 20)
    elif word == "drop":
        kept = None
    elif word == "end":
        break
    print(word, time.process_time(), flush=True)
"""


#: Holds 100 MiB and reads lines: "fork", "exec" (the fork becomes sleep), "end"; answers each with the fork's id.
FORKING = """
import os, sys
block = b"x" * (100 << 20)
print("ready", flush=True)
for line in sys.stdin:
    word = line.strip()
    if word == "fork":
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(writing)
            if os.read(reading, 1): os.execvp("sleep", ["sleep", "600"])
            os._exit(0)
        os.close(reading)
    elif word == "exec":
        os.write(writing, b".")
        while open(f"/proc/{pid}/stat").read().split()[1:3] != ["(sleep)", "S"]: pass
    elif word == "end":
        os.close(writing)
        os.waitpid(pid, 0)
        break
    print(pid, flush=True)
"""


class Program:
    def __init__(self, argv=None):
        self.process = subprocess.Popen(
            argv or [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self.process.stdout.readline() == "ready\n"

    @property
    def pid(self):
        return self.process.pid

    def tell(self, line):
        self.process.stdin.write(f"{line}\n")
        return self.process.stdout.readline()

    def end(self):
        self.process.communicate("end\n")


@pytest.fixture
def start():
    started = []

    def start_one(argv=None):
        started.append(Program(argv))
        return started[-1]

    yield start_one
    for program in started:
        program.process.kill()
        program.process.communicate()


@pytest.fixture
def watch():
    opened = []

    def watch_all(choice, **options):
        opened.append(Lookout(Processes(choice), zero_ns=monotonic_ns(), **options))
        return opened[-1]

    yield watch_all
    for lookout in opened:
        lookout.close()


def look(lookout):
    """Look now: the next look of its own may be late."""
    lookout.locked(lambda: [each.look() for each in lookout._watched])


def test_what_lives_all_the_time_is_exact(start, watch):
    program = start()
    lookout = watch(by_id({program.pid}))
    program.tell("burn 20")
    stretch = lookout.begin("burn")
    before = time.process_time_ns()
    program.tell("burn 100")
    program.tell("take 30")
    program.tell("drop")
    result = stretch.end()
    assert time.process_time_ns() >= before
    (measured,) = result.nodes.values()
    assert measured["cpu_ms"].exactness == "exact"
    assert 100 <= measured["cpu_ms"].value < 400  # taking and dropping cost some, on a busy machine more
    assert measured["memory_peak_bytes"].exactness == "exact"
    assert measured["memory_peak_bytes"].value - measured["memory_rest_bytes"].value >= 29 << 20
    assert result.totals["cpu_ms"].value == measured["cpu_ms"].value
    assert result.totals["time_ms"].value >= 100


def test_a_stretch_within_a_stretch_takes_nothing_from_it(start, watch):
    program = start()
    lookout = watch(by_id({program.pid}))
    outer = lookout.begin("outer")
    program.tell("take 40")
    program.tell("drop")
    inner = lookout.begin("inner")
    program.tell("burn 50")
    (within,) = inner.end().nodes.values()
    program.tell("burn 50")
    (whole,) = outer.end().nodes.values()
    assert whole["memory_peak_bytes"].value - within["memory_peak_bytes"].value >= 38 << 20
    assert whole["cpu_ms"].value >= within["cpu_ms"].value + 50
    assert "instructions_count" not in whole


def test_who_is_born_in_a_stretch_counts_from_its_birth(start, watch, tmp_path):
    lookout = watch(below(os.getpid()))
    stretch = lookout.begin("birth")
    program = start()
    program.tell("burn 60")
    (measured,) = stretch.end().nodes.values()
    assert measured["cpu_ms"].exactness == "bound"
    assert measured["cpu_ms"].value >= 60
    assert measured["page_faults_count"].value > 0


def test_who_ends_in_a_stretch_is_counted_as_far_as_it_was_seen(start, watch):
    program = start()
    lookout = watch(by_id({program.pid}))
    stretch = lookout.begin("end")
    program.tell("take 20")
    program.tell("burn 80")
    look(lookout)
    program.end()
    (measured,) = stretch.end().nodes.values()
    assert (measured["cpu_ms"].exactness, measured["cpu_ms"].source) in {
        ("sampled", "cpu clock, when it was seen last"),
        ("exact", "cpu clock, at its end"),  # a look fell between its end and our waiting for it
    }
    assert measured["cpu_ms"].value >= 75
    assert measured["memory_peak_bytes"].value >= 20 << 20
    assert set(measured) == {"cpu_ms", "memory_peak_bytes"}
    assert lookout.begin("after").end().nodes == {}


def test_of_an_unreaped_one_the_cpu_is_exact_to_its_end(start, watch):
    program = start()
    lookout = watch(by_id({program.pid}))
    stretch = lookout.begin("end")
    program.tell("burn 50")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    at_begin = float(program.tell("at").split()[1])
    program.process.stdin.write("end\n")
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
    look(lookout)
    (measured,) = stretch.end().nodes.values()
    program.process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert measured["cpu_ms"].exactness == "exact"
    whole_ms = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert measured["cpu_ms"].value <= whole_ms + 1
    assert measured["cpu_ms"].value >= 50
    assert at_begin >= 0.05


def test_several_of_a_name_are_told_apart_and_children_are_part_of_theirs(start, watch, tmp_path):
    script = tmp_path / "my-node.py"
    script.write_text(
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n{PROGRAM}"
    )
    argv = [sys.executable, str(script)]
    first, second = start(argv), start(argv)
    lookout = watch(ByName({"my-node"}, below(os.getpid())))
    stretch = lookout.begin("both")
    second.tell("burn 300")  # more than the start of a child takes
    first.tell("burn 10")
    result = stretch.end()
    try:
        assert list(result.nodes) == ["my_node", "my_node_2"]
        assert result.nodes["my_node_2"]["cpu_ms"].value >= 300 > result.nodes["my_node"]["cpu_ms"].value
        assert result.nodes["my_node"]["memory_peak_bytes"].exactness == "bound"
        total = sum(each["cpu_ms"].value for each in result.nodes.values())
        assert result.totals["cpu_ms"].value == total
    finally:
        for program in (first, second):
            for child in below(program.pid)():
                os.kill(child, 9)


def test_who_is_named_late_counts_from_then_on(start, watch):
    program = start()
    program.tell("burn 200")
    pids = set()
    lookout = watch(by_id(pids))
    stretch = lookout.begin("late")
    pids.add(program.pid)
    look(lookout)
    program.tell("burn 30")
    (measured,) = stretch.end().nodes.values()
    assert {each.exactness for each in measured.values()} == {"sampled"}
    assert 30 <= measured["cpu_ms"].value < 200


def test_a_stretch_in_which_nobody_lived_has_a_time_alone(watch):
    result = watch(by_id({2**22 + 1})).begin("nobody").end()
    assert result.nodes == {}
    assert set(result.totals) == {"time_ms"}


@pytest.fixture
def forking(start):
    program = start([sys.executable, "-c", FORKING])
    watched = Processes(started_by(program.pid))
    yield program, watched
    watched.close()


def test_a_program_has_no_memory_of_whoever_forked_it(forking, monkeypatch):
    monkeypatch.setattr(processes, "_FORK_S", 60.0)
    program, watched = forking
    stretch = watched.begin()
    pid = int(program.tell("fork"))
    watched.look()
    assert watched.pids == [pid]
    before = stretch.end()
    (measured,) = before.values()
    assert "cpu_ms" in measured
    assert "memory_peak_bytes" not in measured
    stretch = watched.begin()
    watched.look()
    program.tell("exec")
    try:
        watched.look()
        ((name, measured),) = stretch.end().items()
    finally:
        os.kill(pid, 9)
    assert name == "sleep"
    assert 0 < measured["memory_peak_bytes"].value < 50 << 20


def test_a_fork_that_stays_one_has_the_memory_that_it_has(forking, monkeypatch):
    monkeypatch.setattr(processes, "_FORK_S", 0.0)
    program, watched = forking
    stretch = watched.begin()
    program.tell("fork")
    watched.look()
    program.end()
    (measured,) = stretch.end().values()
    assert measured["memory_peak_bytes"].value > 100 << 20


def test_what_has_ended_is_known_by_its_program():
    program = Program()
    watched = Processes(by_id([program.pid]))
    stretch = watched.begin()
    program.end()
    stretch.end()
    assert watched.pids == []
    assert watched.programs == {program.pid: os.path.realpath(sys.executable)}
    watched.close()


def test_the_memory_of_several_is_that_of_those_that_lived_together(start, watch):
    lookout = watch(below(os.getpid()))
    stretch = lookout.begin("one after another")
    for _each in range(3):
        program = start()
        program.tell("take 60")
        look(lookout)
        program.end()
    result = stretch.end()
    peaks = [each["memory_peak_bytes"].value for each in result.nodes.values()]
    assert len(peaks) == 3
    assert result.totals["memory_peak_bytes"].value == max(peaks)

    stretch = lookout.begin("side by side")
    for program in (start(), start()):
        program.tell("take 60")
    look(lookout)
    result = stretch.end()
    first, second = (each["memory_peak_bytes"].value for each in result.nodes.values())
    assert result.totals["memory_peak_bytes"].value == first + second >= 120 << 20
