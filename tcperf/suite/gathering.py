"""What all tests measured becomes a Result: the suite is its scenario, tests and phases are its phases, repeats its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, Literal

from attrs import frozen

import tcperf
from tcperf.model import (
    Conditions,
    Environment,
    PhaseInfo,
    PhaseResult,
    Result,
    Run,
    ScenarioInfo,
    Tool,
    Unmeasured,
)
from tcperf.subject import Subject
from tcperf.suite import missing
from tcperf.suite.record import Record

#: What a test publishes of what it has: few, for a server keeps every key for ever.
METRICS: Final = ("time_ms", "cpu_ms", "memory_peak_bytes", "ip_bytes")
#: How a test ended that has no figures.
Outcome = Literal["failed", "skipped", "xfailed"]
_NOBODY: Final = "no program was measured"
_UNKNOWN: Final = "unknown"
_HEAD: Final = "head"


@frozen
class Facts:
    """What holds for the whole session.  ``zero_ns`` is its time 0; ``publish`` are patterns, all where there is none.

    ``processes`` are the names that programs were asked for by; None where containers and apps alone were asked
    for, which are ``devices``: ``container NAME``, ``android PACKAGE``.
    """

    suite: str
    conditions: Conditions
    environment: Environment
    started: str
    command: tuple[str, ...]
    zero_ns: int
    publish: tuple[str, ...] = ()
    processes: tuple[str, ...] | None = ()
    devices: tuple[str, ...] = ()
    keys: int = 100
    warnings: tuple[str, ...] = ()


def gathered(
    records: Sequence[Record], subject: Subject, facts: Facts, outcomes: Mapping[str, Outcome] | None = None
) -> Result | None:
    """The result of all passed tests; None where there is none.  ``outcomes`` are the others' ends, by pytest's ids."""
    columns = _columns(records)
    told, clean = _without_doubles(columns)
    if not clean:
        return None
    infos, limited = _published(clean, facts)
    warnings = (
        *facts.warnings,
        *missed(records, facts),
        *told,
        *limited,
        *_from_processes(records),
        *_others(records, subject),
    )
    return Result(
        tool=Tool(tcperf.__version__, facts.started, facts.command),
        environment=facts.environment,
        conditions=facts.conditions,
        subjects={_HEAD: subject},
        scenarios=(ScenarioInfo(facts.suite, "the tests of a suite", {}, infos),),
        runs=tuple(_runs(clean, facts)),
        warnings=tuple(dict.fromkeys(warnings)),
        unmeasured=(
            *(Unmeasured(facts.suite, test, end) for test, end in (outcomes or {}).items()),
            *(Unmeasured(facts.suite, test, "unseen", names) for test, names in missing.too_short(records)),
        ),
    )


def missed(records: Sequence[Record], facts: Facts) -> tuple[str, ...]:
    """What was asked for and did not come, a sentence each with its cure."""
    _told, clean = _without_doubles(_columns(records))
    unseen = () if facts.processes is None else missing.unseen(records, facts.processes)
    devices = missing.unseen_devices(records, facts.devices)
    return (*unseen, *devices, *(missing.unfitting(facts.publish, tuple(clean)) if clean else ()))


def is_blank(records: Sequence[Record], facts: Facts) -> bool:
    """Whether nothing was measured that anybody is told."""
    _told, clean = _without_doubles(_columns(records))
    return missing.is_blank(records, facts.publish, tuple(clean))


def why_blank(records: Sequence[Record], facts: Facts) -> str | None:
    """The one of ``missed`` that says why nothing was measured; None where something was, or none of them says it."""
    if not is_blank(records, facts):
        return None
    told = missed(records, facts)
    if any(record.nodes for record in records):
        told = tuple(missing.unfitting(facts.publish, tuple(_columns(records))))
    return next(iter(told), None)


def main_program(records: Iterable[Record]) -> str | None:
    """The path of the program that most of what was watched executes; None where nothing was."""
    found = Counter(path for record in records for path in record.programs.values())
    return min(found, key=lambda path: (-found[path], path)) if found else None


def no_subject(path: str | None = None) -> Subject:
    """The subject where a program cannot be read, or there was none."""
    return Subject(path or _NOBODY, "", _UNKNOWN, _UNKNOWN)


def _columns(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The records of each name, in the order of the tests' ids and of the time."""
    found: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda each: (each.origin, each.start_ns)):
        found.setdefault(record.name, []).append(record)
    return found


