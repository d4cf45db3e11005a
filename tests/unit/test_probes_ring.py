"""The ring without a kernel: slots are taken once, in order, up to a time, and given back."""

import mmap
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slots import BASE_NS

from tcperf.clock import NS_PER_S
from tcperf.probes import ring as ring_module
from tcperf.probes.ring import Ring

SLOTS, SLOT_BYTES = 256, 256


class Packets:
    """A socket whose statistics are told once, as the kernel does: all that came, those without room among them."""

    def __init__(self):
        self.came = self.without_room = 0

    def getsockopt(self, _level, _option, _size):
        told = struct.pack("II", self.came, self.without_room)
        self.came = self.without_room = 0
        return told

    def close(self):
        pass


class HandFilled(Ring):
    """A ring whose memory is our own: we fill it as the kernel would."""

    def __init__(self, slots=SLOTS):
        self.filled = 0
        super().__init__(Packets(), (), slots=slots, slot_bytes=SLOT_BYTES)

    def _set_up(self, code):
        return mmap.mmap(-1, self._slots * SLOT_BYTES)

    def fill(self, time_ns):
        """Fill the next slot; in the place of the frame stands its number."""
        begin = self.filled % self._slots * SLOT_BYTES
        assert self._memory[begin] == 0, "the kernel finds no room"
        self._memory[begin : begin + 4] = b"\1\0\0\0"
        struct.pack_into("=II", self._memory, begin + 16, *divmod(time_ns, NS_PER_S))
        struct.pack_into("=I", self._memory, begin + 70, self.filled)
        self.filled += 1

    def taken(self, before_ns=None):
        """The numbers of the frames that are taken now."""
        return [
            number
            for batch in self.batches(before_ns)
            for (number,) in struct.iter_unpack(f"=70xI{SLOT_BYTES - 74}x", batch)
        ]


@pytest.fixture
def ring():
    made = HandFilled()
    yield made
    made.close()


def test_what_waits_to_be_taken_is_not_dropped(ring):
    for number in range(3):
        ring.fill(BASE_NS + number)
    ring._packets.came = 3
    assert ring.dropped() == 0
    ring._packets.came = ring._packets.without_room = 2
    assert ring.dropped() == 2
    assert ring.dropped() == 2
    assert ring.taken() == [0, 1, 2]
    assert ring.lost() == 2


def test_an_empty_ring(ring):
    assert ring.taken() == ring.taken(BASE_NS) == []
    assert not ring.holds(0)


def test_frames_are_taken_once_and_given_back(ring):
    for number in range(40):
        ring.fill(BASE_NS + number)
    assert ring.holds(39)
    assert not ring.holds(40)
    assert ring.taken() == list(range(40))
    assert ring.taken() == []
    assert not any(ring._memory[begin] for begin in range(0, SLOTS * SLOT_BYTES, SLOT_BYTES))
    assert ring.captured == 40


@pytest.mark.parametrize("begin_ns", [BASE_NS, BASE_NS + NS_PER_S - 7, BASE_NS - 1])
def test_younger_frames_are_left(ring, begin_ns):
    for number in range(20):
        ring.fill(begin_ns + number)
    assert ring.taken(begin_ns) == []
    assert ring.taken(begin_ns + 3) == [0, 1, 2]
    assert ring.taken(begin_ns + 3) == []
    assert ring.taken(begin_ns + 12) == list(range(3, 12))
    assert ring.taken(begin_ns + 3600 * NS_PER_S) == list(range(12, 20))


def test_a_full_ring(ring):
    for number in range(100):
        ring.fill(BASE_NS + number)
    assert len(ring.taken()) == 100
    for number in range(SLOTS):
        ring.fill(BASE_NS + number)
    assert ring.taken() == list(range(100, 100 + SLOTS))


@given(
    st.lists(
        st.tuples(st.integers(0, 120), st.one_of(st.none(), st.integers(-5, 130))), min_size=1, max_size=20
    ),
    st.sampled_from([1, 10_000_000, NS_PER_S // 3]),
    st.sampled_from([4, 32, 1000]),
)
def test_all_frames_are_taken_in_order_up_to_a_time(rounds, step_ns, batch):
    """A round fills some slots, and takes what is older than some time, counted from the oldest that is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ring_module, "_BATCH", batch)
        ring = HandFilled()
        next_one = 0
        for count, younger in rounds:
            for _number in range(min(count, SLOTS - (ring.filled - next_one))):
                ring.fill(BASE_NS + ring.filled * step_ns)
            end = ring.filled if younger is None else min(max(next_one + younger, next_one), ring.filled)
            before_ns = None if younger is None else BASE_NS + (next_one + younger) * step_ns
            assert ring.taken(before_ns) == list(range(next_one, end))
            next_one = end
        assert ring.captured == next_one
        ring.close()
