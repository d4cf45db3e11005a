"""The build step: a shell script that installs tcperf, makes both nodes and compares them.

What there is to compare with, the best first: the parent, built from a worktree at the merge base (``base_build``);
the node of the last good build (``keep_node``); that build's results; the history that the server tells.  A build
that finds none is not broken by that.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from tcperf.errors import NotComparedError
from tcperf.options import IF_THERE, TEAMCITY
from tcperf.stats import FEWEST_RUNS
from tcperf.teamcity.settings.condition import gate_mode
from tcperf.teamcity.settings.request import Request

#: Where an artifact dependency puts what the last good build left.
BASELINE: Final = ".tcperf-baseline"
#: Where the parent is checked out.
PARENT: Final = ".parent"
_VENV: Final = ".tcperf"
_HEAD: Final = ("#!/bin/sh", "set -eu")

#: Other builds than a pull request's have no parameter that tells the target: a step that refers to it fits no agent there.
#: Git's own words come first, and then what helps; the status is that of a comparison that was not made.
_TARGET: Final = """\
no_parent() { echo "tcperf: there is no parent to compare with: $1" >&2; exit @NOT_COMPARED@; }
target=$(@PYTHON@ -m tcperf.teamcity.target @TARGET@) || target=@TARGET@
git rev-parse -q --verify HEAD > /dev/null || no_parent "@NO_CLONE@"
git rev-parse -q --verify "origin/$target^{commit}" > /dev/null || target=@TARGET@
parent=$(git merge-base "origin/$target" HEAD) || no_parent "@NO_BASE@"
test "$parent" != "$(git rev-parse HEAD)" || parent=HEAD^  # on the target itself: against the commit before
git rev-parse -q --verify "$parent^{commit}" > /dev/null || no_parent "@FIRST@"
rm -rf @PARENT@ && git worktree prune && git worktree add --detach @PARENT@ "$parent\""""
_NO_CLONE: Final = "git knows no commit here. Let the agent check out, not the server (VCS checkout mode), and have git on it"
_NO_BASE: Final = (
    "this build and origin/$target have no commit in common here. Fetch that branch (the branch specification of the "
    "VCS root), and all of the history (no shallow clone)"
)
_FIRST: Final = (
    "this is the first commit here. Commit once more, or fetch the whole history where the clone is shallow"
)


def script(request: Request) -> str:
    """The whole script, of lines that end with a newline; its per cent signs mean themselves."""
    blocks = [_HEAD, _installing(request), _building(request), _looking(request), (_running(request),)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def base_path(request: Request) -> str | None:
    """The path of the parent's node, None where it is not built."""
    if request.settings.base_build is None or request.node is None:
        return None
    return str(PurePosixPath(PARENT, request.node))


def kept_node(request: Request) -> str | None:
    """The name of the node's binary among the artifacts that later builds are compared with; None where none is kept."""
    if not has_baseline(request) or not request.settings.keep_node or request.node is None:
        return None
    return PurePosixPath(request.node).name


def has_baseline(request: Request) -> bool:
    """Whether the step looks for what the last good build left."""
    return base_path(request) is None and not request.compared


def _installing(request: Request) -> tuple[str, ...]:
    source = request.settings.install
    if source is None:
        return ()
    return (f"python3 -m venv {_VENV}", f"{_VENV}/bin/pip install -q {shlex.quote(source)}")


def _building(request: Request) -> tuple[str, ...]:
    build = request.settings.build
    return () if build is None or request.reference else tuple(build.split("\n"))


def _looking(request: Request) -> tuple[str, ...]:
    if base_path(request) is not None:
        return tuple(_parent(request))
    return tuple(_baseline(request)) if has_baseline(request) else ()


def _parent(request: Request) -> Iterator[str]:
    yield "# The parent: the commit at which this branch left its target, built in a worktree of its own."
    names = {
        "PYTHON": _python(request),
        "PARENT": PARENT,
        "TARGET": shlex.quote(request.settings.target),
        "NOT_COMPARED": str(NotComparedError.exit_status),
        "NO_CLONE": _NO_CLONE,
        "NO_BASE": _NO_BASE,
        "FIRST": _FIRST,
    }
    yield from re.sub("@([A-Z_]+)@", lambda name: names[name[1]], _TARGET).split("\n")
    yield "("
    yield f"cd {PARENT}"
    yield from (request.settings.base_build or "").split("\n")
    yield ")"


def _baseline(request: Request) -> Iterator[str]:
    yield "# What the last good build of the default branch left, else what the server tells of such builds."
    name, results, word = kept_node(request), f"{BASELINE}/results.json", "if"
    if name is not None:
        node = shlex.quote(f"{BASELINE}/{name}")
        yield f"if [ -f {node} ]; then"
        yield f"chmod +x {node}"
        yield f"set -- --base {node}"
        word = "elif"
    yield f"{word} [ -f {results} ]; then"
    # Optional: a build that fails is never the last good one, and the next would find the same unlike results.
    yield f"set -- --baseline {shlex.quote(IF_THERE + results)}{_enough_runs(request)}"
    yield "else"
    # As many runs, for the next build is compared with these.
    yield f"set -- --baseline {TEAMCITY}{_enough_runs(request)}"
    yield "fi"


def _enough_runs(request: Request) -> str:
    """Of fewer runs than that, without pairs, nothing can be said."""
    return "" if request.counts_runs else f" --runs {FEWEST_RUNS}"


def _python(request: Request) -> str:
    return "python3" if request.settings.install is None else f"{_VENV}/bin/python"


def _running(request: Request) -> str:
    base = base_path(request)
    given = () if base is None else ("--base", base)
    asked = ("--trend",) if request.trend else ()
    words = shlex.join((_python(request), "-m", "tcperf", "run", *request.words, *asked, *given))
    rest = ' "$@"' if has_baseline(request) else ""
    return f"{words}{rest} --gate {gate_mode(request)}"
