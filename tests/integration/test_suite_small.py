"""pytest --tcperf around suites of a few lines, whose programs are a few lines, too."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import suites
from processes import await_gone, inhabitants, network_namespaces
from suites import command, environment, load

from tcperf.errors import NotComparedError, NothingMeasuredError, OutputError

pytestmark = [
    pytest.mark.traced,
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="private networks are Linux's"),
]

#: Serves 100,000 bytes; fetches what it is told to by a line of its input.
NODE = """
import sys, threading, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100_000)
    def log_message(self, *_arguments):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for line in sys.stdin:
    print(len(urllib.request.urlopen(line.strip()).read()), flush=True)
"""
CONFTEST = """
import os, subprocess, sys, pytest

class Node:
    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(os.path.dirname(__file__), "small-node.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/"
    def fetch(self, url):
        self.process.stdin.write(url + "\\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())
    def stop(self):
        self.process.terminate()
        self.process.communicate()

@pytest.fixture(scope="session")
def nodes():
    started = [Node(), Node()]
    yield started
    for node in started:
        node.stop()
"""
TESTS = """
import os, subprocess, sys, time, urllib.request, pytest

def test_between(nodes):
    assert nodes[1].fetch(nodes[0].url) == 100_000

def test_called(nodes):
    assert len(urllib.request.urlopen(nodes[0].url).read()) == 100_000

def test_both(nodes):
    assert nodes[1].fetch(nodes[0].url) == 100_000
    assert len(urllib.request.urlopen(nodes[0].url).read()) == 100_000

def test_own(nodes, tcperf):
    other = subprocess.Popen([sys.executable, "-c", "print(1, flush=True); input(); sum(range(10**6)); input()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    other.stdout.readline()
    tcperf.watch(other.pid)
    with pytest.raises(ValueError, match="pytest itself"):
        tcperf.watch(os.getpid())
    with tcperf.phase("first"):
        other.stdin.write(b"\\n")
        other.stdin.flush()
        nodes[1].fetch(nodes[0].url)
        time.sleep(0.1)
    with pytest.raises(ConnectionError), tcperf.phase("second"):
        raise ConnectionError("no route")
    other.kill()
    other.communicate()

def test_fails(nodes):
    assert nodes[1].fetch(nodes[0].url) == 1

@pytest.mark.skip
def test_skipped(): ...

@pytest.mark.parametrize("__pytest_repeat_step_number", range(3), ids=["1-3", "2-3", "3-3"])
def test_again(nodes, __pytest_repeat_step_number):
    nodes[0].fetch(nodes[1].url)

def test_who_we_are():
    with open("who", "w") as file:
        print(os.getuid(), os.getpid(), os.readlink("/proc/self/ns/net"), os.environ.get("PYTHONPATH"), file=file)
"""


SLEEPER = """
import subprocess, time
def test_sleeps():
    with subprocess.Popen(["sleep", "60"]) as program:
        time.sleep(0.1)
        program.kill()
"""


@pytest.fixture
def suite(tmp_path):
    (tmp_path / "small-node.py").write_text(NODE)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_small.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(suite, *arguments, **env):
    return suites.run(suite, "--tcperf-process", "small-node", *arguments, **env)


def figures(result, name):
    (run,) = [run for run in result.runs if run.order == 0]
    return run.phase(name)


def test_a_whole_suite(suite):
    before = str(Path("/proc/self/ns/net").readlink())
    done = run(suite)
    assert done.returncode == 1, done.stdout + done.stderr
    result = load(suite)
    uid, _pid, namespace, path = (suite / "who").read_text().split()
    assert int(uid) == os.getuid()
    assert namespace != before
    assert path == str(os.environ.get("PYTHONPATH"))
    assert result.conditions.network == "loopback"
    (warning,) = result.warnings
    assert warning == (
        "test_small.py::test_own: phase second was not measured: it raised ConnectionError: no route, which the test caught"
    )
    assert "phase second was not measured" in done.stdout

    names = {info.name: info.publish for info in result.scenarios[0].phases}
    assert names == {
        "small_between": True, "small_called": True, "small_both": True, "small_own": True, "small_own__first": True, "small_again": True,
        "small_who_we_are": True,
    }  # fmt: skip
    assert [len(result.values("pytest", name, "time_ms")) for name in ("small_again", "small_between")] == [
        3,
        1,
    ]

    between = figures(result, "small_between")
    assert list(between.nodes) == ["small_node", "small_node_2"]
    first, second = between.nodes.values()
    assert 100_000 < first["tcp_sent_bytes"].value < 100_300
    assert first["tcp_sent_bytes"].value == second["tcp_received_bytes"].value
    assert second["connections_count"].value == 1
    assert between.totals["ip_bytes"].value == first["ip_bytes"].value + second["ip_bytes"].value
    assert first["cpu_ms"].exactness == "exact"

    # The same between the nodes, and the tests at the same port: that they called it takes nothing from it.
    both = figures(result, "small_both").totals["ip_bytes"].value
    assert 100_000 < both < 1.1 * between.totals["ip_bytes"].value
    called = figures(result, "small_called")
    assert called.totals["ip_bytes"].value == 0
    control = [row for row in result.runs[0].traffic if row.phase == "small_called"]
    assert {row.role for row in control} == {"control"}
    assert sum(row.payload_bytes for row in control if row.direction == "sent") > 100_000

    phase, whole = figures(result, "small_own__first"), figures(result, "small_own")
    assert len(phase.nodes) == 3
    # Who called is seen only where it took its time; where it is not, the third has moved nothing no more for sure than it.
    moved = {name: each["ip_bytes"].value for name, each in phase.nodes.items() if "ip_bytes" in each}
    assert moved.pop("small_node") > 100_000
    if moved:
        assert 0 < moved.pop("small_node_2") < 10_000  # its request, and acknowledgements
        assert list(moved.values()) == [0]
    assert whole.start_ns < phase.start_ns < phase.end_ns < whole.end_ns
    assert whole.totals["cpu_ms"].value >= phase.totals["cpu_ms"].value
    assert "pytest.small_between (" in done.stdout
    assert (
        "was measured in" not in done.stdout
    )  # what is played once lacks nothing where another test has three runs
    assert "test_small.py::test_own, phase first\n" in done.stdout
    assert "1 test failed, without figures: test_small.py::test_fails" in done.stdout
    ends = [(each.test, each.outcome) for each in result.unmeasured]
    assert ends == [("test_small.py::test_fails", "failed"), ("test_small.py::test_skipped", "skipped")]
    assert "small_fails" not in (suite / "tcperf-report" / "results.json").read_text("utf-8")


@pytest.mark.long
def test_without_a_private_network_it_is_said(suite):
    done = run(suite, "--tcperf-network", "host", "-k", "between", "--tcperf-suite", "mine")
    assert done.returncode == 0, done.stdout + done.stderr
    result = load(suite)
    assert result.conditions.network == "host"
    assert [warning for warning in result.warnings if "--tcperf-network host" in warning]
    assert "HOST network" in done.stdout
    totals = figures(result, "small_between").totals
    assert totals["sent_bytes"].exactness == "bound"
    assert totals["cpu_ms"].exactness == "exact"
    assert "ip_bytes" not in totals


@pytest.mark.long
def test_a_baseline_and_the_gate(suite):
    (suite / "tcperf.toml").write_text(
        '[[gate.rule]]\nmatch = "pytest.small_between.ip_bytes"\nmax = "1KiB"\n'
    )
    over = run(suite, "-k", "between", "--tcperf-gate", "exit")
    assert over.returncode == 1, over.stdout + over.stderr
    shutil.move(suite / "tcperf-report" / "results.json", suite / "before.json")

    problem = run(suite, "-k", "between", "--tcperf-baseline", "before.json", TEAMCITY_VERSION="2025.1")
    assert problem.returncode == 0, problem.stdout + problem.stderr
    assert "##teamcity[buildProblem" in problem.stdout
    assert "##teamcity[buildStatisticValue key='tcperf.pytest.small_between.ip_bytes'" in problem.stdout
    assert load(suite).comparisons

    document = json.loads((suite / "before.json").read_text())
    document["conditions"]["network"] = "private"
    (suite / "before.json").write_text(json.dumps(document))
    unlike = run(suite, "-k", "between", "--tcperf-baseline", "before.json", "--tcperf-gate", "exit")
    assert "loopback" in unlike.stdout
    assert unlike.returncode == 4


SPOILING = """
import os
def test_takes_the_place_of_a_report():
    os.mkdir("tcperf-report/report.html")
"""


@pytest.mark.long
def test_it_is_never_green_by_omission(tmp_path):
    (tmp_path / "test_spoiling.py").write_text(SPOILING + SLEEPER)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    spoilt = run(tmp_path, "--tcperf-process", "sleep", "--tcperf-gate", "off")
    assert spoilt.returncode == OutputError.exit_status, spoilt.stdout + spoilt.stderr
    assert "report.html cannot be written" in spoilt.stdout
    assert "pytest.spoiling_sleeps (1 run)" in spoilt.stdout

    document = json.loads((tmp_path / "tcperf-report" / "results.json").read_text())
    document["conditions"]["network"] = "private"
    (tmp_path / "before.json").write_text(json.dumps(document))
    (tmp_path / "tcperf-report" / "report.html").rmdir()
    arguments = ("--tcperf-process", "sleep", "--tcperf-baseline", "before.json", "-k", "sleeps")
    unlike = run(tmp_path, *arguments, TEAMCITY_VERSION="2025.1")
    assert unlike.returncode == NotComparedError.exit_status, unlike.stdout + unlike.stderr
    assert "NOT COMPARED" in unlike.stdout


@pytest.mark.long
def test_what_is_wrong_is_said_before_the_first_test(suite):
    done = run(suite, "--tcperf-baseline", "none.json")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "there is no baseline" in done.stderr
    assert "--tcperf-baseline teamcity" in done.stderr
    (suite / "mine").mkdir()
    (suite / "mine" / "report.html").write_text("mine")
    other = run(suite, "--tcperf-out", "mine")
    assert other.returncode == pytest.ExitCode.USAGE_ERROR
    assert "choose another folder with --tcperf-out, or remove it yourself" in other.stderr
    among = run(suite, "--tcperf-out", ".")
    assert among.returncode == pytest.ExitCode.USAGE_ERROR
    assert "tests are there" in among.stderr
    assert not [*suite.glob("*report*"), *suite.glob(".tcperf*")]
    assert not (suite / "who").exists()


def test_what_was_asked_for_and_did_not_come_is_told_and_not_green(tmp_path):
    (tmp_path / "test_sleeping.py").write_text(SLEEPER)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = run(tmp_path)
    assert done.returncode == NothingMeasuredError.exit_status, done.stdout + done.stderr
    why = "--tcperf-process small-node: no program was called so while the tests ran that passed; there was sleep (give one"
    assert f"tcperf: nothing was measured: {why}" in done.stdout
    assert " ".join(done.stdout.split()).count("no program was called so") == 1
    assert "\nno program was measured\n" in done.stdout
    assert "sha256" not in done.stdout
    (warning,) = load(tmp_path).warnings
    assert warning.startswith(why)

    partly = run(tmp_path, "--tcperf-process", "sleep")
    assert partly.returncode == 0, partly.stdout + partly.stderr
    summary = partly.stdout[partly.stdout.index("warnings summary") :]
    assert (
        "no program was called so while the tests ran that passed, and no other than those of sleep"
        in summary
    )
    assert "1 passed, 1 warning" in summary

    hostile = "##teamcity[buildStatus status='SUCCESS']"
    arguments = ("--tcperf-process", "sleep", "--tcperf-publish", "x*", "--tcperf-process", hostile)
    problem = run(tmp_path, *arguments, TEAMCITY_VERSION="2025.1")
    assert problem.returncode == 0, problem.stdout + problem.stderr
    (told,) = [line for line in problem.stdout.splitlines() if line.startswith("##teamcity[buildProblem")]
    assert "nothing was measured: --tcperf-publish x*: no test and no phase is called so" in told
    assert problem.stdout.count("for they are sleeping_sleeps") == 1
    assert "--tcperf-process small-node" in problem.stdout
    assert "no base was given (--tcperf-baseline FILE)" in problem.stdout
    assert hostile not in problem.stdout


CRASHING = """
import os, subprocess, time
def test_ends_the_worker():
    node = subprocess.Popen(["sleep", "60"])
    with open("pids", "w") as file:
        print(node.pid, file=file)
    time.sleep(0.1)
    os._exit(0)
"""


@pytest.mark.long
def test_a_worker_that_a_test_ends_costs_that_test_alone(tmp_path):
    (tmp_path / "test_crashing.py").write_text(CRASHING + SLEEPER.partition("\n")[2])
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = suites.run(tmp_path, "--tcperf-process", "sleep", workers=1, TEAMCITY_VERSION="2025.1")
    assert done.returncode == 1, done.stdout + done.stderr
    result = load(tmp_path)
    assert [(each.test, each.outcome) for each in result.unmeasured] == [
        ("test_crashing.py::test_ends_the_worker", "failed")
    ]
    assert [phase.name for phase in result.runs[0].phases] == ["crashing_sleeps"]
    told = [line for line in done.stdout.splitlines() if "##teamcity[buildStatisticValue" in line]
    assert len(told) == 4 + 1
    assert all(line.startswith("##teamcity[") and line.endswith("]") for line in told)
    assert await_gone([int((tmp_path / "pids").read_text())]) == []


#: Serves 100,000 bytes to a call of its own, twice: closes the sockets at once, and some time afterwards.
GONE = """
import subprocess, sys, time
CODE = '''
import socket, sys, threading, time
def serve(server):
    with server, server.accept()[0] as connection:
        connection.sendall(b"x" * 100_000)
        time.sleep(float(sys.argv[1]))
server = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=serve, args=(server,))
thread.start()
with socket.create_connection(server.getsockname()) as client:
    while client.recv(1 << 20): pass
thread.join()
time.sleep(0.3)
'''
def test_at_once():
    subprocess.run([sys.executable, "-c", CODE, "0"], check=True)
def test_later():
    subprocess.run([sys.executable, "-c", CODE, "0.6"], check=True)
"""


def test_no_traffic_is_told_as_zero_where_nobody_could_look_whose_it_was(tmp_path):
    (tmp_path / "test_gone.py").write_text(GONE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = suites.run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    result = load(tmp_path)
    at_once, later = (figures(result, name).totals for name in ("gone_at_once", "gone_later"))
    assert later["ip_bytes"].value > 100_000
    unseen = [warning for warning in result.warnings if "of no known program" in warning]
    if "ip_bytes" in at_once:  # somebody looked in the very millisecond
        assert at_once["ip_bytes"].value > 100_000
    else:
        assert [warning for warning in unseen if "in gone_at_once:" in warning]
    assert at_once["cpu_ms"].value > 0


WAITING = """
import subprocess, sys, time
def test_waits():
    node = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open("pids", "w") as file:
        print(node.pid, file=file)
    time.sleep(600)
"""


@pytest.fixture
def waiting(tmp_path):
    (tmp_path / "test_waiting.py").write_text(WAITING)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tmp").mkdir()
    with (tmp_path / "stderr").open("w") as stderr:
        process = subprocess.Popen(
            command(),
            cwd=tmp_path,
            env=environment(TMPDIR=str(tmp_path / "tmp")),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    deadline = time.monotonic() + 60
    while not ((tmp_path / "pids").exists() and (tmp_path / "pids").read_text().endswith("\n")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    yield process
    process.kill()
    process.communicate()


def test_a_killed_pytest_leaves_nothing_behind(waiting, tmp_path):
    living = inhabitants(network_namespaces(waiting.pid))
    assert len(living) == 3  # pytest, its node and the post
    waiting.send_signal(signal.SIGKILL)
    assert await_gone(living) == []
    assert list((tmp_path / "tmp").glob("tcperf-*")) == []
    told = (tmp_path / "stderr").read_text()
    assert "tcperf: pytest ended before it could report" in told
    pid = int((tmp_path / "pids").read_text())
    assert re.search(
        rf"^tcperf: ended what lived on of it: python[\d.]* \({pid}, of test_waiting.py::test_waits\)$",
        told,
        re.MULTILINE,
    )


@pytest.mark.long
def test_an_interrupt_ends_pytest_as_ever(waiting, tmp_path):
    living = inhabitants(network_namespaces(waiting.pid))
    waiting.send_signal(signal.SIGINT)
    out, _err = waiting.communicate(timeout=60)
    assert waiting.returncode == pytest.ExitCode.INTERRUPTED, out
    assert await_gone(living) == []
    assert "pytest ended before" not in (tmp_path / "stderr").read_text()


@pytest.mark.long
def test_who_calls_pytest_is_not_started_again(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_one(): pass")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    code = "import sys, pytest; print('a program'); sys.exit(pytest.main(['-q', '--tcperf', '-p', 'no:cacheprovider']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == NothingMeasuredError.exit_status, done.stderr
    assert done.stdout.count("a program\n") == 1
    assert "nothing was measured: no test that passed had a program of its own" in done.stdout
    assert [warning for warning in load(tmp_path).warnings if "called by a program" in warning]
    assert Path(tmp_path / "tcperf-report" / "report.html").is_file()
