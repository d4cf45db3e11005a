"""What each node's own TCP sockets moved in a phase, and how far that can be proven: pure.

A figure is exact where every socket of the phase was seen and every one of them is known to be a node's or not.
Each thing that is not known is a *doubt*, which says what it costs the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

from attrs import field, frozen, mutable

from tcperf.clock import NS_PER_S
from tcperf.measurement import Exactness, Measurement, loosest, measured
from tcperf.probes.connections import End, Moved, Span, aborted_ports, ends, missing_partner, moved, opened
from tcperf.probes.inet_diag import Endpoint
from tcperf.probes.ownership import FOREIGN, Ownership

SOURCE: Final = "sock_diag, TCP alone"
#: sock_diag counts what was received in order, each byte once.
_ONCE: Final = "each byte once"
_SHORT_NS: Final = NS_PER_S

SENT, RECEIVED, RETRANSMISSIONS = "tcp_sent_bytes", "tcp_received_bytes", "retransmissions_count"
CONNECTIONS, SHORT = "connections_count", "short_connections_count"
KEYS: Final = (SENT, RECEIVED, RETRANSMISSIONS, CONNECTIONS, SHORT)


class Doubt(Enum):
    """Why a figure is not exact: what is said of it, what it makes of the figure, and which figures it touches."""

    NO_NEWS = ("only connections alive at the phase's end", "sampled", KEYS)
    LOST = ("ended connections missed", "bound", KEYS)
    UNKNOWN = ("ended connections of unknown owner left out", "sampled", KEYS)
    ONLY_CALLER = ("callers by exclusion", "sampled", KEYS)
    BY_PARTNER = ("aborted connections by their other ends", "bound", KEYS)
    UNSEEN = ("aborted connections left out", "sampled", KEYS)
    ESTIMATED = ("sent bytes by acknowledgement", "sampled", (SENT, RECEIVED))
    FIN = ("up to one byte more for each ended connection", "bound", (RECEIVED,))
    FIN_BY_PARTNER = ("up to one byte more for each ended connection", "bound", (SENT,))
    OPENER = ("openers by port", "sampled", (CONNECTIONS, SHORT))
    AGE = ("ended connections, some of unknown age", "bound", (SHORT,))

    def __init__(self, text: str, exactness: Exactness, keys: tuple[str, ...]) -> None:
        self.text = text
        self.exactness = exactness
        self.keys = keys


@mutable
class Account:
    """One node's figures of one phase, by metric key, and what is to be doubted in them."""

    values: dict[str, int] = field(factory=lambda: dict.fromkeys(KEYS, 0))
    doubts: set[Doubt] = field(factory=set)

    def take(self, found: Moved) -> None:
        """Add what one of the node's sockets moved."""
        self.values[SENT] += found.sent
        self.values[RECEIVED] += found.received
        self.values[RETRANSMISSIONS] += found.retransmissions
        seen = {
            Doubt.BY_PARTNER: found.by_partner,
            Doubt.UNSEEN: found.unseen,
            Doubt.ESTIMATED: found.estimated,
            Doubt.FIN: found.fin_received,
            Doubt.FIN_BY_PARTNER: found.fin_sent,
        }
        self.doubts.update(doubt for doubt, holds in seen.items() if holds)

    @property
    def payload(self) -> tuple[int, int]:
        """Payload bytes sent and received."""
        return self.values[SENT], self.values[RECEIVED]

    def about(self, key: str) -> list[Doubt]:
        """The doubts that touch a figure, in the order of their definition."""
        return [doubt for doubt in Doubt if doubt in self.doubts and key in doubt.keys]

    def measurements(self) -> dict[str, Measurement]:
        """The figures as measurements, each as exact as the loosest of its doubts."""
        return {key: _measurement(key, value, self.about(key)) for key, value in self.values.items()}


def _measurement(key: str, value: int, doubts: Sequence[Doubt]) -> Measurement:
    exactness = loosest("exact", *(doubt.exactness for doubt in doubts))
    source = f"{SOURCE}, {_ONCE}" if key == RECEIVED else SOURCE
    return measured(key, value, exactness, "; ".join((source, *(doubt.text for doubt in doubts))))


