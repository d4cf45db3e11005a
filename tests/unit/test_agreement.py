"""CPU in lanes against CPU in one lane: agreeing, differing, and too noisy to tell."""

import random

import pytest

from tcperf.agreement import agreements
from tcperf.columns import Column


def column(metric="cpu_ms", *, middle=1000.0, cv=0.03, runs=20, seed=1, phase="messages"):
    rng = random.Random(seed)
    base, head = (tuple(middle * rng.lognormvariate(0, cv) for _ in range(runs)) for _side in range(2))
    return Column("trial", phase, metric, published=True, reference=False, base=base, head=head)


def agreement(several, one, worse_by=0.08):
    found = list(agreements([several], [one], 3, {several.tail: worse_by}))
    return found[0] if found else None


def test_equal_ones_agree():
    found = agreement(column(seed=2), column())
    assert found.agrees is True
    assert (found.tail, found.lanes) == ("trial.messages.cpu_ms", 3)
    assert found.one_median == pytest.approx(1000, rel=0.02)


@pytest.mark.parametrize(
    ("factor", "agrees"), [(1.03, True), (0.97, True), (1.3, False), (0.7, False), (1.08, None)]
)
def test_what_differs_by_more_than_the_threshold_differs(factor, agrees):
    found = agreement(column(seed=2, middle=1000 * factor), column())
    assert found.agrees is agrees
    assert found.shift.value == pytest.approx(factor - 1, abs=0.02)
    assert found.shift.low < factor - 1 + 0.02


def test_noise_is_no_agreement():
    """Medians that lie in wide intervals say nothing."""
    found = agreement(column(seed=2, cv=0.4, runs=5), column(cv=0.4, runs=5))
    assert found.agrees is None


def test_a_wider_threshold_bears_more():
    several, one = column(seed=2, middle=1080), column()
    assert agreement(several, one, worse_by=0.15).agrees is True
    assert agreement(several, one, worse_by=0.02).agrees is False


def test_only_cpu_is_asked_about():
    assert agreement(column("time_ms"), column("time_ms")) is None


def test_both_must_have_it_in_the_same_phase():
    assert list(agreements([column(phase="connect")], [column()], 3, {"trial.connect.cpu_ms": 0.08})) == []
    assert list(agreements([column()], [], 3, {"trial.messages.cpu_ms": 0.08})) == []
    assert list(agreements([column()], [column()], 3, {})) == []


def test_of_nothing_nothing_is_said():
    assert agreement(column(), column(middle=0.0)) is None
