"""A TeamCity server's REST interface.

A request that fails for a while is tried again with growing pauses; one that a server redirects follows only within
that server, but for a file, which may be kept elsewhere.  The credentials are sent to that scheme, host and port,
and to no other, whatever the server answers.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

from attrs import evolve

import tcperf
from tcperf.clock import Deadline
from tcperf.errors import ConfigError
from tcperf.quoting import printable
from tcperf.teamcity.address import Address
from tcperf.teamcity.build import Build
from tcperf.teamcity.credentials import Credentials
from tcperf.teamcity.exchange import Answer, Failure, Request
from tcperf.teamcity.limits import Limits
from tcperf.teamcity.rest_errors import Kind, RestError, Teller
from tcperf.teamcity.retrying import Patience, is_temporary, pause_s
from tcperf.teamcity.transport import Transport

__all__ = ["Kind", "Limits", "Patience", "RestError", "Server"]

_JSON: Final = {"Accept": "application/json"}
_JSON_BODY: Final = {**_JSON, "Content-Type": "application/json"}
_SUCCESS: Final = range(200, 300)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: Those that keep the method (RFC 9110, section 15.4); after the others a request would become a GET.
_KEEPING: Final = frozenset({307, 308})
_HOPS: Final = 5
#: More pages than any history that is asked for has.
_PAGES: Final = 2000


class Server:
    """The server at ``url``, asked with ``credentials`` (None: as a guest would).

    Paths begin with a slash and are below the server's root; they and the queries are plain text.  A request takes as
    long as ``patience`` says, and all of them end at ``until`` (None: never).  ``sleep`` waits so many seconds,
    ``jitter`` gives numbers of 0 … 1, ``notice`` is told of every wait.  Every method raises RestError.  Raises
    ConfigError where ``url`` is none of a server.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        patience: Patience = Patience(),  # noqa: B008 - frozen
        until: Deadline | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        notice: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._address = Address.parse(url)
        self._credentials = credentials
        self._teller = Teller(self._address, credentials)
        self._patience, self._until = patience, until
        self._sleep, self._jitter, self._notice = sleep, jitter, notice
        self._transport = Transport(f"tcperf/{tcperf.__version__}", limits)

    @classmethod
    def of(
        cls,
        build: Build,
        *,
        until: Deadline | None = None,
        notice: Callable[[str], None] = lambda _text: None,
    ) -> Server:
        """The server that runs ``build``.  Raises ConfigError where the build does not know it."""
        if build.server_url is None:
            raise ConfigError(
                "the TeamCity server's URL is not known: neither the build's property files nor BUILD_URL tell it",
                cure="in a container, mount the agent's temporary folder at the same path",
            )
        return cls(build.server_url, build.credentials, until=until, notice=notice)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    @property
    def url(self) -> str:
        """The server's root."""
        return str(self._address)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever runs this should know of the connection."""
        if self._credentials is None or self._address.is_confidential:
            return ()
        plain = f"the credentials are sent to {self.url} without encryption, to be read by whoever is between"
        return (f"{plain} (give the server an https URL)",)

    def get_json(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON value there."""
        return self._json(Request("GET", self._address.url(path, query), _JSON))

    def get_text(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The text there, such as one statistic's value."""
        request = Request("GET", self._address.url(path, query), {"Accept": "text/plain"})
        return self._answer(request).body.decode("utf-8", "replace")

    def get_bytes(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The file there, such as an artifact.

        Where the server keeps it elsewhere it is fetched there, without credentials: with artifacts in S3 it
        answers with a redirect to a URL that lets in by itself (S3ArtifactDownloadProcessor in
        JetBrains/teamcity-s3-artifact-storage-plugin).
        """
        request = Request("GET", self._address.url(path, query), {"Accept": "*/*"})
        return self._answer(request, may_leave=True).body

    def post_json(self, path: str, value: Any) -> Any:
        """Make something of a JSON value; the JSON value that comes back, None for none.

        It is not tried again where the server may have made it.
        """
        return self._json(self._writing("POST", path, value))

    def put_json(self, path: str, value: Any) -> Any:
        """Put a JSON value in the place of what is there; the JSON value that comes back, None for none."""
        return self._json(self._writing("PUT", path, value))

    def delete(self, path: str) -> None:
        """Remove what is there."""
        self._answer(Request("DELETE", self._address.url(path), _JSON))

    def pages(
        self, path: str, query: Mapping[str, str] | None, name: str
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The pages of a list, each when it is asked for; ``name`` is that of the members in a page.

        Pages may be empty and more may still follow.
        """
        link: str | None = self._address.url(path, query)
        seen: set[str] = set()
        while link is not None:
            seen.add(link)
            request = Request("GET", link, _JSON)
            answer = self._answer(request)
            page = self._parsed(request, answer)
            if not _is_page(page, name):
                raise self._teller.nonsense(request.what, answer, f"a list of {name}")
            yield page.get(name) or []
            link = self._next(request, page.get("nextHref"))
            if link in seen or len(seen) >= _PAGES:
                raise self._teller.link(request.what, "never ends")

    def members(
        self, path: str, query: Mapping[str, str] | None, name: str, *, most: int | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """The members of all pages, ``most`` of them (None: all); pages that are not needed are not asked for."""
        return itertools.islice(itertools.chain.from_iterable(self.pages(path, query, name)), most)

    # --- from a request to an answer -----------------------------------------------------------------

    def _writing(self, method: str, path: str, value: Any) -> Request:
        body = json.dumps(value, ensure_ascii=True, allow_nan=False).encode("ascii")
        return Request(method, self._address.url(path), _JSON_BODY, body)

    def _json(self, request: Request) -> Any:
        answer = self._answer(request)
        if not answer.body and request.method != "GET":
            return None
        return self._parsed(request, answer)

    def _parsed(self, request: Request, answer: Answer) -> Any:
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):  # the exception holds all of the body: it ends here
            pass
        raise self._teller.nonsense(request.what, answer, "JSON")

    def _answer(self, request: Request, *, may_leave: bool = False) -> Answer:
        """The successful answer, behind redirects within the server, or away from it where they ``may_leave`` it."""
        deadline = self._deadline()
        for _ in range(_HOPS):
            answer, attempts = self._insisted(request, deadline)
            if answer.status in _SUCCESS:
                return answer
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                raise self._teller.status(request.what, answer, attempts)
            request = self._redirected(request, answer, may_leave=may_leave)
        raise self._teller.redirect(request.what, answer, origin=None)

    def _deadline(self) -> Deadline:
        """When a request that begins now has to be done."""
        own = Deadline.after(self._patience.total_s)
        return own if self._until is None or own.at_ns < self._until.at_ns else self._until

    def _redirected(self, request: Request, answer: Answer, *, may_leave: bool) -> Request:
        location = answer.headers["location"]
        link = self._address.link(location, request.url)
        if link is None:
            origin = _origin(location, request.url)
            url = self._address.other(location, request.url) if may_leave else None
            if url is None or (self._credentials is not None and self._credentials.are_in(url)):
                raise self._teller.redirect(request.what, answer, origin=origin)
            return evolve(request, url=url, bare=True, told=f"{request.what}, which is kept at {origin},")
        if request.method != "GET" and answer.status not in _KEEPING:
            raise self._teller.redirect(request.what, answer, origin=None)
        return evolve(request, url=link)

    def _insisted(self, request: Request, deadline: Deadline) -> tuple[Answer, int]:
        """The first answer that is not the sign of a fault that passes, and how many attempts it took."""
        credentials = None if request.bare else self._credentials
        authorization = None if credentials is None else credentials.header()
        for attempt in itertools.count(1):
            outcome = self._transport.exchange(request, authorization, deadline)
            if not is_temporary(outcome, repeatable=request.method != "POST"):
                break
            pause = pause_s(self._patience, attempt, self._jitter(), outcome)
            if attempt >= self._patience.attempts or pause >= deadline.remaining_s():
                break
            self._notice(f"{self.url} {outcome.brief}: trying again in {pause:.1f} s")
            self._sleep(pause)
        if isinstance(outcome, Failure):
            raise self._teller.failure(request.what, outcome, attempt)
        return outcome, attempt

    def _next(self, request: Request, href: object) -> str | None:
        if href is None or href == "":
            return None
        link = self._address.link(href, request.url) if isinstance(href, str) else None
        if link is None:
            raise self._teller.link(request.what, "goes on at another server")
        return link


def _is_page(value: Any, name: str) -> bool:
    if not isinstance(value, dict):
        return False
    members = value.get(name) or []
    return isinstance(members, list) and all(isinstance(member, dict) for member in members)


def _origin(location: str, base: str) -> str:
    """Scheme, host and port of a redirect, for people: its path may repeat what was sent."""
    try:
        parts = urlsplit(urljoin(base, location))
    except ValueError:
        return "an address that is none"
    host = parts.netloc.rpartition("@")[2]
    return printable(f"{parts.scheme}://{host}"[:200])
