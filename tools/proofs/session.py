"""Playing cases one after another on one network, and reading each of them four ways.

The cases follow each other without a pause: a phase edge that the meter does not cut at its time puts frames
into the wrong case, and is seen as a difference in two of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from attrs import frozen

from proofs.cases import Case, Stage
from proofs.comparison import Outcome, moved
from proofs.recording import Recorded, Recording
from proofs.rig import Rig
from proofs.tally import Key, Numbers, Tally
from tcperf.clock import Deadline
from tcperf.network.interface import Counters
from tcperf.network.run_network import RunNetwork
from tcperf.traffic import BROADCAST, MULTICAST

_TESTS_SUPPORT = Path(__file__).resolve().parents[2] / "tests" / "support"
HOSTS = ("alice", "bob", "carol")
_ARRIVAL_S = 5.0
_LOOK_S = 0.0005


@frozen
class Session:
    """What was played, and what the capture of all of it came to."""

    outcomes: tuple[Outcome, ...]
    recorded: Recorded


def play(cases: Iterable[Case], folder: Path, tell: Callable[[str], None]) -> Session:
    """Play the cases; ``tell`` hears each one's name.  Files are made in ``folder``."""
    played = []
    capture = folder / "proof.pcapng"
    with Rig(RunNetwork("private")) as rig, Recording(rig.network, folder, capture) as recording:
        for name in HOSTS:
            recording.host(rig.add(name).host)
        stage = Stage(rig)
        for case in cases:
            tell(case.name)
            recording.cut(case.name)
            before = rig.counters()
            truth = case.play(stage)
            await_arrival(rig, before, truth)
            played.append((case, truth, moved(before, rig.counters())))
        recording.cut("")
        recorded = recording.end(rig.counters())
    ring, dpkt = recorded.phases, read_with_dpkt(capture)
    outcomes = tuple(
        Outcome(case, truth, counters, ring.get(case.name, Tally()), dpkt.get(case.name, Tally()))
        for case, truth, counters in played
    )
    return Session(outcomes, recorded)


def await_arrival(rig: Rig, before: Mapping[str, Counters], truth: Tally) -> None:
    """Wait until as many frames have passed as the truth says, or until it is clear that they will not."""
    deadline = Deadline.after(_ARRIVAL_S)
    while not deadline.expired:
        counted = moved(before, rig.counters())
        if all(numbers.packets >= truth.side(*side).packets for side, numbers in counted.items()):
            return
        time.sleep(_LOOK_S)  # nothing can wake us when a frame has arrived


def read_with_dpkt(path: Path) -> dict[str, Tally]:
    """The capture's tally a phase, by dpkt's objects alone.

    A file holds each frame once, where it entered the hub: what a group was sent, all others got a copy of.  Not
    of the one frame here that is neither UDP nor ARP: it goes to an address that bridges keep (IEEE 802.1D, 7.12.6).
    """
    if str(_TESTS_SUPPORT) not in sys.path:
        sys.path.append(str(_TESTS_SUPPORT))
    from dpkt_tables import tables  # type: ignore[import-not-found]  # of the tests

    found: dict[str, Tally] = {}
    for (phase, *key), numbers in tables(path).items():
        tally, its = found.setdefault(phase, Tally()), Key(*key)
        tally.add(its, Numbers(**numbers._asdict()))
        if its.direction == "sent" and its.peer in {MULTICAST, BROADCAST} and its.protocol != "other":
            for other in set(HOSTS) - {its.node}:
                copies = Numbers(**numbers._asdict())
                tally.add(Key(other, "received", its.node, its.protocol), copies)
    return found
