"""Real containers, made by hand, found through an engine of ours: what they did is what is measured."""

import ipaddress
import os
from contextlib import ExitStack

import pytest
from containers import contained, group, needs_groups
from fake_engine import engine

from tcperf.errors import MachineError, UsageError
from tcperf.network.run_network import RunNetwork
from tcperf.watching import container_control
from tcperf.watching.container import watch_containers

pytestmark = [pytest.mark.integration, needs_groups]
#: Ethernet, IPv4 and UDP.
HEADERS = 14 + 20 + 8


@pytest.fixture(scope="module")
def hosts():
    with RunNetwork("private") as network:
        yield [network.add_host(name) for name in ("alice", "bob", "carol")]


@pytest.fixture
def docker(tmp_path):
    with engine(tmp_path) as server:
        yield server


@pytest.fixture
def program(hosts, tmp_path, docker):
    with contained(hosts[0], tmp_path) as made:
        docker.start("status-backend-1", made.pid)
        yield made


@pytest.fixture
def watch(docker):
    """Watching that ends with the test."""
    with ExitStack() as held:

        def begin(spec, env=None):
            watched = watch_containers(spec, docker.env if env is None else env)
            held.callback(watched.close)
            return watched

        yield begin


@pytest.fixture
def sink(hosts):
    """Where datagrams may go to; that nobody listens is answered, which is not what is sent."""
    return hosts[1].address, 9


def test_cpu_is_that_of_all_its_processes_and_traffic_that_of_its_interface(watch, program, docker, sink):
    watched = watch("status-backend-1")
    stretch = watched.begin()
    took = program.tell("burn", 0.15) + program.tell("burn_in_child", 0.1)
    took += program.tell("send", *sink, 50, 300)
    took += program.tell("talk_to_itself", 40, 1000)
    found = stretch.end()
    assert list(found) == ["status_backend_1"]
    figures = found["status_backend_1"]
    assert figures["cpu_ms"].exactness == "exact"
    assert figures["cpu_ms"].value == pytest.approx(
        took, abs=12
    )  # a tick of the kernel at either end, and our requests
    assert (figures["sent_bytes"].value, figures["packets_count"].value) == (50 * (300 + HEADERS), 50)
    assert figures["ip_bytes"].value == 50 * (300 + HEADERS - 14)
    assert figures["sent_bytes"].exactness == "exact"  # the private network has every offload off
    assert figures["received_bytes"].exactness == "bound"


def test_stretches_may_lie_in_one_another(watch, program, docker, sink):
    watched = watch("status-backend-1")
    outer = watched.begin()
    program.tell("send", *sink, 10, 100)
    inner = watched.begin()
    program.tell("send", *sink, 5, 100)
    [inside] = inner.end().values()
    program.tell("send", *sink, 1, 100)
    [outside] = outer.end().values()
    assert (inside["packets_count"].value, outside["packets_count"].value) == (5, 16)


def test_memory_is_that_of_the_stretch_where_the_kernel_counts_it(watch, program, docker):
    watched = watch("status-backend-1")
    if not (program.folder / "memory.peak").exists():
        watched.begin().end()
        assert any("no memory" in warning for warning in watched.warnings)
        pytest.skip("the memory controller is not in this machine's cgroup v2")
    stretch = watched.begin()
    program.tell("grow_and_shrink", 64)
    [figures] = stretch.end().values()
    assert figures["memory_peak_bytes"].value > 64 << 20


def test_who_stops_or_is_restarted_in_the_middle_has_no_figures(watch, hosts, tmp_path, docker):
    watched = None
    with contained(hosts[0], tmp_path) as first:
        docker.start("db", first.pid)
        watched = watch("db")
        stopping = watched.begin()
        first.stop()
        docker.stop("db")
        assert stopping.end() == {}
        assert "db stopped within a measured stretch" in watched.warnings[-1]
        with pytest.raises(UsageError, match=r"does not run.*start it before"):
            watch_containers("db", docker.env)
    with contained(hosts[0], tmp_path) as second, contained(hosts[0], tmp_path) as third:
        docker.start("db", second.pid)
        restarting = watched.begin()
        second.stop()
        docker.start("db", third.pid)
        assert restarting.end() == {}
        assert "db was restarted within a measured stretch" in watched.warnings[-1]
        assert list(watched.begin().end()) == ["db"]  # the next one is measured again


