"""The capture of one run, from the tap to what the run says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from tcperf.model import PhaseResult
from tcperf.network.interface import Counters
from tcperf.probes.attribution import accounts, attributed, warnings
from tcperf.probes.enclosing import enclose
from tcperf.probes.traffic_file import Captured
from tcperf.traffic import Capture, Traffic

if TYPE_CHECKING:
    from tcperf.network.hosts import BrokeredHost
    from tcperf.network.run_network import RunNetwork
    from tcperf.probes.meter import Meter


@frozen
class Keep:
    """Whether a run's frames are kept, and how much of them: ``folder`` gets a file a run, None keeps none."""

    folder: Path | None = None
    full: bool = False

    def file(self, run_id: str) -> Path | None:
        """Where the frames of a run are kept."""
        return None if self.folder is None else self.folder / f"{run_id}.pcapng"


@frozen
class RunTraffic:
    """What the capture makes of a run."""

    phases: tuple[PhaseResult, ...]
    traffic: tuple[Traffic, ...] = ()
    capture: Capture | None = None
    warnings: tuple[str, ...] = ()


def tap(network: RunNetwork, meter: Meter, keep: Keep, run_id: str) -> None:
    """Let the meter capture every frame of a private network that has no host yet; nothing on the host's."""
    found = network.tap()
    if found is None:
        return
    pcap = keep.file(run_id)
    if pcap is not None:
        pcap.parent.mkdir(exist_ok=True)
    lossy = network.conditions.link is not None
    with found.socket as packets:
        meter.tap(packets, found.bridge, full=keep.full, lossy=lossy, pcap=pcap)


def introduce(meter: Meter, host: BrokeredHost) -> None:
    """Tell the meter of a host of a private network, before it can send anything."""
    assert host.leg is not None
    assert host.hardware_address is not None
    meter.host(host.name, host.leg, host.hardware_address, host.address, host.joined)


def gather(
    run_id: str,
    captured: Captured,
    phases: Sequence[PhaseResult],
    counters: Mapping[str, Counters],
    pcap: Path | None,
    earlier: Mapping[str, Counters] | None = None,
    whole: str | None = None,
) -> RunTraffic:
    """Hold the capture against the interfaces' counters; only where nothing is missing does it give figures.

    ``counters`` were read after the capture's end, ``earlier`` ones before it.
    ``whole`` is a phase that encloses all others.
    """
    capture = Capture(
        packets=captured.packets,
        lost_packets=captured.lost_packets,
        late_cuts=captured.late_cuts + captured.clock_steps,
        accounts=accounts(captured.rows, counters, earlier),
        file=None if pcap is None else f"{pcap.parent.name}/{pcap.name}",
    )
    told = warnings(run_id, capture)
    if captured.pcap_problem is not None:
        told = (*told, f"{run_id}: the kept capture is not whole: {captured.pcap_problem}")
    rows = captured.rows if whole is None else enclose(captured.rows, whole)
    return RunTraffic(
        phases=attributed(phases, rows) if capture.is_exact else tuple(phases),
        traffic=rows,
        capture=capture,
        warnings=told,
    )
