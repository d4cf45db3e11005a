"""The pytest plug-in ``--tcperf``, as small as can be: pytest imports it in every run, also where nobody asks for it.

All that it does is in ``tcperf.suite``, which is imported where ``--tcperf`` is given.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

import pytest

_NAME = "tcperf"
_OPTIONS = f"--{_NAME}-"
#: pytest's own options, as it keeps them, with which no test is run.
_RUN_NOTHING = (
    "help",
    "version",
    "markers",
    "collectonly",
    "showfixtures",
    "show_fixtures_per_test",
    "cacheshow",
    "setuponly",
    "setupplan",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; ``tcperf.suite.asked`` reads them."""
    group = parser.getgroup(_NAME, "performance of the programs that the tests start (tcperf)")
    group.addoption("--tcperf", action="store_true", help="measure what the tests start, and report it")
    group.addoption(
        "--tcperf-process",
        action="append",
        default=[],
        metavar="NAME",
        help="measure processes called so (several times; default: all that the tests start, or none beside containers and apps)",
    )
    group.addoption(
        "--tcperf-container",
        action="append",
        default=[],
        metavar="NAME",
        help="measure this container, NAME* all that are called so (several times; pid:N or cgroup:FOLDER: no engine is asked)",
    )
    group.addoption(
        "--tcperf-android",
        action="append",
        default=[],
        metavar="PACKAGE[@SERIAL]",
        help="measure this app on the phone that adb reaches (several times)",
    )
    group.addoption(
        "--tcperf-network", choices=("private", "host"), help="default: private, where it can be had"
    )
    group.addoption(
        "--tcperf-suite", default="pytest", metavar="NAME", help="first part of the keys (default: pytest)"
    )
    group.addoption("--tcperf-out", default="tcperf-report", metavar="DIR", help="folder of the reports")
    group.addoption(
        "--tcperf-baseline",
        metavar="FILE",
        help="compare with this results.json (?:FILE: one that may be missing), or with past builds: teamcity",
    )
    group.addoption(
        "--tcperf-gate", metavar="MODE", help="auto, problem, condition, exit or off, as `tcperf run --gate`"
    )
    group.addoption(
        "--tcperf-publish",
        action="append",
        default=[],
        metavar="PATTERN",
        help="publish tests and phases whose names match (several times; default: all)",
    )
    group.addoption(
        "--tcperf-keys", type=int, default=100, metavar="N", help="publish so many statistics at most"
    )


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before anything else of the suite runs, and before any output is captured: go into the private network."""
    if early_config.known_args_namespace.tcperf:
        from tcperf.suite.entry import enter

        enter(early_config)
    yield


def pytest_configure(config: pytest.Config) -> None:
    """Measure, where that was asked for; options about it alone are a mistake."""
    if not (config.option.tcperf or config.option.help or hasattr(config, "workerinput")):
        _refuse_options_alone(config.invocation_params.args)
    if config.option.tcperf and not any(getattr(config.option, name, None) for name in _RUN_NOTHING):
        from tcperf.suite.plugin import register

        register(config)


def _refuse_options_alone(words: Sequence[str]) -> None:
    """Raise pytest.UsageError where the command line has options that do nothing; in ``addopts`` they wait for ``--tcperf``."""
    for word in takewhile(lambda word: word != "--", map(str, words)):
        if word.startswith(_OPTIONS):
            option = word.partition("=")[0]
            raise pytest.UsageError(
                f"{option} without --tcperf: nothing would be measured (give --{_NAME}, too; what holds for every "
                "measuring may stand in addopts)"
            )


class _Off:
    """The fixture where nobody measures: a suite that uses it runs without ``--tcperf``, too."""

    def watch(self, pid: int) -> None:
        """Nothing."""

    def phase(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Nothing, but the name must be one."""
        from tcperf.keys import NAME_RULE, is_name

        if not is_name(name):
            raise ValueError(f"{name!r} cannot name a phase: {NAME_RULE}")
        return contextlib.nullcontext()


@pytest.fixture(name="tcperf")
def _tcperf(request: pytest.FixtureRequest) -> Any:
    """``tcperf.watch(pid)`` measures a process, too; ``with tcperf.phase("send"):`` a part of the test by itself."""
    found = request.config.pluginmanager.get_plugin("tcperf-suite")
    return _Off() if found is None else found.handle
