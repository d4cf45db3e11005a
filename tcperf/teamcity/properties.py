r"""Java's .properties files, as the build agent writes them: ISO-8859-1 with ``\uXXXX`` and continued lines."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tcperf.errors import ConfigError
from tcperf.quoting import printable

_CURE = "in a container, mount the agent's temporary folder at the same path"


def parse(data: bytes) -> dict[str, str]:
    r"""The properties in the bytes of a file, in their order; the last value counts where a key is repeated.

    Lone surrogates become U+FFFD: they are no text.  Raises ValueError, which quotes nothing (passwords stand in such
    files), for a ``\u`` without four hexadecimal digits.
    """
    import javaproperties

    found: dict[str, str] | None = None
    with contextlib.suppress(javaproperties.InvalidUEscapeError):  # what it quotes, and its chain, stay here
        found = javaproperties.loads(data)
    if found is None:
        raise ValueError("a \\u is not followed by four hexadecimal digits")
    return {_text(key): _text(value) for key, value in found.items()}


def read(path: Path) -> dict[str, str]:
    """The properties in the file.  Raises ConfigError where there is none, or it cannot be read."""
    try:
        return parse(path.read_bytes())
    except (OSError, ValueError) as error:  # ValueError also for a path with a NUL
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(
            f"the properties file {printable(path)} cannot be read: {said}", cure=_CURE
        ) from None


def _text(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
