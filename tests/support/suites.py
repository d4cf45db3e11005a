"""Suites of a few lines, run by a pytest of their own that measures them."""

import os
import subprocess
import sys

from tcperf import results

_PLUGINS = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")


def environment(**changes):
    """This process's environment without what would tell a pytest or tcperf where it runs, but for ``changes``."""
    left = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("TCPERF_", "PYTEST_", "TEAMCITY_", "COV_CORE", "CI"))
    }
    return {**left, **changes}


def command(*arguments, workers=None):
    """The command of a pytest that measures; by pytest-xdist with so many ``workers``, without it where None."""
    spread = ("-p", "no:xdist") if workers is None else ("-n", str(workers))
    return [sys.executable, "-m", "pytest", *_PLUGINS, *spread, "-q", "--tcperf", *arguments]


def write(folder, **files):
    """A suite in ``folder``: each keyword is the name of a Python file, its value the text."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def run(folder, *arguments, workers=None, **env):
    """Run the suite in ``folder`` to its end."""
    return subprocess.run(
        command(*arguments, workers=workers),
        cwd=folder,
        env=environment(**env),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def load(folder):
    """What it measured."""
    return results.load(folder / "tcperf-report" / "results.json")
