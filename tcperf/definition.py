"""A scenario, as its module defines it: checked once, when it is registered, so that a fault shows before a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, get_args

import attrs
from attrs import frozen
from attrs.exceptions import FrozenInstanceError

from tcperf.errors import ScenarioError, TcperfError
from tcperf.keys import KEY_LIMIT, NAME_RULE, ROOT, is_name, statistic_key
from tcperf.model import TRAFFIC_METRICS, PhaseInfo, ScenarioInfo
from tcperf.quoting import printable
from tcperf.scenario import MAX_METRICS, Param, Phase, Stage, params_of

#: They have a meaning of their own in statistic keys.
_RESERVED: Final = (ROOT, "reference")
_PLAIN_TYPES: Final = (bool, int, float, str)


@frozen
class Scenario:
    """A scenario ready to run.

    ``help`` is the first line of its module's docstring, ``params_type`` and ``run`` are the module's ``Params``
    and ``run``, ``origin`` says to people where the module comes from.
    """

    name: str
    help: str
    phases: tuple[Phase, ...]
    params_type: type
    run: Callable[[Stage, Any], None]
    origin: str

    @property
    def params(self) -> tuple[Param, ...]:
        """What ``params_type`` declares, in its order."""
        return params_of(self.params_type)

    def info(self, params: object) -> ScenarioInfo:
        """The record of a run with ``params``, an instance of ``params_type``."""
        phases = tuple(PhaseInfo(phase.name, phase.publish, phase.metrics) for phase in self.phases)
        return ScenarioInfo(self.name, self.help, attrs.asdict(params), phases)  # type: ignore[arg-type]

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

    Raises ScenarioError, which names ``origin`` and the fault, where the module breaks the contract.
    """
    where = f"scenario {printable(name)} ({origin})"
    try:
        _check_name(name)
        scenario = Scenario(name, _help(module), _phases(module), _params_type(module), _run(module), origin)
        _check_params(scenario.params_type)
        _check_keys(scenario)
    except TcperfError as error:
        raise ScenarioError(f"{where}: {error.message}", cure=error.cure) from error
    except Exception as error:  # whatever the module's own classes and annotations raise when looked at
        raise ScenarioError(f"{where}: {type(error).__name__}: {error}") from error
    return scenario


def _check_name(name: str) -> None:
    if not is_name(name):
        raise ScenarioError("its name does not fit", cure=f"a name is {NAME_RULE}")
    if name in _RESERVED:
        raise ScenarioError("its name is reserved in statistic keys", cure="give it another name")


def _help(module: ModuleType) -> str:
    lines = (module.__doc__ or "").strip().splitlines()
    if not lines:
        raise ScenarioError("it has no docstring", cure="say in one line what the scenario does")
    return lines[0].strip()


def _phases(module: ModuleType) -> tuple[Phase, ...]:
    phases = getattr(module, "PHASES", None)
    if not isinstance(phases, tuple) or not phases or not all(isinstance(phase, Phase) for phase in phases):
        raise ScenarioError(
            "PHASES is missing or is not a tuple of phases",
            cure='such as PHASES = (Phase("a", publish=True),)',
        )
    names = [phase.name for phase in phases]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ScenarioError(f"the phase {twice} is declared twice")
    for phase in phases:
        if len(phase.metrics) > MAX_METRICS:
            raise ScenarioError(
                f"the phase {phase.name} publishes {len(phase.metrics)} metrics",
                cure=f"{MAX_METRICS} at most",
            )
    return phases


def _params_type(module: ModuleType) -> type:
    params_type = getattr(module, "Params", None)
    if not isinstance(params_type, type) or not attrs.has(params_type):
        raise ScenarioError("Params is missing or is not an attrs class", cure="write @frozen class Params")
    return params_type


def _check_params(params_type: type) -> None:
    params = params_of(params_type)
    annotations = {attribute.name: attribute.type for attribute in attrs.fields(params_type)}
    for param in params:
        _check_param(param, annotations[param.name])
    _check_frozen(params_type)


def _check_param(param: Param, annotation: object) -> None:
    where = f"parameter {param.name}"
    if not is_name(param.name):
        raise ScenarioError(f"{where}: its name does not fit", cure=f"a name is {NAME_RULE}")
    if param.type not in _PLAIN_TYPES:
        raise ScenarioError(f"{where}: its default is no bool, int, float or str")
    if annotation is not param.type and param.type not in get_args(annotation):
        raise ScenarioError(
            f"{where}: its default {param.default!r} is not of its type", cure="a float's default has a point"
        )
    if not param.help.strip():
        raise ScenarioError(f"{where}: its help is empty")
    for value in (param.default, param.reference):
        _check_default(param, value, where)


def _check_default(param: Param, value: object, where: str) -> None:
    whole_for_float = param.type is float and type(value) is int
    if type(value) is not param.type and not whole_for_float:
        raise ScenarioError(f"{where}: {value!r} is not of the type of its default")
    if param.choices and value not in param.choices:
        raise ScenarioError(f"{where}: {value!r} is not one of its choices")
    if param.minimum is not None and not (isinstance(value, int | float) and value >= param.minimum):
        raise ScenarioError(f"{where}: {value!r} is not at least {param.minimum:g}, its minimum")


def _check_frozen(params_type: type) -> None:
    """An instance must refuse assignment, or a scenario could run with other parameters than it records."""
    try:
        params = params_type()
    except Exception as error:
        raise ScenarioError(f"Params cannot be made from its defaults: {error!r}") from error
    names = [attribute.name for attribute in attrs.fields(params_type)] or ["any"]
    try:
        setattr(params, names[0], None)
    except FrozenInstanceError:
        return
    except AttributeError:  # a slotted class without fields, not frozen
        pass
    raise ScenarioError("Params is not frozen", cure="write @frozen class Params")


def _run(module: ModuleType) -> Callable[[Stage, Any], None]:
    run: Any = getattr(module, "run", None)
    if not callable(run) or not _takes_two(run):
        raise ScenarioError(
            "run is missing or is no function of two parameters", cure="def run(stage, params):"
        )
    if inspect.iscoroutinefunction(run) or inspect.isgeneratorfunction(run):
        raise ScenarioError("run is a coroutine or a generator: calling it would do nothing", cure="use def")
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
        raise ScenarioError(
            f"its statistic {longest} has {len(longest)} characters, more than {KEY_LIMIT}",
            cure="shorten the names of the scenario or the phase",
        )
