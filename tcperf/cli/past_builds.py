"""What the server that runs this build tells of past ones: read before anything is measured; what is wrong breaks nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcperf.cli.terminal import Terminal
from tcperf.config import Config

if TYPE_CHECKING:
    from tcperf.baselines.reading import Reading
    from tcperf.teamcity.build import Build

#: Said at once, before anything is measured; the reason is a warning beside the figures.
NOTHING: Final = "there is nothing to compare with; why is said at the end"
#: How is said that there are no builds to show.
NO_TREND: Final = "no past builds are shown"


def read_baseline(config: Config, terminal: Terminal) -> Reading:
    """The past builds as what a result is compared with.

    Warnings, and why there is nothing to compare with, are in the Reading: the result's reports say them, once.
    """
    from tcperf.teamcity.build import Build

    found = _read(Build.read(terminal.env), config, terminal)
    if found.precedent is None:
        terminal.say(NOTHING)
    else:
        terminal.say(f"the baseline is the history of builds: {found.precedent.history.told}")
    return found


def read_trend(config: Config, terminal: Terminal) -> Reading | None:
    """The past builds to be shown beside a result that something else, or nothing, judges.

    None where there are none, or nobody who could tell of them: that is a line in the build's log.  Outside of a build
    there is no such line.  Why a server does not tell is in the Reading, for the result's warnings.
    """
    from tcperf.teamcity.build import Build

    build = Build.read(terminal.env)
    if not build.is_teamcity:
        return None
    found = _read(build, config, terminal)
    if found.precedent is not None:
        terminal.say(f"report.html shows past builds: {found.precedent.history.told}")
        return found
    if found.has_failed and build.credentials is not None:
        return found
    terminal.say(f"{NO_TREND}: {found.problem}")
    return None


def _read(build: Build, config: Config, terminal: Terminal) -> Reading:
    from tcperf.baselines import reading

    standpoint = reading.Standpoint.of(build, Path.cwd(), config.teamcity.settings.target)
    return reading.read(standpoint, config.teamcity.history_builds, datetime.now(UTC), terminal.say)
