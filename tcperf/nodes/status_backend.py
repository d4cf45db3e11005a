"""The driver of status-backend: HTTP and JSON-RPC calls, WebSocket signals, one process, one account.

Three generations are driven alike: what differs is found out by asking (``InitializeApplication`` or
``OpenAccounts``, ``wakuext_relayPeersByTopic`` or only ``wakuext_peers``, heeding SIGTERM or not).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

from attrs import frozen

from tcperf.clock import Deadline
from tcperf.errors import MachineError, NodeError, ScenarioError
from tcperf.gofigures import GoFigures
from tcperf.network.interface import Exit
from tcperf.nodes import accounts, pprof, signal_kinds
from tcperf.nodes.accounts import Account
from tcperf.nodes.api import Answer, RpcError
from tcperf.nodes.control import Control
from tcperf.nodes.figures import Figures
from tcperf.nodes.generation import Generation, initialize
from tcperf.nodes.inbox import Signal
from tcperf.nodes.interface import Place
from tcperf.nodes.mesh import Mesh
from tcperf.nodes.peers import PeerAddress, dialable, tcp_addresses
from tcperf.nodes.pprof import Kind
from tcperf.nodes.process import NodeProcess
from tcperf.nodes.timeouts import Timeouts
from tcperf.nodes.witness import failure, quote
from tcperf.scenario import Node

_ALREADY_STARTED = "messenger already started"


@frozen
class SentMessage:
    """A message the node took: its id there, when the call left and how long it took, in nanoseconds."""

    id: str
    sent_ns: int
    call_ns: int


class StatusBackendNode:
    """One node; it implements ``tcperf.nodes.interface.Driver``.

    Calls are made from one thread.  After a failure of any of them only ``stop`` makes sense.  Every
    NodeError names the node and the call, and has the node's last log lines as details.
    """

    def __init__(
        self, place: Place, argv: Sequence[str], *, env: Mapping[str, str], timeouts: Timeouts, logs: bool
    ) -> None:
        """A node that is not yet started: ``tcperf.nodes.factory.StatusBackend`` makes them."""
        self._place = place
        self._argv = argv
        self._folder = place.folder / place.host.name
        self._data = self._folder / "data"
        self._env = env
        self._timeouts = timeouts
        self._logs = logs
        self._launched: NodeProcess | None = None
        self._ready: Control | None = None
        self._exit: Exit | None = None
        self._generation = Generation.UNKNOWN
        self._ledger = signal_kinds.Ledger()
        self._mesh = Mesh(self._rpc)
        self._figures = Figures()
        self._account: Account | None = None
        self._logged_in = False
        self._asked_to_stop = False

    # --- the process ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name the scenario gave it."""
        return self._place.host.name

    @property
    def pid(self) -> int:
        """Its process id, known as soon as it is launched."""
        return self._process.pid

    @property
    def launch_cpu_ns(self) -> int:
        """CPU the process had used before it became the program (our own fork), in ns."""
        return self._process.launch_cpu_ns

    @property
    def control_port(self) -> int:
        """The TCP port at which it takes calls, known once it is ready."""
        return self._process.address[1]

    @property
    def generation(self) -> str:
        """What it turned out to be; "unknown" before it was ready."""
        return str(self._generation)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What did not go well without being a failure: an incomplete log."""
        failed = self._launched.log_failure if self._launched else None
        return (failed,) if failed else ()

    def start(self) -> None:
        """Launch the process, wait until it takes calls, open its signals, and make the first call."""
        if self._launched is not None:
            raise ScenarioError(f"{self.name} was started before", cure="start each node once")
        deadline = Deadline.after(self._timeouts.ready_s)
        self._make_folder()
        self._launched = NodeProcess.launch(self._place, self._argv, folder=self._folder, env=self._env)
        self._place.on_launch(self.pid)
        self._launched.await_ready(deadline)
        self._ready = Control.open(self._launched, self._place.host, deadline, self._ledger.accept)
        call = Deadline.after(self._timeouts.call_s)
        self._generation = initialize(self._ready.api, self._data, call)

    def check(self) -> None:
        """Raise NodeError where the process has ended by itself."""
        if self._exit is None and self._process.ended:
            raise self._died()

    def ask_to_stop(self, *, graceful: bool = True) -> None:
        """Log out if possible and send SIGTERM, or send SIGKILL at once; the end is not waited for.

        ``stop`` does the rest, and counts the time to heed SIGTERM from here.  Repeatable.
        """
        if self._exit is not None or self._launched is None:
            return
        if graceful and not self._asked_to_stop:
            self._asked_to_stop = True
            self._log_out_if_possible()
        self._asked_to_stop = True
        self._launched.ask_to_stop(terminate_s=self._terminate_s(graceful=graceful))

    def stop(self, *, graceful: bool = True) -> Exit | None:
        """Log out, SIGTERM, SIGKILL, each with its deadline; or SIGKILL at once.  Repeatable.

        What ``ask_to_stop`` did is not done again.  None where there never was a process.  Raises NodeError
        where even SIGKILL does not end it and, if ``graceful``, where it had ended by itself before.
        """
        if self._exit is not None or self._launched is None:
            return self._exit
        self.ask_to_stop(graceful=graceful)
        terminate_s, kill_s = self._terminate_s(graceful=graceful), self._timeouts.kill_s
        try:
            self._exit = self._launched.stop(terminate_s=terminate_s, kill_s=kill_s)
        finally:
            if self._ready is not None:
                self._ready.close()
        if graceful and self._launched.ended_by_itself:
            raise self._died()
        return self._exit

    # --- the account ---------------------------------------------------------------------------------

    @property
    def public_key(self) -> str:
        """Its account's chat key: ``0x04`` and 128 hex digits."""
        return self._own_account.public_key

    def create_account(self) -> None:
        """Make a fresh account, log in and start the messenger."""
        if self._account is not None:  # the node would answer as if all was well, and do nothing
            raise ScenarioError(f"{self.name} has an account already", cure="use login after logout")
        body = accounts.creation(self.name, self._data, logs=self._logs)
        self._enter("CreateAccountAndLogin", body, Deadline.after(self._timeouts.account_s))

    def login(self) -> None:
        """Log in to the account made before, and start the messenger."""
        account = self._own_account
        if self._logged_in:
            raise ScenarioError(f"{self.name} is logged in already", cure="use login after logout")
        self._enter("LoginAccount", accounts.opening(account), Deadline.after(self._timeouts.login_s))

    def logout(self) -> None:
        """Log out; the process goes on and takes another ``login``.  Its peers are gone then."""
        self._control.api.call("Logout", None, Deadline.after(self._timeouts.logout_s))
        self._logged_in = False

    # --- peers and messages --------------------------------------------------------------------------

    def dial(self, other: Node) -> None:
        """Connect to ``other``: returns when each lists the other among its peers."""
        self._dial(self._same_kind(other), Deadline.after(self._timeouts.mesh_s))

    def connect(self, other: Node) -> None:
        """Dial ``other`` and wait until each is in the other's relay mesh."""
        deadline = Deadline.after(self._timeouts.mesh_s)
        peer = self._same_kind(other)
        own, address = self._dial(peer, deadline)
        self.await_mesh(peer.name, address.peer_id, deadline)
        peer.await_mesh(self.name, own.peer_id, deadline)

    def address(self) -> PeerAddress:
        """Where the other hosts can dial it now: it changes with every log-in."""
        listening = self._rpc("wakuext_listenAddresses", [])
        addresses = tcp_addresses(listening if isinstance(listening, list) else [])
        found = dialable(addresses, self._place.host.address)
        if found is None:
            raise self._failed(
                f"does not listen on {self._place.host.address} over TCP, but on {quote(listening)}"
            )
        return found

    def await_peer(self, name: str, peer_id: str, deadline: Deadline) -> None:
        """Wait until it lists a peer; ``name`` is for an error's text."""
        self._poll(lambda: self._mesh.lists(peer_id), f"had no connection to {name}", deadline)

    def await_mesh(self, name: str, peer_id: str, deadline: Deadline) -> None:
        """Wait until messages can flow between it and a peer; ``name`` is for an error's text."""
        self._poll(lambda: self._mesh.has(peer_id), f"did not have {name} in its relay's mesh", deadline)

    def send(self, receiver: StatusBackendNode, text: str) -> SentMessage:
        """Send a one-to-one message: only the call, which returns before anything is on the wire."""
        method = "wakuext_sendOneToOneMessage"
        answer = self._answer(method, [{"id": receiver.public_key, "message": text}])
        message_id = signal_kinds.sent_message_id(answer.value, text)
        if message_id is None:
            raise self._failed(f"answered {method} without the message: {quote(answer.value)}")
        return SentMessage(message_id, answer.sent_ns, answer.received_ns - answer.sent_ns)

    def cursor(self) -> int:
        """The present end of its signals: take it before a send, give it to what waits."""
        return self._control.inbox.cursor()

    def await_message(self, text: str, sender_key: str, cursor: int) -> Signal:
        """Wait for the signal with a message of exactly this text from exactly this sender."""
        what = f"report the message {quote(text)} from {sender_key[:12]}…"
        return self._await(signal_kinds.is_message(text, sender_key), cursor, what)

    def await_delivery(self, message_id: str, cursor: int) -> Signal:
        """Wait for the first acknowledgement of a message that it sent; repeated ones are dropped."""
        what = f"report the delivery of message {message_id[:14]}…"
        try:
            return self._await(signal_kinds.is_delivery(message_id), cursor, what)
        except NodeError as error:
            if not self._ledger.has_expired(message_id):
                raise
            message = f"{error.message}; it said that the message reached no peer (envelope.expired)"
            raise NodeError(message, cure=error.cure, details=error.details) from error

    # --- the Go program ------------------------------------------------------------------------------

    def go_figures(self) -> GoFigures | None:
        """What Go's runtime tells of itself now, or None where the node offers no such figures."""
        return self._figures.read(self._control.figures, Deadline.after(self._timeouts.call_s))

    def profile(self, kind: Kind, seconds: int) -> bytes | None:
        """A profile of the program, a gzip file; None where the node offers none.  From any thread."""
        takes_s = seconds if kind == "cpu" else 0
        with closing(self._control.figures.twin()) as api:  # the other one answers meanwhile
            return pprof.read(api, kind, seconds, Deadline.after(takes_s + self._timeouts.call_s))

    # --- inside --------------------------------------------------------------------------------------

    @property
    def _process(self) -> NodeProcess:
        if self._launched is None:
            raise NodeError(f"{self.name} was never started")
        return self._launched

    @property
    def _control(self) -> Control:
        if self._ready is None:
            raise NodeError(f"{self.name} was never ready")
        return self._ready

    @property
    def _own_account(self) -> Account:
        if self._account is None:
            raise ScenarioError(f"{self.name} has no account yet", cure="call create_account first")
        return self._account

    def _make_folder(self) -> None:
        try:
            self._data.mkdir(parents=True)
        except OSError as error:
            raise MachineError(
                f"{self.name}'s data folder {self._data} cannot be made: {error.strerror}",
                cure="free some space there, or set TMPDIR to a folder that has room",
            ) from error

    def _enter(self, method: str, body: Mapping[str, Any], deadline: Deadline) -> None:
        """Make or open the account: the call answers at once, a signal says how it went."""
        cursor = self.cursor()
        self._control.api.call(method, body, deadline)
        signal = self._await(signal_kinds.is_login, cursor, f"answer {method} with node.login", deadline)
        if error := signal_kinds.login_error(signal):
            raise self._failed(f"failed to do {method}: {quote(error)}")
        self._account = accounts.account_of(signal)
        if self._account is None:
            raise self._failed(f"logged in without keys: {quote(signal.event)}")
        self._logged_in = True
        self._start_messenger()

    def _same_kind(self, other: Node) -> StatusBackendNode:
        if not isinstance(other, StatusBackendNode):
            raise ScenarioError(f"{self.name} cannot dial {other.name}: that is a node of another kind")
        return other

    def _dial(self, other: StatusBackendNode, deadline: Deadline) -> tuple[PeerAddress, PeerAddress]:
        """As ``dial``; the addresses of the two.  The node answers the call when it is connected."""
        own, address = self.address(), other.address()
        self._rpc("wakuext_dialPeer", [address.text])
        self.await_peer(other.name, address.peer_id, deadline)
        other.await_peer(self.name, own.peer_id, deadline)
        return own, address

    def _poll(self, is_so: Callable[[], bool], lack: str, deadline: Deadline) -> None:
        while not is_so():
            if deadline.expired:
                raise self._failed(f"{lack} within {deadline}")
            if self._process.await_end(self._timeouts.poll_s):
                raise self._died()

    def _start_messenger(self) -> None:
        try:
            self._rpc("wakuext_startMessenger", [])
        except RpcError as error:
            if _ALREADY_STARTED not in error.text:
                raise

    def _terminate_s(self, *, graceful: bool) -> float:
        return self._timeouts.terminate_s if graceful else 0.0

    def _log_out_if_possible(self) -> None:
        if self._logged_in and not self._process.ended:
            with suppress(NodeError):  # a courtesy: the process is ended all the same
                self.logout()

    def _answer(self, method: str, params: Sequence[Any]) -> Answer:
        return self._control.api.rpc(method, params, Deadline.after(self._timeouts.call_s))

    def _rpc(self, method: str, params: Sequence[Any]) -> Any:
        return self._answer(method, params).value

    def _await(
        self, match: Callable[[Signal], bool], cursor: int, what: str, deadline: Deadline | None = None
    ) -> Signal:
        deadline = deadline or Deadline.after(self._timeouts.delivery_s)
        signal, _behind = self._control.inbox.wait(match, after=cursor, deadline=deadline, what=what)
        return signal

    def _failed(self, what: str) -> NodeError:
        return failure(self._process, what)

    def _died(self) -> NodeError:
        return self._failed(f"{self._process.fate() or 'closed its output'} in the middle of the run")
