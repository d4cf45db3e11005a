"""What tcperf shows a TeamCity server to be let in.  It goes into one header, and into no text, file or log."""

from __future__ import annotations

import base64
import itertools
import string
from typing import Final, NoReturn

from tcperf.errors import ConfigError

#: The environment variable that holds an access token.
TOKEN_VARIABLE: Final = "TCPERF_TEAMCITY_TOKEN"  # noqa: S105 - a name
#: Wherever so many characters in a row are a secret's, they are hidden: a part of a token is a help to guess it.
_GRAM: Final = 8
#: More than TeamCity's longest tokens (JWT), less than a header may have in any server.
_LIMIT: Final = 4096
_HIDDEN: Final = "***"
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class Credentials:
    """A token, or a build's own user and password.

    ``source`` says where they come from, for messages.  There is no way to the secret but ``header``: it is in no
    ``repr``, is not compared, and can be neither pickled nor turned into JSON.
    """

    __slots__ = ("_grams", "_header", "is_token", "source")

    def __init__(self, header: str, secrets: tuple[str, ...], source: str, *, is_token: bool) -> None:
        self._header = header
        self._grams = frozenset(gram for secret in secrets for gram in _grams(secret))
        self.source = source
        self.is_token = is_token

    @classmethod
    def token(cls, text: str, source: str = TOKEN_VARIABLE) -> Credentials:
        """An access token.  Raises ConfigError, which does not quote it, where it cannot be one."""
        token = text.strip()
        _check_length(token, source)
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ConfigError(f"{source} holds a character that no token has", cure=_CURE)
        return cls(f"Bearer {token}", (token,), source, is_token=True)

    @classmethod
    def password(cls, user: str, password: str, source: str) -> Credentials:
        """A user and a password.  Raises ConfigError, which quotes neither, where they cannot be sent."""
        _check_length(password, source)
        if not user or ":" in user or not (user + password).isprintable():
            raise ConfigError(f"{source} hold a character that cannot be sent", cure=_CURE)
        both = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        return cls(f"Basic {both}", (password, both), source, is_token=False)

    def header(self) -> str:
        """The value of the header Authorization: for the request itself, and nothing else."""
        return self._header

    def are_in(self, text: str) -> bool:
        """Whether eight or more characters in a row of ``text`` are the secret's."""
        return self.hide(text) != text

    def hide(self, text: str) -> str:
        """``text`` with ``***`` for every eight or more characters in a row that are the secret's, in any case."""
        plain = text.translate(_LOWER)
        covered = bytearray(len(text))
        for start in range(len(text) - _GRAM + 1):
            if plain[start : start + _GRAM] in self._grams:
                covered[start : start + _GRAM] = b"\1" * _GRAM
        runs = itertools.groupby(zip(text, covered, strict=True), key=lambda pair: pair[1])
        return "".join(_HIDDEN if hidden else "".join(pair[0] for pair in run) for hidden, run in runs)

    def __repr__(self) -> str:
        return f"<credentials from {self.source}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not stored")


_CURE: Final = (
    "make an access token in your TeamCity profile and put it, whole and alone, in " + TOKEN_VARIABLE
)


def _check_length(secret: str, source: str) -> None:
    if not _GRAM <= len(secret) <= _LIMIT:
        kind = "short" if len(secret) < _GRAM else "long"
        raise ConfigError(f"what {source} holds is too {kind} to let anybody in", cure=_CURE)


def _grams(secret: str) -> set[str]:
    plain = secret.translate(_LOWER)
    return {plain[start : start + _GRAM] for start in range(len(plain) - _GRAM + 1)}
