"""Values as the API shows them: the names and shapes of status-go's JSON, the fields that carry something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcperf.nodes.reference.keypair import chat_key

if TYPE_CHECKING:
    from tcperf.nodes.reference.accounts import Account
    from tcperf.nodes.reference.contacts import Contact
    from tcperf.nodes.reference.generations import Generation
    from tcperf.nodes.reference.groups import Group
    from tcperf.nodes.reference.recovery import AccountKeys
    from tcperf.nodes.reference.store import Message

#: MessageType_ONE_TO_ONE and ChatTypeOneToOne of status-go, and MessageType_PRIVATE_GROUP and ChatTypePrivateGroupChat.
_ONE_TO_ONE, _PRIVATE_GROUP = 1, 3


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
        "contentType": message.content_type,
        "messageType": _ONE_TO_ONE if is_one_to_one(message.chat_id) else _PRIVATE_GROUP,
    }
    if message.outgoing_status:
        view["outgoingStatus"] = message.outgoing_status
    return view


def is_one_to_one(chat_id: str) -> bool:
    """Whether a chat is with one other, whose key its id is, and not a group's."""
    return chat_id.startswith("0x")


def exchange_view(message: Message, group: Group | None = None) -> dict[str, Any]:
    """A message with its chat: the answer to a send, and the event of ``messages.new``.

    ``group`` is the chat's, None where it is with one other.
    """
    view = message_view(message)
    chat = {
        "id": message.chat_id,
        "name": message.chat_id,
        "active": True,
        "chatType": _ONE_TO_ONE,
        "timestamp": message.timestamp,
        "lastClockValue": message.clock,
        "lastMessage": view,
    }
    return {"chats": [chat | (_group_part(group) if group else {})], "messages": [view]}


def group_view(group: Group, timestamp: int) -> dict[str, Any]:
    """A group without a message: the answer to its making, and the event that tells a member of it."""
    chat = {"active": True, "timestamp": timestamp, "lastClockValue": group.clock, "lastMessage": None}
    return {"chats": [_group_part(group) | chat], "messages": None}


def _group_part(group: Group) -> dict[str, Any]:
    admin = group.members[0]
    return {
        "id": group.id,
        "name": group.name,
        "chatType": _PRIVATE_GROUP,
        "members": [{"id": member, "admin": member == admin} for member in group.members],
    }


def contact_view(contact: Contact) -> dict[str, Any]:
    """A contact (status-go: protocol.Contact)."""
    return {
        "id": contact.id,
        "added": contact.added,
        "hasAddedUs": contact.has_added_us,
        "mutual": contact.mutual,
    }


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
