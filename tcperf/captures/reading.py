"""Which format a capture has, by its first bytes."""

from __future__ import annotations

from typing import Final

from tcperf.captures.pcap import HEADER_BYTES, PcapRecords, is_pcap
from tcperf.captures.pcapng import PcapngRecords, is_pcapng
from tcperf.captures.records import Records
from tcperf.captures.source import Source, compression, refuse

#: A pcapng file's shortest header is longer than a pcap file's.
_FIRST_BYTES: Final = 28


def read_records(source: Source) -> Records:
    """The records of a capture.  Raises UsageError where it is none, or ends inside of its header."""
    first = _first(source)
    if is_pcap(first):
        return PcapRecords(source, first)
    if is_pcapng(first):
        return PcapngRecords(source, first)
    raise refuse(source.name, _problem(source, first))


def _first(source: Source) -> bytes:
    first = b""
    while len(first) < max(_FIRST_BYTES, HEADER_BYTES) and (more := source.read()):
        first += more
    return first


def _problem(source: Source, first: bytes) -> str:
    if source.trouble is not None:
        return source.trouble
    if not first:
        return "it is empty"
    return compression(first) or f"it begins with the bytes {first[:8].hex(' ')}"
