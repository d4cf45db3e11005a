"""Nodes without a network: what each is told is written into its log, by the test."""

from attrs import define, field, frozen

from tcperf.capabilities import Capability
from tcperf.errors import NodeError

MS = 1_000_000


@frozen
class Sent:
    id: str
    sent_ns: int
    call_ns: int


@frozen
class Arrived:
    at_ns: int


@define(eq=False)
class Node:
    """Has a log of signals: what, whose, and when.  A send call takes 2 ms of the clock that nodes share."""

    public_key: str
    clock: list
    signals: list = field(factory=list)
    sent: int = 0
    deadlines: list = field(factory=list)
    capabilities: frozenset = frozenset({Capability.ACKNOWLEDGEMENTS})

    def cursor(self):
        return len(self.signals)

    def send(self, receiver, text):
        self.sent += 1
        self.clock[0] += 2 * MS
        return Sent(f"{self.public_key}-{self.sent}", self.clock[0] - 2 * MS, 2 * MS)

    def tells(self, what, key, at_ms):
        self.signals.append((what, key, at_ms * MS))

    def _find(self, what, key, cursor):
        for kind, about, at_ns in self.signals[cursor:]:
            if (kind, about) == (what, key):
                return Arrived(at_ns)
        raise NodeError(f"no {what} of {key}")

    def await_message(self, text, sender_key, cursor, deadline=None):
        self.deadlines.append(deadline)
        return self._find("message", (text, sender_key), cursor)

    def await_delivery(self, message_id, cursor, deadline=None):
        self.deadlines.append(deadline)
        return self._find("delivery", message_id, cursor)

    def seek_message(self, text, sender_key, cursor, deadline):
        self.deadlines.append(deadline)
        try:
            return self._find("message", (text, sender_key), cursor)
        except NodeError:
            return None

    def has_expired(self, message_id):
        return ("expired", message_id) in [signal[:2] for signal in self.signals]

    def send_to_group(self, group_id, text):
        return self.send(group_id, text)

    def reports(self, cursor):
        return [about for kind, about, _at_ns in self.signals[cursor:] if kind == "message"]

    @property
    def name(self):
        return self.public_key
