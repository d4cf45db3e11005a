"""What holds for every link and every stream of frames."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tcperf.link import Link
from tcperf.network.emulation import Path, delay_ns, frame_limit

LINKS = st.builds(
    Link,
    st.none() | st.floats(0.01, 1000),
    st.none() | st.integers(1_000, 10_000_000_000),
    st.none() | st.floats(0.000001, 0.99),
)
FRAMES = st.lists(st.tuples(st.integers(0, 10_000_000), st.integers(14, 1514)), max_size=200)


def played(link, seed, frames):
    """Each frame's time, its size and when it arrives."""
    path, now, found = Path(link, seed), 0, []
    for pause, size in frames:
        now += pause
        found.append((now, size, path.admit(now, size)))
    return path, found


@given(LINKS, st.integers(0, 253), FRAMES)
def test_every_frame_arrives_or_is_counted(link, seed, frames):
    path, found = played(link, seed, frames)
    lost = [size for _now, size, due in found if due is None]
    assert path.lost_packets == len(lost)
    assert path.lost_bytes == sum(lost)
    assert path.held == len(found) - len(lost) <= frame_limit(link)


@given(LINKS, st.integers(0, 253), FRAMES)
def test_frames_keep_their_order_and_take_the_delay(link, seed, frames):
    _path, found = played(link, seed, frames)
    arrived = [(now, size, due) for now, size, due in found if due is not None]
    for now, _size, due in arrived:
        assert due >= now + delay_ns(link)
    for (_, _, before), (_, size, after) in itertools.pairwise(arrived):
        gap = 0 if link.rate_bits_per_s is None else size * 8_000_000_000 // link.rate_bits_per_s
        assert after >= before + gap


@given(LINKS, st.integers(0, 253), FRAMES)
def test_equal_runs_are_equal(link, seed, frames):
    assert played(link, seed, frames)[1] == played(link, seed, frames)[1]
