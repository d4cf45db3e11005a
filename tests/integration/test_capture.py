"""The meter on a private network: every frame is attributed, and the sums are the interfaces' own."""

import errno
import os
import signal
import socket
import struct
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from dpkt_tables import tables
from processes import await_gone, python
from slots import ethernet, ipv4, mac, tcp, udp

from tcperf import clock
from tcperf.errors import MachineError
from tcperf.frames.rows import Ports
from tcperf.network.packets import PACKET_IGNORE_OUTGOING, SOL_PACKET, attach_filter
from tcperf.network.run_network import RunNetwork
from tcperf.probes import meter_process, ring
from tcperf.probes.capture_filter import TCP_TIMED_TAG, UDP_TAG, program
from tcperf.probes.meter import Meter
from tcperf.probes.ring import Ring
from tcperf.probes.run_capture import RunCapture, TapOptions
from tcperf.probes.traffic_file import read_traffic
from tcperf.timeseries import load_series
from tcperf.traffic import BROADCAST, MULTICAST, OUTSIDE

pytestmark = pytest.mark.integration

SERVER = """
import socket
server = socket.create_server(("0.0.0.0", 7000))
bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bound.bind(("0.0.0.0", 7001))
print("up", flush=True)
while True:
    connection, _ = server.accept()
    while connection.recv(1 << 20):
        pass
    connection.close()
"""
TALK = """
import socket
def tcp(size, port=7000):
    with socket.create_connection(("{peer}", port)) as link:
        link.sendall(bytes(size))
        link.shutdown(socket.SHUT_WR)
        link.recv(1)
def udp(address, port, size):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("{own}"))
        link.sendto(bytes(size), (address, port))
"""
MIX = """
for size in (0, 1, 200, 1000, 1472, 4000, 60000):
    udp("{peer}", 7001, size)
udp("{peer}", 9, 100)
udp("239.255.255.250", 1900, 5)
udp("10.77.0.255", 1900, 6)
for size in (1, 1000, 300000):
    tcp(size)
for _ in range(20):
    tcp(1000)
try:
    tcp(1, 9)
except ConnectionRefusedError:
    pass
"""
NOBODY = b"\x02\x00\x0a\x4d\xff\xff"


class Rig:
    """A private network under a meter."""

    def __init__(self, network, meter, folder):
        self.network = network
        self.meter = meter
        self.folder = folder
        self.hosts = {}
        self.wires = {}

    def begin(self, names, **options):
        self.meter.begin("run-1", clock.monotonic_ns())
        tap = self.network.tap()
        with tap.socket:
            self.meter.tap(tap.socket, tap.bridge, **options)
        for name in names:
            host = self.hosts[name] = self.network.add_host(name)
            self.meter.host(name, host.leg, host.hardware_address, host.address)

    def close(self):
        for wire in self.wires.values():
            wire.close()

    def spawn(self, name, code):
        reader, writer = os.pipe()
        try:
            child = self.hosts[name].spawn(
                python(code), cwd=Path("/"), env={"PATH": os.environ["PATH"]}, stdout=writer, stderr=writer
            )
        finally:
            os.close(writer)
        return child, os.fdopen(reader, "rb", buffering=0)

    def serve(self, name):
        child, output = self.spawn(name, SERVER)
        with output:
            assert output.read(3) == b"up\n"
        self.meter.watch(name, child.pid, self.hosts[name].counters_fd())
        return child

    def talk(self, name, peer, code):
        own, other = self.hosts[name].address, self.hosts[peer].address
        child, output = self.spawn(name, (TALK + code).format(own=own, peer=other))
        with output:
            text = output.read(10_000)
            assert child.wait(20).status == 0, text

    def inject(self, name, *frames):
        if name not in self.wires:
            self.wires[name] = self.hosts[name].packet_socket()
        for frame in frames:
            self.wires[name].send(frame)

    def end(self):
        self.network.end_processes()
        self.network.closing()  # waits for what is on its way
        self.meter.end(self.folder / "series.json.gz", self.folder / "traffic.json")
        found = read_traffic(self.folder / "traffic.json")
        self.rows = found.rows
        return found

    def sums(self, name, direction):
        rows = [row for row in self.rows if row.node == name and row.direction == direction]
        return sum(row.frame_bytes for row in rows), sum(row.packets for row in rows)

    def check(self):
        for name, host in self.hosts.items():
            counted = host.counters()
            assert self.sums(name, "sent") == (counted.sent_bytes, counted.sent_packets), name
            assert self.sums(name, "received") == (counted.received_bytes, counted.received_packets), name


