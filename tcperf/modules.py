"""A module of tcperf in a Python process of its own: started wherever tcperf was imported from, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import tcperf

_END_DEADLINE_S = 15.0


def module_command(module: str, *arguments: str) -> list[str]:
    """The command line that runs ``module`` as a program with this interpreter.

    ``-P``: a module in the current folder must not take the place of one that the program imports.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment(env: Mapping[str, str]) -> dict[str, str]:
    """``env`` with this very tcperf first on PYTHONPATH, be it installed or a clone."""
    here = str(Path(tcperf.__file__).parents[1])
    others = env.get("PYTHONPATH")
    return {**env, "PYTHONPATH": os.pathsep.join([here, *([others] if others else [])])}


def end_module(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a module's process that was told to end; kill it where it does not heed that."""
    try:
        process.wait(_END_DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
