"""Which program is measured: its path, its digest, its version, and what it says of its own build."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import tcperf
from tcperf.errors import UsageError
from tcperf.nodes import gobuild
from tcperf.subject import GoBuild, Subject

_UNKNOWN = "unknown"
_REVISION_DIGITS = 12  # as in Go's own pseudo-versions
#: status-go's Makefile builds without VCS stamping and links the result of ``git describe`` in.
_LINKED_VERSION = re.compile(r"-X[ =]['\"]?[\w./-]+\.Version=([^\s'\"]+)")


def inspect(path: str | Path, role: str = "node", *, cure: str | None = None) -> Subject:
    """What is known of the program at ``path`` before it runs; its generation is found out by running it.

    The version is the revision of the Go build, else the version linked into it, else its module's, else
    "unknown".  ``role`` is the option that asked for it, ``node`` or ``base``: errors name it, with ``cure``.  Raises
    UsageError where there is no such file, or it is none that can be run.
    """
    program = Path(path).expanduser().absolute()
    cure = cure or f"--{role} takes the path of a status-backend or statusd program, or `reference`"
    try:
        _check(program, role, cure)
        go = gobuild.read(program)
        digest = _sha256(program)
    except OSError as error:
        raise UsageError(f"the {role} {program} cannot be read: {error.strerror}", cure=cure) from error
    return Subject(str(program), digest, _version(go), _UNKNOWN, go=go)


def reference_subject(api: str) -> Subject:
    """The bundled reference node that answers as generation ``api``: its digest covers all its sources."""
    package = Path(tcperf.__file__).parent / "nodes" / "reference"
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        text = source.read_bytes()
        digest.update(f"{source.relative_to(package).as_posix()} {len(text)}\n".encode())
        digest.update(text)
    return Subject("reference", digest.hexdigest(), tcperf.__version__, api, reference=True)


def _check(program: Path, role: str, cure: str) -> None:
    if program.is_dir():
        raise UsageError(f"the {role} {program} is a folder", cure=cure)
    if not program.exists():
        raise UsageError(f"the {role} {program} does not exist", cure=cure)
    if not program.is_file():
        raise UsageError(f"the {role} {program} is no regular file", cure=cure)
    if not os.access(program, os.X_OK):
        raise UsageError(f"the {role} {program} is not executable", cure=f"chmod +x {program}")


def _sha256(program: Path) -> str:
    with program.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(go: GoBuild | None) -> str:
    if go is None:
        return _UNKNOWN
    revision = go.settings.get("vcs.revision", "")[:_REVISION_DIGITS]
    if revision:
        return f"{revision}+dirty" if go.settings.get("vcs.modified") == "true" else revision
    linked = _LINKED_VERSION.search(go.settings.get("-ldflags", ""))
    return linked[1] if linked else go.module_version.strip("()") or _UNKNOWN
