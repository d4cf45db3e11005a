"""When the meter wakes: on the grid of the run's time, and seldom while nobody works."""

import types

import pytest

from tcperf.clock import NS_PER_MS
from tcperf.probes import meter_process


class Clock:
    """A clock that is set, in milliseconds."""

    def __init__(self):
        self.ms = 0.0

    def __call__(self):
        return round(self.ms * NS_PER_MS)


class Sampling:
    """A sampler that rests as it is told."""

    def __init__(self):
        self.seen = []
        self.answer = 1
        self.watched = []

    def sample(self, tick, elapsed_ns):
        self.seen.append((tick, elapsed_ns / NS_PER_MS))
        return self.answer

    def watch(self, name, pid, counters):
        self.watched.append((name, pid, counters))
        return True

    def close(self):
        pass


class Capturing:
    """A capture in which frames wait, or not."""

    def __init__(self, patience):
        self.patience = patience
        self.asked = []

    def is_due(self, tick):
        self.asked.append(tick)
        return False

    def close(self):
        pass


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(meter_process, "time", types.SimpleNamespace(monotonic_ns=made))
    monkeypatch.setattr(meter_process, "monotonic_ns", made)
    return made


@pytest.fixture
def meter(clock):
    made = meter_process.Meter()
    made.begin("run-1", clock(), 50, [])
    made._sampler = Sampling()
    yield made
    made._close()


def wake(meter, clock, at_ms, answer=1):
    """Wake it at a time; for how many milliseconds it sleeps then."""
    clock.ms = at_ms
    meter._sampler.answer = answer
    return meter.tick()


def test_nothing_to_do_before_a_run():
    assert meter_process.Meter().tick() is None


def test_it_wakes_once_an_interval(meter, clock):
    assert [wake(meter, clock, at_ms) for at_ms in (0, 50.4, 100.7, 151)] == [51, 50, 50, 50]
    assert meter._sampler.seen == [(0, 0), (1, 50.4), (2, 100.7), (3, 151)]


def test_it_is_not_woken_for_nothing(meter, clock):
    wake(meter, clock, 0)
    assert wake(meter, clock, 30.2) == 20
    assert meter._sampler.seen == [(0, 0)]


def test_ticks_that_were_missed_are_skipped(meter, clock):
    wake(meter, clock, 0)
    assert wake(meter, clock, 330) == 21
    assert wake(meter, clock, 351) == 50
    assert [tick for tick, _ms in meter._sampler.seen] == [0, 6, 7]


def test_it_sleeps_while_all_rest(meter, clock):
    """To the next tick at which those who rest are looked at: twos, then fours."""
    wake(meter, clock, 0)
    assert wake(meter, clock, 51, answer=2) == 50
    assert wake(meter, clock, 101, answer=4) == 100
    assert wake(meter, clock, 201, answer=4) == 200
    assert wake(meter, clock, 401, answer=1) == 50


def test_somebody_new_is_looked_at_at_the_next_tick(meter, clock):
    wake(meter, clock, 0, answer=4)
    clock.ms = 60
    meter.watch("alice", 7, [])
    assert meter._sampler.watched == [("alice", 7, None)]
    assert meter.tick() == 41
    assert wake(meter, clock, 101) == 50
    assert [tick for tick, _ms in meter._sampler.seen] == [0, 2]


def test_somebody_new_before_a_run(clock):
    meter = meter_process.Meter()
    meter._sampler = Sampling()
    meter.watch("alice", 7, [])
    assert meter.tick() is None


@pytest.mark.parametrize(("patience", "sleep_ms"), [(4, 200), (1, 50)])
def test_a_small_ring_is_not_left_alone_for_long(meter, clock, patience, sleep_ms):
    meter._capture = Capturing(patience)
    assert wake(meter, clock, 0, answer=4) == sleep_ms + 1
    assert wake(meter, clock, 200, answer=4) == sleep_ms + 1
    assert meter._capture.asked == [0, 4]
