"""Processes and devices measured together: what their totals are made of."""

import pytest
from attrs import define, field

from tcperf.measurement import measured
from tcperf.watching.beside import Beside, Device
from tcperf.watching.watcher import Observed

PEAK = "memory_peak_bytes"


def of(value, key=PEAK):
    return {key: measured(key, value, "exact", "a test")}


@define
class Phone:
    """A device of which ``figures`` are known; its name is that of a process."""

    figures: dict
    totals: dict = field(factory=dict)
    warnings: tuple = ()

    def begin(self):
        return self

    def end(self):
        return {"node": self.figures} if self.figures else {}


@define
class Machine:
    """A watcher that saw two processes, which did not live together."""

    def begin(self):
        return 1

    def end(self, _number, _calls):
        return Observed(
            {"node": of(100), "node_2": of(70)},
            totals={**of(100), **of(5, "sent_bytes")},
            programs={"node": "/n"},
        )


def end_of(*phones):
    both = Beside(Machine(), [Device(phone, "a phone") for phone in phones])
    return both.end(both.begin(), ())


@pytest.mark.parametrize(
    ("phones", "totals"),
    [
        ([], {PEAK: 100, "sent_bytes": 5}),
        ([Phone({})], {PEAK: 100, "sent_bytes": 5}),
        ([Phone(of(30))], {PEAK: 130}),
        ([Phone(of(30)), Phone(of(40))], {PEAK: 170}),
        ([Phone(of(30)), Phone(of(3, "cpu_ms"))], {}),
    ],
)
def test_memory_adds_up_and_traffic_does_not(phones, totals):
    found = end_of(*phones)
    assert {key: each.value for key, each in found.totals.items()} == totals
    assert len(found.nodes) == 2 + sum(bool(phone.figures) for phone in phones)
