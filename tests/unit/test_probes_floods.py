"""Who got copies of flooded frames, against a bridge that floods them one by one."""

from hypothesis import given
from hypothesis import strategies as st

from tcperf.probes.floods import Copy, Flooded, Floods

ALL = b"\xff" * 6
PACKET = object()


def address(leg):
    return bytes((2, 0, 0, 0, 0, leg))


def enter_and_flood(floods, leg, time_ns, length, source=None):
    addresses = ALL + (address(leg) if source is None else source)
    floods.enter(leg, addresses)
    return floods.flood(addresses, time_ns, PACKET, length)


def joined(*legs):
    made = Floods()
    for leg in legs:
        assert made.join(leg, f"host{leg}", address(leg), 0) == []
    return made


def receivers(copies):
    return [copy.receiver for copy in copies]


def test_all_but_the_sender_get_one():
    floods = joined(3, 4, 5)
    assert enter_and_flood(floods, 4, 10, 60) == [
        Copy("host3", Flooded(1, "", 10, 4, PACKET, 60)),
        Copy("host5", Flooded(1, "", 10, 4, PACKET, 60)),
    ]
    assert (floods.frames, floods.copies) == (1, 2)


def test_alone_there_is_nobody_to_get_one():
    floods = joined(3)
    assert enter_and_flood(floods, 3, 10, 60) == []
    assert (floods.frames, floods.copies) == (1, 0)


def test_a_disguised_frame_does_not_come_back_to_its_sender():
    floods = joined(3, 4, 5)
    assert receivers(enter_and_flood(floods, 3, 10, 60, source=address(4))) == ["host4", "host5"]
    assert receivers(enter_and_flood(floods, 3, 10, 60, source=b"\2nobod")) == ["host4", "host5"]


def test_where_the_leg_is_not_told_the_address_tells_it():
    floods = joined(3, 4)
    (copy,) = floods.flood(ALL + address(3), 10, PACKET, 60)
    assert (copy.receiver, copy.frame.leg) == ("host4", 3)
    strange = floods.flood(ALL + b"\2nobod", 11, PACKET, 60)
    assert [(copy.receiver, copy.frame.leg) for copy in strange] == [("host3", 0), ("host4", 0)]


def test_the_bridges_own_frames_are_numbered_and_copied_to_nobody():
    floods = joined(3, 4)
    assert floods.flood(b"\2bridg" + address(3), 10, PACKET, 60) == []
    (copy,) = enter_and_flood(floods, 3, 20, 60)
    assert (copy.receiver, copy.frame.number) == ("host4", 2)
    assert receivers(floods.join(5, "host5", address(5), 0)) == ["host5"]
    assert (floods.frames, floods.copies) == (2, 2)


def test_a_leg_that_is_told_late_gets_what_it_did_not_miss():
    floods = joined(3, 4)
    for size in (10, 20, 30):
        enter_and_flood(floods, 3, size, size)
    enter_and_flood(floods, 5, 40, 40)
    late = floods.join(5, "host5", address(5), 1)
    assert [(copy.receiver, copy.frame.length) for copy in late] == [("host5", 20), ("host5", 30)]


def test_a_leg_that_is_told_in_time_gets_none_of_what_it_missed():
    floods = joined(3)
    enter_and_flood(floods, 3, 10, 10)
    assert floods.join(4, "host4", address(4), 3) == []
    assert enter_and_flood(floods, 3, 20, 20) == enter_and_flood(floods, 3, 30, 30) == []
    assert [copy.frame.length for copy in enter_and_flood(floods, 3, 40, 40)] == [40]
    assert (floods.frames, floods.copies) == (4, 1)


def test_no_clock_has_to_do_with_it():
    """It was set back while a leg joined."""
    floods = joined(3)
    floods.join(4, "host4", address(4), 1)
    enter_and_flood(floods, 3, 5_000, 10)
    assert receivers(enter_and_flood(floods, 3, 7, 20)) == ["host4"]


def test_a_late_copy_is_of_the_phase_in_which_its_frame_was_flooded():
    floods = joined(3)
    for phase in ("one", "two"):
        floods.phase = phase
        enter_and_flood(floods, 3, 10, 10)
    floods.phase = "three"
    late = floods.join(4, "host4", address(4), 0)
    assert [copy.frame.phase for copy in late] == ["one", "two"]


@given(
    st.lists(st.integers(2, 8), max_size=60),
    st.dictionaries(st.integers(3, 8), st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
)
def test_every_leg_gets_what_was_flooded_while_it_was_up(sources, joins):
    """Each comes up when so many were flooded, and we hear of it when some more were."""
    floods, got, untold = Floods(), [], dict(joins)
    up = {leg: missed for leg, (missed, _delay) in joins.items()}
    # What a leg sends before it has joined, nobody does: a node starts when it has.
    sources = [source for number, source in enumerate(sources) if source not in up or up[source] <= number]
    for number, source in enumerate([*sources, None]):
        for leg in [
            leg for leg, (missed, delay) in untold.items() if missed + delay <= number or source is None
        ]:
            del untold[leg]
            got += floods.join(leg, f"host{leg}", address(leg), up[leg])
        if source is not None:
            got += enter_and_flood(floods, source, 0, 60)
    expected = sorted(
        (f"host{leg}", number)
        for leg, missed in up.items()
        for number, source in enumerate(sources, 1)
        if number > missed and source != leg
    )
    assert sorted((copy.receiver, copy.frame.number) for copy in got) == expected
    assert (floods.frames, floods.copies) == (len(sources), len(expected))


def test_of_thousands_of_floods_a_late_one_gets_all_since_it_joined():
    floods = joined(3)
    for number in range(1, 5001):
        enter_and_flood(floods, 3, 0, number)
    copies = floods.join(4, "host4", address(4), 1000)
    assert [copy.frame.length for copy in copies] == list(range(1001, 5001))
