"""Where a TeamCity server is, and whether a link leads there or elsewhere."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from attrs import frozen

from tcperf.errors import ConfigError
from tcperf.quoting import shown

_PORTS: Final = {"http": 80, "https": 443}
_CURE: Final = (
    "a server's URL looks like https://teamcity.example.org, with a path behind it where it has one"
)
#: What a URL may consist of (RFC 3986); libraries differ in how they read anything else, a backslash above all.
_URL: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
#: What no link holds: browsers and libraries read such a thing each in its own way.
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")
#: RFC 3986: what a path may hold unescaped, and what a query may but for its own marks.
_IN_PATH: Final = "/:@!$&'()*,=~"
_IN_QUERY: Final = "/:@!$'()*,~"
_REST: Final = "/app/rest/"


@frozen
class Address:
    """A server's root: ``https://host:port/path``.  ``host`` is in lower case, ``path`` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, url: str) -> Address:
        """The address in ``url``.

        Raises ConfigError where it is no http(s) URL, or holds a user, a password, a query or a fragment.  What it
        quotes holds no password.
        """
        parts, port = _split(url)
        if parts is None or parts.scheme not in _PORTS or not parts.hostname:
            raise ConfigError(f"{shown(_without_user(url))} is no URL of a TeamCity server", cure=_CURE)
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ConfigError(
                f"the URL of the TeamCity server {parts.hostname} holds more than scheme, host, port and path",
                cure="give the token in TCPERF_TEAMCITY_TOKEN, and the server's URL without anything behind it",
            )
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], parts.path.rstrip("/"))

    def __str__(self) -> str:
        return self.origin + self.path

    @property
    def origin(self) -> str:
        """Scheme, host, and the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def is_confidential(self) -> bool:
        """Whether what is sent there is not to be read on its way: by https, or because it never leaves the machine."""
        return self.scheme == "https" or self.host == "localhost" or _is_loopback(self.host)

    def url(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The URL of ``path`` below the root, with its ``query``; both are plain text, and are escaped here."""
        pairs = (
            f"{_quoted(name, _IN_QUERY)}={_quoted(value, _IN_QUERY)}" for name, value in (query or {}).items()
        )
        return f"{self}{_quoted(path, _IN_PATH)}" + (f"?{'&'.join(pairs)}" if query else "")

    def link(self, location: str, base: str) -> str | None:
        """The URL to which ``location`` leads when it stands in the answer from ``base``; None where that is elsewhere.

        The host is never taken from ``location``, but put before its path anew.  A link to the REST interface may
        leave out the root's path.
        """
        parts, port = _split(_joined(base, location))
        if parts is None or (parts.scheme, parts.hostname) != (self.scheme, self.host) or "@" in parts.netloc:
            return None
        if (port or _PORTS[self.scheme]) != self.port:
            return None
        lacks_root = parts.path.startswith(_REST) and not _REST.startswith(f"{self.path}/")
        path = (self.path if lacks_root else "") + parts.path
        return f"{self.origin}{path}" + (f"?{parts.query}" if parts.query else "")

    def other(self, location: str, base: str) -> str | None:
        """The URL of another server to which ``location`` leads when it stands in the answer from ``base``.

        None where there is none, where it names a user, and where https would be given up.
        """
        url = _joined(base, location)
        parts, _port = _split(url)
        if parts is None or parts.scheme not in {self.scheme, "https"} or not parts.hostname:
            return None
        return None if "@" in parts.netloc else url


def _split(url: str) -> tuple[SplitResult | None, int | None]:
    """The parts of a URL and its port (None: the scheme's own); None and None where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None, None
    return (parts, port) if _URL.fullmatch(url) else (None, None)


def _joined(base: str, location: str) -> str:
    """Where a link leads; nowhere at all where it cannot be read, or can be read in several ways."""
    if _FORBIDDEN.search(location):
        return ""
    try:
        return urljoin(base, _escaped(location))
    except ValueError:
        return ""


def _escaped(location: str) -> str:
    """A link with what does not belong into a URL percent-encoded; what is encoded already stays as it is."""
    return _quoted(location, "._~:/?#[]@!$&'()*+,;=%-")


def _quoted(text: str, safe: str) -> str:
    """Percent-encoded UTF-8; a lone surrogate, which is no text, becomes a question mark."""
    return quote(text, safe, errors="replace")


def _without_user(url: str) -> str:
    """The URL without what may be a password: that is whatever stands before an ``@``."""
    return url.rpartition("@")[2]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
