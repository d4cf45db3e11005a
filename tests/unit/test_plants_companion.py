"""The companion: what it owes, whom it sends to, and how it is started."""

import socket
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.plants import companion
from tcperf.plants.companion import HEADERS, Companion, Debt, Outlet, parse, peers, sent_bytes

MS = 1_000_000
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"


def row(number, remote, state):
    """A line of /proc/net/tcp."""
    return f"  {number:2}: 0B01000A:1F90 {remote}:C350 {state} 00000000:00000000 00:00000000 00000000 0\n"


def hexed(ip):
    """An IPv4 address as /proc/net/tcp has it: the word as this machine stores it."""
    return f"{int.from_bytes(socket.inet_aton(ip), sys.byteorder):08X}"


class Node:
    """A node, its interface and its companion, as a test moves them."""

    def __init__(self, cpu=0.0, traffic=0.0, peer=True):
        self.node_ns = self.burnt_ns = self.sent = 0
        self.frames = []
        self.peer = peer
        self.companion = Companion(
            cpu,
            traffic,
            node_ns=lambda: self.node_ns,
            own_ns=self.own_ns,
            sent=lambda: self.sent,
            put=self.put,
        )

    def own_ns(self):
        self.burnt_ns += MS // 10
        return self.burnt_ns

    def put(self, payload):
        if self.peer:
            self.frames.append(len(payload) + HEADERS)
            self.sent += len(payload) + HEADERS
        return self.peer


@given(ratio=st.floats(0.0, 3.0), used=st.lists(st.integers(0, 10**9), max_size=30))
def test_a_debt_that_is_paid_each_time_is_the_share_of_all(ratio, used):
    debt, total = Debt(ratio), 0
    for more in used:
        total += more
        debt.pay(debt.of(total))
    assert debt.paid == round(ratio * total)
    assert debt.of(total) == 0


def test_what_was_overpaid_is_not_owed_again():
    debt = Debt(0.5)
    debt.pay(80)
    assert debt.of(100) == 0
    assert debt.of(200) == 20


def test_cpu_is_burnt_in_proportion_to_the_nodes():
    node = Node(cpu=0.15)
    for more_ns in (100 * MS, 0, 50 * MS):
        node.node_ns += more_ns
        node.companion.look()
    assert node.burnt_ns == pytest.approx(0.15 * node.node_ns, abs=MS)
    assert node.frames == []


def test_one_that_owes_nothing_burns_nothing_and_sends_nothing():
    node = Node()
    node.node_ns, node.sent = 10**12, 10**9
    node.companion.look()
    assert (node.burnt_ns, node.frames) == (0, [])
    assert node.companion.held == b""


def test_bytes_are_sent_in_proportion_to_the_nodes_own_and_not_to_its_own():
    node = Node(traffic=0.1)
    for _ in range(40):
        node.sent += 5_000
        node.companion.look()
    own = sum(node.frames)
    assert own == pytest.approx(0.1 * (node.sent - own), abs=companion._LEAST_FRAME)
    assert all(companion._LEAST_FRAME <= size <= 1514 for size in node.frames)


def test_a_large_debt_is_sent_in_full_frames():
    node = Node(traffic=1.0)
    node.sent = 10_000
    node.companion.look()
    assert node.frames[:6] == [1514] * 6
    assert sum(node.frames) <= 10_000


def test_without_a_peer_the_debt_waits():
    node = Node(traffic=0.5, peer=False)
    node.sent = 10_000
    node.companion.look()
    assert node.frames == []
    node.peer = True
    node.companion.look()
    assert sum(node.frames) == pytest.approx(5_000, abs=companion._LEAST_FRAME)


def test_memory_is_held_and_written():
    node = Node()
    node.companion.hold(100_000)
    assert node.companion.held.count(1) == 100_000


# --- the node's network ------------------------------------------------------------------------------


def test_peers_are_the_other_ends_of_connections_that_are_up(tmp_path):
    (tmp_path / "tcp").write_text(
        HEADER
        + row(0, hexed("127.0.0.1"), "01")
        + row(1, hexed("0.0.0.0"), "0A")
        + row(2, hexed("10.77.0.9"), "06")
        + row(3, hexed("10.77.0.2"), "01")
        + row(4, hexed("10.77.0.2"), "01")
    )
    mapped = "0000000000000000FFFF0000" + hexed("10.77.0.3")
    (tmp_path / "tcp6").write_text(HEADER + row(0, mapped, "01"))
    assert peers(tmp_path) == ["10.77.0.2", "10.77.0.3"]


def test_peers_where_there_is_nothing(tmp_path):
    assert peers(tmp_path) == []
    (tmp_path / "tcp").write_text(HEADER)
    assert peers(tmp_path) == []


def test_real_connections_to_oneself_are_no_peers():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            assert "127.0.0.1" not in peers()


def test_what_all_interfaces_but_the_loopback_sent(tmp_path):
    numbers = " ".join(str(number) for number in range(16))
    text = (
        "Inter-|   Receive                    |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
        f"    lo: {numbers.replace('8', '4444')}\n  eth0: {numbers}\n eth1:{numbers}\n"
    )
    (tmp_path / "dev").write_text(text)
    assert sent_bytes(tmp_path / "dev") == 16
    assert sent_bytes() >= 0


def test_an_outlet_sends_to_the_first_peer_and_waits_for_one(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as place:
        place.bind(("127.0.0.2", 0))
        place.settimeout(10)
        known = []
        monkeypatch.setattr(companion, "peers", lambda: known)
        outlet = Outlet(0)
        outlet._port = place.getsockname()[1]
        try:
            assert not outlet.put(b"x")
            known.append("127.0.0.2")
            assert outlet.put(b"hello")
            assert place.recv(100) == b"hello"
        finally:
            outlet.close()


def test_a_way_that_is_gone_is_no_error(monkeypatch):
    monkeypatch.setattr(companion, "peers", lambda: ["255.255.255.255"])  # not without SO_BROADCAST
    outlet = Outlet(0)
    try:
        assert not outlet.put(b"x")
    finally:
        outlet.close()


# --- the program -------------------------------------------------------------------------------------


def test_the_arguments_of_the_program_are_its_own():
    found = parse(
        ["--cpu", "0.15", "--memory", "4096", "--", "node", "--address", "127.0.0.1:0", "--cpu", "9"]
    )
    assert (found.cpu, found.traffic, found.memory) == (0.15, 0.0, 4096)
    assert found.program == ["node", "--address", "127.0.0.1:0", "--cpu", "9"]


def test_a_program_that_cannot_be_started():
    call = [sys.executable, "-I", "-S", companion.__file__, "--", "/nowhere/node"]
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 127
    assert done.stderr == "/nowhere/node cannot be started: No such file or directory\n"


def test_it_needs_nothing_but_the_standard_library():
    code = f"import sys; sys.path.insert(0, {str(companion.__file__).rsplit('/', 1)[0]!r}); import companion"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
