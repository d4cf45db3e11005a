"""Which network there is, and who draws the series: decided by the operating system, in one place each."""

from types import SimpleNamespace

import pytest

from tcperf import system
from tcperf.errors import MachineError
from tcperf.network.ground import choose_ground
from tcperf.network.local import LocalNetwork
from tcperf.network.opening import open_network
from tcperf.network.run_network import RunNetwork
from tcperf.probes.portable_series import PortableRecorder
from tcperf.probes.recording import open_recorder
from tcperf.system import this_system


@pytest.fixture
def mac(monkeypatch):
    monkeypatch.setattr(system, "sys", SimpleNamespace(platform="darwin"))
    this_system.cache_clear()
    yield
    this_system.cache_clear()


def test_linux_has_a_broker_also_on_the_machines_network():
    with open_network("host") as network:
        assert isinstance(network, RunNetwork)
        assert network.conditions.network == "host"


def test_linux_reads_its_own_figures():
    with open_recorder() as recorder:
        assert not isinstance(recorder, PortableRecorder)


@pytest.mark.usefixtures("mac")
class TestElsewhere:
    def test_the_machines_own_network(self):
        with open_network("host") as network:
            assert isinstance(network, LocalNetwork)

    def test_a_private_one_is_refused_with_the_cure(self):
        with pytest.raises(MachineError, match="macOS has no private networks") as caught:
            open_network("private")
        assert caught.value.cure.startswith("run on Linux")

    def test_nobody_asked(self):
        ground = choose_ground(None)
        assert ground.mode == "host"
        assert ground.conditions.network == "host"
        (warning,) = ground.warnings
        assert "no frame was counted" in warning
        assert "macOS has no private networks" in warning

    def test_the_private_one_was_asked_for(self):
        with pytest.raises(MachineError, match="macOS has no private networks"):
            choose_ground("private")

    def test_the_series_are_psutils(self):
        with open_recorder() as recorder:
            assert isinstance(recorder, PortableRecorder)
