"""What an observer adds to a round trip between two nodes: an observed network beside a bare one, in turns.

Both networks are up for the whole of a *setup*, each with its ping-pong, whose ends keep to one core; the observer
keeps to another one, where there are two.  They play short bursts in turns, A B B A, so that what a machine does
meanwhile (clock rates, neighbours, interrupts) meets both alike: what a burst takes differs by a fifth from minute
to minute on a virtual machine, and by little from one burst to the next.  An observer's cost in a setup is the
median, over rounds, of the burst's median with it less the one without.  As networks differ a little by where their
memory lies, there are several setups, and which network is made first changes.  ``Nobody`` is measured like an
observer: that is what the instrument itself makes of no difference.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO

from attrs import frozen

from proofs.observers import Nobody, Observer
from proofs.rig import Program, Rig

_PORT = 5005
_SIZE = 64
MakeObserver = Callable[[Rig, Path], Observer]


@frozen
class Cores:
    """Where the traffic is made, and where it is observed: the same core where there is but one."""

    traffic: int
    observer: int

    @classmethod
    def here(cls) -> Cores:
        """The first and the last of the cores that this process may use."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[-1])


@frozen
class Bursts:
    """How many setups, how many rounds each has, and how many round trips a burst, those of its warm-up apart."""

    setups: int
    rounds: int
    trips: int
    warm_up: int


@frozen
class Setup:
    """What a setup measured, in microseconds: the median burst without an observer, and what is added to it."""

    bare_us: float
    added_us: float


@frozen
class Added:
    """What an observer adds, in microseconds: the median over setups, and its quartiles; ``bare_us`` without it."""

    bare_us: float
    added_us: float
    first_us: float
    third_us: float


@contextmanager
def observed(make: MakeObserver, hosts: Iterable[str]) -> Iterator[tuple[Rig, Observer]]:
    """A rig with these hosts, watched from before the first of them; the observer is still to begin."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Rig() as rig,
        closing(make(rig, Path(folder))) as observer,
    ):
        for name in hosts:
            observer.host(rig.add(name))
        yield rig, observer


class Side:
    """One of the two networks: plays a burst whenever it is told to."""

    def __init__(self, client: Program, orders: IO[str]) -> None:
        self._client = client
        self._orders = orders

    def burst(self) -> float:
        """Play one; the median round trip, in microseconds."""
        self._orders.write("\n")
        self._orders.flush()
        return float(self._client.take(1)[0]["p50_us"])


@contextmanager
def side(make: MakeObserver, cores: Cores, bursts: Bursts) -> Iterator[Side]:
    """A network with its ping-pong and its observer, ready to play."""
    with observed(make, ("alice", "bob")) as (rig, observer), tempfile.TemporaryDirectory() as folder:
        server = rig.serve("bob", "pong", script="loads.py", port=_PORT, core=cores.traffic)
        observer.watch("bob", server.child.pid)
        observer.begin()
        pin(observer, cores)
        orders = Path(folder) / "orders"
        os.mkfifo(orders)
        client = rig.start(
            "alice",
            "ping",
            script="loads.py",
            address=rig["bob"].address,
            port=_PORT,
            size=_SIZE,
            warm_up=bursts.warm_up,
            count=bursts.trips,
            orders=str(orders),
            core=cores.traffic,
        )
        # Open for reading, too: should the client not come up, this must not wait for it.
        with os.fdopen(os.open(orders, os.O_RDWR), "w") as writer:
            yield Side(client, writer)
        client.finish()
        observer.end()


def setup(make: MakeObserver, cores: Cores, bursts: Bursts, *, bare_first: bool) -> Setup:
    """One setup: both networks made anew."""
    makers = {"bare": Nobody, "observed": make}
    names = ("bare", "observed") if bare_first else ("observed", "bare")
    with ExitStack() as stack:
        sides = {name: stack.enter_context(side(makers[name], cores, bursts)) for name in names}
        for each in sides.values():
            each.burst()
        took: dict[str, list[float]] = {name: [] for name in names}
        for number in range(bursts.rounds):
            for name in names if number % 2 == 0 else reversed(names):
                took[name].append(sides[name].burst())
    differences = [one - other for one, other in zip(took["observed"], took["bare"], strict=True)]
    return Setup(statistics.median(took["bare"]), statistics.median(differences))


def pin(observer: Observer, cores: Cores) -> None:
    """Keep an observer to its core; one of root's that nobody may move stays where it is."""
    if observer.pid is not None:
        os.sched_setaffinity(observer.pid, {cores.observer})


def measure(
    observers: Mapping[str, MakeObserver], cores: Cores, bursts: Bursts, tell: Callable[[str], None]
) -> dict[str, list[Setup]]:
    """Every observer's setups, those of all observers in turns."""
    found: dict[str, list[Setup]] = {name: [] for name in observers}
    for number in range(bursts.setups):
        tell(f"round trips: setup {number + 1} of {bursts.setups}")
        for name, make in observers.items():
            found[name].append(setup(make, cores, bursts, bare_first=number % 2 == 0))
    return found


def added(setups: Sequence[Setup]) -> Added:
    """What an observer adds, over its setups."""
    values = [each.added_us for each in setups]
    first, median, third = (
        statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else 3 * values
    )
    return Added(statistics.median(each.bare_us for each in setups), median, first, third)
