"""An analysis as text: a table for people, JSON and CSV for programs.

Numbers are written in full, for they are compared with those of other programs.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from attrs import asdict

from tcperf.captures.analysis import Analysis
from tcperf.captures.tables import CONTRIBUTORS, PEERS, PROTOCOLS, Field, Sum, sums
from tcperf.clock import NS_PER_S
from tcperf.frames.flow import Totals
from tcperf.traffic import Traffic
from tcperf.units import BYTES, MILLISECONDS, humanize

#: Of the JSON; it changes when a program that reads it would have to.
SCHEMA: Final = 1
#: More lines of one table are for programs.
_LINES: Final = 10
_LONGEST_NAME: Final = 40
_COLUMNS: Final = ("frame bytes", "share", "IP bytes", "payload", "frames", "again", "conns", "short")
_KEYS: Final[tuple[Field, ...]] = ("phase", "node", "peer", "protocol", "role")
_LEGEND: Final = (
    "From the senders' view.  frame bytes: on the link, its header included; payload: above TCP, UDP, ICMP;",
    "again: TCP segments sent again; conns: connections opened by the sender; short: ended within a second.",
)
_WHOLE: Final = "whole capture"
_OUTSIDE: Final = "outside of the phases"


def render_json(found: Analysis) -> str:
    """One object: what the capture is, its rows, and the rows summed; shares are from 0 to 1."""
    made = {
        "schema": SCHEMA,
        "capture": found.name,
        "complete": found.is_complete,
        "frames": found.packets,
        "frame_bytes": found.frame_bytes,
        "begin_ns": found.begin_ns,
        "end_ns": found.end_ns,
        "duration_ms": found.duration_ms,
        "lost_frames": found.lost,
        "unread_frames": found.unread,
        "stopped": None if found.cut is None else asdict(found.cut),
        "notes": list(found.notes),
        "traffic": [_plain_row(row) for row in found.rows],
        "contributors": _plain_sums(found, ("phase", *CONTRIBUTORS)),
        "peers": _plain_sums(found, ("phase", *PEERS)),
        "protocols": _plain_sums(found, ("phase", *PROTOCOLS)),
    }
    return json.dumps(made, indent=1, ensure_ascii=False)


def _plain_row(row: Traffic) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*_KEYS, *Totals._fields)}


def _plain_sums(found: Analysis, fields: tuple[Field, ...]) -> list[dict[str, Any]]:
    """Sums of each phase, in the phases' order; shares are of the phase."""
    return [
        {**dict(zip(fields, each.key, strict=True)), **each.totals._asdict(), "share": each.share}
        for phase in found.phases
        for each in sums((row for row in found.rows if row.phase == phase), fields)
    ]


def render_csv(found: Analysis) -> str:
    """One row a phase, sender, receiver, protocol and role, with a header; lines end with a line feed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*_KEYS, *Totals._fields))
    writer.writerows(_plain_row(row).values() for row in found.rows)
    return text.getvalue().removesuffix("\n")


def render_console(found: Analysis) -> str:
    """Tables for people: the whole capture, and then each phase where the capture has marks."""
    return "\n".join(_lines(found))


def _lines(found: Analysis) -> Iterator[str]:
    yield _title(found)
    for note in found.notes:
        yield f"warning: {note}"
    if not found.rows:
        yield "no frame: there is nothing to tell"
        return
    yield from _section(found, _WHOLE, found.rows)
    if found.phases != ("",):
        for phase in found.phases:
            rows = tuple(row for row in found.rows if row.phase == phase)
            yield from _section(found, f"phase {phase}" if phase else _OUTSIDE, rows)
    yield ""
    yield from _LEGEND


def _title(found: Analysis) -> str:
    told = [
        f"{found.packets:,} {'frame' if found.packets == 1 else 'frames'}",
        f"{humanize(found.frame_bytes, BYTES.symbol)}",
    ]
    if found.begin_ns is not None and found.duration_ms is not None:
        told.append(f"{humanize(found.duration_ms, MILLISECONDS.symbol)}{_begin(found.begin_ns)}")
    return f"{found.name}: {', '.join(told)}"


def _begin(time_ns: int) -> str:
    try:
        return f" from {datetime.fromtimestamp(time_ns // NS_PER_S, UTC).isoformat(' ', 'seconds')}"
    except (ValueError, OverflowError, OSError):  # a broken clock, or a broken file: no year of ours
        return ""


def _section(found: Analysis, title: str, rows: Sequence[Traffic]) -> Iterator[str]:
    protocols = PROTOCOLS if found.has_roles else PROTOCOLS[:1]
    yield ""
    yield f"== {title}"
    yield from _table("largest contributors", sums(rows, (*PEERS, *protocols)))
    yield from _table("peer to peer", sums(rows, PEERS))
    yield from _table("protocols", sums(rows, protocols), ends=False)


def _table(title: str, found: Sequence[Sum], *, ends: bool = True) -> Iterator[str]:
    yield ""
    shown = found[:_LINES]
    labels = [_label(each.key, ends=ends) for each in shown]
    cells = [_COLUMNS, *(_cells(each) for each in shown)]
    sizes = [max(len(row[column]) for row in cells) for column in range(len(_COLUMNS))]
    width = max(len(label) for label in (title, *labels))
    for label, row in zip((title, *labels), cells, strict=True):
        numbers = "  ".join(f"{cell:>{size}}" for cell, size in zip(row, sizes, strict=True))
        yield f"  {label:<{width}}  {numbers}"
    if len(found) > len(shown):
        yield f"  … and {len(found) - len(shown):,} more: --format json or csv has them all"


def _label(key: tuple[str, ...], *, ends: bool) -> str:
    if not ends:
        return " ".join(key)
    sender, receiver, *rest = key
    return " ".join((f"{_shortened(sender)}→{_shortened(receiver)}", *rest))


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _cells(each: Sum) -> tuple[str, ...]:
    totals = each.totals
    numbers = (totals.ip_bytes, totals.payload_bytes, totals.packets)
    tcp = (totals.retransmissions, totals.connections, totals.short_connections)
    return (f"{totals.frame_bytes:,}", f"{each.share:.1%}", *(f"{number:,}" for number in (*numbers, *tcp)))
