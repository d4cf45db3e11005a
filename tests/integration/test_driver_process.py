"""Launching, watching and ending small programs that behave as nodes may."""

import contextlib
import errno
import fcntl
import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from fake_host import LoopbackHost, make_place
from processes import is_gone, python

from tcperf.clock import Deadline, monotonic_ns
from tcperf.errors import NodeError, OutputError
from tcperf.network.interface import Exit
from tcperf.nodes import pump
from tcperf.nodes.process import NodeProcess, describe

pytestmark = pytest.mark.integration

READY = "import sys, time; print('INFO [11-23|21:59:18] server started   address=127.0.0.1:4711', file=sys.stderr, flush=True)\n"
STAY = "import signal\nwhile True: signal.pause()\n"
ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def launch(tmp_path):
    made = []

    def start(code, **place):
        argv = python(code) if isinstance(code, str) else code
        made.append(NodeProcess.launch(make_place(tmp_path, **place), argv, folder=tmp_path, env=ENV))
        return made[-1]

    yield start
    for process in made:
        process.stop(terminate_s=0, kill_s=10)


def await_ready(process, seconds=20.0):
    process.await_ready(Deadline.after(seconds))
    return process


def can_have_a_large_pipe():
    """Whether a pipe of 1 MiB is to be had: a user's pipe-user-pages-soft may be used up (pipe(7))."""
    reader, writer = os.pipe()
    try:
        return fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 1 << 20) >= 1 << 20
    except PermissionError:
        return False
    finally:
        os.close(reader)
        os.close(writer)


needs_a_large_pipe = pytest.mark.skipif(
    not can_have_a_large_pipe(), reason="this user may have no pipe of 1 MiB: such a node is read eagerly"
)


class TestReadiness:
    @pytest.mark.parametrize(
        ("line", "address"),
        [
            (
                "INFO [11-23|21:59:18.664|main.go:45] server started    address=127.0.0.1:40077",
                ("127.0.0.1", 40077),
            ),
            ('2024-11-23 INFO server started {"address": "127.0.0.1:1"}', ("127.0.0.1", 1)),
            ("server started address=[::1]:40077 and=more", ("::1", 40077)),
            ("server started address=localhost:80", ("localhost", 80)),
        ],
    )
    def test_the_address_is_read_from_its_line(self, launch, line, address):
        process = await_ready(launch(f"import sys; print({line!r}, file=sys.stderr, flush=True)\n{STAY}"))
        assert process.address == address
        assert process.name == "alice"
        assert not process.ended

    def test_other_lines_do_not_count(self, launch):
        noise = (
            r"print('starting server', 'address=1.2.3.4:5', '\xff\0##teamcity[x]', 'server started', sep='\n')"
            "\n"
        )
        assert await_ready(launch(noise + READY + STAY)).address == ("127.0.0.1", 4711)

    def test_a_line_in_two_pieces(self, launch):
        code = (
            "import os, sys\n"
            "os.write(2, b'server started address=127.0'); os.write(2, b'.0.1:4711\\n')\n" + STAY
        )
        assert await_ready(launch(code)).address == ("127.0.0.1", 4711)

    def test_only_the_first_address_counts(self, launch):
        code = READY + READY.replace("4711", "4712") + "print('done')"
        process = await_ready(launch(code))
        assert process.await_end(20)
        assert process.last_lines()[-1] == "done"
        assert process.address == ("127.0.0.1", 4711)

    def test_it_is_printed_and_then_the_process_ends(self, launch):
        process = await_ready(launch(READY))
        assert process.await_end(20)
        assert process.fate() == "ended with status 0"


