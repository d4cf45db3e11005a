"""The subcommands: what each is for, and which module knows its options.

Nothing of a subcommand is imported before it is used: ``tcperf --help`` has to be fast.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple


class Command(NamedTuple):
    """``help`` is a subcommand's line in the list of all; ``options`` the module, in ``tcperf.cli``, of its options."""

    help: str
    options: str

    def add(self, name: str, subparsers: Any) -> None:
        """Add the parser of the subcommand ``name``, with its options: the module's function ``add_<name>``."""
        module = importlib.import_module(f"tcperf.cli.{self.options}")
        add: Callable[[Any], None] = getattr(module, f"add_{name.replace('-', '_')}")
        add(subparsers)


#: By their names, in the order of the list.
COMMANDS: Final = {
    "run": Command("drive nodes through scenarios and measure them", "arguments_run"),
    "list": Command("list scenarios, their parameters and the keys they publish", "arguments_reading"),
    "doctor": Command("find out what this machine can measure, and how exactly", "arguments_reading"),
    "report": Command("write all reports again, or tell several results side by side", "arguments_reading"),
    "compare": Command("compare two results of earlier runs", "arguments_judging"),
    "emit": Command("print statistics for TeamCity from a shell script", "arguments_reading"),
    "analyze": Command("tell who sent how much to whom in a capture", "arguments_reading"),
    "calibrate": Command("measure the noise, and choose thresholds", "arguments_judging"),
    "drill": Command("plant regressions, and see that the gate sees them", "arguments_judging"),
    "settings": Command("make a TeamCity build configuration as code", "arguments_settings"),
    "history": Command("tell what past builds of TeamCity measured", "arguments_history"),
    "new-scenario": Command("make the file of a new scenario, which runs as it is", "arguments_reading"),
    "exec": Command("measure any program's whole life", "arguments_exec"),
}
