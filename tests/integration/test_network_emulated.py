"""Emulated links for real: what they do to frames, that every frame is accounted for, and that nothing is left.

Where the kernel has netem the links are its; the relay is tried on every machine.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from processes import await_gone, inhabitants, network_namespaces, python

from tcperf.errors import MachineError
from tcperf.link import Link
from tcperf.modules import module_environment
from tcperf.network.emulation import FULL_FRAME
from tcperf.network.ground import choose_ground
from tcperf.network.packets import PACKET_OUTGOING, listen
from tcperf.network.run_network import RunNetwork

pytestmark = pytest.mark.integration

UDP_OVERHEAD = 8 + 20 + 14
DEADLINE_S = 30.0


@contextmanager
def network(link, emulation, *names):
    """A network of these links, and its hosts; skips where the kernel has not what makes them."""
    try:
        made = RunNetwork("private", link=link, emulation=emulation)
        with made:
            hosts = [made.add_host(name) for name in names]
            yield made, hosts
    except MachineError as error:
        if emulation not in {"netem", "tbf"} or "make links bad: no such discipline" not in error.message:
            raise
        pytest.skip(f"this kernel has no {emulation}")


def run(host, code):
    """Run a small program on the host to its end."""
    with Path(os.devnull).open("wb") as nothing:
        ended = host.spawn(
            python(code), cwd=Path("/"), env={}, stdout=nothing.fileno(), stderr=nothing.fileno()
        ).wait(DEADLINE_S)
    assert ended is not None
    assert ended.status == 0


def flood(host, target, sizes):
    """Send one UDP datagram of each size to nobody's port at the target.

    By many sockets: what waits in a queue of the kernel counts against its socket's buffer, and one alone would wait.
    """
    run(
        host,
        f"""
import socket
links = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
for number, size in enumerate({sizes}):
    links[number % 50].sendto(bytes(size), ("{target.address}", 9))
""",
    )


@contextmanager
def connection(client_host, server_host):
    """A TCP connection between two hosts, both ends in this process."""
    with client_host.socket() as client, server_host.socket() as server:
        server.bind((server_host.address, 0))
        server.listen()
        client.settimeout(DEADLINE_S)
        client.connect(server.getsockname())
        accepted, _address = server.accept()
        with accepted:
            accepted.settimeout(DEADLINE_S)
            yield client, accepted


@pytest.mark.parametrize("emulation", ["relay", "netem"])
def test_a_delay_is_one_way_to_each_node(emulation):
    with network(Link(delay_ms=20.0), emulation, "alice", "bob") as (made, (alice, bob)):
        begin = time.monotonic()
        with connection(alice, bob) as (client, server):
            connected = time.monotonic()
            client.sendall(b"x")
            assert server.recv(1) == b"x"
            arrived = time.monotonic()
        made.end_processes()
        assert made.closing().closes
    assert connected - begin >= 0.040
    assert arrived - connected >= 0.020
    assert made.conditions.link == Link(delay_ms=20.0)
    assert made.conditions.emulation == emulation


@pytest.mark.parametrize("emulation", ["relay", "tbf", "netem"])
def test_a_node_receives_no_faster_than_the_rate(emulation):
    rate, size = 4_000_000, 300_000
    with network(Link(rate_bits_per_s=rate), emulation, "alice", "bob") as (made, (alice, bob)):
        with connection(alice, bob) as (client, server):
            begin = time.monotonic()
            # Side by side: both ends' buffers together need not have room for all of it.
            sending = threading.Thread(target=client.sendall, args=(bytes(size),))
            sending.start()
            left = size
            while left:
                left -= len(server.recv(left))
            took = time.monotonic() - begin
            sending.join()
            received = bob.counters().received_bytes
        made.end_processes()
        closing = made.closing()
    assert closing.closes
    bucket = 2 * FULL_FRAME
    assert took >= (received - 3 * FULL_FRAME - bucket) * 8 / rate
    assert received > size


@pytest.mark.parametrize("emulation", ["relay", "netem"])
def test_every_lost_frame_is_accounted_for(emulation):
    sizes = list(range(1000))
    with network(Link(loss_ratio=0.1), emulation, "alice", "bob") as (made, (alice, bob)):
        flood(alice, bob, sizes)
        made.end_processes()
        closing = made.closing()
        sent, received = alice.counters(), bob.counters()
    assert closing.closes
    assert sent.sent_packets == 1000  # the sender knows nothing of what is lost
    assert sent.sent_bytes == sum(sizes) + 1000 * UDP_OVERHEAD
    assert received.received_packets < 1000
    assert closing.lost_packets >= 1000 - received.received_packets
    assert closing.lost_bytes == closing.sent_bytes - closing.received_bytes


def test_the_relay_loses_what_its_seed_says_to_the_frame():
    """The second host's seed is 1; nothing else but this flood goes to it."""
    sizes = list(range(500))
    fate = random.Random(1)
    lost = [size + UDP_OVERHEAD for size in sizes if fate.random() < 0.2]
    with network(Link(loss_ratio=0.2), "relay", "alice", "bob") as (made, (alice, bob)):
        flood(alice, bob, sizes)
        made.end_processes()
        assert made.closing().closes
        received = bob.counters()
    assert received.received_packets == 500 - len(lost)
    assert received.received_bytes == sum(sizes) + 500 * UDP_OVERHEAD - sum(lost)


