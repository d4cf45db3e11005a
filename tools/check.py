#!/usr/bin/env python3
"""Everything a contributor must pass, in one command, each stage with its time.

Stages: format, lint, types, imports, docs, tests (with branch coverage where that is quick), coverage.  Without
--keep-going the first failing stage ends it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = [sys.executable, "-m"]
PYTEST = [*PYTHON, "pytest", "--durations=10"]
COVERED = [*PYTHON, "coverage", "run", "-m", *PYTEST[2:]]
PROCESSORS = os.cpu_count() or 1
STAGES: dict[str, list[list[str]]] = {
    "format": [[*PYTHON, "ruff", "format", "--check", "."]],
    "lint": [[*PYTHON, "ruff", "check", "."]],
    "types": [[*PYTHON, "mypy"]],
    "imports": [[str(Path(sys.executable).parent / "lint-imports")]],
    # Every page anew, every warning an error; into build/docs.
    "docs": [[*PYTHON, "sphinx", "-W", "--keep-going", "-n", "-q", "-E", "docs", "build/docs"]],
    "tests": [
        [*PYTHON, "coverage", "erase"],
        [*COVERED, "tests/unit", "tests/golden", "-n", "logical"],
        # Tracing each of their thousands of examples would take twice the time, and show hardly a line more.
        [*PYTEST, "tests/property", "-n", "logical"],
        # Real processes wait more than they compute: one more of these tests than there are processors.
        [*COVERED, "tests/integration", "-m", "not alone", "-n", str(PROCESSORS + 1), "--dist", "loadfile"],
        [*PYTEST, "tests/integration", "-m", "alone"],
    ],
    "coverage": [[*PYTHON, "coverage", "combine", "--quiet"], [*PYTHON, "coverage", "report"]],
}


def run_stage(name: str) -> bool:
    """Run one stage in the repository's top folder, to its end: one failure hides no other.  Whether it passed."""
    start = time.monotonic()
    print(f"=== {name}", flush=True)
    statuses = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in STAGES[name]]
    passed = not any(statuses)
    print(f"=== {name}: {'ok' if passed else 'FAILED'} after {time.monotonic() - start:.1f} s", flush=True)
    return passed


def main(argv: Sequence[str]) -> int:
    """Run the stages; 0 if all passed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}; default: all")
    parser.add_argument("--keep-going", action="store_true", help="run the later stages, too")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.stages if name not in STAGES]
    if unknown:
        parser.error(f"no stage is called {unknown[0]}: choose from {', '.join(STAGES)}")
    os.environ.pop("TEAMCITY_VERSION", None)  # the tests say for themselves who reads
    failed = []
    for name in arguments.stages or STAGES:
        if not run_stage(name):
            failed.append(name)
            if not arguments.keep_going:
                break
    print(f"=== failed: {', '.join(failed)}" if failed else "=== all passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
