"""A measurement of a metric, and what is made of several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.measurement import EXACTNESS, Measurement, loosest, made_of, measured
from tcperf.metrics import METRICS

KINDS = st.lists(st.sampled_from(EXACTNESS), min_size=1)


@pytest.mark.parametrize("key", METRICS)
def test_it_is_in_its_metrics_unit(key):
    assert measured(key, 3.5, "exact", "somewhere") == Measurement(
        3.5, key.rpartition("_")[2], "exact", "somewhere"
    )


def test_of_no_metric_there_is_none():
    with pytest.raises(KeyError):
        measured("cpu_bytes", 1, "exact", "somewhere")


@given(KINDS, st.randoms())
def test_the_loosest_is_among_them_whatever_their_order(kinds, random):
    found = loosest(*kinds)
    assert found in kinds
    assert not any(kind in kinds for kind in EXACTNESS[EXACTNESS.index(found) + 1 :])
    assert loosest(*random.sample(kinds, len(kinds))) == found


def test_from_exact_to_bound():
    assert loosest("exact", "sampled") == "sampled"
    assert loosest("bound", "host_wide", "exact") == "bound"


def test_what_is_made_of_several_is_as_exact_as_the_loosest_and_tells_each_source_once():
    parts = (
        measured("cpu_ms", 1, "exact", "cpu clock"),
        measured("cpu_ms", 2, "sampled", "cpu clock, children"),
        measured("cpu_ms", 4, "exact", "cpu clock"),
    )
    assert made_of("cpu_ms", 7, *parts) == Measurement(7, "ms", "sampled", "cpu clock + cpu clock, children")


def test_it_need_not_be_of_its_parts_metric():
    sent = measured("sent_bytes", 900, "exact", "interface")
    made = made_of("delivery_bytes", 90.0, sent, measured("deliveries_count", 10, "exact", "signals"))
    assert made == Measurement(90.0, "bytes", "exact", "interface + signals")
