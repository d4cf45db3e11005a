"""Who was measured beside whom: the head's and the base's identity, line by line, and what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from tcperf.columns import BASE
from tcperf.model import Result
from tcperf.subject import Subject
from tcperf.summary import HEAD

#: What tells one program from another (``Subject.is_same``).
_TELLING: Final = ("Command", "SHA-256")


@frozen
class IdentityRow:
    """One thing that both sides have: None where a side does not tell it."""

    label: str
    base: str | None
    head: str | None

    @property
    def differs(self) -> bool:
        """Whether the sides are not alike in it."""
        return self.base != self.head


@frozen
class Identities:
    """Both subjects side by side: what names them, and the settings of their Go builds that differ."""

    rows: tuple[IdentityRow, ...]
    settings: tuple[IdentityRow, ...]

    @property
    def is_same_binary(self) -> bool:
        """Whether one binary was compared with itself."""
        return not any(row.label in _TELLING and row.differs for row in self.rows)


def identities(result: Result) -> Identities | None:
    """The head beside the base; None where there is no base."""
    base, head = result.subjects.get(BASE), result.subjects.get(HEAD)
    if base is None or head is None:
        return None
    lines = dict(_lines(base)), dict(_lines(head))
    labels = dict.fromkeys((*lines[1], *lines[0]))
    settings = _settings(base), _settings(head)
    names = sorted({*settings[0], *settings[1]})
    rows = (IdentityRow(name, settings[0].get(name), settings[1].get(name)) for name in names)
    return Identities(
        tuple(IdentityRow(label, lines[0].get(label), lines[1].get(label)) for label in labels),
        tuple(row for row in rows if row.differs),
    )


def _lines(subject: Subject) -> Iterator[tuple[str, str]]:
    if subject.command is not None:
        yield "Command", subject.command
    yield "Binary", subject.path
    if subject.sha256:
        yield "SHA-256", subject.sha256
        yield "Version", subject.version
        yield "Generation", subject.generation
    if subject.go is not None:
        yield "Go", subject.go.go_version
        yield "Module", " ".join(part for part in (subject.go.path, subject.go.module_version) if part)


def _settings(subject: Subject) -> dict[str, str]:
    return {} if subject.go is None else dict(subject.go.settings)