@contextmanager
def rig(folder, *names, **options):
    with RunNetwork("private") as network, Meter() as meter:
        made = Rig(network, meter, folder)
        try:
            made.begin(names or ("alice", "bob"), **options)
            yield made
        finally:
            made.close()


def six(source, target, payload, *, extensions=b"", number=17):
    size = len(extensions) + len(payload)
    header = struct.pack(">IHBB", 6 << 28, size, number, 64) + bytes(15) + b"\1" + bytes(15) + b"\2"
    return ethernet(source, target, 0x86DD, header + extensions + payload)


def odd_frames():
    """What ordinary programs do not send, from alice to bob."""
    datagram = struct.pack(">HHHH", 6, 7, 18, 0) + bytes(10)
    return [
        six("alice", "bob", datagram),
        six("alice", "bob", datagram, number=0, extensions=bytes((17, 0)) + bytes(6)),
        six("alice", "bob", bytes(30), number=44, extensions=struct.pack(">BBHI", 17, 0, 8 << 3, 5)),
        ethernet("alice", "bob", 0x0806, struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + bytes(20)),
        ethernet("alice", "bob", 0x88B5, bytes(26)),
        ethernet("alice", "bob", 0x88B5, bytes(34)),
        ethernet("alice", "bob", 0x88B5, bytes(35)),
        ipv4("alice", "bob", 1, bytes(50)),
        ipv4("alice", "bob", 99, bytes(50)),
        NOBODY + udp("alice", "bob", 70)[6:],
        NOBODY + udp("alice", "bob", 1)[6:] + bytes(17),
        NOBODY + mac("alice") + struct.pack(">HHH", 0x8100, 5, 0x0800) + udp("alice", "bob", 33)[14:],
        NOBODY + ipv4("alice", "bob", 6, bytes(12))[6:],
    ]


@pytest.mark.parametrize("options", [{}, {"lossy": True}], ids=["mirrored", "seen arriving"])
def test_every_frame_is_attributed_to_the_byte(tmp_path, options):
    with rig(tmp_path, "alice", "bob", "carol", **options) as made:
        made.serve("bob")
        made.meter.cut("talk")
        made.talk("alice", "bob", MIX)
        made.talk("carol", "bob", "tcp(5000)")
        made.inject("alice", *odd_frames())
        made.meter.cut("")
        found = made.end()
        made.check()
    assert (found.lost_packets, found.late_cuts, found.clock_steps, found.pcap_problem) == (0, 0, 0, None)
    assert {row.phase for row in found.rows} == {"talk"}
    sent = {
        (row.node, row.peer, row.protocol, row.role): row for row in found.rows if row.direction == "sent"
    }
    tcp_row = sent["alice", "bob", "tcp", "p2p"]
    assert (tcp_row.connections, tcp_row.short_connections) == (23, 23)
    # A busy machine's TCP may send a segment twice; then it is on the wire twice, and told.
    again = tcp_row.payload_bytes - 321_001
    assert 0 <= again <= 1448 * tcp_row.retransmissions
    assert bool(again) == bool(tcp_row.retransmissions)
    assert sent["alice", "bob", "tcp", "other"].connections == 1  # refused
    assert sent["carol", "bob", "tcp", "p2p"].payload_bytes == 5000
    assert sent["alice", "bob", "arp", "other"].frame_bytes == 42
    peers = {row.peer for row in found.rows if row.node == "alice" and row.direction == "sent"}
    assert peers == {"bob", MULTICAST, BROADCAST, OUTSIDE}
    if not options:
        mirrored = [row for row in found.rows if row.direction == "received" and row.node == "bob"]
        assert sum(row.connections for row in mirrored) == 25