class TestFailure:
    def fails(self, process, said, seconds=20.0):
        with pytest.raises(NodeError, match=said) as caught:
            await_ready(process, seconds)
        return caught.value

    def test_status_0_on_a_bad_address_is_a_failure(self, launch):
        line = 'EROR [11-23] failed to start server   error=\\"listen tcp: address already in use\\"'
        error = self.fails(
            launch(f'import sys; print("{line}", file=sys.stderr)'),
            "alice could not start its server: .*address already in use",
        )
        assert error.cure.startswith("run it by hand to see more: ")

    def test_it_ends(self, launch):
        error = self.fails(
            launch("print('no config'); raise SystemExit(3)"),
            "alice ended with status 3 before it was ready; .*'no config'",
        )
        assert error.details == ("no config",)

    def test_it_ends_without_a_word(self, launch):
        self.fails(launch(["/bin/true"]), "alice ended with status 0 before it was ready; it printed nothing")

    def test_it_is_killed(self, launch):
        self.fails(launch("import os; os.kill(os.getpid(), 11)"), "alice was killed by SIGSEGV before")

    def test_it_closes_its_output(self, launch):
        self.fails(launch("import os; os.close(1); os.close(2)\n" + STAY), "alice closed its output before")

    def test_it_never_gets_ready(self, launch):
        process = launch("print('thinking', flush=True)\n" + STAY)
        while "thinking" not in process.last_lines():
            process.await_end(0.01)
        error = self.fails(process, r"alice was not ready within 0\.05 s: .*'thinking'", seconds=0.05)
        assert error.cure == f"is {sys.executable} a status-backend program?"

    def test_a_program_that_cannot_be_started(self, launch, tmp_path):
        with pytest.raises(NodeError, match="cannot be started: /no/such/program"):
            launch(["/no/such/program"])
        assert (tmp_path / "alice.log").read_bytes() == b""

    def test_a_log_that_cannot_be_written(self, tmp_path):
        place = make_place(tmp_path / "missing")
        with pytest.raises(OutputError, match="log cannot be written"):
            NodeProcess.launch(place, ["/bin/true"], folder=tmp_path, env=ENV)
        assert place.host.children == []


class TestOutput:
    def test_both_streams_are_in_the_log_in_their_order(self, launch, tmp_path):
        code = "import os\nfor n in range(50): os.write(1 + n % 2, b'%d\\n' % n)"
        process = launch(code)
        assert process.await_end(20)
        assert (tmp_path / "alice.log").read_text().split() == [str(n) for n in range(50)]
        assert process.log_path == tmp_path / "alice.log"
        assert process.log_failure is None

    def test_a_flood_without_a_newline_is_bounded_and_does_not_stall_it(self, launch, tmp_path):
        code = READY + "import os\nfor _ in range(1024): os.write(1, b'x' * 65536)\nprint('\\nend')"
        process = launch(code)
        assert process.await_end(60)
        assert process.last_lines()[-1] == "end"
        assert (tmp_path / "alice.log").stat().st_size < 3 * 1024 * 1024
        assert b"bytes were cut here" in (tmp_path / "alice.log").read_bytes()

    def test_an_unfinished_last_line_is_kept(self, launch):
        process = launch("import os; os.write(2, b'panic: no newl')")
        assert process.await_end(20)
        assert process.last_lines() == ("panic: no newl",)

    def test_whoever_waits_for_the_end_is_told(self, launch):
        ended = threading.Event()
        process = launch(READY, on_end=ended.set)
        assert ended.wait(20)
        assert process.ended

    def test_a_child_that_keeps_the_output_open_does_not_hold_us(self, launch, tmp_path):
        code = (
            "import subprocess, sys\n"
            f"child = subprocess.Popen([sys.executable, '-c', {STAY!r}], start_new_session=True)\n"
            "print(child.pid, flush=True)\n" + READY + STAY
        )
        process = await_ready(launch(code))
        child = int(process.last_lines()[0])
        try:
            assert process.stop(terminate_s=10, kill_s=10).status == -signal.SIGTERM
            assert not process._pump._thread.is_alive()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def refuse_large_pipes(monkeypatch):
    """As the kernel does for a user who has too many of them."""
    real = fcntl.fcntl

    def refuse(descriptor, command, argument=0):
        if command == fcntl.F_SETPIPE_SZ:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        return real(descriptor, command, argument)

    monkeypatch.setattr(fcntl, "fcntl", refuse)


