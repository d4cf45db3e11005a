"""Two sides on one axis: each phase begins at one place, and nobody's time is stretched."""

import attrs
import pytest
import samples

from tcperf.reports.place import Place, Stretch, align

RUN = samples.result().runs[0]
PHASE = RUN.phases[0]


def run(**phases):
    """A run of phases, each from when to when (milliseconds)."""
    return attrs.evolve(
        RUN,
        phases=tuple(
            attrs.evolve(PHASE, name=name, start_ns=start * 10**6, end_ns=end * 10**6)
            for name, (start, end) in phases.items()
        ),
    )


BASE = run(connect=(10, 30), burst=(40, 50), drain=(50, 60))
HEAD = run(connect=(20, 30), burst=(30, 130), drain=(130, 131))


@pytest.fixture
def aligned():
    return align({"head": HEAD, "base": BASE})


def test_every_phase_begins_together_and_is_as_wide_as_the_longer_one(aligned):
    assert [(each.name, each.begin_ms, each.end_ms) for each in aligned.phases] == [
        ("connect", 20, 40), ("burst", 50, 150), ("drain", 150, 160),
    ]  # fmt: skip
    assert aligned.length_ms == 160
    assert [dict(each.lasted_ms) for each in aligned.phases] == [
        {"head": 10, "base": 20}, {"head": 100, "base": 10}, {"head": 1, "base": 10},
    ]  # fmt: skip
    for side, found in (("base", BASE), ("head", HEAD)):
        for phase, shared in zip(found.phases, aligned.phases, strict=True):
            assert aligned.places[side].at(phase.start_ns / 1e6) == shared.begin_ms


def test_times_keep_their_distances_within_a_phase_and_end_with_the_last(aligned):
    base, head = aligned.places["base"], aligned.places["head"]
    assert [base.at(time) for time in (0, 5, 12.5, 44, 59, 60, 60.5, 999, -1)] == [
        0, 5, 22.5, 54, 159, 160, None, None, None,
    ]  # fmt: skip
    assert [head.at(time) for time in (29, 31, 129, 131)] == [29, 51, 149, 151]


def test_a_line_is_parted_where_its_side_waits_and_nowhere_else(aligned):
    points = [(float(time), time) for time in range(0, 70, 5)]
    assert [[time for time, _value in piece] for piece in aligned.places["base"].pieces(points)] == [
        [0, 5], [20, 25, 30, 35, 40, 45, 50, 55], [150, 155, 160],
    ]  # fmt: skip
    assert [value for piece in aligned.places["base"].pieces(points) for _at, value in piece] == [
        *range(0, 65, 5)
    ]
    alone = align({"head": HEAD}).places["head"]
    assert alone.pieces([(float(time), 1) for time in range(0, 131, 10)]) == [
        [(float(time), 1) for time in range(0, 131, 10)]
    ]


def test_what_only_one_side_has_stands_where_it_has_it_or_last():
    found = align({"head": run(a=(0, 10), b=(10, 20)), "base": run(b=(0, 5), c=(5, 25))})
    assert [(each.name, each.begin_ms, each.end_ms) for each in found.phases] == [
        ("a", 0, 10), ("b", 10, 20), ("c", 20, 40),
    ]  # fmt: skip
    assert [found.places["base"].at(time) for time in (0, 4, 6)] == [10, 14, 21]
    assert dict(found.phases[0].lasted_ms) == {"head": 10}


def test_phases_in_another_order_are_drawn_in_the_first_sides():
    found = align({"head": run(a=(0, 10), b=(10, 20)), "base": run(b=(0, 10), a=(10, 20))})
    points = [(5.0, 1), (15.0, 2)]
    assert found.places["base"].pieces(points) == [[(5.0, 2)], [(15.0, 1)]]


def test_a_run_without_a_phase_is_drawn_as_it_was():
    assert align({"head": run(), "base": run()}).places["base"] == Place((Stretch(0, float("inf"), 0),))
    assert align({"head": run()}).places["head"].pieces([(1.0, 2), (3.0, 4)]) == [[(1.0, 2), (3.0, 4)]]