CHATTER = """
import time
number = 0
print("up", flush=True)
while True:
    number += 1
    udp(("239.255.255.250", "10.77.0.255")[number % 2], 1900, number % 100)
    time.sleep(0.003)
"""


def test_who_joins_while_others_talk_to_all_gets_its_copies(tmp_path):
    """From the first one on, even where the meter is told of it later than of the frames."""
    with rig(tmp_path, "alice") as made:
        own = made.hosts["alice"].address
        _child, output = made.spawn("alice", (TALK + CHATTER).format(own=own, peer=""))
        with output:
            assert output.read(3) == b"up\n"
            made.meter.cut("talk")
            for name in ("bob", "carol", "dave", "erin", "frank"):
                host = made.hosts[name] = made.network.add_host(name)
                time.sleep(0.2 if name in {"carol", "erin"} else 0.0)
                made.meter.host(name, host.leg, host.hardware_address, host.address, host.joined)
            made.network.end_processes()
        found = made.end()
        assert made.network.closing().closes
        made.check()
    assert {row.peer for row in found.rows if row.direction == "received"} == {"alice"}
    received = sum(row.packets for row in found.rows if row.direction == "received")
    assert found.packets == received + sum(row.packets for row in found.rows if row.direction == "sent")


def test_odd_frames_to_all_are_copied_as_the_interfaces_say(tmp_path):
    """Padded, tagged, under a foreign address or nobody's; and one that no bridge passes on (IEEE 802.1AB)."""
    everybody, group = b"\xff" * 6, b"\x01\x00\x5e\x7f\xff\xfa"
    frame = udp("alice", "bob", 33)[12:]
    tag = struct.pack(">HH", 0x8100, 5)
    with rig(tmp_path, "alice", "bob", "carol") as made:
        made.inject(
            "alice",
            everybody + mac("alice") + udp("alice", "bob", 1)[12:] + bytes(17),
            group + mac("alice") + tag + frame,
            everybody + mac("carol") + frame,
            group + NOBODY + frame,
            bytes.fromhex("0180c200000e") + mac("alice") + struct.pack(">H", 0x88CC) + bytes(50),
        )
        made.end()
        made.check()
    received = [row for row in made.rows if row.direction == "received"]
    assert {(row.node, row.peer) for row in received} == {("bob", "alice"), ("carol", "alice")}
    assert [sum(row.packets for row in received if row.node == name) for name in made.hosts] == [0, 4, 4]


def test_no_frame_is_looked_at_where_it_leaves(tmp_path):
    with RunNetwork("private") as network:
        tap = network.tap()
        made = RunCapture(tap.socket, TapOptions(tap.bridge, slots=256), 50, Ports())
        assert made._ring._packets.getsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING) == 1
        made.close()
        tap = network.tap()
        made = RunCapture(tap.socket, TapOptions(tap.bridge, lossy=True, slots=256), 50, Ports())
        assert made._ring._packets.getsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING) == 0
        made.close()


def test_the_capture_that_is_kept_tells_the_same(tmp_path):
    path = tmp_path / "run.pcapng"
    with rig(tmp_path, pcap=path) as made:
        made.serve("bob")
        made.meter.cut("talk")
        made.talk("alice", "bob", MIX)
        made.meter.cut("odd")
        made.inject("alice", *odd_frames())
        made.meter.cut("")
        found = made.end()
        made.check()
    assert found.pcap_problem is None
    # What was received is the sent of others, or, of groups' frames, not in the file: they are written once.
    ours = {}
    for row in found.rows:
        if row.direction == "sent":
            key = (row.phase, row.node, row.direction, row.peer, row.protocol)
            numbers = tuple(getattr(row, field) for field in FIELDS)
            ours[key] = tuple(map(sum, zip(ours.get(key, (0,) * len(FIELDS)), numbers, strict=True)))
    assert ours == {key: value.astuple() for key, value in tables(path).items() if key[2] == "sent"}
    assert bytes(4096) not in path.read_bytes()
    assert path.stat().st_size < 150 * found.packets


