"""Patterns of tcperf.toml that do nothing: neither a typing error nor a later rule must make one vanish unseen."""

from __future__ import annotations

from collections.abc import Iterator

from tcperf.config import Config
from tcperf.model import Result
from tcperf.registry import Registry
from tcperf.rules import key_tails


def pattern_warnings(config: Config, registry: Registry, result: Result | None = None) -> tuple[str, ...]:
    """A warning for each pattern that matches no key of any scenario there is, nor of ``result``, or is a hidden rule's.

    A rule may be of a scenario that is not played today.  Scenarios are only looked at where there are patterns.
    """
    if not config.has_patterns:
        return ()
    tails = key_tails((*_declared(registry), *_measured(result)))
    return (*config.unmatched_patterns(tails), *config.hidden_rules(tails))


def _declared(registry: Registry) -> Iterator[tuple[str, str]]:
    for scenario in registry.listing().scenarios:
        for phase in scenario.phases:
            yield scenario.name, phase.name


def _measured(result: Result | None) -> Iterator[tuple[str, str]]:
    """The phases of a result, whose scenarios may be installed nowhere here."""
    if result is None:
        return
    for info in result.scenarios:
        yield from ((info.name, phase.name) for phase in info.phases)
    for run in result.runs:
        yield from ((run.scenario, phase.name) for phase in run.phases)
