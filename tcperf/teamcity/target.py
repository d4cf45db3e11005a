"""The branch that the build's pull request goes to: ``python -m tcperf.teamcity.target BRANCH`` prints it.

It is for the build step that ``tcperf settings`` makes.  TeamCity tells the target of a pull request alone, as a
parameter: a step that refers to it fits no agent in any other build, and a shell cannot read the files of Java's
properties that all parameters stand in.  So it is read here; BRANCH is printed where nothing is told.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from tcperf.quoting import printable
from tcperf.teamcity.build import Build

#: What no branch's name holds (git-check-ref-format(1)), and what would begin an option.
_NO_BRANCH = re.compile(r"^-|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{")


def target_of(build: Build, usual: str) -> tuple[str, tuple[str, ...]]:
    """The branch, without ``refs/heads/``, and what there is to warn of; ``usual`` for a build of no pull request."""
    told = None if build.pull_request is None else build.pull_request.target
    if told is None:
        return usual, build.warnings
    if _NO_BRANCH.search(told) or not told.isprintable():
        strange = f"the pull request's target {printable(told)} is no branch: {usual} is taken"
        return usual, (*build.warnings, strange)
    return told, build.warnings


def main(arguments: Sequence[str], env: Mapping[str, str], stdout: TextIO, stderr: TextIO) -> int:
    """Print the branch; the exit status, 2 where there is not one argument."""
    if len(arguments) != 1:
        print("usage: python -m tcperf.teamcity.target BRANCH", file=stderr)
        return 2
    branch, warnings = target_of(Build.read(env), arguments[0])
    for warning in warnings:
        print(f"tcperf: warning: {warning}", file=stderr)
    print(branch, file=stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, sys.stdout, sys.stderr))
