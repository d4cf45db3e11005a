"""``tcperf new-scenario``: makes a scenario's file, which runs as it is."""

from __future__ import annotations

import argparse
import keyword
import shlex
import sys
from importlib.machinery import PathFinder
from pathlib import Path

from tcperf import config
from tcperf.cli.terminal import Terminal, safe
from tcperf.definition import check_name
from tcperf.errors import OutputError, UsageError
from tcperf.quoting import printable, shown
from tcperf.registry import discover
from tcperf.reports.atomic import write_atomically
from tcperf.scenario_template import new_scenario

_FOLDER = "scenarios"
#: A name has so many characters at most (``NAME_RULE``).
_LONGEST = 24


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Make the file, and tell the commands that show and play it."""
    configured = config.load(Path(arguments.config) if arguments.config else None, Path.cwd()).run.scenarios
    folder = Path(arguments.out) if arguments.out else (configured or (Path(_FOLDER),))[0]
    path = folder / f"{arguments.scenario}.py"
    _check(arguments.scenario, path, configured or ())
    _write(path, new_scenario(arguments.scenario))
    known = folder.resolve() in [each.resolve() for each in configured or ()]
    option = [] if known else ["--scenarios", str(folder)]
    terminal.data(safe(f"{_shown(path)} is made.  See what it will publish, play it, and change it:"))
    for verb in ("list", "run"):
        terminal.data(safe(f"  {shlex.join(['tcperf', verb, *option, arguments.scenario])}"))
    return 0


def _check(name: str, path: Path, configured: tuple[Path, ...]) -> None:
    """Raise UsageError for a name that no scenario can have, and for one that is taken."""
    try:
        check_name(name)
    except UsageError as error:
        raise UsageError(f"the scenario {shown(name)}: {error.message}", cure=error.cure) from error
    if path.exists() or path.is_symlink():
        raise UsageError(f"{_shown(path)} is there already", cure="choose another name, or another --out")
    if name in discover([folder for folder in configured if folder.is_dir()]).names:
        raise UsageError(f"there is a scenario {name} already", cure="choose another name: see tcperf list")
    taken = _taken(name)
    if taken is not None:
        raise UsageError(
            f"the scenario {name}: {taken}", cure=f"choose another name, such as {_another(name)}"
        )


def _taken(name: str) -> str | None:
    """Why a module of this name would be in somebody's way, be it tcperf's own; None where it is in nobody's.

    Whatever runs in its folder (``python -m tcperf`` there) imports the file instead of the module that it means.
    """
    if keyword.iskeyword(name):
        return "its name is a word of Python's own, and no program could import it"
    if name in sys.stdlib_module_names or _is_installed(name):
        return f"what is run in its folder would import it where the Python module {name} is meant"
    return None


def _is_installed(name: str) -> bool:
    """Whether a package or module of this name is installed: not what merely lies in the folder we are in."""
    here = Path.cwd()
    return PathFinder.find_spec(name, [each for each in sys.path if Path(each or here) != here]) is not None


def _another(name: str) -> str:
    return f"play_{name}"[:_LONGEST]


def _write(path: Path, source: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the folder {printable(path.parent)} cannot be made: {error.strerror}",
            cure="choose a folder that you may write to with --out",
        ) from error
    try:
        write_atomically(path, source)
    except OutputError as error:  # nothing was measured, nor to be
        raise UsageError(error.message, cure=error.cure) from error


def _shown(path: Path) -> str:
    """As one would type it: from here, where it is below."""
    below = path.is_absolute() and path.is_relative_to(Path.cwd())
    return printable(path.relative_to(Path.cwd()) if below else path)
