"""What is said of phases that raised what their tests caught."""

from types import SimpleNamespace

import pytest

from tcperf.suite.broken import Broken, dumps, loads, sentences

CHAT = "test_chat.py::test_send"


def measured(origin=CHAT, part="send"):
    return SimpleNamespace(origin=origin, part=part)


def raised(error="ValueError: no", origin=CHAT, part="send"):
    return Broken(origin, part, error)


def test_a_phase_that_was_never_measured_is_told_with_test_and_exception():
    assert list(sentences([raised()], [measured(part=""), measured(part="other")])) == [
        f"{CHAT}: phase send was not measured: it raised ValueError: no, which the test caught"
    ]


def test_one_that_was_measured_sometimes_is_told_with_how_often():
    found = [raised(), raised("KeyError: 7"), raised(), raised(origin="a.py::test_b", part="x")]
    assert list(sentences(found, [measured(), measured()])) == [
        (
            f"{CHAT}: phase send was measured 2 of 5 times only: it raised ValueError: no or something else, "
            "which the test caught"
        ),
        "a.py::test_b: phase x was not measured: it raised ValueError: no, which the test caught",
    ]


def test_of_several_exceptions_the_first_is_told():
    (told,) = sentences([raised(f"KeyError: {number}") for number in range(3)], [])
    assert told.endswith(": it raised KeyError: 0 or 2 other things, which the test caught")


def test_of_many_some_are_told_and_all_are_counted():
    *told, last = sentences([raised(part=f"p{number}") for number in range(20)], [])
    assert len(told) == 12
    assert last == "8 more phases raised what their tests caught, and were not measured then"


class SpeechlessError(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("a\nb\x1b[31m"), "ValueError: a b\ufffd[31m"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (SpeechlessError(), "SpeechlessError"),
        (ValueError("x" * 1000), f"ValueError: {'x' * 147}…"),
    ],
)
def test_an_exception_is_told_in_a_short_line_that_steers_nobody(error, told):
    assert Broken.of(CHAT, "send", error).error == told


def test_they_travel_as_a_text():
    found = (raised(), raised("KeyError: 'ä'"))
    assert loads(dumps(found)) == found
