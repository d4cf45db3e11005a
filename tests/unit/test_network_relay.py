"""The relay's switch: who gets which frame, in which order, and what is counted."""

import os
import socket
import threading
from collections import deque

import pytest

from tcperf.clock import monotonic_ns
from tcperf.errors import MachineError
from tcperf.link import Link
from tcperf.network import relay, wire
from tcperf.network.emulation import Path
from tcperf.network.frame_ring import OFFLOADS_SIZE, Frame
from tcperf.network.relay import Carried, Leg, Relay, Switch, serve

ADDRESSES = [bytes.fromhex(f"02000a4d000{number}") for number in (1, 2, 3)]
BROADCAST = b"\xff" * 6
MULTICAST = bytes.fromhex("01005e7ffffa")
NOBODY = bytes.fromhex("02000a4d00ff")


class ScriptedRing:
    """Frames that have come, in place of the kernel's."""

    def __init__(self):
        self.frames = deque()
        self.lost = 0

    def take(self):
        return self.frames.popleft() if self.frames else None

    def dropped(self):
        return self.lost


class Rig:
    """A switch with three legs, numbered 1 to 3, whose far ends can be read."""

    def __init__(self, link):
        self.switch = Switch()
        self.switch.ring = self.ring = ScriptedRing()
        self.far = []
        for number, address in enumerate(ADDRESSES, 1):
            out, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            out.setblocking(False)
            far.setblocking(False)
            self.far.append(far)
            self.switch._legs[address] = Leg(number, out, Path(link, number))

    def put(self, source, target, payload=b"hello"):
        data = bytes(OFFLOADS_SIZE) + target + ADDRESSES[source - 1] + b"\x08\x00" + payload
        self.ring.frames.append(Frame(source, len(data) - OFFLOADS_SIZE, data))
        return data

    def carry(self):
        while self.ring.frames:
            self.switch.take()
        return self.switch.send_due()

    def arrived(self, number):
        found = []
        while True:
            try:
                found.append(self.far[number - 1].recv(4096))
            except BlockingIOError:
                return found

    def carried(self):
        return Carried(**self.switch.carried())

    def close(self):
        for leg in self.switch._legs.values():
            leg._out.close()
        for far in self.far:
            far.close()


@pytest.fixture
def rig():
    made = []

    def make(link=Link()):  # noqa: B008 - frozen
        made.append(Rig(link))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_frame_goes_to_whom_it_is_addressed_unchanged(rig):
    made = rig()
    data = made.put(1, ADDRESSES[1])
    assert made.carry() is None
    assert [made.arrived(number) for number in (1, 2, 3)] == [[], [data], []]
    assert made.carried() == Carried(0, 0, 0, 0, 0)


@pytest.mark.parametrize("address", [MULTICAST, BROADCAST], ids=["multicast", "broadcast"])
def test_a_frame_to_many_goes_to_everybody_else(rig, address):
    made = rig()
    data = made.put(2, address)
    made.carry()
    assert [made.arrived(number) for number in (1, 2, 3)] == [[data], [], [data]]
    size = len(data) - OFFLOADS_SIZE
    assert made.carried() == Carried(size, 1, 0, 0, 0)


def test_a_frame_to_many_where_there_is_nobody_else(rig):
    made = rig()
    for address in ADDRESSES[1:]:
        made.switch._legs.pop(address)._out.close()
    size = len(made.put(1, BROADCAST)) - OFFLOADS_SIZE
    made.carry()
    assert made.arrived(1) == []
    assert made.carried() == Carried(-size, -1, 0, 0, 0)


def test_a_frame_to_an_unknown_address_ends_here(rig):
    made = rig()
    made.put(1, NOBODY)
    made.carry()
    assert [made.arrived(number) for number in (1, 2, 3)] == [[], [], []]
    assert made.carried() == Carried(0, 0, 0, 0, 0)


def test_frames_keep_their_order(rig):
    made = rig()
    sent = [made.put(1, ADDRESSES[1], bytes([number])) for number in range(150)]
    made.carry()
    assert made.arrived(2) == sent


def test_a_delayed_frame_waits(rig):
    made = rig(Link(delay_ms=1000.0))
    begin_ns = monotonic_ns()
    made.put(1, ADDRESSES[1])
    left_s = made.carry()
    assert 0.5 < left_s <= 1.0
    assert made.arrived(2) == []
    due_ns = made.switch._waiting[0][0]
    assert due_ns >= begin_ns + 1_000_000_000


def test_lost_frames_are_counted_each_copy_by_itself(rig):
    link = Link(loss_ratio=0.5)
    made = rig(link)
    for _ in range(200):
        made.put(1, MULTICAST)
    made.carry()
    size = 6 + 6 + 2 + 5
    arrived = [len(made.arrived(number)) for number in (1, 2, 3)]
    carried = made.carried()
    assert carried.copies_packets == 200
    assert carried.lost_packets == 400 - sum(arrived)
    assert carried.lost_bytes == size * carried.lost_packets
    assert arrived[0] == 0
    assert arrived[1] != arrived[2]


def test_what_cannot_be_sent_is_dropped_not_lost(rig):
    made = rig()
    made.far[1].close()
    made.put(1, ADDRESSES[1])
    made.ring.lost = 3
    made.carry()
    assert made.carried() == Carried(0, 0, 0, 0, 4)
    assert made.switch._legs[ADDRESSES[1]].path.held == 0


@pytest.fixture
def served():
    """A switch that is served by a thread, and the driver's end of its socket."""
    ours, theirs = wire.pair()
    switch = Switch()
    thread = threading.Thread(target=serve, args=(theirs, switch))
    thread.start()
    with theirs:
        yield ours, switch
        ours.close()
        thread.join(10)
    assert not thread.is_alive()


def ask(control, message, descriptors=()):
    wire.send(control, message, descriptors)
    answer, _ = wire.receive(control)
    return answer


def test_a_refusal_is_answered_and_the_relay_goes_on(served):
    control, _switch = served
    reader, writer = os.pipe()
    os.close(writer)
    for _ in range(2):  # a pipe is no packet socket
        answer = ask(control, {"op": "open", "link": {}, "bridge": 1}, (reader,))
        assert "Socket operation on non-socket" in answer["error"]
    os.close(reader)


def test_the_relay_ends_when_its_driver_does_not_listen():
    ours, theirs = wire.pair()
    with theirs:
        wire.send(ours, {"op": "open", "link": {}, "bridge": 1})
        ours.close()
        serve(theirs, Failing())


class Failing(Switch):
    """Whatever is asked of it fails."""

    def open(self, link, bridge):
        raise OSError(5, "no")


def test_the_drivers_end_tells_what_failed():
    """A socket of another kind is refused by the kernel, in the relay's process."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wrong:
        with pytest.raises(MachineError, match="relay of the emulated links cannot open") as caught:
            Relay(Link(), wrong.fileno(), 1)
    assert "fault of tcperf" in caught.value.cure


def test_main_serves_the_descriptor_it_is_given():
    ours, theirs = wire.pair()
    ours.close()
    assert relay.main([str(theirs.detach())]) == 0
