"""Whatever the lanes and the pairs: nothing is played twice or left out, and no side is favoured."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tcperf import schedule

LANES = st.integers(1, 9)
SIGN = {"head": 1, "base": -1}
LOOKS = (7, 10, 15, 20, 30)


def rounds(heats):
    return [played for heat in heats for played in heat]


@given(pairs=st.lists(st.integers(0, 60), unique=True, max_size=40), lanes=LANES, before=st.integers(0, 9))
def test_every_run_is_played_once_and_a_round_has_one_in_a_lane(pairs, lanes, before):
    played = rounds(schedule.heats(pairs, lanes, rounds(schedule.heats(range(before), lanes))))
    runs = Counter((slot.pair, slot.side) for slots in played for slot in slots)
    assert runs == Counter((pair, side) for pair in pairs for side in SIGN)
    for slots in played:
        numbers = [slot.lane for slot in slots]
        assert len(set(numbers)) == len(numbers) <= lanes
        assert set(numbers) <= set(range(lanes))
        assert slots


@given(pairs=st.lists(st.integers(0, 60), unique=True, max_size=40), lanes=LANES)
def test_after_each_heat_the_pairs_that_were_begun_are_whole_and_near(pairs, lanes):
    for heat in schedule.heats(pairs, lanes):
        assert 1 <= len(heat) <= 2
        sides = Counter(slot.pair for slots in heat for slot in slots)
        assert set(sides.values()) == {2}


@given(count=st.integers(0, 60), lanes=LANES)
def test_no_lane_ever_favours_a_side(count, lanes):
    balance = Counter()
    for heat in schedule.heats(range(count), lanes):
        for slots in heat:
            balance.update({slot.lane: SIGN[slot.side] for slot in slots})
        assert all(abs(value) <= 1 for value in balance.values())


@given(count=st.integers(0, 60), lanes=LANES)
def test_no_side_is_ever_earlier_than_the_other(count, lanes):
    """A trend of the machine moves both sides alike: the sums of their times differ by one round at most."""
    lead, now = 0, 0
    for heat in schedule.heats(range(count), lanes):
        for slots in heat:
            lead += now * sum(SIGN[slot.side] for slot in slots)
            now += 1
        assert abs(lead) <= 1


@given(lanes=LANES, stopped=st.sampled_from(LOOKS))
def test_pairs_that_come_look_by_look_favour_nobody(lanes, stopped):
    """As they are really played: in batches, of which each begins where the last has ended."""
    balance, lead, before, done = Counter(), 0, [], 0
    for look in LOOKS[: LOOKS.index(stopped) + 1]:
        for played in rounds(schedule.heats(range(done, look), lanes, tuple(before))):
            for slot in played:
                balance[slot.lane] += SIGN[slot.side]
                lead += len(before) * SIGN[slot.side]
            before.append(played)
        done = look
    assert sum(balance.values()) == 0
    assert all(abs(value) <= 1 for value in balance.values())
    assert abs(lead) <= lanes


@given(done=st.integers(0, 40), most=st.integers(1, 60))
def test_the_next_look_is_ahead_and_never_beyond_the_most(done, most):
    look = schedule.next_look(done, most, LOOKS)
    assert look <= most
    assert look > done or look == most


@given(count=st.integers(0, 60), lanes=LANES)
def test_more_lanes_never_take_more_rounds_than_one(count, lanes):
    assert schedule.rounds_left(count, lanes) <= schedule.rounds_left(count, 1) == 2 * count


@given(left_s=st.floats(0, 1e6), weights=st.lists(st.floats(0.1, 1e4), min_size=1, max_size=8))
def test_the_shares_use_up_the_budget(left_s, weights):
    rest = left_s
    for number in range(len(weights)):
        share = schedule.share_of_budget(rest, weights[number:])
        assert 0 <= share <= rest * (1 + 1e-9)
        rest -= share
    assert abs(rest) <= 1e-6 * max(1.0, left_s)


@given(
    lanes=LANES,
    again=st.lists(st.lists(st.integers(0, 29), unique=True, max_size=4), max_size=8),
)
def test_pairs_that_are_made_again_favour_nobody_either(lanes, again):
    before, balance = [], Counter()
    for pairs in (range(7), *again):
        for played in rounds(schedule.heats(pairs, lanes, tuple(before))):
            balance.update({slot.lane: SIGN[slot.side] for slot in played})
            before.append(played)
    assert all(abs(value) <= 1 for value in balance.values())
    assert sum(balance.values()) == 0
