"""The program that was measured: what it is known by."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


@frozen
class GoBuild:
    """What a Go program says of its own build (``go version -m``)."""

    go_version: str
    path: str = ""
    module: str = ""
    module_version: str = ""
    settings: Mapping[str, str] = field(factory=dict)


@frozen
class Subject:
    """The program that was measured.  ``command``: how it was called, as a shell takes it; None for a node.

    ``sha256`` is "" where no file of it could be read, and nothing but the ``path`` is known, or what stands in its
    place.
    """

    path: str
    sha256: str
    version: str
    generation: str
    reference: bool = False
    go: GoBuild | None = None
    command: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether its digest is of all that it runs: Go links everything in; a script or an interpreter runs other files."""
        return self.command is None and (self.reference or self.go is not None)

    def is_same(self, other: Subject) -> bool:
        """Whether nothing that is known tells the two apart; of nothing known, no."""
        return bool(self.sha256) and (self.sha256, self.command) == (other.sha256, other.command)
