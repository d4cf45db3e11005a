"""What the signals of a status-backend node mean: pure functions of one signal.

The shapes are status-go's (signal/events_*.go, protocol/messenger_response.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tcperf.nodes.inbox import Signal

LOGIN = "node.login"
_MESSAGES = "messages.new"
_DELIVERED = "message.delivered"
_EXPIRED = "envelope.expired"
#: ChatTypePrivateGroupChat of status-go.
_PRIVATE_GROUP = 3
#: An acknowledgement repeats within seconds, not after ten thousand other messages.
_REMEMBERED = 10_000


def is_login(signal: Signal) -> bool:
    """Whether a log-in, or the making of an account, has ended: well or not."""
    return signal.type == LOGIN


def login_error(signal: Signal) -> str | None:
    """What a ``node.login`` says went wrong, or None: it is absent or empty where all is well."""
    error = signal.get("error")
    return str(error) if error else None


def is_message(text: str, sender_key: str) -> Callable[[Signal], bool]:
    """Accepts a signal that holds a new message of exactly ``text`` from exactly ``sender_key``."""

    def match(signal: Signal) -> bool:
        return signal.type == _MESSAGES and any(
            message.get("text") == text and message.get("from") == sender_key
            for message in _objects(signal.get("messages"))
        )

    return match


def is_delivery(message_id: str) -> Callable[[Signal], bool]:
    """Accepts the acknowledgement of one message."""
    return lambda signal: signal.type == _DELIVERED and signal.get("messageID") == message_id


def is_contact_request(message_id: str) -> Callable[[Signal], bool]:
    """Accepts a signal that holds the contact request of this id."""
    return lambda signal: (
        signal.type == _MESSAGES
        and any(message.get("id") == message_id for message in _objects(signal.get("messages")))
    )


def is_mutual_contact(key: str) -> Callable[[Signal], bool]:
    """Accepts a signal that tells of a contact that it is mutual now."""
    return lambda signal: (
        signal.type == _MESSAGES
        and any(
            contact.get("id") == key and contact.get("mutual") is True
            for contact in _objects(signal.get("contacts"))
        )
    )


def is_chat(chat_id: str) -> Callable[[Signal], bool]:
    """Accepts a signal that tells of a chat: a member is told so that it is in a group."""
    return lambda signal: (
        signal.type == _MESSAGES and any(chat.get("id") == chat_id for chat in _objects(signal.get("chats")))
    )


def reports(signal: Signal) -> Iterator[tuple[str, str]]:
    """The text and the sender's key of each message that a signal tells of."""
    if signal.type == _MESSAGES:
        for message in _objects(signal.get("messages")):
            text, sender = message.get("text"), message.get("from")
            if isinstance(text, str) and isinstance(sender, str):
                yield text, sender


def group_id(result: Any) -> str | None:
    """The id of the group in what a call that makes one answers, or None where there is none."""
    for chat in _objects(result.get("chats") if isinstance(result, dict) else None):
        if chat.get("chatType") == _PRIVATE_GROUP and isinstance(chat.get("id"), str):
            return str(chat["id"])
    return None


def sent_message_id(result: Any, text: str) -> str | None:
    """The id of the message of ``text`` in what a send call answers, or None where there is none."""
    messages = result.get("messages") if isinstance(result, dict) else None
    for message in _objects(messages):
        if message.get("text") == text and isinstance(message.get("id"), str):
            return str(message["id"])
    return None


class Ledger:
    """What a sender was told: repeated acknowledgements are dropped, expired envelopes remembered."""

    def __init__(self) -> None:
        self._delivered: dict[str, None] = {}
        self._expired: dict[str, None] = {}

    def accept(self, signal: Signal) -> bool:
        """Whether the signal is news: False for an acknowledgement that came before."""
        if signal.type == _EXPIRED:
            for message_id in _strings(signal.get("ids")):
                _remember(self._expired, message_id)
        if signal.type != _DELIVERED:
            return True
        message_id = signal.get("messageID")
        if not isinstance(message_id, str):
            return True
        return _remember(self._delivered, message_id)

    def has_expired(self, message_id: str) -> bool:
        """Whether an envelope of the message was given up without reaching any peer."""
        return message_id in self._expired


def _remember(known: dict[str, None], message_id: str) -> bool:
    """Add an id, forgetting the oldest; False where it was known."""
    if message_id in known:
        return False
    known[message_id] = None
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]
    return True


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _strings(value: Any) -> Iterator[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, list) else iter(())
