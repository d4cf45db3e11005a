"""All that the author of a scenario sees.

A scenario is a module with a docstring (its first line is the help), ``PHASES``, a frozen attrs class
``Params`` and ``run(stage, params)``::

    '''Two accounts greet each other.'''

    from attrs import frozen
    from tcperf.scenario import Phase, Stage, param

    PHASES = (Phase("accounts"), Phase("greeting", publish=True, timed=True))


    @frozen
    class Params:
        greetings: int = param(10, help="how many", minimum=1)


    def run(stage: Stage, params: Params) -> None:
        alice, bob = stage.start("alice", "bob")
        with stage.phase("accounts"):
            alice.create_account()
            bob.create_account()
            alice.connect(bob)
        with stage.phase("greeting"):
            for _ in range(params.greetings):
                stage.message(alice, bob)

Everything raises a ``tcperf.errors.TcperfError`` when it fails; a scenario never catches and retries.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import attrs
from attrs import field, frozen

from tcperf.errors import ScenarioError
from tcperf.keys import NAME_RULE, is_name
from tcperf.model import METRICS, OPERATION_METRICS, PHASE_METRICS

__all__ = ["MAX_METRICS", "Node", "Param", "Phase", "Stage", "param", "params_of"]

#: A phase publishes at most this many metrics.
MAX_METRICS = 8
_KEY = "tcperf"
_T = TypeVar("_T", bool, int, float, str)


@frozen
class Phase:
    """A stretch of a scenario that is measured as one.

    ``publish``: its totals become statistics.  ``timed``: it has timed operations (``Stage.message``,
    ``Stage.timed``), which adds latency and send time.  ``omit``: metric keys that would say nothing here,
    such as ``time_ms`` where a parameter fixes the time.
    """

    name: str
    publish: bool = field(default=False, kw_only=True)
    timed: bool = field(default=False, kw_only=True)
    omit: tuple[str, ...] = field(default=(), kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not is_name(self.name):
            raise ScenarioError(f"the phase name {self.name!r} does not fit", cure=f"a name is {NAME_RULE}")
        for key in self.omit:
            if key not in METRICS:
                raise ScenarioError(f"phase {self.name} omits {key!r}, which is no metric")

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric keys the phase publishes, in their order of printing; empty where it publishes none."""
        if not self.publish:
            return ()
        first, *rest = PHASE_METRICS
        wanted = (first, *(OPERATION_METRICS if self.timed else ()), *rest)
        return tuple(key for key in wanted if key not in self.omit)


class Node(Protocol):
    """A node as a scenario sees it: one process, one private data folder, one account."""

    @property
    def name(self) -> str:
        """The name the scenario gave it."""

    def create_account(self) -> None:
        """Make a fresh account, log in and start the messenger."""

    def login(self) -> None:
        """Log in to the account made before, and start the messenger; the peers are to be connected again."""

    def logout(self) -> None:
        """Log out; the process goes on."""

    def dial(self, other: Node) -> None:
        """Connect to ``other``: returns when each lists the other among its peers.

        Nothing is asked again and again once they do, so it may stand in a phase that is published.
        """

    def connect(self, other: Node) -> None:
        """Dial ``other`` and wait until messages can flow between the two.

        That wait asks both nodes again and again, at their expense: keep it out of what is published.
        """


class Stage(Protocol):
    """Where a scenario plays: it starts nodes, marks phases and times operations."""

    def start(self, *names: str) -> list[Node]:
        """Start one node for each name, each in its own network, and wait until each is ready."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Measure the block as the declared phase ``name``; each phase is entered once, none inside another."""

    def message(self, sender: Node, receiver: Node, text: str = "") -> None:
        """Send one one-to-one message and wait until it is delivered; a timed operation in a timed phase.

        The operation's latency runs from the send call to the message's arrival at the receiver.  The call
        returns when the sender knows of the delivery too.  The receiver must report the same text from the
        same sender, or the run fails.
        """

    def timed(self) -> AbstractContextManager[None]:
        """Time the block as one operation of the open phase."""

    def pace(self, seconds: float) -> AbstractContextManager[None]:
        """Let the block take at least ``seconds``: what is left of them is waited for, as in ``idle``."""

    def idle(self, seconds: float) -> None:
        """Let the nodes be for ``seconds``, waiting on a deadline; a node that ends meanwhile fails the run."""


@frozen
class Param:
    """A parameter of a scenario, as ``list`` shows it and ``--param`` parses it."""

    name: str
    type: type
    default: bool | int | float | str
    reference: bool | int | float | str
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None


def param(
    default: _T,
    *,
    help: str,  # noqa: A002 - the word the command line uses
    reference: _T | None = None,
    choices: tuple[str, ...] = (),
    minimum: float | None = None,
) -> _T:
    """A field of ``Params``: its default, its help, and the default with the bundled reference node.

    ``choices`` lists the only values allowed, ``minimum`` the least one.
    """
    details = {"help": help, "reference": reference, "choices": choices, "minimum": minimum}
    made: Any = attrs.field(default=default, metadata={_KEY: details})
    return made  # type: ignore[no-any-return]  # as attrs.field itself: the type checker sees the value


def params_of(params_type: type) -> tuple[Param, ...]:
    """The parameters that a ``Params`` class declares, in their order.

    Raises ScenarioError for a field without ``param``.
    """
    return tuple(_param(attribute) for attribute in attrs.fields(attrs.resolve_types(params_type)))


def _param(attribute: attrs.Attribute[Any]) -> Param:
    details = attribute.metadata.get(_KEY)
    if details is None or attribute.default is attrs.NOTHING:
        raise ScenarioError(
            f"parameter {attribute.name} has no default or no help",
            cure="declare it with tcperf.scenario.param",
        )
    default: Any = attribute.default
    reference = default if details["reference"] is None else details["reference"]
    return Param(
        attribute.name,
        type(default),
        default,
        reference,
        details["help"],
        details["choices"],
        details["minimum"],
    )
