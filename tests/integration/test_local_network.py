"""This machine's own network, as other systems have it: real processes, ended in every case."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from processes import await_gone, is_gone, python

from tcperf import workdir
from tcperf.clock import Deadline
from tcperf.errors import MachineError, NodeError
from tcperf.model import Conditions
from tcperf.modules import module_environment
from tcperf.network import families, guard, local
from tcperf.network.families import Leader
from tcperf.network.interface import Exit
from tcperf.network.local import LocalNetwork, WindowsChild

pytestmark = [pytest.mark.integration, pytest.mark.long]
SLEEP = "import time\ntime.sleep(600)"
#: Starts a child that ignores SIGTERM, tells its pid, and goes on or ends.
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
{then}
"""


@pytest.fixture
def network():
    with LocalNetwork() as made:
        yield made


class Output:
    """A program on a host, and what it prints."""

    def __init__(self, host, code, env=None):
        reader, writer = os.pipe()
        try:
            self.child = host.spawn(python(code), cwd=Path("/"), env=env or {}, stdout=writer, stderr=writer)
        finally:
            os.close(writer)
        self.file = os.fdopen(reader)

    def line(self):
        return self.file.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.file.close()


def test_what_it_says_of_itself(network):
    assert network.conditions == Conditions(network="host", mtu=None, offloads="host")
    assert network.closing() is None
    assert network.namespaces == "none"
    host = network.add_host("alice")
    assert (host.name, host.address) == ("alice", "127.0.0.1")
    assert host.counters() is None
    assert host.counters_fd() is None


def test_hosts_reach_each_other(network):
    code = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "print(server.getsockname()[1], flush=True)\nprint(server.accept()[0].recv(9).decode(), flush=True)"
    )
    alice, bob = network.add_host("alice"), network.add_host("bob")
    with Output(bob, code) as output, alice.socket() as link:
        link.connect((bob.address, int(output.line())))
        link.sendall(b"hello")
        assert output.line() == "hello"


def test_a_program_gets_what_it_was_given_and_nothing_more(network, tmp_path):
    code = (
        "import os, sys\nfd = os.open('.', 0)\n"
        "print(os.getcwd(), os.environ.get('SECRET'), os.environ['GIVEN'], os.getsid(0) == os.getpid(),"
        " sys.stdin.read() == '', fd)"
    )
    os.environ["SECRET"] = "x"
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    host = network.add_host("alice")
    child = host.spawn(python(code), cwd=tmp_path, env={"GIVEN": "y"}, stdout=writer, stderr=writer)
    os.close(writer)
    with os.fdopen(reader) as file:
        assert file.read().strip() == f"{tmp_path} None y True True 3"
    assert child.wait(10).status == 0
    del os.environ["SECRET"]


def test_its_end_and_its_whole_cpu(network):
    code = "import time\nwhile time.process_time() < 0.3: pass\nraise SystemExit(7)"
    with Output(network.add_host("alice"), code) as output:
        ended = output.child.wait(30)
        assert ended.status == 7
        assert 290 <= ended.user_ms + ended.system_ms < 3000
        assert ended.minor_faults > 0
        assert output.child.wait(0) is ended
        output.child.signal(signal.SIGTERM)  # too late: nothing happens
        assert output.child.launch_cpu_ns == 0


def test_the_wait_has_an_end(network):
    with Output(network.add_host("alice"), SLEEP) as output:
        assert output.child.wait(0) is None
        assert output.child.wait(0.05) is None
        output.child.signal(signal.SIGTERM)
        ended = output.child.wait(10)
        assert ended.status == -signal.SIGTERM


def test_two_may_wait_while_a_third_signals(network):
    with Output(network.add_host("alice"), SLEEP) as output:
        found = []
        threads = [threading.Thread(target=lambda: found.append(output.child.wait(10))) for _ in range(2)]
        for thread in threads:
            thread.start()
        output.child.signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert [ended.status for ended in found] == [-signal.SIGKILL] * 2


@pytest.mark.parametrize(
    ("make", "reason", "cure"),
    [
        (lambda path: None, "No such file", "check the path"),
        (lambda path: path.write_text("#!/bin/sh\n"), "Permission denied", "make it executable"),
        (lambda path: (path.write_bytes(b"\x7fELFx"), path.chmod(0o755)), "Exec format error", "processor"),
    ],
)
def test_a_program_that_cannot_be_started(network, tmp_path, make, reason, cure):
    program = tmp_path / "program"
    make(program)
    host = network.add_host("alice")
    with Path(os.devnull).open("wb") as nowhere, pytest.raises(NodeError, match=reason) as caught:
        host.spawn([str(program)], cwd=tmp_path, env={}, stdout=nowhere.fileno(), stderr=nowhere.fileno())
    assert caught.value.message.startswith(f"alice: {program}: the program cannot be started")
    assert cure in caught.value.cure
    assert host.children == []


