"""The table ``[run]`` of tcperf.toml: run's options under their long names.

``names`` are the scenarios to run.  What concerns the gate and TeamCity may stand in their tables instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

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
    parse_junit,
    parse_node,
)
from tcperf.tables import Table, choice, count, duration, flag, said_once, text, texts


def read(table: Table, gate: Table, teamcity: Table, folder: Path) -> RunOptions:
    """The options in ``table``, ``[run]``, and in those of the gate and of TeamCity; paths are relative to ``folder``.

    Raises ConfigError with the file, the line and the key of the first fault.
    """
    table.allow(RUN_KEYS)
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
        gate=said_once(table, "gate", gate, "mode", choice(GATES)),
        budget=table.get("budget", duration),
        lanes=table.get("lanes", _lanes),
        pcap=table.get("pcap", choice(PCAPS)),
        profile=table.get("profile", _profiles),
        net=table.get("net", parse_link),
        junit=table.get("junit", lambda value: parse_junit(text(value), folder)),
        as_tests=said_once(table, "as_tests", teamcity, "as_tests", flag),
        tag=said_once(table, "tag", teamcity, "tag", flag),
        trend=said_once(table, "trend", teamcity, "trend", flag),
    )


def _lanes(value: object) -> int | Literal["auto"]:
    return AUTO if value == AUTO else count(value)


def _profiles(value: object) -> tuple[str, ...]:
    return tuple(choice(PROFILES)(each) for each in texts(value))
