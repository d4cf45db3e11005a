"""What a machine without private networks can measure: every probe is tried on a program on its own network."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tcperf import clock
from tcperf.errors import MachineError, TcperfError
from tcperf.finding import Finding, of_probe
from tcperf.network.interface import Child, Host
from tcperf.network.opening import no_private_network, open_network
from tcperf.nodes.factory import minimal_environment
from tcperf.probes.node import NodeProbe, measure
from tcperf.probes.recording import open_recorder
from tcperf.workdir import working_folder

_SAMPLED_S = 0.5
_NETWORK = "this machine's network"
#: What each probe is called, by the metric that shows it.
_PROBES = {
    "sent_bytes": "traffic",
    "cpu_ms": "CPU",
    "memory_peak_bytes": "memory peak",
    "disk_written_bytes": "disk",
    "threads_count": "threads",
}
#: Takes a connection over the loopback, works and allocates 8 MiB, and waits to be ended.
_PROGRAM = """
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
connection, _ = server.accept()
kept = bytes(8 << 20)
print(sum(range(1000000)), flush=True)
server.accept()
"""


def examine() -> Iterator[Finding]:
    """All checks, in the order in which they build on each other."""
    absent = no_private_network()
    yield Finding("private network", good=None, detail=absent.message, cure=absent.cure)
    try:
        with working_folder() as folder, open_network("host", folder) as network:
            host = network.add_host("alice")
            with _running(host, folder) as (child, lines):
                yield from _try_probes(host, child, lines)
                yield _series(child, folder)
            network.end_processes()
            yield _ended(child)
    except TcperfError as error:
        yield Finding(_NETWORK, good=False, detail=error.message, cure=error.cure)
    except OSError as error:
        yield Finding(_NETWORK, good=False, detail=f"the loopback does not work: {error}")


def _try_probes(host: Host, child: Child, lines: Iterator[str]) -> Iterator[Finding]:
    port = next(lines, "nothing")
    if not port.isdecimal():
        raise MachineError(f"a Python program started by {sys.executable} printed {port} instead of its port")
    yield Finding(_NETWORK, good=True, detail=f"nodes share {host.address}")
    probe = NodeProbe(child.pid, host)
    begin = probe.begin()
    with host.socket() as link:
        link.connect((host.address, int(port)))
        next(lines, None)
    measured = measure(begin, probe.end())
    probe.close()
    for key, name in _PROBES.items():
        yield of_probe(name, measured.get(key))


@contextmanager
def _running(host: Host, folder: Path) -> Iterator[tuple[Child, Iterator[str]]]:
    """The program on the host, and the lines it prints; it is ended with the network."""
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8", errors="replace") as file:
        try:
            command = [sys.executable, "-c", _PROGRAM]
            env = minimal_environment(folder)
            child = host.spawn(command, cwd=folder, env=env, stdout=writer, stderr=writer)
        finally:
            os.close(writer)
        yield child, (line.strip() for line in file)


def _series(child: Child, folder: Path) -> Finding:
    with open_recorder() as recorder:
        recorder.begin("doctor", clock.monotonic_ns())
        recorder.watch("alice", child.pid, None)
        child.wait(_SAMPLED_S)
        recorder.end(folder / "series.json.gz")
    return Finding("time series", good=True, detail="sampled through psutil, by a process of its own")


def _ended(child: Child) -> Finding:
    found = child.wait(0)
    if found is None:
        return Finding("ending nodes", good=False, detail=f"process {child.pid} still runs")
    whole = "not told" if found.user_ms is None else "told"
    return Finding(
        "ending nodes", good=True, detail=f"they end when they are killed; their whole CPU is {whole}"
    )
