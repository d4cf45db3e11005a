"""Traffic on a shared network, against programs whose payload is known to the byte."""

import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import host_traffic_body as body
import pytest
from tcp_program import Program

from tcperf.metrics import METRICS
from tcperf.probes import host_interfaces, sockets
from tcperf.probes.host_traffic import HostTraffic
from tcperf.probes.node import totals
from tcperf.probes.sockets import Endings

#: What others do on this machine's own network would be in its figures and warnings.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's"),
]


def values(found, name):
    return {key: each.value for key, each in found.nodes[name].items()}


def exactness(found, name):
    return {key: each.exactness for key, each in found.nodes[name].items()}


def figures(sent, received, connections=0, short=0):
    return {
        "tcp_sent_bytes": sent,
        "tcp_received_bytes": received,
        "retransmissions_count": 0,
        "connections_count": connections,
        "short_connections_count": short,
    }


@pytest.fixture(params=["127.0.0.1", "::1"])
def nodes(request):
    try:
        alice = Program(request.param)
    except json.JSONDecodeError:
        pytest.skip(f"this machine has no {request.param}")
    with alice, Program(request.param) as bob:
        yield alice, bob


@pytest.fixture
def traffic(nodes):
    with HostTraffic() as made:
        for name, node in zip(("alice", "bob"), nodes, strict=True):
            made.watch(name, node.pid, node.control_port)
        yield made


@pytest.fixture
def alice(nodes):
    return nodes[0]


@pytest.fixture
def bob(nodes):
    return nodes[1]


@pytest.fixture
def stranger(nodes):
    with Program(nodes[0].host) as made:
        yield made


def there(node):
    return {"host": node.host, "port": node.port}


