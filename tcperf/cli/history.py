"""``tcperf history``: what past builds of a TeamCity build configuration measured."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from tcperf.baselines.teamcity import read_builds
from tcperf.buildsettings import parse_id
from tcperf.cli.page_folder import make_ready
from tcperf.cli.terminal import Terminal
from tcperf.clock import Deadline
from tcperf.errors import UsageError
from tcperf.history import History, PastBuild
from tcperf.reports import console_history, history_csv, history_html
from tcperf.reports.figure import when
from tcperf.reports.past import WINDOW, Past, past
from tcperf.reports.sparkline import levels
from tcperf.reports.write import write_atomically
from tcperf.teamcity.address import Address
from tcperf.teamcity.build import Build
from tcperf.teamcity.credentials import Credentials
from tcperf.teamcity.escaping import neutralise
from tcperf.teamcity.rest import Server

#: The table on a terminal is as wide as the terminal, up to here.
_WIDEST: Final = 120
#: How files of ours begin: others are not overwritten.
_MARKS: Final = (",".join(history_csv.BUILD_COLUMNS), history_html.MARK)
_HTML, _CSV = "history.html", "history.csv"
#: All builds are read in so many seconds: whoever asks for a thousand of them waits for more than one answer.
TOTAL_S: Final = 300.0


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Read the builds, print their figures, and write the page where it is asked for."""
    page = None if arguments.out is None else Page.at(Path(arguments.out))
    found = past(*_read(arguments, terminal), arguments.metric)
    _warn(found, arguments.metric, terminal)
    if page is not None:
        page.write(found, terminal)
    if arguments.csv or found.names:  # of an empty table there is no more to see than was said
        terminal.data(neutralise(_shown(found, terminal, csv=arguments.csv)).rstrip("\n"))
    return 0


# --- where from --------------------------------------------------------------------------------------


def _read(arguments: argparse.Namespace, terminal: Terminal) -> tuple[str, History]:
    """The configuration that was asked for, and its builds."""
    source = Source.of(arguments, Build.read(terminal.env))
    for warning in source.warnings:
        terminal.warn(warning)
    until = Deadline.after(TOTAL_S)
    with Server(source.url, source.credentials, until=until, notice=terminal.say) as server:
        for warning in server.warnings:
            terminal.warn(warning)
        builds = read_builds(
            server,
            source.configuration,
            branch=arguments.branch,
            count=arguments.count,
            warn=terminal.warn,
        )
    return source.configuration, History(builds, "asked", told(builds, arguments.branch))


@frozen
class Source:
    """The server at ``url``, what it is shown (None: nothing), and the build configuration it is asked for."""

    url: str
    credentials: Credentials | None
    configuration: str
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, arguments: argparse.Namespace, build: Build) -> Source:
        """What the options say, else what the build around tells.

        A build's own credentials are shown to that build's server alone.  Raises UsageError for what neither tells,
        and for a server or a configuration that cannot be called so.
        """
        url = arguments.server or build.server_url
        asked = arguments.configuration
        configuration = build.configuration if asked is None else parse_id(asked)
        if url is None:
            raise UsageError("it is not known which server to ask", cure="give --server URL")
        if configuration is None:
            raise UsageError(
                "it is not known which configuration's builds to read", cure="give --configuration ID"
            )
        return cls(url, _credentials(Address.parse(url), build), configuration, build.warnings)


def _credentials(address: Address, build: Build) -> Credentials | None:
    known = build.credentials
    is_own = build.server_url is not None and address == Address.parse(build.server_url)
    return known if known is not None and (known.is_token or is_own) else None


# --- what is told ------------------------------------------------------------------------------------


def told(builds: Sequence[PastBuild], branch: str | None) -> str:
    """Which builds they are, in words: how many, of which branch, from when to when."""
    of = f"of {branch}" if branch is not None else "of the default branch"
    if not builds:
        return f"no successful build {of} that published figures of tcperf's"
    if len(builds) == 1:
        return f"1 successful build {of}, {when(builds[0])} UTC"
    return f"{len(builds)} successful builds {of}, {when(builds[0])} … {when(builds[-1])} UTC"


def _warn(found: Past, patterns: Sequence[str], terminal: Terminal) -> None:
    if not found.history.builds:
        terminal.warn(f"{found.configuration} has {found.history.told}")
    elif not found.names:
        asked = f" that matches {' or '.join(patterns)}" if patterns else " of tcperf's"
        terminal.warn(f"no build published a figure{asked}")


def _shown(found: Past, terminal: Terminal, *, csv: bool) -> str:
    if csv:
        return history_csv.render(found)
    stdout = terminal.stdout
    is_terminal = stdout.isatty()
    width = min(shutil.get_terminal_size().columns, _WIDEST) if is_terminal else console_history.WIDTH
    return console_history.render(found, width, levels(stdout.encoding), WINDOW)


# --- files -------------------------------------------------------------------------------------------


@frozen
class Page:
    """The folder of history.html and history.csv."""

    folder: Path

    @classmethod
    def at(cls, path: Path) -> Page:
        """Make the folder.  Raises what ``make_ready`` does."""
        return cls(make_ready(path, (_HTML, _CSV), _MARKS, "tcperf history"))

    @property
    def html(self) -> Path:
        """The charts."""
        return self.folder / _HTML

    @property
    def csv(self) -> Path:
        """The figures."""
        return self.folder / _CSV

    def write(self, found: Past, terminal: Terminal) -> None:
        """Write both, and say where they are."""
        write_atomically(self.csv, history_csv.render(found))
        write_atomically(self.html, history_html.render(found, WINDOW))
        for file in (self.csv, self.html):
            terminal.say(f"written: {file}")
