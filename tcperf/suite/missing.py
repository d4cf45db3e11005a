"""What was asked for and did not come: names that no program has, patterns that no test fits, no program at all.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from tcperf.nearest import nearest
from tcperf.suite.record import Record

#: So many names are told, and how many there are beside them.
_TOLD: Final = 12
_TIME_ALONE: Final = (
    "no test that passed had a program of its own running, and all there is are times (a program that something else "
    "starts is measured where a test tells its process: the fixture's tcperf.watch(pid))"
)
_UNSEEN: Final = (
    "{} bytes on the loopback were of no known program, for a socket of it was closed before anybody looked whose it was, "
    "in {}: figures of traffic that would be 0 there are left out, and others may be too small (have what listens started "
    "by a fixture, before the test, or have it listen for a second longer; sockets are looked at, too, where a "
    "tcperf.phase begins and ends)"
)
_NO_STRANGERS: Final = (
    "and no other program either: the tests start none that is this process's child (what something else starts is "
    "measured where a test tells its process: the fixture's tcperf.watch(pid))"
)


def unseen(records: Iterable[Record], names: Sequence[str]) -> Iterator[str]:
    """A sentence with its cure for each of the programs' ``names`` that nothing was called by while tests ran that passed.

    One sentence where no names were asked for, and nothing was seen at all.
    """
    found = tuple(records)
    if not names:
        if found and not any(record.nodes for record in found):
            yield _TIME_ALONE
        return
    matched = {name for record in found for name in record.heard.matched}
    strangers = sorted({name for record in found for name in record.heard.strangers})
    for name in dict.fromkeys(names):
        if found and name not in matched:
            yield (
                f"--tcperf-process {name}: no program was called so while the tests ran that passed"
                f"{_instead(name, strangers, sorted(matched))}"
            )


def _instead(name: str, strangers: Sequence[str], matched: Sequence[str]) -> str:
    """Who was there in place of ``name``, and what it may have been meant to be."""
    if not strangers:
        return f", and no other than those of {_named(matched)}" if matched else f", {_NO_STRANGERS}"
    guess = nearest(name, strangers)
    if guess is None:
        return f"; there {_were(strangers)} (give one of these names, or a pattern of it: 'status-*')"
    others = [each for each in strangers if each != guess]
    return f"; did you mean {guess}?{f' (there {_were(others)}, too)' if others else ''}"


def _were(names: Sequence[str]) -> str:
    return f"{'was' if len(names) == 1 else 'were'} {_named(names)}"


def too_short(records: Iterable[Record]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tests that passed and have no figures although they started programs, by pytest's ids, and how these are called."""
    found: dict[str, list[Record]] = {}
    for record in records:
        if not record.part:
            found.setdefault(record.origin, []).append(record)
    for test, plays in found.items():
        started = dict.fromkeys(name for record in plays for name in record.started)
        if started and not any(record.nodes for record in plays):
            yield test, tuple(started)


def unseen_bytes(records: Iterable[Record]) -> Iterator[str]:
    """A sentence with its cure where programs talked that nobody knows; none where all that flowed is somebody's."""
    found = {record.name: 0 for record in records if not record.part and record.unseen_bytes}
    for record in records:
        if record.name in found and not record.part:
            found[record.name] += record.unseen_bytes
    if found:
        yield _UNSEEN.format(sum(found.values()), _named(tuple(found)))


def unseen_devices(records: Iterable[Record], devices: Sequence[str]) -> Iterator[str]:
    """The same of containers and apps without figures: ``container NAME``, ``android PACKAGE``, as they were asked for."""
    found = tuple(records)
    seen = {program for record in found for program in record.programs.values()}
    for device in dict.fromkeys(devices):
        if found and device not in seen:
            yield (
                f"--tcperf-{device}: nothing that is called so has figures of any test that passed (see that it runs from before "
                "a test until behind it, and what it is called)"
            )


def unfitting(patterns: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """A sentence with its cure for each of the ``patterns`` of published tests that none of the ``names`` fits."""
    for pattern in dict.fromkeys(patterns):
        if _fits_none(pattern, names):
            yield f"--tcperf-publish {pattern}: no test and no phase is called so, for they are {_named(names)}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{', '.join(names[:_TOLD])}{more}"


def is_blank(records: Iterable[Record], patterns: Sequence[str], names: Sequence[str]) -> bool:
    """Whether nothing was measured but time, or there are ``patterns`` of what is published and they fit no test at all."""
    has_programs = any(record.nodes for record in records)
    return not has_programs or bool(patterns and all(_fits_none(pattern, names) for pattern in patterns))


def _fits_none(pattern: str, names: Iterable[str]) -> bool:
    return not any(fnmatchcase(name, pattern) for name in names)
