"""Which files are reports of tcperf's, by how they begin: others' files are never written over.

In a folder with tcperf's marker the names say it; this is for folders that are somebody else's, or several people's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tcperf.errors import OutputError
from tcperf.reports.folder import Folder

#: What stands near the beginning of each report, in every release's.
_MARKS: Final[Mapping[str, bytes]] = {
    "results.csv": b"run,order,subject,scenario,phase,node,metric,value,unit,",
    "summary.csv": b"started,version,revision,sha256,machine,network,verdict",
    "report.html": b'<meta name="generator" content="tcperf ',
    "report.md": b"tcperf: ",
    "junit.xml": b'<testsuites name="tcperf"',
}
#: report.html has two long lines before its mark.
_BEGINNING: Final = 4000
#: The page of several builds has its mark there, too.
_OTHERS: Final = (b'content="tcperf builds"', b'content="tcperf history"')


def is_test_results(path: Path) -> bool:
    """Whether nobody loses anything when test results are written at ``path``: it is missing, empty, or such a file of ours.

    Raises OSError where there is a file that cannot be read.
    """
    return _is_free(path, "junit.xml")


def check_views(folder: Folder) -> None:
    """See that what stands in a folder under the names of the reports, but for results.json and junit.xml, was written by tcperf.

    Raises OutputError for the first file that was not, and OSError for one that cannot be read.
    """
    _check((folder.results_csv, folder.summary_csv, folder.report_html, folder.report_md))


def _check(paths: Iterable[Path]) -> None:
    for path in paths:
        if not _is_free(path, path.name):
            raise OutputError(
                f"{path} is there, and tcperf report did not make it", cure="choose another folder with --out"
            )


def _is_free(path: Path, name: str) -> bool:
    """A folder of that name is lost to nobody either: writing fails."""
    if not path.exists() or path.is_dir():
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
        is_longer = name == "summary.csv" and _has_several_rows(beginning + file.read())
    if not beginning:
        return True
    is_other = is_longer or any(mark in beginning for mark in _OTHERS)
    return not is_other and _MARKS[name] in _head(beginning, name)


def _head(beginning: bytes, name: str) -> bytes:
    """Where the mark has to be: Markdown of anybody may name the tool somewhere."""
    if name != "report.md":
        return beginning
    line = beginning.partition(b"\n")[0]
    return line if line.startswith(b"### ") else b""


def _has_several_rows(table: bytes) -> bool:
    """Whether a summary.csv is of several builds, which nothing in its folder could make again."""
    return len(table.splitlines()) > 2  # noqa: PLR2004 - the heads, and one row
