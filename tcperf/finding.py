"""What the doctor finds out, one check at a time."""

from __future__ import annotations

from attrs import frozen

from tcperf.measurement import Measurement


@frozen
class Finding:
    """One check's outcome.  ``good`` is None for what is not available here and nothing to worry about."""

    name: str
    good: bool | None
    detail: str
    cure: str | None = None


def of_probe(name: str, measured: Measurement | None) -> Finding:
    """How exactly a probe measures, and where it reads; None where it cannot."""
    if measured is None:
        return Finding(name, good=None, detail="not available here")
    return Finding(name, good=True, detail=f"{measured.exactness}, from {measured.source}")
