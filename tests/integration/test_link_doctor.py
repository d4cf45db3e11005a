"""The doctor tries every means of making links bad on a real network."""

import pytest

from tcperf import link_doctor
from tcperf.errors import MachineError
from tcperf.finding import Finding
from tcperf.link_doctor import examine
from tcperf.model import Conditions
from tcperf.network import run_network
from tcperf.traffic import Closing

pytestmark = pytest.mark.integration


def test_both_kinds_of_bad_links_are_tried():
    delay, rate = examine()
    assert (delay.name, rate.name) == ("emulated delay and loss", "emulated rate")
    assert delay.good
    assert rate.good
    assert "ms where 20 were asked for" in delay.detail
    assert "by the kernel's netem" in delay.detail or "modprobe sch_netem" in delay.cure
    assert "asked for" not in rate.detail


class Faulty(run_network.RunNetwork):
    """A network whose links are not what was asked for."""

    fault: Exception | None = None
    closes = True

    def __init__(self, mode, *, link):
        if self.fault is not None:
            raise self.fault
        super().__init__(mode)

    @property
    def conditions(self):
        return Conditions("private", emulation="magic")

    def closing(self):
        return super().closing() if self.closes else Closing(1, 0, 1, 0, 0, 0, 0)


def found(monkeypatch, **faults):
    monkeypatch.setattr(run_network, "RunNetwork", type("Faulted", (Faulty,), faults))
    return list(link_doctor.examine())


def test_a_delay_that_is_too_short_is_found(monkeypatch):
    monkeypatch.setattr(link_doctor, "_DELAY_MS", 2000.0)  # a busy machine alone makes some
    delay, rate = found(monkeypatch)
    assert delay.good is False
    assert "by magic" in delay.detail
    assert delay.cure == "report this to tcperf"
    assert rate.good
    assert rate.cure is None


def test_traffic_that_does_not_add_up_is_found(monkeypatch):
    assert [finding.good for finding in found(monkeypatch, closes=False)] == [False, False]


def test_a_refusal_is_a_finding(monkeypatch):
    refused = found(monkeypatch, fault=MachineError("no links here", cure="others"))
    assert refused[0] == Finding("emulated delay and loss", good=False, detail="no links here", cure="others")
    broken = found(monkeypatch, fault=OSError(113, "No route to host"))
    assert "nothing passes: [Errno 113]" in broken[1].detail


def test_links_that_let_nothing_pass_are_found(monkeypatch):
    monkeypatch.setattr(link_doctor, "_DEADLINE_S", 0.001)
    delay, _rate = examine()
    assert delay.good is False
    assert delay.detail == "no frame passed within 0.001 s"
