"""Where reports may go: never into a folder that cannot be tcperf's alone."""

from __future__ import annotations

from pathlib import Path, PurePath

from tcperf.errors import OutputError
from tcperf.reports.folder import OUT


def own_folder(path: Path, option: str = OUT) -> Path:
    """The absolute path, links followed.

    Raises OutputError for the root and for the user's home, whatever a marker in them says; it names the ``option``
    that chooses another one.
    """
    target, cure = path.resolve(), f"name a folder below it with {option}"
    if is_root(target):
        raise OutputError(f"{target} is the root, no folder for reports", cure=cure)
    if target == _home():
        raise OutputError(f"{target} is your home, no folder for reports", cure=cure)
    return target


def is_root(path: PurePath) -> bool:
    """Whether an absolute path is the root, on Windows that of any drive."""
    return path == path.parent


def _home() -> Path | None:
    """None where the user has none."""
    try:
        return Path.home().resolve()
    except RuntimeError:
        return None
