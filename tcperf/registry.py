"""Finds scenarios by name: through the entry-point group ``tcperf.scenarios`` and in folders.

Finding collects names only.  A scenario's module is imported when the scenario is asked for, so that a broken
module of somebody else never stops a run that does not need it.  Modules of a folder are imported under private
names, and sys.path is left alone: they import installed packages, not each other.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from attrs import field, frozen

from tcperf.definition import Scenario, define
from tcperf.errors import ConfigError, ScenarioError, TcperfError, UsageError
from tcperf.nearest import choose_from
from tcperf.quoting import printable

__all__ = ["GROUP", "Listing", "Registry", "Scenario", "discover"]

GROUP: Final = "tcperf.scenarios"
#: Entry points exist only where the distribution that declares them is installed.
_OWN_DISTRIBUTION: Final = "tcperf"
_INSTALL: Final = "install tcperf to have its own scenarios: pip install ."


@frozen
class _Source:
    """Where a scenario's module is to be had; ``cure`` is the advice where its import fails."""

    name: str
    origin: str
    load: Callable[[], object]
    cure: str | None = None


@frozen
class Listing:
    """Every scenario that can be run, by name, and a line for each that cannot."""

    scenarios: tuple[Scenario, ...]
    warnings: tuple[str, ...]


@frozen
class Registry:
    """The scenarios found.  ``installed``: tcperf's own entry points are among them."""

    sources: Mapping[str, _Source] = field(repr=False)
    installed: bool
    _loaded: dict[str, Scenario] = field(factory=dict, init=False, repr=False, eq=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all scenarios found, sorted; nothing is imported."""
        return tuple(sorted(self.sources))

    def get(self, name: str) -> Scenario:
        """The scenario called ``name``.

        Raises UsageError where there is none, ScenarioError where its module is broken.
        """
        if name not in self.sources:
            raise self.unknown(name)
        if name not in self._loaded:
            self._loaded[name] = _load(self.sources[name])
        return self._loaded[name]

    def listing(self) -> Listing:
        """All scenarios; their modules are imported."""
        scenarios, warnings = [], [] if self.installed else [_INSTALL]
        for name in self.names:
            try:
                scenarios.append(self.get(name))
            except TcperfError as error:
                warnings.append(str(error))
        return Listing(tuple(scenarios), tuple(warnings))

    def unknown(self, name: str, place: str | None = None) -> UsageError:
        """The error that says that ``name``, found at ``place`` where it is not the command line, is unknown."""
        message = f"there is no scenario {name!r}"
        cure = choose_from(name, self.names, none="")
        advice = "; ".join(part for part in (cure, "" if self.installed else _INSTALL) if part)
        return UsageError(message if place is None else f"{place}: {message}", cure=advice or None)


def discover(folders: Sequence[Path]) -> Registry:
    """The scenarios of all installed distributions and of ``folders`` (each ``*.py`` not starting with ``_``).

    Raises ConfigError for a folder that cannot be read and for two scenarios of one name.
    """
    installed = _installed()
    unique = dict.fromkeys(folder.resolve() for folder in folders)
    found = [*installed, *(source for folder in unique for source in _in_folder(folder))]
    sources: dict[str, _Source] = {}
    for source in found:
        other = sources.setdefault(source.name, source)
        if other is not source:
            raise ConfigError(
                f"two scenarios are called {printable(source.name)}: {other.origin}, {source.origin}",
                cure="rename one of them",
            )
    own = f"distribution {_OWN_DISTRIBUTION}"
    return Registry(sources, installed=any(source.origin == own for source in installed))


def _installed() -> Iterable[_Source]:
    from importlib.metadata import entry_points  # its import takes longer than everything else here

    return [
        _Source(
            name=point.name,
            origin=f"distribution {point.dist.name}" if point.dist else f"entry point {point.value}",
            load=point.load,
            cure=f"install it again, or remove it: its entry point is {point.name} = {point.value}",
        )
        for point in entry_points(group=GROUP)
    ]


def _in_folder(folder: Path) -> Iterable[_Source]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".py" and path.is_file())
    except OSError as error:
        raise ConfigError(
            f"the folder of scenarios {printable(folder)} cannot be read: {error.strerror}",
            cure="--scenarios takes a folder of scenario modules; the scenarios to run are named without an option",
        ) from error
    return [
        _Source(path.stem, printable(path), lambda path=path: _import_file(path))  # type: ignore[misc]  # bound early
        for path in paths
        if not path.name.startswith("_")
    ]


def _import_file(path: Path) -> ModuleType:
    digest = hashlib.sha256(bytes(path)).hexdigest()[:16]
    name = f"_tcperf_scenario_{digest}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a path that ends in .py always has a loader"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # attrs resolves the annotations of a class through its module's entry
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _load(source: _Source) -> Scenario:
    where = f"scenario {printable(source.name)} ({source.origin})"
    try:
        module = source.load()
    except TcperfError as error:
        raise ScenarioError(f"{where}: {error.message}", cure=error.cure) from error
    except (Exception, SystemExit) as error:
        raise ScenarioError(
            f"{where} cannot be imported: {_reason(error)}", cure=source.cure, details=_frames(error)
        ) from error
    if not isinstance(module, ModuleType):
        raise ScenarioError(f"{where} is no module but {type(module).__name__}", cure=source.cure)
    return define(module, source.name, source.origin)


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _frames(error: BaseException) -> tuple[str, ...]:
    """The innermost lines of the traceback: where the module failed."""
    import traceback

    shown = 3
    frames = traceback.extract_tb(error.__traceback__)[-shown:]
    return tuple(f"{frame.filename}:{frame.lineno}: {frame.line or ''}".rstrip() for frame in frames)
