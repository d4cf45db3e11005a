"""The files that ``tcperf settings`` writes: over its own, never over anybody else's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tcperf.cli.page_folder import make, may_be_replaced, refuse_file
from tcperf.cli.terminal import Terminal
from tcperf.errors import OutputError
from tcperf.reports.write import write_atomically
from tcperf.teamcity.settings import kotlin, xml


def write(folder: Path, documents: Mapping[str, str], terminal: Terminal) -> None:
    """Write all of it, by the names below the folder, or nothing where a file of somebody else's is in the way.

    An existing settings.kts is somebody's project: it is left alone, and it is told what it needs.

    Raises UsageError where the folder is a file, and OutputError where it or a file cannot be written.
    """
    refuse_file(folder)
    kept = _theirs(folder / kotlin.PROJECT_FILE) if kotlin.PROJECT_FILE in documents else False
    writing = {
        folder / name: text for name, text in documents.items() if not (kept and name == kotlin.PROJECT_FILE)
    }
    for path in writing:
        if _theirs(path):
            raise OutputError(
                f"{path} is there, and tcperf settings did not make it",
                cure="choose an empty folder with --out, and take over from there what you need",
            )
    for path, text in writing.items():
        terminal.say(f"{_put(path, text)}: {path}")
    if kept:
        terminal.say(
            f"{folder / kotlin.PROJECT_FILE} is yours: it needs the line `{kotlin.IMPORT}`, and within "
            f"`project {{ … }}` the line `{kotlin.CALL}`"
        )


def _put(path: Path, text: str) -> str:
    """Have the text in the file; in a word, whether that took writing."""
    if path.is_file() and path.read_bytes() == text.encode():
        return "unchanged"
    make(path.parent)
    write_atomically(path, text)
    return "written"


def _theirs(path: Path) -> bool:
    """Whether there is a file that tcperf did not make."""
    return not may_be_replaced(path, (kotlin.MARK, xml.MARK, '"post": "/app/rest/projects/'))
