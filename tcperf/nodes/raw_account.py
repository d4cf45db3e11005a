"""An account of a node without a messenger: a key pair in its memory, and a subscription to the messages to it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from tcperf.clock import Deadline
from tcperf.nodes.flavour import Flavour, of_hex, to_hex
from tcperf.nodes.inbox import Inbox, Signal
from tcperf.nodes.subscription import Subscription
from tcperf.nodes.witness import Witness, failure, quote

_MESSAGE: Final = "message"
#: An uncompressed point: 0x04 and both coordinates.
_KEY_BYTES: Final = 65


@frozen
class RawAccount:
    """``id`` is that of its key pair in the node; ``public_key`` has 65 bytes."""

    flavour: Flavour
    id: str
    public_key: bytes
    subscription: Subscription

    @classmethod
    def create(
        cls,
        flavour: Flavour,
        call: Callable[[str, Sequence[Any]], Any],
        ipc: Path,
        inbox: Inbox,
        witness: Witness,
        deadline: Deadline,
    ) -> RawAccount:
        """Make one.  ``call`` calls a method, ``ipc`` is the node's IPC socket; messages go into ``inbox``.

        Raises NodeError.
        """
        key_id = call(flavour.method("newKeyPair"), [])
        if not isinstance(key_id, str):
            raise failure(witness, f"made a key pair without an id: {quote(key_id)}")
        told = call(flavour.method("getPublicKey"), [key_id])
        key = _public_key(told)
        if key is None:
            raise failure(witness, f"made the key pair {quote(key_id)} without a public key: {quote(told)}")
        subscription = Subscription.open(
            ipc,
            flavour.method("subscribe"),
            ["messages", flavour.criteria(key_id)],
            inbox,
            read=functools.partial(signal_of, flavour),
            witness=witness,
            deadline=deadline,
        )
        return cls(flavour, key_id, key, subscription)

    def envelope_to(self, receiver: RawAccount, text: str) -> dict[str, Any]:
        """A message of its own to another account, to be posted."""
        return self.flavour.envelope(text, signer=self.id, receiver=receiver.public_key)


def signal_of(flavour: Flavour, result: Any, at_ns: int) -> Signal:
    """The signal of a message that was pushed.  Raises ValueError for what is none."""
    found = result if isinstance(result, dict) else {}
    text = flavour.decode(found.get("payload")).decode("utf-8")
    return Signal(_MESSAGE, {"text": text, "from": to_hex(flavour.decode(found.get("sig")))}, at_ns)


def is_message(text: str, sender_key: str) -> Callable[[Signal], bool]:
    """Accepts the signal of a message of exactly ``text`` from exactly ``sender_key``."""
    wanted = {"text": text, "from": sender_key}
    return lambda signal: bool(signal.event == wanted)


def reports(signal: Signal) -> tuple[tuple[str, str], ...]:
    """The text and the sender's key of a message's signal: there is one in each."""
    return ((signal.event["text"], signal.event["from"]),)


def _public_key(told: Any) -> bytes | None:
    """A public key as ``getPublicKey`` tells it, which is hex in either protocol; None where it is none."""
    try:
        key = of_hex(told)
    except ValueError:
        return None
    return key if len(key) == _KEY_BYTES else None
