"""What one account says and hears: texts to others and to groups, contact requests, groups.

All of it goes through the postbox, which sends until it is acknowledged; all that comes and is understood is
acknowledged, a known one too: then the first acknowledgement was lost.  What is not is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcperf.nodes.reference import groups
from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.contacts import Contacts
from tcperf.nodes.reference.envelope import EnvelopeError, is_for, unseal
from tcperf.nodes.reference.generations import RESEND_AFTER_S
from tcperf.nodes.reference.groups import Group, Groups
from tcperf.nodes.reference.keypair import KeyPair, chat_key, parse_chat_key
from tcperf.nodes.reference.lamport import LamportClock, now_ms
from tcperf.nodes.reference.parcels import Parcels
from tcperf.nodes.reference.payload import Kind, Payload, decode
from tcperf.nodes.reference.plant import Plant
from tcperf.nodes.reference.postbox import Postbox
from tcperf.nodes.reference.store import CONTACT_REQUEST, TEXT_PLAIN, Message, MessageStore
from tcperf.nodes.reference.views import contact_view, exchange_view, group_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: status-go's maxChatMessageTextLength, in characters.
LONGEST_TEXT = 4096


class MessengerError(Exception):
    """What was asked for makes no sense here."""


class Messenger:
    """The messenger of one account.

    ``publish(envelope)`` hands an envelope to the relay and returns to how many peers it went;
    ``emit(type, event)`` sends a signal.  Nothing is received before ``start``.  ``burden`` says what envelopes are
    padded by.
    """

    def __init__(
        self,
        identity: KeyPair,
        store: MessageStore,
        publish: Callable[[bytes], int],
        emit: Callable[[str, object], None],
        *,
        resend_after_s: float = RESEND_AFTER_S,
        burden: Burden | None = None,
    ) -> None:
        self.chat_id = chat_key(identity.public)
        self.contacts = Contacts(store.db)
        self.groups = Groups(store.db)
        self._identity = identity
        self._store = store
        self._emit = emit
        self._started = False
        self._clock = LamportClock(store.last_clock())
        self.postbox = Postbox(
            identity,
            Parcels(store.db),
            publish,
            self._expired,
            resend_after_s=resend_after_s,
            burden=burden or Burden(Plant()),
        )
        self._hear: dict[Kind, Callable[[str, Payload], None]] = {
            Kind.TEXT: self._texted,
            Kind.CONTACT_REQUEST: self._asked,
            Kind.CONTACT_ACCEPTED: self._accepted,
            Kind.GROUP: self._told_of_group,
            Kind.GROUP_TEXT: self._texted_in_group,
        }

    def start(self) -> None:
        """Begin to receive, and to resend what an earlier login left over; MessengerError the second time."""
        if self._started:
            raise MessengerError("messenger already started")
        self._started = True
        self.postbox.start()

    # --- what is said --------------------------------------------------------------------------------

    def send(self, chat_id: str, text: str) -> Message:
        """Send ``text`` to the owner of ``chat_id``; it is on its way, not delivered, when this returns.

        Raises MessengerError for an empty or too long text and for a chat with oneself, ValueError for
        what is no chat id.
        """
        return self._say(Kind.TEXT, chat_id, _checked(text), TEXT_PLAIN, [self._other(chat_id)])

    def ask_contact(self, chat_id: str, text: str) -> dict[str, Any]:
        """Ask the owner of ``chat_id`` to be a contact: the request as a message, and the contact.  Raises as ``send``."""
        recipient = self._other(chat_id)
        request = self._say(Kind.CONTACT_REQUEST, chat_id, _checked(text), CONTACT_REQUEST, [recipient])
        return exchange_view(request) | {"contacts": [contact_view(self.contacts.add(chat_id))]}

    def accept_contact(self, request_id: str) -> dict[str, Any]:
        """Accept a contact request that came; MessengerError where there is none of that id."""
        request = self._store.get(request_id)
        if request is None or request.content_type != CONTACT_REQUEST or request.sender == self.chat_id:
            raise MessengerError("record not found")  # as status-go: common.ErrRecordNotFound
        contact = self.contacts.add(request.chat_id)
        accepted = self._payload(Kind.CONTACT_ACCEPTED, bytes.fromhex(request.id[2:]))
        self.postbox.send(accepted, [parse_chat_key(request.chat_id)])
        return exchange_view(request) | {"contacts": [contact_view(contact)]}

    def create_group(self, name: str, members: Iterable[str]) -> dict[str, Any]:
        """Make a group with others, and tell each of them; MessengerError unless each is a mutual contact."""
        others = tuple(members)
        if not all(self.contacts[member].mutual for member in others):
            raise MessengerError("group-chat: can't add members who are not mutual contacts")
        group = Group.make(name, self.chat_id, others, self._clock.tick())
        payload = self._payload(Kind.GROUP, group.describe())
        self.groups.add(group)
        self.postbox.send(payload, group.recipients(self.chat_id))
        return group_view(group, payload.timestamp)

    def send_to_group(self, group_id: str, text: str) -> dict[str, Any]:
        """Send a text to everybody else in a group.  Raises as ``send``, MessengerError for a group that it is not in."""
        group = self.groups.get(group_id)
        if group is None:
            raise MessengerError("Chat not found")
        recipients = group.recipients(self.chat_id)
        return exchange_view(
            self._say(Kind.GROUP_TEXT, group_id, _checked(text), TEXT_PLAIN, recipients), group
        )

    def _other(self, chat_id: str) -> bytes:
        if chat_id == self.chat_id:
            raise MessengerError("can't chat with oneself")
        return parse_chat_key(chat_id)

    def _say(
        self, kind: Kind, chat_id: str, text: str, content_type: int, recipients: list[bytes]
    ) -> Message:
        body = groups.address(chat_id, text) if kind is Kind.GROUP_TEXT else text.encode()
        payload = self._payload(kind, body)
        message = self._message(payload, self.chat_id, chat_id, text, content_type)
        self._store.add(message)
        self.postbox.send(payload, recipients)
        return message

    def _payload(self, kind: Kind, body: bytes) -> Payload:
        return Payload(kind, self._clock.tick(), now_ms(), body)

    def _message(
        self, payload: Payload, sender: str, chat_id: str, text: str, content_type: int = TEXT_PLAIN
    ) -> Message:
        return Message(
            id="0x" + payload.id_from(parse_chat_key(sender)).hex(),
            chat_id=chat_id,
            sender=sender,
            text=text,
            clock=payload.clock,
            timestamp=payload.timestamp,
            outgoing_status="sending" if sender == self.chat_id else "",
            content_type=content_type,
        )

    # --- what is heard -------------------------------------------------------------------------------

    def received(self, envelope: bytes) -> None:
        """Handle an envelope of the relay; those for others and malformed ones are passed over."""
        if not self._started or not is_for(envelope, self._identity.public):
            return
        try:
            opened = unseal(envelope, self._identity)
            payload = decode(opened.payload)
            if payload.kind is Kind.ACK:
                self._acknowledged(opened.sender, payload)
            else:
                self._arrived(opened.sender, payload)
        except (EnvelopeError, ValueError):
            return  # another's partition is ours too, or a stranger sends nonsense

    def _arrived(self, sender: bytes, payload: Payload) -> None:
        self._clock.check(payload.clock)
        self._hear[payload.kind](chat_key(sender), payload)
        self._clock.see(payload.clock)
        self.postbox.acknowledge(self._payload(Kind.ACK, payload.id_from(sender)), sender)

    def _acknowledged(self, sender: bytes, payload: Payload) -> None:
        if not self.postbox.acknowledged(payload.body.hex(), sender):
            return
        message = self._store.get("0x" + payload.body.hex())
        if message is not None:  # of a group's text each member's is told, as status-go does
            self._store.delivered(message.id)
            self._emit("message.delivered", {"chatID": message.chat_id, "messageID": message.id})

    def _texted(self, sender: str, payload: Payload) -> None:
        message = self._message(payload, sender, sender, payload.body.decode())
        if self._store.add(message):
            self._emit("messages.new", exchange_view(message))

    def _asked(self, sender: str, payload: Payload) -> None:
        request = self._message(payload, sender, sender, payload.body.decode(), CONTACT_REQUEST)
        if self._store.add(request):
            contact = contact_view(self.contacts.added_by(sender))
            self._emit("messages.new", exchange_view(request) | {"contacts": [contact]})

    def _accepted(self, sender: str, payload: Payload) -> None:
        request = self._store.get("0x" + payload.body.hex())
        if request is None or request.chat_id != sender or request.sender != self.chat_id:
            raise ValueError("the other accepts what was never asked")
        if not self.contacts[sender].mutual:
            self._emit("messages.new", {"contacts": [contact_view(self.contacts.added_by(sender))]})

    def _told_of_group(self, sender: str, payload: Payload) -> None:
        group = groups.described(payload.body, sender, payload.clock)
        if self.chat_id not in group.members or not self.contacts[sender].mutual:
            raise ValueError("a stranger's group, or one without us")
        if self.groups.add(group):
            self._emit("messages.new", group_view(group, payload.timestamp))

    def _texted_in_group(self, sender: str, payload: Payload) -> None:
        group_id, text = groups.addressed(payload.body)
        group = self.groups.get(group_id)
        if group is None or sender not in group.members:
            raise ValueError("a text for a group that we, or its sender, are not in")
        message = self._message(payload, sender, group_id, text)
        if self._store.add(message):
            self._emit("messages.new", exchange_view(message, group))

    # --- its end -------------------------------------------------------------------------------------

    def _expired(self, payload_id: str) -> None:
        self._emit("envelope.expired", {"ids": ["0x" + payload_id], "hash": "", "message": "no peers"})

    def close(self) -> None:
        """Stop receiving and resending."""
        self._started = False
        self.postbox.close()


def _checked(text: str) -> str:
    if not text or len(text) > LONGEST_TEXT:
        raise MessengerError(f"a text has 1 to {LONGEST_TEXT} characters, not {len(text)}")
    return text
