"""``CallRPC``: JSON-RPC 2.0 over the node, with status-go's answers to good and bad calls."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from tcperf.nodes.reference import gojson
from tcperf.nodes.reference.messenger import MessengerError
from tcperf.nodes.reference.multiaddr import Multiaddr
from tcperf.nodes.reference.requests import RequestError
from tcperf.nodes.reference.swarm import DialError
from tcperf.nodes.reference.views import exchange_view, message_view

if TYPE_CHECKING:
    from tcperf.nodes.reference.generations import Generation
    from tcperf.nodes.reference.node import Node

PARSE_ERROR = -32700
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000
#: What a handler raises for a call that is well-formed but cannot be served.
_REFUSALS = (RequestError, MessengerError, DialError, ValueError, OSError, sqlite3.Error)


class RpcError(Exception):
    """A call's failure: a JSON-RPC error code and a message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@frozen
class _Method:
    """A handler and the JSON types of its parameters, all of them required."""

    call: Callable[..., Awaitable[Any]]
    types: tuple[type, ...] = field(default=())

    def check(self, parameters: list[Any]) -> None:
        if len(parameters) < len(self.types):
            raise RpcError(INTERNAL_ERROR, "method handler crashed")
        if len(parameters) > len(self.types):
            raise RpcError(INVALID_PARAMS, f"too many arguments, want at most {len(self.types)}")
        for position, (value, wanted) in enumerate(zip(parameters, self.types, strict=True)):
            if type(value) is not wanted:
                raise RpcError(
                    SERVER_ERROR, f"invalid argument {position}: json: cannot unmarshal {gojson.kind(value)}"
                )


class Rpc:
    """The RPC methods of one logged-in node."""

    def __init__(self, node: Node, generation: Generation) -> None:
        self._node = node
        self._methods = {
            "wakuext_startMessenger": _Method(self._start_messenger),
            "wakuext_listenAddresses": _Method(self._listen_addresses),
            "wakuext_dialPeer": _Method(self._dial_peer, (str,)),
            "wakuext_peers": _Method(self._peers),
            "wakuext_sendOneToOneMessage": _Method(self._send_one_to_one_message, (dict,)),
            "wakuext_chatMessages": _Method(self._chat_messages, (str, str, int)),
            "wakuext_sendContactRequest": _Method(self._send_contact_request, (dict,)),
            "wakuext_acceptContactRequest": _Method(self._accept_contact_request, (dict,)),
            # Its first one is a context, which is null in JSON (services/ext/api.go).
            "wakuext_createGroupChatWithMembers": _Method(self._create_group, (type(None), str, list)),
            "wakuext_sendGroupChatMessage": _Method(self._send_group_chat_message, (dict,)),
        }
        if generation.relay_peers_by_topic:
            self._methods["wakuext_relayPeersByTopic"] = _Method(self._relay_peers_by_topic, (str,))

    async def call(self, body: str) -> str:
        """The answer to a request, or to a batch of them; always JSON, whatever the body."""
        try:
            request = gojson.loads(body)
        except gojson.GoJsonError as error:
            return gojson.dumps(_failure(0, RpcError(PARSE_ERROR, str(error))))
        if isinstance(request, list):
            return gojson.dumps([await self._answer(one) for one in request])
        return gojson.dumps(await self._answer(request))

    async def _answer(self, request: Any) -> dict[str, Any]:
        if not isinstance(request, dict):
            text = f"json: cannot unmarshal {gojson.kind(request)} into Go value"
            return _failure(0, RpcError(PARSE_ERROR, text))
        # status-go answers a call without an id as if it were 0.
        identity = request.get("id", 0)
        try:
            result = await self._run(request.get("method", ""), request.get("params"))
        except RpcError as error:
            return _failure(identity, error)
        return {"jsonrpc": "2.0", "id": identity, "result": result}

    async def _run(self, name: Any, parameters: Any) -> Any:
        parameters = [] if parameters is None else parameters
        if not isinstance(name, str) or not isinstance(parameters, list):
            raise RpcError(PARSE_ERROR, "json: cannot unmarshal the method or its params")
        method = self._methods.get(name)
        if method is None:
            raise RpcError(METHOD_NOT_FOUND, f"the method {name} does not exist/is not available")
        method.check(parameters)
        try:
            return await method.call(*parameters)
        except _REFUSALS as error:
            raise RpcError(SERVER_ERROR, str(error)) from error

    async def _start_messenger(self) -> dict[str, Any]:
        self._node.messenger.start()
        return {}

    async def _listen_addresses(self) -> list[str]:
        return [str(address) for address in self._node.swarm.addresses]

    async def _dial_peer(self, address: str) -> None:
        await self._node.dial(Multiaddr.parse(address))

    async def _peers(self) -> dict[str, Any]:
        return self._node.peers()

    async def _relay_peers_by_topic(self, topic: str) -> dict[str, Any]:
        # An empty list is null, as Go's nil slices are.
        return {
            "fullMesh": self._node.relay.mesh(topic) or None,
            "all": self._node.relay.subscribers(topic) or None,
        }

    async def _send_one_to_one_message(self, request: dict[str, Any]) -> dict[str, Any]:
        chat_id, text = _texts(request, "send-one-to-one-message", "id", "message")
        return exchange_view(self._node.messenger.send(chat_id.lower(), text))

    async def _send_contact_request(self, request: dict[str, Any]) -> dict[str, Any]:
        chat_id, text = _texts(request, "send-contact-request", "id", "message")
        return self._node.messenger.ask_contact(chat_id.lower(), text)

    async def _accept_contact_request(self, request: dict[str, Any]) -> dict[str, Any]:
        (request_id,) = _texts(request, "accept-contact-request", "id")
        return self._node.messenger.accept_contact(request_id)

    async def _create_group(self, _context: None, name: str, members: list[Any]) -> dict[str, Any]:
        if not all(isinstance(member, str) for member in members):
            raise RequestError("invalid argument 2: json: cannot unmarshal a member into a string")
        return self._node.messenger.create_group(name, members)

    async def _send_group_chat_message(self, request: dict[str, Any]) -> dict[str, Any]:
        group_id, text = _texts(request, "send-group-chat-message", "id", "message")
        return self._node.messenger.send_to_group(group_id, text)

    async def _chat_messages(self, chat_id: str, cursor: str, limit: int) -> dict[str, Any]:
        if limit < 0:
            raise RequestError("invalid limit")
        if not self._node.store.has_chat(chat_id) and self._node.messenger.groups.get(chat_id) is None:
            raise RequestError("can't find chat")
        messages, following = self._node.store.page(chat_id, cursor, limit)
        return {"messages": [message_view(message) for message in messages], "cursor": following}


def _texts(request: dict[str, Any], method: str, *names: str) -> tuple[str, ...]:
    """The members of a request, which are texts and not empty; RequestError, as status-go words it, for others."""
    for name in names:
        if not isinstance(request.get(name), str) or not request[name]:
            raise RequestError(f"{method}: invalid {name}")
    return tuple(request[name] for name in names)


def _failure(identity: Any, error: RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "error": {"code": error.code, "message": str(error)}}
