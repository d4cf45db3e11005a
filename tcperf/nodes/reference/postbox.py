"""Sends payloads until they are acknowledged, and acknowledges those that come.

A payload goes out at once, sealed for each recipient by itself.  Without an acknowledgement it goes out again every
RESEND_AFTER_S, as a fresh envelope (relays drop what they have seen), at most ATTEMPTS times; whatever is still
unacknowledged at the next login is taken up again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.envelope import OVERHEAD_BYTES, seal
from tcperf.nodes.reference.parcels import Parcel, Parcels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcperf.nodes.reference.keypair import KeyPair
    from tcperf.nodes.reference.payload import Payload

ATTEMPTS = 10


class Postbox:
    """The way out of one account.

    ``publish(envelope)`` hands an envelope to the relay and returns to how many peers it went; ``expired(id)`` hears
    of each payload that went to none.  ``burden`` says what envelopes are padded by.
    """

    def __init__(
        self,
        identity: KeyPair,
        parcels: Parcels,
        publish: Callable[[bytes], int],
        expired: Callable[[str], None],
        *,
        resend_after_s: float,
        burden: Burden,
    ) -> None:
        self._identity = identity
        self._parcels = parcels
        self._publish = publish
        self._expired = expired
        self._resend_after_s = resend_after_s
        self._burden = burden
        self._timers: dict[tuple[str, bytes], asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Resend what an earlier login left over."""
        for parcel in self._parcels:
            if (parcel.id, parcel.recipient) not in self._timers:
                self._resend_later(parcel, attempt=1)

    def send(self, payload: Payload, recipients: Iterable[bytes]) -> None:
        """Send a payload to each recipient until it is acknowledged."""
        identity, data = payload.id_from(self._identity.public).hex(), payload.encode()
        for recipient in recipients:
            parcel = Parcel(identity, recipient, data)
            self._parcels.add(parcel)
            self._transmit(parcel, attempt=1)

    def acknowledge(self, ack: Payload, sender: bytes) -> None:
        """Send an acknowledgement, once: should it be lost, what it acknowledges comes again."""
        self._post(ack.encode(), sender)

    def acknowledged(self, payload_id: str, recipient: bytes) -> bool:
        """End the sending of a payload to a recipient; False where that one was not sent it, or has said so before."""
        if not self._parcels.remove(payload_id, recipient):
            return False
        timer = self._timers.pop((payload_id, recipient), None)
        if timer is not None:
            timer.cancel()
        return True

    def _transmit(self, parcel: Parcel, attempt: int) -> None:
        self._timers.pop((parcel.id, parcel.recipient), None)
        if attempt < ATTEMPTS:
            self._resend_later(parcel, attempt)
        if not self._post(parcel.payload, parcel.recipient):
            self._expired(parcel.id)

    def _resend_later(self, parcel: Parcel, attempt: int) -> None:
        self._timers[parcel.id, parcel.recipient] = asyncio.get_running_loop().call_later(
            self._resend_after_s, self._transmit, parcel, attempt + 1
        )

    def _post(self, data: bytes, recipient: bytes) -> int:
        padded = data + self._burden.padding(len(data) + OVERHEAD_BYTES)
        return self._publish(seal(padded, self._identity, recipient))

    def close(self) -> None:
        """Stop resending."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
