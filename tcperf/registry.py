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

from tcperf import whereabouts
from tcperf.definition import Scenario, define, introduced
from tcperf.errors import ConfigError, TcperfError, UsageError
from tcperf.nearest import choose_from
from tcperf.quoting import printable

__all__ = ["GROUP", "Listing", "Registry", "Scenario", "discover"]

GROUP: Final = "tcperf.scenarios"
#: Entry points exist only where the distribution that declares them is installed.
_OWN_DISTRIBUTION: Final = "tcperf"
#: A failed import quotes its last lines.
_QUOTED_SPOTS: Final = 3
_INSTALL: Final = "install tcperf to have its own scenarios: pip install ."


@frozen
class _Source:
    """Where a scenario's module is to be had; ``cure`` is the advice where its import fails."""

    name: str
    origin: str
    load: Callable[[], object]
    cure: str | None = None
    module: str | None = None
    path: Path | None = None

    def is_file_of(self, other: _Source) -> bool:
        """Whether it is the very file that an installed one is loaded from: in a clone that is installed for work."""
        if other.module is None or self.path is None:
            return False
        try:
            spec = importlib.util.find_spec(other.module)
        except ImportError:
            return False
        return (
            spec is not None
            and spec.origin is not None
            and Path(spec.origin).resolve() == self.path.resolve()
        )


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

        Raises UsageError where there is none, ConfigError where its module is broken.
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
        if other is not source and not source.is_file_of(other):
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
            module=point.module,
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
        _Source(path.stem, printable(path), lambda path=path: _import_file(path), path=path)  # type: ignore[misc]  # bound early
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
    try:
        module = source.load()
    except (Exception, SystemExit) as error:
        raise _broken(source, error) from error
    if not isinstance(module, ModuleType):
        where = introduced(source.name, source.origin, None)
        raise ConfigError(f"{where} is no module but {type(module).__name__}", cure=source.cure)
    return define(module, source.name, source.origin)


def _broken(source: _Source, error: BaseException) -> ConfigError:
    """What kept a module from being imported, and where in it: its last line that was reached."""
    spots = whereabouts.of_error(error)
    where = introduced(source.name, source.origin, spots[-1] if spots else None)
    if isinstance(error, TcperfError):
        return ConfigError(f"{where}: {error.message}", cure=error.cure)
    details = tuple(spot.quoted for spot in spots[-_QUOTED_SPOTS:])
    return ConfigError(
        f"{where} cannot be imported: {_reason(error)}", cure=_cure(source, error), details=details
    )


def _reason(error: BaseException) -> str:
    told = error.msg if isinstance(error, SyntaxError) else str(error)
    text = " ".join(told.split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _cure(source: _Source, error: BaseException) -> str:
    if source.cure is not None:
        return source.cure
    if isinstance(error, SyntaxError):
        return (
            "mend that line, or the one before it" if error.lineno else "save it as Python's text, in UTF-8"
        )
    if isinstance(error, ModuleNotFoundError):
        return f"install it where tcperf is: {sys.executable} -m pip install, or import what is there"
    return "a scenario's module defines things, and does nothing: mend that line"
