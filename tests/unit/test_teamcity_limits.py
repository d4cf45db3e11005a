"""What an exchange may take."""

import pytest

from tcperf.clock import Deadline
from tcperf.teamcity.limits import Limits


@pytest.mark.parametrize(
    ("size", "text"), [(64 << 20, "64 MiB"), (1 << 20, "1 MiB"), (1000, "1000 bytes"), (3 << 19, "1 MiB")]
)
def test_the_size_for_people(size, text):
    assert Limits(answer_bytes=size).size == text


def test_far_from_the_deadline_they_are_as_they_were():
    assert Limits().until(Deadline.after(1000)) == Limits()


def test_near_the_deadline_nothing_is_waited_for_beyond_it():
    near = Limits(connect_s=10, read_s=30).until(Deadline.after(20.04))
    assert (near.connect_s, near.read_s) == (10, 20.0)
    nearer = Limits(connect_s=10, read_s=30).until(Deadline.after(5.04))
    assert (nearer.connect_s, nearer.read_s) == (5.0, 5.0)


def test_a_socket_is_never_given_no_time_at_all():
    over = Limits().until(Deadline.after(0))
    assert (over.connect_s, over.read_s) == (0.1, 0.1)
