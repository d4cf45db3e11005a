"""Counting copies: what legs missed, told from counters, against a bridge that floods step by step."""

import errno

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcperf.network import copies
from tcperf.network.copies import Copies, CopyCounter, Joined, flooded_by, missed
from tcperf.network.interface import Counters
from tcperf.network.packets import PACKET_IGNORE_OUTGOING, SOL_PACKET, ignore_outgoing

HEADER = 14


class Bridge:
    """A bridge whose processors flood frames leg by leg, and hand the last copy to its own interface.

    As the kernel does: a leg's bytes are counted before its packets.
    """

    def __init__(self):
        self.up = []
        self.sent = {}
        self.received = {}
        self.flooded = [0, 0]

    def plug_in(self, leg):
        self.up.append(leg)
        self.sent.setdefault(leg, [0, 0])
        self.received.setdefault(leg, [0, 0])

    def flood(self, source, size):
        """The steps of one frame's way; a leg that comes up while it is under way gets a copy or not."""
        self.received[source][0] += 1
        self.received[source][1] += size
        for leg in list(self.up):
            if leg != source:
                self.sent[leg][1] += size
                yield
                self.sent[leg][0] += 1
                yield
        self.flooded[1] += size - HEADER
        yield
        self.flooded[0] += 1

    def own(self):
        return counters(received=self.flooded)

    def leg(self, name):
        return counters(sent=self.sent[name], received=self.received[name])


def counters(*, sent=(0, 0), received=(0, 0)):
    return Counters(sent[1], received[1], sent[0], received[0], 0)


def reading(frames, frame_bytes, sent=0, sent_bytes=0):
    """The bridge flooded so many frames of so many bytes, and the leg sent so many."""
    return counters(received=(frames, frame_bytes - HEADER * frames)), counters(sent=(sent, sent_bytes))


@pytest.fixture
def rests(monkeypatch):
    """What happens while the counter rests: a function a rest, then nothing any more."""
    things = []
    monkeypatch.setattr(copies.time, "sleep", lambda _seconds: things.pop(0)() if things else None)
    return things


def reader(*readings):
    """Takes these readings, and then always the last."""
    left = list(readings)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def joined_to(*legs):
    counter = CopyCounter()
    for joined in legs:
        found = counter.join(reader(reading(joined.missed_packets, joined.missed_bytes)))
        assert found == joined
    return counter


def test_each_flooded_frame_leaves_by_all_legs_but_one(rests):
    flooded, _leg = reading(2, 160)
    assert CopyCounter().count(flooded) == Copies(
        -320, -4
    )  # there is no leg: nobody knows where they come from
    assert joined_to(Joined()).count(flooded) == Copies(-160, -2)
    assert joined_to(Joined(), Joined()).count(flooded) == Copies(0, 0)
    assert joined_to(*[Joined()] * 4).count(flooded) == Copies(320, 4)


def test_what_was_flooded_before_a_leg_joined_was_not_for_it(rests):
    counter = joined_to(Joined(), Joined(), Joined(3, 300))
    assert counter.count(reading(3, 300)[0]) == Copies(0, 0)
    assert counter.count(reading(5, 420)[0]) == Copies(120, 2)


def test_what_a_leg_got_by_then_it_has_not_missed():
    assert missed(*reading(5, 500, 2, 180)) == Joined(3, 320)
    assert flooded_by(reading(5, 500)[0]) == Joined(5, 500)


def test_in_a_quiet_moment_one_rest_is_enough(rests):
    taken = []
    rests += [lambda: taken.append("rest")] * 5
    found = CopyCounter().join(lambda: taken.append("read") or reading(7, 700, 2, 200))
    assert found == Joined(5, 500)
    assert taken.count("rest") == 1
    assert 10 < taken.index("rest") < len(taken) - 10
    assert len(taken) < 100


def test_a_frame_under_way_makes_a_reading_too_small(rests):
    under_way, over = reading(6, 600, 3, 300), reading(7, 700, 3, 300)
    assert CopyCounter().join(reader(under_way, under_way, under_way, over)) == Joined(4, 400)
    # All at first are alike, for a processor is held up; then it goes on.
    state = [under_way]
    rests.append(lambda: state.__setitem__(0, over))
    assert CopyCounter().join(lambda: state[0]) == Joined(4, 400)


