"""Locks that end with their holder; Windows' are tried, too, on byte locks of POSIX (other_system)."""

import os
import subprocess
import sys

import other_system
import pytest

from tcperf import locks

HOLD = (
    "import os, sys\nfrom tcperf import locks\n"
    "descriptor = os.open(sys.argv[1], os.O_RDWR)\n"
    "locks.acquire(descriptor)\nprint('held', flush=True)\nsys.stdin.read()\n"
)
TRY = (
    "import os, sys\nfrom tcperf import locks\n"
    "descriptor = os.open(sys.argv[1], os.O_RDWR)\nos.lseek(descriptor, 3, os.SEEK_SET)\n"
    "print(locks.try_acquire(descriptor), os.lseek(descriptor, 0, os.SEEK_CUR))\n"
)
FOLDER = (
    "import sys\nfrom pathlib import Path\nfrom tcperf import locks\n"
    "with locks.folder_lock(Path(sys.argv[1])) as is_ours:\n"
    "    print(is_ours, flush=True)\n    sys.stdin.read()\n"
)


@pytest.fixture(params=["linux", *other_system.NAMES])
def env(request, tmp_path):
    if request.param == "linux":
        return dict(os.environ)
    site = tmp_path / "site"
    site.mkdir()
    return other_system.simulated(request.param, site)


def start(code, path, env):
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def outcome(code, path, env):
    with start(code, path, env) as process:
        output, _ = process.communicate(b"", timeout=30)
    return output


def test_one_at_a_time_until_the_holder_is_killed(env, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"its text can be read")
    with start(HOLD, path, env) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert outcome(TRY, path, env) == b"False 3\n"
        assert path.read_bytes() == b"its text can be read"
        holder.kill()
        holder.wait()
        assert outcome(TRY, path, env) == b"True 3\n"


def test_acquire_waits_for_the_holder(env, tmp_path):
    path = tmp_path / "file"
    path.touch()
    with start(HOLD, path, env) as first:
        assert first.stdout.readline() == b"held\n"
        with start(HOLD, path, env) as second:
            first.communicate(b"", timeout=30)
            assert second.stdout.readline() == b"held\n"


def test_a_folder(env, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with start(FOLDER, folder, env) as holder:
        assert holder.stdout.readline() == b"True\n"
        assert outcome(FOLDER, folder, env) == b"False\n"
        holder.communicate(b"", timeout=30)
    assert outcome(FOLDER, folder, env) == b"True\n"
    assert list(folder.iterdir()) == []


def test_within_one_process(tmp_path):
    """flock(2) is the open file's, not the process's."""
    with locks.folder_lock(tmp_path) as first, locks.folder_lock(tmp_path) as second:
        assert (first, second) == (True, False)
    with locks.folder_lock(tmp_path) as third:
        assert third


def test_what_cannot_be_locked_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), locks.folder_lock(tmp_path / "absent"):
        pytest.fail("there is no such folder")
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    with pytest.raises(OSError, match="Bad file descriptor"):
        locks.try_acquire(reader)
    with pytest.raises(OSError, match="Bad file descriptor"):
        locks.acquire(reader)
