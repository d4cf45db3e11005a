"""Whatever the lanes and the pairs: nothing is played twice or left out, no lane idles, and no side is favoured."""

import math
from collections import Counter

from heats import SIGN, Race, pairs_of
from hypothesis import given
from hypothesis import strategies as st

from tcperf import schedule

LANES = st.integers(1, 9)
LOOKS = (7, 10, 15, 20, 30)
#: Like Tally's: so many pairs are made again, and no more.
CAP = 10


def raced(lanes, pairs):
    race = Race(lanes, most=pairs)
    race.reach(pairs)
    return race


@given(pairs=st.integers(0, 60), lanes=LANES)
def test_every_run_is_played_once_and_a_round_has_one_in_a_lane(pairs, lanes):
    played = raced(lanes, pairs).rounds
    runs = Counter((slot.pair, slot.side) for slots in played for slot in slots)
    assert runs == Counter((pair, side) for pair in range(pairs) for side in SIGN)
    for slots in played:
        numbers = [slot.lane for slot in slots]
        assert numbers == sorted(set(numbers))
        assert set(numbers) <= set(range(lanes))
        assert slots


@given(pairs=st.lists(st.integers(0, 60), unique=True, max_size=40), lanes=LANES, earlier=st.integers(-2, 2))
def test_after_each_heat_the_pairs_that_were_begun_are_whole_and_near(pairs, lanes, earlier):
    heat = schedule.next_heat(pairs, lanes, earlier)
    assert len(heat) <= 2
    assert bool(heat) == bool(pairs)
    assert set(Counter(part.pair for parts in heat for part in parts).values()) <= {2}
    assert len({part for parts in heat for part in parts}) == sum(map(len, heat))


@given(pairs=st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=40), lanes=LANES)
def test_the_first_pairs_are_played_first_and_no_lane_idles_while_there_are_enough(pairs, lanes):
    heat = schedule.next_heat(pairs, lanes)
    begun = pairs_of(heat)
    assert begun == set(pairs[: len(begun)])
    if 2 * len(pairs) >= lanes * len(heat):
        idle = [lanes - len(parts) for parts in heat]
        assert idle == [0] * len(heat) or (lanes % 2 and len(pairs) < lanes and idle == [1])


def uneven(race):
    """By how much a lane leans, a side is later, and a side begins more often: the largest of each."""
    return max(map(abs, race.lean.values()), default=0), abs(race.lead), abs(race.earlier)


@given(count=st.integers(0, 60), lanes=LANES)
def test_nobody_is_favoured(count, lanes):
    """In no lane is a side more often, none is earlier by more than one round, none begins more often.

    Where the last pairs do not fill two rounds of an odd number of lanes, those that begin with a side may be two more.
    """
    race = Race(lanes, most=count)
    while len(race.whole) < count:
        race.play_round(count)
        if race.course.is_between_heats:
            lean, lead, earlier = uneven(race)
            assert max(lean, lead) <= 1
            assert earlier <= (1 if lanes % 2 == 0 or len(race.whole) % lanes == 0 else 2)


@given(lanes=LANES)
def test_nobody_is_favoured_at_any_look(lanes):
    race = Race(lanes)
    for look in LOOKS:
        race.reach(look)
        lean, lead, earlier = uneven(race)
        assert max(lean, lead) <= 1
        # A heat of an odd number of lanes that is left in its middle lacks the pair that makes up for another one.
        assert earlier <= (2 if lanes % 2 and not race.course.is_between_heats else 1)


def spoilt(draw, is_round):
    """What spoils pairs at random: somebody else on the machine whole rounds, a run that fails its pair."""

    def spoils(_number, slots):
        pairs = sorted({slot.pair for slot in slots})
        if is_round:
            found = pairs if pairs and draw(st.booleans()) and len(pairs) <= left[0] else []
        else:
            found = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=left[0])) if pairs else []
        left[0] -= len(found)
        return found

    left = [CAP]
    return spoils


