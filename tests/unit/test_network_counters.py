"""Readings of an interface's counters, added and taken from each other."""

from attrs import astuple, fields
from hypothesis import given
from hypothesis import strategies as st

from tcperf.network.interface import Counters

READINGS = st.tuples(*[st.integers(0, 1 << 64)] * len(fields(Counters))).map(lambda each: Counters(*each))


@given(READINGS, READINGS)
def test_each_counter_is_added_to_its_like(one, other):
    assert astuple(one + other) == tuple(map(sum, zip(astuple(one), astuple(other), strict=True)))


@given(READINGS, READINGS)
def test_what_was_added_can_be_taken_away(one, other):
    assert (one + other) - other == one
