"""A driven node's process from its launch to its end: what every driver does alike, whatever it talks to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tcperf.clock import Deadline
from tcperf.errors import MachineError, NodeError, ScenarioError
from tcperf.network.interface import Exit
from tcperf.nodes.interface import Place
from tcperf.nodes.manners import Manners
from tcperf.nodes.process import NodeProcess
from tcperf.nodes.timeouts import Timeouts
from tcperf.nodes.witness import failure


def _nothing() -> None:
    """What a program needs before its signal."""


class Lifetime:
    """One process at ``place``: launched once, checked, polled, and ended.

    ``folder`` is where it runs and ``data`` in it is its own; both are made by ``launch``.
    """

    def __init__(self, place: Place, timeouts: Timeouts, manners: Manners) -> None:
        self.folder = place.folder / place.host.name
        self.data = self.folder / "data"
        self._place = place
        self._timeouts = timeouts
        self._manners = manners
        self._launched: NodeProcess | None = None
        self._exit: Exit | None = None
        self._asked_to_stop = False

    @property
    def name(self) -> str:
        """The node's name."""
        return self._place.host.name

    @property
    def process(self) -> NodeProcess:
        """The process.  Raises NodeError where there never was one."""
        if self._launched is None:
            raise NodeError(f"{self.name} was never started")
        return self._launched

    @property
    def warnings(self) -> tuple[str, ...]:
        """What did not go well without being a failure: an incomplete log."""
        failed = self._launched.log_failure if self._launched else None
        return (failed,) if failed else ()

    def make_folder(self) -> None:
        """Make its folders.  Raises ScenarioError where it was launched before, MachineError where they cannot be made."""
        if self._launched is not None:
            raise ScenarioError(f"{self.name} was started before", cure="start each node once")
        try:
            self.data.mkdir(parents=True)
        except OSError as error:
            raise MachineError(
                f"{self.name}'s data folder {self.data} cannot be made: {error.strerror}",
                cure="free some space there, or set TMPDIR to a folder that has room",
            ) from error

    def again(self, place: Place) -> Lifetime:
        """Another life on the same data, at ``place``.  Raises ScenarioError where this one has not ended."""
        if self._exit is None:
            raise ScenarioError(f"{self.name} still runs", cure="shut it down before it starts again")
        return Lifetime(place, self._timeouts, self._manners)

    def launch(self, argv: Sequence[str], env: Mapping[str, str], deadline: Deadline) -> NodeProcess:
        """Start it in its folder and wait until it takes calls.  Raises NodeError where it does not."""
        launched = self._launched = NodeProcess.launch(
            self._place, argv, folder=self.folder, env=env, manners=self._manners
        )
        self._place.on_launch(launched.pid)
        launched.await_ready(deadline)
        return launched

    def check(self) -> None:
        """Raise NodeError where the process has ended by itself."""
        if self._exit is None and self.process.ended:
            raise self.died()

    def poll(self, is_so: Callable[[], bool], lack: str, deadline: Deadline) -> None:
        """Ask until ``is_so``, a step apart.  Raises NodeError, which says ``lack``, when the deadline passes."""
        while not is_so():
            if deadline.expired:
                raise self.failed(f"{lack} within {deadline}")
            if self.process.await_end(self._timeouts.poll_s):
                raise self.died()

    def ask_to_stop(self, *, graceful: bool, before: Callable[[], None] = _nothing) -> None:
        """Do what it needs ``before`` and send the signal that ends it, or SIGKILL at once; nothing is waited for.

        ``stop`` does the rest, and counts the time to heed the signal from here.  Repeatable.
        """
        if self._exit is not None or self._launched is None:
            return
        if graceful and not self._asked_to_stop:
            self._asked_to_stop = True
            before()
        self._asked_to_stop = True
        self._launched.ask_to_stop(terminate_s=self._terminate_s(graceful=graceful))

    def stop(
        self,
        *,
        graceful: bool,
        before: Callable[[], None] = _nothing,
        after: Callable[[], None] = _nothing,
    ) -> Exit | None:
        """End it, each step with its deadline, and do what is needed ``after`` its end.  Repeatable.

        What ``ask_to_stop`` did is not done again.  None where there never was a process.  Raises NodeError
        where even SIGKILL does not end it and, if ``graceful``, where it had ended by itself before.
        """
        if self._exit is not None or self._launched is None:
            return self._exit
        self.ask_to_stop(graceful=graceful, before=before)
        terminate_s, kill_s = self._terminate_s(graceful=graceful), self._timeouts.kill_s
        try:
            self._exit = self._launched.stop(terminate_s=terminate_s, kill_s=kill_s)
        finally:
            after()
        if graceful and self._launched.ended_by_itself:
            raise self.died()
        return self._exit

    def failed(self, what: str) -> NodeError:
        """The error of a node that did ``what``."""
        return failure(self.process, what)

    def died(self) -> NodeError:
        """The error of a node whose process is gone."""
        return self.failed(f"{self.process.fate() or 'closed its output'} in the middle of the run")

    def _terminate_s(self, *, graceful: bool) -> float:
        return self._timeouts.terminate_s if graceful else 0.0
