"""Phases are cut at their time, wherever the frames stand in the ring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slots import BASE_NS, batch, leg, slot, udp

from tcperf.clock import NS_PER_MS
from tcperf.probes.phase_cuts import DISORDER_NS, PhaseCuts

FRAME = udp("alice", "bob", 9)


def stamps(*times_ms):
    return batch([slot(FRAME, leg("alice"), time_ns=at(time_ms)) for time_ms in times_ms])


def at(time_ms):
    return BASE_NS + round(time_ms * NS_PER_MS)


def divided(cuts, found, until_ms=None):
    until_ns = None if until_ms is None else at(until_ms)
    return [(phase, len(stretch) // 256) for phase, stretch in cuts.divide(found, until_ns)]


@pytest.fixture
def cuts():
    return PhaseCuts(256)


def test_without_cuts_there_is_one_stretch(cuts):
    found = stamps(1, 2, 3)
    assert list(cuts.divide(found, at(50))) == [("", found)]


def test_a_cut_in_the_middle(cuts):
    cuts.add(at(2), "send")
    cuts.add(at(4), "")
    assert divided(cuts, stamps(1, 1.999999, 2, 3, 3.999999, 4, 5), 50) == [("", 2), ("send", 3), ("", 2)]
    assert cuts.late == 0


def test_phases_without_frames(cuts):
    for time_ms, phase in ((1, "a"), (1, "b"), (2, "c"), (3, "d")):
        cuts.add(at(time_ms), phase)
    assert divided(cuts, stamps(1, 2.5, 9)) == [("b", 1), ("c", 1), ("d", 1)]


def test_stamps_out_of_order_are_looked_at_one_by_one(cuts):
    cuts.add(at(2), "send")
    assert divided(cuts, stamps(1.9, 2.1, 1.95, 2.2, 2.3), 50) == [("", 1), ("send", 1), ("", 1), ("send", 2)]
    cuts.done(at(2))
    assert divided(cuts, stamps(1.99, 2.4), 50) == [("", 1), ("send", 1)]


def test_a_cut_after_the_batch_does_not_matter_yet(cuts):
    cuts.add(at(90), "send")
    found = stamps(1, 2)
    assert list(cuts.divide(found, at(50))) == [("", found)]
    cuts.done(at(50))
    assert divided(cuts, stamps(60, 91), 100) == [("", 1), ("send", 1)]
    cuts.done(at(100))
    found = stamps(110)
    assert list(cuts.divide(found, at(150))) == [("send", found)]


def test_cuts_may_come_in_any_order(cuts):
    cuts.add(at(4), "")
    cuts.add(at(2), "send")
    assert divided(cuts, stamps(1, 3, 5)) == [("", 1), ("send", 1), ("", 1)]


@pytest.mark.parametrize(("time_ms", "late"), [(49, 1), (54.9, 1), (55, 0), (60, 0)])
def test_a_cut_is_late_where_frames_behind_it_may_have_been_counted(cuts, time_ms, late):
    cuts.done(at(50))
    cuts.add(at(time_ms), "send")
    assert cuts.late == late
    assert DISORDER_NS == 5 * NS_PER_MS


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc")), max_size=6),
    st.lists(st.integers(0, 30), min_size=1, max_size=30),
)
def test_every_frame_is_in_the_phase_of_its_stamp(edges, times):
    cuts = PhaseCuts(256)
    for time_ms, phase in edges:
        cuts.add(at(time_ms), phase)
    found = [phase for phase, count in divided(cuts, stamps(*times)) for _frame in range(count)]
    by_time = sorted(edges, key=lambda edge: edge[0])
    assert found == [
        next((phase for at_ms, phase in reversed(by_time) if at_ms <= time_ms), "") for time_ms in times
    ]
