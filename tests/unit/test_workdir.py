"""A run's private folder, and what is swept of those that others left behind."""

import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path

import pytest

from tcperf import workdir
from tcperf.errors import MachineError

LOCK = ".tcperf-working-folder"
MARK = b"This folder is one run's of tcperf, and removed when the run is over.\n"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def leave(temporary, name="tcperf-left", mark=MARK):
    folder = temporary / name
    (folder / "alice").mkdir(parents=True)
    (folder / "alice" / "data").write_text("x")
    (folder / LOCK).write_bytes(mark)
    return folder


def test_it_is_private_and_goes_with_the_block(temporary):
    with workdir.working_folder() as folder:
        assert folder.parent == temporary
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [path.name for path in folder.iterdir()] == [LOCK]
        assert (folder / LOCK).read_bytes() == MARK
        (folder / "data").mkdir()
    assert list(temporary.iterdir()) == []


def test_it_goes_also_after_an_error(temporary):
    with pytest.raises(ZeroDivisionError), workdir.working_folder():
        raise ZeroDivisionError
    assert list(temporary.iterdir()) == []


def test_an_abandoned_folder_is_swept(temporary):
    leave(temporary)
    leave(temporary, "tcperf-another")
    assert workdir.sweep() == 2
    assert list(temporary.iterdir()) == []


def test_a_living_one_is_not(temporary):
    with workdir.working_folder() as folder:
        assert workdir.sweep() == 0
        assert folder.is_dir()
    assert workdir.sweep() == 0


@pytest.mark.parametrize("mark", [b"", MARK[:-1], MARK + b"x"])
def test_what_does_not_say_that_it_is_ours_stays(temporary, mark):
    """An empty one is about to become a run's: its mark is written only when the lock is held."""
    folder = leave(temporary, mark=mark)
    assert workdir.sweep() == 0
    assert (folder / "alice" / "data").exists()


def test_the_mark_is_written_under_the_lock(monkeypatch):
    seen = []
    acquire = workdir.locks.acquire

    def look(descriptor):
        acquire(descriptor)
        seen.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(workdir.locks, "acquire", look)
    with workdir.working_folder():
        assert seen == [0]


def test_a_folder_of_another_name_or_without_the_lock_stays(temporary):
    leave(temporary, "other-left")
    (temporary / "tcperf-empty").mkdir()
    assert workdir.sweep() == 0
    assert len(list(temporary.iterdir())) == 2


def age(folder, seconds):
    then = time.time() - seconds
    os.utime(folder, (then, then))


def test_one_whose_maker_was_killed_before_it_was_locked_is_swept_later(temporary, monkeypatch):
    folder = Path(tempfile.mkdtemp(prefix="tcperf-"))
    assert workdir.sweep() == 0
    age(folder, 3600)
    (folder / "file").write_text("x")
    age(folder, 3600)
    assert workdir.sweep() == 0
    (folder / "file").unlink()
    age(folder, 3600)
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        assert workdir.sweep() == 0
    assert workdir.sweep() == 1
    assert list(temporary.iterdir()) == []


def test_one_whose_maker_was_killed_before_it_marked_the_lock_is_swept_later(temporary):
    folder = Path(tempfile.mkdtemp(prefix="tcperf-"))
    (folder / LOCK).touch()
    assert workdir.sweep() == 0
    age(folder, 3600)
    (folder / LOCK).write_bytes(b"?")
    assert workdir.sweep() == 0
    (folder / LOCK).write_bytes(b"")
    with (folder / LOCK).open("r+b") as held:  # its maker was stopped for a while, and lives
        fcntl.flock(held, fcntl.LOCK_EX)
        assert workdir.sweep() == 0
    assert workdir.sweep() == 1
    assert list(temporary.iterdir()) == []


def test_no_empty_folder_of_the_users_own_is_swept(temporary):
    for name in [
        "tcperf-empty",
        "tcperf-nightly_",
        "tcperf-nightlies",
        "tcperf-12345678.d",
        "tcperf-ABCDEFGH",
    ]:
        (temporary / name).mkdir()
        age(temporary / name, 3600)
    (temporary / "tcperf-abcdefgh").write_text("a file")
    age(temporary / "tcperf-abcdefgh", 3600)
    assert workdir.sweep() == 0


def test_what_cannot_be_removed_now_is_swept_later(temporary, monkeypatch):
    """A node that still writes: its folder fills again while it is removed."""
    rmdir = os.rmdir

    def busy(path, **named):
        if "alice" in str(path):
            raise OSError(39, "Directory not empty")
        rmdir(path, **named)

    monkeypatch.setattr(os, "rmdir", busy)
    with workdir.working_folder() as folder:
        (folder / "alice").mkdir()
        (folder / "link").symlink_to(temporary)
    assert sorted(path.name for path in folder.iterdir()) == [LOCK, "alice"]
    assert workdir.sweep() == 0
    monkeypatch.undo()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    assert workdir.sweep() == 1
    assert list(temporary.iterdir()) == []


def test_no_link_is_followed(temporary):
    real = temporary / "lock"
    real.write_bytes(MARK)
    folder = temporary / "tcperf-linked"
    folder.mkdir()
    (folder / LOCK).symlink_to(real)
    assert workdir.sweep() == 0
    assert folder.is_dir()


def test_somebody_elses_stays(temporary, monkeypatch):
    folder = leave(temporary)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert workdir.sweep() == 0
    assert folder.is_dir()


def test_a_file_system_without_locks_sweeps_nothing(temporary, monkeypatch):
    folder = leave(temporary)
    monkeypatch.setattr(fcntl, "flock", refuse)
    assert workdir.sweep() == 0
    assert folder.is_dir()


def test_a_folder_that_cannot_be_made_is_told_with_its_cure(temporary, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(temporary / "absent"))
    with (
        pytest.raises(MachineError, match="no temporary folder can be made") as caught,
        workdir.working_folder(),
    ):
        pytest.fail("it was made")
    assert "TMPDIR" in caught.value.cure


@pytest.mark.parametrize("name", ["fcntl.flock", "os.write"])
def test_a_lock_that_cannot_be_made_is_told_and_leaves_nothing(temporary, monkeypatch, name):
    monkeypatch.setattr(name, refuse)
    with pytest.raises(MachineError, match="no room here"), workdir.working_folder():
        pytest.fail("it was made")
    monkeypatch.undo()
    assert list(temporary.iterdir()) == []


def test_a_lock_file_that_cannot_be_made(temporary, monkeypatch):
    monkeypatch.setattr(workdir, "_LOCK", "absent/lock")
    with pytest.raises(MachineError, match="No such file"), workdir.working_folder():
        pytest.fail("it was made")
    assert list(temporary.iterdir()) == []


def refuse(*_arguments, **_named):
    raise OSError(28, "no room here")
