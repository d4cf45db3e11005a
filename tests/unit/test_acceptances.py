"""Known changes for the worse: covered by size and date, or it is said why not."""

from datetime import date

import attrs
import comparisons
import pytest

from tcperf.acceptances import accept, expired
from tcperf.rules import Acceptance

TODAY = date(2026, 11, 27)


def known(match="one_to_one.*.sent_bytes", up_to=7.0, reason="larger envelopes", until=TODAY):
    return Acceptance(match=match, up_to=up_to, reason=reason, until=until)


def test_a_change_is_covered_up_to_its_size_and_through_the_last_day():
    found = accept(comparisons.WORSE, [known()], TODAY)
    assert found.accepted == "larger envelopes (until 2026-11-27)"
    assert not found.is_regression
    assert found.change == "worse"
    exact = attrs.evolve(comparisons.WORSE, effect_pct=7.0)
    assert accept(exact, [known()], TODAY).accepted is not None


@pytest.mark.parametrize(
    ("acceptance", "note"),
    [
        (known(up_to=6.1), "accepted up to 6.1 % only"),
        (known(until=date(2026, 11, 26)), "it was accepted until 2026-11-26"),
    ],
)
def test_what_is_not_covered_says_why(acceptance, note):
    found = accept(comparisons.WORSE, [acceptance], TODAY)
    assert found.accepted is None
    assert found.is_regression
    assert found.note == note


def test_a_change_from_nothing_has_no_size_that_could_be_accepted():
    found = accept(attrs.evolve(comparisons.WORSE, effect_pct=None), [known(up_to=1e9)], TODAY)
    assert found.is_regression
    assert found.note == "accepted up to 1e+09 %, but of 0 there is no percentage"


@pytest.mark.parametrize("match", ["idle.*", "sent_bytes", "tcperf.*", "one_to_one.messages.cpu_ms"])
def test_another_key_is_not_covered_and_nothing_is_said(match):
    assert accept(comparisons.WORSE, [known(match)], TODAY) is comparisons.WORSE


def test_keys_of_the_reference_node_match_by_their_tail_too():
    found = attrs.evolve(comparisons.WORSE, key="tcperf.reference.one_to_one.messages.sent_bytes")
    assert accept(found, [known()], TODAY).accepted is not None


UNSURE = attrs.evolve(comparisons.WORSE, change="cannot_tell", note="-0.4 … +4.1 % reaches beyond 3 %")


def test_what_cannot_be_told_is_covered_where_its_whole_interval_is():
    """An accepted change is mostly about as large as its threshold: it would be in doubt for ever."""
    assert UNSURE.high_pct == 7.6
    found = accept(UNSURE, [known(up_to=7.6)], TODAY)
    assert found.accepted == "larger envelopes (until 2026-11-27)"
    assert (found.change, found.note) == ("cannot_tell", UNSURE.note)


@pytest.mark.parametrize(
    ("each", "one"),
    [
        (UNSURE, known(up_to=7.5)),
        (UNSURE, known(up_to=7.6, until=date(2026, 11, 26))),
        (UNSURE, known("idle.*", up_to=50.0)),
        (attrs.evolve(UNSURE, high_pct=None), known(up_to=50.0)),
        (attrs.evolve(UNSURE, gated=False), known(up_to=50.0)),
        (attrs.evolve(UNSURE, pairs=6), known(up_to=50.0)),
        (attrs.evolve(UNSURE, pairs=4, paired=False), known(up_to=50.0)),
    ],
)
def test_what_is_in_doubt_for_another_reason_stays_so_and_keeps_its_note(each, one):
    assert accept(each, [one], TODAY) is each


@pytest.mark.parametrize("change", ["better", "ok", "not_compared"])
def test_only_what_is_worse_or_in_doubt_is_accepted(change):
    found = attrs.evolve(comparisons.WORSE, change=change)
    assert accept(found, [known()], TODAY) is found


def test_what_is_only_reported_needs_no_acceptance():
    found = attrs.evolve(comparisons.WORSE, gated=False)
    assert accept(found, [known()], TODAY) is found


def test_the_last_that_covers_is_named_whatever_the_others_say():
    several = [known(reason="one"), known(reason="two"), known(up_to=1.0), known(until=date(2020, 1, 1))]
    assert accept(comparisons.WORSE, several, TODAY).accepted == "two (until 2026-11-27)"


def test_an_expired_acceptance_of_what_was_compared_is_warned_of():
    old = known(until=date(2026, 11, 1))
    (told,) = expired(comparisons.ALL, [known(), old, known("idle.*", until=old.until)], TODAY)
    assert told == (
        "the acceptance of one_to_one.*.sent_bytes ended on 2026-11-01: "
        "remove it, or give it a new date (larger envelopes)"
    )
    assert expired((), [old], TODAY) == ()
