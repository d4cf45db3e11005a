"""``tcperf report`` of several results: side by side, and their trend."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf import results
from tcperf.cli.page_folder import make_ready
from tcperf.cli.terminal import Terminal
from tcperf.errors import OutputError, UsageError
from tcperf.reports import builds_html, console_builds, summary_csv
from tcperf.reports.builds import Builds, gather
from tcperf.reports.text import encodable
from tcperf.reports.write import MARKER, write_atomically
from tcperf.teamcity.escaping import neutralise

#: The table on a terminal is as wide as the terminal, up to here.
_WIDEST: Final = 120
#: How files of ours begin: others are not overwritten.
_MARKS: Final = (",".join(summary_csv.ABOUT), builds_html.MARK)
_HTML, _CSV = "builds.html", "summary.csv"


def tell(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Print the results side by side, and write their page where a folder is given; the exit status.

    Raises UsageError for options that are about one result.
    """
    if arguments.junit is not None:
        raise UsageError(
            "--junit is about one result, and several are given", cure="call tcperf report once for each"
        )
    if arguments.format == "teamcity":
        raise UsageError(
            "--format teamcity tells one result's statistics, and several are given",
            cure="call tcperf report once for each, or give --format console",
        )
    page = None if arguments.out is None else Page.at(Path(arguments.out))
    found = gather((str(path), results.load(path)) for path in arguments.results)
    shown = _csv(found) if arguments.format == "csv" else _table(found, terminal)
    terminal.data(neutralise(encodable(shown, terminal.stdout)).rstrip("\n"))
    if page is not None:  # behind the table, which is not lost where the page cannot be written
        page.write(found, terminal)
    return 0


def _csv(found: Builds) -> str:
    return summary_csv.render(build.result for build in found.builds)


def _table(found: Builds, terminal: Terminal) -> str:
    is_terminal = terminal.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, _WIDEST) if is_terminal else console_builds.WIDTH
    return console_builds.render(found, width)


@frozen
class Page:
    """The folder of builds.html and summary.csv."""

    folder: Path

    @classmethod
    def at(cls, path: Path) -> Page:
        """Make the folder.

        Raises what ``make_ready`` does, and OutputError where it is the report folder of a run, whose summary.csv is
        another one.
        """
        if (path / MARKER).exists():
            raise OutputError(f"{path} holds the reports of a run", cure="choose another folder with --out")
        return cls(make_ready(path, (_HTML, _CSV), _MARKS, "tcperf report"))

    @property
    def html(self) -> Path:
        """The tables and charts."""
        return self.folder / _HTML

    @property
    def csv(self) -> Path:
        """The figures."""
        return self.folder / _CSV

    def write(self, found: Builds, terminal: Terminal) -> None:
        """Write both, and say where the page is."""
        write_atomically(self.csv, _csv(found))
        write_atomically(self.html, builds_html.render(found))
        terminal.say(f"written: {self.html}")