FIELDS = (
    "frame_bytes", "ip_bytes", "payload_bytes", "packets", "retransmissions", "connections", "short_connections",
)  # fmt: skip


def test_whole_frames_are_kept_on_request(tmp_path):
    path = tmp_path / "run.pcapng"
    with rig(tmp_path, pcap=path, full=True) as made:
        made.inject("alice", udp("alice", "bob", 1472), *odd_frames())
        made.end()
        made.check()
    content = path.read_bytes()
    assert all(frame in content for frame in (udp("alice", "bob", 1472), *odd_frames()))


def test_a_capture_is_never_written_over(tmp_path):
    path = tmp_path / "run.pcapng"
    path.write_text("precious")
    with pytest.raises(MachineError, match="exists already"), rig(tmp_path, pcap=path):
        pass
    assert path.read_text() == "precious"


def test_phases_are_cut_at_their_time(tmp_path):
    """The edges are told when the frames behind them have long been in the ring."""
    edges = []
    with rig(tmp_path) as made:
        for number in range(1, 6):
            made.inject("alice", *[udp("alice", "bob", number)] * (10 * number))
            edges.append(clock.realtime_ns())
        for number, at_ns in enumerate(edges):
            made.meter.cut(f"phase_{number}", at_ns)
        found = made.end()
        made.check()
    sent = {row.phase: row for row in found.rows if row.node == "alice" and row.direction == "sent"}
    phases = ["", *(f"phase_{number}" for number in range(4))]
    assert [(phase, sent[phase].packets, sent[phase].payload_bytes) for phase in phases] == [
        (phase, 10 * number, 10 * number * number) for number, phase in enumerate(phases, 1)
    ]
    assert found.late_cuts == 0


def test_a_retransmission_over_a_lossy_link_is_one_where_it_arrives(tmp_path):
    with rig(tmp_path, lossy=True) as made:
        made.inject("alice", *[tcp("alice", "bob", sequence, 100) for sequence in (1, 101, 1, 201)])
        found = made.end()
        made.check()
    numbers = {
        (row.node, row.direction): (row.packets, row.retransmissions, row.payload_bytes)
        for row in found.rows
        if row.protocol == "tcp" and (row.node == "alice") == (row.direction == "sent")
    }
    assert numbers == {("alice", "sent"): (4, 1, 400), ("bob", "received"): (4, 1, 400)}


def test_what_does_not_fit_is_owned_to(tmp_path):
    with rig(tmp_path, slots=256) as made:
        os.kill(made.meter.pid, signal.SIGSTOP)
        try:
            made.inject("alice", *[udp("alice", "bob", 10)] * 1000)
        finally:
            os.kill(made.meter.pid, signal.SIGCONT)
        found = made.end()
        counted = sum(host.counters().sent_packets for host in made.hosts.values())
    assert found.packets == 256
    assert found.packets + found.lost_packets == counted
    assert sum(row.packets for row in found.rows if row.direction == "sent") == 256


def test_a_ring_goes_round_many_times(tmp_path):
    with rig(tmp_path, slots=4096) as made:
        for _round in range(25):
            made.talk("alice", "bob", "for size in range(400): udp('{peer}', 9, size)")
        found = made.end()
        made.check()
    assert found.packets >= 10_000
    assert found.lost_packets == 0


