"""What every driver does alike: its node's process, calls, and the messages that it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from attrs import frozen

from tcperf.clock import Deadline
from tcperf.errors import NodeError
from tcperf.network.interface import Exit
from tcperf.nodes.http_client import Answer
from tcperf.nodes.inbox import Inbox, Signal
from tcperf.nodes.interface import Place
from tcperf.nodes.lifetime import Lifetime
from tcperf.nodes.manners import Manners
from tcperf.nodes.rpc_client import RpcClient
from tcperf.nodes.timeouts import Timeouts
from tcperf.nodes.witness import quote

Match = Callable[[Signal], bool]


class Line(Protocol):
    """How a node that is ready is talked to."""

    @property
    def api(self) -> RpcClient: ...  # noqa: D102
    @property
    def inbox(self) -> Inbox: ...  # noqa: D102

    def close(self) -> None:
        """Hang up, after the process has ended."""


@frozen
class Language:
    """How a kind of node's signals tell of messages.

    ``is_message`` makes what accepts a message of exactly this text from exactly this key; ``reports`` tells the text
    and the sender's key of each message in a signal.
    """

    is_message: Callable[[str, str], Match]
    reports: Callable[[Signal], Iterable[tuple[str, str]]]


_Line = TypeVar("_Line", bound=Line)


class Driven(Generic[_Line]):
    """The part of ``tcperf.nodes.interface.Driver`` that is the same for every kind of node."""

    def __init__(self, place: Place, manners: Manners, language: Language, timeouts: Timeouts) -> None:
        self._place = place
        self._language = language
        self._timeouts = timeouts
        self._life = Lifetime(place, timeouts, manners)
        self._ready: _Line | None = None

    # --- the process ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name the scenario gave it."""
        return self._life.name

    @property
    def pid(self) -> int:
        """Its process id, known as soon as it is launched."""
        return self._life.process.pid

    @property
    def launch_cpu_ns(self) -> int:
        """CPU the process had used before it became the program (our own fork), in ns."""
        return self._life.process.launch_cpu_ns

    @property
    def control_port(self) -> int:
        """The TCP port at which it takes calls, known once it is ready."""
        return self._life.process.address[1]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What did not go well without being a failure: an incomplete log."""
        return self._life.warnings

    def check(self) -> None:
        """Raise NodeError where the process has ended by itself."""
        self._life.check()

    def ask_to_stop(self, *, graceful: bool = True) -> None:
        """Take leave and send the signal that ends it in order, or SIGKILL at once; the end is not waited for.

        ``stop`` does the rest, and counts the time to heed the signal from here.  Repeatable.
        """
        self._life.ask_to_stop(graceful=graceful, before=self._take_leave)

    def stop(self, *, graceful: bool = True) -> Exit | None:
        """Take leave, the signal that ends it, SIGKILL, each with its deadline; or SIGKILL at once.  Repeatable.

        What ``ask_to_stop`` did is not done again.  None where there never was a process.  Raises NodeError
        where even SIGKILL does not end it and, if ``graceful``, where it had ended by itself before.
        """
        return self._life.stop(graceful=graceful, before=self._take_leave, after=self._hang_up)

    # --- what it reports -----------------------------------------------------------------------------

    def cursor(self) -> int:
        """The present end of its signals: take it before a send, give it to what waits."""
        return self._control.inbox.cursor()

    def reports(self, cursor: int) -> list[tuple[str, str]]:
        """The text and the sender's key of each message that it reported behind the cursor, however often."""
        signals = self._control.inbox.since(cursor)
        return [report for signal in signals for report in self._language.reports(signal)]

    def await_message(
        self, text: str, sender_key: str, cursor: int, deadline: Deadline | None = None
    ) -> Signal:
        """Wait for the signal with a message of exactly this text from exactly this sender."""
        what = f"report the message {quote(text)} from {sender_key[:12]}…"
        return self._await(self._language.is_message(text, sender_key), cursor, what, deadline)

    def seek_message(self, text: str, sender_key: str, cursor: int, deadline: Deadline) -> Signal | None:
        """As ``await_message``, but None where it does not come in time."""
        match = self._language.is_message(text, sender_key)
        return self._control.inbox.seek(match, after=cursor, deadline=deadline)

    # --- inside --------------------------------------------------------------------------------------

    @property
    def _control(self) -> _Line:
        if self._ready is None:
            raise NodeError(f"{self.name} was never ready")
        return self._ready

    def _answer(self, method: str, params: Sequence[Any]) -> Answer:
        return self._control.api.rpc(method, params, Deadline.after(self._timeouts.call_s))

    def _rpc(self, method: str, params: Sequence[Any]) -> Any:
        return self._answer(method, params).value

    def _await(self, match: Match, cursor: int, what: str, deadline: Deadline | None = None) -> Signal:
        deadline = deadline or Deadline.after(self._timeouts.delivery_s)
        signal, _behind = self._control.inbox.wait(match, after=cursor, deadline=deadline, what=what)
        return signal

    def _take_leave(self) -> None:
        """What is to be done before the signal that ends it; nothing, for most."""

    def _hang_up(self) -> None:
        """What is to be done after its end."""
        if self._ready is not None:
            self._ready.close()
