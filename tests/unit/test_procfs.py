"""Who descends from whom, read from a /proc of the test's own and from the real one."""

import os
import subprocess
import sys

import pytest

from tcperf import procfs


@pytest.fixture
def family():
    """A process with a child that has a child; their pids."""
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', '''import subprocess, sys\n"
        'grandchild = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)\n'
        "print(grandchild.pid, flush=True)\n"
        "input()'''], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        pids = {int(process.stdout.readline()), int(process.stdout.readline())}
        yield process.pid, pids
        for pid in (process.pid, *pids):
            os.kill(pid, 9)


def test_descendants_of_all_generations(family):
    pid, pids = family
    assert set(procfs.descendants(pid)) == pids
    assert len(procfs.children(pid)) == 1
    assert pid in procfs.descendants(os.getpid())


def test_without_lists_of_children_the_scan_finds_them_too(family, monkeypatch):
    pid, pids = family
    monkeypatch.setattr(procfs, "_lists_children", lambda: False)
    assert set(procfs.descendants(pid)) == pids


def test_a_session_by_its_leader(family):
    pid, pids = family
    assert set(procfs.session(pid)) == {pid, *pids}


def test_nobody():
    assert procfs.children(0) == procfs.descendants(2**22 + 1) == []
    assert procfs.stat_fields(2**22 + 1) is None


def test_a_name_with_spaces_and_parentheses(tmp_path, monkeypatch):
    folder = tmp_path / "7"
    (folder / "task").mkdir(parents=True)
    (folder / "stat").write_text("7 (a (b) c) S 1 7 7 0")
    monkeypatch.setattr(procfs, "_PROC", tmp_path)
    assert procfs.stat_fields(7)[:2] == ["S", "1"]


def test_a_thread_that_ends_meanwhile_hides_nobody(tmp_path, monkeypatch):
    for task, children in ((1, "101"), (2, None), (3, "102 103")):
        folder = tmp_path / "1" / "task" / str(task)
        folder.mkdir(parents=True)
        if children:
            (folder / "children").write_text(children)
    monkeypatch.setattr(procfs, "_PROC", tmp_path)
    monkeypatch.setattr(procfs, "_lists_children", lambda: True)
    assert sorted(procfs.children(1)) == [101, 102, 103]


def test_the_peak_of_a_process_is_no_less_than_it_has_touched_and_an_ended_one_has_none():
    code = "import sys; block = b'x' * (64 << 20); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert 64 << 20 < procfs.peak_bytes(process.pid) < 200 << 20
        process.communicate()
        assert procfs.peak_bytes(process.pid) == 0
