"""What a machine has room for, from the files in which Linux tells it."""

import sys

import pytest

from tcperf.probes import room
from tcperf.probes.room import Room, look

linux = pytest.mark.skipif(sys.platform != "linux", reason="its files are Linux's")


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(f"{text}\n")


@pytest.fixture
def groups(tmp_path):
    """A tree of control groups, in which this process is in a/b."""
    (tmp_path / "mine").write_text("0::/a/b\n")

    def left(controller):
        return list(room._left_of_groups(controller, tmp_path / "cgroup", tmp_path / "mine"))

    return tmp_path / "cgroup", left


def test_each_group_above_limits_too(groups):
    root, left = groups
    group(root / "a" / "b", pids_max="max", pids_current=3)
    group(root / "a", pids_max=100, pids_current=40)
    assert left("pids") == [60]
    group(root / "a" / "b", pids_max=10)
    assert left("pids") == [7, 60]


def test_what_is_over_its_limit_has_nothing_left(groups):
    root, left = groups
    group(root / "a" / "b", pids_max=10, pids_current=12)
    assert left("pids") == [0]


def test_the_file_cache_makes_way(groups):
    root, left = groups
    stat = "anon 500\nactive_file 200\ninactive_file 100\nfile 400"
    group(root / "a" / "b", memory_max=2000, memory_current=1500, memory_stat=stat)
    assert left("memory") == [800]


@pytest.mark.parametrize("mine", [None, "", "12:pids:/old\n", "0::/gone\n"])
def test_without_groups_nothing_limits(tmp_path, mine):
    if mine is not None:
        (tmp_path / "mine").write_text(mine)
    assert list(room._left_of_groups("pids", tmp_path / "cgroup", tmp_path / "mine")) == []


def test_the_kernel_takes_so_many_tasks(tmp_path):
    (tmp_path / "load").write_text("0.20 0.18 0.12 1/900 11206\n")
    group(tmp_path / "kernel")
    for name, limit in (("threads-max", 1000), ("pid_max", 950)):
        (tmp_path / "kernel" / name).write_text(f"{limit}\n")
    assert list(room._left_of_kernel(tmp_path / "kernel", tmp_path / "load")) == [100, 50]
    assert list(room._left_of_kernel(tmp_path / "gone", tmp_path / "load")) == []


def test_this_machine_has_room():
    found = look()
    assert isinstance(found, Room)
    assert found.memory_bytes > 1 << 20
    assert found.cores >= 1


@linux
def test_this_machine_tells_its_limits():
    import resource

    found = look()
    assert found.tasks > 0
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert found.files == (None if soft == resource.RLIM_INFINITY else soft)


@linux
def test_a_users_tasks_are_counted():
    import os

    assert room._tasks_of(os.getuid()) >= 1
    assert room._tasks_of(4_000_000_001) == 0