def test_what_a_suite_starts_by_itself_counts_from_its_first_moment(watch, hosts, tmp_path, docker, sink):
    watched = watch("node-*")
    stretch = watched.begin()
    with contained(hosts[0], tmp_path) as made:
        docker.start("node-7", made.pid)
        docker.start("other", made.pid)
        took = made.tell("burn", 0.1)
        found = stretch.end()
    assert list(found) == ["node"]
    assert found["node"]["cpu_ms"].value >= took - 5
    assert found["node"]["cpu_ms"].exactness == "bound"


def test_what_the_tests_themselves_say_to_it_is_apart(watch, hosts, program, docker, monkeypatch):
    bob, carol = hosts[1:]
    ours = [int(ipaddress.IPv4Address(bob.address))]
    monkeypatch.setattr(container_control, "own_addresses", lambda: ours)
    watched = watch("status-backend-1")
    program.tell("send", bob.address, 9, 7, 100)  # before the stretch
    stretch = watched.begin()
    program.tell("send", bob.address, 9, 1000, 100)
    program.tell("send", carol.address, 9, 20, 100)
    [figures] = stretch.end().values()
    assert (figures["sent_bytes"].value, figures["packets_count"].value) == (20 * (100 + HEADERS), 20)
    assert figures["sent_bytes"].exactness == "exact"
    assert (
        figures["received_packets_count"].value < 20
    )  # answers that nobody listens, of which the kernel sends few
    assert not any("in its traffic" in warning for warning in watched.warnings)


def test_talk_that_found_no_room_is_said_to_be_in_the_traffic(watch, hosts, program, docker, monkeypatch):
    monkeypatch.setattr(
        container_control, "own_addresses", lambda: [int(ipaddress.IPv4Address(hosts[1].address))]
    )
    monkeypatch.setattr(container_control, "SLOTS", 512)
    watched = watch("status-backend-1")
    stretch = watched.begin()
    program.tell("send", hosts[1].address, 9, 2000, 10)
    [figures] = stretch.end().values()
    assert figures["packets_count"].exactness == "bound"
    assert 2000 - 512 <= figures["packets_count"].value < 2000  # answers took some of the room
    assert any("in its traffic" in warning for warning in watched.warnings)
    assert watched.begin().end()["status_backend_1"]["packets_count"].exactness == "exact"


def test_by_its_group_or_a_process_without_an_engine(watch, program, sink):
    for spec in (f"pid:{program.pid}", f"cgroup:{program.folder}"):
        watched = watch(spec, {})
        stretch = watched.begin()
        program.tell("send", *sink, 3, 10)
        [figures] = stretch.end().values()
        assert figures["sent_bytes"].value == 3 * (10 + HEADERS)


def test_a_group_that_was_given_does_not_count_from_its_own_beginning(hosts, tmp_path):
    with group() as folder:
        pid = os.fork()
        if not pid:
            (folder / "cgroup.procs").write_text(str(os.getpid()))
            os._exit(0)
        os.waitpid(pid, 0)
        with pytest.raises(UsageError, match="does not run"):
            watch_containers(f"cgroup:{folder}", {})


def test_whoever_shares_our_network_has_no_traffic(watch, program, docker):
    docker.start("host-mode", program.pid, network="host")
    watched = watch("host-mode")
    [figures] = watched.begin().end().values()
    assert "sent_bytes" not in figures
    assert "cpu_ms" in figures
    assert any("shares this machine's network" in warning for warning in watched.warnings)


def test_offloads_make_a_bound_and_say_how_to_be_rid_of_them(watch, program, docker, monkeypatch):
    from tcperf.watching import container_network

    assert container_network.merging(program.pid) == []
    monkeypatch.setattr(container_network, "merging", lambda _pid: ["tx-tcp-segmentation"])
    watched = watch("status-backend-1")
    [figures] = watched.begin().end().values()
    assert figures["sent_bytes"].exactness == "bound"
    assert any("ethtool -K" in warning for warning in watched.warnings)


def test_we_ourselves_are_no_container():
    with pytest.raises(MachineError, match="cgroup"):
        watch_containers(f"pid:{os.getpid()}", {})


def test_an_engine_that_goes_away_in_the_middle_costs_nothing_of_what_runs(watch, program, docker, sink):
    watched = watch("status-backend-1")
    stretch = watched.begin()
    program.tell("send", *sink, 2, 10)
    docker.broken = b"<html>gateway</html>"
    [figures] = stretch.end().values()
    assert figures["packets_count"].value == 2
    assert any("no container engine" in warning for warning in watched.warnings)
    assert watched.begin().end() == {}
