"""How kinds of programs behave as processes: what they print when they are ready, and what ends them."""

from __future__ import annotations

import re
import signal
from typing import Final

from attrs import frozen


@frozen
class Manners:
    """What a kind of program does.

    ``program`` names the kind in errors.  ``ready`` finds the groups ``host`` and ``port`` in the line that says that
    it takes calls, ``announcement`` is that line's words; ``refused`` is in a line that says that it never will, None
    where it only ends.  ``figures`` finds where Go's own figures are served, None where nowhere.  ``end`` is the
    signal that ends it in order.
    """

    program: str
    ready: re.Pattern[str]
    announcement: str
    refused: str | None = None
    figures: re.Pattern[str] | None = None
    end: signal.Signals = signal.SIGTERM


_ADDRESS: Final = r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+):(?P<port>\d{1,5})\b"
#: Both of go-ethereum's log forms: ``address=127.0.0.1:40077`` and ``"address": "127.0.0.1:40077"``.
STATUS_BACKEND: Final = Manners(
    "status-backend",
    re.compile(r"server started\b.*?\baddress\W{1,4}" + _ADDRESS),
    "server started",
    refused="failed to start server",
    # anacrolix/envpprof, which status-go links in, says so when GOPPROF=http makes it serve Go's own figures.
    figures=re.compile(
        r"envpprof serving http://(?P<host>127\.0\.0\.1|\[::1\]|localhost):(?P<port>\d{1,5})\b"
    ),
)
#: go-ethereum's node package; the IPC endpoint was opened before.  statusd waits for an interrupt alone.
STATUSD: Final = Manners(
    "statusd",
    re.compile(r"HTTP endpoint opened\b.*?\burl\W{1,4}http://" + _ADDRESS),
    "HTTP endpoint opened",
    end=signal.SIGINT,
)