@pytest.mark.parametrize("then", ["time.sleep(600)", "sys.exit()"])
def test_closing_ends_a_whole_family_orphans_too(then):
    with LocalNetwork() as network:
        host = network.add_host("alice")
        with Output(host, FAMILY.format(then=then)) as output:
            young = int(output.line())
            if then == "sys.exit()":
                assert output.child.wait(10).status == 0
            assert not is_gone(young)
            pids = [output.child.pid, young, network.guard_pid]
    assert await_gone(pids) == []
    network.close()


def test_ending_processes_keeps_the_network(network):
    host = network.add_host("alice")
    with Output(host, SLEEP) as first:
        network.end_processes()
        assert first.child.wait(0).status == -signal.SIGKILL
    with Output(host, "print('again')") as second:
        assert second.line() == "again"
        assert second.child.wait(10).status == 0
    network.end_processes()


def test_what_cannot_be_ended_is_told(network, monkeypatch):
    monkeypatch.setattr(local, "_END_DEADLINE_S", 0.05)
    with Output(network.add_host("alice"), SLEEP) as output:
        with monkeypatch.context() as patched:
            patched.setattr(psutil.Process, "kill", lambda _self: None)
            with pytest.raises(MachineError, match=f"do not end when they are killed: {output.child.pid}"):
                network.end_processes()
        assert output.child.wait(0) is None


def test_a_lost_guard_does_not_keep_nodes_alive():
    network = LocalNetwork()
    with Output(network.add_host("alice"), SLEEP) as output:
        os.kill(network.guard_pid, signal.SIGKILL)
        assert await_gone([network.guard_pid]) == []
        network.close()
        assert output.child.wait(0).status == -signal.SIGKILL
        with pytest.raises(MachineError, match="the nodes' guard was lost"):
            network.add_host("bob").spawn(python(""), cwd=Path("/"), env={}, stdout=1, stderr=2)
        network.end_processes()


DRIVER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from tcperf.network.local import LocalNetwork
from tcperf.workdir import working_folder
with working_folder() as folder, LocalNetwork(folder) as network:
    for code in sys.argv[1:]:
        child = network.add_host("a").spawn([sys.executable, "-c", code], cwd=Path("/"), env={}, stdout=1, stderr=2)
        print("pid", child.pid, flush=True)
    print("guard", network.guard_pid, flush=True)
    sys.stdin.read()
