"""What all lanes of a crew have in common: the network, the nodes of each side, and where runs leave what."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen

from tcperf import events
from tcperf.errors import TcperfError
from tcperf.interrupts import Interrupts
from tcperf.link import Link
from tcperf.network.interface import Mode
from tcperf.nodes.interface import DriverFactory
from tcperf.probes.run_traffic import Keep
from tcperf.runner import Folders, Runner, StageMaker
from tcperf.stage import RunStage


@frozen
class Setup:
    """All that a worker must know before its first assignment: what its Runner is made of.

    ``scenarios`` are the folders to look for more scenarios in.  The factories go to another process, and must be
    such as can be pickled; ``stage`` does not: only a run in this process has another than RunStage.
    """

    mode: Mode
    factory: DriverFactory
    folders: Folders
    base: DriverFactory | None = None
    link: Link | None = None
    keep: Keep = field(factory=Keep)
    scenarios: tuple[Path, ...] = ()
    stage: StageMaker = RunStage

    def runner(self, observer: events.Observer, interrupts: Interrupts) -> Runner:
        """A runner for it."""
        return Runner(
            self.mode,
            self.factory,
            self.folders,
            observer,
            interrupts,
            base=self.base,
            link=self.link,
            keep=self.keep,
            stage=self.stage,
        )


def to_document(setup: Setup) -> dict[str, Any]:
    """``setup`` as JSON has it.  Raises TcperfError where a factory cannot be sent."""
    captures = setup.keep.folder
    return {
        "mode": setup.mode,
        "factories": _packed((setup.factory, setup.base)),
        "series": str(setup.folders.series),
        "logs": str(setup.folders.logs),
        "link": None if setup.link is None else attrs.asdict(setup.link),
        "captures": None if captures is None else str(captures),
        "full": setup.keep.full,
        "scenarios": [str(folder) for folder in setup.scenarios],
    }


def from_document(document: Mapping[str, Any]) -> Setup:
    """The setup that ``to_document`` wrote: in the very process that started this one, so it is trusted."""
    factory, base = _unpacked(document["factories"])
    captures = document["captures"]
    return Setup(
        mode=document["mode"],
        factory=factory,
        folders=Folders(Path(document["series"]), Path(document["logs"])),
        base=base,
        link=None if document["link"] is None else Link(**document["link"]),
        keep=Keep(None if captures is None else Path(captures), full=document["full"]),
        scenarios=tuple(Path(folder) for folder in document["scenarios"]),
    )


def _packed(value: object) -> str:
    try:
        return base64.b64encode(pickle.dumps(value)).decode("ascii")
    except Exception as error:  # whatever an object's own way of being pickled raises
        raise TcperfError(
            f"what starts the nodes cannot be told to another process: {error}", cure="run with --lanes 1"
        ) from error


def _unpacked(text: str) -> Any:
    return pickle.loads(base64.b64decode(text))  # noqa: S301 - what _packed wrote
