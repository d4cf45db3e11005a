"""Real clones of git's, made by hand: for tests of where a revision stands."""

from __future__ import annotations

import os
import subprocess

#: Nobody's own settings: a hook, a signature or another name of the first branch.
_ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Clone:
    """A folder with a history: ``commit`` says nothing but its own text."""

    def __init__(self, folder, *clone_of):
        self.folder = folder
        if clone_of:
            self._run("clone", "-q", *clone_of, str(folder), folder=folder.parent)
        else:
            folder.mkdir()
            self.git("init", "-q", "-b", "develop")

    def _run(self, *arguments, folder):
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=_ENVIRONMENT, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def git(self, *arguments):
        return self._run(*arguments, folder=self.folder)

    def commit(self, text="x"):
        self.git("commit", "-q", "--allow-empty", "-m", text)
        return self.git("rev-parse", "HEAD")
