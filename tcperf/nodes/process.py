"""A node's process: launched, watched until it is ready, its output drained to the end, and ended.

Readiness is a line on the program's output (``tcperf.nodes.manners``)::

    INFO [11-23|21:59:18.664|status-backend/main.go:45] server started   address=127.0.0.1:40077

A bad or taken address makes status-backend print ``failed to start server … error=…`` and end with status 0: that is a
failure too.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.network.interface import Child, Exit
from tcperf.nodes.blocking_pump import BlockingPump
from tcperf.nodes.interface import Place
from tcperf.nodes.logs import CappedLog
from tcperf.nodes.manners import STATUS_BACKEND, Manners
from tcperf.nodes.pump import Pump
from tcperf.nodes.witness import failure, quote
from tcperf.system import KILL

_LAST_LINES = 20
#: After the process's end its output ends too, unless a process of its own still holds the pipe.
_DRAIN_S = 1.0
#: A process whose sockets have closed is a moment away from its exit status.
_FATE_S = 0.5
#: Windows can read a pipe, but not wait for it among other things.
_Pump = BlockingPump if sys.platform == "win32" else Pump


class NodeProcess:
    """A launched node; made by ``launch``.  Its output is drained for as long as there is any."""

    def __init__(
        self,
        place: Place,
        argv: Sequence[str],
        child: Child,
        output: int,
        log: CappedLog,
        manners: Manners = STATUS_BACKEND,
    ) -> None:
        self._place = place
        self._manners = manners
        self._argv = argv
        self._child = child
        self._log = log
        self._changed = threading.Condition()
        self._waiting = threading.Lock()
        self._address: tuple[str, int] | None = None
        self._figures: tuple[str, int] | None = None
        self._refusal: str | None = None
        self._silent = False
        self._exit: Exit | None = None
        self._sent: set[signal.Signals] = set()
        self._grace = Deadline.after(0)
        self._pump = _Pump(
            place.host.name,
            output,
            log,
            on_line=self._notice,
            is_awaited=lambda: not self._is_decided(),
            on_end=self._fall_silent,
        )

    @classmethod
    def launch(
        cls,
        place: Place,
        argv: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str],
        manners: Manners = STATUS_BACKEND,
    ) -> NodeProcess:
        """Start ``argv`` at ``place`` in ``folder``, without waiting for it.

        Raises NodeError where it cannot be started, OutputError where the log cannot be written.
        """
        log = CappedLog(place.log_path)
        output, write_end = os.pipe()
        try:
            child = place.host.spawn(argv, cwd=folder, env=env, stdout=write_end, stderr=write_end)
        except BaseException:
            os.close(output)
            log.close()
            raise
        finally:
            os.close(write_end)
        return cls(place, argv, child, output, log, manners)

    def await_ready(self, deadline: Deadline) -> None:
        """Wait until it says that it listens: ``address`` is known then.

        Raises NodeError where it ends, says that it failed, or is not ready in time.
        """
        with self._changed:
            self._changed.wait_for(self._is_decided, deadline.remaining_s())
        if self._refusal:
            raise self._unready(f"could not start its server: {quote(self._refusal)}")
        if self._address:
            return
        if self._silent:
            raise self._unready(f"{self.fate() or 'closed its output'} before it was ready{self._said()}")
        words = self._manners.announcement
        never = f"was not ready within {deadline}: it never printed {words!r}{self._said()}"
        raise failure(self, never, cure=f"is {self._argv[0]} a {self._manners.program} program?")

    def await_end(self, seconds: float) -> bool:
        """Wait up to ``seconds`` for its output to end; whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._silent, seconds)

    @property
    def name(self) -> str:
        """The node's name."""
        return self._place.host.name

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def launch_cpu_ns(self) -> int:
        """CPU it had used before it became the program: our own fork, in nanoseconds."""
        return self._child.launch_cpu_ns

    @property
    def log_path(self) -> Path:
        """Where its output is kept."""
        return self._log.path

    @property
    def log_failure(self) -> str | None:
        """Why its log is incomplete, or None."""
        return self._log.failure

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its API, as it printed them."""
        assert self._address is not None
        return self._address

    @property
    def figures_address(self) -> tuple[str, int] | None:
        """Host and port where it serves Go's own figures apart from its API, or None."""
        return self._figures

    @property
    def ended(self) -> bool:
        """Whether it, or its output, has ended."""
        return self._silent or self._wait(0) is not None

    def last_lines(self) -> tuple[str, ...]:
        """The last lines it printed, oldest first."""
        return self._pump.last_lines(_LAST_LINES)

    def fate(self) -> str | None:
        """How it ended ("was killed by SIGKILL", "ended with status 2"), or None while it runs."""
        ended = self._wait(_FATE_S)
        return None if ended is None else describe(ended)

    @property
    def ended_by_itself(self) -> bool:
        """Whether it has ended, and not by a signal of ours: it crashed, was killed, or left."""
        if self._exit is None:
            return False
        return not self._sent or (self._exit.status < 0 and -self._exit.status not in self._sent)

    def ask_to_stop(self, *, terminate_s: float) -> None:
        """Send the signal that ends it in order (SIGTERM, SIGINT), which ``stop`` lets it heed for ``terminate_s`` from now on; or SIGKILL where that is 0.

        Nothing is waited for, and no signal is sent twice.
        """
        if not terminate_s:
            self._send(KILL)
        elif not self._sent:
            self._grace = Deadline.after(terminate_s)
            self._send(self._manners.end)

    def stop(self, *, terminate_s: float, kill_s: float) -> Exit:
        """That signal, SIGKILL after ``terminate_s``, then ``kill_s`` until it must be gone; repeatable.

        ``terminate_s`` of 0 kills at once.  Raises NodeError where even SIGKILL does not end it.
        """
        self.ask_to_stop(terminate_s=terminate_s)
        ended = self._wait(self._grace.remaining_s() if terminate_s else 0)
        if ended is None:
            self._send(KILL)
            ended = self._wait(kill_s)
        self._pump.stop(_DRAIN_S)
        if ended is None:
            self._sent.discard(KILL)  # a second stop tries again
            raise failure(self, f"(process {self.pid}) still runs {kill_s:g} s after SIGKILL")
        return ended

    def _send(self, number: signal.Signals) -> None:
        if number not in self._sent and self._wait(0) is None:
            self._sent.add(number)
            self._child.signal(number)

    def _wait(self, seconds: float) -> Exit | None:
        with self._waiting:  # a Child need not be safe for two threads
            if self._exit is None:
                self._exit = self._child.wait(seconds)
            return self._exit

    def _is_decided(self) -> bool:
        return self._silent or bool(self._address or self._refusal)

    def _unready(self, what: str) -> NodeError:
        return failure(self, what, cure=f"run it by hand to see more: {' '.join(self._argv)}")

    def _said(self) -> str:
        lines = [line for line in self.last_lines() if line.strip()]
        return f"; it last printed {quote(lines[-1])}" if lines else "; it printed nothing"

    def _fall_silent(self) -> None:
        with self._changed:
            self._silent = True
            self._changed.notify_all()
        self._place.on_end()

    def _notice(self, line: str) -> None:
        if self._address is not None or self._refusal is not None:
            return
        manners = self._manners
        if manners.figures is not None and (figures := manners.figures.search(line)):
            self._figures = (figures["host"].strip("[]"), int(figures["port"]))
        found = manners.ready.search(line)
        with self._changed:
            if found:
                self._address = (found["host"].strip("[]"), int(found["port"]))
            elif manners.refused is not None and manners.refused in line:
                self._refusal = line
            self._changed.notify_all()


def describe(ended: Exit) -> str:
    """How a process ended, as a verb phrase."""
    if ended.status >= 0:
        return f"ended with status {ended.status}"
    try:
        return f"was killed by {signal.Signals(-ended.status).name}"
    except ValueError:
        return f"was killed by signal {-ended.status}"
