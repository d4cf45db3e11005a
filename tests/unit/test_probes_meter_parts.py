"""The meter's parts that need no network: the filter's shape, files, bound ports, the sampler."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import bpf
import pytest
from slots import BRIDGE, PLACES, leg, mac, tcp, udp

from tcperf.errors import OutputError
from tcperf.frames.parse import parse
from tcperf.probes import kept_capture
from tcperf.probes.bound_ports import BoundPorts
from tcperf.probes.capture_filter import TCP_TAG, TCP_TIMED_TAG, UDP_TAG, NumberedFlow, Place, program
from tcperf.probes.flow_numbers import NUMBERS
from tcperf.probes.sampler import LONGEST_REST, Sampler
from tcperf.probes.traffic_file import Captured, read_traffic, write_traffic
from tcperf.traffic import Traffic

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
    # What the bridge gets has a number, whatever it is.
    assert bpf.run(code, frame, interface=BRIDGE) == (0 if lossy else 186)
    assert bpf.run(code, frame, interface=3) == (TCP_TIMED_TAG if tagged else 186)
    # Where links are bad, frames are looked at where they leave; else, where the bridge floods them.
    places = {"interface": 3, "packet_type": 4}, {"interface": BRIDGE}
    seen, unseen = places if lossy else reversed(places)
    assert bpf.run(code, frame, interface=3, packet_type=4) == (186 if lossy else 0)
    assert bpf.run(code, frame, interface=BRIDGE, packet_type=4) == 0
    assert bpf.run(code, group, **unseen) == 0
    for place in (seen, {"interface": 3}):
        assert bpf.run(code, group, **place) == 186
        for size in (14, 20, 48, 64, 66, 67, 185, 186, 187, 300):
            assert bpf.run(code, group[:size], **place) == min(size, 186)
        for size in range(15, 66, 2):
            assert bpf.run(code, group[:size], **place) == (size - 1 if tagged else size)


def numbered(number, source, target, frame, tag=UDP_TAG):
    return NumberedFlow(number, tag, leg(source), mac(target), frame[34:38])


def test_numbers_are_for_all_that_tells_a_flow():
    one, other = udp("alice", "bob", 0, sport=1, dport=2), udp("alice", "carol", 0, sport=1, dport=2)
    back = udp("bob", "alice", 0, sport=1, dport=2)
    flows = [numbered(1, "alice", "bob", one), numbered(3, "bob", "alice", back)]
    code = program(BRIDGE, snap=186, lossy=False, tagged=True, hosts=PLACES, numbered=flows)

    def kept(frame, name="alice", **ancillary):
        return bpf.run(code, frame, interface=leg(name), **ancillary)

    assert (kept(one), kept(back, "bob")) == (1, 3)
    assert kept(udp("alice", "bob", 1400, sport=1, dport=2)) == 1
    assert kept(other) == UDP_TAG  # another receiver
    assert kept(udp("alice", "bob", 0, sport=2, dport=1)) == UDP_TAG
    assert kept(udp("carol", "bob", 0, sport=1, dport=2), "carol") == UDP_TAG  # another sender
    assert kept(tcp("alice", "bob", 1, 0, sport=1, dport=2)) == TCP_TIMED_TAG
    assert kept(one, "carol") == 42  # not by the sender's leg
    assert kept(mac("bob") + mac("carol") + one[12:]) == 42
    assert kept(mac("carol") + one[6:]) == 42  # to bob's address, by carol's
    assert kept(one, packet_type=4) == 0
    assert kept(one, vlan_present=1) == 42
    assert kept(one + b"\0") == 42  # padded: 43 bytes, and no number may be as long


@pytest.mark.parametrize(("opts", "tag"), [(0, TCP_TAG), (12, TCP_TIMED_TAG)])
def test_numbers_of_tcp_are_for_plain_segments_of_one_kind(opts, tag):
    def segment(size, *, flags=16, opts=opts):
        return tcp("alice", "bob", 1, size, flags=flags, sport=1, dport=2, opts=bytes(opts))

    flows = [numbered(45, "alice", "bob", segment(0), tag), numbered(7, "alice", "bob", segment(0))]
    code = program(BRIDGE, snap=186, lossy=False, tagged=True, hosts=PLACES, numbered=flows)
    for size in (0, 1, 100, 1400):
        for flags in (16, 24):
            assert bpf.run(code, segment(size, flags=flags), interface=leg("alice")) == 45
        for flags in (2, 17, 4, 20, 48, 0):
            assert bpf.run(code, segment(size, flags=flags), interface=leg("alice")) >= 54
    assert bpf.run(code, segment(0, opts=12 - opts), interface=leg("alice")) in {TCP_TAG, TCP_TIMED_TAG}
    assert bpf.run(code, udp("alice", "bob", 9, sport=1, dport=2), interface=leg("alice")) == 7


def everyone(number_of_hosts):
    """So many hosts, and as many flows as there are numbers, each between two of them."""
    places = [
        Place(leg, bytes((2, 0, 10, 77, 0, leg)), bytes((10, 77, 0, leg))) for leg in range(number_of_hosts)
    ]
    numbers = sorted({(number, tag) for tag, some in NUMBERS.items() for number in some})
    return places, [
        NumberedFlow(
            number,
            tag,
            places[place % number_of_hosts].leg,
            places[(place + 1 + place // number_of_hosts) % number_of_hosts].hardware_address,
            number.to_bytes(4, "big"),
        )
        for place, (number, tag) in enumerate(numbers)
    ]


@pytest.mark.parametrize("hosts", [2, 30])
def test_the_kernel_takes_the_filter(hosts):
    from tcperf.network.packets import attach_filter

    places, flows = everyone(hosts)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        for lossy in (True, False):
            for some, numbers in (([], []), (places, []), (places, flows)):
                code = program(BRIDGE, snap=186, lossy=lossy, tagged=True, hosts=some, numbered=numbers)
                assert len(code) <= 4096
                attach_filter(ours, code)


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
        sampler.sample(0, 1_000_000)
        other.stdin.close()
        other.wait()
    sampler.sample(1, 2_500_000)
    sampler.sample(2, 3_000_000)
    found = sampler.columns()
    assert found["us"]["t_ms"] == [1.0, 2.5, 3.0]
    assert found["us"]["cpu_ms"] == sorted(found["us"]["cpu_ms"])
    assert found["us"]["rss_bytes"][0] > 1 << 20
    assert found["other"]["t_ms"] == [1.0]
    assert not sampler.watch("ended", other.pid, None)
    sampler.close()
    assert sampler.columns() == {}


class Cat:
    """A process that runs when it is told to, and rests else."""

    def __init__(self):
        self._process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self._process.pid

    def run(self):
        """Let it run, and wait until it has come to rest again."""
        self._process.stdin.write(b"x\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == b"x\n"
        while Path(f"/proc/{self.pid}/stat").read_text().split()[2] != "S":
            pass

    def close(self):
        self._process.communicate()


@pytest.fixture
def cats():
    made = [Cat(), Cat()]
    for cat in made:
        cat.run()
    yield made
    for cat in made:
        cat.close()


def test_who_rests_is_looked_at_less_and_less_often(cats):
    cat, _other = cats
    sampler = Sampler()
    assert sampler.watch("cat", cat.pid, None)
    answers = [sampler.sample(tick, tick * 1_000_000) for tick in range(1, 11)]
    cat.run()
    answers += [sampler.sample(tick, tick * 1_000_000) for tick in range(11, 16)]
    columns = sampler.columns()["cat"]
    sampler.close()
    assert columns["t_ms"] == [1, 2, 4, 8, 12, 13, 14]
    assert answers == [1, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4, 1, 2, 4, 4]
    cpu_ms = columns["cpu_ms"]
    assert cpu_ms[0] == cpu_ms[3] < cpu_ms[4] == cpu_ms[6]
    assert min(columns["rss_bytes"]) > 0


def test_a_node_that_was_started_again_goes_on_in_its_rows(cats):
    first, second = cats
    sampler = Sampler()
    assert sampler.watch("cat", first.pid, None)
    sampler.sample(1, 1_000_000)
    first.run()
    sampler.sample(2, 2_000_000)
    before_ms = sampler.columns()["cat"]["cpu_ms"]
    assert sampler.watch("cat", second.pid, None)
    sampler.sample(3, 3_000_000)
    found = sampler.columns()["cat"]
    assert found["t_ms"] == [1, 2, 3]
    assert found["cpu_ms"][:2] == before_ms
    assert found["cpu_ms"][2] > before_ms[1] > before_ms[0] > 0  # it never falls, though the clock began anew
    first.run()
    sampler.sample(4, 4_000_000)
    assert sampler.columns()["cat"]["t_ms"][3:] in ([], [4])  # the one that is there alone is looked at
    sampler.close()


def test_all_that_rest_are_looked_at_together(cats):
    """However they began, so that the meter may sleep; a tick that is late is as good as the one that was due."""
    one, other = cats
    sampler = Sampler()
    assert sampler.watch("one", one.pid, None)
    assert [sampler.sample(tick, tick * 1_000_000) for tick in (1, 2, 3)] == [1, 2, 2]
    assert sampler.watch("other", other.pid, None)
    assert [sampler.sample(tick, tick * 1_000_000) for tick in (5, 6, 9, 13)] == [1, 2, 4, 4]
    found = sampler.columns()
    sampler.close()
    assert found["one"]["t_ms"] == [1, 2, 5, 9, 13]
    assert found["other"]["t_ms"] == [5, 6, 9, 13]


def test_nobody_to_watch_lets_sleep():
    sampler = Sampler()
    assert sampler.sample(1, 1) == LONGEST_REST
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as ended:
        assert sampler.watch("ended", ended.pid, None)
    assert sampler.sample(2, 2) == LONGEST_REST
    assert sampler.columns()["ended"]["t_ms"] == []
    sampler.close()


def test_counters_are_drawn_where_they_are_given(tmp_path):
    path = tmp_path / "dev"
    path.write_text("\n  eth0: 11 1 0 0 0 0 0 0 22 1 0 0 0 0 0 0\n")
    sampler = Sampler()
    assert sampler.watch("us", os.getpid(), os.open(path, os.O_RDONLY))
    assert sampler.sample(0, 0) == 1
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
