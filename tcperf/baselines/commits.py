"""Where this revision stands among others, as git tells of the folder that is measured in.

A build agent's clone may be shallow, lack the target's branch, or be none at all: then what is not known is None, and
``told`` says why.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from tcperf.quoting import printable
from tcperf.teamcity.credentials import TOKEN_VARIABLE

Git = Callable[..., str]

#: A clone is read, not fetched for.
_DEADLINE_S: Final = 20.0
#: No build that anything is compared with is farther away.
_FARTHEST: Final = 2000
#: So many revisions beside this one are looked for, the newest: each is a call of git's.
_BESIDE: Final = 20
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
class Place:
    """Where another revision stands: it lacks ``behind`` commits of this one, and has ``beside`` that this one lacks."""

    behind: int
    beside: int = 0


@frozen
class Commits:
    """The commits behind this revision, and where others stand.

    ``merge_base`` is the last one that it shares with the target, None where that is not known or there is no target;
    ``ahead`` how many came after it.  ``parents`` are the first parents from the merge base on (where there is none:
    from this revision on), itself first.  ``told`` says what is not known, and why; None where all is.  ``others`` are
    the places of revisions that are not among the parents, where they were looked for (``among``); ``head`` is this
    revision in the clone around ``folder``, None where git does not know it.
    """

    merge_base: str | None = None
    ahead: int = 0
    parents: tuple[str, ...] = field(default=(), repr=False)
    told: str | None = None
    others: Mapping[str, Place] = field(factory=dict, repr=False)
    head: str | None = None
    folder: Path | None = field(default=None, repr=False)

    def place(self, revision: str | None) -> Place | None:
        """Where ``revision`` stands; None where that is not known."""
        if revision is None:
            return None
        if revision in self.parents:
            return Place(self.ahead + self.parents.index(revision))
        return self.others.get(revision)

    def distance(self, revision: str | None) -> int | None:
        """How many commits lie between ``revision`` and this one, on either side; None where that is not known."""
        place = self.place(revision)
        return None if place is None else place.behind + place.beside


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
    return evolve(_before(head, target, git), head=head, folder=folder)


def among(commits: Commits, revisions: Iterable[str | None]) -> Commits:
    """The commits with the places of ``revisions``, oldest first, that are not among the parents.

    Such as the target's own, when it went on after the branch had left it.  What the clone has not is left out, and
    all of it where the clone is shallow: git then counts what was fetched.  Never raises.
    """
    asked = (each for each in dict.fromkeys(map(_safe, revisions)) if each is not None)
    unknown = [each for each in asked if commits.place(each) is None]
    folder, head = commits.folder, commits.head
    if not unknown or folder is None or head is None:
        return commits

    def git(*arguments: str) -> str:
        return run_git(folder, arguments)

    if _is_shallow(git):
        return commits
    return evolve(commits, others=dict(_places(unknown[-_BESIDE:], head, git)))


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


def _places(revisions: Iterable[str], head: str, git: Git) -> Iterator[tuple[str, Place]]:
    for revision in revisions:
        try:
            counted = git("rev-list", "--left-right", "--count", f"{revision}...{head}", "--")
        except GitError:  # this clone has not got it
            continue
        beside, behind = map(int, counted.split())
        yield revision, Place(behind, beside)


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    left_out = {*_HOOKS_OWN, TOKEN_VARIABLE}  # git runs what its configuration names
    return {**{name: value for name, value in env.items() if name not in left_out}, **_ENVIRONMENT}


def _before(head: str, target: str | None, git: Git) -> Commits:
    if target is None:
        return _behind(head, git)
    try:
        return _from_merge_base(head, target, git)
    except GitError as error:
        return _behind(
            head, git, told=f"the merge base with {printable(target)} is not known: {_why(error, git)}"
        )


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
    return f"{words} (the clone is shallow: git fetch --unshallow)" if _is_shallow(git) else words


def _is_shallow(git: Git) -> bool:
    """Whether only the newest commits were fetched; False where git does not tell."""
    try:
        return git("rev-parse", "--is-shallow-repository") == "true"
    except GitError:
        return False
