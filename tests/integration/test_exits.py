"""What a node's end tells: exact figures of its whole life, of all its threads and the children it waited for."""

import os
import sys
import time
from pathlib import Path

import attrs
import pytest

from tcperf.model import NodeExit
from tcperf.network.interface import Exit
from tcperf.network.run_network import RunNetwork

pytestmark = pytest.mark.integration
MIB = 1 << 20
PAGE = os.sysconf("SC_PAGESIZE")

#: Two threads that hand a byte to and fro: each waits for the other every time.
SWITCHES = """
import os, threading
there, back = os.pipe(), os.pipe()
def echo():
    for _ in range(500):
        os.write(back[1], os.read(there[0], 1))
threading.Thread(target=echo).start()
for _ in range(500):
    os.write(there[1], b"x")
    os.read(back[0], 1)
"""
FAULTS = f"""
import mmap
kept = mmap.mmap(-1, {16 * MIB}, flags=mmap.MAP_PRIVATE)
kept.madvise(mmap.MADV_NOHUGEPAGE)
for at in range(0, {16 * MIB}, {PAGE}):
    kept[at] = 1
"""


def in_a_child(code):
    return f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}])"


@pytest.fixture(scope="module")
def host():
    with RunNetwork("private") as network:
        yield network.add_host("alice")


def ended(host, code):
    child = host.spawn([sys.executable, "-c", code], cwd=Path("/"), env={}, stdout=2, stderr=2)
    found = child.wait(30)
    assert found.status == 0
    return found


def test_a_program_that_does_nothing(host):
    found = ended(host, "pass")
    assert None not in attrs.astuple(found)
    assert found.minor_faults > 100  # no interpreter starts without
    assert found.voluntary_switches + found.involuntary_switches < 200


@pytest.mark.parametrize("code", [SWITCHES, in_a_child(SWITCHES)], ids=["own", "child's"])
def test_switches_of_all_threads_and_children_waited_for(host, code):
    assert ended(host, code).voluntary_switches >= 500


@pytest.mark.parametrize("code", [FAULTS, in_a_child(FAULTS)], ids=["own", "child's"])
def test_page_faults_are_those_of_the_pages_touched(host, code):
    pages = 16 * MIB // PAGE
    found, nothing = ended(host, code), ended(host, code.replace(str(16 * MIB), str(PAGE)))
    # How many pages of the interpreter's own files come with one fault differs from start to start.
    assert abs(found.minor_faults - nothing.minor_faults - pages) < 400


def test_a_killed_program_has_them_too(host):
    reader, writer = os.pipe()
    code = "print(1, flush=True)\nwhile True: pass"
    child = host.spawn([sys.executable, "-c", code], cwd=Path("/"), env={}, stdout=writer, stderr=2)
    os.close(writer)
    with os.fdopen(reader) as lines:
        assert lines.readline() == "1\n"
    child.signal(9)
    found = child.wait(30)
    assert found.status == -9
    assert found.minor_faults > 100
    assert found.user_ms + found.system_ms > 0


def test_when_it_began_and_ended(host):
    before_ns = time.monotonic_ns()
    found = ended(host, "import time; time.sleep(0.2)")
    assert before_ns < found.began_ns < found.ended_ns < time.monotonic_ns()
    assert 0.2 <= (found.ended_ns - found.began_ns) / 1e9 < 5


def test_the_peak_is_that_of_the_largest_process(host):
    whole = 200 * MIB
    for code in (f"b'x' * {whole}", in_a_child(f"b'x' * {whole}")):
        assert whole < ended(host, code).peak_bytes < 1.25 * whole


def test_whether_there_were_children(host):
    assert ended(host, "pass").children_faults == 0
    assert ended(host, in_a_child("pass")).children_faults > 100


def test_the_result_keeps_what_is_no_matter_of_the_moment():
    names = [field.name for field in attrs.fields(Exit)]
    assert [field.name for field in attrs.fields(NodeExit)] == names[: names.index("began_ns")]
