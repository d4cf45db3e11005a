"""A scenario, as its module defines it: checked once, when it is registered, so that a fault shows before a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import attrs
from attrs import frozen

from tcperf import capabilities, whereabouts
from tcperf.capabilities import Capability
from tcperf.errors import ConfigError
from tcperf.keys import KEY_LIMIT, NAME_RULE, ROOT, is_name, statistic_key
from tcperf.metrics import TRAFFIC_METRICS
from tcperf.model import PhaseInfo, ScenarioInfo
from tcperf.parameter import Param, params_of
from tcperf.params_class import params_type_of
from tcperf.quoting import printable
from tcperf.scenario import MAX_METRICS, Phase, Stage
from tcperf.whereabouts import FaultError

#: They have a meaning of their own in statistic keys.
_RESERVED: Final = (ROOT, "reference")


@frozen
class Scenario:
    """A scenario ready to run.

    ``help`` is the first line of its module's docstring, ``params_type`` and ``run`` are the module's ``Params``
    and ``run``, ``origin`` says to people where the module comes from.  ``needs`` is what a node must be able to
    (``NEEDS``), beside what every node can.
    """

    name: str
    help: str
    phases: tuple[Phase, ...]
    params_type: type
    run: Callable[[Stage, Any], None]
    origin: str
    needs: tuple[Capability, ...] = ()

    @property
    def params(self) -> tuple[Param, ...]:
        """What ``params_type`` declares, in its order."""
        return params_of(self.params_type)

    def info(self, params: object) -> ScenarioInfo:
        """The record of a run with ``params``, an instance of ``params_type``."""
        phases = tuple(
            PhaseInfo(phase.name, bool(phase.metrics), phase.metrics, help=phase.help)
            for phase in self.phases
        )
        values = attrs.asdict(params)  # type: ignore[arg-type]
        return ScenarioInfo(
            self.name,
            self.help,
            values,
            phases,
            params_help={param.name: param.help for param in self.params},
        )

    def keys(self, *, reference: bool, traffic: bool = True) -> tuple[str, ...]:
        """The statistic keys it publishes, in their order of printing.

        ``reference``: with the bundled reference node; without ``traffic``: on the host's network.
        """
        return tuple(
            statistic_key(self.name, phase.name, metric, reference=reference)
            for phase in self.phases
            for metric in phase.metrics
            if traffic or metric not in TRAFFIC_METRICS
        )


def define(module: ModuleType, name: str, origin: str) -> Scenario:
    """The scenario ``name`` that ``module`` defines.

    Raises ConfigError, which tells ``origin``, the line and the fault, where the module breaks the contract.
    """
    try:
        check_name(name)
        help_, phases, needs = _help(module), _phases(module), _needs(module)
        scenario = Scenario(name, help_, phases, params_type_of(module), _run(module), origin, needs)
        _check_keys(scenario)
    except FaultError as error:
        where = introduced(name, origin, whereabouts.of_name(module, *error.names))
        raise ConfigError(f"{where}: {error.message}", cure=error.cure) from error
    return scenario


def introduced(name: str, origin: str, spot: whereabouts.Spot | None) -> str:
    """How an error about a scenario's module begins: "scenario greeting (scenarios/greeting.py:3)"."""
    place = origin if spot is None else str(spot)
    beside = "" if place.startswith(origin) else f"{origin}, "
    return f"scenario {printable(name)} ({beside}{place})"


def is_reserved(name: str) -> bool:
    """Whether it has a meaning of its own in statistic keys."""
    return name in _RESERVED


def check_name(name: str) -> None:
    """Raise ConfigError for what cannot be the name of a scenario."""
    if not is_name(name):
        raise FaultError((), "its name does not fit", cure=f"a name is {NAME_RULE}")
    if is_reserved(name):
        raise FaultError((), "its name is reserved in statistic keys", cure="give it another name")


def _help(module: ModuleType) -> str:
    lines = (module.__doc__ or "").strip().splitlines()
    if not lines:
        raise FaultError((), "it has no docstring", cure="say in one line what the scenario does")
    return lines[0].strip()


def _phases(module: ModuleType) -> tuple[Phase, ...]:
    phases = getattr(module, "PHASES", None)
    if not isinstance(phases, tuple) or not phases or not all(isinstance(phase, Phase) for phase in phases):
        raise FaultError(
            ("PHASES",),
            "PHASES is missing or is not a tuple of phases",
            cure='such as PHASES = (Phase("a", publish=True),)',
        )
    names = [phase.name for phase in phases]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise FaultError(
            ("PHASES",), f"the phase {twice} is declared twice", cure="give one of them another name"
        )
    for phase in phases:
        if len(phase.metrics) > MAX_METRICS:
            raise FaultError(
                ("PHASES",),
                f"the phase {phase.name} publishes {len(phase.metrics)} metrics",
                cure=f"{MAX_METRICS} at most",
            )
    return phases


def _needs(module: ModuleType) -> tuple[Capability, ...]:
    needs = getattr(module, "NEEDS", ())
    if not isinstance(needs, tuple) or not all(isinstance(need, str) for need in needs):
        raise FaultError(
            ("NEEDS",),
            "NEEDS is no tuple of capabilities' names",
            cure='such as NEEDS = ("groups",), with its comma',
        )
    return tuple(dict.fromkeys(map(_need, needs)))


def _need(name: str) -> Capability:
    try:
        return capabilities.named(name)
    except ValueError as error:
        raise FaultError(
            ("NEEDS",), f"it needs {printable(name)}, which is no capability", cure=str(error)
        ) from None


def _run(module: ModuleType) -> Callable[[Stage, Any], None]:
    run: Any = getattr(module, "run", None)
    if not callable(run) or not _takes_two(run):
        raise FaultError(
            ("run",), "run is missing or is no function of two parameters", cure="def run(stage, params):"
        )
    if inspect.iscoroutinefunction(run) or inspect.isgeneratorfunction(run):
        raise FaultError(
            ("run",),
            "run is a coroutine or a generator: calling it would do nothing",
            cure="use def, without yield",
        )
    return run  # type: ignore[no-any-return]  # checked to be callable with two arguments


def _takes_two(run: Callable[..., object]) -> bool:
    try:
        inspect.signature(run).bind(None, None)
    except (TypeError, ValueError):  # does not bind; has no signature
        return False
    return True


def _check_keys(scenario: Scenario) -> None:
    longest = max(scenario.keys(reference=True), key=len, default="")
    if len(longest) > KEY_LIMIT:
        raise FaultError(
            ("PHASES",),
            f"its statistic {longest} has {len(longest)} characters, more than {KEY_LIMIT}",
            cure="shorten the names of the scenario or the phase",
        )
