"""What a run has of its own: its folder, its network, and what records it.  Made for the run, and gone after it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from attrs import frozen

from tcperf.errors import MachineError
from tcperf.interrupts import Interrupts
from tcperf.link import Link
from tcperf.network.interface import Mode
from tcperf.network.opening import open_network
from tcperf.performance import Performance
from tcperf.probes.recording import open_recorder
from tcperf.probes.run_traffic import Keep, RunTraffic, gather, introduce, tap
from tcperf.probes.shared_traffic import SharedTraffic, open_shared_traffic
from tcperf.probes.traffic_file import read_traffic
from tcperf.workdir import working_folder


@frozen
class Apparatus:
    """One run's.

    ``network`` and ``recorder`` are of the kind that ``mode`` and this system have; frames are captured on a private
    network alone, and ``traffic`` measures what there is to be seen on a shared one.
    """

    mode: Mode
    folder: Path
    network: Any
    recorder: Any
    traffic: SharedTraffic

    @classmethod
    def made(cls, mode: Mode, link: Link | None, interrupts: Interrupts, stack: ExitStack) -> Apparatus:
        """All of it, new; ``stack`` gives it back.  Raises MachineError where something cannot be had."""
        with interrupts.shielded():
            folder = stack.enter_context(working_folder())
        network: Any = stack.enter_context(open_network(mode, folder, link=link))
        recorder: Any = stack.enter_context(open_recorder())
        traffic = stack.enter_context(open_shared_traffic(mode))
        return cls(mode, folder, network, recorder, traffic)

    @property
    def introduce(self) -> Callable[[Any], None] | None:
        """What is to be told of each host before it sends anything; None where nobody needs to know."""
        return functools.partial(introduce, self.recorder) if self.mode == "private" else None

    def tap(self, keep: Keep, run_id: str) -> None:
        """Capture every frame from now on, if the network is a private one; it has no host yet."""
        if self.mode == "private":
            tap(self.network, self.recorder, keep, run_id)

    def end_recording(
        self, stage: Performance, path: Path, pcap: Path | None
    ) -> tuple[str | None, RunTraffic]:
        """The file of the run's time series, relative to the report, and its traffic; None where it failed.

        To be called when the nodes have ended.  ``path`` gets the series; ``pcap`` is where frames were kept.
        """
        traffic_path = self.folder / "traffic.json"
        phases, earlier = tuple(stage.phases), stage.counters()
        try:
            self.recorder.end(path, traffic_path)
        except MachineError as error:  # curves are no reason to throw measured figures away
            warning = (
                f"{stage.run_id} has no curves, and where its traffic went is not known: {error.message}"
            )
            return None, RunTraffic(phases, warnings=(warning,))
        name = f"{path.parent.name}/{path.name}"
        if self.mode != "private":
            return name, RunTraffic(phases)
        captured = read_traffic(traffic_path)
        return name, gather(stage.run_id, captured, phases, stage.counters(), pcap, earlier, stage.whole)
