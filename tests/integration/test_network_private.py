"""Private networks for real: what crosses them is counted to the byte, and nothing of them is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from processes import await_gone, inhabitants, python

from tcperf.clock import Deadline
from tcperf.errors import MachineError, NodeError
from tcperf.modules import module_environment
from tcperf.network.run_network import RunNetwork

pytestmark = pytest.mark.integration

ETHERNET, IPV4, UDP = 14, 20, 8
ENV = {"PATH": os.environ["PATH"]}


@contextmanager
def output_pipe():
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0) as file:
        try:
            yield file, writer
        finally:
            os.close(writer)


def start(host, code, writer):
    return host.spawn(python(code), cwd=Path("/"), env=ENV, stdout=writer, stderr=writer)


def finish(host, code):
    """Run a small program on the host to its end; what it printed."""
    with output_pipe() as (file, writer):
        ended = start(host, code, writer).wait(20)
        os.set_blocking(file.fileno(), False)
        text = (file.read(100_000) or b"").decode()
    assert ended is not None, text
    assert ended.status == 0, text
    return text


def talk(hosts, *, chatter=""):
    """Every other host sends 100 kB to the first one over TCP, which reads to the end."""
    with output_pipe() as (file, writer):
        server = start(
            hosts[0],
            f"""
import socket
server = socket.create_server(("0.0.0.0", 5000))
print("up", flush=True)
for _ in range({len(hosts) - 1}):
    connection, _ = server.accept()
    while connection.recv(1 << 20):
        pass
    connection.close()
""",
            writer,
        )
        assert file.read(3) == b"up\n"
        for host in hosts[1:]:
            finish(
                host,
                f"""
import socket
connection = socket.create_connection(("{hosts[0].address}", 5000))
connection.sendall(bytes(100_000))
connection.shutdown(socket.SHUT_WR)
connection.recv(1)
{chatter.format(address=host.address)}
""",
            )
        assert server.wait(10).status == 0


MULTICAST = """
chat = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
chat.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
chat.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("{address}"))
chat.sendto(b"hello", ("239.255.255.250", 1900))
chat.sendto(b"everybody", ("10.77.0.255", 1900))
"""


@pytest.mark.parametrize("count", [2, 3, 10])
def test_sent_and_copies_are_received_to_the_byte(count):
    with RunNetwork("private") as network:
        talk([network.add_host(f"node{number}") for number in range(count)], chatter=MULTICAST)
        network.end_processes()
        closing = network.closing()
    assert closing.closes
    assert closing.sent_bytes > (count - 1) * 100_000
    if count > 2:  # each of the multicast frames reaches all others: more copies than originals
        assert closing.copies_packets > 0


CHATTER = (
    """
import socket, time
"""
    + MULTICAST
    + """
print("up", flush=True)
while True:
    chat.sendto(b"who is there?", ("239.255.255.250", 1900))
    time.sleep(0.003)
"""
)


def test_who_joins_while_others_talk_to_all_is_counted_from_its_first_frame():
    with RunNetwork("private") as network, output_pipe() as (file, writer):
        talker = network.add_host("node0")
        start(talker, CHATTER.format(address=talker.address), writer)
        assert file.read(3) == b"up\n"
        others = [network.add_host("node1")]
        deadline = Deadline.after(20)
        while not others[0].counters().received_packets:
            assert not deadline.expired
            time.sleep(0.001)  # nothing can wake us
        others += [network.add_host(f"node{number}") for number in range(2, 9)]
        network.end_processes()
        closing = network.closing()
        received = [host.counters().received_packets for host in others]
    assert closing.closes
    assert closing.received_packets == sum(received)
    assert received == sorted(received, reverse=True)
    assert received[0] > received[-1]


def test_no_packet_filter_of_the_host_touches_a_frame():
    """Bridge netfilter would cut off what fills this one up, and drop the one whose length is a lie."""
    if os.statvfs("/proc/sys").f_flag & os.ST_RDONLY and Path("/proc/sys/net/bridge").exists():
        pytest.skip("bridge netfilter cannot be switched off here")
    header = b"\x45\0\0\x1c" + bytes(5) + b"\x11" + bytes(2) + b"\x0a\x4d\0\1\xff\xff\xff\xff"
    padded = b"\xff" * 6 + b"\2\0\x0a\x4d\0\1\x08\0" + header + bytes(26)
    lying = padded[:16] + b"\x05\xdc" + padded[18:]
    with RunNetwork("private") as network:
        hosts = [network.add_host(f"node{number}") for number in range(3)]
        with hosts[0].packet_socket() as wire:
            wire.send(padded)
            wire.send(lying)
        closing = network.closing()
        received = [host.counters().received_bytes for host in hosts]
    assert closing.closes
    assert received == [0, 2 * len(padded), 2 * len(padded)]


def test_whoever_finds_all_places_taken_is_told_so(monkeypatch):
    monkeypatch.setattr("tcperf.network.run_network.ROOM", 2)
    with RunNetwork("private") as network:
        network.add_host("alice")
        network.add_host("bob")
        with pytest.raises(MachineError, match=r"carol has no place: a private network has room for 2 nodes"):
            network.add_host("carol")


def test_who_is_alone_is_heard_by_nobody():
    with RunNetwork("private") as network:
        host = network.add_host("alice")
        finish(host, "import socket" + MULTICAST.format(address=host.address))
        network.end_processes()
        closing = network.closing()
    assert closing.closes
    assert (closing.sent_packets, closing.received_packets, closing.copies_packets) == (2, 0, -2)


def test_counters_are_the_frames_of_a_real_wire():
    sizes = [0, 1, 200, 1000, 1472]
    with RunNetwork("private") as network:
        alice, bob = network.add_host("alice"), network.add_host("bob")
        before = alice.counters()
        # ICMP "port unreachable" answers are received, not sent: what is sent is the datagrams alone.
        finish(
            alice,
            f"""
