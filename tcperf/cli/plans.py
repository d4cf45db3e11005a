"""Which scenarios a subcommand plays, with which parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tcperf import crowd, params
from tcperf.cli.node import ChosenNode
from tcperf.cli.selection import Selection
from tcperf.cli.terminal import Terminal
from tcperf.options import RunOptions
from tcperf.plan import Plan
from tcperf.probes.room import look

DEFAULT_SCENARIO: Final = "one_to_one"


def warn_of_crowds(
    played: Sequence[Plan], nodes: Sequence[ChosenNode], options: RunOptions, terminal: Terminal
) -> tuple[str, ...]:
    """Warnings of plans whose nodes are many for this machine, which are told; ``nodes`` are those that may play.

    Raises UsageError where there is no room for them.
    """
    heaviest = _heaviest(nodes)
    lanes = options.lanes if isinstance(options.lanes, int) else 1
    told = crowd.check(played, heaviest, look(), lanes)
    for warning in told:
        terminal.warn(warning)
    return told


def most_lanes(nodes: Sequence[ChosenNode]) -> Callable[[Plan], int | None]:
    """In how many lanes a plan's nodes have room now; ``nodes`` are those that may play."""
    return lambda plan: crowd.most_lanes(plan, _heaviest(nodes), look())


def _heaviest(nodes: Sequence[ChosenNode]) -> crowd.Weight:
    return max((node.weight for node in nodes), key=lambda weight: weight.memory_bytes)


def plans(selection: Selection, assignments: Sequence[str], runs: int = 1) -> list[Plan]:
    """A plan of each scenario that was named, once each, or of the default one; ``assignments`` are ``--param``'s.

    Raises UsageError, with the place where tcperf.toml said it, for a scenario or parameter that there is not.
    """
    names = dict.fromkeys(selection.options.names or (DEFAULT_SCENARIO,))
    for name in names:
        if name not in selection.registry.names:
            raise selection.registry.unknown(name, selection.place("names"))
    scenarios = [selection.registry.get(name) for name in names]
    params.check_tables(selection.config.params, selection.registry)
    values = params.resolve(
        scenarios,
        selection.config.params,
        params.parse_assignments(list(assignments)),
        reference=selection.reference,
    )
    return [Plan(scenario, values[scenario.name], runs) for scenario in scenarios]
