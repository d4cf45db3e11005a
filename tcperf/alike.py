"""What differs between two sides: their binaries' builds, their machines, their scenarios' parameters.  Pure.

Everything is told as text, the base first.  ``conditions.unlike`` tells the rest: what forbids a comparison.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from tcperf.model import Environment, ScenarioInfo
from tcperf.quoting import printable, shown
from tcperf.subject import GoBuild, Subject
from tcperf.units import BYTES, humanize

#: How warnings begin that make another thing of a comparison; reports tell them before everything else.
UNLIKE_GENERATIONS: Final = "base and head are of unlike generations"
SAME_BINARY: Final = "base and head are the same binary"
#: Of these less is known: what a command, a script or an interpreter runs and reads may have changed.  So it is no such
#: warning.
SAME_COMMAND: Final = "base and head are the same command"
SAME_PROGRAM: Final = "base and head are the same program"
ONE_REFERENCE: Final = tuple(f"only the {side} is the bundled reference node" for side in ("base", "head"))
#: The generation of a node that never ran.
_UNTOLD: Final = "unknown"
#: Settings that name the sources, which are meant to differ.
_SOURCES: Final = "vcs"
#: Of flags: where things lie on the machine that built it.
_PLACES: Final = ("-I", "-L")
_SEPARATORS: Final = re.compile(r"[,\s]+")
#: Memory is told in slightly different sizes by kernels and hypervisors.
_MEMORY_RATIO: Final = 1.1
#: A warning quotes at most this many characters of a setting.
_SHOWN: Final = 60


def subject_warnings(base: Subject, head: Subject) -> tuple[str, ...]:
    """What makes a comparison of two programs doubtful: one binary twice, other drivers, other ways of building."""
    return tuple(_subject_warnings(base, head))


def unlike_builds(
    base: GoBuild | None, head: GoBuild | None, *, sides: tuple[str, str] = ("base", "head")
) -> tuple[str, ...]:
    """What differs in how two Go programs were built: the Go version, tags, race, flags; not what they are built of.

    Values that the linker sets (``-X``) and search paths are left out: they name commits and folders.  ``sides`` is
    what the two are called.
    """
    if base is None or head is None:
        return () if base is head else (f"only the {sides[base is None]} has build information",)
    names = [name for name in sorted({*base.settings, *head.settings}) if not name.startswith(_SOURCES)]
    found = [("Go version", {base.go_version}, {head.go_version})] + [
        (name, _parts(name, base.settings.get(name, "")), _parts(name, head.settings.get(name, "")))
        for name in names
    ]
    return tuple(_difference(*each, sides) for each in found if each[1] != each[2])


def unlike_machines(base: Environment, head: Environment) -> tuple[str, ...]:
    """What differs between two machines that figures depend on; their names may differ."""
    told = [
        ("architecture", base.machine, head.machine),
        ("CPU", base.cpu_model, head.cpu_model),
        ("cores", base.cpu_count, head.cpu_count),
        ("memory", *_memories(base.memory_bytes, head.memory_bytes)),
        ("kernel", base.kernel, head.kernel),
        ("governor", base.governor, head.governor),
        ("virtualization", base.virtualization, head.virtualization),
    ]
    return tuple(
        f"{what}: {_known(ours)} against {_known(theirs)}" for what, ours, theirs in told if ours != theirs
    )


def unlike_params(base: ScenarioInfo, head: ScenarioInfo) -> tuple[str, ...]:
    """Which parameters of a scenario differ: ``messages: 100 against 20``."""
    names = dict.fromkeys((*base.params, *head.params))
    return tuple(
        f"{printable(name)}: {_param(base, name)} against {_param(head, name)}"
        for name in names
        if base.params.get(name) != head.params.get(name)
    )


def _subject_warnings(base: Subject, head: Subject) -> Iterator[str]:
    if base.is_same(head):
        if head.is_whole:
            yield f"{SAME_BINARY}: whatever differs is noise"
        else:
            twice = SAME_PROGRAM if head.command is None else SAME_COMMAND
            yield f"{twice}: whatever differs is noise, unless what it runs or reads has changed"
    if base.reference != head.reference:
        yield ONE_REFERENCE[head.reference]
    elif base.generation != head.generation and _UNTOLD not in {base.generation, head.generation}:
        yield f"{UNLIKE_GENERATIONS}: {shown(base.generation)} against {shown(head.generation)}"
    builds = unlike_builds(base.go, head.go)
    if builds and base.reference == head.reference:
        yield f"base and head are built differently: {'; '.join(builds)}"


def _parts(name: str, value: str) -> set[str]:
    """The single tags or flags of a setting; the order of tags means nothing."""
    if name == "-tags":
        return set(_SEPARATORS.split(value)) - {""}
    return set(_flags(value))


def _flags(text: str) -> Iterator[str]:
    try:
        words = iter(shlex.split(text))
    except ValueError:  # a quotation that does not end
        words = iter(text.split())
    for word in words:
        if word == "-X":
            next(words, None)
        elif not word.startswith((*_PLACES, "-X=")):
            yield word


def _difference(what: str, ours: set[str], theirs: set[str], sides: tuple[str, str]) -> str:
    only = zip(sides, (ours - theirs, theirs - ours), strict=True)
    told = {side: _words(words) for side, words in only if words}
    if len(told) > 1:
        return f"{printable(what)}: {' against '.join(told.values())}"
    return f"{printable(what)}: " + ", ".join(f"{words} only in the {side}" for side, words in told.items())


def _words(words: Iterable[str]) -> str:
    """Words of others on one short line."""
    text = printable(" ".join(sorted(words)))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _memories(base: int | None, head: int | None) -> tuple[str | None, str | None]:
    """Both sizes for people, or twice the same where they are as good as equal."""
    if not base or not head or max(base, head) > _MEMORY_RATIO * min(base, head):
        return _size(base), _size(head)
    return None, None


def _size(number: int | None) -> str | None:
    return humanize(number, BYTES.symbol) if number else None


def _known(value: object) -> str:
    return "unknown" if value is None else _words([str(value)])


def _param(scenario: ScenarioInfo, name: str) -> str:
    return shown(scenario.params[name]) if name in scenario.params else "none"