def test_a_relay_that_is_late_is_waited_for():
    """On a busy machine it does not run for a while: what it has yet to carry is on its way, and not lost."""
    with network(Link(loss_ratio=0.1), "relay", "alice", "bob") as (made, (alice, bob)):
        os.kill(made.relay_pid, signal.SIGSTOP)
        flood(alice, bob, [100] * 6000)
        made.end_processes()
        os.kill(made.relay_pid, signal.SIGCONT)
        closing = made.closing()
    assert closing.closes
    assert closing.sent_packets >= 6000
    assert closing.dropped_packets == 0


@pytest.mark.parametrize("emulation", ["relay", "tbf", "netem"])
def test_what_a_full_queue_loses_is_counted_too(emulation):
    count = 3000
    with network(Link(rate_bits_per_s=20_000_000), emulation, "alice", "bob") as (made, (alice, bob)):
        flood(alice, bob, [1400] * count)
        made.end_processes()
        closing = made.closing()
    assert closing.closes
    assert closing.lost_packets > 0
    assert closing.received_packets >= 1000  # a queue's worth has arrived, at least


@pytest.mark.parametrize("emulation", ["relay", "tbf", "netem"])
def test_frames_to_many_are_copied_as_by_the_bridge(emulation):
    link = Link(rate_bits_per_s=100_000_000)
    with network(link, emulation, "alice", "bob", "carol") as (made, (alice, bob, carol)):
        run(
            alice,
            f"""
import socket
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("{alice.address}"))
for _ in range(5):
    link.sendto(b"hello", ("239.255.255.250", 1900))
link.sendto(b"everybody", ("10.77.0.255", 1900))
""",
        )
        made.end_processes()
        closing = made.closing()
        received = [host.counters().received_packets for host in (alice, bob, carol)]
    assert closing.closes
    assert received == [0, 6, 6]
    assert closing.copies_packets == 6 * (2 - 1)


def test_lost_copies_are_accounted_for():
    with network(Link(loss_ratio=0.3), "relay", "alice", "bob", "carol") as (made, (alice, *others)):
        run(
            alice,
            f"""
import socket
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("{alice.address}"))
for size in range(100):
    link.sendto(bytes(size), ("239.255.255.250", 1900))
""",
        )
        made.end_processes()
        closing = made.closing()
        received = sum(host.counters().received_packets for host in others)
    assert closing.closes
    assert closing.copies_packets == 100
    assert closing.lost_packets == 200 - received > 0


def test_the_legs_show_what_was_sent_and_what_was_received():
    """A capture in the hub: frames come in by a leg as they were sent and go out by one as they are received."""
    with network(Link(delay_ms=5.0, loss_ratio=0.1), "relay", "alice", "bob") as (made, (alice, bob)):
        tap = made.tap()
        with tap.socket as packets:
            listen(packets)
            packets.settimeout(0)
            # A socket holds some 200 frames: these are fewer, in and out.
            flood(alice, bob, [100] * 60)
            made.end_processes()
            closing = made.closing()
            seen = []
            while True:
                try:
                    data, address = packets.recvfrom(2048)
                except BlockingIOError:
                    break
                seen.append((address[0], address[2], len(data)))
        outgoing = [(name, size) for name, kind, size in seen if kind == PACKET_OUTGOING]
        incoming = [(name, size) for name, kind, size in seen if kind != PACKET_OUTGOING]
        counters = {"leg0": alice.counters(), "leg1": bob.counters()}
    assert closing.closes
    assert closing.lost_packets > 0
    assert {name for name, _ in incoming + outgoing} <= {"leg0", "leg1"}
    for leg, counted in counters.items():
        assert sum(name == leg for name, _ in incoming) == counted.sent_packets
        assert sum(size for name, size in incoming if name == leg) == counted.sent_bytes
        assert sum(name == leg for name, _ in outgoing) == counted.received_packets
        assert sum(size for name, size in outgoing if name == leg) == counted.received_bytes


