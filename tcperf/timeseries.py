"""The time series of one run, as the sampler writes them to series/<run>.json.gz.

A gzip of ``{"schema": 1, "run": …, "interval_ms": …, "nodes": {name: {column: […]}}}``.  Every node has its
own times, for nodes start at different moments; within a node all columns are of one length.  Where the run
was captured, there is ``"traffic": {"interval_ms": …, "rows": [{"node": …, "peer": …, "protocol": …,
"role": …, "t_ms": […], "bytes": […]}]}``, too.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from tcperf.errors import UsageError
from tcperf.results import read_bytes, refuse_newer, strict_json
from tcperf.units import HUGE

SCHEMA = 1
#: What a file may hold unpacked: an hour of ten nodes takes a tenth of it, and nothing is to fill the memory.
LIMIT_BYTES = 512 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_CURE = "the report can be made without it: remove the file"
_ALWAYS: Final = ("t_ms", "cpu_ms", "rss_bytes")
_TRAFFIC: Final = ("sent_bytes", "received_bytes", "sent_packets", "received_packets")
_FLOW: Final = ("node", "peer", "protocol", "role")
#: No bins are narrower: in milliseconds, as all times here.
_LEAST_INTERVAL = 1


@frozen
class NodeSeries:
    """One node's columns, a row a sample, in time order; times are milliseconds since the run began.

    CPU milliseconds and bytes and frames sent and received are cumulative; the latter are None where no interface is
    the node's own, and frames where none were captured.
    """

    t_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    rss_bytes: tuple[float, ...]
    sent_bytes: tuple[float, ...] | None = None
    received_bytes: tuple[float, ...] | None = None
    sent_packets: tuple[float, ...] | None = None
    received_packets: tuple[float, ...] | None = None


@frozen
class FlowSeries:
    """What one node sent to one peer (a node, or a name in parentheses) over time, frame by frame.

    ``t_ms`` are the beginnings of bins in time order, only of those in which anything was sent; ``sent_bytes``
    are the frames' bytes in each.
    """

    node: str
    peer: str
    protocol: str
    role: str
    t_ms: tuple[float, ...]
    sent_bytes: tuple[float, ...]


@frozen
class TrafficSeries:
    """All flows of a run, in bins of ``interval_ms`` milliseconds."""

    interval_ms: float
    flows: tuple[FlowSeries, ...]


@frozen
class Series:
    """All nodes of one run, by name, in the order they were started; ``traffic`` is None without a capture."""

    run: str
    interval_ms: float
    nodes: Mapping[str, NodeSeries]
    traffic: TrafficSeries | None = None


def load_series(path: Path) -> Series:
    """The series in the file at ``path``.  Raises UsageError where it cannot be read or is no series."""
    if path.exists() and not path.is_file():  # a device or a pipe may never end
        raise _broken(path, "it is no regular file")
    data = _unpacked(read_bytes(path), path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _broken(path, f"byte {error.start} is no UTF-8") from error
    return loads_series(text, str(path))


def loads_series(text: str, origin: str) -> Series:
    """The series in ``text``; ``origin`` names it in errors.

    Raises ConfigError for a newer schema, and UsageError, with the place, for what is no series.
    """
    document = strict_json(text, origin)
    refuse_newer(document, SCHEMA, origin)
    run, interval_ms, nodes = (document.get(key) for key in ("run", "interval_ms", "nodes"))
    if not isinstance(run, str) or not isinstance(nodes, dict):
        raise _broken(origin, "it names no run or no nodes")
    _check_numbers([interval_ms], "interval_ms", origin)
    return Series(
        run,
        interval_ms or 0,
        {name: _node(columns, name, origin) for name, columns in nodes.items()},
        _traffic(document["traffic"], origin) if "traffic" in document else None,
    )


def _node(columns: Any, name: str, origin: str) -> NodeSeries:
    place = f"nodes[{name[:40]!r}]"
    if not isinstance(columns, dict):
        raise _broken(origin, f"{place} is no object")
    found = {key: _column(columns[key], f"{place}.{key}", origin) for key in _known(columns, place, origin)}
    if len({len(column) for column in found.values()}) != 1:
        raise _broken(origin, f"the columns of {place} are not of one length")
    if any(later < earlier for earlier, later in itertools.pairwise(found["t_ms"])):
        raise _broken(origin, f"the times of {place} go back")
    return NodeSeries(**found)


def _traffic(found: Any, origin: str) -> TrafficSeries:
    if not isinstance(found, dict) or not isinstance(found.get("rows"), list):
        raise _broken(origin, "traffic has no rows")
    interval_ms: Any = found.get("interval_ms")
    _check_numbers([interval_ms], "traffic.interval_ms", origin)
    if interval_ms < _LEAST_INTERVAL:
        raise _broken(origin, "traffic.interval_ms is below a millisecond")
    rows = enumerate(found["rows"])
    return TrafficSeries(
        interval_ms, tuple(_flow(row, f"traffic.rows[{number}]", origin) for number, row in rows)
    )


def _flow(row: Any, place: str, origin: str) -> FlowSeries:
    if not isinstance(row, dict):
        raise _broken(origin, f"{place} is no object")
    names: dict[str, Any] = {key: row.get(key) for key in _FLOW}
    if not all(isinstance(name, str) for name in names.values()):
        raise _broken(origin, f"{place} does not say who sent what to whom")
    t_ms, sent_bytes = (_column(row.get(key), f"{place}.{key}", origin) for key in ("t_ms", "bytes"))
    if len(t_ms) != len(sent_bytes):
        raise _broken(origin, f"the columns of {place} are not of one length")
    if any(later <= earlier for earlier, later in itertools.pairwise(t_ms)):
        raise _broken(origin, f"the times of {place} do not go on")
    if min(sent_bytes, default=0) < 0:
        raise _broken(origin, f"{place}.bytes holds less than nothing")
    return FlowSeries(**names, t_ms=t_ms, sent_bytes=sent_bytes)


def _known(columns: Mapping[str, Any], place: str, origin: str) -> list[str]:
    """The columns to read: unknown ones are ignored."""
    missing = [key for key in _ALWAYS if key not in columns]
    if missing:
        raise _broken(origin, f"{place}.{missing[0]} is missing")
    return [key for key in (*_ALWAYS, *_TRAFFIC) if key in columns]


def _column(column: Any, place: str, origin: str) -> tuple[float, ...]:
    if not isinstance(column, list):
        raise _broken(origin, f"{place} is no list")
    _check_numbers(column, place, origin)
    return tuple(column)


def _check_numbers(column: list[Any], place: str, origin: str) -> None:
    if not {type(value) for value in column} <= {int, float}:
        raise _broken(origin, f"{place} holds what is no number")
    if column and not (min(column) > -HUGE and max(column) < HUGE):
        raise _broken(origin, f"{place} holds an absurdly large number")


def _unpacked(data: bytes, path: Path) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        text = unpacker.decompress(data, LIMIT_BYTES)
    except zlib.error as error:
        raise _broken(path, "it is no gzip file") from error
    if unpacker.unconsumed_tail:
        raise _broken(path, f"it holds more than {LIMIT_BYTES} bytes")
    if not unpacker.eof:
        raise _broken(path, "it is cut off")
    return text


def _broken(origin: object, problem: str) -> UsageError:
    return UsageError(f"{origin} is no time series of tcperf: {problem}", cure=_CURE)
