"""What the stage needs of a driver, beside what a scenario's author sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen

from tcperf.capabilities import Capability
from tcperf.clock import Deadline
from tcperf.gofigures import GoFigures
from tcperf.network.interface import Exit, Host
from tcperf.nodes.pprof import Kind
from tcperf.scenario import Node


class Sent(Protocol):
    """A message the node took: its id there, when the call left (ns) and how long it took (ns)."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def sent_ns(self) -> int: ...  # noqa: D102
    @property
    def call_ns(self) -> int: ...  # noqa: D102


@frozen
class SentMessage:
    """What a driver makes of it."""

    id: str
    sent_ns: int
    call_ns: int


class Arrived(Protocol):
    """Something a node reported: ``at_ns`` is when its report reached us, on the monotonic clock."""

    @property
    def at_ns(self) -> int: ...  # noqa: D102


class Driver(Node, Protocol):
    """One driven node, from launch to its process's end.

    All calls raise NodeError with the node's name, what came instead and its last log lines.
    """

    @property
    def pid(self) -> int:
        """The process's id."""

    @property
    def launch_cpu_ns(self) -> int:
        """CPU the process had used before it became the program (our own fork), in ns."""

    @property
    def control_port(self) -> int:
        """The TCP port at which it takes calls; what passes there is none of the nodes' own traffic."""

    @property
    def public_key(self) -> str:
        """The account's chat key, which is also the id of the 1:1 chat with it."""

    @property
    def generation(self) -> str:
        """What kind of node it turned out to be."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can of that in which nodes differ; known, by asking it, once it is started."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What did not go as it should without being a failure."""

    def start(self) -> None:
        """Launch the process, wait until it takes calls, and listen to its signals."""

    def restart(self, place: Place) -> None:
        """Launch it again on its data, after ``stop``, as ``start``: on the same host of ``place``, with new ears."""

    def send(self, receiver: Any, text: str) -> Sent:
        """Send a one-to-one message to another node of the same kind: the call alone."""

    def befriend(self, other: Any) -> None:
        """Become mutual contacts with another node of the same kind, which may then be put into groups."""

    def create_group(self, name: str, members: Sequence[Any]) -> str:
        """Make a private group with its mutual contacts; the group's id."""

    def await_group(self, group_id: str, cursor: int) -> Arrived:
        """Wait until it is told that it is in a group."""

    def send_to_group(self, group_id: str, text: str) -> Sent:
        """Send a message to everybody else in a group: the call alone."""

    def peer_id(self) -> str:
        """What its peers call it now."""

    def peer_ids(self) -> frozenset[str]:
        """The peers that it is connected to now, directly."""

    def reports(self, cursor: int) -> list[tuple[str, str]]:
        """The text and the sender's key of each message that it reported behind the cursor, however often."""

    def cursor(self) -> int:
        """The present end of the node's signals: a wait after it sees only what comes later."""

    def await_message(
        self, text: str, sender_key: str, cursor: int, deadline: Deadline | None = None
    ) -> Arrived:
        """Wait for a message with exactly this text from this sender; None: as long as a message may usually take."""

    def seek_message(self, text: str, sender_key: str, cursor: int, deadline: Deadline) -> Arrived | None:
        """The same, or None where it does not come in time; NodeError only where the node is lost."""

    def await_delivery(self, message_id: str, cursor: int, deadline: Deadline | None = None) -> Arrived:
        """Wait until the node knows that what it sent was received."""

    def has_expired(self, message_id: str) -> bool:
        """Whether the node said of what it sent that it reached nobody, be it once or for good."""

    def go_figures(self) -> GoFigures | None:
        """What Go's runtime tells of itself now, or None where the node offers no such figures."""

    def profile(self, kind: Kind, seconds: int) -> bytes | None:
        """A profile of the Go program, a gzip file for ``go tool pprof``; None where the node offers none.

        One of the CPU takes ``seconds``, during which the call waits.  It may come from another thread.
        """

    def check(self) -> None:
        """Raise NodeError where the process has ended by itself."""

    def ask_to_stop(self, *, graceful: bool = True) -> None:
        """Log out if possible and send SIGTERM, or SIGKILL at once, without waiting for the end.

        So many nodes can be ended together: ask each, then ``stop`` each.
        """

    def stop(self, *, graceful: bool = True) -> Exit | None:
        """End the process: log out, SIGTERM, SIGKILL, each with its deadline; or the last at once.

        What ``ask_to_stop`` did is not done again.
        """


@frozen
class Place:
    """Where a driver finds its node a place, and whom it tells.

    Its data goes below ``folder``, its output to ``log_path``.  ``on_launch`` is called with the pid as soon
    as the process exists, ``on_end``, from another thread, when its output has ended.
    """

    host: Host
    folder: Path
    log_path: Path
    on_launch: Callable[[int], None]
    on_end: Callable[[], None]


DriverFactory = Callable[[Place], Driver]