import socket
for size in {sizes}:
    for _ in range(10):
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        link.sendto(bytes(size), ("{bob.address}", 9))
""",
        )
        after = alice.counters()
    assert after.sent_packets - before.sent_packets == 10 * len(sizes)
    assert after.sent_bytes - before.sent_bytes == 10 * sum(size + UDP + IPV4 + ETHERNET for size in sizes)


def test_no_super_packets():
    with RunNetwork("private") as network:
        hosts = [network.add_host("alice"), network.add_host("bob")]
        talk(hosts)
        counters = hosts[1].counters()
    # 1448 bytes is the most that TCP with time stamps carries at MTU 1500.
    assert counters.sent_packets >= 100_000 // 1448
    assert counters.sent_bytes / counters.sent_packets <= 1514


def test_udp_segmentation_is_cut_before_it_is_counted():
    udp_segment = 103
    with RunNetwork("private") as network:
        alice, bob = network.add_host("alice"), network.add_host("bob")
        finish(
            alice,
            f"""
import socket
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.IPPROTO_UDP, {udp_segment}, 1000)
link.sendto(bytes(20_000), ("{bob.address}", 9))
""",
        )
        counters = alice.counters()
    assert counters.sent_packets == 20
    assert counters.sent_bytes == 20 * (1000 + UDP + IPV4 + ETHERNET)


def test_a_quiet_network_is_silent():
    with RunNetwork("private") as network:
        hosts = [network.add_host(name) for name in ("alice", "bob", "carol")]
        finish(hosts[0], "import time; time.sleep(1.5)")  # router solicitations come within a second
        assert [host.counters().sent_packets + host.counters().received_packets for host in hosts] == [
            0,
            0,
            0,
        ]


def test_our_control_traffic_is_not_in_the_counters():
    with RunNetwork("private") as network, output_pipe() as (file, writer):
        host = network.add_host("alice")
        start(
            host,
            """
import socket
server = socket.create_server(("127.0.0.1", 6000))
print("up", flush=True)
connection, _ = server.accept()
while data := connection.recv(1 << 16):
    connection.sendall(data)
""",
            writer,
        )
        assert file.read(3) == b"up\n"
        with host.socket() as control:
            control.connect(("127.0.0.1", 6000))
            control.sendall(bytes(10_000))
            received = 0
            while received < 10_000:
                received += len(control.recv(10_000))
        counters = host.counters()
    assert counters.sent_packets == 0
    assert counters.received_packets == 0


def test_the_outside_world_is_unreachable():
    with RunNetwork("private") as network:
        text = finish(
            network.add_host("alice"),
            """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    print(type(error).__name__, error.errno)
