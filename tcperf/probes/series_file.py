"""The file of one run's time series, written whole or not at all; ``tcperf.timeseries`` reads it."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA = 1


def write_series(path: Path, series: Mapping[str, Any]) -> None:
    """Write ``series`` to ``path`` as gzip JSON, under its schema.  Raises OSError."""
    text = json.dumps({"schema": SCHEMA, **series})
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))
        draft.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
