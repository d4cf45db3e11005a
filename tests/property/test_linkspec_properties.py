"""What is spelled is read again, and nothing else than a clear error comes of any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import UsageError
from tcperf.link import Link
from tcperf.linkspec import parse_link, spell

LINKS = st.builds(
    Link,
    st.none() | st.floats(0.01, 10_000).map(lambda value: round(value, 6)),
    st.none() | st.integers(1_000, 10_000_000_000),
    st.none() | st.floats(0.000001, 0.99).map(lambda value: round(value, 8)),
)


@given(LINKS)
def test_spelling_and_reading_are_inverse(link):
    found = parse_link(spell(link))
    assert found.delay_ms == pytest.approx(link.delay_ms)
    assert found.rate_bits_per_s == link.rate_bits_per_s
    assert found.loss_ratio == pytest.approx(link.loss_ratio)
    assert spell(found) == spell(link)


@given(
    st.text()
    | st.lists(st.sampled_from(["delay", "rate", "loss", "=", ",", "5", "ms", "mbit", "%", " "])).map("".join)
)
def test_any_text_is_a_link_or_a_usage_error(text):
    try:
        found = parse_link(text)
    except UsageError:
        return
    assert spell(parse_link(spell(found))) == spell(found)
