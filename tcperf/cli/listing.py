"""``tcperf list``: what can be run, with which parameters, and which statistics come of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tcperf import params
from tcperf.capabilities import in_words
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal, safe
from tcperf.definition import Scenario
from tcperf.scenario import Param


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Print the scenarios; a broken one is warned of."""
    selection = select(arguments, Path.cwd())
    wanted = arguments.names or None
    if wanted:
        scenarios = [selection.registry.get(name) for name in wanted]
    else:
        listing = selection.registry.listing()
        scenarios = list(listing.scenarios)
        for warning in listing.warnings:
            terminal.warn(warning)
    for scenario in scenarios:
        terminal.data(safe("\n".join(_describe(scenario, selection))))
    return 0


def _describe(scenario: Scenario, selection: Selection) -> Iterator[str]:
    yield f"{scenario.name}: {scenario.help}"
    values = params.resolve([scenario], selection.config.params, (), reference=selection.reference)[
        scenario.name
    ]
    for param in scenario.params:
        yield f"  {param.name}={_shown(getattr(values, param.name))}  {_help(param)}"
    if scenario.needs:
        yield f"  needs: {', '.join(f'{need} ({in_words(need)})' for need in scenario.needs)}"
    yield f"  phases: {', '.join(phase.name for phase in scenario.phases)}"
    for key in scenario.keys(reference=selection.reference):
        yield f"  {key}"
    yield ""


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _help(param: Param) -> str:
    """The help, then the type, then what is allowed and what the default is elsewhere."""
    limits = [param.type.__name__]
    if param.choices:
        limits.append(" or ".join(param.choices))
    limits += param.limits
    if param.reference != param.default:
        limits.append(
            f"{_shown(param.default)} with a given node, {_shown(param.reference)} with the reference node"
        )
    return f"{param.help} ({', '.join(limits)})"
