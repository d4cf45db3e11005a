"""Two sides on one axis, whatever their phases are."""

import attrs
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.reports.place import align

RUN = samples.result().runs[0]
NAMES = ("boot", "connect", "messages", "drain")
#: How long the wait before a phase and the phase itself are (milliseconds).
LENGTHS = st.tuples(st.integers(0, 500), st.integers(0, 5_000))


@st.composite
def runs(draw):
    """A run of some of the phases, in any order."""
    at, phases = 0, []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        wait, length = draw(LENGTHS)
        start, at = at + wait, at + wait + length
        phases.append(attrs.evolve(RUN.phases[0], name=name, start_ns=start * 10**6, end_ns=at * 10**6))
    return attrs.evolve(RUN, phases=tuple(phases))


SIDES = st.fixed_dictionaries({"head": runs(), "base": runs()})


@given(SIDES)
def test_each_phase_is_as_long_as_the_longer_side_and_no_two_overlap(sides):
    found = align(sides)
    names = {phase.name for run in sides.values() for phase in run.phases}
    assert {each.name for each in found.phases} == names
    end = 0.0
    for shared in found.phases:
        assert shared.begin_ms >= end
        assert shared.end_ms - shared.begin_ms == max(shared.lasted_ms.values())
        end = shared.end_ms
    assert found.length_ms == end


@given(SIDES)
def test_within_a_phase_every_side_goes_as_fast_as_it_was(sides):
    found = align(sides)
    begins = {shared.name: shared.begin_ms for shared in found.phases}
    for side, run in sides.items():
        for phase in run.phases:
            start, end = phase.start_ns / 1e6, phase.end_ns / 1e6
            if end - start > 2:
                for time in (start, start + 1, (start + end) / 2, end - 1):
                    assert found.places[side].at(time) == begins[phase.name] + time - start


@given(SIDES, st.lists(st.floats(0, 12_000)))
def test_pieces_hold_each_point_where_at_puts_it(sides, times):
    place = align(sides).places["base"]
    times.sort()
    pieces = place.pieces([(time, number) for number, time in enumerate(times)])
    drawn = {number: at for piece in pieces for at, number in piece}
    expected = {number: at for number, time in enumerate(times) if (at := place.at(time)) is not None}
    assert drawn.keys() == expected.keys()
    assert all(abs(drawn[number] - expected[number]) < 1e-6 for number in drawn)
    for piece in pieces:
        assert [at for at, _number in piece] == sorted(at for at, _number in piece)