@pytest.mark.parametrize("emulation", ["relay", "netem"])
def test_an_unfinished_conversation_is_accounted_for(emulation):
    """With its nodes killed, the kernel would repeat for minutes what was not acknowledged."""
    link = Link(delay_ms=10.0, rate_bits_per_s=2_000_000, loss_ratio=0.05)
    with network(link, emulation, "alice", "bob") as (made, (alice, bob)):
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb", buffering=0) as lines:
            bob.spawn(
                python(
                    """
import socket
server = socket.create_server(("0.0.0.0", 5000))
print("up", flush=True)
connection, _ = server.accept()
while connection.recv(1 << 16):
    print("got", flush=True)
"""
                ),
                cwd=Path("/"),
                env={},
                stdout=writer,
                stderr=writer,
            )
            os.close(writer)
            assert lines.read(3) == b"up\n"
            with Path(os.devnull).open("wb") as nothing:
                alice.spawn(
                    python(
                        f"""
import socket
connection = socket.create_connection(("{bob.address}", 5000))
while True:
    connection.sendall(bytes(1 << 16))
"""
                    ),
                    cwd=Path("/"),
                    env={},
                    stdout=nothing.fileno(),
                    stderr=nothing.fileno(),
                )
            assert lines.read(4) == b"got\n"  # in the middle of it
            made.end_processes()
            closing = made.closing()
            again = made.closing()
    assert closing.closes
    assert again == closing  # nothing is sent any more


def test_the_best_means_is_chosen_and_told():
    for link, means in [
        (Link(rate_bits_per_s=1_000_000), {"netem", "tbf", "relay"}),
        (Link(delay_ms=1.0), {"netem", "relay"}),
        (Link(rate_bits_per_s=1_000_000, loss_ratio=0.01), {"netem", "relay"}),
    ]:
        with RunNetwork("private", link=link) as made:
            assert made.conditions.emulation in means
            assert (made.relay_pid is not None) == (made.conditions.emulation == "relay")


def test_the_ground_tells_its_links():
    found = choose_ground(None, Link(delay_ms=1.0))
    assert found.conditions.link == Link(delay_ms=1.0)
    assert found.conditions.emulation in {"netem", "relay"}
    assert choose_ground("private", Link()).conditions.emulation is None


def test_what_a_kernel_has_not_is_refused_with_its_cure():
    with network(Link(delay_ms=1.0), None, "alice") as (made, _hosts):
        if made.conditions.emulation == "netem":
            pytest.skip("this kernel has all there is")
    with pytest.raises(MachineError, match="refuses to make links bad: no such discipline") as caught:
        with RunNetwork("private", link=Link(delay_ms=1.0), emulation="netem") as made:
            made.add_host("alice")
    assert "sch_netem" in caught.value.cure


DRIVER = """
import sys, time
from tcperf.link import Link
from tcperf.network.run_network import RunNetwork
network = RunNetwork("private", link=Link(delay_ms=100.0), emulation="relay")
network.add_host("alice")
print(network.broker_pid, network.relay_pid, flush=True)
time.sleep(600)
"""


def test_a_killed_driver_takes_its_relay_along():
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER],
        stdout=subprocess.PIPE,
        env=module_environment(os.environ),
        text=True,
    ) as process:
        try:
            pids = [int(pid) for pid in process.stdout.readline().split()]
            # Asked while it is there: a test beside this one may get a name that is free again.
            lives = inhabitants(network_namespaces(pids[0]) - network_namespaces(os.getpid()))
        finally:
            process.kill()
        assert set(pids) >= lives
        assert pids[0] in lives
        assert await_gone(pids) == []  # and with them the namespaces


def test_a_killed_broker_leaves_no_relay():
    made = RunNetwork("private", link=Link(delay_ms=1.0), emulation="relay")
    with made:
        pids = [made.broker_pid, made.relay_pid]
        made.add_host("alice")
        os.kill(made.broker_pid, signal.SIGKILL)
        with pytest.raises(MachineError, match="lost"):
            made.closing()
    assert await_gone(pids) == []


def test_a_killed_relay_is_told():
    with network(Link(delay_ms=1.0), "relay", "alice") as (made, _hosts):
        os.kill(made.relay_pid, signal.SIGKILL)
        with pytest.raises(MachineError, match="relay of the emulated links was lost"):
            made.closing()


def test_a_network_that_was_closed_has_no_relay():
    made = RunNetwork("private", link=Link(loss_ratio=0.5), emulation="relay")
    pids = [made.broker_pid, made.relay_pid]
    made.close()
    made.close()
    assert await_gone(pids, 0) == []
