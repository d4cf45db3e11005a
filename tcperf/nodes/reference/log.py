"""Log lines on standard error, in the format of status-backend's (go-ethereum's terminal format)."""

from __future__ import annotations

import datetime as dt
import json
import sys

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/_-[]")


def line(level: str, source: str, message: str, **context: object) -> None:
    """Write one line: ``INFO [11-23|21:59:18.664|main.go:45] message   key=value``.

    ``source`` stands where the original names its file and line, which drivers may look for.
    """
    # The wall clock of this machine, as the original prints it.
    now = dt.datetime.now().astimezone().strftime("%m-%d|%H:%M:%S.%f")[:-3]
    pairs = " ".join(f"{key}={_quoted(str(value))}" for key, value in context.items())
    print(f"{level} [{now}|{source}] {message}   {pairs}", file=sys.stderr, flush=True)  # noqa: T201


def _quoted(text: str) -> str:
    return text if text and _PLAIN.issuperset(text) else json.dumps(text)
