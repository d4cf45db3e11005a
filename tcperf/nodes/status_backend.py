"""The driver of status-backend: HTTP and JSON-RPC calls, WebSocket signals, one process, one account.

Three generations are driven alike: what differs is found out by asking (``InitializeApplication`` or
``OpenAccounts``, ``wakuext_relayPeersByTopic`` or only ``wakuext_peers``, heeding SIGTERM or not).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from typing import Final

from tcperf.capabilities import Capability
from tcperf.clock import Deadline
from tcperf.errors import NodeError, ScenarioError
from tcperf.gofigures import GoFigures
from tcperf.nodes import pprof, signal_kinds
from tcperf.nodes.chat_account import ChatAccount
from tcperf.nodes.control import Control
from tcperf.nodes.driven import Driven, Language
from tcperf.nodes.figures import Figures
from tcperf.nodes.generation import Generation, initialize
from tcperf.nodes.inbox import Signal
from tcperf.nodes.interface import Place, SentMessage
from tcperf.nodes.manners import STATUS_BACKEND
from tcperf.nodes.mesh import Mesh
from tcperf.nodes.peers import PeerAddress, dialable, tcp_addresses
from tcperf.nodes.pprof import Kind
from tcperf.nodes.timeouts import Timeouts
from tcperf.nodes.witness import quote
from tcperf.scenario import Node

#: What a contact request says.
_GREETING = "hello"
_LANGUAGE: Final = Language(signal_kinds.is_message, signal_kinds.reports)


class StatusBackendNode(Driven[Control]):
    """One node; it implements ``tcperf.nodes.interface.Driver``.

    Calls are made from one thread.  After a failure of any of them only ``stop`` makes sense.  Every
    NodeError names the node and the call, and has the node's last log lines as details.
    """

    def __init__(
        self, place: Place, argv: Sequence[str], *, env: Mapping[str, str], timeouts: Timeouts, logs: bool
    ) -> None:
        """A node that is not yet started: ``tcperf.nodes.factory.StatusBackend`` makes them."""
        super().__init__(place, STATUS_BACKEND, _LANGUAGE, timeouts)
        self._argv = argv
        self._env = env
        self._generation = Generation.UNKNOWN
        self._ledger = signal_kinds.Ledger()
        self._mesh = Mesh(self._rpc)
        self._figures = Figures()
        self._account = ChatAccount(timeouts, logs=logs)

    # --- the process ---------------------------------------------------------------------------------

    @property
    def generation(self) -> str:
        """What it turned out to be; "unknown" before it was ready."""
        return str(self._generation)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can: that of its generation."""
        return self._generation.capabilities

    def start(self) -> None:
        """Launch the process, wait until it takes calls, open its signals, and make the first call."""
        self._life.make_folder()
        self._launch()

    def restart(self, place: Place) -> None:
        """Launch it again on its data, after ``stop``; ``place`` is its host, and whom it tells now.

        Its account is there, to be logged in to; its peers are gone.
        """
        self._life = self._life.again(place)
        self._mesh, self._figures = Mesh(self._rpc), Figures()
        self._account.is_open = False
        self._launch()

    def _launch(self) -> None:
        deadline = Deadline.after(self._timeouts.ready_s)
        launched = self._life.launch(self._argv, self._env, deadline)
        host, accept = self._place.host, self._ledger.accept
        self._ready = Control.open(launched, host, deadline, accept, before=self._ready)
        call = Deadline.after(self._timeouts.call_s)
        self._generation = initialize(self._ready.api, self._life.data, call)

    # --- the account ---------------------------------------------------------------------------------

    @property
    def public_key(self) -> str:
        """Its account's chat key: ``0x04`` and 128 hex digits."""
        return self._account.own(self.name).public_key

    def create_account(self) -> None:
        """Make a fresh account, log in and start the messenger."""
        self._account.create(self._life, self._control)

    def login(self) -> None:
        """Log in to the account made before, and start the messenger."""
        self._account.open(self._life, self._control)

    def logout(self) -> None:
        """Log out; the process goes on and takes another ``login``.  Its peers are gone then."""
        self._account.leave(self._control)

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
            raise self._life.failed(
                f"does not listen on {self._place.host.address} over TCP, but on {quote(listening)}"
            )
        return found

    def await_peer(self, name: str, peer_id: str, deadline: Deadline) -> None:
        """Wait until it lists a peer; ``name`` is for an error's text."""
        self._life.poll(lambda: self._mesh.lists(peer_id), f"had no connection to {name}", deadline)

    def await_mesh(self, name: str, peer_id: str, deadline: Deadline) -> None:
        """Wait until messages can flow between it and a peer; ``name`` is for an error's text."""
        self._life.poll(lambda: self._mesh.has(peer_id), f"did not have {name} in its relay's mesh", deadline)

    def send(self, receiver: StatusBackendNode, text: str) -> SentMessage:
        """Send a one-to-one message: only the call, which returns before anything is on the wire."""
        return self._send("wakuext_sendOneToOneMessage", receiver.public_key, text)

    def send_to_group(self, group_id: str, text: str) -> SentMessage:
        """Send a message to everybody else in a group: only the call, as ``send``."""
        return self._send("wakuext_sendGroupChatMessage", group_id, text)

    def _send(self, method: str, chat_id: str, text: str) -> SentMessage:
        answer = self._answer(method, [{"id": chat_id, "message": text}])
        message_id = signal_kinds.sent_message_id(answer.value, text)
        if message_id is None:
            raise self._life.failed(f"answered {method} without the message: {quote(answer.value)}")
        return SentMessage(message_id, answer.sent_ns, answer.received_ns - answer.sent_ns)

    def befriend(self, other: Node) -> None:
        """Become mutual contacts: ask ``other``, let it accept, and wait until that is known here."""
        peer, method = self._same_kind(other), "wakuext_sendContactRequest"
        asked, accepted = peer.cursor(), self.cursor()
        answer = self._rpc(method, [{"id": peer.public_key, "message": _GREETING}])
        request_id = signal_kinds.sent_message_id(answer, _GREETING)
        if request_id is None:
            raise self._life.failed(f"answered {method} without the request: {quote(answer)}")
        peer.accept_contact(request_id, self.name, asked)
        what = f"report {peer.name} as a mutual contact"
        self._await(signal_kinds.is_mutual_contact(peer.public_key), accepted, what)

    def accept_contact(self, request_id: str, name: str, cursor: int) -> None:
        """Wait for a contact request of ``name`` (for an error's text) and accept it."""
        self._await(
            signal_kinds.is_contact_request(request_id), cursor, f"report the contact request of {name}"
        )
        self._rpc("wakuext_acceptContactRequest", [{"id": request_id}])

    def create_group(self, name: str, members: Sequence[StatusBackendNode]) -> str:
        """Make a private group with its mutual contacts; the group's id.

        The call's first parameter is a context, of which only status-go's own callers have one.
        """
        method = "wakuext_createGroupChatWithMembers"
        answer = self._rpc(method, [None, name, [member.public_key for member in members]])
        group_id = signal_kinds.group_id(answer)
        if group_id is None:
            raise self._life.failed(f"answered {method} without the group: {quote(answer)}")
        return group_id

    def await_group(self, group_id: str, cursor: int) -> Signal:
        """Wait for the signal that tells of a group that it is in."""
        return self._await(signal_kinds.is_chat(group_id), cursor, f"report the group {group_id[:36]}…")

    def peer_id(self) -> str:
        """What its peers call it now: it changes with every log-in."""
        return self.address().peer_id

    def peer_ids(self) -> frozenset[str]:
        """The peers that it is connected to now."""
        return self._mesh.peers()

    def has_expired(self, message_id: str) -> bool:
        """Whether it said of a message that it sent that it reached no peer (``envelope.expired``)."""
        return self._ledger.has_expired(message_id)

    def await_delivery(self, message_id: str, cursor: int, deadline: Deadline | None = None) -> Signal:
        """Wait for the first acknowledgement of a message that it sent; repeated ones are dropped."""
        what = f"report the delivery of message {message_id[:14]}…"
        try:
            return self._await(signal_kinds.is_delivery(message_id), cursor, what, deadline)
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

    def _take_leave(self) -> None:
        if self._account.is_open and not self._life.process.ended:
            with suppress(NodeError):  # a courtesy: the process is ended all the same
                self.logout()