def test_slots_that_are_filled_out_of_order_are_waited_for():
    with RunNetwork("private") as network:
        tap = network.tap()
        ring = Ring(tap.socket, program(tap.bridge, snap=186, lossy=False, tagged=True), slots=256)
        alice = network.add_host("alice")
        with alice.packet_socket() as wire:
            for size in range(3):
                wire.send(udp("alice", "bob", 100 + size))
            while not ring.holds(2):
                assert ring.await_frame(1000)
        filled = ring._status[1]
        ring._status[1] = 0  # as if another processor had not finished it
        assert [len(batch) for batch in ring.batches()] == [256]
        assert list(ring.batches()) == []
        ring._status[1] = filled
        assert [len(batch) for batch in ring.batches()] == [512]
        assert (ring.captured, ring.lost(), ring.holds(0)) == (3, 0, False)
        ring.close()
        ring.close()


def test_a_clock_that_somebody_sets_loses_nothing():
    """The meter itself, in this process: a step cannot be had for real."""
    with RunNetwork("private") as network:
        meter = meter_process.Meter()
        meter.begin("run-1", clock.monotonic_ns(), 50, [])
        tap, (reader, writer) = network.tap(), os.pipe()
        os.close(writer)
        meter.tap([tap.socket.detach(), reader], None, bridge=tap.bridge, slots=256)
        alice = network.add_host("alice")
        meter.host("alice", alice.leg, alice.hardware_address, alice.address, [])
        with alice.packet_socket() as wire:
            for size in (1, 2):
                wire.send(NOBODY + udp("alice", "bob", size)[6:])
                assert meter._capture._ring.await_frame(1000)
                meter._clock.offset_ns -= 3_600 * clock.NS_PER_S
                meter._count(meter._capture)
        meter._capture.finish(clock.realtime_ns())
        found = meter._capture.close()
        meter._capture = None
        steps = meter._clock.steps
        meter._close()
    assert steps == 2
    assert found["packets"] == 2
    assert [row["payload_bytes"] for row in found["rows"]] == [3]


def test_a_ring_that_fills_up_is_emptied_at_once():
    with RunNetwork("private") as network:
        tap = network.tap()
        made = RunCapture(tap.socket, TapOptions(tap.bridge, slots=256), 50, Ports())
        alice = network.add_host("alice")
        made.host("alice", alice.leg, bytes.fromhex(alice.hardware_address.replace(":", "")), alice.address)
        made.start(clock.realtime_ns() - 10**10)
        with alice.packet_socket() as wire:
            frame = NOBODY + udp("alice", "bob", 1)[6:]
            wire.send(frame)
            while not made.is_due(4):
                pass
            assert not made.is_due(7)  # one frame can wait
            for _number in range(140):
                wire.send(frame)
            while not made.is_due(7) or not made._ring.holds(140):
                pass
        made.advance(clock.realtime_ns() + 50_000_000)  # an interval would leave them
        assert made._ring.captured == 141
        assert not made.is_due(8)
        made.finish(clock.realtime_ns())
        assert made.series_columns("bob", "sent", [0.0]) is None
        made.close()


