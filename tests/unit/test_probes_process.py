"""A family whose members end while it is read: what is read of it is as if it had been read at once."""

from hypothesis import given
from hypothesis import strategies as st

from tcperf.probes import process
from tcperf.probes.process import read_work

_TICK_NS = process._TICK_NS


class Family:
    """Process 1 and its children: each has used up whole ticks, and ends before the read that its number says."""

    def __init__(self, lives):
        self.lives = lives
        self.reads = 0

    def times(self, pid):
        """As ``process._times``: of an ended child its parent tells."""
        self.reads += 1
        ended = [child for child, ends in self.lives.items() if ends <= self.reads]
        if pid in ended:
            raise ProcessLookupError(pid)
        ticks = 1 + len(ended) if pid == 1 else 1
        return process._Times(ticks * _TICK_NS, 0, 0, len(ended) if pid == 1 else 0)


@given(st.lists(st.integers(1, 30), max_size=5))
def test_who_ends_amid_a_reading_is_neither_lost_nor_counted_twice(ends):
    family = Family(dict(enumerate(ends, start=2)))
    before, process._times = process._times, family.times
    try:
        work = read_work(1, list(family.lives))
    finally:
        process._times = before
    assert work.cpu_ns.value == (1 + len(ends)) * _TICK_NS
    assert work.behind_ns == (2 * _TICK_NS if work.ended_children else 0)
