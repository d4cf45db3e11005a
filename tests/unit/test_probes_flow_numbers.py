"""Who gets a number: the busiest, as long as there are any, and for good."""

import pytest

from tcperf.frames.flow import UNKNOWN, Flow, Group
from tcperf.probes.capture_filter import OURS_BELOW, TAGS, TCP_TAG, TCP_TIMED_TAG, UDP_TAG, NumberedFlow
from tcperf.probes.flow_numbers import FIRST_TCP, NUMBERS, OTHER, FlowNumbers

ETHERNET, UDP_LEAST = 14, 42


def flow(packets, tag=UDP_TAG, port=1, *, plain=0):
    is_udp = tag == UDP_TAG
    made = Flow(Group("alice", "bob", "udp" if is_udp else "tcp", port, 2), None if is_udp else UNKNOWN)
    made.link, made.ethernet, made.network, made.plain_headers = 3, b"\2bob's", tag, TAGS[tag]
    made.index_key = bytes(8) + port.to_bytes(2, "big") + b"\0\2"
    made.packets, made.plain_packets = packets, plain
    return made


def many(count, packets=2000, tag=UDP_TAG):
    return [flow(packets, tag, port) for port in range(1, count + 1)]


def test_numbers_are_lengths_that_no_other_frame_is_kept_with():
    for tag, numbers in NUMBERS.items():
        assert len(set(numbers)) == len(numbers)
        assert all(number % 2 == 1 and number < OURS_BELOW for number in (tag, *numbers))
        assert not set(numbers) & set(TAGS)
        # A frame is longer than what is kept of it, whatever its payload.
        assert max((tag, *numbers)) < ETHERNET + TAGS[tag]


def test_numbers_of_tcp_keep_its_sequence_number():
    assert min(NUMBERS[TCP_TAG]) >= 42
    assert min(NUMBERS[TCP_TIMED_TAG]) >= 42


def test_what_is_worth_a_number_has_a_code_that_tells_its_kind():
    for tag, numbers in NUMBERS.items():
        assert all((number // 2 < FIRST_TCP) == (tag == UDP_TAG) for number in numbers)
        assert all(number // 2 < OTHER for number in numbers)


def test_there_are_enough():
    assert len(NUMBERS[UDP_TAG]) >= 16
    assert len(set(NUMBERS[TCP_TAG]) | set(NUMBERS[TCP_TIMED_TAG])) >= 10


@pytest.mark.parametrize("tag", TAGS)
def test_a_flow_gets_a_number(tag):
    numbers, one = FlowNumbers(), flow(3000, tag)
    assert numbers.number([one])
    assert one.number in NUMBERS[tag]
    code = numbers.codes[one.number]
    assert (numbers.given, numbers.flows[code], numbers.heads[code]) == ([code], one, 14 + TAGS[tag])
    assert numbers.codes.count(OTHER) == 255
    assert numbers.datagrams == ({one.number} if tag == UDP_TAG else set())


def test_what_the_filter_is_told_of_a_flow():
    numbers, one = FlowNumbers(), flow(3000)
    tag = UDP_TAG
    assert numbers.number([one])
    assert numbers.for_filter() == [NumberedFlow(one.number, tag, 3, b"\2bob's", b"\0\1\0\2")]


def test_frames_are_added_to_their_flows():
    numbers = FlowNumbers()
    one, other, third = flow(3000), flow(2000, TCP_TIMED_TAG, 2), flow(1000, port=3)
    assert numbers.number([one, other, third])
    codes = bytes(made.number // 2 for made in (one, other, one, one, other))
    sums = [0] * OTHER
    sums[one.number // 2] = 3 * 142
    numbers.add_datagrams(codes, sums)
    assert [(made.plain_packets, made.plain_bytes) for made in (one, other, third)] == [
        (3, 384),
        (0, 0),
        (0, 0),
    ]
    numbers.add_segments(codes)
    assert [(made.plain_packets, made.plain_bytes) for made in (one, other, third)] == [
        (3, 384),
        (2, 0),
        (0, 0),
    ]


def test_the_busiest_come_first():
    numbers = FlowNumbers()
    flows = [flow(100 + port, port=port) for port in range(1, 31)]
    assert numbers.number(flows)
    assert [one.number > 0 for one in flows] == [False] * 10 + [True] * 20
    assert len({one.number for one in flows}) == 21
    assert not numbers.number(flows)  # there is none left


def test_frames_that_were_counted_by_themselves_count():
    numbers = FlowNumbers()
    one, other = flow(0, plain=2000), flow(40, port=2)
    assert numbers.number([one, other])
    assert (one.number > 0, other.number) == (True, 0)


def test_who_has_a_thirtysecond_of_all_is_busy():
    numbers = FlowNumbers()
    flows = [flow(3100), flow(100, port=2), flow(99, port=3)]
    assert numbers.number([*flows, flow(0, port=4)])
    assert [one.number > 0 for one in flows] == [True, False, False]
    flows[1].packets = 104
    assert numbers.number(flows)
    assert [one.number > 0 for one in flows] == [True, True, False]


def test_nobody_is_there():
    assert not FlowNumbers().number([])


def test_looks_get_rare_where_they_find_nobody():
    numbers = FlowNumbers()
    after = []
    for _look in range(5):
        after.append(numbers.look_after)
        assert not numbers.number(many(50))
    assert after == [1024, 2048, 4096, 8192, 8192]
    assert numbers.number(many(1))
    assert numbers.look_after == 1024


def test_kinds_of_tcp_share_some_numbers():
    """They are short segments' too: whoever has time stamps takes those first that others cannot have."""
    numbers = FlowNumbers()
    timed, bare = many(5, tag=TCP_TIMED_TAG), many(5, tag=TCP_TAG)
    assert numbers.number([*timed, *bare])
    assert all(one.number for one in (*timed, *bare))
    assert min(one.number for one in timed) > max(one.number for one in bare)
    more = many(1, tag=TCP_TIMED_TAG)
    assert not numbers.number(more)
    assert more[0].number == 0


def test_a_number_is_never_given_again():
    numbers, seen = FlowNumbers(), []
    for _round in range(5):
        flows = many(8)
        numbers.number(flows)
        seen += [one.number for one in flows if one.number]
    assert sorted(seen) == sorted(NUMBERS[UDP_TAG])
    assert len(numbers.for_filter()) == len(seen)
