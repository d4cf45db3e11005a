"""Statistic keys: how they are made.  They are public and for ever: TeamCity keeps every key it has seen.

``tcperf.[reference.]<scenario>.<phase>.[<node>.]<metric>_<unit>``

A comparison adds ``…_delta_pct`` and ``…_worse_pct`` to a key, and ``tcperf.[reference.]<what>_count`` for each of
COUNTS.
"""

from __future__ import annotations

import hashlib
import re

ROOT = "tcperf"
NAME = re.compile(r"[a-z][a-z0-9_]{0,23}\Z")
NAME_RULE = "a lower-case letter, then at most 23 lower-case letters, digits or _"
#: TeamCity documents no limit of a key's length; charts and REST work with this many for certain.
KEY_LIMIT = 80
#: TeamCity: a problem's identity is a Java identifier of at most 60 characters.
IDENTITY_LIMIT = 60
_IDENTITY_KEPT = 51
_HASH_DIGITS = 8

#: What is counted over all comparisons of a build.
COUNTS = ("regressions", "improvements", "undecided", "not_compared", "over_budget", "pairs")


def is_name(text: str) -> bool:
    """Whether ``text`` may name a scenario, a phase or a node (``NAME_RULE``)."""
    return NAME.match(text) is not None


def statistic_key(scenario: str, phase: str, metric: str, *, reference: bool, node: str | None = None) -> str:
    """The key of one statistic; ``metric`` is a metric's key such as ``cpu_ms``."""
    parts = [ROOT, *(["reference"] if reference else []), scenario, phase, *([node] if node else []), metric]
    return ".".join(parts)


def delta_key(key: str) -> str:
    """The key of a statistic's change against the base, in percent of the base."""
    return f"{key}_delta_pct"


def worse_key(key: str) -> str:
    """The key of the same for failure conditions: 0 unless the change is a regression."""
    return f"{key}_worse_pct"


def count_key(what: str, *, reference: bool) -> str:
    """The key of how many comparisons of a build are ``what``, one of COUNTS."""
    return ".".join((ROOT, *(["reference"] if reference else []), f"{what}_count"))


def problem_identity(key: str) -> str:
    """The identity of a build problem about ``key``: stable between builds, a Java identifier, 60 at most.

    Above 60 characters: the first 51, ``_`` and eight hex digits of the key's SHA-256.
    """
    identity = key.replace(".", "_")
    if len(identity) <= IDENTITY_LIMIT:
        return identity
    digest = hashlib.sha256(key.encode("ascii", "backslashreplace")).hexdigest()
    return f"{identity[:_IDENTITY_KEPT]}_{digest[:_HASH_DIGITS]}"