@frozen
class Accounts:
    """The nodes' accounts, what passed at the ports they are driven by, and how many ends are nobody's.

    ``early`` are the endpoints (local, remote) of sockets that are settled here by their partners' counters, and
    whose end the kernel has still to tell of: their programs hold on to them.
    """

    nodes: Mapping[str, Account]
    control: Mapping[str, Account]
    unknown: int
    early: frozenset[tuple[Endpoint, Endpoint]]


def accounts(span: Span, ownership: Ownership, *, doubts: frozenset[Doubt] = frozenset()) -> Accounts:
    """Settle a phase.  ``doubts`` are those that touch every node.

    An end that may be any node's leaves a doubt with every node.
    """
    made = _Settlement(span, ownership)
    seen = ends(span)
    missing = [] if doubts else _missing(seen, ownership)
    unknown = sum(not made.settle(end) for end in (*seen, *missing))
    common = doubts | ({Doubt.UNKNOWN} if unknown else set())
    for account in made.nodes.values():
        account.doubts |= common
    return Accounts(made.nodes, made.control, unknown, frozenset(_held_on_to(missing, aborted_ports(span))))


def _missing(seen: Iterable[End], ownership: Ownership) -> list[End]:
    """The ends that must have been there, but that were aborted, or ended and held on to, before anybody saw them."""
    return [
        missing_partner(end)
        for end in seen
        if end.partner_is == "missing" and end.first is None and end.ended_ns is not None
        if end.was_open and ownership.is_local(end.remote)
    ]


def _held_on_to(missing: Iterable[End], aborted: Counter[int]) -> Iterator[tuple[Endpoint, Endpoint]]:
    """Of the missing ends those whose abortion was not told: their end is still to come."""
    for end in missing:
        if aborted[end.local[1]]:
            aborted[end.local[1]] -= 1
        else:
            yield end.local, end.remote


class _Settlement:
    """The accounts while they grow."""

    def __init__(self, span: Span, ownership: Ownership) -> None:
        self._span = span
        self._ownership = ownership
        self.nodes = {name: Account() for name in ownership.names}
        self.control = {name: Account() for name in ownership.names}

    def settle(self, end: End) -> bool:
        """Give an end to whom it belongs; False where that is open, and it may be a node's."""
        owner, doubt = self._owner(end)
        if owner is None:
            return False
        if owner not in self.nodes:
            return True
        if self._ownership.is_control(end.local):
            self.control[owner].take(moved(end))
            return True
        account = self.nodes[owner]
        account.take(moved(end))
        account.doubts |= doubt
        self._count(account, end)
        return True

    def _owner(self, end: End) -> tuple[str | None, set[Doubt]]:
        own = self._ownership.owner(end.cookie, end.local)
        if own is not None:
            return own, set()
        if self._ownership.is_control(end.remote) or not end.was_open:
            return FOREIGN, set()
        caller = self._ownership.only_caller(end.remote)
        return caller, {Doubt.ONLY_CALLER} if caller else set()

    def _count(self, account: Account, end: End) -> None:
        """Count a connection that the node opened: where it began, and where it ended soon."""
        if not end.was_open or not self._opened(account, end):
            return
        if end.first is None:
            account.values[CONNECTIONS] += 1
        if end.ended_ns is None:
            return
        since_ns = self._ownership.known_since_ns(end.cookie, self._span.begin_ns)
        is_young = end.ended_ns - since_ns <= _SHORT_NS
        if end.first is None or is_young:
            account.values[SHORT] += 1
            if not (end.first is None and is_young):  # it may be older than we know
                account.doubts.add(Doubt.AGE)

    def _opened(self, account: Account, end: End) -> bool:
        found = opened(end)
        if found is None:
            account.doubts.add(Doubt.OPENER)
            return self._ownership.listener(end.local) is None
        return found