class TestPayload:
    def test_of_long_and_short_connections_to_the_byte(self, traffic, alice, bob):
        found = body.exchange(traffic, alice, bob)
        assert values(found, "alice") == figures(body.SENT, body.RECEIVED, body.SHORT, body.SHORT)
        assert values(found, "bob") == figures(body.RECEIVED, body.SENT)
        assert totals(found.nodes)["tcp_sent_bytes"].value == body.SENT + body.RECEIVED

    def test_of_much_at_once_with_its_repeats(self, traffic, alice, bob):
        """More than a receiver takes in one go: even the loopback drops some of it then, and it is sent again."""
        traffic.begin()
        alice.open(name="long", **there(bob))
        alice.ask(name="long", size=5_000_000, answer=3_000_000)
        found = traffic.end()
        for name, sent, received in (("alice", 5_000_000, 3_000_000), ("bob", 3_000_000, 5_000_000)):
            measured = values(found, name)
            assert measured["tcp_received_bytes"] == received
            repeated = measured["tcp_sent_bytes"] - sent
            assert repeated >= 0
            assert bool(repeated) == bool(measured["retransmissions_count"])
        assert values(found, "alice")["connections_count"] == 1

    def test_is_the_phases_own(self, traffic, alice, bob):
        alice.open(name="long", **there(bob))
        alice.ask(name="long", size=1000, answer=1000)
        traffic.begin()
        alice.ask(name="long", size=200, answer=20)
        first = traffic.end()
        alice.ask(name="long", size=3000, answer=300)
        alice.briefly(count=5, size=100, answer=100, **there(bob))
        bob.settle(left=1)
        traffic.begin()
        alice.ask(name="long", size=40, answer=4)
        alice.close(name="long")
        bob.settle()
        second = traffic.end()
        assert (values(first, "alice"), values(first, "bob")) == (figures(200, 20), figures(20, 200))
        assert values(second, "alice")["tcp_sent_bytes"] == 40
        assert values(second, "alice")["tcp_received_bytes"] == 4
        assert values(second, "alice")["connections_count"] == 0
        assert values(second, "bob") == figures(4, 40)
        assert traffic.end().nodes == {}

    def test_of_a_half_closed_connection(self, traffic, alice, bob):
        """The FIN that one side has received is no payload, while that side still lives."""
        bob.stay_open()
        alice.open(name="half", **there(bob))
        traffic.begin()
        alice.ask(name="half", size=500, answer=50)
        alice.half_close(name="half")
        found = traffic.end()
        assert values(found, "alice") == figures(500, 50)
        assert values(found, "bob") == figures(50, 500)
        assert exactness(found, "bob")["tcp_received_bytes"] != "bound"

    def test_of_a_connection_that_has_ended_and_is_held_on_to(self, traffic, alice, bob):
        """No dump has such a socket, and the kernel tells of it only when its program closes it."""
        traffic.begin()
        alice.open(name="half", **there(bob))
        alice.ask(name="half", size=500, answer=50)
        alice.half_close(name="half")
        bob.settle()
        found = traffic.end()
        # Whether bob received a FIN only alice's socket could tell: a byte is in doubt.
        assert values(found, "alice") == figures(501, 50, connections=1, short=1)
        assert values(found, "bob") == figures(50, 501)
        for node, key in (("alice", "tcp_sent_bytes"), ("bob", "tcp_received_bytes")):
            assert found.nodes[node][key].exactness == "bound"
            assert "up to one byte more" in found.nodes[node][key].source
        traffic.begin()
        alice.close(name="half")
        assert values(traffic.end(), "alice") == figures(0, 0)

    def test_of_a_known_connection_that_has_ended_and_is_held_on_to(self, traffic, alice, bob):
        alice.open(name="half", **there(bob))
        traffic.begin()
        alice.ask(name="half", size=500, answer=50)
        alice.half_close(name="half")
        bob.settle()
        found = traffic.end()
        assert values(found, "alice")["tcp_sent_bytes"] == 501
        assert values(found, "alice")["tcp_received_bytes"] == 50
        assert found.nodes["alice"]["tcp_sent_bytes"].exactness == "bound"
        traffic.begin()
        alice.close(name="half")
        assert values(traffic.end(), "alice") == figures(0, 0)

    def test_of_a_node_that_comes_in_the_phase(self, traffic, alice, bob):
        traffic.begin()
        with Program(alice.host) as carol:
            carol.open(name="long", **there(bob))
            carol.ask(name="long", size=700, answer=7)
            traffic.watch("carol", carol.pid, carol.control_port)
            found = traffic.end()
        assert values(found, "carol") == figures(700, 7, connections=1)
        assert values(found, "alice") == figures(0, 0)

    def test_of_a_node_that_ends_in_the_phase(self, traffic, alice, bob):
        alice.open(name="long", **there(bob))
        traffic.begin()
        alice.ask(name="long", size=700, answer=7)
        alice.kill()
        bob.settle()
        found = traffic.end()
        assert values(found, "alice")["tcp_sent_bytes"] == 700
        assert values(found, "alice")["tcp_received_bytes"] == 7
        assert values(found, "bob") == figures(7, 700)

    def test_of_a_nodes_children(self, alice, bob):
        with (
            Program(alice.host, launcher=("sh", "-c", '"$@"; exit $?', "sh")) as parent,
            HostTraffic() as traffic,
        ):
            traffic.watch("parent", parent.pid, parent.control_port)
            traffic.begin()
            parent.open(name="long", **there(bob))
            parent.ask(name="long", size=60, answer=6)
            alice.briefly(count=3, size=10, answer=1, **there(parent))
            parent.settle()
            found = traffic.end()
        assert values(found, "parent") == figures(60 + 3, 6 + 30, connections=1)

    def test_of_connections_dialled_from_the_listening_port(self, traffic, alice, bob):
        """As libp2p does: the caller is known by its port, so there is nothing to doubt in its bytes."""
        traffic.begin()
        alice.open(name="long", local_port=alice.port, **there(bob))
        alice.ask(name="long", size=300, answer=30)
        alice.close(name="long")
        bob.settle()
        found = traffic.end()
        assert values(found, "alice") == figures(300, 30, connections=1, short=1)
        assert values(found, "bob") == figures(30, 300)
        assert "exclusion" not in found.nodes["alice"]["tcp_sent_bytes"].source


class TestAbortedConnections:
    """A socket closed with SO_LINGER of 0 forgets what it moved; its other end does not."""

    def test_short_ones(self, traffic, alice, bob):
        traffic.begin()
        alice.briefly(count=50, size=100, answer=9, reset=True, **there(bob))
        bob.settle()
        found = traffic.end()
        assert values(found, "alice") == figures(5000, 450, 50, 50)
        assert values(found, "bob") == figures(450, 5000)
        assert set(exactness(found, "alice").values()) == {"bound"}

    def test_one_that_was_known(self, traffic, alice, bob):
        alice.open(name="long", reset=True, **there(bob))
        alice.ask(name="long", size=1000, answer=100)
        traffic.begin()
        alice.ask(name="long", size=30, answer=3)
        alice.close(name="long")
        bob.settle()
        found = traffic.end()
        assert values(found, "alice")["tcp_sent_bytes"] == 30
        assert values(found, "alice")["tcp_received_bytes"] == 3
        assert values(found, "bob") == figures(3, 30)

    def test_the_same_ports_again_and_again(self, traffic, alice, bob):
        def dial():
            alice.open(name="long", local_port=alice.port, reset=True, **there(bob))
            alice.ask(name="long", size=1000, answer=100)

        dial()
        traffic.begin()
        for _again in range(5):
            alice.close(name="long")
            bob.settle()
            dial()
        found = traffic.end()
        assert values(found, "alice")["tcp_sent_bytes"] == 5000
        assert values(found, "alice")["tcp_received_bytes"] == 500
        assert values(found, "alice")["connections_count"] == 5
        assert values(found, "bob") == figures(500, 5000)


