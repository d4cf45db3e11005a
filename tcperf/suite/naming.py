"""How a test is called in statistic keys: for ever the same, whatever else is run beside it.  Pure."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import Final

from tcperf.keys import is_name

_KEPT, _HASH_DIGITS = 17, 6
#: Between a test's name and that of its phase, and how much is kept of the latter where both are too long.
_JOINT: Final = "__"
_PHASE_KEPT: Final = 8
_OTHERS: Final = re.compile(r"[^a-z0-9]+")
#: pytest-repeat makes a test's runs of one more parameter, whose ids are the last: ``[3-10]``, ``[small-3-10]``.
_REPEAT: Final = re.compile(r"(?:(\[)|-)\d+-\d+\]\Z")


def name_of(node_id: str) -> str:
    """The name of the test that pytest calls ``node_id``: a valid one (``tcperf.keys.NAME_RULE``).

    The file's and the function's names without their ``test_``, joined by ``_``, where that is a valid name and all
    there is to say; with a class, with parameters, or longer than that: the first 17 characters of the function's
    name, ``_`` and 6 hex digits of the SHA-256 of the whole id.
    """
    head, bracket, _parameters = node_id.partition("[")
    path, *parts = head.split("::")
    function = _bare(parts[-1] if parts else "")
    plain = f"{_bare(PurePosixPath(path).stem)}_{function}"
    if len(parts) == 1 and not bracket and is_name(plain):
        return plain
    return f"{_letters(function)}_{_digest(node_id)}"


def name_of_phase(node_id: str, phase: str) -> str:
    """The name of the part ``phase``, a valid name, of the test that pytest calls ``node_id``.

    The test's name, ``__`` and the phase's, where that is a valid name; else the first 8 characters of the phase's,
    as many of the test's before it as there is room for, and behind them ``_`` and 6 hex digits of the SHA-256 of
    both.
    """
    test = name_of(node_id)
    whole = f"{test}{_JOINT}{phase}"
    if is_name(whole):
        return whole
    end = phase[:_PHASE_KEPT].rstrip("_")
    begin = test[: _KEPT - len(_JOINT) - len(end)].rstrip("_")
    return f"{begin}{_JOINT}{end}_{_digest(f'{node_id} {phase}')}"


def without_repeat(node_id: str) -> str:
    """The id of a test that is repeated, without the number of its run."""
    return _REPEAT.sub(lambda found: "" if found[1] else "]", node_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_HASH_DIGITS]


def _bare(name: str) -> str:
    return name.removeprefix("test_").removesuffix("_test")


def _letters(function: str) -> str:
    text = _OTHERS.sub("_", function.lower()).strip("_")[:_KEPT].rstrip("_")
    return text if text[:1].isalpha() else f"t_{text}"[:_KEPT].rstrip("_")
