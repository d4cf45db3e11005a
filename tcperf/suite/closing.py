"""The end of a session: what was measured is compared, written and told, as ``tcperf run`` does it."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

import pytest
from attrs import evolve, frozen

from tcperf import clock, config
from tcperf.cli.judge import Judge
from tcperf.cli.report import read_series, show
from tcperf.cli.terminal import Terminal
from tcperf.errors import NothingMeasuredError, OutputError
from tcperf.model import Conditions, Result
from tcperf.modules import module_command
from tcperf.options import parse_baseline
from tcperf.probes import machine
from tcperf.reports.atomic import failing
from tcperf.reports.teamcity import Manner
from tcperf.reports.write import Folder, reserve
from tcperf.suite import asking, place
from tcperf.suite.broken import sentences
from tcperf.suite.collected import Collected
from tcperf.suite.gathering import Facts, gathered, is_blank, missed, why_blank
from tcperf.suite.journal import Journal, Opening
from tcperf.suite.program import subject_of

#: The loopback's MTU: a packet there may be what is dozens on a wire.
_LOOPBACK: Final = Conditions(network="loopback", mtu=65536, offloads="host")
_HOST: Final = Conditions(network="host", mtu=None, offloads="host")
#: The options that tcperf's own command calls otherwise.
_OUT: Final = "--tcperf-out"
_BASELINE: Final = "--tcperf-baseline"
_TROUBLE: Final = "tests were not measured to the end: {}"
_NONE_PASSED: Final = "no test has passed"
_SEE_ABOVE: Final = "the warnings say why"
#: The modes of the gate that can make a build red.
_FAILING: Final = frozenset({"problem", "exit"})


@frozen
class Found:
    """What all tests measured: ``result`` is None where none has passed.

    ``missed`` are sentences about what was asked for and did not come; ``is_blank``: nothing was measured at all, and
    ``why_blank`` is the one that says why, None where none does.
    """

    result: Result | None
    missed: tuple[str, ...]
    is_blank: bool
    why_blank: str | None


class Closing:
    """Prepared before the first test, so that what is wrong with it is said at once; a context manager's worth is ``close``.

    ``why`` says why there is no private network, None where there is one.  Raises UsageError, ConfigError,
    NotComparedError, OutputError.
    """

    def __init__(self, asked: pytest.Config, why: str | None) -> None:
        self._asked = asked
        options = asked.option
        asking.check(options)
        here = asked.invocation_params.dir
        place.check(here / options.tcperf_out, _tests(asked), asked.getini("python_files"))
        self._config = config.load(None, asked.rootpath)
        self._terminal = Terminal(_Quiet(), _Quiet(), os.environ)
        self._judge = self._judge_of(here)
        self._facts = Facts(
            suite=options.tcperf_suite,
            conditions=_LOOPBACK if why is None else _HOST,
            environment=machine.describe(),
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            command=("pytest", *map(str, asked.invocation_params.args)),
            zero_ns=clock.monotonic_ns(),
            publish=tuple(options.tcperf_publish),
            processes=_processes(options),
            devices=_devices(options),
            keys=options.tcperf_keys,
            warnings=_about_the_network(options, why),
        )
        self._held = ExitStack()
        self._folder: Folder = self._held.enter_context(reserve(here / options.tcperf_out, _OUT))

    def _judge_of(self, here: Path) -> Judge:
        run, options = self._config.run, self._asked.option
        given = options.tcperf_baseline
        baseline = parse_baseline(given, here) if given else run.baseline
        return Judge.of(
            self._config,
            options.tcperf_gate or run.gate,
            baseline,
            self._terminal,
            _BASELINE,
            trend=run.trend,
        )

    def journal(self) -> Journal:
        """What is heard of the tests is to be written down there as it comes.  Raises OutputError."""
        opening = Opening(self._facts, self._judge.gate.mode, _OUT, self._config.teamcity.artifacts)
        with failing(self._folder.journal, "written", option=_OUT):
            return Journal(self._folder.journal, opening)

    def rescue(self) -> list[str]:
        """The command that makes reports of the journal."""
        return module_command("tcperf.suite.rescue", str(self._folder.path))

    def gather(self, heard: Collected) -> Found:
        """What all tests measured, which phases raised in those that passed, and why tests have no figures."""
        told = (*map(_TROUBLE.format, heard.troubles), *sentences(heard.broken, heard.records))
        facts = evolve(self._facts, warnings=(*self._facts.warnings, *told))
        return Found(
            gathered(heard.records, subject_of(heard.records), facts, heard.outcomes),
            missed(heard.records, facts),
            is_blank(heard.records, facts),
            why_blank(heard.records, facts),
        )

    def tell(self, found: Found, stream: TextIO, more: Sequence[str] = (), *, has_passed: bool) -> int:
        """Write the reports and print what they say; the exit status where the tests have passed (``has_passed``).

        ``more`` are warnings of what was seen since the tests were gathered.
        """
        terminal = Terminal(stream, stream, os.environ)
        result, status = found.result, 0
        if result is not None:
            status = self._tell(evolve(result, warnings=(*result.warnings, *more)), terminal, found.why_blank)
        else:
            for text in more:
                terminal.warn(text)
        return self._tell_blank(found, terminal, fails=has_passed) or status if found.is_blank else status

    def _tell_blank(self, found: Found, terminal: Terminal, *, fails: bool) -> int:
        """Nothing was measured: never green under a gate, unless it is red already."""
        why = _NONE_PASSED if found.result is None else found.why_blank or _SEE_ABOVE
        error = NothingMeasuredError(f"nothing was measured: {why}")
        mode = self._judge.gate.mode
        if fails and mode in _FAILING:
            terminal.fail(error)
            return error.exit_status if mode == "exit" else 0
        terminal.warn(error.message)
        return 0

    def _tell(self, result: Result, terminal: Terminal, apart: str | None) -> int:
        """Reports, statistics and the verdict; ``apart`` is the warning that is said by itself, None for none."""
        judged = self._judge.judge(result, datetime.now(UTC).date())
        series = read_series(judged.result, self._folder, terminal)
        manner = Manner.of(self._config.run, self._config.teamcity.artifacts, f"{_BASELINE} FILE")
        status = judged.gate.exit_status(judged.result)
        try:
            show(judged.result, series, self._folder, terminal, manner, judged.gate, apart=apart)
        except OutputError as error:
            terminal.fail(error)
            status = error.exit_status
        if not terminal.teamcity:
            for text in judged.gate.missed(judged.result):
                terminal.say(f"NOT COMPARED: {text}")
        return status

    def close(self) -> None:
        """Let others have the folder; safe to call twice."""
        self._held.close()


def _tests(asked: pytest.Config) -> list[Path]:
    """Where the tests are taken from: folders, and files."""
    return [asked.invocation_params.dir / each.partition("::")[0] for each in asked.args]


def _processes(options: Any) -> tuple[str, ...] | None:
    """The names that programs are asked for by; none where all is measured, None where devices alone are."""
    named = tuple(options.tcperf_process)
    return None if not named and (options.tcperf_container or options.tcperf_android) else named


def _devices(options: Any) -> tuple[str, ...]:
    """The containers and apps that were asked for, as ``tcperf.watching.beside`` calls them."""
    return (
        *(f"container {spec}" for spec in options.tcperf_container),
        *(f"android {spec}" for spec in options.tcperf_android),
    )


def _about_the_network(options: Any, why: str | None) -> tuple[str, ...]:
    """Containers and phones have networks of their own, which are counted, and no processes beside them are by default."""
    if why is None or ((options.tcperf_container or options.tcperf_android) and not options.tcperf_process):
        return ()
    return (f"no packet of the tests alone was counted: {why}",)


class _Quiet(io.StringIO):
    """A stream before there is anybody to read it."""
