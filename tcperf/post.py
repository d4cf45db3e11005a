"""What the nodes of one run write to each other: its texts, what is waited for, and what was lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tcperf.clock import Deadline
from tcperf.deliveries import Deliveries, Letter, Mailing
from tcperf.errors import ScenarioError
from tcperf.group import Group
from tcperf.nodes.interface import Driver


class Post:
    """The messages of one run of ``scenario``, the ``number``-th.

    ``warnings`` tell what was lost.
    """

    def __init__(self, scenario: str, run_id: str, number: int) -> None:
        self._scenario = scenario
        self._run_id = run_id
        self._number = number
        self._deliveries = Deliveries()
        self._sent = 0
        self.warnings: list[str] = []

    def send(
        self, source: Driver, receiver: Driver | Group, text: str, due_ns: int | None
    ) -> Letter | Mailing:
        """Send one message, whose text begins with ``text``; see ``Deliveries.send``.  Raises NodeError."""
        self._sent += 1
        # Of constant length, so that equal runs cost equal bytes; the numbers make every text unique.
        text = f"{text}{self._scenario} {self._number:06d} message {self._sent:06d}"
        if isinstance(receiver, Group):
            return self._deliveries.send_to_group(source, receiver, text, due_ns)
        return self._deliveries.send(source, receiver, text, due_ns)

    def deliver(
        self, messages: Sequence[Letter | Mailing], within: float | None, *, lossy: bool
    ) -> Iterator[list[tuple[Letter, float | None]]]:
        """What becomes of each message, one after another: its latency in ms at each receiver, None where it is lost.

        It is lost where it is ``lossy`` and has not arrived ``within`` so many seconds from now.  Raises NodeError
        where it does not arrive and must, ScenarioError where this cannot be waited for.
        """
        if lossy and within is None:
            raise ScenarioError(
                f"{self._scenario} waits for ever for what may be lost", cure="say within how many seconds"
            )
        deadline = None if within is None else Deadline.after(within)
        lost = 0
        for message in messages:
            found = self._deliveries.settle(message, deadline, lossy=lossy)
            lost += sum(latency_ms is None for _letter, latency_ms in found)
            yield found
        if lost:
            asked = sum(len(message.letters) for message in messages)
            self.warnings.append(
                f"{self._run_id}: {lost} of {asked} deliveries were not made within {within:g} s, and count as lost"
            )

    def check(self) -> None:
        """Raise ScenarioError unless every message was waited for."""
        self._deliveries.check()
