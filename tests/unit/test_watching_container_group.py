"""Control groups as files: found from /proc, read, and said to be none where they are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import MachineError
from tcperf.watching import container_group
from tcperf.watching.container_group import Peak, Usage, folder_of, read_usage

MOUNTS = "36 25 0:30 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


@pytest.fixture
def proc(tmp_path):
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mountinfo").write_text(MOUNTS)
    (tmp_path / "77").mkdir()

    def write(text, mounts=MOUNTS):
        (tmp_path / "77" / "cgroup").write_text(text)
        (tmp_path / "self" / "mountinfo").write_text(mounts)
        return tmp_path

    return write


def test_the_folder_is_the_unified_path_below_the_mount(proc):
    root = proc("0::/system.slice/docker-ab12.scope\n")
    assert str(folder_of(77, root)) == "/sys/fs/cgroup/system.slice/docker-ab12.scope"


def test_a_mount_may_show_a_part_of_the_hierarchy(proc):
    mounts = "1 2 0:3 /elsewhere /mnt/a rw - cgroup2 c rw\n4 5 0:6 /pod /mnt/b rw - cgroup2 c rw\n"
    root = proc("0::/pod/one\n", mounts)
    assert str(folder_of(77, root)) == "/mnt/b/one"
    assert str(folder_of(77, proc("0::/pod\n", mounts))) == "/mnt/b"


def test_a_group_of_version_2_beside_empty_ones_of_version_1(proc):
    assert folder_of(77, proc("4:memory:/mine\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/mine\n")).name == "mine"


@pytest.mark.parametrize(
    ("text", "mounts", "said"),
    [
        (
            "4:cpu,cpuacct:/docker/ab12\n0::/system.slice/docker.service\n",
            MOUNTS,
            r"cgroup v1 .*unified_cgroup_hierarchy",
        ),
        ("4:cpu,cpuacct:/docker/ab12\n", MOUNTS, r"cgroup v1"),
        ("0::/\n", MOUNTS, r"no cgroup of its own"),
        ("", MOUNTS, r"no cgroup of its own"),
        ("0::/../../system.slice/x.scope\n", MOUNTS, r"outside .*--cgroupns=host"),
        ("0::/x\n", "1 2 0:3 / /proc rw - proc proc rw\n", r"no cgroup v2 is mounted"),
    ],
)
def test_what_is_not_a_group_that_can_be_read_says_so_with_the_cure(proc, text, mounts, said):
    with pytest.raises(MachineError, match=said) as raised:
        folder_of(77, proc(text, mounts))
    assert raised.value.cure


def test_a_process_that_has_ended(proc):
    with pytest.raises(ProcessLookupError):
        folder_of(78, proc("0::/x\n"))


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "cpu.stat": "usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\nnr_periods 0\n",
        "io.stat": "8:0 rbytes=100 wbytes=20 rios=1 wios=2\n259:1 rbytes=1 wbytes=2 rios=0\n252:0\n",
        "memory.stat": "anon 4096\npgfault 12\npgmajfault 1\n",
        "memory.current": "8192\n",
        "memory.peak": "20480\n",
        "pids.current": "5\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_all_that_a_group_tells(folder):
    assert read_usage(folder) == Usage(3000, 2000, 1000, 101, 22, 12, 8192, 5)


def test_what_its_controllers_do_not_tell_is_absent(folder):
    for name in ("io.stat", "memory.stat", "memory.current", "pids.current"):
        (folder / name).unlink()
    assert read_usage(folder) == Usage(3000, 2000, 1000)


def test_nothing_read_so_far_is_nothing_not_absent(folder):
    (folder / "io.stat").write_text("")
    assert (read_usage(folder).read_bytes, read_usage(folder).written_bytes) == (0, 0)


def test_a_group_that_is_gone(folder):
    (folder / "cpu.stat").unlink()
    with pytest.raises(ProcessLookupError):
        read_usage(folder)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text):
    assert all(isinstance(number, int) for _name, number in container_group._pairs(text))


def test_the_peak_begins_anew_for_whoever_wrote_and_ends_with_close(folder):
    peak = Peak.watch(folder)
    assert peak.is_reset
    assert (folder / "memory.peak").read_text().startswith("reset")  # the kernel would not keep it
    (folder / "memory.peak").write_text("4096\n")
    assert peak.read() == 4096
    peak.close()
    peak.close()
    assert peak.read() is None


def test_the_peak_of_the_whole_life_is_not_reset(folder):
    peak = Peak.watch(folder, reset=False)
    assert (peak.is_reset, peak.read()) == (False, 20480)
    peak.close()
    assert (folder / "memory.peak").read_text() == "20480\n"


def test_a_kernel_that_lets_nobody_write_the_peak(folder, monkeypatch):
    def refuse(_descriptor, _data):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(container_group.os, "write", refuse)
    peak = Peak.watch(folder)
    assert (peak.is_reset, peak.read()) == (False, 20480)
    peak.close()


def test_a_kernel_without_the_peak(folder):
    (folder / "memory.peak").unlink()
    assert Peak.watch(folder) is None
