"""Whether a clock was set, by two clocks of ours."""

import pytest

from tcperf.clock import NS_PER_MS, NS_PER_S
from tcperf.probes import clock_watch
from tcperf.probes.clock_watch import ClockWatch

HOUR_NS = 3_600 * NS_PER_S


class Clocks:
    def __init__(self):
        self.monotonic_ns = 5 * NS_PER_S
        self.realtime_ns = 1_700_000_000 * NS_PER_S

    def run(self, ns, *, drift_ns=0):
        self.monotonic_ns += ns
        self.realtime_ns += ns + drift_ns


@pytest.fixture
def clocks(monkeypatch):
    made = Clocks()
    monkeypatch.setattr(clock_watch, "monotonic_ns", lambda: made.monotonic_ns)
    monkeypatch.setattr(clock_watch, "realtime_ns", lambda: made.realtime_ns)
    return made


def test_clocks_that_drift_are_not_set(clocks):
    watch = ClockWatch()
    for ns in (0, NS_PER_MS, NS_PER_S, HOUR_NS):
        clocks.run(ns, drift_ns=ns // 2000)
        assert watch.look() == 0
    assert watch.steps == 0
    assert watch.offset_ns == clocks.realtime_ns - clocks.monotonic_ns


@pytest.mark.parametrize("step_ns", [HOUR_NS, -HOUR_NS, 5 * NS_PER_MS, -5 * NS_PER_MS])
def test_a_step_is_told_once(clocks, step_ns):
    watch = ClockWatch()
    clocks.run(NS_PER_S, drift_ns=step_ns)
    assert watch.look() == step_ns
    clocks.run(NS_PER_S)
    assert (watch.look(), watch.steps) == (0, 1)