class TestWhoseItIs:
    def test_control_is_apart(self, traffic, alice, bob, stranger):
        stranger.open(name="api", host=alice.host, port=alice.control_port)
        traffic.begin()
        stranger.ask(name="api", size=2000, answer=8000)
        stranger.briefly(count=20, host=alice.host, port=alice.control_port, size=100, answer=50)
        alice.settle(left=1)
        found = traffic.end()
        assert values(found, "alice") == figures(0, 0)
        assert values(found, "bob") == figures(0, 0)
        assert found.control == {"alice": (8000 + 20 * 50, 2000 + 20 * 100), "bob": (0, 0)}

    def test_strangers_connections_are_nobodys(self, traffic, alice, bob, stranger):
        with Program(stranger.host) as other:
            stranger.open(name="long", **there(other))
            traffic.begin()
            stranger.ask(name="long", size=2000, answer=8000)
            stranger.briefly(count=20, size=100, answer=50, **there(other))
            other.settle(left=1)
            found = traffic.end()
        assert values(found, "alice") == values(found, "bob") == figures(0, 0)

    def test_a_strangers_call_is_the_called_nodes_alone(self, traffic, alice, bob, stranger):
        traffic.begin()
        stranger.open(name="long", **there(alice))
        stranger.ask(name="long", size=2000, answer=800)
        found = traffic.end()
        assert values(found, "alice") == figures(800, 2000)
        assert values(found, "bob") == figures(0, 0)

    def test_among_several_callers_nobody_is_picked(self, traffic, alice, bob, stranger):
        traffic.watch("carol", stranger.pid, stranger.control_port)
        traffic.begin()
        alice.briefly(count=20, size=100, answer=50, **there(bob))
        bob.settle()
        found = traffic.end()
        assert values(found, "bob") == figures(1000, 2000)
        assert values(found, "alice") == values(found, "carol") == figures(0, 0)
        assert exactness(found, "alice")["tcp_sent_bytes"] == "sampled"
        assert "unknown owner" in found.nodes["alice"]["tcp_sent_bytes"].source
        (warning,) = traffic.warnings
        assert int(warning.split()[0]) >= 20

    def test_one_caller_alone_is_picked_and_said(self, traffic, alice, bob):
        traffic.begin()
        alice.briefly(count=2, size=100, answer=50, **there(bob))
        bob.settle()
        found = traffic.end()
        sent = found.nodes["alice"]["tcp_sent_bytes"]
        assert (sent.value, sent.exactness) == (200, "sampled")
        assert sent.source.startswith("sock_diag, TCP alone; callers by exclusion")

    def test_a_refused_connection_is_none(self, traffic, alice, bob):
        with Program(alice.host) as gone:
            port = gone.port
        traffic.begin()
        assert alice.refused(host=alice.host, port=port)
        assert values(traffic.end(), "alice") == figures(0, 0)


class TestOtherUsersAndNetworks:
    def run(self, *arguments):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
        done = subprocess.run(
            [sys.executable, body.__file__, *arguments],
            check=False, capture_output=True, text=True, env=environment,
        )  # fmt: skip
        assert not done.returncode, done.stderr
        return json.loads(done.stdout)

    def check(self, found):
        for name, expected in (
            ("alice", figures(body.SENT, body.RECEIVED, body.SHORT, body.SHORT)),
            ("bob", figures(body.RECEIVED, body.SENT)),
        ):
            assert {key: value for key, (value, _exactness) in found["nodes"][name].items()} == expected

    def test_an_unprivileged_user_sees_the_same(self):
        if os.geteuid():
            pytest.skip("every other test here is this one: the user is unprivileged")
        self.check(self.run("--nobody"))

    def test_alone_on_a_network_the_figures_are_exact(self):
        try:
            subprocess.run(
                ["unshare", "-Un" if os.geteuid() else "-n", "true"], check=True, capture_output=True
            )
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this machine allows no network of one's own")
        found = self.run("--alone")
        self.check(found)
        assert found["warnings"] == []
        assert {kind for _value, kind in found["nodes"]["bob"].values()} == {"exact"}
        # Whose the short calls were is not proven: there was one node that it could be.
        assert {kind for _value, kind in found["nodes"]["alice"].values()} == {"sampled"}
        # What has passed the interfaces is more: headers, handshakes, acknowledgements.
        assert set(found["totals"]) == {
            "sent_bytes", "received_bytes", "packets_count", "received_packets_count",
        }  # fmt: skip
        value, kind = found["totals"]["sent_bytes"]
        assert kind == "bound"
        assert value > body.SENT + body.RECEIVED


