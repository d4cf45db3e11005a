"""Where this revision stands among others, as git tells of the folder that is measured in.

A build agent's clone may be shallow, lack the target's branch, or be none at all: then what is not known is None, and
``told`` says why.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from tcperf.quoting import printable
from tcperf.teamcity.credentials import TOKEN_VARIABLE

Git = Callable[..., str]

#: A clone is read, not fetched for.
_DEADLINE_S: Final = 20.0
#: No build that anything is compared with is farther away.
_FARTHEST: Final = 2000
#: A revision as git and TeamCity write it (SHA-1, SHA-256).
_REVISION: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
#: Nothing is asked of people or of a server, and words are English: they are quoted.
_ENVIRONMENT: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
#: Git hands these to its hooks: they would lead to another clone than the folder's.
_HOOKS_OWN: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_QUOTED: Final = 160


class GitError(Exception):
    """Git could not tell; the text says why."""


@frozen
class Commits:
    """The commits behind this revision.

    ``merge_base`` is the last one that it shares with the target, None where that is not known or there is no target;
    ``ahead`` how many came after it.  ``parents`` are the first parents from the merge base on (where there is none:
    from this revision on), itself first.  ``told`` says what is not known, and why; None where all is.
    """

    merge_base: str | None = None
    ahead: int = 0
    parents: tuple[str, ...] = field(default=(), repr=False)
    told: str | None = None

    def distance(self, revision: str | None) -> int | None:
        """How many commits lie between ``revision`` and this one; None where it is not among the parents."""
        return (
            None
            if revision is None or revision not in self.parents
            else self.ahead + self.parents.index(revision)
        )


def read(folder: Path, target: str | None, revision: str | None = None) -> Commits:
    """The commits of the clone around ``folder``; ``target`` is a branch's name without ``refs/heads/``.

    ``revision`` is what is measured, None: what is checked out.  Never raises.
    """

    def git(*arguments: str) -> str:
        return run_git(folder, arguments)

    try:
        head = git("rev-parse", "--verify", "--quiet", f"{_safe(revision) or 'HEAD'}^{{commit}}")
    except GitError as error:
        return Commits(told=f"git does not know what is measured here: {_why(error, git)}")
    if target is None:
        return _behind(head, git)
    try:
        return _from_merge_base(head, target, git)
    except GitError as error:
        return _behind(
            head, git, told=f"the merge base with {printable(target)} is not known: {_why(error, git)}"
        )


def run_git(folder: Path, arguments: tuple[str, ...]) -> str:
    """What git prints, stripped.  Raises GitError with its words where it fails or takes too long."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=_environment(os.environ),
            timeout=_DEADLINE_S,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("there is no git on this machine") from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git did not end well: {type(error).__name__}") from error
    if done.returncode:
        words = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise GitError(printable(words[:_QUOTED]))
    return done.stdout.decode("ascii", "replace").strip()


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    left_out = {*_HOOKS_OWN, TOKEN_VARIABLE}  # git runs what its configuration names
    return {**{name: value for name, value in env.items() if name not in left_out}, **_ENVIRONMENT}


def _from_merge_base(head: str, target: str, git: Git) -> Commits:
    tip = _tip(target, git)
    try:
        base = git("merge-base", head, tip)
    except GitError as error:
        raise GitError(str(error) or "they have no commit in common") from error
    ahead = int(git("rev-list", "--count", f"{base}..{head}"))
    return Commits(base, ahead, _parents(base, git))


def _tip(target: str, git: Git) -> str:
    """The target's newest commit that is here: the server's view of it is newer than a branch of this clone."""
    for place in ("refs/remotes/origin", "refs/heads"):
        try:
            return git("rev-parse", "--verify", "--quiet", f"{place}/{target}^{{commit}}")
        except GitError:
            continue
    raise GitError("this clone has no such branch")


def _behind(head: str, git: Git, told: str | None = None) -> Commits:
    try:
        return Commits(parents=_parents(head, git), told=told)
    except GitError as error:
        return Commits(told=told or f"the commits before it are not known: {_why(error, git)}")


def _parents(revision: str, git: Git) -> tuple[str, ...]:
    return tuple(git("rev-list", "--first-parent", f"--max-count={_FARTHEST}", revision).split())


def _safe(revision: str | None) -> str | None:
    """A revision that can be nothing but one; other systems than git have others."""
    return revision if revision is not None and _REVISION.fullmatch(revision) else None


def _why(error: GitError, git: Git) -> str:
    """Git's own words, and what helps where only the newest commits were fetched."""
    words = str(error) or "it does not say why"
    try:
        is_shallow = git("rev-parse", "--is-shallow-repository") == "true"
    except GitError:
        is_shallow = False
    return f"{words} (the clone is shallow: git fetch --unshallow)" if is_shallow else words
