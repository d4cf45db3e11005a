"""The stage of one program's whole life: it is launched and followed, cut by its own marks, and its end is measured.

All of it happens in one thread, which waits for whatever comes: output, marks, the end.
"""

from __future__ import annotations

import contextlib
import selectors
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from tcperf import clock, events
from tcperf.cast import node_exit
from tcperf.command import remarks
from tcperf.command.cutter import Cutter
from tcperf.command.door import VARIABLE, Door
from tcperf.command.life import PROGRAM
from tcperf.command.marks import PrintedMarks
from tcperf.command.outlet import Outlet
from tcperf.command.program import Command, Program
from tcperf.command.serving import drain, serve
from tcperf.command.timeline import WHOLE
from tcperf.command.tree import Left, Tree
from tcperf.definition import Scenario
from tcperf.errors import Interrupted, TcperfError
from tcperf.model import NodeExit, PhaseResult
from tcperf.network.interface import Counters, Exit, Network
from tcperf.nodes.process import describe
from tcperf.performance import Point
from tcperf.probes.recording import Recorder
from tcperf.probes.shared_traffic import NoTraffic, SharedTraffic
from tcperf.system import KILL

_WAIT_S: Final = 0.02
#: A program that was asked to stop may take so long, and so long to be gone after SIGKILL.
_GRACE_S, _KILL_S = 5.0, 10.0
#: Those of its process group that heard the same signal may end so long after it: nobody dies at once.
_BEHIND_S: Final = 1.0

#: Shows lines of the program's: of which output ("stdout", "stderr"), and the lines.
Show = Callable[[str, Sequence[str]], None]


def _nothing(*_told: object) -> None:
    """Show nothing."""


