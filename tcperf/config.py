"""tcperf.toml: found, read strictly, and turned into typed values.

``[run]`` holds run's options under their long names (``names`` are the scenarios to run), ``[params.<scenario>]``
a scenario's parameters, ``[gate]``, ``[[gate.rule]]`` and ``[[accept]]`` the rules of the gate, ``[teamcity]``
where the reports go.  Paths in the file are relative to the file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from attrs import field, frozen

from tcperf.errors import ConfigError, UsageError
from tcperf.linkspec import parse_link
from tcperf.options import (
    AUTO,
    FORMATS,
    GATES,
    NETWORKS,
    PCAPS,
    PROFILES,
    RUN_KEYS,
    RunOptions,
    parse_baseline,
    parse_node,
)
from tcperf.quantities import parse_amount, parse_duration, parse_percent
from tcperf.quoting import printable, shown
from tcperf.rules import UNDECIDED, Acceptance, GatePolicy, Rule, check_unit, parse_pattern, unmatched
from tcperf.tables import Table, choice, count, day, flag, text, texts
from tcperf.tomlfile import Keys, TomlFile, read

FILE_NAME: Final = "tcperf.toml"
_SECTIONS: Final = ("run", "params", "gate", "accept", "teamcity")
_GATE_KEYS: Final = ("mode", "undecided", "require_comparison", "rule")
_RULE_KEYS: Final = ("match", "worse_by", "floor", "max", "report_only")
_ACCEPT_KEYS: Final = ("match", "up_to", "reason", "until")


@frozen(kw_only=True)
class TeamCityConfig:
    """``artifacts`` is the folder, among a build's artifacts, that the reports are published to."""

    artifacts: str = "tcperf"


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

    def _patterns(self) -> Iterator[tuple[str, str, Keys]]:
        for number, rule in enumerate(self.gate.rules):
            yield "[[gate.rule]]", rule.match, ("gate", "rule", number, "match")
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
    params, gate = top.table("params"), top.table("gate")
    return Config(
        file=file,
        run=_run(top.table("run"), gate, file.path.parent),
        params={name: params.table(name) for name in params.values},
        gate=_gate(gate),
        accept=tuple(_acceptance(table) for table in top.tables("accept")),
        teamcity=_teamcity(top.table("teamcity")),
    )


def _run(table: Table, gate: Table, folder: Path) -> RunOptions:
    table.allow(RUN_KEYS)
    mode = gate.get("mode", choice(GATES))
    if mode is not None and "gate" in table.values:
        raise gate.error("mode", "run.gate says it already", cure="keep one of the two")
    return RunOptions(
        names=table.get("names", texts),
        scenarios=table.get("scenarios", lambda value: tuple(folder / each for each in texts(value))),
        node=table.get("node", lambda value: parse_node(text(value), folder)),
        base=table.get("base", lambda value: parse_node(text(value), folder)),
        baseline=table.get("baseline", lambda value: parse_baseline(text(value), folder)),
        runs=table.get("runs", count),
        pairs=table.get("pairs", count),
        out=table.get("out", lambda value: folder / text(value)),
        network=table.get("network", choice(NETWORKS)),
        format=table.get("format", choice(FORMATS)),
        gate=table.get("gate", choice(GATES)) or mode,
        budget=table.get("budget", _duration),
        lanes=table.get("lanes", _lanes),
        pcap=table.get("pcap", choice(PCAPS)),
        profile=table.get("profile", _profiles),
        net=table.get("net", parse_link),
    )


def _duration(value: object) -> float:
    if not isinstance(value, str):
        raise UsageError(f"expected a duration, not {shown(value)}", cure='write it as "15m" or "90s"')
    return parse_duration(value)


def _lanes(value: object) -> int | Literal["auto"]:
    return AUTO if value == AUTO else count(value)


def _profiles(value: object) -> tuple[str, ...]:
    return tuple(choice(PROFILES)(each) for each in texts(value))


def _gate(table: Table) -> GatePolicy:
    table.allow(_GATE_KEYS)
    return GatePolicy(
        undecided=table.get("undecided", choice(UNDECIDED)) or "pass",
        require_comparison=table.get("require_comparison", flag) or False,
        rules=tuple(_rule(rule) for rule in table.tables("rule")),
    )


def _rule(table: Table) -> Rule:
    table.allow(_RULE_KEYS)
    match = table.need("match", _pattern)
    if len(table.values) == 1:
        raise table.error(None, "the rule says nothing", cure=f"add one of {', '.join(_RULE_KEYS[1:])}")
    fitting: Callable[[Any], Any] = lambda value: check_unit(match, parse_amount(value))  # noqa: E731
    return Rule(
        match=match,
        worse_by=table.get("worse_by", parse_percent),
        floor=table.get("floor", fitting),
        max=table.get("max", fitting),
        report_only=table.get("report_only", flag),
    )


def _acceptance(table: Table) -> Acceptance:
    table.allow(_ACCEPT_KEYS)
    return Acceptance(
        match=table.need("match", _pattern),
        up_to=table.need("up_to", parse_percent),
        reason=table.need("reason", text),
        until=table.need("until", day),
    )


def _pattern(value: object) -> str:
    return parse_pattern(text(value))


def _teamcity(table: Table) -> TeamCityConfig:
    table.allow(("artifacts",))
    return TeamCityConfig(artifacts=table.get("artifacts", _artifact_folder) or "tcperf")


def _artifact_folder(value: object) -> str:
    folder = text(value)
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts or set(folder) & set("\\:*?\"<>|,'"):
        raise UsageError(f"{shown(value)} is no folder among a build's artifacts", cure='such as "tcperf"')
    return folder
