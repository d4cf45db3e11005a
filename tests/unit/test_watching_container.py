"""Which container is meant, and what the engine says of it; its figures from files."""

import os
import socket
import stat

import pytest
from fake_engine import engine
from hypothesis import given
from hypothesis import strategies as st

from tcperf import keys
from tcperf.errors import MachineError, UsageError
from tcperf.network.interface import Counters
from tcperf.watching import container, container_group, container_network, container_roster
from tcperf.watching.container import watch_containers
from tcperf.watching.container_choice import finder, is_pattern, label_of
from tcperf.watching.container_control import Talk, own_addresses, program
from tcperf.watching.container_engine import Engine, Running
from tcperf.watching.naming import different, fitting


@pytest.fixture
def docker(tmp_path):
    with engine(tmp_path) as server:
        yield server


def test_an_engine_tells_who_runs(docker):
    docker.start("a/b c", 12, network="host")
    docker.start("down", 13)
    docker.stop("down")
    found = Engine.find(docker.env)
    assert found.inspect("a/b c") == Running(12, "2026-01-02T03:04:05.6Z", "host")
    assert found.inspect("down") is None
    assert found.names() == ["a/b c"]
    with pytest.raises(UsageError, match=r"knows no container 'x'.*docker ps"):
        found.inspect("x")


@pytest.mark.parametrize(
    "broken", [b"", b"nothing", b"[" * 100000, b"[]", b'{"State": 1}', b'{"State": {"Running": true}}']
)
def test_what_is_no_engine_is_said_to_be_none(docker, broken):
    docker.broken = broken
    with pytest.raises(MachineError, match="is no container engine"):
        Engine.find(docker.env).inspect("x")


def test_an_engine_elsewhere_or_nowhere(tmp_path, monkeypatch):
    with pytest.raises(MachineError, match=r"not processes of this machine.*run tcperf on"):
        Engine.find({"DOCKER_HOST": "tcp://10.0.0.1:2375"})
    monkeypatch.setattr("tcperf.watching.container_engine._ROOTS", (str(tmp_path / "none.sock"),))
    with pytest.raises(MachineError, match=r"no container engine is here.*DOCKER_HOST=unix"):
        Engine.find({"XDG_RUNTIME_DIR": str(tmp_path)})
    (tmp_path / "podman").mkdir()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "podman" / "podman.sock"))
        found = Engine.find({"XDG_RUNTIME_DIR": str(tmp_path)})
        with pytest.raises(MachineError, match=r"does not answer.*systemctl"):
            found.names()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use every socket")
def test_a_socket_that_this_user_may_not_use(docker):
    docker.path.chmod(stat.S_IRUSR)
    with pytest.raises(MachineError, match=r"may not be used.*usermod"):
        Engine.find(docker.env).names()


def test_a_pattern_means_all_that_are_called_so(docker):
    for name in ("node-1", "node-2", "db"):
        docker.start(name, 5)
    assert sorted(finder("node-*", docker.env)()) == ["node-1", "node-2"]
    assert is_pattern("node-?")
    assert not is_pattern("cgroup:/a*")


@pytest.mark.parametrize("spec", ["pid:", "pid:x", "pid:-1", "cgroup:/nowhere", "cgroup:"])
def test_what_names_nobody_is_an_error_at_once(spec):
    with pytest.raises(UsageError, match="write "):
        finder(spec, {})


def test_a_process_that_is_on_another_machine(docker):
    docker.start("far", 1 << 22)
    with pytest.raises(UsageError, match=r"not to be seen on this machine.*where the engine is"):
        watch_containers("far", docker.env)


class Silent:
    """Nothing is exchanged with this machine."""

    def read(self, _until_ns):
        return Talk(Counters(0, 0, 0, 0, 0), 0)

    def close(self):
        pass


