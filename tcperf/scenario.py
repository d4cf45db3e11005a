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

What not every node can is declared: ``NEEDS = ("groups",)`` names capabilities (``Capability``), and where a node has
not all of them the scenario is not played.

Everything raises a ``tcperf.errors.TcperfError`` when it fails; a scenario never catches and retries.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from attrs import field, frozen

from tcperf.capabilities import Capability
from tcperf.errors import ScenarioError
from tcperf.keys import NAME_RULE, is_name
from tcperf.metrics import METRICS, OPERATION_METRICS, PHASE_METRICS
from tcperf.nearest import choose_from
from tcperf.parameter import USUAL_MAXIMA, Param, param, params_of

__all__ = [
    "MAX_METRICS",
    "USUAL_MAXIMA",
    "Capability",
    "Group",
    "Message",
    "Node",
    "Param",
    "Phase",
    "Stage",
    "param",
    "params_of",
]

#: A phase publishes at most this many metrics.
MAX_METRICS = 8
#: What only a phase with timed operations has.
_OF_OPERATIONS = (*OPERATION_METRICS, "latency_p95_ms", "latency_p99_ms")


@frozen
class Phase:
    """A stretch of a scenario that is measured as one.

    ``publish``: its totals become statistics.  True publishes the usual ones, a tuple of metric keys
    (``publish=("cpu_ms", "sent_bytes")``) exactly those: a server keeps every key that it has seen, so publish
    what the phase is about.  ``timed``: it has timed operations (``Stage.message``, ``Stage.timed``), which adds
    latency and send time to the usual ones.  ``rest``: its nodes are left alone, and what they exchange is reckoned
    up to a day.  ``help`` says in a few words what happens in it, for whoever reads the report.
    """

    name: str
    publish: bool | tuple[str, ...] = field(default=False, kw_only=True)
    timed: bool = field(default=False, kw_only=True)
    rest: bool = field(default=False, kw_only=True)
    help: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not is_name(self.name):
            raise ScenarioError(f"the phase name {self.name!r} does not fit", cure=f"a name is {NAME_RULE}")
        if not isinstance(self.publish, bool | tuple):
            raise ScenarioError(
                f"phase {self.name} publishes {self.publish!r}, which is neither True nor a tuple of metrics",
                cure='such as publish=("cpu_ms",), with a comma',
            )
        if not isinstance(self.help, str):
            raise ScenarioError(
                f"the help of phase {self.name} is {self.help!r}, which is no text",
                cure='say in a few words what happens in it: help="all are sent at once"',
            )
        for key in self.publish if isinstance(self.publish, tuple) else ():
            self._check_metric(key)

    def _check_metric(self, key: str) -> None:
        if key not in METRICS:
            raise ScenarioError(
                f"phase {self.name} publishes {key!r}, which is no metric", cure=choose_from(key, METRICS)
            )
        if key in _OF_OPERATIONS and not self.timed:
            raise ScenarioError(
                f"phase {self.name} publishes {key}, but has no timed operations",
                cure="declare it timed=True",
            )

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metric keys the phase publishes, in their order of printing; empty where it publishes none."""
        if isinstance(self.publish, tuple):
            return tuple(key for key in METRICS if key in self.publish)
        if not self.publish:
            return ()
        first, *rest = PHASE_METRICS
        return (first, *(OPERATION_METRICS if self.timed else ()), *rest)


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


class Group(Protocol):
    """A private group that ``Stage.group`` has made."""

    @property
    def id(self) -> str:
        """What the nodes call it."""


class Message(Protocol):
    """A message on its way: what ``Stage.send`` returns and ``Stage.deliver`` takes."""

    @property
    def text(self) -> str:
        """What is sent."""


class Stage(Protocol):
    """Where a scenario plays: it starts nodes, marks phases and times operations."""

    def start(self, *names: str) -> list[Node]:
        """Start one node for each name, each in its own network, and wait until each is ready.

        They start side by side; in a phase, where that is measured, one after another.
        """

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Measure the block as the declared phase ``name``; each phase is entered once, none inside another."""

    def group(self, founder: Node, *members: Node) -> Group:
        """Make a private group of these nodes, which are contacts of the founder then.  Needs "groups".

        It returns when each member has been told of it.
        """

    def check_line(self, *nodes: Node) -> None:
        """Fail the run unless each of these nodes is connected to its neighbours in the line, and to no other of them.

        It asks them all: keep it out of what is published.
        """

    def message(self, sender: Node, receiver: Node | Group, text: str = "") -> None:
        """Send one message and wait until it is delivered; a timed operation in a timed phase.

        The operation's latency runs from the send call to the message's arrival at the receiver, in a group at the
        last of its other members.  The call returns when the sender knows of the delivery too, in a group of one
        at least.  Each receiver must report the same text from the same sender, or the run fails.
        """

    def send(
        self, sender: Node, receiver: Node | Group, text: str = "", *, due: int | None = None
    ) -> Message:
        """Send one message and go on at once, so that many are on their way together.

        Each is to be delivered before the run ends, or the run fails.  ``due`` is when it was to be sent, as
        ``beats`` tells: its latency runs from there, even if it could only be sent later.
        """

    def beats(self, count: int, step: float) -> Iterator[int]:
        """Wait for the next beat, ``count`` times, ``step`` seconds apart from now on: when each was due.

        An open loop: what happens in between delays no later beat, and one that is late already comes at once.
        A beat is what ``send`` takes as ``due``, in nanoseconds.  A node that ends meanwhile fails the run.
        """

    def deliver(self, *messages: Any, within: float | None = None, lossy: bool = False) -> None:
        """Wait until all of these messages are delivered, in whatever order they come.

        Each is a timed operation of the open phase, as by ``message``, and is delivered once, however often it
        comes.  ``within`` is how many seconds there are for all of them; None: as many as a node usually needs,
        for each.  What is not there by then fails the run or, where it is ``lossy``, is lost: that is a result, and
        then arriving is enough, whether or not the sender learns of it.
        """

    def shut_down(self, node: Node) -> None:
        """End a node's process as its user would; its data and its place in the network stay.  Needs "restart"."""

    def restart(self, node: Node) -> None:
        """Start a node again on the data it has, and wait until it takes calls; one that runs is shut down first.

        Its account is to be logged in to, and its peers are to be connected, again.  Needs "restart".
        """

    def timed(self) -> AbstractContextManager[None]:
        """Time the block as one operation of the open phase."""

    def pace(self, seconds: float) -> AbstractContextManager[None]:
        """Let the block take at least ``seconds``: what is left of them is waited for, as in ``idle``."""

    def idle(self, seconds: float) -> None:
        """Let the nodes be for ``seconds``, waiting on a deadline; a node that ends meanwhile fails the run."""
