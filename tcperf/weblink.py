"""Addresses that a page may lead to.  A link is the one thing on a page that acts, so that it is looked at closely."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

#: Longer ones are no address of a build, and there may be a thousand of them on a page.
_LIMIT: Final = 300
#: What RFC 3986 allows in an address.
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+\Z")


def web_link(url: str) -> str | None:
    """``url``, where it is the plain address of a web page; None for everything else, user names in it included."""
    if len(url) > _LIMIT or _ADDRESS.match(url) is None:
        return None
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return url if has_host and "@" not in parts.netloc else None
