"""What makes instructions unavailable, and how counts are read, without a machine that has such counters."""

import errno
import os
import resource
import sys
from pathlib import Path

import pytest

from tcperf.probes import instructions
from tcperf.probes.instructions import Counter
from tcperf.probes.reading import Amount


class Machine:
    """Plays perf_event_open: what a thread's counter reads (count, time enabled, time running), or an errno."""

    def __init__(self, monkeypatch, threads):
        self.threads = dict(threads)
        self.open = set()
        monkeypatch.setattr(instructions, "_open", self.counter)
        monkeypatch.setattr(instructions.procfs, "threads", lambda _pids: set(self.threads))

    def counter(self, thread, _event):
        found = self.threads[thread]
        if isinstance(found, int):
            raise OSError(found, os.strerror(found))
        reader, writer = os.pipe()
        os.write(writer, instructions._READ.pack(*found))
        os.close(writer)
        self.open.add(reader)
        return reader


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_threads_add_up(monkeypatch):
    machine = Machine(monkeypatch, {1: (100, 7, 7), 2: (20, 9, 9), 3: (0, 0, 0)})
    counter = Counter((1,))
    assert counter.read() == Amount(120, "exact", "perf")
    counter.close()
    assert not any(map(is_open, machine.open))


def test_a_counter_that_shared_the_hardware_is_scaled_and_sampled(monkeypatch):
    Machine(monkeypatch, {1: (100, 8, 8), 2: (50, 9, 3)})
    counter = Counter((1,))
    assert counter.read() == Amount(100 + 150, "sampled", "perf")
    counter.close()


def test_a_counter_that_never_ran_tells_nothing(monkeypatch):
    Machine(monkeypatch, {1: (100, 8, 8), 2: (0, 9, 0)})
    counter = Counter((1,))
    assert counter.read() is None
    counter.close()


def test_a_thread_that_ends_before_it_is_counted_is_passed_over(monkeypatch):
    Machine(monkeypatch, {1: (100, 8, 8), 2: errno.ESRCH})
    counter = Counter((1,))
    assert counter.read() == Amount(100, "exact", "perf")
    counter.close()


def test_threads_that_come_while_counters_are_opened_make_it_sampled(monkeypatch):
    machine = Machine(monkeypatch, {1: (100, 8, 8)})
    open_one = machine.counter

    def open_and_see_one_more(thread, event):
        machine.threads[2] = (5, 1, 1)
        return open_one(thread, event)

    monkeypatch.setattr(instructions, "_open", open_and_see_one_more)
    counter = Counter((1,))
    assert counter.read() == Amount(100, "sampled", "perf")
    counter.close()


def test_threads_that_go_meanwhile_are_no_loss(monkeypatch):
    Machine(monkeypatch, {1: (100, 8, 8), 2: (5, 1, 1)})
    seen = iter([{1, 2}, {1}])
    monkeypatch.setattr(instructions.procfs, "threads", lambda _pids: next(seen))
    counter = Counter((1,))
    assert counter.read() == Amount(105, "exact", "perf")
    counter.close()


def test_a_refusal_leaves_nothing_open(monkeypatch):
    machine = Machine(monkeypatch, {1: (1, 1, 1), 2: (1, 1, 1), 3: errno.EMFILE})
    with pytest.raises(OSError, match="Too many open files"):
        Counter((1,))
    assert len(machine.open) == 2
    assert not any(map(is_open, machine.open))


def test_descriptors_are_left_for_others(monkeypatch):
    limit = (instructions._RESERVE + 3, instructions._RESERVE + 3)
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limit)
    with pytest.raises(OSError, match=r".") as caught:
        Counter((os.getpid(),), instructions.TASK_CLOCK)
    if caught.value.errno in {errno.EACCES, errno.EPERM, errno.ENOSYS, errno.ENOENT}:
        pytest.skip(f"no perf events here: {caught.value.strerror}")
    assert caught.value.errno == errno.EMFILE


@pytest.fixture
def asked_anew():
    instructions.unavailable.cache_clear()
    instructions._call_number.cache_clear()
    yield
    instructions.unavailable.cache_clear()
    instructions._call_number.cache_clear()


@pytest.mark.usefixtures("asked_anew")
class TestUnavailable:
    @pytest.mark.parametrize(
        ("number", "said"),
        [
            (errno.ENOENT, "it has no hardware counters, as many virtual machines"),
            (errno.EOPNOTSUPP, "it has no hardware counters, as many virtual machines"),
            (errno.EACCES, "the kernel refuses: kernel.perf_event_paranoid is 3, and 2 is needed"),
            (errno.EPERM, "the kernel refuses: kernel.perf_event_paranoid is 3, and 2 is needed"),
            (errno.ENOSYS, "perf_event_open fails: Function not implemented"),
            (errno.EMFILE, "perf_event_open fails: Too many open files"),
        ],
    )
    def test_the_reason(self, monkeypatch, tmp_path, number, said):
        Machine(monkeypatch, {1: number})
        (tmp_path / "paranoid").write_text("3\n")
        monkeypatch.setattr(instructions, "_PARANOIA", tmp_path / "paranoid")
        assert instructions.unavailable().startswith(said)

    def test_a_kernel_that_does_not_tell_how_strict_it_is(self, monkeypatch, tmp_path):
        Machine(monkeypatch, {1: errno.EPERM})
        monkeypatch.setattr(instructions, "_PARANOIA", tmp_path / "missing")
        assert instructions.unavailable() == "the kernel refuses, and does not tell its perf_event_paranoid"

    def test_it_is_asked_once(self, monkeypatch):
        machine = Machine(monkeypatch, {1: errno.ENOENT})
        assert instructions.unavailable() is not None
        machine.threads = {1: (5, 1, 1)}
        assert instructions.unavailable() is not None

    def test_counters_that_count(self, monkeypatch):
        machine = Machine(monkeypatch, {1: (5, 1, 1)})
        assert instructions.unavailable() is None
        assert not any(map(is_open, machine.open))

    @pytest.mark.parametrize("found", [(0, 5, 5), (0, 5, 0)])
    def test_counters_that_stand_still(self, monkeypatch, found):
        Machine(monkeypatch, {1: found})
        assert instructions.unavailable() == "its hardware counters stand still"

    @pytest.mark.parametrize("change", ["machine", "python"])
    def test_a_machine_whose_call_is_not_known(self, monkeypatch, change):
        if change == "machine":
            monkeypatch.setattr(instructions.platform, "machine", lambda: "pdp11")
        else:
            monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
        assert instructions.unavailable() == "perf_event_open fails: Function not implemented"


def test_the_setting_is_where_the_kernel_has_it():
    assert Path("/proc/sys/kernel/perf_event_paranoid") == instructions._PARANOIA
