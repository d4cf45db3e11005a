"""The nearest name, and the cure that offers it."""

import pytest

from tcperf.nearest import choose_from, nearest

KNOWN = ("cold_start", "idle", "one_to_one")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("one_to_on", "one_to_one"),
        ("one-to-one", "one_to_one"),
        ("IDLE", "idle"),
        ("idel", "idle"),
        ("coldstart", "cold_start"),
        ("idle", "idle"),
    ],
)
def test_the_nearest_name(name, meant):
    assert nearest(name, KNOWN) == meant


@pytest.mark.parametrize("name", ["", "zzz", "messages"])
def test_no_name_is_near(name):
    assert nearest(name, KNOWN) is None


def test_the_name_is_given_as_it_is_known():
    assert nearest("kib", ["KiB", "MiB"]) == "KiB"


def test_the_cure_names_the_nearest_and_the_others():
    assert choose_from("idel", KNOWN) == "did you mean idle? others are cold_start, one_to_one"


def test_the_cure_without_a_near_name_lists_all_in_their_order():
    assert choose_from("zzz", KNOWN) == "choose from cold_start, idle, one_to_one"


def test_the_cure_with_a_single_known_name():
    assert choose_from("artefacts", ["artifacts"]) == "did you mean artifacts?"


def test_the_cure_with_nothing_known():
    assert choose_from("x", [], none="there are no parameters to set") == "there are no parameters to set"


def test_a_name_known_twice_is_offered_once():
    assert choose_from("zzz", ["idle", "idle"]) == "choose from idle"