def await_overflow(news):
    """Wait until the kernel found no room for news: it tells of sockets from a work queue, and may be late itself."""
    full = select.poll()
    full.register(news, 0)
    assert full.poll(20_000) == [(news.fileno(), select.POLLERR)]


class TestLess:
    def test_news_that_found_no_room(self, nodes, alice, bob):
        kept = []

        def small():
            kept.append(Endings(buffer_bytes=1 << 16))
            return kept[0]

        with HostTraffic(small) as traffic:
            for name, node in zip(("alice", "bob"), nodes, strict=True):
                traffic.watch(name, node.pid, node.control_port)
            alice.open(name="long", **there(bob))
            traffic.begin()
            with kept[0]._lock:  # the thread that makes room is late
                alice.briefly(count=500, size=100, answer=50, **there(bob))
                bob.settle(left=1)
                await_overflow(kept[0]._socket)
            alice.ask(name="long", size=2000, answer=10)
            lossy = traffic.end()
            traffic.begin()
            alice.ask(name="long", size=2000, answer=10)
            whole = traffic.end()
        assert exactness(lossy, "alice")["tcp_sent_bytes"] == "bound"
        assert 2000 <= values(lossy, "alice")["tcp_sent_bytes"] < 52_000
        assert "ended connections missed" in lossy.nodes["bob"]["tcp_sent_bytes"].source
        assert "rmem_max" in traffic.warnings[0]
        assert values(whole, "alice") == figures(2000, 10)
        assert "missed" not in whole.nodes["alice"]["tcp_sent_bytes"].source

    def test_no_news_at_all(self, nodes, alice, bob):
        def refused():
            raise PermissionError(1, "Operation not permitted")

        with HostTraffic(refused) as traffic:
            for name, node in zip(("alice", "bob"), nodes, strict=True):
                traffic.watch(name, node.pid, node.control_port)
            alice.open(name="long", **there(bob))
            traffic.begin()
            alice.ask(name="long", size=2000, answer=10)
            alice.briefly(count=5, size=100, answer=50, **there(bob))
            bob.settle(left=1)
            found = traffic.end()
        assert values(found, "alice") == figures(2000, 10)
        assert set(exactness(found, "alice").values()) == {"sampled"}
        assert "Operation not permitted" in traffic.warnings[0]

    def test_no_dumps_leave_the_interfaces(self, monkeypatch, traffic):
        def refused():
            raise OSError(93, "Protocol not supported")

        monkeypatch.setattr(sockets, "dump", refused)
        traffic.begin()
        found = traffic.end()
        assert found.nodes == {}
        assert found.totals["sent_bytes"].exactness == "bound"
        assert traffic.warnings == (
            "TCP traffic per node is not measured: the kernel refuses it (sock_diag: Protocol not supported)",
        )

    def test_no_interfaces_leave_the_dumps(self, monkeypatch, traffic):
        monkeypatch.setattr(host_interfaces, "_COUNTERS", Path("/nowhere"))
        traffic.begin()
        found = traffic.end()
        assert found.totals == {}
        assert values(found, "alice") == figures(0, 0)

    def test_an_interface_that_is_taken_away(self, monkeypatch, traffic):
        traffic.begin()
        monkeypatch.setattr(host_interfaces, "_COUNTERS", Path(os.devnull))
        assert traffic.end().totals == {}

    def test_a_process_that_hides(self, monkeypatch, traffic, bob):
        honest = sockets.inodes

        def inodes(pid):
            if pid == bob.pid:
                raise PermissionError
            return honest(pid)

        monkeypatch.setattr(sockets, "inodes", inodes)
        traffic.begin()
        found = traffic.end()
        assert set(found.nodes) == {"alice"}
        assert traffic.warnings == (
            "TCP traffic of bob is not measured: its process hides its sockets from this user",
        )


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_is_left_behind():
    threads, descriptors = threading.active_count(), open_descriptors()
    affinity = os.sched_getaffinity(0)
    with HostTraffic() as traffic:
        traffic.begin()
        traffic.end()
        traffic.close()
    assert threading.active_count() == threads
    assert open_descriptors() == descriptors
    assert os.sched_getaffinity(0) == affinity


def test_every_key_is_a_metric(traffic):
    traffic.begin()
    found = traffic.end()
    for measurements in (*found.nodes.values(), found.totals):
        for key, each in measurements.items():
            assert METRICS[key].unit.symbol == each.unit
