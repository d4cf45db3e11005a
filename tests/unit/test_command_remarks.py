"""What is said of a program beside its figures."""

from types import SimpleNamespace

import pytest

from tcperf import clock
from tcperf.command.remarks import held_up, running, said
from tcperf.command.tree import Left

MS = clock.NS_PER_MS


def outlets(*held_ms):
    return [SimpleNamespace(held_ns=each * MS, log_failure=None) for each in held_ms]


def test_one_that_waited_for_us_is_told_with_what_helps():
    (told,) = held_up("sh-1", 500 * MS, outlets(400, 50), is_shown=True)
    assert told == (
        "sh-1: the program printed faster than tcperf passes it on, and waited for up to 450 ms of its 500 ms: its times "
        "are longer for it (--quiet passes on less; a program that prints to a file waits for nobody)"
    )
    (told,) = held_up("sh-1", 500 * MS, outlets(450, 0), is_shown=False)
    assert told.endswith("longer for it (a program that prints to a file waits for nobody)")


@pytest.mark.parametrize(("held_ms", "life_ms"), [(0, 10), (20, 30), (100, 10_000)])
def test_a_little_is_not_told(held_ms, life_ms):
    assert not [*held_up("sh-1", life_ms * MS, outlets(held_ms, 0), is_shown=True)]


@pytest.mark.parametrize(("held_ms", "life_ms"), [(21, 30), (201, 10_000)])
def test_a_noticeable_part_is(held_ms, life_ms):
    assert [*held_up("sh-1", life_ms * MS, outlets(held_ms, 0), is_shown=True)]


def test_what_it_left_is_said_to_have_been_ended():
    assert running(Left(1, 0, ("sleep (7)",))) == "a process running, which was ended (sleep (7))"
    six = tuple(f"sleep ({number})" for number in range(6))
    assert running(Left(6, 0, six)) == (
        "6 processes running, which were ended (sleep (0), sleep (1), sleep (2), sleep (3) and 2 more)"
    )


def test_a_process_may_have_any_name():
    told = running(Left(1, 0, ("\n##teamcity[x (7)",)))
    assert told == r"a process running, which was ended ('\n##teamcity[x (7)')"


def test_what_is_wrong_is_told_in_one_list():
    log = SimpleNamespace(log_failure="the log is incomplete: No space left on device")
    door = SimpleNamespace(strays=2)
    told = [*said("sh-1", Left(1, 0, ("a (1)",)), door, [log])]
    assert told == [
        "sh-1: the program ended and left a process running, which was ended (a (1)): what they do later is in no figure of it",
        "sh-1: 2 lines at the socket for marks said nothing that could be understood",
        "sh-1: the log is incomplete: No space left on device",
    ]
    assert not [*said("sh-1", Left(), SimpleNamespace(strays=0), outlets(0))]
