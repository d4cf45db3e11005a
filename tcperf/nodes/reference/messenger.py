"""Sends texts until they are acknowledged, and acknowledges those that come.

A text goes out at once.  Without an acknowledgement it goes out again every RESEND_AFTER_S, as a fresh
envelope (relays drop what they have seen), at most ATTEMPTS times; whatever is still unacknowledged at the
next login is taken up again.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.envelope import OVERHEAD_BYTES, EnvelopeError, is_for, seal, unseal
from tcperf.nodes.reference.keypair import KeyPair, chat_key, parse_chat_key
from tcperf.nodes.reference.payload import Kind, Payload, decode
from tcperf.nodes.reference.plant import Plant
from tcperf.nodes.reference.store import Message, MessageStore
from tcperf.nodes.reference.views import exchange_view

if TYPE_CHECKING:
    from collections.abc import Callable

#: status-go sends an unacknowledged message again after 27 to 36 seconds.
RESEND_AFTER_S = 30.0
ATTEMPTS = 10
#: status-go's maxChatMessageTextLength, in characters.
LONGEST_TEXT = 4096
#: A clock further ahead of ours is refused (status-go's maxWhisperFutureDriftMs): it would drag ours along.
_MOST_AHEAD_MS = 120_000


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
        self._identity = identity
        self._store = store
        self._publish = publish
        self._emit = emit
        self._resend_after_s = resend_after_s
        self._burden = burden or Burden(Plant())
        self._started = False
        self._clock = store.last_clock()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Begin to receive, and to resend what an earlier login left over; MessengerError the second time."""
        if self._started:
            raise MessengerError("messenger already started")
        self._started = True
        for message in self._store.sending():
            if message.id not in self._timers:
                self._resend_later(message, attempt=1)

    def send(self, chat_id: str, text: str) -> Message:
        """Send ``text`` to the owner of ``chat_id``; it is on its way, not delivered, when this returns.

        Raises MessengerError for an empty or too long text and for a chat with oneself, ValueError for
        what is no chat id.
        """
        if not text or len(text) > LONGEST_TEXT:
            raise MessengerError(f"a text has 1 to {LONGEST_TEXT} characters, not {len(text)}")
        if chat_id == self.chat_id:
            raise MessengerError("can't chat with oneself")
        parse_chat_key(chat_id)
        payload = Payload(Kind.TEXT, self._tick(), _now_ms(), text.encode())
        message = self._message(payload, self._identity.public, chat_id)
        self._store.add(message)
        self._transmit(message, attempt=1)
        return message

    def _tick(self) -> int:
        """A clock greater than any seen (Lamport's), near the wall clock otherwise."""
        self._clock = max(self._clock + 1, _now_ms())
        return self._clock

    def _message(self, payload: Payload, sender: bytes, chat_id: str) -> Message:
        return Message(
            id="0x" + payload.id_from(sender).hex(),
            chat_id=chat_id,
            sender=chat_key(sender),
            text=payload.body.decode(),
            clock=payload.clock,
            timestamp=payload.timestamp,
            outgoing_status="sending" if sender == self._identity.public else "",
        )

    def _transmit(self, message: Message, attempt: int) -> None:
        self._timers.pop(message.id, None)
        if attempt < ATTEMPTS:
            self._resend_later(message, attempt)
        payload = Payload(Kind.TEXT, message.clock, message.timestamp, message.text.encode())
        if not self._post(payload, parse_chat_key(message.chat_id)):
            self._emit("envelope.expired", {"ids": [message.id], "hash": "", "message": "no peers"})

    def _resend_later(self, message: Message, attempt: int) -> None:
        self._timers[message.id] = asyncio.get_running_loop().call_later(
            self._resend_after_s, self._transmit, message, attempt + 1
        )

    def _post(self, payload: Payload, recipient: bytes) -> int:
        data = payload.encode()
        data += self._burden.padding(len(data) + OVERHEAD_BYTES)
        return self._publish(seal(data, self._identity, recipient))

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
        if payload.clock > _now_ms() + _MOST_AHEAD_MS:
            raise ValueError("clock value too high")
        message = self._message(payload, sender, chat_key(sender))
        if self._store.add(message):
            self._clock = max(self._clock, message.clock)
            self._emit("messages.new", exchange_view(message))
        # Also for a known one: then the first acknowledgement was lost.
        ack = Payload(Kind.ACK, self._tick(), _now_ms(), bytes.fromhex(message.id[2:]))
        self._post(ack, sender)

    def _acknowledged(self, sender: bytes, payload: Payload) -> None:
        message_id, chat_id = "0x" + payload.body.hex(), chat_key(sender)
        if not self._store.delivered(message_id, chat_id):
            return
        timer = self._timers.pop(message_id, None)
        if timer is not None:
            timer.cancel()
        self._emit("message.delivered", {"chatID": chat_id, "messageID": message_id})

    def close(self) -> None:
        """Stop receiving and resending."""
        self._started = False
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
