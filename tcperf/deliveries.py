"""The messages of one run, from the send call to their delivery.

Several may be on their way at once: each is looked for among what came after its own send call, so that they may
arrive in any order, and several in one signal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from tcperf import clock
from tcperf.capabilities import Capability
from tcperf.clock import Deadline
from tcperf.errors import ScenarioError
from tcperf.group import Group
from tcperf.nodes.interface import Arrived, Driver, Sent


@frozen(eq=False)
class Letter:
    """A message on its way.

    ``arrivals`` and ``answers`` are the places in both nodes' signals before it was sent.  ``due_ns`` is when its
    latency begins, on the monotonic clock: with the send call, or earlier where that came too late.
    """

    source: Driver
    target: Driver
    text: str
    arrivals: int
    answers: int
    sent: Sent
    due_ns: int

    @property
    def send_ms(self) -> float:
        """How long the send call took."""
        return self.sent.call_ns / clock.NS_PER_MS

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Itself: it has one receiver."""
        return (self,)

    @property
    def has_expired(self) -> bool:
        """Whether its sender said that it reached nobody; it may have been sent again since."""
        return Capability.ACKNOWLEDGEMENTS in self.source.capabilities and self.source.has_expired(
            self.sent.id
        )


@frozen(eq=False)
class Mailing:
    """A message to a group on its way: ``letters`` has one for each receiver, all of the same send call."""

    letters: tuple[Letter, ...]

    @property
    def text(self) -> str:
        """What is sent."""
        return self.letters[0].text

    @property
    def send_ms(self) -> float:
        """How long the send call took."""
        return self.letters[0].send_ms


def repeated(letters: Sequence[Letter]) -> int:
    """How often their receivers have reported these messages beyond once each."""
    first: dict[Driver, int] = {}
    for letter in letters:
        first[letter.target] = min(letter.arrivals, first.get(letter.target, letter.arrivals))
    reports = {target: Counter(target.reports(cursor)) for target, cursor in first.items()}
    found = (reports[letter.target][letter.text, letter.source.public_key] for letter in letters)
    return sum(max(0, count - 1) for count in found)


class Deliveries:
    """Sends and delivers; knows which messages nobody has waited for."""

    def __init__(self) -> None:
        self._under_way: dict[Letter, None] = {}

    def send(self, source: Driver, target: Driver, text: str, due_ns: int | None = None) -> Letter:
        """Send a message that was due at ``due_ns`` (None: now); the call alone.  Raises NodeError."""
        arrivals, answers = target.cursor(), source.cursor()
        sent = source.send(target, text)
        due_ns = sent.sent_ns if due_ns is None else due_ns
        letter = Letter(source, target, text, arrivals, answers, sent, due_ns)
        self._under_way[letter] = None
        return letter

    def send_to_group(self, source: Driver, group: Group, text: str, due_ns: int | None = None) -> Mailing:
        """As ``send``, to everybody else in a group: one call."""
        others = group.others(source)
        arrivals, answers = [other.cursor() for other in others], source.cursor()
        sent = source.send_to_group(group.id, text)
        due_ns = sent.sent_ns if due_ns is None else due_ns
        letters = tuple(
            Letter(source, other, text, cursor, answers, sent, due_ns)
            for other, cursor in zip(others, arrivals, strict=True)
        )
        self._under_way.update(dict.fromkeys(letters))
        return Mailing(letters)

    def settle(
        self, message: Letter | Mailing, deadline: Deadline | None, *, lossy: bool
    ) -> list[tuple[Letter, float | None]]:
        """What becomes of a message at each of its receivers: its latency, as ``deliver``.

        Or, where it is ``lossy``, as ``seek`` until the ``deadline``.
        """
        if lossy and deadline is not None:
            return [(letter, self.seek(letter, deadline)) for letter in message.letters]
        return [(letter, self.deliver(letter, deadline)) for letter in message.letters]

    def deliver(self, letter: Letter, deadline: Deadline | None = None) -> float:
        """Wait until it has arrived and, where nodes acknowledge, its sender knows; its latency.

        That is from when it was due to its arrival, in ms.  ``deadline`` None: as long as a message may usually take.
        Raises NodeError where it does not arrive, ScenarioError where it was waited for before.
        """
        self._check_under_way(letter)
        arrived = letter.target.await_message(
            letter.text, letter.source.public_key, letter.arrivals, deadline
        )
        if Capability.ACKNOWLEDGEMENTS in letter.source.capabilities:
            letter.source.await_delivery(letter.sent.id, letter.answers, deadline)
        return self._settled(letter, arrived)

    def seek(self, letter: Letter, deadline: Deadline) -> float | None:
        """Its latency, as ``deliver``, as soon as it has arrived; None where it does not in time: it is lost.

        Raises NodeError where its receiver is lost, ScenarioError where it was waited for before.
        """
        self._check_under_way(letter)
        arrived = letter.target.seek_message(letter.text, letter.source.public_key, letter.arrivals, deadline)
        if arrived is None:
            del self._under_way[letter]
            return None
        return self._settled(letter, arrived)

    def _check_under_way(self, letter: Letter) -> None:
        if letter not in self._under_way:
            raise ScenarioError(f"the message {letter.text!r} was delivered before", cure="deliver each once")

    def _settled(self, letter: Letter, arrived: Arrived) -> float:
        del self._under_way[letter]
        return (arrived.at_ns - letter.due_ns) / clock.NS_PER_MS

    def check(self) -> None:
        """Raise ScenarioError unless every message was delivered."""
        if self._under_way:
            raise ScenarioError(
                f"{len(self._under_way)} messages were sent, and nobody waited for them",
                cure="give what stage.send returns to stage.deliver",
            )
