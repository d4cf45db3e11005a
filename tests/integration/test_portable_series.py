"""The sampler that asks psutil: the file it writes, and what it does when processes come and go."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest

from tcperf import clock, timeseries
from tcperf.errors import MachineError
from tcperf.modules import module_environment
from tcperf.probes import portable_sampler, series_file
from tcperf.probes.portable_sampler import Sampler, Target
from tcperf.probes.portable_series import INTERVAL_MS, PortableRecorder
from tcperf.timeseries import load_series

pytestmark = pytest.mark.integration

#: Works until it is told to go on, then holds 32 MiB and works on.
WORKER = """
import sys, time
def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


@contextmanager
def worker():
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            tell(process, "pass")
            yield process
        finally:
            process.kill()


def tell(process, line):
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


def test_the_series_of_a_run(tmp_path):
    path = tmp_path / "one_to_one-1.json.gz"
    with PortableRecorder() as recorder, worker() as process:
        begin_ns = clock.monotonic_ns()
        recorder.begin("one_to_one-1", begin_ns)
        recorder.watch("alice", process.pid, None)
        recorder.control_port("alice", 1)
        recorder.cut("messages", clock.realtime_ns())
        tell(process, "work(1.0)")
        tell(process, "kept = bytearray(32 << 20)")
        tell(process, "work(0.5)")
        spent_ms = recorder.end(path)
        end_ms = (clock.monotonic_ns() - begin_ns) / 1e6
    series = load_series(path)
    assert (series.run, series.interval_ms) == ("one_to_one-1", INTERVAL_MS)
    alice = series.nodes["alice"]
    assert len(alice.t_ms) >= 3
    assert alice.t_ms[0] >= 0
    assert alice.t_ms[-1] <= end_ms
    assert list(alice.cpu_ms) == sorted(alice.cpu_ms)
    assert alice.cpu_ms[-1] - alice.cpu_ms[0] >= 200
    assert alice.rss_bytes[-1] - alice.rss_bytes[0] >= 30 << 20
    assert alice.sent_bytes is None
    assert 0 < spent_ms < 10_000


def test_one_run_after_another_and_nodes_that_end(tmp_path):
    with PortableRecorder() as recorder, worker() as process:
        recorder.begin("first", clock.monotonic_ns())
        recorder.watch("alice", process.pid)
        process.kill()
        process.wait()
        recorder.watch("late", process.pid)
        recorder.end(tmp_path / "first.json.gz")
        recorder.begin("second", clock.monotonic_ns())
        recorder.end(tmp_path / "second.json.gz")
    assert list(load_series(tmp_path / "first.json.gz").nodes) == ["alice"]
    assert load_series(tmp_path / "second.json.gz").nodes == {}


def test_what_cannot_be_written_is_told_and_the_next_run_goes_on(tmp_path):
    with PortableRecorder() as recorder:
        recorder.begin("first", clock.monotonic_ns())
        with pytest.raises(MachineError, match=r"the sampler cannot end: .*No such file"):
            recorder.end(tmp_path / "absent" / "first.json.gz")
        recorder.begin("second", clock.monotonic_ns())
        recorder.end(tmp_path / "second.json.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["second.json.gz"]


def test_it_ends_with_its_driver(tmp_path):
    code = (
        "import time\nfrom tcperf.probes.portable_series import PortableRecorder\n"
        "recorder = PortableRecorder()\nrecorder.begin('x', time.monotonic_ns())\n"
        "print(recorder.pid, flush=True)\ntime.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], env=module_environment({}), stdout=subprocess.PIPE
    ) as driver:
        sampler = psutil.Process(int(driver.stdout.readline()))
        driver.send_signal(signal.SIGKILL)
        driver.wait()
        _gone, alive = psutil.wait_procs([sampler], timeout=15)
    assert all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


class TestSampler:
    """The grid of its ticks, with a clock of our own."""

    @pytest.fixture
    def now(self, monkeypatch):
        class Clock:
            ns = 1_000_000_000

        monkeypatch.setattr(portable_sampler, "monotonic_ns", lambda: Clock.ns)
        return Clock

    def test_rows_stay_on_the_grid_and_missed_ones_are_not_made_up(self, now, tmp_path):
        sampler = Sampler()
        assert sampler.wait_s() is None
        sampler.sample()
        sampler.begin("x", now.ns - 500_000_000, 200)
        with worker() as process:
            sampler.watch("alice", process.pid)
            assert sampler.wait_s() == 0
            for ahead_ms in (0, 30, 200, 1050, 1150, 1200):
                now.ns = 1_000_000_000 + ahead_ms * 1_000_000
                sampler.sample()
            assert sampler.wait_s() == pytest.approx(0.2)
            sampler.end(str(tmp_path / "x.json.gz"))
        assert load_series(tmp_path / "x.json.gz").nodes["alice"].t_ms == (500, 700, 1550, 1700)
        assert sampler.wait_s() is None

    def test_a_target_that_ended_or_was_reaped(self):
        with worker() as process:
            target = Target(process.pid)
            assert target.sample(0)
            process.kill()
            # A zombie has no memory any more; reaped, there is no such process.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            assert not target.sample(1)
            process.wait()
            assert not target.sample(2)
        assert len(target.columns()["t_ms"]) == 1


def test_the_file_is_of_the_schema_that_is_read(tmp_path):
    assert series_file.SCHEMA == timeseries.SCHEMA
    path = tmp_path / "x.json.gz"
    series_file.write_series(path, {"run": "x", "interval_ms": 200, "nodes": {}})
    first = path.read_bytes()
    series_file.write_series(path, {"run": "x", "interval_ms": 200, "nodes": {}})
    assert path.read_bytes() == first  # no time of writing in it
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json.gz"]


def test_a_series_that_cannot_be_written_leaves_what_was_there(tmp_path):
    path = tmp_path / "x.json.gz"
    path.mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        series_file.write_series(path, {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json.gz"]