#: Prints pieces of 64 KiB, one every so many seconds, and then how long the slowest of them took.
PIECES = (
    "import os, sys, time\n"
    "def pieces(count, seconds):\n"
    "    longest = 0\n"
    "    for _ in range(count):\n"
    "        began = time.monotonic()\n"
    "        os.write(2, b'x' * 65535 + b'\\n')\n"
    "        longest = max(longest, time.monotonic() - began)\n"
    "        time.sleep(seconds)\n"
    "    print(longest, flush=True)\n"
)


class TestPump:
    """What is printed after the node is ready, which nobody waits for."""

    def test_a_program_that_logs_is_not_stalled(self, launch):
        process = await_ready(launch(READY + PIECES + "pieces(64, 0.025)"))
        assert process.await_end(60)
        assert float(process.last_lines()[-1]) < 0.5

    def test_a_small_pipe_is_read_as_it_fills(self, launch, monkeypatch):
        refuse_large_pipes(monkeypatch)
        process = await_ready(launch(READY + PIECES + "pieces(64, 0.005)"))
        began = monotonic_ns()
        assert process.await_end(60)
        assert monotonic_ns() - began < 5e9  # a pipe full every 200 ms would take 13 s
        assert process.last_lines()[-1][0].isdigit()

    @needs_a_large_pipe
    def test_the_last_lines_are_always_fresh(self, launch, monkeypatch):
        monkeypatch.setattr(pump, "_READ_EVERY_MS", 60_000)
        process = await_ready(
            launch(READY + "import sys\nfor line in sys.stdin: pass\nprint('late', flush=True)\n" + STAY)
        )
        deadline = Deadline.after(20)
        while process.last_lines()[-1] != "late":
            assert not deadline.expired

    @needs_a_large_pipe
    def test_the_end_is_noticed_at_once(self, launch, monkeypatch):
        monkeypatch.setattr(pump, "_READ_EVERY_MS", 60_000)
        process = await_ready(launch(READY + STAY))
        process.last_lines()  # it has just read, and would read again in a minute
        os.kill(process.pid, signal.SIGKILL)
        assert process.await_end(20)

    def test_its_last_lines_may_be_asked_for_at_any_moment_of_its_end(self, launch):
        for _ in range(10):
            process = launch("print('last words')")
            while not process.ended:
                process.last_lines()
            assert process.last_lines() == ("last words",)

    def test_much_output_flows_without_waiting(self, launch, monkeypatch):
        monkeypatch.setattr(pump, "_READ_EVERY_MS", 2000)
        flood = "import os\nfor _ in range(256): os.write(1, b'x' * 65535 + b'\\n')\n"  # 16 pipes full
        process = await_ready(launch(READY + flood + "print('end', flush=True)"))
        began = monotonic_ns()
        assert process.await_end(60)
        assert process.last_lines()[-1] == "end"
        assert monotonic_ns() - began < 16 * 2e9

    @needs_a_large_pipe
    def test_it_is_read_seldom(self, launch, monkeypatch):
        monkeypatch.setattr(pump, "_READ_EVERY_MS", 2000)  # its chatter may take seconds on a busy machine
        chatter = "import time\nfor n in range(200): print(n, flush=True); time.sleep(0.001)\n"
        process = launch(READY + chatter)
        reads = []
        log = process._log
        log.write, write = (lambda data: (reads.append(data), write(data))), log.write
        assert process.await_end(60)
        assert b"".join(reads).split()[-1] == b"199"
        assert len(reads) < 20


