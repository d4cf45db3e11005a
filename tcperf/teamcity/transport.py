"""HTTP over ``requests``: one exchange, bounded in time and size, that ends in an answer or in a failure told in words.

Redirects are not followed and cookies not kept; the environment's proxies and CA certificates are heeded, ~/.netrc is
not: credentials are given for each request, and go into its header alone.  Nothing is raised: the exceptions of the
libraries hold the request with its headers, and must not travel.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Iterator
from http.client import BadStatusLine, HTTPException
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from tcperf.clock import Deadline
from tcperf.errors import TcperfError
from tcperf.teamcity.errand import done_within
from tcperf.teamcity.exchange import Answer, Failure, Request
from tcperf.teamcity.limits import Limits

if TYPE_CHECKING:
    import requests

_PIECE: Final = 256 * 1024
_CA_VARIABLES: Final = "REQUESTS_CA_BUNDLE (or SSL_CERT_FILE)"
_CERTIFICATE: Final = (
    f"if the server's certificate is your own authority's, name the authority's file in {_CA_VARIABLES}"
)
_PROXY: Final = "look at HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
_NETWORK: Final = f"check the server's URL and the network; where a proxy is between, {_PROXY}"
_URLS: Final = "check the server's URL, and the proxy's where there is one"
_TLS: Final = "does the server speak https at this port?  Check its URL"
#: What http.client says of a proxy that does not let through.
_TUNNEL: Final = re.compile(r"Tunnel connection failed: ([0-9]{3})")
_OVERLOADED: Final = "the server may be overloaded: try again later"
#: So long after the deadline what is asked may still say by itself why it was late.
_GRACE_S: Final = 0.5


class Transport:
    """Exchanges requests for answers, over connections that are kept."""

    def __init__(self, user_agent: str, limits: Limits) -> None:
        self._user_agent = user_agent
        self._limits = limits
        self._session = _session(user_agent)

    def exchange(self, request: Request, authorization: str | None, deadline: Deadline) -> Answer | Failure:
        """Ask, and wait for the whole answer, until the deadline at most, whatever the server does meanwhile."""
        if deadline.expired:
            return Failure(f"the time for it, {deadline}, was over before", was_sent=False, is_lasting=True)
        call = _Call(self._session, request, authorization, self._limits.until(deadline), deadline)
        outcome = done_within(deadline.remaining_s() + _GRACE_S, call.outcome, "teamcity")
        if outcome is None:
            self._session = _session(self._user_agent)  # the other is still waited with
            return _unfinished(deadline)
        return outcome

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


@frozen
class _Call:
    """One exchange over a session."""

    session: requests.Session
    request: Request
    authorization: str | None = field(repr=False)
    limits: Limits
    deadline: Deadline

    def outcome(self) -> Answer | Failure:
        """What comes of it."""
        try:
            return self._answer()
        except TcperfError:  # interrupted
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hold the credentials
            return _failure(error, self.limits)
        finally:
            if self.deadline.expired:  # then nobody else may be there to close it
                self.session.close()

    def _answer(self) -> Answer | Failure:
        response = self._send()
        try:
            return self._received(response)
        finally:
            response.close()

    def _send(self) -> requests.Response:
        import requests

        session, request = self.session, self.request
        asked = requests.Request(
            request.method,
            request.url,
            dict(request.headers),
            data=request.body,
            auth=_auth(self.authorization),
        )
        prepared = session.prepare_request(asked)
        settings = session.merge_environment_settings(request.url, {}, True, None, None)  # noqa: FBT003
        # Not by the session: it would read the whole body of a redirect, and keep cookies.
        return session.get_adapter(request.url).send(
            prepared,
            stream=True,
            timeout=(self.limits.connect_s, self.limits.read_s),
            verify=True if settings["verify"] is None else settings["verify"],
            cert=settings["cert"],
            proxies=settings["proxies"],
        )

    def _received(self, response: requests.Response) -> Answer | Failure:
        headers = {name.lower(): value for name, value in response.headers.items()}
        coding = headers.get("content-encoding", "identity")
        if coding.lower() != "identity":
            return Failure("its answer is packed, which was not asked for", _PROXY, is_nonsense=True)
        body = bytearray()
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > self.limits.answer_bytes:
            return self._too_much()
        while piece := response.raw.read1(_PIECE, decode_content=False):
            body += piece
            if len(body) > self.limits.answer_bytes:
                return self._too_much()
            if self.deadline.expired:
                return _unfinished(self.deadline)
        return Answer(response.status_code, headers, bytes(body))

    def _too_much(self) -> Failure:
        return Failure(f"its answer is larger than {self.limits.size}", is_nonsense=True, is_lasting=True)


def _session(user_agent: str) -> requests.Session:
    import requests

    session = requests.Session()
    session.headers.clear()
    session.headers["User-Agent"] = user_agent
    session.headers["Accept-Encoding"] = "identity"  # the limit of an answer is one of what it takes here
    session.verify = os.environ.get("SSL_CERT_FILE") or True
    return session


def _unfinished(deadline: Deadline) -> Failure:
    return Failure(f"its answer had not ended after {deadline}", _OVERLOADED, is_lasting=True)


def _auth(authorization: str | None) -> Callable[[Any], Any]:
    """What puts the credentials into a request; without any it is still given, or ~/.netrc would be read."""

    def put(prepared: Any) -> Any:
        if authorization is not None:
            prepared.headers["Authorization"] = authorization
        return prepared

    return put


def _failure(error: BaseException, limits: Limits) -> Failure:
    """The failure in our own words: the libraries' may quote a proxy's password, or a header."""
    causes = list(_causes(error))
    return _late(causes, limits) or _insecure(error, causes) or _unwritten(error) or _lost(causes)


def _late(causes: list[BaseException], limits: Limits) -> Failure | None:
    from requests.exceptions import ConnectTimeout, ReadTimeout
    from urllib3.exceptions import ReadTimeoutError

    if _any(causes, ConnectTimeout):
        return Failure(f"no connection within {limits.connect_s:g} s", _NETWORK, was_sent=False)
    if _any(causes, ReadTimeout, ReadTimeoutError):
        return Failure(f"nothing came for {limits.read_s:g} s", _OVERLOADED)
    return None


def _insecure(error: BaseException, causes: list[BaseException]) -> Failure | None:
    from requests.exceptions import SSLError

    if _any(causes, ssl.SSLCertVerificationError):
        return Failure(f"no secure connection{_why(causes)}", _CERTIFICATE, was_sent=False, is_lasting=True)
    if _any(causes, SSLError, ssl.SSLError):
        return Failure(f"no secure connection{_why(causes)}", _TLS, was_sent=False, is_lasting=True)
    if type(error) is OSError and error.strerror is None:  # so says requests, with the path
        reason = f"the file of certificates named in {_CA_VARIABLES} is not there"
        return Failure(reason, was_sent=False, is_lasting=True)
    return None


def _unwritten(error: BaseException) -> Failure | None:
    if not isinstance(error, ValueError):  # an InvalidURL, an InvalidHeader, a proxy's URL that is none
        return None
    return Failure("the request cannot be written", _URLS, was_sent=False, is_lasting=True)


def _lost(causes: list[BaseException]) -> Failure:
    from requests.exceptions import ProxyError
    from urllib3.exceptions import HTTPError, NewConnectionError

    if not _any(causes, OSError, HTTPException, HTTPError):
        kind = type(causes[0]).__name__
        return Failure(f"tcperf cannot ask it ({kind})", "please report this", is_lasting=True)
    if _any(causes, ProxyError):
        return Failure(f"the proxy does not lead there{_why(causes)}", _PROXY, was_sent=False)
    if _any(causes, NewConnectionError):
        return Failure(f"no connection{_why(causes)}", _NETWORK, was_sent=False)
    if any(isinstance(cause, BadStatusLine) and not isinstance(cause, OSError) for cause in causes):
        return Failure("what answers is no HTTP server", _URLS, is_nonsense=True)
    return Failure(f"the connection was lost{_why(causes)}", _NETWORK)


def _any(causes: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all those that it holds, chains or wraps."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, *one.args, getattr(one, "reason", None)]


def _why(causes: list[BaseException]) -> str:
    """The system's own words for the deepest cause, which quote nothing of ours: ``: Connection refused``."""
    words = (_in_words(cause) for cause in reversed(causes))
    return next((f": {text}" for text in words if text), "")


def _in_words(cause: BaseException) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return str(getattr(cause, "verify_message", ""))
    if isinstance(cause, ssl.SSLError):
        return str(getattr(cause, "reason", "") or "").replace("_", " ").lower()
    if type(cause).__module__ not in {"builtins", "socket"} or not isinstance(cause, OSError):
        return ""
    refusal = _TUNNEL.search(str(cause))
    return f"it answered {refusal[1]}" if refusal else cause.strerror or ""
