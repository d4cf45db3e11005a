"""The ends of TCP connections through one phase, and what each moved: pure, out of dumps and news.

Both ends of a connection between programs of one machine are sockets of that machine, and each says what the
other's counters leave open:

- whether a received FIN is among ``received`` (the state tells while the socket lives, not afterwards):
  it is, if one byte more was received than the other end had payload to send;
- which end opened the connection: ``acked`` holds the opener's SYN;
- what an aborted end moved: a socket closed with SO_LINGER of 0 seconds (as libp2p closes its own) is
  disconnected first, which sets its counters to 0 and forgets the other end's port (tcp_disconnect in
  net/ipv4/tcp.c); what it had sent is what its partner received.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from attrs import frozen, mutable

from tcperf.probes.inet_diag import CLOSE, FIN_QUEUED, FIN_RECEIVED, Counters, Ended, Endpoint, TcpSocket

_SYN_AND_FIN = 2
_NOTHING = Counters(0, 0, 0, 0, 0, 0, 0, estimated=False)


@frozen
class Span:
    """A phase as sock_diag saw it: all sockets of the machine at its edges, and those that ended in between.

    Both maps are by cookie.  ``begin_ns`` is when the first dump was made.
    """

    begin: Mapping[int, TcpSocket]
    end: Mapping[int, TcpSocket]
    ended: Sequence[Ended]
    begin_ns: int


@mutable(eq=False)
class End:
    """One end of a connection.

    ``first`` is the socket at the phase's beginning (None: born in the phase), ``last`` at the phase's end or
    its own (None: nobody saw it), ``ended_ns`` by when it had ended (None: it lives).  ``partner`` is the
    other end, where it was seen; ``partner_is`` "unsure" where it was, but is one of several.
    """

    cookie: int
    local: Endpoint
    remote: Endpoint
    first: TcpSocket | None
    last: TcpSocket | None
    ended_ns: int | None
    partner: End | None = None
    partner_is: Literal["known", "missing", "unsure"] = "missing"

    @property
    def final(self) -> Counters | None:
        """The last counters, where they still tell what the socket moved: an aborted end's do not."""
        if self.last is None or self.last.counters is None:
            return None
        begin, end = _counters(self.first), self.last.counters
        reset = self.ended_ns is not None and (
            not self.last.remote[1] or end.sent < begin.sent or end.received < begin.received
        )
        return None if reset else end

    @property
    def was_open(self) -> bool:
        """Whether a connection ever came about: a refused one acknowledged and received nothing."""
        final = self.final
        return self.first is not None or final is None or bool(final.acked or final.received)


@frozen
class Moved:
    """What one end moved in the phase: payload bytes sent (repeats included) and received, segments repeated.

    ``by_partner``: its own counters were gone, these are what its partner received and sent.  ``unseen``: nobody
    had any.  ``fin_sent``, ``fin_received``: one byte of that figure may be a FIN.
    """

    sent: int
    received: int
    retransmissions: int
    by_partner: bool = False
    unseen: bool = False
    fin_sent: bool = False
    fin_received: bool = False
    estimated: bool = False


def ends(span: Span) -> list[End]:
    """Every end of a connection that the phase saw, partners joined.

    Left out is an end that was aborted before any dump had it, for nothing is known of it but that it was.
    """
    ended = {each.socket.cookie: each for each in span.ended if each.socket.cookie not in span.end}
    found = [
        _end(first, span.end.get(cookie), ended.pop(cookie, None)) for cookie, first in span.begin.items()
    ]
    found += [_end(None, last, None) for cookie, last in span.end.items() if cookie not in span.begin]
    found += [_end(None, None, each) for each in ended.values() if each.socket.remote[1]]
    found = [each for each in found if each.remote[1]]  # listening sockets have no other end
    _join(found)
    return found


def _end(first: TcpSocket | None, last: TcpSocket | None, ended: Ended | None) -> End:
    if last is None and ended is not None:
        last = ended.socket
    known = first or last
    assert known is not None
    return End(known.cookie, known.local, known.remote, first, last, ended.at_ns if ended else None)


def _join(found: Iterable[End]) -> None:
    """Make partners of the ends with swapped endpoints; where ports were used again, one after another."""
    by_endpoints: dict[tuple[Endpoint, Endpoint], list[End]] = defaultdict(list)
    for end in sorted(found, key=_when):
        by_endpoints[end.local, end.remote].append(end)
    for (local, remote), ours in by_endpoints.items():
        if (local, remote) < (remote, local) or (remote, local) not in by_endpoints:
            _join_sides(ours, by_endpoints.get((remote, local), []))


