"""The doctor where there are no private networks; tests/integration/test_other_systems.py runs it as a whole."""

from types import SimpleNamespace

import pytest

from tcperf import doctor, local_doctor, system
from tcperf.errors import MachineError
from tcperf.finding import Finding
from tcperf.network.interface import Exit
from tcperf.system import this_system

pytestmark = [pytest.mark.integration, pytest.mark.long]


@pytest.fixture(autouse=True)
def _mac(monkeypatch):
    monkeypatch.setattr(system, "sys", SimpleNamespace(platform="darwin"))
    this_system.cache_clear()
    yield
    this_system.cache_clear()


def by_name(findings):
    return {finding.name: finding for finding in findings}


def test_every_check_is_made_in_order():
    found = by_name(doctor.examine())
    assert list(found) == [
        "machine",
        "private network",
        "this machine's network",
        "traffic",
        "CPU",
        "memory peak",
        "disk",
        "threads",
        "time series",
        "ending nodes",
    ]
    assert found["private network"].good is None
    assert found["traffic"] == Finding("traffic", good=None, detail="not available here")
    assert found["CPU"].good
    assert found["ending nodes"].good


def test_a_network_that_cannot_be_had(monkeypatch):
    def refuse(*_arguments):
        raise MachineError("no process can be started", cure="free some memory")

    monkeypatch.setattr(local_doctor, "open_network", refuse)
    *_, last = local_doctor.examine()
    assert last.name == "this machine's network"
    assert last.good is False
    assert "no process can be started" in last.detail
    assert last.cure == "free some memory"


def test_a_loopback_that_refuses(monkeypatch):
    monkeypatch.setattr(local_doctor, "_PROGRAM", "print(1, flush=True)")  # a port where nobody listens
    *_, last = local_doctor.examine()
    assert last.good is False
    assert "refused" in last.detail
    assert last.cure is None


def test_a_python_that_does_not_work(monkeypatch):
    monkeypatch.setattr(local_doctor, "_PROGRAM", "raise SystemExit('broken')")
    *_, last = local_doctor.examine()
    assert last.good is False
    assert "printed broken instead of its port" in last.detail


class Child:
    pid = 4711

    def __init__(self, ended):
        self._ended = ended

    def wait(self, _timeout_s):
        return self._ended


@pytest.mark.parametrize(
    ("ended", "good", "detail"),
    [
        (None, False, "process 4711 still runs"),
        (Exit(-9, None, None), True, "their whole CPU is not told"),
        (Exit(-9, 1.0, 2.0), True, "their whole CPU is told"),
    ],
)
def test_ending_nodes(ended, good, detail):
    finding = local_doctor._ended(Child(ended))
    assert finding.good is good
    assert detail in finding.detail
