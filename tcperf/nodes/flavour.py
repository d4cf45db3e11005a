"""The two protocols of statusd's raw messages: Whisper (``shh_*``) and Waku v1 (``waku_*``), and how each writes bytes.

Waku v1 carries keys, payloads, signatures and hashes as base64, Whisper as hex; topics and the ids of keys and
filters are hex in both.  (status-go, waku/api.go and whisper/api.go.)
"""

from __future__ import annotations

import base64
from typing import Any, Final, Literal

from attrs import frozen

from tcperf.nodes.witness import quote

#: One for all: a Waku node takes, and even posts, only what has a topic that it asked for itself (v0.49; v0.63 unless it
#: is a full node).  So all of them also try to decrypt what is another's.
TOPIC: Final = "0x74637066"
_PREFIX: Final = "0x"
#: Seconds that an envelope lives.
_TTL_S: Final = 30
#: What is held constant: the proof of work is the target times lifetime and size.  0.002 is nearly free, and twice what
#: nodes of 2018 to 2020 take at least (0.001); 5 costs seconds of CPU time.
_POW_TARGET: Final = 0.002
#: Seconds after which a search for that work gives up.
_POW_TIME_S: Final = 5


@frozen
class Flavour:
    """One of the protocols.  ``namespace`` is that of its methods, ``config`` its key in the configuration."""

    namespace: Literal["shh", "waku"]
    name: str
    config: str

    def method(self, name: str) -> str:
        """The JSON-RPC method: ``waku_post``."""
        return f"{self.namespace}_{name}"

    def encode(self, raw: bytes) -> str:
        """Bytes as the protocol writes them."""
        if self.namespace == "waku":
            return base64.b64encode(raw).decode("ascii")
        return to_hex(raw)

    def decode(self, text: Any) -> bytes:
        """The bytes of what ``encode`` wrote.  Raises ValueError for anything else."""
        if self.namespace == "shh":
            return of_hex(text)
        try:
            return base64.b64decode(text, validate=True)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{quote(text)} is no base64") from error

    def criteria(self, key_id: str) -> dict[str, Any]:
        """What a subscription asks for: all messages to a key pair of the node's."""
        return {"privateKeyID": key_id, "topics": [TOPIC], "allowP2P": True}

    def envelope(self, text: str, *, signer: str, receiver: bytes) -> dict[str, Any]:
        """A message to be posted: ``signer`` is the id of the sender's key pair, ``receiver`` a public key."""
        return {
            "pubKey": self.encode(receiver),
            "sig": signer,
            "ttl": _TTL_S,
            "topic": TOPIC,
            "payload": self.encode(text.encode("utf-8")),
            "powTime": _POW_TIME_S,
            "powTarget": _POW_TARGET,
        }


WAKU: Final = Flavour("waku", "Waku v1", "WakuConfig")
WHISPER: Final = Flavour("shh", "Whisper", "WhisperConfig")
#: The newer one first: it is taken where a program has both.
FLAVOURS: Final = (WAKU, WHISPER)


def to_hex(raw: bytes) -> str:
    """``0x`` and the hex digits of bytes, as go-ethereum writes them."""
    return f"{_PREFIX}{raw.hex()}"


def of_hex(text: Any) -> bytes:
    """The bytes of what ``to_hex`` wrote.  Raises ValueError for anything else."""
    try:
        if text.startswith(_PREFIX) and not any(map(str.isspace, text)):
            return bytes.fromhex(text.removeprefix(_PREFIX))
    except (AttributeError, ValueError):
        pass
    raise ValueError(f"{quote(text)} is no hex")
