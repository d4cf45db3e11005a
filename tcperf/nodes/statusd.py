"""The driver of statusd (2019 to 2020): raw encrypted messages by JSON-RPC, pushed over its IPC socket.

statusd has no messenger: an account here is a key pair and a subscription, a message is an envelope that is posted with
the receiver's public key.  Nothing acknowledges it; it is delivered when the receiver has reported it.  Key pairs are
kept in memory alone: there is no log-in, and whoever is started again is somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from tcperf.capabilities import Capability
from tcperf.clock import Deadline
from tcperf.errors import ScenarioError
from tcperf.gofigures import GoFigures
from tcperf.nodes.admin_module import AdminModule
from tcperf.nodes.debug_module import DebugModule
from tcperf.nodes.driven import Driven, Language
from tcperf.nodes.enode import Enode
from tcperf.nodes.flavour import Flavour, to_hex
from tcperf.nodes.inbox import Inbox
from tcperf.nodes.interface import Place, SentMessage
from tcperf.nodes.manners import STATUSD
from tcperf.nodes.pprof import Kind
from tcperf.nodes.raw_account import RawAccount, is_message, reports
from tcperf.nodes.rpc_client import RpcClient
from tcperf.nodes.statusd_config import IPC_FILE, reserved_port, write
from tcperf.nodes.timeouts import Timeouts
from tcperf.nodes.without_messenger import WithoutMessenger
from tcperf.nodes.witness import quote
from tcperf.scenario import Node

#: Either protocol floods messages, so that they cross nodes in between; there is nothing else.
CAPABILITIES: Final = frozenset({Capability.RELAY})
_LANGUAGE: Final = Language(is_message, reports)


@frozen
class _Control:
    """How a node that is ready is talked to."""

    api: RpcClient
    inbox: Inbox
    admin: AdminModule

    def close(self) -> None:
        """Close it, after the process has ended."""
        self.api.close()


class StatusdNode(Driven[_Control], WithoutMessenger):
    """One node; it implements ``tcperf.nodes.interface.Driver``.

    Calls are made from one thread.  After a failure of any of them only ``stop`` makes sense.
    """

    def __init__(
        self,
        place: Place,
        program: Sequence[str],
        flavour: Flavour,
        version: str,
        *,
        env: Mapping[str, str],
        timeouts: Timeouts,
    ) -> None:
        """A node that is not yet started: ``tcperf.nodes.factory.Statusd`` makes them."""
        super().__init__(place, STATUSD, _LANGUAGE, timeouts)
        self._program = program
        self.flavour = flavour
        self._version = version
        self._env = env
        self._debug = DebugModule(self._life, self._rpc)
        self._account: RawAccount | None = None

    # --- the process ---------------------------------------------------------------------------------

    @property
    def generation(self) -> str:
        """Its version, and the protocol that it was told to speak."""
        return f"statusd {self._version} ({self.flavour.namespace}_*)"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can: that of every statusd."""
        return CAPABILITIES

    def start(self) -> None:
        """Write its configuration, launch it, wait until it takes calls, and ask for its protocol."""
        deadline = Deadline.after(self._timeouts.ready_s)
        self._life.make_folder()
        host = self._place.host
        with reserved_port(host) as port:
            config = write(self._life.folder, self._life.data, host, port, self.flavour)
            argv = (*self._program, "-c", str(config), "-dir", str(self._life.data))
            launched = self._life.launch(argv, self._env, deadline)
        api = RpcClient(launched.address, self._place.host.socket, launched)
        self._ready = _Control(api, Inbox(launched), AdminModule(self._rpc, launched))
        self._check_modules()

    # --- the account ---------------------------------------------------------------------------------

    @property
    def public_key(self) -> str:
        """Its account's key: ``0x04`` and 128 hex digits."""
        return to_hex(self.account.public_key)

    @property
    def account(self) -> RawAccount:
        """Its account.  Raises ScenarioError where it has none yet."""
        if self._account is None:
            raise ScenarioError(f"{self.name} has no account yet", cure="call create_account first")
        return self._account

    def create_account(self) -> None:
        """Make a key pair, and subscribe to the messages to it."""
        if self._account is not None:
            raise ScenarioError(f"{self.name} has an account already", cure="create one account a node")
        self._account = RawAccount.create(
            self.flavour,
            self._rpc,
            self._life.folder / IPC_FILE,
            self._control.inbox,
            self._life.process,
            Deadline.after(self._timeouts.call_s),
        )

    # --- peers and messages --------------------------------------------------------------------------

    def dial(self, other: Node) -> None:
        """Connect to ``other``: returns when each lists the other among its peers."""
        self._dial(other, frozenset())

    def connect(self, other: Node) -> None:
        """Dial ``other`` and wait until each speaks the protocol with the other."""
        self._dial(other, frozenset({self.flavour.namespace}))

    def address(self) -> Enode:
        """Where the other hosts can dial it, whatever it believes its address to be, and its key, by which they list it."""
        return evolve(self._control.admin.enode(), address=self._place.host.address)

    def await_peer(self, name: str, key: str, spoken: frozenset[str], deadline: Deadline) -> None:
        """Wait until it lists the peer with this ``key`` and speaks with it what is ``spoken``; ``name`` is for errors."""
        lack = f"spoke no {self.flavour.name} with {name}" if spoken else f"had no connection to {name}"
        self._life.poll(lambda: key in self._control.admin.peers(spoken), lack, deadline)

    def send(self, receiver: StatusdNode, text: str) -> SentMessage:
        """Post a message for the receiver's key: only the call, which does the proof of work."""
        method = self.flavour.method("post")
        envelope = self.account.envelope_to(receiver.account, text)
        answer = self._answer(method, [envelope])
        if not isinstance(answer.value, str):
            raise self._life.failed(f"answered {method} without the envelope's hash: {quote(answer.value)}")
        return SentMessage(answer.value, answer.sent_ns, answer.received_ns - answer.sent_ns)

    def peer_id(self) -> str:
        """What its peers call it: its key of devp2p."""
        return self._control.admin.enode().key

    def peer_ids(self) -> frozenset[str]:
        """The peers that it is connected to now, directly."""
        return self._control.admin.peers()

    # --- the Go program ------------------------------------------------------------------------------

    def go_figures(self) -> GoFigures | None:
        """What Go's runtime tells of itself now, or None where the node offers no such figures."""
        return self._debug.figures()

    def profile(self, kind: Kind, seconds: int) -> bytes | None:
        """A profile of the program, a gzip file; None where the node offers none.  From any thread."""
        return self._debug.profile(kind, seconds)

    # --- inside --------------------------------------------------------------------------------------

    def _check_modules(self) -> None:
        """It must have understood its configuration; else every later call would fail, each in its own way."""
        told = self._rpc("rpc_modules", [])
        missing = [name for name in ("admin", self.flavour.namespace) if name not in (told or {})]
        if missing:
            raise self._life.failed(f"offers no {missing[0]}_* methods, only {quote(told)}")

    def _dial(self, other: Node, spoken: frozenset[str]) -> None:
        deadline, peer = Deadline.after(self._timeouts.mesh_s), self._same_kind(other)
        own, target = self.address(), peer.address()
        self._control.admin.dial(target.url)
        self.await_peer(peer.name, target.key, spoken, deadline)
        peer.await_peer(self.name, own.key, spoken, deadline)

    def _same_kind(self, other: Node) -> StatusdNode:
        if not isinstance(other, StatusdNode) or other.flavour != self.flavour:
            raise ScenarioError(f"{self.name} cannot dial {other.name}: that is a node of another kind")
        return other

    def _hang_up(self) -> None:
        if self._account is not None:
            self._account.subscription.close()
        super()._hang_up()