class Files:
    """A container of files: this process's identity, a folder and counters that a test sets."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.counters = folder, Counters(0, 0, 0, 0, 0)
        self.cpu(0)
        monkeypatch.setattr(container_group, "folder_of", lambda _pid: folder)
        monkeypatch.setattr(container_network, "counters", lambda _pid: self.counters)
        monkeypatch.setattr(container_network, "is_shared_with_us", lambda _pid: None)
        monkeypatch.setattr(container_network, "merging", lambda _pid: self.merging)
        monkeypatch.setattr(container_roster.Control, "watch", lambda _pid: self.control)
        self.control = Silent()
        self.merging = []
        self.network = "bridge"
        self.running = True

    def cpu(self, usage):
        (self.folder / "cpu.stat").write_text(
            f"usage_usec {usage}\nuser_usec {usage // 2}\nsystem_usec {usage // 2}\n"
        )

    def find(self):
        return {"node": Running(os.getpid(), "then", self.network)} if self.running else {}

    def watch(self):
        return container.Containers(self.find, "node")


@pytest.fixture
def files(tmp_path, monkeypatch):
    return Files(tmp_path, monkeypatch)


def test_figures_are_differences_and_say_where_they_are_from(files):
    for name, text in {
        "io.stat": "8:0 rbytes=5 wbytes=7\n",
        "memory.peak": "9\n",
        "memory.current": "3\n",
    }.items():
        (files.folder / name).write_text(text)
    files.cpu(4000)
    stretch = files.watch().begin()
    files.cpu(10000)
    (files.folder / "io.stat").write_text("8:0 rbytes=6 wbytes=17\n")
    (files.folder / "memory.peak").write_text("30\n")
    files.counters = Counters(100, 200, 1, 2, 0)
    found = stretch.end()["node"]
    assert {key: (each.value, each.exactness) for key, each in found.items()} == {
        "cpu_ms": (6, "exact"),
        "cpu_user_ms": (3, "sampled"),
        "cpu_system_ms": (3, "sampled"),
        "disk_read_bytes": (1, "exact"),
        "disk_written_bytes": (10, "exact"),
        "memory_peak_bytes": (30, "exact"),
        "memory_rest_bytes": (3, "sampled"),
        "sent_bytes": (100, "exact"),
        "packets_count": (1, "exact"),
        "ip_bytes": (86, "bound"),
        "received_bytes": (200, "bound"),
        "received_packets_count": (2, "bound"),
    }


@pytest.mark.parametrize(
    ("network", "merging", "exactness", "said"),
    [
        ("container:ab", [], "bound", "another container's, too"),
        ("bridge", None, "bound", "only root can tell"),
        ("bridge", ["tx-tcp-segmentation"], "bound", "ethtool"),
        ("host", [], None, "shares this machine's network"),
        ("", [], None, "run as root"),
    ],
)
def test_traffic_is_as_exact_as_the_network_lets_it_be(files, network, merging, exactness, said):
    files.network, files.merging = network, merging
    watched = files.watch()
    found = watched.begin().end()["node"]
    assert (found["sent_bytes"].exactness if exactness else found.get("sent_bytes")) == exactness
    assert any(said in warning for warning in watched.warnings)
    assert len(set(watched.warnings)) == len(watched.warnings)


def test_talk_that_cannot_be_told_apart_makes_a_bound_and_says_so(files):
    files.control = None
    watched = files.watch()
    assert watched.begin().end()["node"]["sent_bytes"].exactness == "bound"
    assert any("only root can tell it apart" in warning for warning in watched.warnings)


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ("db", "db"),
        ("*-status-backend-*", "status_backend"),
        ("cgroup:/sys/fs/cgroup/system.slice/node.scope", "node_scope"),
        ("pid:12", "pid_12"),
        ("***", "container"),
    ],
)
def test_labels_are_the_same_in_every_run(spec, label):
    assert label_of(spec) == label


@given(st.lists(st.integers(1, 2**32 - 1), max_size=150, unique=True))
def test_a_filter_of_any_addresses_is_one_that_the_kernel_can_take(addresses):
    code = program(sorted(addresses))
    jumps = [(place, each) for place, (_code, *both, _value) in enumerate(code) for each in both if each]
    assert all(place + 1 + each < len(code) for place, each in jumps)
    assert all(0 < each <= 255 for _place, each in jumps)


def test_our_own_addresses_are_not_the_loopbacks():
    assert not any(address >> 24 == 127 for address in own_addresses())


def test_who_ran_unseen_when_the_stretch_began_has_no_figures_of_it(files):
    files.running = False
    watched = files.watch()
    stretch = watched.begin()
    files.running = True  # as far as this process was started long before
    assert stretch.end() == {}
    assert any("was not found at the beginning" in warning for warning in watched.warnings)


def test_a_group_that_vanishes_ends_the_container(files):
    watched = files.watch()
    stretch = watched.begin()
    (files.folder / "cpu.stat").unlink()
    assert stretch.end() == {}
    assert any("stopped within" in warning for warning in watched.warnings)
    assert watched.begin().end() == {}
    watched.close()
    watched.close()


@given(st.text(max_size=60), st.sampled_from(["container", "phone", "app"]))
def test_every_name_fits(text, otherwise):
    name = fitting(text, otherwise)
    assert keys.is_name(name)
    assert fitting(name, otherwise) == name


def test_names_differ():
    taken = []
    for _ in range(12):
        taken.append(different("node", taken))
    assert taken[:3] == ["node", "node_2", "node_3"]
    assert len(set(taken)) == 12
    assert all(keys.is_name(name) for name in taken)
