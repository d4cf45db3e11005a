"""``tcperf exec``: any program's whole life, as one measured phase."""

from __future__ import annotations

import argparse
import functools
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from attrs import evolve, frozen

from tcperf import config
from tcperf.cli import combinations, junit
from tcperf.cli.judge import Judge
from tcperf.cli.node import ChosenNode
from tcperf.cli.run import conduct
from tcperf.cli.selection import Selection, check_links
from tcperf.cli.terminal import Terminal
from tcperf.command.program import Command
from tcperf.command.timeline import WHOLE
from tcperf.definition import Scenario, is_reserved
from tcperf.errors import MachineError, UsageError
from tcperf.estimate import Pace
from tcperf.keys import NAME_RULE, is_name
from tcperf.nodes.subject import inspect
from tcperf.options import RunOptions, parse_baseline
from tcperf.plan import Plan
from tcperf.quoting import printable
from tcperf.registry import Registry
from tcperf.scenario import Phase
from tcperf.system import this_system
from tcperf.teamcity.credentials import TOKEN_VARIABLE

#: What [run] of tcperf.toml says of these holds for programs, too; the rest is about nodes and scenarios.
_SHARED: Final = (
    *("out", "network", "net", "format", "gate", "pcap", "junit", "as_tests", "tag", "trend", "budget"),
)
_BASE: Final = "--base-command"
_UNNAMED: Final = "command"
_NAME_LIMIT: Final = 24
_GENERATION: Final = "command"
_EMPTY: Final = "such as: -- ./program --its-option; a variable in quotes that is not set is an empty word"
_MARKS: Final = {"stdout": "|", "stderr": "!"}


@frozen
class Nothing:
    """The parameters of a program's life: none.  What two calls measure under one name is compared."""


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Run the program, measure and compare it, write the reports, print the statistics; the exit status."""
    selection = _selection(arguments, Path.cwd())
    terminal.choose(selection.options.format or "auto")
    combinations.check(arguments, selection, _BASE)
    options = selection.options
    words, env = tuple(arguments.program), terminal.env
    node = _chosen(words, env, _stage(arguments, terminal))
    base = None if arguments.base_command is None else _base(arguments.base_command, env, node.stage)
    plan = Plan(_scenario(_name(arguments.name, words[0])), Nothing(), options.runs or 1)
    judge = Judge.of(selection.config, options.gate, options.baseline, terminal, trend=options.trend)
    return conduct(selection, [plan], node, base, judge, terminal, arguments.command_line)


def _selection(arguments: argparse.Namespace, cwd: Path) -> Selection:
    """tcperf.toml, as far as it is about programs, too, and the command line over it."""
    loaded = config.load(Path(arguments.config) if arguments.config else None, cwd)
    options = RunOptions(
        base=None if arguments.base_command is None else cwd,
        baseline=parse_baseline(arguments.baseline, cwd) if arguments.baseline else None,
        runs=arguments.runs,
        pairs=arguments.pairs,
        out=cwd / arguments.out if arguments.out else None,
        network=arguments.network,
        format=arguments.format,
        gate=arguments.gate,
        budget=arguments.budget,
        pcap=arguments.pcap,
        net=arguments.net,
        junit=junit.asked(arguments.junit, cwd),
        as_tests=arguments.as_tests,
        tag=arguments.tag,
        trend=arguments.trend,
    ).over(RunOptions(**{key: getattr(loaded.run, key) for key in _SHARED}))
    selection = Selection(loaded, options, Registry({}, installed=True), cwd, f"{_BASE} COMMAND")
    check_links(selection)
    return selection


def _stage(arguments: argparse.Namespace, terminal: Terminal) -> Any:
    """Raises MachineError where no program can be measured whole."""
    system = this_system()
    if not system.is_linux:
        raise MachineError(
            f"tcperf exec measures programs on Linux, and this is {system.name}",
            cure="run it there, or measure what a test suite starts: pytest --tcperf",
        )
    from tcperf.command.stage import CommandStage

    def show(output: str, lines: Sequence[str]) -> None:
        terminal.quote(lines, _MARKS[output])

    return functools.partial(
        CommandStage,
        ignore_status=arguments.ignore_status,
        show=None if arguments.quiet else show,
        say=terminal.say,
        warn=terminal.warn,
    )


def _base(text: str, env: Mapping[str, str], stage: Any) -> ChosenNode:
    """The other command.  Raises UsageError, which says that it is about that one."""
    try:
        return _chosen(_split(text), env, stage)
    except UsageError as error:
        raise UsageError(f"--base-command: {error.message}", cure=error.cure) from error


def _chosen(words: Sequence[str], env: Mapping[str, str], stage: Any) -> ChosenNode:
    """The program that the words call, and how it is launched.  Raises UsageError where there is none."""
    if not words[0].strip():
        raise UsageError("the command's first word, its program, is empty", cure=_EMPTY)
    found = shutil.which(words[0], path=env.get("PATH"))
    if found is None:
        raise UsageError(f"there is no program {printable(words[0])} that can be run", cure=_cure(words[0]))
    cure = "it is read for its digest: chmod +r, or call it through sh -c"
    subject = evolve(inspect(found, "command", cure=cure), generation=_GENERATION, command=shlex.join(words))
    # It may print its environment, and what it prints is kept and published: our own token is none of its business.
    given = {name: value for name, value in env.items() if name != TOKEN_VARIABLE}
    launched = Command((*words,), Path.cwd(), given)
    return ChosenNode(subject, cast(Any, launched), Pace(0.0), stage=stage, talks=True)


def _cure(word: str) -> str:
    if Path(word).is_dir():
        return "it is a folder: name the program in it"
    if " " in word:
        return "each word of the command is one of its own: ./program argument, not './program argument'"
    if Path(word).exists():
        return f"chmod +x {shlex.quote(word)}, or name its interpreter before it"
    return "give its path, such as ./program; a shell's own commands and pipes need a shell: sh -c '…'"


def _split(text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{error}", cure="quote it as in a shell, as one word") from error
    if not words:
        raise UsageError("it is empty", cure="give a command, or leave the option away")
    return words


def _name(asked: str | None, word: str) -> str:
    """What it is called in statistic keys.  Raises UsageError."""
    if asked is None:
        return name_of(word)
    if not is_name(asked) or is_reserved(asked):
        raise UsageError(
            f"the name {printable(asked)} does not fit into a statistic's key",
            cure=f"such as --name {name_of(asked)}: {NAME_RULE}; tcperf and reference are taken",
        )
    return asked


def name_of(word: str) -> str:
    """A name made of a program's: ``./Load-Test.py`` is ``load_test``; ``command`` where nothing is left of it."""
    stem = re.sub(r"[^a-z0-9]+", "_", Path(word).stem.lower())
    name = stem.lstrip("0123456789_")[:_NAME_LIMIT].rstrip("_")
    return _UNNAMED if not name or is_reserved(name) else name


def _scenario(name: str) -> Scenario:
    return Scenario(
        name,
        "The whole life of a program, and the phases that it marks.",
        (Phase(WHOLE, publish=True),),
        Nothing,
        _play,
        "tcperf exec",
    )


def _play(stage: Any, _params: object) -> None:
    stage.play()