""",
        )
    assert text == "OSError 101\n"  # ENETUNREACH, at once


def test_a_node_has_no_capability_and_the_users_own_uid():
    with RunNetwork("private") as network:
        text = finish(
            network.add_host("alice"),
            "print(open('/proc/self/status').read()); import os; print(os.getsid(0) == os.getpid(), os.getuid())",
        )
    status = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"].strip() == "1"
    assert text.split("\n")[-2] == f"True {os.getuid()}"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_text("#!/bin/sh\n"), "Permission denied"),
        (lambda path: (path.write_bytes(b"\x7fELF nonsense"), path.chmod(0o755)), "Exec format error"),
    ],
)
def test_a_program_that_cannot_be_started(tmp_path, make, words):
    path = tmp_path / "node"
    make(path)
    with RunNetwork("private") as network, output_pipe() as (_file, writer):
        host = network.add_host("alice")
        with pytest.raises(NodeError, match=words) as caught:
            host.spawn([str(path)], cwd=tmp_path, env=ENV, stdout=writer, stderr=writer)
        assert str(path) in caught.value.message
        assert caught.value.cure
        assert finish(host, "print('still serving')") == "still serving\n"


def test_an_exit_tells_status_and_cpu():
    with RunNetwork("private") as network, output_pipe() as (_file, writer):
        host = network.add_host("alice")
        burner = start(
            host,
            "import time\nwhile time.process_time() < 0.3: pass\nimport os; os._exit(7)",
            writer,
        )
        ended = burner.wait(20)
        assert burner.wait(0) == ended
        killed = start(host, "import time; time.sleep(60)", writer)
        assert killed.wait(0) is None
        killed.signal(signal.SIGKILL)
        assert killed.wait(10).status == -signal.SIGKILL
        killed.signal(signal.SIGTERM)  # gone: nothing happens
    assert ended.status == 7
    assert 300 <= ended.user_ms + ended.system_ms < 3000


def test_ending_processes_takes_orphans_too():
    with RunNetwork("private") as network, output_pipe() as (file, writer):
        parent = start(
            network.add_host("alice"),
            """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
time.sleep(600)
""",
            writer,
        )
        orphan = int(file.read(20))
        network.end_processes()
        assert await_gone([orphan, parent.pid], 0) == []


DRIVER = """
import os, sys
from pathlib import Path
from tcperf.network.run_network import RunNetwork
network = RunNetwork("private", Path(sys.argv[1]))
host = network.add_host("alice")
reader, writer = os.pipe()
child = host.spawn([sys.executable, "-c", '''
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
time.sleep(600)
'''], cwd=Path("/"), env={}, stdout=writer, stderr=writer)
orphan = int(os.read(reader, 20))
print(network.broker_pid, child.pid, orphan, os.readlink(f"/proc/{child.pid}/ns/net"), flush=True)
import time
time.sleep(600)
"""


@contextmanager
def driver(folder):
    """A driver in a process of its own: it, and the pids of broker, node and orphan, and the namespace."""
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder)],
        stdout=subprocess.PIPE,
        env=module_environment(os.environ),
        text=True,
    ) as process:
        try:
            *pids, namespace = process.stdout.readline().split()
            yield process, [int(pid) for pid in pids], namespace
        finally:
            process.kill()


def test_a_killed_driver_leaves_nothing(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "data").write_text("a node's")
    with driver(folder) as (process, pids, namespace):
        lives = inhabitants({namespace})
        assert set(pids) >= lives
        assert pids[1] in lives
        process.kill()
        process.wait()
        assert await_gone(pids) == []  # and with them the namespace
    assert not folder.exists()


def test_a_killed_broker_takes_its_nodes_along(tmp_path):
    with RunNetwork("private") as network, output_pipe() as (_file, writer):
        host = network.add_host("alice")
        node = start(host, "import time; time.sleep(600)", writer)
        os.kill(network.broker_pid, signal.SIGKILL)
        assert await_gone([node.pid]) == []
        with pytest.raises(MachineError, match="lost"):
            network.add_host("bob")
        with pytest.raises(MachineError, match="lost"):
            node.wait(5)


def test_a_killed_broker_does_not_leave_a_nodes_own_children():
    with RunNetwork("private") as network, output_pipe() as (file, writer):
        host = network.add_host("alice")
        start(
            host,
            "import os, time\nif os.fork() == 0:\n print(os.getpid(), flush=True)\ntime.sleep(600)",
            writer,
        )
        child = int(file.read(20))
        os.kill(network.broker_pid, signal.SIGKILL)
        with pytest.raises(MachineError, match="lost"):
            network.closing()
    assert await_gone([child]) == []


def test_sockets_live_on_their_host():
    with RunNetwork("private") as network:
        alice, bob = network.add_host("alice"), network.add_host("bob")
        with alice.socket() as client, bob.socket() as server:
            server.bind((bob.address, 0))
            server.listen()
            client.connect(server.getsockname())
            accepted, address = server.accept()
            accepted.close()
            assert address[0] == alice.address
        with pytest.raises(OSError, match="refused"), alice.socket() as client:
            client.connect(("127.0.0.1", 7000))


def test_the_hosts_own_network_counts_nothing():
    with RunNetwork("host") as network:
        host = network.add_host("alice")
        assert network.conditions.network == "host"
        assert host.address == "127.0.0.1"
        assert host.counters() is None
        assert host.counters_fd() is None
        assert finish(host, "print(1)") == "1\n"
        assert network.closing() is None
        with host.socket() as made:
            assert made.family == socket.AF_INET


def test_the_network_has_an_end():
    network = RunNetwork("private")
    broker = network.broker_pid
    network.close()
    network.close()
    assert await_gone([broker], 0) == []