"""


@contextmanager
def driver(temporary, *codes):
    """A driver with these nodes, and the pids that it and they tell: of nodes, their children, the guard."""
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, *codes],
        env=module_environment({**os.environ, "TMPDIR": str(temporary)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            told = [process.stdout.readline().split() for _ in range(2 * len(codes) + 1)]
            yield process, {int(words[-1]): words[0] for words in told}
        finally:
            process.kill()


def pid_of_the_guard(pids):
    (found,) = [pid for pid, what in pids.items() if what == "guard"]
    return found


@pytest.mark.parametrize("then", ["time.sleep(600)", "sys.exit()"])
def test_a_killed_driver_leaves_nothing(tmp_path, then):
    with driver(tmp_path, FAMILY.format(then=then)) as (process, pids):
        assert len(pids) == 3
        assert len(list(tmp_path.iterdir())) == 1
        process.kill()
        process.wait()
        assert await_gone(pids) == []
    assert list(tmp_path.iterdir()) == []


def test_killed_together_with_the_guard_the_nodes_stay_and_the_folder_is_swept(tmp_path, monkeypatch):
    """What no system but Linux can prevent; the next tcperf does what it can."""
    with driver(tmp_path, FAMILY.format(then="time.sleep(600)")) as (process, pids):
        guard_pid = pid_of_the_guard(pids)
        os.kill(guard_pid, signal.SIGKILL)
        process.kill()
        process.wait()
        assert await_gone([guard_pid]) == []
        nodes = set(pids) - {guard_pid}
        try:
            assert not any(map(is_gone, nodes))
            monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
            assert workdir.sweep() == 1
        finally:
            for pid in nodes:
                os.kill(pid, signal.SIGKILL)
        assert await_gone(nodes) == []
    assert list(tmp_path.iterdir()) == []


def test_a_driver_that_ends_in_order_dismisses_the_guard(tmp_path):
    with driver(tmp_path, FAMILY.format(then="time.sleep(600)")) as (process, pids):
        process.stdin.close()
        assert process.wait(30) == 0
        assert await_gone(pids) == []
    assert list(tmp_path.iterdir()) == []


class TestDuty:
    """What the guard does, without a process around it."""

    def test_a_dismissed_one_does_nothing(self, tmp_path):
        with subprocess.Popen(python(SLEEP), start_new_session=True) as process:
            leader = Leader.of(process.pid)
            duty = guard.Duty()
            duty.protect(str(tmp_path))
            duty.watch(leader.pid, leader.created)
            duty.dismiss()
            duty.tidy_up()
            assert tmp_path.is_dir()
            assert process.poll() is None
            duty.watch(leader.pid, leader.created)
            duty.tidy_up()
            assert process.wait() == -signal.SIGKILL

    def test_without_a_folder(self):
        duty = guard.Duty()
        duty.protect(None)
        duty.tidy_up()


class TestFamilies:
    def test_a_pid_that_somebody_else_has_by_now_is_not_killed(self):
        with subprocess.Popen(python(SLEEP), start_new_session=True) as process:
            try:
                leader = Leader.of(process.pid)
                earlier = Leader(leader.pid, leader.created - 1.0)
                assert families.living([earlier]) == []
                assert families.end([earlier], Deadline.after(5)) == []
                assert [found.pid for found in families.living([leader])] == [process.pid]
            finally:
                process.kill()

    def test_an_ended_leader_has_no_family(self):
        with subprocess.Popen(python(""), start_new_session=True) as process:
            leader = Leader.of(process.pid)
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            assert families.living([leader]) == []  # a zombie
        assert families.living([leader]) == []
        assert Leader.of(process.pid) is None

    def test_without_sessions_descendants_are_found_all_the_same(self, monkeypatch):
        monkeypatch.setattr(families, "sys", SimpleNamespace(platform="win32"))
        with subprocess.Popen(
            python(FAMILY.format(then="time.sleep(600)")), stdout=subprocess.PIPE, start_new_session=True
        ) as process:
            young = int(process.stdout.readline())
            leader = Leader.of(process.pid)
            assert {found.pid for found in families.living([leader])} == {process.pid, young}
            assert families.end([leader], Deadline.after(10)) == []
            assert is_gone(young)

    def test_a_process_that_ends_while_it_is_looked_at(self, monkeypatch):
        def status(_self):
            raise psutil.NoSuchProcess(1)

        with subprocess.Popen(python(SLEEP), start_new_session=True) as process:
            try:
                leader = Leader.of(process.pid)
                with monkeypatch.context() as patched:
                    patched.setattr(psutil.Process, "status", status)
                    assert families.living([leader]) == []
            finally:
                process.kill()


class TestWindowsChild:
    """The way of a system without wait4, on this one."""

    @contextmanager
    def child(self, code):
        with subprocess.Popen(python(code), stdout=subprocess.PIPE) as process:
            try:
                yield WindowsChild(process)
            finally:
                process.kill()

    def test_its_cpu_is_that_of_the_last_look(self):
        code = "import time\nwhile time.process_time() < 0.3: pass\nprint(1, flush=True)\ntime.sleep(600)"
        with self.child(code) as child:
            child._process.stdout.readline()
            assert child.wait(0) is None
            child.signal(signal.SIGTERM)
            ended = child.wait(10)
        assert ended.status == -signal.SIGTERM
        assert 250 <= ended.user_ms + ended.system_ms < 3000
        assert child.wait(0) is ended

    def test_nobody_looked(self):
        with subprocess.Popen(python("raise SystemExit(3)")) as process:
            process.wait()
            child = WindowsChild(process)
        assert child.wait(0) == Exit(3, None, None)

    def test_a_process_that_is_gone_between_two_looks_keeps_what_was_seen(self, monkeypatch):
        with self.child(SLEEP) as child:
            assert child.wait(0) is None
            seen = child._user_ms

            def cpu_times():
                raise psutil.NoSuchProcess(child.pid)

            monkeypatch.setattr(child._probe, "cpu_times", cpu_times)
            assert child.wait(0) is None
            child.signal(signal.SIGKILL)
            assert child.wait(10).user_ms == seen