def _when(end: End) -> tuple[bool, bool, int]:
    """What was there at the beginning comes first, what lives comes last, the others in the order of their ends."""
    return (end.first is None, end.ended_ns is None, end.ended_ns or 0)


def _join_sides(ours: list[End], theirs: list[End]) -> None:
    """Partners are the two that were there at the beginning, the two that live, and then the n-th and the n-th.

    That holds because two endpoints have one connection at a time.
    """
    if ours and theirs and ours[0].first and theirs[0].first:
        _pair(ours.pop(0), theirs.pop(0))
    if ours and theirs and ours[-1].ended_ns is None and theirs[-1].ended_ns is None:
        _pair(ours.pop(), theirs.pop())
    if len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            _pair(one, other)
        return
    for end in (*ours, *theirs):
        end.partner_is = "unsure" if ours and theirs else "missing"


def _pair(one: End, other: End) -> None:
    one.partner, other.partner = other, one
    one.partner_is = other.partner_is = "known"


def moved(end: End) -> Moved:
    """What an end moved between the phase's beginning and end, or its own."""
    first, final = _counters(end.first), end.final
    received_before = _received_alive(end.first)
    if final is None:
        return _moved_by_partner(end, first, received_before)
    received, fin_received = _received(end, final)
    return Moved(
        sent=final.sent - first.sent,
        received=received - received_before,
        retransmissions=final.retransmissions - first.retransmissions,
        fin_received=fin_received,
        estimated=final.estimated,
    )


def aborted_ports(span: Span) -> Counter[int]:
    """The local ports of sockets that had forgotten all else when they ended, and how many each had."""
    return Counter(
        each.socket.local[1]
        for each in span.ended
        if not each.socket.remote[1] and each.socket.cookie not in span.begin
    )


def missing_partner(end: End) -> End:
    """The other end of one that ended: nobody saw it, so it has no figures but this one's."""
    return End(0, end.remote, end.local, None, None, end.ended_ns, partner=end, partner_is="known")


def _moved_by_partner(end: End, first: Counters, received_before: int) -> Moved:
    final = end.partner.final if end.partner else None
    if end.partner is None or final is None:
        return Moved(0, 0, 0, unseen=True)
    sent, fin_sent = _received(end.partner, final)
    return Moved(
        sent=max(0, sent - first.sent_once),
        received=max(0, final.sent_once - received_before),
        retransmissions=0,
        by_partner=True,
        fin_sent=fin_sent,
        estimated=final.estimated,
    )


def opened(end: End) -> bool | None:
    """Whether this end opened the connection; None where neither end's counters tell."""
    own, partner = _surplus(end), _surplus(end.partner)
    if own is not None and own in {0, _SYN_AND_FIN}:
        return own == _SYN_AND_FIN
    if partner is not None and partner in {0, _SYN_AND_FIN}:
        return partner == 0
    return None


def _surplus(end: End | None) -> int | None:
    """How many sequence numbers this end took up for a SYN or a FIN: 0 means not the opener, 2 the opener.

    1 may be either, but only of an ended socket: while one lives, its state says whether a FIN was sent, and
    twice what is left is the answer.
    """
    if end is None:
        return None
    seen = end.first or (end.last if end.final else None)
    if seen is None or seen.counters is None or seen.counters.estimated:
        return None
    counted = seen.counters
    surplus = counted.acked + counted.in_flight - counted.sent_once
    if seen.state == CLOSE:
        return surplus
    return 2 * (surplus - (seen.state in FIN_QUEUED and not counted.unsent))


def _received(end: End, final: Counters) -> tuple[int, bool]:
    """The payload received in a socket's life, and whether one byte of it may be a FIN."""
    if end.ended_ns is None:
        return _received_alive(end.last), False
    if end.first is not None and end.first.state in FIN_RECEIVED:
        return final.received - 1, False
    partner = end.partner.final if end.partner else None
    if partner is None or partner.estimated:
        return final.received, final.received > 0
    return final.received - (final.received > partner.sent_once), False


def _received_alive(alive: TcpSocket | None) -> int:
    if alive is None:
        return 0
    return _counters(alive).received - (alive.state in FIN_RECEIVED)


def _counters(of: TcpSocket | None) -> Counters:
    return of.counters if of and of.counters else _NOTHING
