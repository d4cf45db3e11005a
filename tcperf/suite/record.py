"""One measured test or phase, as the process that ran it hands it to the one that reports."""

from __future__ import annotations

import json
from collections.abc import Mapping

import attrs
from attrs import field, frozen

from tcperf.measurement import Measurement
from tcperf.traffic import Traffic
from tcperf.watching.choosing import Heard


@frozen
class Record:
    """``name`` is that of the key, ``origin`` pytest's id of the test, ``part`` its phase, "" for all of it; times are nanoseconds of the monotonic clock.

    ``programs`` are the paths of what was watched; ``warnings`` and what was ``heard`` are of the whole process
    that ran the test, until then.  ``started`` are the programs that Python started for the test, as they are
    called; of a part there are none.
    """

    name: str
    origin: str
    start_ns: int
    end_ns: int
    nodes: Mapping[str, Mapping[str, Measurement]]
    totals: Mapping[str, Measurement]
    traffic: tuple[Traffic, ...] = ()
    programs: Mapping[str, str] = field(factory=dict)
    warnings: tuple[str, ...] = ()
    lost_packets: int = 0
    heard: Heard = field(factory=Heard)
    part: str = ""
    unseen_bytes: int = 0
    started: tuple[str, ...] = ()


def dumps(records: tuple[Record, ...]) -> str:
    """The records as a text."""
    return json.dumps([attrs.asdict(record) for record in records])


def loads(text: str) -> tuple[Record, ...]:
    """The records of a text that ``dumps`` made."""
    return tuple(_record(**each) for each in json.loads(text))


def _record(**fields: object) -> Record:
    nodes, totals, traffic, warnings, heard, started = (
        fields.pop(key) for key in ("nodes", "totals", "traffic", "warnings", "heard", "started")
    )
    assert isinstance(nodes, dict)
    assert isinstance(totals, dict)
    assert isinstance(heard, dict)
    return Record(
        **fields,  # type: ignore[arg-type]  # as dumps wrote them
        nodes={name: _measured(measured) for name, measured in nodes.items()},
        totals=_measured(totals),
        traffic=tuple(Traffic(**row) for row in traffic),  # type: ignore[attr-defined]
        warnings=tuple(warnings),  # type: ignore[arg-type]
        started=tuple(started),  # type: ignore[arg-type]
        heard=Heard(**{key: tuple(names) for key, names in heard.items()}),
    )


def _measured(plain: Mapping[str, Mapping[str, object]]) -> dict[str, Measurement]:
    return {key: Measurement(**each) for key, each in plain.items()}  # type: ignore[arg-type]
