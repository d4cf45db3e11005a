"""What is tried again, and when."""

import pytest

from tcperf.teamcity.exchange import Answer, Failure
from tcperf.teamcity.retrying import Patience, is_temporary, pause_s, retry_after_s

PATIENCE = Patience(first_s=0.5, longest_s=20)
DATE = "Fri, 27 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 520, 599])
def test_faults_that_pass(status):
    assert is_temporary(Answer(status), repeatable=True)


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 407, 501, 505, 508, 511])
def test_answers_that_stay(status):
    assert not is_temporary(Answer(status), repeatable=True)


@pytest.mark.parametrize(
    ("status", "again"), [(429, True), (503, True), (500, False), (502, False), (504, False)]
)
def test_what_must_not_be_done_twice_is_tried_again_only_where_it_was_not_done(status, again):
    assert is_temporary(Answer(status), repeatable=False) is again


@pytest.mark.parametrize(
    ("failure", "repeatable", "again"),
    [
        (Failure("lost"), True, True),
        (Failure("lost"), False, False),
        (Failure("no connection", was_sent=False), False, True),
        (Failure("no certificate", was_sent=False, is_lasting=True), True, False),
        (Failure("no HTTP", is_nonsense=True), True, False),
    ],
)
def test_failures(failure, repeatable, again):
    assert is_temporary(failure, repeatable=repeatable) is again


def test_pauses_double_up_to_the_longest():
    full = [pause_s(PATIENCE, attempt, 1.0, Answer(500)) for attempt in range(1, 9)]
    assert full == [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert pause_s(PATIENCE, 1000, 1.0, Answer(500)) == 20


def test_jitter_takes_at_most_half():
    assert pause_s(PATIENCE, 3, 0.0, Failure("lost")) == 1
    assert pause_s(PATIENCE, 3, 0.5, Failure("lost")) == 1.5


def test_what_the_server_asks_for_is_never_undercut():
    asked = Answer(429, {"retry-after": "7"})
    assert pause_s(PATIENCE, 1, 0.0, asked) == 7
    assert pause_s(PATIENCE, 9, 1.0, asked) == 7.25


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 120 "}, 120),
        ({"retry-after": "9" * 400}, 10**9),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "Fri, 27 Nov 2026 10:01:30 GMT", "date": DATE}, 90),
        ({"retry-after": "Fri, 27 Nov 2026 09:00:00 GMT", "date": DATE}, 0),  # over already
        ({"retry-after": "Fri, 27 Nov 2026 12:01:30 +0200", "date": DATE}, 90),
        ({"retry-after": "Fri, 27 Nov 2026 10:01:30 GMT"}, None),  # by which clock?
        ({"retry-after": "Fri, 27 Nov 2026 10:01:30 -0000", "date": DATE}, None),
        ({"retry-after": "Fri, 99 Nov 2026 10:01:30 GMT", "date": DATE}, None),
    ],
)
def test_retry_after(headers, seconds):
    assert retry_after_s(headers) == seconds
