"""What can be planted, and how it is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import UsageError
from tcperf.metrics import METRICS
from tcperf.plants.kinds import KINDS, kind_of
from tcperf.plants.wish import Wish, parse_wish


def test_the_kinds_in_their_order():
    assert list(KINDS) == ["delay", "bytes", "memory", "cpu"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_names_metrics_that_there_are(kind):
    assert kind.may_turn_red <= set(METRICS)
    assert METRICS[kind.metric].unit.symbol == kind.unit
    assert kind.metric in kind.may_turn_red


def test_no_kind_explains_everything():
    """Each leaves something that has to stay green, or a drill could not tell it from a broken gate."""
    published = {
        "time_ms",
        "cpu_ms",
        "memory_peak_bytes",
        "sent_bytes",
        "packets_count",
        "latency_ms",
        "send_ms",
    }
    for kind in KINDS.values():
        assert published - kind.may_turn_red


def test_what_cpu_may_turn_red():
    assert kind_of("cpu").may_turn_red == {
        "cpu_ms", "cpu_user_ms", "cpu_system_ms", "time_ms", "latency_ms", "send_ms",
    }  # fmt: skip


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(UsageError, match="'byte' cannot be planted") as caught:
        kind_of("byte")
    assert "bytes" in caught.value.cure


@pytest.mark.parametrize(
    ("text", "ratio", "amount"),
    [
        ("cpu", None, None),
        ("cpu=15%", 0.15, None),
        ("cpu = 7.5 %", 0.075, None),
        ("cpu=30ms", None, 30.0),
        ("delay=0.2s", None, 200.0),
        ("delay=20%", 0.2, None),
        ("bytes=6%", 0.06, None),
        ("bytes=10KiB", None, 10240.0),
        ("memory=8MiB", None, float(8 << 20)),
    ],
)
def test_wishes(text, ratio, amount):
    found = parse_wish(text)
    assert found.kind is KINDS[text.partition("=")[0].strip()]
    assert (found.ratio, found.amount) == (pytest.approx(ratio), amount)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be planted"),
        ("speed", "'speed' cannot be planted"),
        ("cpu=", "expected an amount"),
        ("cpu=fast", "expected an amount"),
        ("cpu=-3%", "expected a percentage"),
        ("cpu=0%", "cpu=0% cannot be planted"),
        ("cpu=1001%", "cpu=1001% cannot be planted"),
        ("cpu=5", "cpu=5 cannot be planted"),
        ("cpu=0ms", "cpu=0ms cannot be planted"),
        ("memory=5ms", "memory=5ms cannot be planted"),
        ("delay=5MiB", "delay=5MiB cannot be planted"),
    ],
)
def test_no_wishes(text, words):
    with pytest.raises(UsageError, match=words) as caught:
        parse_wish(text)
    assert caught.value.cure


@given(name=st.sampled_from(sorted(KINDS)), percent=st.integers(1, 1000))
def test_every_whole_percentage_can_be_asked_for(name, percent):
    assert parse_wish(f"{name}={percent}%") == Wish(KINDS[name], ratio=percent / 100)
