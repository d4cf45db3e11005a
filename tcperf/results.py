"""Result <-> results.json.

Within a schema, reading is forward compatible: keys that this version does not know are ignored.  Older
schemas are upgraded, one step after another; a newer one is refused, for its numbers may mean something else.
How values become JSON and back is ``tcperf.conversion``'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tcperf.conversion import converter, first_problem, shorten
from tcperf.errors import ConfigError, UsageError
from tcperf.model import SCHEMA, Result, Run
from tcperf.soundness import first_fault

__all__ = [
    "HISTORY",
    "decoded",
    "dumps",
    "load",
    "loads",
    "read_bytes",
    "refuse_newer",
    "run_document",
    "run_of",
    "strict_json",
]

Document = dict[str, Any]

#: What changed with each schema, and which release brought it.
HISTORY: Final[dict[int, str]] = {
    1: (
        "tcperf 0.1.0: the first; ready for pairs (runs[].pair, runs[].lane, comparisons).  Since then, absent in "
        "older files: comparisons[], pairings, runs[].discarded_because, runs[].surroundings, history, left_out, "
        "unsupported, unmeasured, unmeasured[].started, scenarios[].phases[].test and .part, and comparisons[].history_builds, .history_of, "
        ".warns_only"
    ),
}
#: Schema n -> the function that makes a document of schema n + 1 of one of schema n, in place or anew.
_UPGRADES: Final[dict[int, Callable[[Document], Document]]] = {}

_CURE = "give a file that tcperf wrote, whole"
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}[0-9A-Za-z.+-]{0,16}")


def dumps(result: Result) -> str:
    """The text of results.json: ASCII, one value a line, in the order of the model; ends with a newline.

    Raises ValueError for NaN and infinities, which JSON has not.
    """
    document = converter().unstructure(result)
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def loads(text: str, origin: str = "results.json") -> Result:
    """The Result in ``text``; ``origin`` names it in errors.

    Raises ConfigError for a newer schema, and UsageError, with the line or the place inside the document,
    for what is no result, or was changed into one that cannot be.
    """
    document = _upgraded(strict_json(text, origin), origin)
    try:
        result = converter().structure(document, Result)
    except Exception as error:
        raise UsageError(f"{origin} is no result of tcperf: {first_problem(error)}", cure=_CURE) from error
    fault = first_fault(result)
    if fault is not None:
        raise UsageError(f"{origin} is no result of tcperf: {shorten(fault)}", cure=_CURE)
    return result


def run_document(run: Run) -> Document:
    """A run as results.json has it."""
    document: Document = converter().unstructure(run)
    return document


def run_of(document: Document) -> Run:
    """The run that ``run_document`` made a document of."""
    return converter().structure(document, Run)


def load(path: Path) -> Result:
    """The Result in the file at ``path``.  Raises what ``loads`` raises, and UsageError if it cannot be read."""
    return decoded(read_bytes(path), path)


def decoded(data: bytes, path: Path) -> Result:
    """The Result in the bytes of the file at ``path``.  Raises what ``loads`` raises, and UsageError for what is no text."""
    try:
        return loads(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: byte {error.start}", cure=_CURE) from error


def read_bytes(path: Path) -> bytes:
    """A file's bytes.  Raises UsageError where there is no such file or it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", cure="give a file that exists"
        ) from error


def strict_json(text: str, origin: str) -> Document:
    """The JSON object in ``text``.  Raises UsageError, naming ``origin`` and the line, where there is none."""
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise UsageError(f"{origin} is no JSON: {problem}", cure=_CURE) from error
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits; nested too deep
        raise UsageError(f"{origin} is no JSON to be trusted: {error}", cure=_CURE) from error
    if not isinstance(document, dict):
        raise UsageError(f"{origin} holds no JSON object", cure=_CURE)
    return document


def refuse_newer(document: Document, known: int, origin: str) -> int:
    """The document's schema.  Raises ConfigError where it is newer than ``known``, UsageError where it is none."""
    schema = document.get("schema")
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 1:
        raise UsageError(f"{origin} names no schema: tcperf did not write it", cure=_CURE)
    if schema > known:
        raise ConfigError(
            f"{origin} has schema {schema}, and this tcperf reads up to schema {known}",
            cure=f"install tcperf ≥ {_writer(document)}",
        )
    return schema


def _upgraded(document: Document, origin: str) -> Document:
    for schema in range(refuse_newer(document, SCHEMA, origin), SCHEMA):
        document = _UPGRADES[schema](document) | {"schema": schema + 1}
    return document


def _writer(document: Document) -> str:
    """The version that wrote a document; others' text is not repeated in an instruction."""
    tool = document.get("tool")
    version = tool.get("version") if isinstance(tool, dict) else None
    known = isinstance(version, str) and _VERSION.fullmatch(version) is not None
    return str(version) if known else "the version that wrote it"


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
