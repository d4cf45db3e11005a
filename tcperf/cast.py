"""The nodes on the stage of one run: each with its place in the network, its driver, and what reads it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define, fields

from tcperf.errors import NodeError, ScenarioError, TcperfError
from tcperf.gofigures import GoFigures
from tcperf.model import NodeExit
from tcperf.network.interface import Counters, Exit, Host, Network
from tcperf.nodes.interface import Driver, DriverFactory, Place
from tcperf.probes.node import Edge, NodeProbe, at_exit, unborn
from tcperf.probes.recording import Recorder
from tcperf.together import together

#: So many nodes are started at a time: most of a start is computation, and waiting for the disk now and then.
_WIDTH = min(8, 2 * (os.cpu_count() or 1))


@define
class _Life:
    """One process of a node: ``name`` is the node's and, from the second one on, its number."""

    name: str
    is_leaving: bool = False


@define
class _Actor:
    """A node on the stage and what watches it.  ``is_away``: its process has ended, and may start again."""

    driver: Driver
    host: Host
    life: _Life
    probe: NodeProbe | None = None
    lives: int = 1
    is_away: bool = False


class Cast:
    """The nodes of one run.  ``folder`` holds their data, ``logs`` their output, in files named by ``run_id``.

    ``on_host`` hears of each place before its node is there.  ``ended`` is set as soon as a node's output has ended
    that was not shut down.  A node that starts again has a life more: "bob", then "bob.2".
    """

    def __init__(
        self,
        network: Network,
        factory: DriverFactory,
        recorder: Recorder,
        *,
        folder: Path,
        logs: Path,
        run_id: str,
        on_host: Callable[[Any], None] | None = None,
    ) -> None:
        self._network = network
        self._factory = factory
        self._recorder = recorder
        self._folder = folder
        self._logs = logs
        self._run_id = run_id
        self._on_host = on_host
        self.ended = threading.Event()
        self._actors: dict[str, _Actor] = {}
        self._launched: list[_Actor] = []
        self._exits: dict[str, NodeExit] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._actors

    def __getitem__(self, name: str) -> Driver:
        return self._actors[name].driver

    @property
    def drivers(self) -> dict[str, Driver]:
        """The drivers of all that are ready, by name, in the order of their start, those that are away included."""
        return {name: actor.driver for name, actor in self._actors.items()}

    @property
    def _present(self) -> dict[str, _Actor]:
        return {name: actor for name, actor in self._actors.items() if not actor.is_away}

    def add_host(self, name: str) -> Host:
        """Make a node's place in the network."""
        host = self._network.add_host(name)
        if self._on_host is not None:
            self._on_host(host)
        return host

    def launch(self, name: str, host: Host) -> Driver:
        """Start a node in its place and wait until it is ready.  Raises NodeError."""
        actor = self._made(name, host)
        actor.driver.start()
        return self._seat(actor)

    def launch_all(self, hosts: Mapping[str, Host]) -> list[Driver]:
        """Start nodes in their places side by side, and wait until each is ready.  Raises NodeError."""
        actors = [self._made(name, host) for name, host in hosts.items()]
        drivers = [actor.driver for actor in actors]
        together([driver.start for driver in drivers], _WIDTH, lambda: _kill(drivers))
        return [self._seat(actor) for actor in actors]

    def _made(self, name: str, host: Host) -> _Actor:
        """A node that is not started yet; it is ended with the others."""
        life = _Life(name)
        actor = _Actor(self._factory(self._place(name, host, life)), host, life)
        self._launched.append(actor)
        return actor

    def _seat(self, actor: _Actor) -> Driver:
        """It is ready: from now on it is on the stage, and read."""
        self._enter(actor)
        self._actors[actor.driver.name] = actor
        return actor.driver

    def shut_down(self, name: str) -> Edge:
        """End a node's process, as its user would; its last reading.  Raises NodeError where it had ended before."""
        actor = self._actors[name]
        if actor.is_away or actor.probe is None:
            raise ScenarioError(f"{name} is shut down already", cure="start it again first")
        last = _edge(actor, NodeProbe.end)
        actor.life.is_leaving = True
        ended = actor.driver.stop(graceful=True)
        actor.probe.close()
        actor.is_away = True
        if ended is None:
            return last
        self._exits[actor.life.name] = node_exit(ended)
        return at_exit(last, ended)

    def is_away(self, name: str) -> bool:
        """Whether a node was shut down, and not started again."""
        return self._actors[name].is_away

    def restart(self, name: str) -> None:
        """Start a node that is away again, on its data and in its place.  Raises NodeError."""
        actor = self._actors[name]
        actor.lives += 1
        actor.life = _Life(f"{name}.{actor.lives}")
        actor.is_away = False  # from here on there is a process to end, whatever happens
        actor.driver.restart(self._place(name, actor.host, actor.life))
        self._enter(actor)

    def _place(self, name: str, host: Host, life: _Life) -> Place:
        return Place(
            host,
            self._folder,
            self._logs / f"{self._run_id}.{life.name}.log",
            on_launch=lambda pid: self._recorder.watch(name, pid, host.counters_fd()),
            on_end=lambda: None if life.is_leaving else self.ended.set(),
        )

    def _enter(self, actor: _Actor) -> None:
        """It is ready: from now on it is measured."""
        self._recorder.control_port(actor.driver.name, actor.driver.control_port)
        actor.probe = NodeProbe(actor.driver.pid, actor.host)

    def check(self) -> None:
        """Raise NodeError unless every node still runs that was not shut down."""
        for actor in self._present.values():
            actor.driver.check()

    # --- what is read of them ------------------------------------------------------------------------

    def go_figures(self) -> dict[str, GoFigures | None]:
        """What Go's runtime tells of itself in each node now that is not away."""
        return {name: actor.driver.go_figures() for name, actor in self._present.items()}

    def begins(self) -> dict[str, Edge]:
        """The readings at the beginning of a phase.  Raises NodeError where a node has ended."""
        return {name: _edge(actor, NodeProbe.begin) for name, actor in self._actors.items()}

    def ends(self) -> dict[str, Edge]:
        """The readings at its end.  Raises NodeError where a node has ended."""
        return {name: _edge(actor, NodeProbe.end) for name, actor in self._actors.items()}

    def counters(self) -> dict[str, Counters]:
        """Each node's interface counters now; empty where no interface is a node's own."""
        found = {name: actor.host.counters() for name, actor in self._actors.items()}
        return {name: counters for name, counters in found.items() if counters is not None}

    # --- their end -----------------------------------------------------------------------------------

    def stop(self, *, graceful: bool) -> dict[str, NodeExit]:
        """End every node, the last started first; how each process ended.  A failure does not stop the rest."""
        exits = dict(self._exits)
        failures: list[TcperfError] = []
        staying = [actor for actor in reversed(self._launched) if not actor.is_away]
        for actor in staying:  # all of them first: their graces run side by side
            with suppress(TcperfError):  # stop tells it again
                actor.driver.ask_to_stop(graceful=graceful)
        for actor in staying:
            try:
                ended = actor.driver.stop(graceful=graceful)
            except TcperfError as error:
                failures.append(error)
                continue
            if ended is not None:
                exits[actor.life.name] = node_exit(ended)
        self._launched.clear()
        self._exits.clear()
        for actor in self._actors.values():
            if actor.probe is not None:
                actor.probe.close()
        if failures and graceful:
            raise failures[0]
        return dict(sorted(exits.items()))


def _kill(drivers: Iterable[Driver]) -> None:
    """End those that are being started: their starts fail at once."""
    for driver in drivers:
        with suppress(TcperfError):
            driver.stop(graceful=False)


def node_exit(ended: Exit) -> NodeExit:
    """What results keep of how a process ended."""
    return NodeExit(**{each.name: getattr(ended, each.name) for each in fields(NodeExit)})


def _edge(actor: _Actor, read: Callable[[NodeProbe], Edge]) -> Edge:
    """A reading of a node; of one that is away, of its interface alone."""
    if actor.is_away or actor.probe is None:
        return unborn(actor.host)
    try:
        return read(actor.probe)
    except ProcessLookupError as error:
        actor.driver.check()
        raise NodeError(f"{actor.driver.name} ended in the middle") from error