class CommandStage:
    """One run of a program; it implements ``tcperf.performance.Performance``, and is made by a Runner.

    ``show`` gets the lines that the program prints; where it is None, an error quotes the last ones.  ``say`` gets what
    is said to whoever waits, ``warn`` what a program leaves that has no figures.  ``ignore_status``: one that ends
    with another status than 0 is measured all the same.
    """

    whole: str | None = WHOLE
    generations: tuple[str, ...] = ()

    def __init__(
        self,
        scenario: Scenario,
        network: Network,
        command: Command,
        recorder: Recorder,
        observer: events.Observer,
        *,
        folder: Path,
        logs: Path,
        run_id: str,
        traffic: SharedTraffic | None = None,
        on_host: Callable[[Any], None] | None = None,
        show: Show | None = None,
        say: Callable[[str], object] = _nothing,
        warn: Callable[[str], object] = _nothing,
        ignore_status: bool = False,
        **_of_nodes: object,
    ) -> None:
        self._network = network
        self._command = command
        self._recorder = recorder
        self._teller = _Teller(observer, scenario.name)
        self._folder = folder
        self._logs = logs
        self.run_id = run_id
        self._traffic = traffic or NoTraffic()
        self._on_host = on_host
        self._show = show or _nothing
        self._is_shown = show is not None
        self._say = say
        self._warn = warn
        self._ignore_status = ignore_status
        self._zero_ns = clock.monotonic_ns()
        self._told: list[str] = []
        self._host: Any = None
        self._program: Program | None = None
        self._is_deaf = False
        self._is_measured = False
        self.phases: Sequence[PhaseResult] = ()
        recorder.begin(run_id, self._zero_ns)

    # --- the life ------------------------------------------------------------------------------------

    def play(self) -> None:
        """Launch the program, and measure it until it has ended.

        Raises NodeError where it cannot be started, fails, or marks what cannot be taken.  Before anything is
        raised, the program is asked to stop.
        """
        self._host = self._network.add_host(PROGRAM)
        if self._on_host is not None:
            self._on_host(self._host)
        self._cutter = Cutter(self._host, self._recorder, self._traffic, self._teller)
        with contextlib.ExitStack() as stack:
            stack.callback(self._cutter.close)
            selector = stack.enter_context(selectors.DefaultSelector())
            door = Door(self._folder, selector, self._mark)
            stack.callback(door.close)
            command = self._command.with_variable(VARIABLE, str(door.path))
            program = self._program = self._cutter.launch(lambda: Program.launch(command, self._host))
            stack.callback(program.close)
            outlets = self._listen(program, selector, stack)
            self._attend(program, selector)
            self._finish(program.ended(_KILL_S), door, outlets)

    def _listen(
        self, program: Program, selector: selectors.BaseSelector, stack: contextlib.ExitStack
    ) -> list[Outlet]:
        printed = PrintedMarks()

        def look_for_marks(data: bytes) -> None:
            for mark in printed.feed(data):
                self._mark(mark.name, waits=False)

        def outlet(name: str, pipe: int, on_data: Callable[[bytes], None]) -> Outlet:
            log, show = self._logs / f"{self.run_id}.{name}.log", self._show
            made = Outlet(pipe, log, selector, on_lines=lambda lines: show(name, lines), on_data=on_data)
            stack.callback(made.close)
            return made

        selector.register(program.end_fd, selectors.EVENT_READ, lambda: program.ended(_KILL_S))
        return [
            outlet("stdout", program.stdout, look_for_marks),
            outlet("stderr", program.stderr, lambda _data: None),
        ]

    def _attend(self, program: Program, selector: selectors.BaseSelector) -> None:
        """Follow the program to its end, and take what it said last; before an error is raised, it may stop."""
        try:
            self._follow(program, selector)
            selector.unregister(program.end_fd)
            drain(selector)
        except TcperfError as error:
            number = error.signal_number if isinstance(error, Interrupted) else signal.SIGTERM
            self._is_deaf = True
            program.signal(number, group=True)
            self._say(f"stopping the program by {signal.Signals(number).name}; it has {_GRACE_S:g} s")
            self._follow(program, selector, clock.Deadline.after(_GRACE_S))
            _let_group_end(program, selector)
            drain(selector)
            raise

    def _follow(
        self, program: Program, selector: selectors.BaseSelector, deadline: clock.Deadline | None = None
    ) -> None:
        while not program.has_ended and not (deadline and deadline.expired):
            serve(selector, _WAIT_S)
            self._cutter.look()

    def _mark(self, name: str, *, waits: bool = True) -> None:
        if not self._is_deaf:
            self._cutter.mark(name, waits=waits)

    # --- its end -------------------------------------------------------------------------------------

    def _finish(self, ended: Exit, door: Door, outlets: Sequence[Outlet]) -> None:
        """All figures of the ended program.  Raises NodeError where it failed."""
        self.phases = self._cutter.end(ended, self._zero_ns)
        self._told += remarks.unseen(self.run_id, self.phases)
        self._told += remarks.said(self.run_id, self._cutter.left, door, outlets)
        whole = self.phases[-1]
        self._told += remarks.held_up(
            self.run_id, whole.end_ns - whole.start_ns, outlets, is_shown=self._is_shown
        )
        if ended.status != 0 and not self._ignore_status:
            raise remarks.failed(ended, *outlets, is_shown=self._is_shown)
        self._is_measured = True
        if ended.status == 0:
            return
        self._told.append(f"{self.run_id}: the program {describe(ended)}, and that was to be ignored")

    # --- what the runner calls -----------------------------------------------------------------------

    @property
    def warnings(self) -> tuple[str, ...]:
        """What did not go as it should without being a failure."""
        return tuple(self._told)

    def meet_others(self, meet: Callable[[Point], None]) -> None:
        """Nobody is met: a program is never played beside another."""

    def check_complete(self) -> None:
        """Nothing is missing where ``play`` has returned."""

    def counters(self) -> dict[str, Counters]:
        """The interface's counters now; empty where no interface is the program's own."""
        counters = self._host.counters() if self._host is not None else None
        return {} if counters is None else {PROGRAM: counters}

    def stop(self, *, graceful: bool) -> dict[str, NodeExit]:
        """Kill the program if it still runs; how it ended.  Raises NodeError, if ``graceful``, where that fails.

        What a program without figures leaves running is told here: it has no warnings that anybody reads.
        """
        if self._program is None:
            return {}
        try:
            self._program.signal(KILL)
            ended = self._program.ended(_KILL_S)
        except TcperfError:
            if graceful:
                raise
            return {}
        left = Left() if self._is_measured else Tree.left(ended.parent)
        if left.running:
            self._warn(f"the program left {remarks.running(left)}")
        return {PROGRAM: node_exit(ended)}


@frozen
class _Teller:
    """Tells an observer of the phases of a scenario."""

    observer: events.Observer
    scenario: str

    def began(self, name: str) -> None:
        self.observer(events.PhaseStarted(self.scenario, name))

    def ended(self, name: str, seconds: float) -> None:
        self.observer(events.PhaseEnded(self.scenario, name, seconds))


def _let_group_end(program: Program, selector: selectors.BaseSelector) -> None:
    """Give the others of an ended program's group their moment: what is about to end is not said to be left."""
    deadline = clock.Deadline.after(_BEHIND_S)
    while not deadline.expired and Tree.group(program.parent, program.pid):
        serve(selector, _WAIT_S)
