"""``tcperf settings``: a TeamCity build configuration as code; nothing is run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import evolve

from tcperf.buildsettings import BuildSettings, references
from tcperf.buildsettings import command as parse_command
from tcperf.cli import step_words
from tcperf.cli.pairs import BUDGET_S
from tcperf.cli.plans import plans
from tcperf.cli.selection import Selection, select
from tcperf.cli.settings_files import write
from tcperf.cli.terminal import Terminal
from tcperf.errors import ConfigError, UsageError
from tcperf.teamcity.settings import kotlin, rest, xml
from tcperf.teamcity.settings.feature import features, order
from tcperf.teamcity.settings.plan import SettingsPlan, make
from tcperf.teamcity.settings.request import Request
from tcperf.teamcity.settings.step import base_path, has_baseline

#: What [teamcity] says of a node that is built, and what of it are commands.
_OF_A_NODE: Final = ("build", "base_build", "keep_node")
_COMMANDS: Final = ("build", "base_build")
#: What comes of a build that must have been compared with a good one before it, where there is none.
_FOR_EVER: Final = (
    "the first build, and each after a change of what is measured, for there is nothing like it to compare with; a build "
    "that failed is never the last good one, so that all later ones fail, too (leave it out, or say with [teamcity] "
    "base_build what makes the parent)"
)


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Make the plan, and write it, print it, or give a project its charts."""
    _check_combination(arguments)
    with terminal.others():
        selection = select(arguments, Path.cwd())
        request = _request(arguments, selection)
    plan = make(request)
    outside = step_words.outside(arguments) if arguments.form != "rest" else ()  # of which there is no step
    for option, path in outside:
        terminal.warn(
            f"--{option} {path} is not within the checkout, and no agent has it: call tcperf settings at the top of the "
            "repository, and keep it there"
        )
    for warning in _warnings(request, arguments.form):
        terminal.warn(warning)
    if arguments.apply:
        from tcperf.cli.settings_apply import apply_charts

        return apply_charts(plan, arguments, terminal)
    documents = _FORMS[arguments.form](plan, arguments)
    if arguments.out is None:
        terminal.data(documents[_printed(documents)].rstrip("\n"))
    else:
        write(Path(arguments.out), documents, terminal)
    return 0


def _check_combination(arguments: argparse.Namespace) -> None:
    needs_rest = {"apply": arguments.apply, "server": arguments.server}
    for name, given in needs_rest.items():
        if given and arguments.form != "rest":
            raise UsageError(f"--{name} is about the REST interface", cure="give --rest with it")
    if arguments.dry_run and not arguments.apply:
        raise UsageError("--dry-run tells what --apply would do", cure="give --rest --apply with it")
    if arguments.prune and not arguments.apply:
        raise UsageError("--prune is about what --apply finds", cure="give --rest --apply with it")
    if arguments.apply and arguments.project is None:
        raise UsageError("--apply needs the project that gets the charts", cure="give --project ID")
    if arguments.form == "xml" and (arguments.project is None or arguments.out is None):
        raise UsageError(
            "settings in XML are several files, whose names hold the project's identifier",
            cure="give --project ID and --out DIR",
        )


# --- what is asked for -------------------------------------------------------------------------------


def _request(arguments: argparse.Namespace, selection: Selection) -> Request:
    """What the plan depends on.  Raises UsageError for a scenario or parameter that there is not."""
    options, config = selection.options, selection.config
    settings = _settings(arguments, config.teamcity.settings)
    request = Request(
        scenarios=tuple(plan.scenario.info(plan.params) for plan in plans(selection, arguments.param)),
        settings=settings,
        policy=config.gate,
        words=tuple(step_words.words(arguments)),
        node=_node(selection),
        compared=options.base is not None or options.baseline is not None,
        counts_runs=options.runs is not None,
        traffic=options.network != "host",
        lanes=options.lanes if isinstance(options.lanes, int) else 1,
        artifacts=config.teamcity.artifacts,
        as_tests=options.as_tests or False,
        trend=options.trend is None,
        classic=arguments.classic,
    )
    _check_base(request, selection)
    has_pairs = options.base is not None or settings.base_build is not None or settings.keep_node
    return evolve(request, budget_s=(options.budget or BUDGET_S) if has_pairs else None)