@given(data=st.data(), lanes=LANES)
def test_rounds_that_are_spoilt_favour_nobody(data, lanes):
    race = Race(lanes, spoils=spoilt(data.draw, is_round=True))
    while len(race.whole) < LOOKS[-1]:
        race.play_round(schedule.next_look(len(race.whole), LOOKS[-1], LOOKS))
        if race.course.is_between_heats:
            lean, lead, earlier = uneven(race)
            assert max(lean, lead) <= 1
            assert earlier <= (1 if lanes % 2 == 0 else CAP)


@given(data=st.data(), lanes=LANES)
def test_pairs_that_fail_alone_favour_nobody(data, lanes):
    """An odd number of lanes may lean by two where the second half of a pair was spoilt, and the next heats mend it."""
    race = Race(lanes, spoils=spoilt(data.draw, is_round=False))
    while len(race.whole) < LOOKS[-1]:
        race.play_round(schedule.next_look(len(race.whole), LOOKS[-1], LOOKS))
        if race.course.is_between_heats:
            lean, lead, _earlier = uneven(race)
            assert lean <= (2 if lanes % 2 else 1)
            assert lead <= 1
    assert len(race.redone) <= CAP


@given(data=st.data(), lanes=LANES)
def test_whatever_is_spoilt_all_pairs_are_whole_in_the_end_and_no_round_is_wasted(data, lanes):
    race = Race(lanes, spoils=spoilt(data.draw, is_round=data.draw(st.booleans())))
    race.reach(LOOKS[-1])
    assert race.whole == set(range(LOOKS[-1]))
    assert sum(map(abs, race.lean.values())) <= 2 * lanes
    assert sum(race.lean.values()) == 0
    assert sum(map(len, race.rounds)) <= 2 * (LOOKS[-1] + len(race.redone))


@given(lanes=LANES, most=st.integers(1, 40))
def test_each_look_is_reached_as_soon_as_the_lanes_can(lanes, most):
    race = Race(lanes, most)
    for look in (look for look in (*LOOKS, most) if look <= most):
        race.reach(look)
        assert len(race.rounds) == math.ceil(2 * look / lanes)  # so many runs there are, and no lane idled
        assert look <= len(race.whole) <= most


@given(lanes=LANES)
def test_there_are_as_many_pairs_at_a_look_as_are_foretold(lanes):
    race = Race(lanes)
    found = []
    for look in LOOKS:
        race.reach(look)
        found.append(len(race.whole))
    foretold = [min(pairs, LOOKS[-1]) for pairs in schedule.looks_of(lanes, LOOKS)]
    assert [*dict.fromkeys(found)] == foretold


@given(looks=st.lists(st.integers(1, 60), unique=True, max_size=6).map(sorted), lanes=st.integers(1, 20))
def test_looks_in_lanes_are_later_but_by_less_than_a_round(looks, lanes):
    found = schedule.looks_of(lanes, looks)
    assert list(found) == sorted(set(found))
    assert len(found) <= len(looks)
    for look in looks:
        assert any(look <= pairs <= look + lanes / 2 for pairs in found)


@given(done=st.integers(0, 40), most=st.integers(1, 60))
def test_the_next_look_is_ahead_and_never_beyond_the_most(done, most):
    look = schedule.next_look(done, most, LOOKS)
    assert look <= most
    assert look > done or look == most


@given(count=st.integers(0, 60), lanes=LANES)
def test_so_many_rounds_are_what_the_heats_take(count, lanes):
    assert schedule.rounds_of(2 * count, lanes) == len(raced(lanes, count).rounds)
    assert schedule.rounds_of(2 * count, 1) == 2 * count


@given(left_s=st.floats(0, 1e6), weights=st.lists(st.floats(0.1, 1e4), min_size=1, max_size=8))
def test_the_shares_use_up_the_budget(left_s, weights):
    rest = left_s
    for number in range(len(weights)):
        share = schedule.share_of_budget(rest, weights[number:])
        assert 0 <= share <= rest * (1 + 1e-9)
        rest -= share
    assert abs(rest) <= 1e-6 * max(1.0, left_s)
