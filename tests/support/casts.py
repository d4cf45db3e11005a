"""Nodes of a stage without a protocol: each is a real process that sleeps, in a network of nothing but names."""

from __future__ import annotations

import signal
import subprocess

from tcperf.errors import NodeError
from tcperf.gofigures import GoFigures
from tcperf.network.interface import Counters, Exit


class Host:
    """A place with counters that grow with each look."""

    def __init__(self, name):
        self.name = name
        self.address = "10.77.0.1"
        self.looks = 0

    def counters(self):
        self.looks += 1
        return Counters(1000 * self.looks, 500 * self.looks, 10 * self.looks, 5 * self.looks, 0)

    def counters_fd(self):
        return None


class Network:
    """Knows the names of its hosts; ``private`` ones have counters of their own."""

    def __init__(self, *, private=True):
        self.hosts = []
        self._private = private

    def add_host(self, name):
        host = Host(name)
        if not self._private:
            host.counters = lambda: None
        self.hosts.append(host)
        return host


class Recorder:
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def begin(self, run, zero_ns):
        self.told.append(("begin", run))

    def watch(self, name, pid, counters):
        self.told.append(("watch", name, pid, counters))

    def control_port(self, name, port):
        self.told.append(("control_port", name, port))

    def cut(self, phase, at_ns):
        self.told.append(("cut", phase))


class Driver:
    """Drives a process that sleeps.  ``orders`` is a list of (what, name) that all drivers of a test share."""

    generation = "sleeper"
    capabilities = frozenset({"accounts", "acknowledgements"})
    launch_cpu_ns = 3_000_000
    control_port = 8545
    warnings = ()
    #: Names of nodes whose stop fails.
    stubborn = frozenset()

    def __init__(self, place, orders, *, starts=True):
        self.place = place
        self.name = place.host.name
        self._orders = orders
        self._starts = starts
        self._asked = False

    def restart(self, place):
        self.place, self._asked = place, False
        self.start()

    def start(self):
        self._orders.append(("start", self.name))
        if not self._starts:
            raise NodeError(f"{self.name} does not start")
        self._process = subprocess.Popen(["sleep", "60"])
        self.pid = self._process.pid
        self.place.on_launch(self.pid)

    def go_figures(self):
        return GoFigures("expvar", heap_bytes=1 << 20, alloc_bytes=5000, mallocs=70, collections=2)

    def check(self):
        if self._process.poll() is not None:
            raise NodeError(f"{self.name} ended by itself")

    def kill(self):
        self._process.kill()
        self._process.wait()

    def ask_to_stop(self, *, graceful=True):
        self._orders.append(("ask", self.name))
        self._end(graceful=graceful)

    def _end(self, *, graceful):
        if hasattr(self, "_process") and not self._asked:
            self._asked = True
            self._process.send_signal(signal.SIGTERM if graceful else signal.SIGKILL)

    def stop(self, *, graceful=True):
        self._orders.append(("stop", self.name))
        if not self._starts or not hasattr(self, "_process"):
            return None
        self._end(graceful=graceful)
        status = self._process.wait(10)
        self.place.on_end()
        if self.name in self.stubborn:
            raise NodeError(f"{self.name} would not end")
        return Exit(status, None, None)
