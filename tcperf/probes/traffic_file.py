"""The file in which the meter hands over what it captured of a run: JSON, read once and then removed."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from tcperf.traffic import Traffic


@frozen
class Captured:
    """What was captured of a run.

    ``packets`` were counted, ``lost_packets`` more passed and found no room, ``late_cuts`` are the phases' edges
    that came too late to be cut at their time, and ``clock_steps`` how often somebody set the clock meanwhile, which
    makes edges wrong, too.  ``pcap_problem`` is why the capture's file is not whole; None where it is, or where
    none was asked for.
    """

    packets: int
    lost_packets: int
    late_cuts: int
    clock_steps: int
    rows: tuple[Traffic, ...]
    pcap_problem: str | None = None


def write_traffic(path: Path, found: Mapping[str, Any]) -> None:
    """Write ``Captured`` as a mapping, whole or not at all.  Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(found), "ascii")
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


def read_traffic(path: Path) -> Captured:
    """What the meter wrote to ``path``.  Raises OSError where it is not there."""
    found = json.loads(path.read_text("ascii"))
    rows = tuple(Traffic(**row) for row in found.pop("rows"))
    return Captured(rows=rows, **found)
