"""The meter's parts that need no network: the filter's shape, files, bound ports, the sampler."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import bpf
import pytest
from slots import BRIDGE, PLACES, tcp, udp

from tcperf.errors import OutputError
from tcperf.frames.parse import parse
from tcperf.model import Traffic
from tcperf.probes import kept_capture
from tcperf.probes.bound_ports import BoundPorts
from tcperf.probes.capture_filter import program
from tcperf.probes.sampler import Sampler
from tcperf.probes.traffic_file import Captured, read_traffic, write_traffic

ROW = {
    "phase": "send", "node": "alice", "direction": "sent", "peer": "bob", "protocol": "tcp", "role": "p2p",
    "frame_bytes": 9, "ip_bytes": 8, "payload_bytes": 7, "packets": 6,
    "retransmissions": 5, "connections": 4, "short_connections": 3,
}  # fmt: skip


@pytest.mark.parametrize("lossy", [True, False])
@pytest.mark.parametrize("tagged", [True, False])
def test_what_the_filter_lets_pass(lossy, tagged):
    code = program(BRIDGE, snap=186, lossy=lossy, tagged=tagged, hosts=PLACES)
    frame, group = tcp("alice", "bob", 1, 1000), b"\xff" * 6 + udp("alice", "bob", 300)[6:]
    assert bpf.run(code, frame, interface=BRIDGE) == 0
    assert bpf.run(code, frame, interface=3) == (49 if tagged else 186)
    assert bpf.run(code, frame, interface=3, packet_type=4) == (186 if lossy else 0)
    assert bpf.run(code, group, interface=3, packet_type=4) == 186
    assert bpf.run(code, group[:48], interface=3, packet_type=4) == (47 if tagged else 48)
    assert bpf.run(code, b"\2" * 14, interface=3) == 14


def test_the_kernel_takes_the_filter():
    from tcperf.network.packets import attach_filter

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        for lossy in (True, False):
            for hosts in ([], PLACES, PLACES * 10):
                attach_filter(ours, program(BRIDGE, snap=186, lossy=lossy, tagged=True, hosts=hosts))


def test_what_was_captured_is_handed_over(tmp_path):
    path = tmp_path / "traffic.json"
    write_traffic(
        path,
        {
            "packets": 1,
            "lost_packets": 2,
            "late_cuts": 3,
            "clock_steps": 4,
            "rows": [ROW],
            "pcap_problem": "x",
        },
    )
    assert read_traffic(path) == Captured(1, 2, 3, 4, (Traffic(**ROW),), "x")
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        write_traffic(tmp_path / "missing" / "traffic.json", {})


def test_bound_ports():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connected,
    ):
        bound.bind(("127.0.0.1", 0))
        connected.connect(bound.getsockname())
        ports = BoundPorts(os.getpid())
        found = ports.ports()
        ports.close()
        ports.close()
        assert ("udp", bound.getsockname()[1]) in found
        assert ("udp", connected.getsockname()[1]) not in found


def test_bound_ports_of_ipv6():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as bound:
        bound.bind(("::1", 0))
        ports = BoundPorts(os.getpid())
        assert ("udp", bound.getsockname()[1]) in ports.ports()
        ports.close()


def test_a_process_that_has_ended_has_bound_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
        ports = BoundPorts(ended.pid)
    assert ports.ports() == set()


def test_rows_are_drawn_of_the_living():
    sampler = Sampler()
    assert sampler.watch("us", os.getpid(), None)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert sampler.watch("other", other.pid, None)
        sampler.sample(1_000_000)
        other.stdin.close()
        other.wait()
    sampler.sample(2_500_000)
    sampler.sample(3_000_000)
    found = sampler.columns()
    assert found["us"]["t_ms"] == [1.0, 2.5, 3.0]
    assert found["us"]["cpu_ms"] == sorted(found["us"]["cpu_ms"])
    assert found["us"]["rss_bytes"][0] > 1 << 20
    assert found["other"]["t_ms"] == [1.0]
    assert not sampler.watch("ended", other.pid, None)
    sampler.close()
    assert sampler.columns() == {}


def test_who_rests_is_looked_at_every_other_time():
    sampler = Sampler()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:

        def run():
            """Let it run, and wait until it has come to rest again."""
            cat.stdin.write(b"x\n")
            cat.stdin.flush()
            assert cat.stdout.readline() == b"x\n"
            while Path(f"/proc/{cat.pid}/stat").read_text().split()[2] != "S":
                pass

        run()
        assert sampler.watch("cat", cat.pid, None)
        for tick in range(1, 7):
            sampler.sample(tick * 1_000_000)
        run()
        for tick in range(7, 10):
            sampler.sample(tick * 1_000_000)
        columns = sampler.columns()["cat"]
        sampler.close()
        cat.kill()
    assert columns["t_ms"] == [1, 2, 4, 6, 8, 9]
    cpu_ms = columns["cpu_ms"]
    assert cpu_ms[0] == cpu_ms[3] < cpu_ms[4] == cpu_ms[5]
    assert min(columns["rss_bytes"]) > 0


def test_counters_are_drawn_where_they_are_given(tmp_path):
    path = tmp_path / "dev"
    path.write_text("\n  eth0: 11 1 0 0 0 0 0 0 22 1 0 0 0 0 0 0\n")
    sampler = Sampler()
    assert sampler.watch("us", os.getpid(), os.open(path, os.O_RDONLY))
    sampler.sample(0)
    found = sampler.columns()["us"]
    sampler.close()
    assert (found["sent_bytes"], found["received_bytes"]) == ([22], [11])


class Broken:
    """A writer whose disk is full."""

    def __init__(self, path, *, full):
        self.calls = 0

    def _fail(self, *_arguments):
        self.calls += 1
        raise OutputError("the disk is full")

    interface = frame = close = _fail

    def mark(self, phase):
        pass


class TestKeptCapture:
    """Trouble with the file is told, and stops nothing else."""

    @pytest.fixture
    def kept(self, monkeypatch, tmp_path):
        monkeypatch.setattr(kept_capture, "CaptureWriter", Broken)
        return kept_capture.KeptCapture(tmp_path / "run.pcapng", full=False)

    def keep(self, kept, sender="alice"):
        frame = udp("alice", "bob", 5)
        kept.keep(sender, 1, len(frame), memoryview(frame), parse(frame, 14, 0x0800))

    def test_at_a_host(self, kept):
        kept.host("alice", b"\2" * 6, "10.77.0.1")
        assert kept.problem == "the disk is full"
        self.keep(kept)
        kept.close(0)
        assert kept._writer.calls == 1

    def test_at_a_frame(self, kept):
        kept._interfaces["alice"] = 0
        kept.phase("send")
        self.keep(kept, "(outside)")
        assert kept.problem is None
        self.keep(kept)
        self.keep(kept)
        assert kept.problem == "the disk is full"
        assert kept._writer.calls == 1

    def test_at_the_end(self, kept):
        kept.close(3)
        assert kept.problem == "the disk is full"
