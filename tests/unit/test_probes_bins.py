"""Traffic over time, in bins."""

import pytest

from tcperf.frames.flows import Flows
from tcperf.frames.parse import Packet
from tcperf.frames.rows import Ports
from tcperf.probes import bins as bins_module
from tcperf.probes.bins import TrafficBins
from tcperf.traffic import MULTICAST


class Draw:
    """Bins, and flows that draw them."""

    def __init__(self):
        self.ports = Ports()
        self.bins = TrafficBins(50, self.ports)
        self.flows = {"sent": Flows(), "received": Flows()}

    def frame(self, number, size, *, sender="alice", receiver="bob", port=7000, direction="sent"):
        packet = Packet("tcp", sender.encode(), receiver.encode(), 40000, port, size, size, None, 0, None, 54)
        self.flows[direction].add(sender, receiver, packet, size, number)
        self.bins.add(number, self.flows[direction].draw(), direction)


@pytest.fixture
def draw():
    return Draw()


def row(peer, t_ms, sizes, *, node="alice", role="other"):
    return {"node": node, "peer": peer, "protocol": "tcp", "role": role, "t_ms": t_ms, "bytes": sizes}


def test_only_bins_with_traffic_are_there(draw):
    draw.frame(0, 100)
    draw.frame(0, 50)
    draw.frame(7, 10)
    draw.frame(7, 5, sender="bob", receiver="alice")
    assert draw.bins.rows({"alice", "bob"}) == {
        "interval_ms": 50,
        "rows": [row("bob", [0, 350], [150, 10]), row("alice", [350], [5], node="bob")],
    }


def test_ports_of_one_role_are_one_row(draw):
    draw.frame(1, 1, port=7000)
    draw.frame(2, 2, port=7001)
    draw.frame(2, 4, port=7002)
    draw.ports.listen("bob", {("tcp", 7000), ("tcp", 7002)})
    assert draw.bins.rows({"alice"})["rows"] == [
        row("bob", [100], [2]),
        row("bob", [50, 100], [1, 4], role="p2p"),
    ]


def test_what_was_received_makes_no_row(draw):
    draw.frame(1, 9, direction="received")
    draw.frame(1, 9, sender="nobody")
    assert draw.bins.rows({"alice"})["rows"] == []


def test_sums_at_times(draw):
    draw.frame(0, 100)
    draw.frame(2, 10)
    draw.frame(2, 1, receiver=MULTICAST)
    draw.frame(2, 1, direction="received")
    times = [0, 49.9, 50, 149, 150.2, 900]
    assert draw.bins.cumulative("alice", "sent", times, mirror=True)[0] == [0, 0, 100, 100, 111, 111]
    assert draw.bins.cumulative("bob", "received", times, mirror=True)[0] == [0, 0, 100, 100, 111, 111]
    assert draw.bins.cumulative("bob", "received", times, mirror=False)[0] == [0, 0, 0, 0, 1, 1]
    assert draw.bins.cumulative("bob", "sent", times, mirror=True)[0] == [0] * 6


def test_frames_are_summed_beside_their_bytes(draw):
    for number, size in ((0, 100), (0, 50), (2, 10), (2, 1)):
        draw.frame(number, size)
    draw.frame(2, 7, direction="received")
    times = [0, 50, 149, 150, 900]
    assert draw.bins.cumulative("alice", "sent", times, mirror=True) == (
        [0, 150, 150, 161, 161],
        [0, 2, 2, 4, 4],
    )
    assert draw.bins.cumulative("bob", "received", times, mirror=False) == ([0, 0, 0, 7, 7], [0, 0, 0, 1, 1])


def test_reading_in_between_loses_nothing(draw):
    draw.frame(1, 1)
    draw.bins.rows({"alice"})
    draw.frame(1, 2)
    draw.frame(2, 3)
    assert draw.bins.rows({"alice"})["rows"] == [row("bob", [50, 100], [3, 3])]


def test_ports_are_given_up_before_they_fill_the_memory(draw, monkeypatch):
    monkeypatch.setattr(bins_module, "_MAX_GROUPS", 5)
    for port in range(100):
        draw.frame(port // 10, 1, port=port)
        assert len(draw.bins._groups) <= 6
    draw.frame(10, 1, port=0)  # of a flow whose bins were read meanwhile
    (found,) = draw.bins.rows({"alice"})["rows"]
    assert found["bytes"] == [10] * 10 + [1]
