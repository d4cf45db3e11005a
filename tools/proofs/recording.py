"""The meter on a network of a proof's own: what it captured, as a tally a phase."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import frozen

from proofs.tally import Tally, by_phase
from tcperf import clock
from tcperf.network.hosts import BrokeredHost
from tcperf.network.interface import Counters
from tcperf.network.run_network import RunNetwork
from tcperf.probes.meter import Meter
from tcperf.probes.run_traffic import gather, introduce
from tcperf.probes.traffic_file import read_traffic
from tcperf.traffic import Capture

_RUN = "proof"
#: Keeping a file takes the meter ten times as long a frame, and the proof sends as fast as it can.
_SLOTS = 1 << 19


@frozen
class Recorded:
    """What each phase came to, and how complete the capture was."""

    phases: Mapping[str, Tally]
    capture: Capture


class Recording:
    """A meter from before the first host to the end; ``capture`` is where their headers are kept, or None."""

    def __init__(self, network: RunNetwork, folder: Path, capture: Path | None) -> None:
        self._folder = folder
        self._capture = capture
        self._meter = Meter()
        try:
            self._meter.begin(_RUN, clock.monotonic_ns())
            tap = network.tap()
            assert tap is not None
            with tap.socket as packets:
                slots = None if capture is None else _SLOTS
                self._meter.tap(packets, tap.bridge, pcap=capture, slots=slots)
        except BaseException:
            self._meter.close()
            raise

    @property
    def pid(self) -> int:
        """The meter's process."""
        return self._meter.pid

    def host(self, host: BrokeredHost) -> None:
        """Tell of a host that was added."""
        introduce(self._meter, host)

    def cut(self, phase: str) -> None:
        """Frames from now on belong to ``phase``."""
        self._meter.cut(phase, clock.realtime_ns())

    def end(self, counters: Mapping[str, Counters]) -> Recorded:
        """What was captured, held against the interfaces' counters."""
        traffic = self._folder / "traffic.json"
        self._meter.end(self._folder / "series.json.gz", traffic)
        found = gather(_RUN, read_traffic(traffic), (), counters, self._capture)
        assert found.capture is not None
        return Recorded(by_phase(found.traffic), found.capture)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._meter.close()
