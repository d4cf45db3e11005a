"""What a request to a TeamCity server can end in, told so that whoever reads it knows what to do.

No message holds a secret: what the server says is quoted only after everything that is a secret's was hidden in it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, Literal

from attrs import frozen

from tcperf.errors import TcperfError
from tcperf.quoting import printable
from tcperf.teamcity.address import Address
from tcperf.teamcity.credentials import TOKEN_VARIABLE, Credentials
from tcperf.teamcity.exchange import Answer, Failure
from tcperf.teamcity.retrying import retry_after_s

Kind = Literal["unreachable", "refused", "missing", "rejected", "busy", "failed", "elsewhere", "nonsense"]
_UNAUTHORIZED, _FORBIDDEN = 401, 403
#: An error page is read up to here, and quoted up to there.
_READ: Final = 64 * 1024
_QUOTED: Final = 240
#: TeamCity's errors as text: "Details: jetbrains.buildServer.server.rest.errors.NotFoundException: No build found …".
_DETAILS: Final = re.compile(r"^Details: (?:[\w.$]+: )?(.+)$", re.MULTILINE)
_MAKE_TOKEN: Final = f"make an access token in your TeamCity profile and put it in {TOKEN_VARIABLE}"
_NO_SERVER: Final = "is this the root of a TeamCity server, with no login page of its own before it?"

#: What a status means: the kind, what the server does, and the cure.
_MEANINGS: Final[dict[int, tuple[Kind, str, str]]] = {
    404: (
        "missing",
        "finds nothing for",
        "check the ids; what the token's user may not see is not found, either",
    ),
    407: (
        "refused",
        "is behind a proxy that wants to know who asks for",
        "put its user and password into HTTPS_PROXY",
    ),
    429: ("busy", "has too much to do for", "wait a while, or let fewer builds ask at a time"),
}
#: The same by the status's first digit, and for what is in neither.
_CLASSES: Final[dict[int, tuple[Kind, str, str]]] = {
    4: (
        "rejected",
        "does not accept",
        "it may be older than tcperf knows: TeamCity 2021.2 or newer is needed",
    ),
    5: ("failed", "failed at", "try again later; the server's log tells its administrator more"),
}
_STRANGE: Final[tuple[Kind, str, str]] = ("nonsense", "has no answer that tcperf knows for", _NO_SERVER)


class RestError(TcperfError):
    """A TeamCity server did not do what was asked.

    ``kind`` is what happened: ``unreachable`` (no answer), ``refused`` (401, 403), ``missing`` (404), ``rejected``
    (another 4xx), ``busy`` (429), ``failed`` (5xx), ``elsewhere`` (it sends us to another place), ``nonsense`` (the
    answer is none).  ``status`` is HTTP's, None where there was no answer.
    """

    exit_status = 3

    def __init__(
        self, message: str, *, kind: Kind = "failed", status: int | None = None, cure: str | None = None
    ) -> None:
        super().__init__(message, cure=cure)
        self.kind: Kind = kind
        self.status = status


@frozen
class Teller:
    """Makes the errors of one server.  ``what`` is the request in words: ``GET /app/rest/builds``."""

    address: Address
    credentials: Credentials | None = None

    def failure(self, what: str, failure: Failure, attempts: int) -> RestError:
        """No usable answer came."""
        if failure.is_nonsense:
            return self._error(
                "nonsense", f"{self._server} cannot be understood at {what}: {failure.reason}", failure.cure
            )
        return self._error(
            "unreachable",
            f"{self._server} did not answer {what}{_often(attempts)}: {failure.reason}",
            failure.cure,
        )

    def status(self, what: str, answer: Answer, attempts: int) -> RestError:
        """An answer came whose status is no success."""
        status, said = answer.status, self._said(answer)
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            return self._refused(what, status, said)
        kind, does, cure = _MEANINGS.get(status) or _CLASSES.get(status // 100, _STRANGE)
        cure = _NO_SERVER if kind == "missing" and _is_page(answer) else cure
        numbers = f"{status}{_often(attempts)}{_asked(answer)}"
        return self._error(kind, f"{self._server} {does} {what} ({numbers}){said}", cure, status)

    def redirect(self, what: str, answer: Answer, *, origin: str | None) -> RestError:
        """A redirect that is not followed; ``origin`` is the other place, None where it is this server."""
        if origin is None:
            said = f"{self._server} keeps redirecting {what} ({answer.status})"
            return self._error(
                "elsewhere", said, "give the URL at which the server itself answers", answer.status
            )
        return self._error(
            "elsewhere",
            f"{self._server} redirects {what} to {origin} ({answer.status}): nothing was sent there",
            "if that is your TeamCity server, give its URL as the server's",
            answer.status,
        )

    def nonsense(self, what: str, answer: Answer, expected: str) -> RestError:
        """An answer that is not what was asked for."""
        came = "a web page" if _is_page(answer) else f"{len(answer.body)} bytes{self._said(answer)}"
        return self._error(
            "nonsense",
            f"{self._server} answered {what} not with {expected} but with {came}",
            _NO_SERVER,
            answer.status,
        )

    def link(self, what: str, problem: str) -> RestError:
        """A list whose pages cannot be followed."""
        return self._error("elsewhere", f"{self._server} gave a list at {what} that {problem}", _NO_SERVER)

    @property
    def _server(self) -> str:
        return f"the TeamCity server {self.address}"

    def _refused(self, what: str, status: int, said: str) -> RestError:
        who, cure = "somebody without credentials", _MAKE_TOKEN
        if self.credentials is not None:
            who = (
                f"the token from {self.credentials.source}"
                if self.credentials.is_token
                else self.credentials.source
            )
            if self.credentials.is_token and status == _FORBIDDEN:
                cure = "give the token's user a role that may do this in the project, and the token no narrower scope"
            elif self.credentials.is_token:
                cure = f"the token may have expired: {_MAKE_TOKEN}"
        return self._error(
            "refused", f"{self._server} refuses {what} to {who} ({status}){said}", cure, status
        )

    def _said(self, answer: Answer) -> str:
        """What the server says itself, behind a colon; nothing where that is a page for people."""
        if not answer.body or len(answer.body) > _READ or _is_page(answer):
            return ""
        words = " ".join(self._hidden(_words(answer.body.decode("utf-8", "replace"))).split())
        short = words if len(words) <= _QUOTED else f"{words[:_QUOTED]}…"
        return f": {printable(short)}" if short else ""

    def _error(self, kind: Kind, message: str, cure: str | None, status: int | None = None) -> RestError:
        return RestError(self._hidden(message), kind=kind, status=status, cure=cure)

    def _hidden(self, text: str) -> str:
        return text if self.credentials is None else self.credentials.hide(text)


def _often(attempts: int) -> str:
    return f", {attempts} times" if attempts > 1 else ""


def _asked(answer: Answer) -> str:
    seconds = retry_after_s(answer.headers)
    return "" if seconds is None else f"; it asks to wait {seconds:.0f} s"


def _words(text: str) -> str:
    """The part of an error's body that tells: TeamCity's errors are JSON since 2021 or so, and text before."""
    value: Any = None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        details = _DETAILS.search(text)
        return details[1] if details else next((line for line in text.splitlines() if line.strip()), "")
    try:
        return "; ".join(str(error["message"]) for error in value["errors"])
    except (TypeError, KeyError):
        return text


def _is_page(answer: Answer) -> bool:
    return "html" in answer.headers.get("content-type", "").lower() or answer.body[
        :_QUOTED
    ].lstrip().startswith(b"<")