def _without_doubles(columns: Mapping[str, list[Record]]) -> tuple[list[str], dict[str, list[Record]]]:
    """What cannot be told apart is left out, and warned of."""
    told, clean = [], {}
    for name, column in columns.items():
        origins = list(dict.fromkeys(record.origin for record in column))
        if len(origins) > 1:
            told.append(
                f"{name} is left out: {len(origins)} tests have this name, or a phase of it, among them {origins[0]} and "
                f"{origins[1]} (rename a test, its file or its phase)"
            )
        else:
            clean[name] = column
    return told, clean


def _published(columns: Mapping[str, list[Record]], facts: Facts) -> tuple[tuple[PhaseInfo, ...], list[str]]:
    """Each test and phase with what it publishes, as many as there is room for."""
    infos, left, beyond = [], facts.keys, 0
    for name, column in columns.items():
        metrics = _metrics(column) if _is_wanted(name, facts.publish) else ()
        if len(metrics) > left:
            beyond, metrics = beyond + 1, ()
        left -= len(metrics)
        infos.append(PhaseInfo(name, bool(metrics), metrics, column[0].origin, column[0].part or None))
    if not beyond:
        return tuple(infos), []
    told = (
        f"{beyond} of {len(infos)} tests and phases are not published: they would make more than {facts.keys} statistics, and a "
        "server keeps every key for ever (choose some with --tcperf-publish PATTERN, or allow more with --tcperf-keys N)"
    )
    return tuple(infos), [told]


def _is_wanted(name: str, patterns: Iterable[str]) -> bool:
    return not (found := tuple(patterns)) or any(fnmatchcase(name, pattern) for pattern in found)


def _metrics(column: Iterable[Record]) -> tuple[str, ...]:
    """Those of METRICS that any run has; none where nothing that is watched lived in any."""
    seen = {key for record in column if record.nodes for key in record.totals}
    return tuple(key for key in METRICS if key in seen)


def _runs(columns: Mapping[str, list[Record]], facts: Facts) -> Iterator[Run]:
    """The first times of all tests, then the second ones of those that were repeated, and so on."""
    for order in range(max(map(len, columns.values()))):
        records = sorted(
            (column[order] for column in columns.values() if order < len(column)),
            key=lambda each: each.start_ns,
        )
        yield Run(
            id=f"{facts.suite}-{order + 1}",
            subject=_HEAD,
            scenario=facts.suite,
            order=order,
            phases=tuple(_phase(record, facts.zero_ns) for record in records),
            traffic=tuple(row for record in records for row in record.traffic),
        )


def _phase(record: Record, zero_ns: int) -> PhaseResult:
    return PhaseResult(
        name=record.name,
        start_ns=record.start_ns - zero_ns,
        end_ns=record.end_ns - zero_ns,
        nodes=record.nodes,
        totals=record.totals,
    )


def _from_processes(records: Sequence[Record]) -> Iterator[str]:
    lost = max((record.lost_packets for record in records), default=0)
    if lost:
        yield f"{lost} packets were not counted: the kernel had no room for them, and traffic is more than what is told"
    yield from missing.unseen_bytes(records)
    for record in records:
        yield from record.warnings


def _others(records: Iterable[Record], subject: Subject) -> Iterator[str]:
    others = sorted({path for record in records for path in record.programs.values()} - {subject.path})
    if others:
        yield f"several programs were measured together: beside {subject.path} also {', '.join(others)}"
