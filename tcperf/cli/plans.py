"""Which scenarios a subcommand plays, with which parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tcperf import params
from tcperf.cli.selection import Selection
from tcperf.runner import Plan

DEFAULT_SCENARIO: Final = "one_to_one"


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
