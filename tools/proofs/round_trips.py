"""What an observer adds to a round trip between two nodes, in interleaved blocks.

Each block has a network of its own, and each round a block of every observer, in an order that turns from
round to round; an observer's cost is its block's median less that of the unobserved block of the same round.
Both ends of the ping-pong keep to one core, the observer to another one, where there are two.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from attrs import frozen

from proofs.observers import Observer
from proofs.rig import Rig

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
class Blocks:
    """How many rounds of blocks, and how many round trips a block has, those of its warm-up apart."""

    rounds: int
    trips: int
    warm_up: int


@frozen
class Added:
    """What an observer added, in microseconds: the median over rounds, and its quartiles; ``p50_us`` with it."""

    p50_us: float
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


def block(make: MakeObserver, cores: Cores, blocks: Blocks) -> float:
    """One block: the median round trip in microseconds."""
    with observed(make, ("alice", "bob")) as (rig, observer):
        server = rig.serve("bob", "pong", script="loads.py", port=_PORT, core=cores.traffic)
        observer.watch("bob", server.child.pid)
        observer.begin()
        pin(observer, cores)
        client = rig.start(
            "alice",
            "ping",
            script="loads.py",
            address=rig["bob"].address,
            port=_PORT,
            size=_SIZE,
            warm_up=blocks.warm_up,
            count=blocks.trips,
            core=cores.traffic,
        )
        told = client.take(1)[0]
        observer.end()
        return float(told["p50_us"])


def pin(observer: Observer, cores: Cores) -> None:
    """Keep an observer to its core; one of root's that nobody may move stays where it is."""
    if observer.pid is not None:
        os.sched_setaffinity(observer.pid, {cores.observer})


def measure(
    observers: Mapping[str, MakeObserver], cores: Cores, blocks: Blocks, tell: Callable[[str], None]
) -> dict[str, list[float]]:
    """Every observer's block medians, round by round."""
    trips: dict[str, list[float]] = {name: [] for name in observers}
    names = list(observers)
    for number in range(blocks.rounds):
        tell(f"round trips: round {number + 1} of {blocks.rounds}")
        turn = number % len(names)
        order = names[turn:] + names[:turn]
        for name in order if number % 2 == 0 else reversed(order):
            trips[name].append(block(observers[name], cores, blocks))
    return trips


def added(trips: Sequence[float], unobserved: Sequence[float]) -> Added:
    """What an observer adds to the unobserved blocks of the same rounds."""
    differences = [one - other for one, other in zip(trips, unobserved, strict=True)]
    first, median, third = (
        statistics.quantiles(differences, n=4, method="inclusive")
        if len(differences) > 1
        else 3 * differences
    )
    return Added(statistics.median(trips), median, first, third)
