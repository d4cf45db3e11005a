"""Go's figures in Prometheus's text format: ``GET /metrics`` of a program that uses client_golang.

The names are those of client_golang's Go collector.  The parser knows the format (version 0.0.4, "Exposition
formats" in Prometheus's manual) as far as it must to tell such a page from another and to find six numbers
without labels: the package prometheus_client would be a dependency of every user's for these alone, and takes
what is malformed with errors of many kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tcperf.gofigures import GoFigures
from tcperf.nodes.expvar import ratio, whole

PATH: Final = "/metrics"
SOURCE: Final = "prometheus"
#: A node's page has some hundred lines; a page of more than this is not read.
_LIMIT: Final = 4 * 1024 * 1024
_LABEL = r'[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*"(?:[^"\\]|\\[\\"n])*"[ \t]*'
_NUMBER = r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|Inf)|NaN"
_SAMPLE: Final = re.compile(
    r"[ \t]*(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)[ \t]*"
    rf"(?P<labels>\{{[ \t]*(?:{_LABEL}(?:,[ \t]*{_LABEL})*,?)?[ \t]*\}}[ \t]*)?"
    rf"(?P<value>{_NUMBER})(?:[ \t]+-?[0-9]+)?[ \t]*"
)


class MalformedError(ValueError):
    """A text that is no page of this format."""


def parse(page: bytes) -> GoFigures | None:
    """The figures of a page; None where it is no such page, or tells nothing of Go."""
    try:
        found = samples(page)
    except MalformedError:
        return None
    figures = GoFigures(
        SOURCE,
        heap_bytes=whole(found.get("go_memstats_heap_inuse_bytes")),
        alloc_bytes=whole(found.get("go_memstats_alloc_bytes_total")),
        mallocs=whole(found.get("go_memstats_mallocs_total")),
        collections=whole(found.get("go_gc_duration_seconds_count")),
        gc_cpu_ratio=ratio(found.get("go_memstats_gc_cpu_fraction")),
        goroutines=whole(found.get("go_goroutines")),
    )
    return None if figures == GoFigures(SOURCE) else figures


def samples(page: bytes) -> Mapping[str, float]:
    """The samples without labels, by name.

    Raises MalformedError where a line is neither empty, a comment nor a sample, or where a sample comes twice.
    """
    if len(page) > _LIMIT:
        raise MalformedError(f"a page of {len(page):,} bytes")
    try:
        text = page.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("no UTF-8") from error
    found: dict[str, float] = {}
    for name, value in _unlabelled(text):
        if name in found:
            raise MalformedError(f"{name} comes twice")
        found[name] = value
    return found


def _unlabelled(text: str) -> Iterator[tuple[str, float]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t") and not line.lstrip(" \t").startswith("#"):
            sample = _SAMPLE.fullmatch(line)
            if sample is None:
                raise MalformedError(f"line {number} is no sample")
            if sample["labels"] is None:
                yield sample["name"], float(sample["value"])
