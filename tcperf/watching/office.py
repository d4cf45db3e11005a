"""The office of the post: what is watched for each of its clients, and what they may ask.

A client is a connection of a process that runs tests.  Each has processes of its own; the loopback, where it is a
private one, is everybody's.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, Final

import attrs
from attrs import define, field

from tcperf import clock
from tcperf.measurement import Measurement
from tcperf.network import wire
from tcperf.network.interface import Counters
from tcperf.probes.host_interfaces import bounds, counters
from tcperf.watching import loopback, ports, table
from tcperf.watching.choosing import ByName, Choice, Heard, below, started_by
from tcperf.watching.inhabitants import Inhabitant, inhabitants
from tcperf.watching.interface import LOOK_S
from tcperf.watching.last_words import LastWords
from tcperf.watching.loopback import Counted, Loopback
from tcperf.watching.ports import Held
from tcperf.watching.processes import Processes
from tcperf.watching.unseen import unseen, without_doubtful

#: Between two looks while no stretch lasts: the ring of the loopback must not run full.
_IDLE_S: Final = 0.25
#: Between two looks at the ports that processes hold; it costs most of all.
_PORTS_S: Final = 0.2


@define(eq=False)
class _Open:
    """A stretch that lasts."""

    stretch: Any
    interfaces: Counters | None = None
    counted: Counted = field(factory=dict)
    ports: Held = field(factory=Held)


@define(eq=False)
class _Client:
    """A process that runs tests, and what is watched for it."""

    pid: int
    processes: Processes
    pids: set[int]
    by_name: ByName | None = None
    open: dict[int, _Open] = field(factory=dict)
    numbers: int = 0
    programs: dict[int, str] = field(factory=dict)


class Office:
    """Every public method but ``tick``, ``inhabitants``, ``gone`` and ``close`` is a request of a client, with its ``connection`` first."""

    def __init__(self) -> None:
        self._clients: dict[socket.socket, _Client] = {}
        self._loopback: Loopback | None = None
        self._looked_at_ports = clock.Deadline.after(0)
        self._testers: set[int] = set()
        self.last_words = LastWords()
        self._answered: set[int] = set()
        self.path = ""
        self.is_private = False

    def open(
        self,
        _connection: socket.socket,
        has_voice: bool,  # noqa: FBT001 - by name
        will: list[str],
        descriptors: list[int],
    ) -> object:
        """Count the packets of a private loopback, whose packet socket is the last descriptor; where to connect to.

        The first one is where our starter is heard, where it has a voice; ``will`` is for ``LastWords``.
        """
        self.last_words = LastWords(descriptors.pop(0) if has_voice else None, will)
        if descriptors:
            self.is_private = True
            self._loopback = Loopback(socket.socket(fileno=descriptors[0]))
        return {"path": self.path}

    def leave(self, _connection: socket.socket, descriptors: list[int]) -> object:
        """Whoever started us has said all there is to say, and will end."""
        wire.close_all(descriptors)
        self.last_words.is_left = True
        return {}

    def left(self, _connection: socket.socket, starter: int, descriptors: list[int]) -> object:
        """Who lives in the private network beside the process ``starter`` and the clients; they are ended when it has ended."""
        wire.close_all(descriptors)
        return {"found": [attrs.asdict(each) for each in self.inhabitants(starter)]}

    def hello(self, connection: socket.socket, pid: int, names: list[str], descriptors: list[int]) -> object:
        """Watch what the process ``pid`` starts: all of it, or what has one of ``names``."""
        wire.close_all(descriptors)
        pids: set[int] = set()
        by_name = ByName(names, below(pid)) if names else None
        chosen: Choice = by_name or started_by(pid)
        self._testers.add(pid)
        self._clients[connection] = _Client(pid, Processes(lambda: [*chosen(), *pids]), pids, by_name)
        return {}

    def watch(self, connection: socket.socket, pid: int, descriptors: list[int]) -> object:
        """Watch this process, too, whatever it is called; whether there is one."""
        wire.close_all(descriptors)
        if table.identity(pid) is None:
            return {"found": False}
        self._clients[connection].pids.add(pid)
        return {"found": True}

    def look(self, connection: socket.socket, descriptors: list[int]) -> object:
        """See who is there now: somebody is about to end."""
        wire.close_all(descriptors)
        client = self._clients[connection]
        client.processes.look()
        self._read_ports(client)
        return {}

    def begin(self, connection: socket.socket, descriptors: list[int]) -> object:
        """A stretch begins; its number."""
        wire.close_all(descriptors)
        client = self._clients[connection]
        opened = _Open(client.processes.begin(), self._interfaces())
        client.numbers += 1
        client.open[client.numbers] = opened
        self._read_ports(client)
        self._cut(but=opened)
        return {"number": client.numbers}

    def end(self, connection: socket.socket, number: int, calls: list[int], descriptors: list[int]) -> object:
        """A stretch ends: what it measured.  ``calls`` are the ports that the tests called from."""
        wire.close_all(descriptors)
        self._cut()
        client = self._clients[connection]
        opened = client.open[number]
        self._read_ports(client)
        client.programs |= client.processes.programs
        nodes = opened.stretch.end()
        del client.open[number]
        names = opened.stretch.names
        answer: dict[str, Any] = {
            "nodes": _plain(nodes),
            "programs": {names[pid]: path for pid, path in client.programs.items() if pid in names},
            "warnings": client.processes.warnings,
            "totals": _plain({"": {**opened.stretch.totals, **self._bounds(opened)}})[""],
            "heard": attrs.asdict(client.by_name.heard if client.by_name else Heard()),
        }
        client.programs = {pid: path for pid, path in client.programs.items() if client.open}
        return (
            answer
            if self._loopback is None
            else {
                **answer,
                **self._traffic(opened, Held(control=frozenset(calls))),
            }
        )

    def _traffic(self, opened: _Open, tests: Held) -> dict[str, Any]:
        names, known = opened.stretch.names, opened.ports | tests
        found = loopback.rows("", opened.counted, known, names)
        hidden = list(unseen(opened.counted, known, names, shared=len(self._clients) > 1))
        nodes, total = without_doubtful(
            loopback.measurements(found, names.values()), loopback.total(found) if names else {}, hidden
        )
        assert self._loopback is not None
        return {
            "traffic": [attrs.asdict(row) for row in found],
            "traffic_nodes": _plain(nodes),
            "totals": _plain({"": {**opened.stretch.totals, **total}})[""],
            "unseen": sum(each.payload_bytes for each in hidden if not each.is_call),
            "lost": self._loopback.lost(),
        }

    def _bounds(self, opened: _Open) -> dict[str, Measurement]:
        """What all programs of the machine exchanged meanwhile, where there is no loopback of their own."""
        end = self._interfaces()
        return bounds(opened.interfaces, end) if opened.interfaces and end else {}

    def _interfaces(self) -> Counters | None:
        try:
            return counters() if self._loopback is None else None
        except OSError:
            return None

    def _cut(self, but: _Open | None = None) -> None:
        """Everything up to now belongs to the stretches that last, but to one that begins now."""
        if self._loopback is not None:
            cut = self._loopback.cut()
            if not self._answered.issuperset(self._loopback.answering):
                self._answered |= self._loopback.answering
                self._looked_at_ports = clock.Deadline.after(0)  # who answers there may soon be gone
            for opened in self._all_open():
                if opened is not but:
                    loopback.add(opened.counted, cut)

    def _all_open(self) -> list[_Open]:
        return [opened for client in self._clients.values() for opened in client.open.values()]

    def _read_ports(self, client: _Client) -> None:
        if self._loopback is None:
            return
        with suppress(OSError):  # the kernel does not tell, or has no room now: what was known before stands
            found = ports.held(client.processes.pids, client.pid)
            for opened in client.open.values():
                opened.ports |= found

    # --- without being asked -------------------------------------------------------------------------

    def tick(self) -> float:
        """Look around; after how many seconds to do it again."""
        busy = [client for client in self._clients.values() if client.open]
        for client in busy:
            client.processes.look()
        self._cut()
        if busy and self._looked_at_ports.expired:
            for client in busy:
                self._read_ports(client)
            self._looked_at_ports = clock.Deadline.after(_PORTS_S)
        return LOOK_S if busy else _IDLE_S

    def inhabitants(self, *but: int) -> list[Inhabitant]:
        """Who lives in the private network, but for those who run tests; nobody where there is none."""
        return inhabitants({*but, *self._testers}) if self.is_private else []

    def gone(self, connection: socket.socket) -> None:
        """A client has gone."""
        client = self._clients.pop(connection, None)
        if client is not None:
            client.processes.close()

    def close(self) -> None:
        """Watch no more."""
        for connection in list(self._clients):
            self.gone(connection)
        if self._loopback is not None:
            self._loopback.close()


def _plain(nodes: Any) -> dict[str, dict[str, list[Any]]]:
    return {
        name: {key: list(attrs.astuple(each)) for key, each in measured.items()}
        for name, measured in nodes.items()
    }
