"""Where in a module's source something stands: for errors that point at it."""

from __future__ import annotations

import ast
import linecache
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final

from attrs import frozen

from tcperf.errors import ConfigError
from tcperf.quoting import printable

#: Whose frames tell an author nothing: the machinery that imports, generated code, and what is imported from us and Python.
_NO_FILE: Final = "<"
_OWN: Final = str(Path(__file__).parent)
_STANDARD: Final = sysconfig.get_path("stdlib")
#: Packages that others install lie below the standard library.
_INSTALLED: Final = ("site-packages", "dist-packages")


class FaultError(ConfigError):
    """A module is not what it has to be.  ``names`` is what in the module it is about: PHASES, or Params and one of its fields."""

    def __init__(self, names: tuple[str, ...], message: str, *, cure: str | None = None) -> None:
        super().__init__(message, cure=cure)
        self.names = names


@frozen
class Spot:
    """A line of a file; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}"

    @property
    def quoted(self) -> str:
        """The place and what stands there, for an error's details."""
        line = linecache.getline(self.file, self.line).strip()
        return f"{self}: {line}" if line else str(self)


def of_name(module: ModuleType, *names: str) -> Spot | None:
    """Where ``module`` binds a name, or a class in it the next one of ``names``; as far as it goes.

    The first line where it binds none of them; None for a module without a source.
    """
    file = getattr(module, "__file__", None)
    lines = linecache.getlines(file) if file else []
    if file is None or not lines:
        return None
    body, line = ast.parse("".join(lines)).body, 1
    for name in names:
        found = _binding(body, name)
        if found is None:
            break
        line, body = found.lineno, getattr(found, "body", [])
    return Spot(file, line)


def _binding(body: Sequence[ast.stmt], name: str) -> ast.stmt | None:
    """The statement that binds the name last."""
    return next((each for each in reversed(body) if name in _bound(each)), None)


def _bound(statement: ast.stmt) -> Iterable[str]:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return (name,)
        case ast.Assign(targets=targets):
            return (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case _:
            return ()


def of_error(error: BaseException) -> tuple[Spot, ...]:
    """Where a failed import came to its error, outermost first: in files of its author's alone."""
    spots = list(_frames(error.__traceback__))
    if isinstance(error, SyntaxError) and error.filename is not None:
        spots.append(Spot(error.filename, error.lineno or 1))
    return tuple(spot for spot in spots if is_the_authors(spot.file))


def _frames(trace: TracebackType | None) -> Iterable[Spot]:
    while trace is not None:
        yield Spot(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next


def is_the_authors(file: str) -> bool:
    """Whether a frame's file is neither Python's nor tcperf's own, nor none at all."""
    if file.startswith(_NO_FILE) or Path(file).is_relative_to(_OWN):
        return False
    is_installed = any(name in Path(file).parts for name in _INSTALLED)
    return is_installed or not Path(file).is_relative_to(_STANDARD)
