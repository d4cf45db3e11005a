"""Traffic of nodes that share the machine's interfaces: the TCP payload of each node's own sockets.

The kernel counts TCP payload per socket and tells it over sock_diag: of the living ones at the edges of a phase,
of the others when they end, so that none is missed however short it lived.  UDP has no such counters: of it, as
of headers, only the sum over all interfaces and all programs of the machine tells, which is an upper bound.

What can be refused is refused softly: a figure is absent or less exact then, and ``warnings`` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Self

from attrs import frozen

from tcperf import clock
from tcperf.measurement import Measurement
from tcperf.network.interface import Counters
from tcperf.probes import host_interfaces, sockets
from tcperf.probes.connections import Span
from tcperf.probes.host_accounts import Doubt, accounts
from tcperf.probes.inet_diag import LISTEN, Ended, Endpoint, TcpSocket
from tcperf.probes.ownership import Ownership
from tcperf.probes.shared_traffic import PhaseTraffic
from tcperf.probes.sockets import Endings, News


@frozen
class _Edge:
    """All TCP sockets of the machine at one edge of a phase, by cookie, and those that ended before it."""

    at_ns: int
    alive: Mapping[int, TcpSocket]
    news: News | None

    @property
    def ended(self) -> tuple[Ended, ...]:
        """What is known to have ended since the edge before."""
        return self.news.ended if self.news else ()


class HostTraffic:
    """A ``tcperf.probes.shared_traffic.SharedTraffic``; ``listen`` opens what tells of ended sockets."""

    def __init__(self, listen: Callable[[], Endings] = Endings) -> None:
        self._pids: dict[str, int] = {}
        self._ownership = Ownership()
        self._begin: _Edge | None = None
        self._interfaces: Counters | None = None
        #: Sockets whose connection has ended, but that their program has not closed yet: no dump has them.  By
        #: cookie where a dump once had them, by their endpoints where only their partner was seen.
        self._vanished: set[int] = set()
        self._early: set[tuple[Endpoint, Endpoint]] = set()
        self._unknown = 0
        self._told: dict[str, None] = {}
        self._endings = self._listening(listen)

    def _listening(self, listen: Callable[[], Endings]) -> Endings | None:
        try:
            return listen()
        except OSError as error:
            self._tell(
                f"TCP connections that end within a phase are missing in its figures: this system does not tell "
                f"of them (sock_diag: {error.strerror or error})"
            )
            return None

    def watch(self, name: str, pid: int, control_port: int) -> None:
        """Measure a node's process and descendants, too, but for what passes at ``control_port``."""
        self._pids[name] = pid
        self._ownership.add(name, control_port)

    def begin(self) -> None:
        """A phase begins when this returns."""
        self._begin = self._edge()
        if self._begin:
            self._not_settled(
                each for each in self._begin.ended if each.socket.cookie not in self._begin.alive
            )
            self._ownership.retain({*self._begin.alive, *self._vanished})
        self._interfaces = self._counters()

    def end(self) -> PhaseTraffic:
        """The phase has ended when this is called; without a begin there is nothing to tell."""
        interfaces, before = self._counters(), self._interfaces
        begin, end = self._begin, self._edge() if self._begin else None
        self._begin = self._interfaces = None
        totals = host_interfaces.bounds(before, interfaces) if before and interfaces else {}
        if begin is None or end is None:
            return PhaseTraffic(totals=totals)
        return self._settled(begin, end, totals)

    def _settled(self, begin: _Edge, end: _Edge, totals: Mapping[str, Measurement]) -> PhaseTraffic:
        span = Span(begin.alive, end.alive, self._ended(begin, end), begin.at_ns)
        found = accounts(span, self._ownership, doubts=self._doubts(end))
        self._unknown += found.unknown
        self._early |= found.early
        if end.news:
            self._vanished |= (
                begin.alive.keys() - end.alive.keys() - {each.socket.cookie for each in span.ended}
            )
        self._ownership.retain({*end.alive, *self._vanished})
        return PhaseTraffic(
            nodes={name: found.nodes[name].measurements() for name in self._pids},
            totals=totals,
            control={name: account.payload for name, account in found.control.items()},
        )

    def _ended(self, begin: _Edge, end: _Edge) -> list[Ended]:
        """What ended in the phase: not what was gone before it, though the kernel told of it only now."""
        early = [each for each in begin.ended if each.socket.cookie in begin.alive]
        return early + self._not_settled(end.ended)

    def _not_settled(self, ended: Iterable[Ended]) -> list[Ended]:
        """Those whose connection had not ended in an earlier phase already; the others are over for good."""
        found = []
        for each in ended:
            endpoints = each.socket.local, each.socket.remote
            if each.socket.cookie in self._vanished:
                self._vanished.remove(each.socket.cookie)
            elif endpoints in self._early:
                self._early.remove(endpoints)
            else:
                found.append(each)
        return found

    def _doubts(self, end: _Edge) -> frozenset[Doubt]:
        if end.news is None:
            return frozenset({Doubt.NO_NEWS})
        if end.news.complete:
            return frozenset()
        self._tell(
            "TCP connections that ended within a phase are missing in its figures: the kernel had no room to tell of "
            "all (raise net.core.rmem_max, or run as root)"
        )
        return frozenset({Doubt.LOST})

    def _edge(self) -> _Edge | None:
        """All sockets first, then what has ended: so an ended one is in neither, or in both."""
        at_ns = clock.monotonic_ns()
        try:
            before = self._inodes()
            alive = sockets.dump()
            held = {name: inodes | before.get(name, set()) for name, inodes in self._inodes().items()}
            news = self._endings.take() if self._endings else None
        except OSError as error:
            self._tell(
                f"TCP traffic per node is not measured: the kernel refuses it (sock_diag: {error.strerror or error})"
            )
            return None
        self._ownership.learn(alive, held, at_ns)
        connected = {each.cookie: each for each in alive if each.counters and each.state != LISTEN}
        return _Edge(at_ns, connected, news)

    def _inodes(self) -> dict[str, set[int]]:
        found = {}
        for name, pid in list(self._pids.items()):
            try:
                found[name] = sockets.inodes(pid)
            except PermissionError:
                del self._pids[name]
                self._tell(
                    f"TCP traffic of {name} is not measured: its process hides its sockets from this user"
                )
        return found

    def _counters(self) -> Counters | None:
        try:
            return host_interfaces.counters()
        except OSError:
            return None

    def _tell(self, warning: str) -> None:
        self._told[warning] = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is less than it could be, each thing once."""
        return (*self._told, *self._unknown_told())

    def _unknown_told(self) -> tuple[str, ...]:
        if not self._unknown:
            return ()
        told = (
            f"{self._unknown} TCP connections that ended within a phase have an owner that nobody can tell: where it is "
            "a node, they are missing in its figures (other programs use the network at the same time)"
        )
        return (told,)

    def close(self) -> None:
        """Hear no more of ended sockets; safe to call twice."""
        if self._endings:
            self._endings.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
