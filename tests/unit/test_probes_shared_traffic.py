"""Who measures the traffic of nodes on a shared network."""

import sys

import pytest

from tcperf.probes import shared_traffic
from tcperf.probes.shared_traffic import NoTraffic, PhaseTraffic, open_shared_traffic
from tcperf.system import System


@pytest.fixture
def on(monkeypatch):
    def pretend(name):
        monkeypatch.setattr(shared_traffic, "this_system", lambda: System(name, is_linux=name == "Linux"))

    return pretend


@pytest.mark.parametrize(("system", "mode"), [("Linux", "private"), ("macOS", "host"), ("Windows", "host")])
def test_nothing_where_there_is_nothing_to_measure(on, system, mode):
    on(system)
    with open_shared_traffic(mode) as traffic:
        assert isinstance(traffic, NoTraffic)
        traffic.watch("alice", 1, 2)
        traffic.begin()
        assert traffic.end() == PhaseTraffic()
        assert traffic.warnings == ()


@pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")
def test_the_kernel_on_a_shared_network(on):
    on("Linux")
    with open_shared_traffic("host") as traffic:
        traffic.begin()
        found = traffic.end()
    assert found.nodes == {}
    assert found.totals["sent_bytes"].exactness == "bound"