def test_the_kernel_numbers_busy_flows():
    """Once they are busy; every frame counts all the same, those between with tags, too."""
    with RunNetwork("private") as network:
        tap = network.tap()
        made = RunCapture(tap.socket, TapOptions(tap.bridge, slots=16_384), 50, Ports())
        hosts = {name: network.add_host(name) for name in ("alice", "bob")}
        for name, host in hosts.items():
            made.host(name, host.leg, bytes.fromhex(host.hardware_address.replace(":", "")), host.address)
        made.start(clock.realtime_ns() - 10**10)
        with hosts["alice"].packet_socket() as wire:

            def send(numbers):
                for number in numbers:
                    wire.send(udp("alice", "bob", number % 300))
                    wire.send(tcp("alice", "bob", 1 + 10 * number, 10))
                while len(kept_from(made, hosts["alice"].leg)) < 2 * len(numbers):
                    assert made._ring.await_frame(1000)

            for begin in range(0, 8000, 1000):  # bins may begin and end anywhere among them
                send(range(begin, begin + 1000))
                assert set(kept_from(made, hosts["alice"].leg)) == {UDP_TAG, TCP_TIMED_TAG}
                made.advance(clock.realtime_ns() + 10**8)
                if made._ledger.numbered():
                    break
            numbered = {flow.number for flow in made._ledger.numbered()}
            assert len(numbered) == 2
            sent = begin + 2000
            send(range(begin + 1000, sent))
            assert set(kept_from(made, hosts["alice"].leg)) == numbered
            wire.send(tcp("alice", "bob", 1, 10))
            wire.send(tcp("alice", "bob", 1 + 10 * sent, 10, flags=17))
            wire.send(tcp("alice", "bob", 12 + 10 * sent, 0))
        made.finish(clock.realtime_ns())
        found = made.close()
        counted = {name: host.counters() for name, host in hosts.items()}
    by_sender = [row for row in found["rows"] if row["direction"] == "sent"]
    for name, counters in counted.items():
        rows = [row for row in by_sender if row["node"] == name]
        assert sum(row["packets"] for row in rows) == counters.sent_packets
        assert sum(row["frame_bytes"] for row in rows) == counters.sent_bytes
    alice = {row["protocol"]: row for row in by_sender if row["node"] == "alice"}
    assert (alice["tcp"]["packets"], alice["tcp"]["payload_bytes"]) == (sent + 3, 10 * sent + 20)
    assert alice["tcp"]["retransmissions"] == 1
    assert alice["udp"]["payload_bytes"] == sum(number % 300 for number in range(sent))


def test_without_memory_for_a_longer_filter_all_is_counted_the_same(monkeypatch):
    """The kernel's room for filters (net.core.optmem_max) is 20 KB where it is old: enough for some 18 nodes."""
    longest = [0]

    def attach(packets, code):
        if len(code) > longest[0] > 0:
            raise OSError(errno.ENOMEM, "no room")
        attach_filter(packets, code)

    monkeypatch.setattr(ring, "attach_filter", attach)
    with RunNetwork("private") as network:
        tap = network.tap()
        made = RunCapture(tap.socket, TapOptions(tap.bridge, slots=16_384), 50, Ports())
        hosts = {name: network.add_host(name) for name in ("alice", "bob", "carol")}
        for name, host in hosts.items():
            made.host(name, host.leg, bytes.fromhex(host.hardware_address.replace(":", "")), host.address)
            if name == "bob":  # there is no room for carol, nor for the numbers of flows
                longest[0] = len(made._filter(hosts=made._hosts))
        made.start(clock.realtime_ns() - 10**10)
        for name, other in (("alice", "bob"), ("carol", "bob"), ("alice", "carol")):
            with hosts[name].packet_socket() as wire:
                for number in range(3000):
                    wire.send(udp(name, other, number % 300))
            made.advance(clock.realtime_ns() + 10**8)
        made.finish(clock.realtime_ns())
        found = made.close()
        counted = {name: host.counters() for name, host in hosts.items()}
    assert found["lost_packets"] == 0
    by_sender = [row for row in found["rows"] if row["direction"] == "sent"]
    for name, counters in counted.items():
        rows = [row for row in by_sender if row["node"] == name]
        assert sum(row["packets"] for row in rows) == counters.sent_packets
        assert sum(row["frame_bytes"] for row in rows) == counters.sent_bytes
    assert sum(row["packets"] for row in by_sender if row["protocol"] == "udp") == 9000


def kept_from(made, leg):
    """How much was kept of each frame of a leg that waits in the ring."""
    ring = made._ring
    begin, end = ring._head, ring._filled(ring._head, ring._slots)
    slots = struct.Struct("=8xI24xi216x").iter_unpack(ring._view[begin * 256 : end * 256])
    return [kept for kept, interface in slots if interface == leg]


