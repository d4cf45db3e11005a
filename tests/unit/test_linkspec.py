"""How bad links are written."""

import pytest

from tcperf.errors import UsageError
from tcperf.link import Link
from tcperf.linkspec import NONE, parse_link, spell


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("delay=50ms,rate=10mbit,loss=1%", Link(50.0, 10_000_000, 0.01)),
        ("loss=1 %, delay = 50 ms", Link(50.0, None, 0.01)),
        ("delay=1s", Link(1000.0)),
        ("delay=250us", Link(0.25)),
        ("rate=256kbit", Link(rate_bits_per_s=256_000)),
        ("rate=1.5Mbit", Link(rate_bits_per_s=1_500_000)),
        ("rate=1 Gbit/s", Link(rate_bits_per_s=1_000_000_000)),
        ("rate=64000bit", Link(rate_bits_per_s=64_000)),
        ("loss=5", Link(loss_ratio=0.05)),
        ("loss=0.1%", Link(loss_ratio=0.001)),
        ("none", Link()),
        (" none ", Link()),
    ],
)
def test_what_can_be_written(text, link):
    found = parse_link(text)
    assert found.delay_ms == link.delay_ms
    assert found.rate_bits_per_s == link.rate_bits_per_s
    assert found.loss_ratio == pytest.approx(link.loss_ratio)


@pytest.mark.parametrize(
    ("value", "what", "cure"),
    [
        ("", "expected how bad links are", "delay=50ms,rate=10mbit,loss=1%"),
        ("   ", "expected how bad links are", "delay=50ms"),
        (5, "not 5", "delay=50ms"),
        ({"delay": "50ms"}, "not a table", "delay=50ms"),
        ("50ms", "expected NAME=VALUE, not '50ms'", "delay=50ms"),
        ("delay=50ms,", "expected NAME=VALUE, not ''", "delay=50ms"),
        ("dealy=50ms", "'dealy' is nothing a link can have", "did you mean delay?"),
        ("delay=50ms,delay=60ms", "delay is given twice", "keep one"),
        ("delay=50", "delay: expected a time, not '50'", "50ms"),
        ("delay=50kB", "delay: expected a time", "50ms"),
        ("delay=fast", "delay: expected an amount, not 'fast'", None),
        ("delay=", "delay: expected an amount, not ''", None),
        ("delay=-5ms", "delay: expected an amount", None),
        ("delay=0ms", "delay: '0ms' cannot be emulated", "10us to 10s, or leave it away"),
        ("delay=11s", "delay: '11s' cannot be emulated", "10us to 10s"),
        ("rate=10", "rate: expected a rate, not '10'", "256kbit or 10mbit"),
        ("rate=10MB", "rate: expected a rate", "10mbit"),
        ("rate=999bit", "rate: '999bit' cannot be emulated", "1kbit to 10gbit"),
        ("rate=11gbit", "rate: '11gbit' cannot be emulated", "1kbit to 10gbit"),
        ("loss=0.5", "loss: 0.5 is ambiguous", '"0.5 %"'),
        ("loss=0%", "loss: '0%' cannot be emulated", "0.0001% to 99%"),
        ("loss=100%", "loss: '100%' cannot be emulated", "0.0001% to 99%"),
        ("loss=much", "loss: expected a percentage", None),
        ("none,loss=1%", "expected NAME=VALUE, not 'none'", "delay=50ms"),
    ],
)
def test_what_cannot_be_written_is_explained(value, what, cure):
    with pytest.raises(UsageError) as caught:
        parse_link(value)
    assert what in caught.value.message
    assert cure is None or cure in caught.value.cure


@pytest.mark.parametrize(
    ("link", "text"),
    [
        (Link(50.0, 10_000_000, 0.01), "delay=50ms,rate=10mbit,loss=1%"),
        (Link(delay_ms=0.25), "delay=0.25ms"),
        (Link(rate_bits_per_s=1_500_000), "rate=1500kbit"),
        (Link(rate_bits_per_s=2_000_000_000), "rate=2gbit"),
        (Link(rate_bits_per_s=1_001), "rate=1001bit"),
        (Link(loss_ratio=0.000001), "loss=0.0001%"),
        (Link(loss_ratio=0.07), "loss=7%"),
        (Link(), NONE),
        (None, NONE),
    ],
)
def test_a_link_is_spelled_as_it_is_written(link, text):
    assert spell(link) == text
    assert spell(parse_link(text)) == text
