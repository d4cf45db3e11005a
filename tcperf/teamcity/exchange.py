"""A request, and what it ends in: an answer, or a failure told in words."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from tcperf.quoting import printable


@frozen
class Request:
    """What is asked.  ``headers`` hold no credentials; ``bare``: nobody adds any.

    ``told`` is what it is called, None: by its method and path.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes | None = field(default=None, repr=False)
    bare: bool = False
    told: str | None = None

    @property
    def what(self) -> str:
        """The request for people: ``GET /app/rest/builds``."""
        return self.told or f"{self.method} {printable(unquote(urlsplit(self.url).path))}"


@frozen
class Answer:
    """What came back, whatever its status; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def brief(self) -> str:
        """What the server did, in a few words."""
        return f"answered {self.status}"


@frozen
class Failure:
    """Why nothing usable came back.

    ``is_nonsense`` says that something came that cannot be used; ``was_sent`` that the request may have arrived;
    ``is_lasting`` that trying again is of no use.
    """

    reason: str
    cure: str | None = None
    is_nonsense: bool = False
    was_sent: bool = True
    is_lasting: bool = False

    @property
    def brief(self) -> str:
        """What the server did, in a few words."""
        return f"cannot be reached: {self.reason}"