def _settings(arguments: argparse.Namespace, said: BuildSettings) -> BuildSettings:
    """Those of tcperf.toml, and what the command line says over them."""
    conditions = said.conditions if arguments.conditions is None else arguments.conditions
    base_build = said.base_build
    if arguments.base_build is not None:
        base_build = _checked("--base-build", parse_command, arguments.base_build)
    return evolve(said, conditions=conditions, base_build=base_build)


def _checked(option: str, convert: Callable[[object], str], value: str) -> str:
    try:
        return convert(value)
    except UsageError as error:
        raise UsageError(f"argument {option}: {error.message}", cure=error.cure) from error


def _node(selection: Selection) -> str | None:
    """The node's path as seen from here, which is where the checkout is; None for the bundled one."""
    if selection.reference:
        return None
    return step_words.from_here(str(selection.node))


def _check_base(request: Request, selection: Selection) -> None:
    """The parent's node is to be found in the parent's worktree where the head's is in the checkout."""
    base = base_path(request)
    if base is None:
        return
    if ".." in PurePosixPath(base).parts:
        message = f"the parent's node cannot be found: {request.node} is not within the checkout"
        place = selection.place("node")
        cure = "build the node within the checkout, and call tcperf settings at its top"
        raise ConfigError(f"{place}: {message}", cure=cure) if place else UsageError(message, cure=cure)
    if selection.options.baseline is not None:
        place = selection.place("baseline")
        raise ConfigError(
            f"{place}: a baseline is given, and base_build makes a base: there is one comparison",
            cure="leave one of the two away",
        )


def _warnings(request: Request, form: str) -> Iterator[str]:
    if request.reference:
        yield "the settings are for the bundled REFERENCE NODE: give yours with --node, or as [run] node"
    if form != "rest":  # of which there is no step
        yield from _warnings_of_step(request)


def _warnings_of_step(request: Request) -> Iterator[str]:
    settings = request.settings
    if settings.install is None:
        yield (
            "the step takes for granted that tcperf is installed on the agents: say what pip is to install it from "
            "with [teamcity] install"
        )
    if not request.reference and settings.build is None:
        yield f"the step takes {request.node} as it is: say what builds it with [teamcity] build"
    for key in (key for key in _OF_A_NODE if request.reference and getattr(settings, key)):
        yield f"[teamcity] {key} is left out: it is about a node of yours, and none is given (--node, or [run] node)"
    if has_baseline(request):
        yield from (f"{asked} fails {_FOR_EVER}" for asked in _asked_of_the_first(request))
    for key, parameter in references(settings):
        yield f"[teamcity] {key}: %{parameter}% means itself, TeamCity puts nothing there ({_instead(key, parameter)})"


def _asked_of_the_first(request: Request) -> Iterator[str]:
    """What a build without anything to compare with does not pass."""
    if "not_compared" in (request.settings.conditions or ()):
        yield "the condition not_compared"
    if request.policy.require_comparison:
        yield "[gate] require_comparison"


def _instead(key: str, parameter: str) -> str:
    """What gives a text the value of a parameter."""
    kind, _, name = parameter.partition(".")
    if key not in _COMMANDS:
        return f"only {' and '.join(_COMMANDS)} have variables"
    if kind == "env":
        return f"the command has it as ${name}"
    return f"give the project a parameter env.NAME that is %{parameter}%: the command has it as $NAME"


# --- what is made of it ------------------------------------------------------------------------------


def _kotlin(plan: SettingsPlan, _arguments: argparse.Namespace) -> dict[str, str]:
    return {kotlin.FILE: kotlin.build(plan), kotlin.PROJECT_FILE: kotlin.project()}


def _xml(plan: SettingsPlan, arguments: argparse.Namespace) -> dict[str, str]:
    return xml.files(plan, arguments.project)


def _rest(plan: SettingsPlan, arguments: argparse.Namespace) -> dict[str, str]:
    wanted = (*features(plan), order(chart.id for chart in plan.charts))
    return {"project-features.json": rest.dumps(wanted, arguments.project)}


_FORMS: Final[dict[str, Callable[[SettingsPlan, argparse.Namespace], dict[str, str]]]] = {
    "kotlin": _kotlin,
    "xml": _xml,
    "rest": _rest,
}


def _printed(documents: Mapping[str, str]) -> str:
    """The one document that goes to standard output: the first is the one that matters."""
    return next(iter(documents))
