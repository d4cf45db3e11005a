"""Values as the API shows them: the names and shapes of status-go's JSON, the fields that carry something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcperf.nodes.reference.keypair import chat_key

if TYPE_CHECKING:
    from tcperf.nodes.reference.accounts import Account
    from tcperf.nodes.reference.generations import Generation
    from tcperf.nodes.reference.recovery import AccountKeys
    from tcperf.nodes.reference.store import Message

#: ChatMessage_TEXT_PLAIN, MessageType_ONE_TO_ONE and ChatTypeOneToOne of status-go.
_TEXT_PLAIN = _ONE_TO_ONE = _ONE_TO_ONE_CHAT = 1


def message_view(message: Message) -> dict[str, Any]:
    """A message (status-go: protocol/common.Message)."""
    view = {
        "id": message.id,
        "whisperTimestamp": message.timestamp,
        "from": message.sender,
        "seen": bool(message.outgoing_status),
        "text": message.text,
        "chatId": message.chat_id,
        "localChatId": message.chat_id,
        "clock": message.clock,
        "timestamp": message.timestamp,
        "contentType": _TEXT_PLAIN,
        "messageType": _ONE_TO_ONE,
    }
    if message.outgoing_status:
        view["outgoingStatus"] = message.outgoing_status
    return view


def exchange_view(message: Message) -> dict[str, Any]:
    """A message with its chat: the answer to a send, and the event of ``messages.new``."""
    view = message_view(message)
    chat = {
        "id": message.chat_id,
        "name": message.chat_id,
        "active": True,
        "chatType": _ONE_TO_ONE_CHAT,
        "timestamp": message.timestamp,
        "lastClockValue": message.clock,
        "lastMessage": view,
    }
    return {"chats": [chat], "messages": [view]}


def account_view(account: Account, generation: Generation) -> dict[str, Any]:
    """An account (status-go: multiaccounts.Account)."""
    view = {
        "name": account.name,
        "timestamp": account.timestamp,
        "identicon": "",
        "colorHash": None,
        "colorId": 0,
        "customizationColor": account.color,
        "keycard-pairing": "",
        "key-uid": account.key_uid,
        "images": None,
        "kdfIterations": account.kdf_iterations,
    }
    if generation.accepts_terms:
        view["hasAcceptedTerms"] = account.accepted_terms
    return view


def settings_view(account: Account, keys: AccountKeys, phrase: str | None) -> dict[str, Any]:
    """An account's settings; ``phrase`` is shown once, after the account was made (else None)."""
    view: dict[str, Any] = {
        "display-name": account.name,
        "key-uid": account.key_uid,
        "public-key": chat_key(keys.chat.public),
    }
    if phrase is not None:
        view["mnemonic"] = phrase
    return view
