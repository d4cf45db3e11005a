"""What is said of what tests left running; who lives there is found out with real suites."""

from tcperf.suite.left import Times, sentence
from tcperf.watching.inhabitants import Inhabitant, named

NOW_S = 1_000_000.0


def times(**found):
    made = Times()
    for name, (start_s, stop_s) in found.items():
        made.note(f"a.py::test_{name}", NOW_S + start_s, NOW_S + stop_s)
    return made


def test_each_is_named_with_its_id_and_its_test():
    found = [Inhabitant(11, "sleep", 5, "a.py::test_b"), Inhabitant(12, "node", 4)]
    told = sentence(found, Times(), NOW_S)
    assert told.startswith("2 processes that tests left running are ended with pytest; ")
    assert told.endswith(": sleep (11, of a.py::test_b), node (12)")
    assert sentence(found[:1], Times(), NOW_S).startswith(
        "1 process that a test left running is ended with pytest; "
    )


def test_whose_environment_tells_nothing_is_of_the_one_test_that_ran_then():
    ran = times(first=(-9, -6), second=(-5.9, -3))
    for age_s, test in ((7, "first"), (4, "second")):
        told = sentence([Inhabitant(12, "node", age_s)], ran, NOW_S)
        assert told.endswith(f": node (12, of a.py::test_{test})")
    assert sentence([Inhabitant(12, "node", 1)], ran, NOW_S).endswith(": node (12)")


def test_its_environment_is_believed_before_the_time():
    told = sentence([Inhabitant(12, "node", 7, "b.py::test_x")], times(first=(-9, -6)), NOW_S)
    assert told.endswith(": node (12, of b.py::test_x)")


def test_of_tests_that_ran_side_by_side_it_is_one_of_two_and_none_of_many():
    ran = times(first=(-9, -6), second=(-7, -3), third=(-6.2, -1))
    assert ran.test_at(NOW_S - 8) == "a.py::test_first"
    assert ran.test_at(NOW_S - 6.5) == "a.py::test_first or a.py::test_second"
    assert ran.test_at(NOW_S - 6.1) is None


def test_a_process_may_have_been_started_a_tick_later_than_it_tells():
    ran = times(first=(-9, -6))
    assert ran.test_at(NOW_S - 9.009) == "a.py::test_first"
    assert ran.test_at(NOW_S - 9.02) is None
    assert ran.test_at(NOW_S - 5.99) is None


def test_a_tests_parts_are_one_time_and_a_lost_worker_tells_none():
    ran = times(first=(-9, -8))
    ran.note("a.py::test_first", NOW_S - 7, NOW_S - 6)
    ran.note("a.py::test_first", 0, NOW_S)
    assert ran.test_at(NOW_S - 7.5) == "a.py::test_first"
    assert ran.test_at(NOW_S - 1) is None


def test_of_many_some_are_named():
    found = [Inhabitant(number, "sleep", 1) for number in range(9)]
    assert named(found) == "sleep (0), sleep (1), sleep (2), sleep (3) and 5 more"