def test_traffic_over_time(tmp_path):
    with rig(tmp_path) as made:
        server = made.serve("bob")
        made.talk("alice", "bob", "tcp(100_000)\nimport time; time.sleep(0.2)")
        server.wait(0.3)
        made.end()
        counted = made.hosts["alice"].counters()
    series = load_series(tmp_path / "series.json.gz")
    bob = series.nodes["bob"]
    assert bob.received_bytes[-1] == counted.sent_bytes
    assert bob.sent_bytes[-1] == counted.received_bytes
    assert bob.sent_packets[-1] == counted.received_packets
    assert list(bob.sent_packets) == sorted(bob.sent_packets)
    assert list(bob.received_bytes) == sorted(bob.received_bytes)
    flows = {(flow.node, flow.peer, flow.protocol): flow for flow in series.traffic.flows}
    assert series.traffic.interval_ms == 50
    assert sum(flows["alice", "bob", "tcp"].sent_bytes) == counted.sent_bytes
    assert all(time_ms % 50 == 0 for flow in flows.values() for time_ms in flow.t_ms)


def test_control_traffic_is_told_apart(tmp_path):
    with rig(tmp_path) as made:
        made.serve("bob")
        made.meter.control_port("bob", 7000)
        made.meter.cut("drive")
        made.talk("alice", "bob", "tcp(10)")
        found = made.end()
    assert {row.role for row in found.rows} == {"control"}


def test_a_meter_captures_one_run_after_another(tmp_path):
    with rig(tmp_path) as made:
        made.inject("alice", udp("alice", "bob", 1))
        assert made.end().packets >= 1
        made.meter.cut("nothing is captured now")
        with RunNetwork("private") as network:
            made.meter.begin("run-2", clock.monotonic_ns())
            tap = network.tap()
            with tap.socket:
                made.meter.tap(tap.socket, tap.bridge)
            carol, dave = network.add_host("carol"), network.add_host("dave")
            for host in (carol, dave):
                made.meter.host(host.name, host.leg, host.hardware_address, host.address)
            with carol.packet_socket() as wire:
                wire.send(udp("alice", "bob", 5))
            made.meter.end(tmp_path / "series2.json.gz", tmp_path / "traffic2.json")
        rows = [row for row in read_traffic(tmp_path / "traffic2.json").rows if row.protocol == "udp"]
    assert {(row.node, row.peer, row.payload_bytes) for row in rows} == {
        ("carol", "dave", 5),
        ("dave", "carol", 5),
    }


def test_a_run_that_was_given_up_leaves_nothing_behind(tmp_path):
    with rig(tmp_path) as made:
        made.inject("alice", udp("alice", "bob", 1))
        made.meter.cut("one")
        made.meter.begin("run-2", clock.monotonic_ns())
        made.meter.end(tmp_path / "series.json.gz", tmp_path / "traffic.json")
        assert list(Path(f"/proc/{made.meter.pid}/task").iterdir()) != []
        open_sockets = [link for link in Path(f"/proc/{made.meter.pid}/fd").iterdir() if _is_socket(link)]
    assert len(open_sockets) == 1
    assert not (tmp_path / "traffic.json").exists()
    assert load_series(tmp_path / "series.json.gz").traffic is None


def _is_socket(link):
    return str(link.readlink()).startswith("socket:")


def test_the_meter_has_one_thread(tmp_path):
    with rig(tmp_path) as made:
        assert len(list(Path(f"/proc/{made.meter.pid}/task").iterdir())) == 1


def test_a_socket_that_is_none(tmp_path):
    with Meter() as meter, socket.socket() as stream:
        meter.begin("run-1", clock.monotonic_ns())
        with pytest.raises(MachineError, match="cannot capture frames"):
            meter.tap(stream, 1)
        meter.end(tmp_path / "series.json.gz")


def test_a_lost_meter_is_said_at_a_cut(tmp_path):
    with rig(tmp_path) as made:
        os.kill(made.meter.pid, signal.SIGKILL)
        await_gone([made.meter.pid])
        with pytest.raises(MachineError, match="meter was lost at 'cut'"):
            made.meter.cut("one")


def test_no_tap_on_the_hosts_network():
    with RunNetwork("host") as network:
        assert network.tap() is None
        host = network.add_host("alice")
        assert (host.leg, host.hardware_address) == (None, None)
