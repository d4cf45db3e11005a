"""What is wrong with the options by themselves: said before anything is started."""

from __future__ import annotations

from typing import Any, Final

from tcperf.errors import UsageError
from tcperf.keys import NAME_RULE, is_name
from tcperf.options import GATES

#: What each option is to have, where an empty word is none.
_WANTED: Final = {
    "process": "a program's name, as in --tcperf-process status-backend",
    "container": "a container's name",
    "android": "an app's package",
    "publish": "a pattern of tests' names, as in --tcperf-publish 'chat_*'",
    "out": "a folder",
    "baseline": "an earlier results.json",
}


def check(options: Any) -> None:
    """Raise UsageError for a value that says nothing, or is not among those there are."""
    for name, wanted in _WANTED.items():
        given = getattr(options, f"tcperf_{name}")
        values = given if isinstance(given, list) else [given]
        if any(value is not None and not value.strip() for value in values):
            raise UsageError(f"--tcperf-{name} is empty", cure=f"give {wanted}, or leave the option away")
    if not is_name(options.tcperf_suite):
        raise UsageError(f"--tcperf-suite {options.tcperf_suite!r} is no name", cure=NAME_RULE)
    if options.tcperf_gate not in {None, *GATES}:
        raise UsageError(f"--tcperf-gate {options.tcperf_gate!r}: one of {', '.join(GATES)}")
    if options.tcperf_keys < 0:
        raise UsageError(
            f"--tcperf-keys {options.tcperf_keys} is less than none", cure="0 publishes no statistic"
        )
