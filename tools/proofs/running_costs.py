"""What an observer takes of a core: under a paced load of traffic, and beside idle nodes."""

from __future__ import annotations

import time

from attrs import frozen

from proofs.observers import Observer
from proofs.rig import Rig
from proofs.round_trips import Cores, MakeObserver, observed, pin
from tcperf.probes.cpu import cpu_clock_ns

_PORT, _PORTS = 5100, 8
_SIZE = 200
_CONNECTIONS = 4
_NS_PER_S = 1_000_000_000
#: A Go node of some size has as many threads.
_THREADS = 51


@frozen
class Rate:
    """A load: datagrams and TCP exchanges a second.  An exchange is a segment there and a segment back."""

    datagrams: int
    exchanges: int

    @property
    def packets(self) -> int:
        """Frames a second."""
        return self.datagrams + 2 * self.exchanges


@frozen
class Cost:
    """What an observer took: its share of a core in percent, at how many frames a second, and what it lost.

    ``missed`` is what the interfaces counted and the observer neither took nor owned to have lost; None where
    it counts no frames.
    """

    core_pct: float
    packets_per_s: float
    lost: int | None
    missed: int | None


def under_load(make: MakeObserver, rate: Rate, seconds: float, cores: Cores) -> Cost:
    """An observer's cost while two nodes exchange ``rate``, half of it UDP on 8 ports, half TCP."""
    with observed(make, ("alice", "bob")) as (rig, observer):
        server = rig.serve("bob", "answer", script="loads.py", port=_PORT, ports=_PORTS, core=cores.traffic)
        observer.watch("bob", server.child.pid)
        observer.begin()
        pin(observer, cores)
        client = rig.serve(
            "alice",
            "load",
            script="loads.py",
            address=rig["bob"].address,
            port=_PORT,
            ports=_PORTS,
            size=_SIZE,
            rate=rate.datagrams,
            exchanges=rate.exchanges,
            connections=_CONNECTIONS,
            seconds=seconds,
            core=cores.traffic,
        )
        before, packets = _cpu_ns(observer), _sent(rig)
        elapsed = float(client.take(1)[0]["seconds"])
        used, moved = _cpu_ns(observer) - before, _sent(rig) - packets
        client.finish()
        seen = observer.end()
        missed = None if seen.captured is None else _sent(rig) - seen.captured - (seen.lost or 0)
        return Cost(100 * used / _NS_PER_S / elapsed, moved / elapsed, seen.lost, missed)


def beside_idle_nodes(make: MakeObserver, nodes: int, seconds: float, cores: Cores) -> Cost:
    """An observer's cost while so many nodes do nothing, with 51 threads each."""
    names = [f"node{number}" for number in range(nodes)]
    with observed(make, names) as (rig, observer):
        for name in names:
            node = rig.serve(name, "idle", script="loads.py", threads=_THREADS, core=cores.traffic)
            observer.watch(name, node.child.pid)
        observer.begin()
        pin(observer, cores)
        before, start = _cpu_ns(observer), time.monotonic_ns()
        time.sleep(seconds)  # this is what is measured: the cost of watching for so long
        used, elapsed = _cpu_ns(observer) - before, time.monotonic_ns() - start
        observer.end()
        return Cost(100 * used / elapsed, 0.0, None, None)


def _cpu_ns(observer: Observer) -> int:
    return 0 if observer.pid is None else cpu_clock_ns(observer.pid)


def _sent(rig: Rig) -> int:
    return sum(counters.sent_packets for counters in rig.counters().values())