def test_of_a_leg_in_the_middle_of_a_frame_only_the_bytes_are_counted(rests):
    torn, whole = reading(5, 500, 2, 260), reading(5, 500, 2, 200)
    assert CopyCounter().join(reader(torn, torn, whole)) == Joined(3, 300)


def test_floods_without_a_pause_do_not_keep_a_leg_out(rests):
    readings = []

    def read():
        readings.append(len(readings))
        return reading(100 + 2 * len(readings), 10_000, len(readings), 100)

    CopyCounter().join(read)
    assert 100 < len(readings) < 10_000


def test_behind_a_queue_what_is_seen_most_counts(rests):
    usual, waits, under_way = reading(9, 900, 5, 500), reading(9, 900, 4, 400), reading(8, 800, 5, 500)
    counter = CopyCounter()
    assert counter.join(reader(waits, usual, under_way, waits, usual), queued=True) == Joined(4, 400)
    assert counter.count(reading(9, 900)[0]).copied_packets == -9 - 4


STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(14, 1514)), max_size=20)


@given(
    before=STEPS, during=STEPS,
    after=st.lists(st.tuples(st.integers(0, 4), st.integers(14, 1514)), max_size=20),
    turns=st.lists(st.integers(0, 5), max_size=300), up_at=st.integers(0, 60),
)  # fmt: skip
@example(before=[(0, 60)], during=[(0, 60), (1, 70)], after=[(4, 80)], turns=[0, 1, 5, 0, 1, 5], up_at=1)
def test_the_sum_closes_whenever_a_leg_comes_up_and_whenever_it_is_read(before, during, after, turns, up_at):
    """Four legs flood on two processors while a fifth comes up and joins; at last it floods, too."""
    bridge, counter = Bridge(), CopyCounter()
    for leg in range(4):
        bridge.plug_in(leg)
        counter.join(lambda leg=leg: (bridge.own(), bridge.leg(leg)))
    play(bridge, [before])
    seen = []
    processors = iter(during[::2]), iter(during[1::2])
    under_way = [iter(()), iter(())]
    for number, turn in enumerate(turns):
        if number == up_at:
            bridge.plug_in(4)
        if turn < 4:
            step(bridge, under_way, processors, turn % 2)
        elif 4 in bridge.up:  # between the two, anything may happen: here, a step of a processor
            own = bridge.own()
            step(bridge, under_way, processors, turn % 2)
            seen.append((own, bridge.leg(4)))
    if 4 not in bridge.up:
        bridge.plug_in(4)
    for steps in under_way:
        play_out(steps)
    play(bridge, processors)
    truth = missed(bridge.own(), bridge.leg(4))
    assert all(missed(*each) <= truth for each in seen)
    seen.append((bridge.own(), bridge.leg(4)))
    joined = counter.join(reader(*seen))
    assert joined == truth
    play(bridge, [after])
    sent = sum(size for _packets, size in bridge.received.values())
    received = sum(size for _packets, size in bridge.sent.values())
    count = counter.count(bridge.own())
    assert sent + count.copied_bytes == received
    packets = [sum(number for number, _size in each.values()) for each in (bridge.received, bridge.sent)]
    assert packets[0] + count.copied_packets == packets[1]


def step(bridge, under_way, processors, which):
    """One processor's next step; it takes the next frame where it has none under way."""
    if next(under_way[which], "ended") == "ended":
        frame = next(processors[which], None)
        if frame is not None:
            under_way[which] = bridge.flood(*frame)


def play(bridge, frames):
    for each in frames:
        for source, size in each:
            play_out(bridge.flood(source, size))


def play_out(steps):
    for _step in steps:
        pass


def test_an_old_kernel_cannot_ignore_what_leaves():
    class Old:
        asked = ()

        def setsockopt(self, *arguments):
            self.asked = arguments
            raise OSError(errno.ENOPROTOOPT, "Protocol not available")

    packets = Old()
    ignore_outgoing(packets)
    assert packets.asked == (SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
