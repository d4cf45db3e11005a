"""What this machine can measure, and how exactly: every probe is tried on a whole two-node network.

Each check yields a Finding as soon as it is known.  A check that fails tells its cure, and those that would
build on it are left out.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tcperf import clock, link_doctor, local_doctor
from tcperf.errors import TcperfError
from tcperf.finding import Finding, of_probe
from tcperf.network.ground import choose_ground
from tcperf.network.opening import open_network
from tcperf.nodes.interface import DriverFactory, Place
from tcperf.probes import machine
from tcperf.probes.node import NodeProbe, measure
from tcperf.probes.recording import open_recorder
from tcperf.probes.run_traffic import Keep, gather, introduce, tap
from tcperf.probes.traffic_file import read_traffic
from tcperf.system import this_system
from tcperf.units import humanize
from tcperf.workdir import working_folder

if TYPE_CHECKING:
    from tcperf.network.hosts import BrokeredChild, BrokeredHost
    from tcperf.network.run_network import RunNetwork
    from tcperf.probes.meter import Meter

_BYTES = 100_000
_PORT = 7000
_SAMPLED_S = 0.3
_RUN = "doctor"
_DEADLINE_S = 10.0
_LOAD_PER_CPU = 0.5
#: What each probe is called, by the metric that shows it.
_PROBES = {
    "received_bytes": "traffic",
    "cpu_ms": "CPU",
    "memory_peak_bytes": "memory peak",
    "disk_written_bytes": "disk",
}
#: Tells the capabilities it holds, reads what it is sent, allocates 8 MiB, and waits to be ended.
_LISTENER = f"""
import socket
server = socket.create_server(("0.0.0.0", {_PORT}))
status = open("/proc/self/status").read().splitlines()
print(sum(int(line.split()[1], 16) for line in status if line.startswith("Cap")), flush=True)
connection, _ = server.accept()
while connection.recv(1 << 16):
    pass
kept = bytes(8 << 20)
print("read", flush=True)
server.accept()
"""


def examine() -> Iterator[Finding]:
    """All checks, in the order in which they build on each other."""
    yield _machine()
    yield from _on_linux() if this_system().is_linux else local_doctor.examine()


def _on_linux() -> Iterator[Finding]:
    from tcperf.network.run_network import RunNetwork
    from tcperf.probes.meter import Meter

    try:
        with working_folder() as folder, RunNetwork("private") as network, Meter() as meter:
            meter.begin(_RUN, clock.monotonic_ns())
            tap(network, meter, Keep(), _RUN)
            alice, bob = network.add_host("alice"), network.add_host("bob")
            introduce(meter, alice)
            introduce(meter, bob)
            yield Finding("private network", good=True, detail=_describe(network))
            yield from _try_probes(alice, bob)
            network.end_processes()
            yield _identity(network)
            yield _capture(meter, folder, (alice, bob))
    except TcperfError as error:
        yield Finding("private network", good=False, detail=error.message, cure=error.cure)
        return
    yield from link_doctor.examine()


def _machine() -> Finding:
    found = machine.describe()
    memory = humanize(found.memory_bytes or 0, "bytes")
    busy = (found.load_1m or 0.0) > _LOAD_PER_CPU * (found.cpu_count or 1)
    detail = (
        f"{found.cpu_model}, {found.cpu_count} CPUs, {memory}, {found.system} {found.kernel}, "
        f"Python {platform.python_version()}, load {found.load_1m or 0.0:.2f}"
    )
    cure = "other work makes CPU and time noisy: measure on a quiet machine" if busy else None
    return Finding("machine", good=None if busy else True, detail=detail, cure=cure)


def _describe(network: RunNetwork) -> str:
    who = "as root" if os.geteuid() == 0 else "without root"
    return f"{network.namespaces} namespaces {who}, a bridge, links at MTU 1500, every offload off"


def _try_probes(alice: BrokeredHost, bob: BrokeredHost) -> Iterator[Finding]:
    with _listening(bob) as (child, lines):
        yield _capabilities(next(lines, "nothing"))
        probe = NodeProbe(child.pid, bob)
        begin = probe.begin()
        with alice.socket() as link:
            link.settimeout(_DEADLINE_S)
            link.connect((bob.address, _PORT))
            link.sendall(bytes(_BYTES))
        next(lines, None)
        measured = measure(begin, probe.end())
        for key, name in _PROBES.items():
            yield of_probe(name, measured.get(key))
        yield _instructions()
        yield _series(child, bob)


@contextmanager
def _listening(host: BrokeredHost) -> Iterator[tuple[BrokeredChild, Iterator[str]]]:
    """A listener on the host, and the lines it prints; it is ended with the network."""
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8", errors="replace") as file:
        try:
            command = [sys.executable, "-c", _LISTENER]
            child = host.spawn(command, cwd=Path("/"), env={}, stdout=writer, stderr=writer)
        finally:
            os.close(writer)
        yield child, (line.strip() for line in file)


def _capabilities(found: str) -> Finding:
    if found == "0":
        return Finding("capabilities", good=True, detail="nodes hold none")
    return Finding("capabilities", good=False, detail=f"a node reports {found}", cure="report this to tcperf")


def _instructions() -> Finding:
    from tcperf.probes import instructions

    reason = instructions.unavailable()
    detail = "exact, from perf" if reason is None else f"not available here: {reason}"
    return Finding("instructions", good=None if reason else True, detail=detail)


def _series(child: BrokeredChild, host: BrokeredHost) -> Finding:
    with working_folder() as folder, open_recorder() as recorder:
        recorder.begin(_RUN, clock.monotonic_ns())
        recorder.watch("bob", child.pid, host.counters_fd())
        child.wait(_SAMPLED_S)
        recorder.end(folder / "series.json.gz")
    return Finding("time series", good=True, detail="every 50 ms, by a process of its own")


def _identity(network: RunNetwork) -> Finding:
    closing = network.closing()
    if closing is not None and closing.closes:
        return Finding("traffic identity", good=True, detail="sent + copies = received, to the byte")
    return Finding("traffic identity", good=False, detail=f"{closing}", cure="report this to tcperf")


def _capture(meter: Meter, folder: Path, hosts: Sequence[BrokeredHost]) -> Finding:
    """Whether the meter's account of what has passed is the interfaces'."""
    traffic = folder / "traffic.json"
    meter.end(folder / "series.json.gz", traffic)
    counters = {host.name: counted for host in hosts if (counted := host.counters()) is not None}
    found = gather(_RUN, read_traffic(traffic), (), counters, None)
    if found.capture is not None and found.capture.is_exact:
        sent = found.capture.sent_packets  # copies of a broadcast are seen, too, but nobody has sent them
        detail = f"every frame attributed, {sent} of them here, each once: as the interfaces counted"
        return Finding("capture", good=True, detail=detail)
    return Finding("capture", good=False, detail="; ".join(found.warnings), cure="report this to tcperf")


def start_node(factory: DriverFactory) -> str:
    """Start one node and end it again; how long it took to be ready, and what it turned out to be.

    Raises TcperfError where it does not get ready.
    """
    mode = choose_ground(None).mode
    with working_folder() as folder, open_network(mode, folder) as network:
        host = network.add_host("alice")
        place = Place(host, folder, folder / "alice.log", on_launch=lambda _pid: None, on_end=lambda: None)
        driver = factory(place)
        begin_ns = clock.monotonic_ns()
        try:
            driver.start()
            took = humanize((clock.monotonic_ns() - begin_ns) / clock.NS_PER_MS, "ms")
        finally:
            driver.stop()
        return f"ready after {took}, {driver.generation}"