class TestAskToStop:
    def test_its_time_counts_from_the_asking(self, launch):
        process = await_ready(launch("import signal; signal.signal(15, signal.SIG_IGN)\n" + READY + STAY))
        process.ask_to_stop(terminate_s=0.2)
        assert not process.await_end(0.3)
        began = monotonic_ns()
        assert process.stop(terminate_s=60, kill_s=20).status == -signal.SIGKILL
        assert monotonic_ns() - began < 30e9

    def test_no_signal_is_sent_twice(self, launch):
        process = await_ready(launch(READY + STAY))
        child, sent = process._child, []
        child.signal, send = (lambda number: (sent.append(number), send(number))), child.signal
        for _ in range(2):
            process.ask_to_stop(terminate_s=20)
        process.stop(terminate_s=20, kill_s=20)
        process.ask_to_stop(terminate_s=0)
        assert sent == [signal.SIGTERM]

    def test_one_that_was_killed_is_not_asked_any_more(self, launch):
        process = await_ready(launch(READY + STAY))
        child, sent = process._child, []
        child.signal, send = sent.append, child.signal
        process.ask_to_stop(terminate_s=0)
        process.ask_to_stop(terminate_s=20)
        with pytest.raises(NodeError, match="after SIGKILL"):
            process.stop(terminate_s=20, kill_s=0.05)
        assert sent == [signal.SIGKILL]
        child.signal = send


class TestStop:
    def test_sigterm(self, launch):
        process = await_ready(launch(READY + STAY))
        ended = process.stop(terminate_s=20, kill_s=20)
        assert ended.status == -signal.SIGTERM
        assert ended.user_ms > 0
        assert is_gone(process.pid)
        assert process.stop(terminate_s=20, kill_s=20) is ended

    def test_sigkill_when_it_ignores_sigterm(self, launch):
        process = await_ready(launch("import signal; signal.signal(15, signal.SIG_IGN)\n" + READY + STAY))
        assert process.stop(terminate_s=0.1, kill_s=20).status == -signal.SIGKILL

    def test_sigkill_at_once(self, launch):
        process = await_ready(launch("import signal; signal.signal(15, lambda *_: exit(7))\n" + READY + STAY))
        assert process.stop(terminate_s=0, kill_s=20).status == -signal.SIGKILL

    def test_its_own_status(self, launch):
        process = await_ready(launch("import signal; signal.signal(15, lambda *_: exit(7))\n" + READY + STAY))
        assert process.stop(terminate_s=20, kill_s=20).status == 7

    def test_one_that_even_sigkill_does_not_end(self, launch, monkeypatch):
        process = await_ready(launch(READY + STAY))
        child = process._child
        with monkeypatch.context() as patched:
            patched.setattr(child, "signal", lambda _number: None)  # as in an uninterruptible system call
            with pytest.raises(NodeError, match=r"still runs 0\.05 s after SIGKILL"):
                process.stop(terminate_s=0.05, kill_s=0.05)
        assert process.stop(terminate_s=0, kill_s=20).status == -signal.SIGKILL

    def test_no_descriptor_and_no_thread_is_left(self, tmp_path):
        before = descriptors(), threading.active_count()
        process = NodeProcess.launch(make_place(tmp_path), python(READY + STAY), folder=tmp_path, env=ENV)
        await_ready(process).stop(terminate_s=20, kill_s=20)
        assert descriptors() == before[0]
        assert process._pump._thread not in threading.enumerate()


def descriptors():
    found = {path.name: link(path) for path in Path("/proc/self/fd").iterdir()}
    return {name: target for name, target in found.items() if target}


def link(path):
    with contextlib.suppress(OSError):
        return str(path.readlink())
    return None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "ended with status 0"),
        (2, "ended with status 2"),
        (-9, "was killed by SIGKILL"),
        (-63, "was killed by signal 63"),
    ],
)
def test_describe(status, said):
    assert describe(Exit(status, 0.0, 0.0)) == said


def test_the_fake_host_has_no_interface():
    assert LoopbackHost().counters() is None
    assert LoopbackHost().counters_fd() is None
