"""tcperf.toml: found, read strictly, and turned into typed values.

``[run]`` holds run's options (run_table.py), ``[params.<scenario>]`` a scenario's parameters, ``[gate]``,
``[[gate.rule]]`` and ``[[accept]]`` the rules of the gate (gate_tables.py), ``[report]`` what the page says besides,
``[teamcity]`` where the reports go, how regressions are told and the build configuration (buildsettings.py).  Paths in
the file are relative to the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import field, frozen

from tcperf import buildsettings, gate_tables, run_table
from tcperf.band import FEWEST
from tcperf.buildsettings import BuildSettings
from tcperf.errors import ConfigError, UsageError
from tcperf.options import RunOptions
from tcperf.quoting import printable, shown
from tcperf.rules import NOTHING_LEFT, Acceptance, GatePolicy, hidden, unmatched
from tcperf.tables import Table, count, text
from tcperf.tomlfile import Keys, TomlFile, read
from tcperf.weblink import web_link

FILE_NAME: Final = "tcperf.toml"
_SECTIONS: Final = ("run", "params", "gate", "accept", "report", "teamcity")
_RULES: Final = ("gate", "rule")
#: How many past builds a result is seen beside: a few weeks of nightly builds.
HISTORY_BUILDS: Final = 20
_FEWEST_BUILDS, _MOST_BUILDS = FEWEST, 500


@frozen(kw_only=True)
class TeamCityConfig:
    """``artifacts`` is the folder, among a build's artifacts, that the reports are published to.

    ``settings`` is the build configuration that ``tcperf settings`` makes.  ``history_builds`` is how many past
    builds a result is seen beside.
    """

    artifacts: str = "tcperf"
    history_builds: int = HISTORY_BUILDS
    settings: BuildSettings = field(factory=BuildSettings)


@frozen(kw_only=True)
class ReportConfig:
    """``feedback`` is the address of a web page on which readers of a report may say what they think; None asks nobody."""

    feedback: str | None = None


@frozen(kw_only=True)
class Config:
    """All that tcperf.toml says; the defaults where there is none (``file`` is then None).

    ``params`` maps a scenario's name to its parameters as TOML has them: only the scenario knows their types.
    """

    file: TomlFile | None = None
    run: RunOptions = field(factory=RunOptions)
    params: Mapping[str, Table] = field(factory=dict)
    gate: GatePolicy = field(factory=GatePolicy)
    accept: tuple[Acceptance, ...] = ()
    report: ReportConfig = field(factory=ReportConfig)
    teamcity: TeamCityConfig = field(factory=TeamCityConfig)

    @property
    def has_patterns(self) -> bool:
        """Whether it says anything of keys: a rule, an acceptance."""
        return bool(self.gate.rules or self.accept)

    def unmatched_patterns(self, tails: Collection[str]) -> tuple[str, ...]:
        """A warning, with the place, for each ``match`` that matches none of ``tails`` (see ``rules.key_tails``)."""
        return tuple(
            f"{problem} ({name} at {self._place(keys)})"
            for name, pattern, keys in self._patterns()
            if (problem := unmatched(pattern, tails)) is not None
        )

    def hidden_rules(self, tails: Collection[str]) -> tuple[str, ...]:
        """A warning, with the place, for each rule of the gate that later ones leave nothing of; ``tails`` as above."""
        return tuple(self._hidden(place, later) for place, later in hidden(self.gate.rules, tails).items())

    def _hidden(self, place: int, later: Iterable[int]) -> str:
        rules = self.gate.rules
        others = ", ".join(
            f"{rules[other].match} at {self._place((*_RULES, other, 'match'))}" for other in later
        )
        return (
            f"{NOTHING_LEFT} {rules[place].match}: whatever it says, a later one says of the same keys, and the last "
            f"match wins ({others}): put it below, or delete it ([[gate.rule]] at {self._place((*_RULES, place, 'match'))})"
        )

    def _patterns(self) -> Iterator[tuple[str, str, Keys]]:
        for number, rule in enumerate(self.gate.rules):
            yield "[[gate.rule]]", rule.match, (*_RULES, number, "match")
        for number, acceptance in enumerate(self.accept):
            yield "[[accept]]", acceptance.match, ("accept", number, "match")

    def _place(self, keys: Keys) -> str:
        return FILE_NAME if self.file is None else self.file.place(keys)


def load(path: Path | None, cwd: Path) -> Config:
    """The configuration at ``path``, which must exist; without one that of the folder ``cwd``, if any.

    Raises ConfigError with the file, the line and the key of the first fault.
    """
    try:
        return _config(read(cwd / (path or FILE_NAME)))
    except FileNotFoundError as error:
        if path is None:
            return Config()
        raise ConfigError(
            f"there is no configuration file {printable(path)}", cure="check --config"
        ) from error


def _config(file: TomlFile) -> Config:
    top = Table(file, (), file.values)
    top.allow(_SECTIONS)
    params, gate, teamcity = top.table("params"), top.table("gate"), top.table("teamcity")
    return Config(
        file=file,
        run=run_table.read(top.table("run"), gate, teamcity, file.path.parent),
        params={name: params.table(name) for name in params.values},
        gate=gate_tables.read(gate),
        accept=tuple(map(gate_tables.read_acceptance, top.tables("accept"))),
        report=_report(top.table("report")),
        teamcity=_teamcity(teamcity),
    )


def _report(table: Table) -> ReportConfig:
    table.allow(("feedback",))
    return ReportConfig(feedback=table.get("feedback", _web_page))


def _web_page(value: object) -> str:
    address = web_link(text(value))
    if address is None:
        raise UsageError(
            f"{shown(value)} is no address of a web page",
            cure='such as "https://example.org/survey": http or https, without a user, 300 characters at most',
        )
    return address


def _teamcity(table: Table) -> TeamCityConfig:
    table.allow(("artifacts", "history_builds", "as_tests", "tag", "trend", *buildsettings.SETTINGS_KEYS))
    return TeamCityConfig(
        artifacts=table.get("artifacts", _artifact_folder) or "tcperf",
        history_builds=table.get("history_builds", _history_builds) or HISTORY_BUILDS,
        settings=buildsettings.read(table),
    )


def _history_builds(value: object) -> int:
    number = count(value)
    if not _FEWEST_BUILDS <= number <= _MOST_BUILDS:
        raise UsageError(
            f"{number} past builds are too {'few' if number < _FEWEST_BUILDS else 'many'} to say what is usual",
            cure=f"choose from {_FEWEST_BUILDS} to {_MOST_BUILDS}; {HISTORY_BUILDS} are taken where nothing is said",
        )
    return number


def _artifact_folder(value: object) -> str:
    folder = text(value)
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts or set(folder) & set("\\:*?\"<>|,'"):
        raise UsageError(f"{shown(value)} is no folder among a build's artifacts", cure='such as "tcperf"')
    return folder
