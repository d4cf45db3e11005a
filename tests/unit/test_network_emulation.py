"""What becomes of each frame on an emulated link."""

import random

import pytest

from tcperf.link import Link
from tcperf.network.emulation import FULL_FRAME, Path, delay_ns, frame_limit, transit_s

MS = 1_000_000


def test_a_perfect_link_lets_frames_arrive_at_once():
    path = Path(Link(), 0)
    assert [path.admit(now, 100) for now in (5, 5, 7)] == [5, 5, 7]
    assert (path.lost_packets, path.lost_bytes, path.held) == (0, 0, 3)


def test_a_delay_is_added_to_every_frame():
    path = Path(Link(delay_ms=50.0), 0)
    assert path.admit(1_000, 1514) == 1_000 + 50 * MS
    assert path.admit(2_000, 60) == 2_000 + 50 * MS


def test_at_a_rate_frames_follow_each_other():
    path = Path(Link(rate_bits_per_s=8_000_000), 0)  # a byte takes a microsecond
    assert path.admit(0, 1000) == 1000 * 1000
    assert path.admit(0, 500) == 1500 * 1000
    # After a pause the link is free: it has saved nothing up.
    assert path.admit(10 * MS, 100) == 10 * MS + 100 * 1000


def test_the_delay_begins_when_the_last_bit_has_left():
    path = Path(Link(delay_ms=1.0, rate_bits_per_s=8_000_000), 0)
    assert [path.admit(0, 1000) for _ in range(3)] == [2 * MS, 3 * MS, 4 * MS]


def test_losses_are_those_of_the_seed():
    fate = random.Random(7)
    expected = [fate.random() < 0.3 for _ in range(1000)]
    path = Path(Link(loss_ratio=0.3), 7)
    found = [path.admit(0, 10) is None for _ in range(1000)]
    assert found == expected
    assert path.lost_packets == sum(expected)
    assert path.lost_bytes == 10 * sum(expected)
    assert path.held == 1000 - sum(expected)


def test_paths_of_different_seeds_lose_differently():
    fates = []
    for seed in (0, 1):
        path = Path(Link(loss_ratio=0.5), seed)
        fates.append([path.admit(0, 1) is None for _ in range(64)])
    assert fates[0] != fates[1]


def test_chance_takes_its_course_while_the_queue_is_full():
    """Whether the n-th frame is lost by chance depends on n alone."""
    link = Link(rate_bits_per_s=1_000, loss_ratio=0.5)
    fate = random.Random(0)
    path = Path(link, 0)
    while path.held < frame_limit(link):
        lucky = fate.random() >= 0.5
        assert (path.admit(0, 100) is not None) == lucky
    for _ in range(10):
        fate.random()
        assert path.admit(0, 100) is None
    for _ in range(100):
        path.release()
    assert [path.admit(0, 100) is not None for _ in range(50)] == [fate.random() >= 0.5 for _ in range(50)]


def test_a_full_link_loses_the_next_frame_and_takes_one_when_one_arrived():
    path = Path(Link(rate_bits_per_s=1_000), 0)
    assert all(path.admit(0, 100) is not None for _ in range(1000))
    assert path.admit(0, 77) is None
    assert (path.lost_packets, path.lost_bytes, path.held) == (1, 77, 1000)
    path.release()
    assert path.admit(0, 100) is not None


@pytest.mark.parametrize(
    ("link", "limit"),
    [
        (Link(), 1000),
        (Link(rate_bits_per_s=10_000_000), 1000),
        # 50 ms of 10 Mbit/s are 62,500 bytes, 41.3 full frames.
        (Link(delay_ms=50.0, rate_bits_per_s=10_000_000), 1042),
        # 1 ms of the fastest, 10 Gbit/s, are 1.25 MB.
        (Link(delay_ms=1.0), 1826),
    ],
)
def test_a_link_holds_a_queue_and_what_is_underway(link, limit):
    assert frame_limit(link) == limit


@pytest.mark.parametrize(
    ("link", "seconds"),
    [
        (Link(loss_ratio=0.5), 0.0),
        (Link(delay_ms=250.0), 0.25),
        (Link(rate_bits_per_s=10_000_000), 1000 * FULL_FRAME * 8 / 10_000_000),
        (Link(delay_ms=1000.0, rate_bits_per_s=1_000), 16.0),
    ],
)
def test_how_long_the_last_frame_takes(link, seconds):
    assert transit_s(link) == pytest.approx(seconds)


def test_a_delay_in_nanoseconds():
    assert delay_ns(Link(delay_ms=0.01)) == 10_000
    assert delay_ns(Link()) == 0
