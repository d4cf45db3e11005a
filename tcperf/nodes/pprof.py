"""Profiles of a Go program, where it serves Go's net/http/pprof: gzip files for ``go tool pprof``."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Final, Literal

from tcperf.clock import Deadline
from tcperf.nodes.api import Api
from tcperf.nodes.http_client import UnusableAnswerError

#: What is worth a file: where the program spends its CPU time, and what its memory holds.
Kind = Literal["cpu", "heap"]
_CHUNK: Final = 1 << 20
#: Real ones unpack to some hundred KiB.
_LIMIT: Final = 256 << 20


def read(api: Api, kind: Kind, seconds: int, deadline: Deadline) -> bytes | None:
    """A profile; that of the CPU takes ``seconds``, during which the call waits.

    None where the node offers none, or is being profiled already.  Raises NodeError where it does not answer.
    """
    # gc=1: the heap as it is after a collection, instead of as it was after the last one.
    path = f"/debug/pprof/profile?seconds={seconds}" if kind == "cpu" else "/debug/pprof/heap?gc=1"
    try:
        profile = api.get(path, deadline)
    except UnusableAnswerError:
        return None
    return profile if is_profile(profile) else None


def is_profile(content: bytes) -> bool:
    """Whether it may be one: all of it is gzip, its check sum right, and something in it."""
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > _LIMIT:
                    return False
    except (OSError, EOFError, zlib.error):
        return False
    return size > 0
