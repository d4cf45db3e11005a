"""An app's traffic, from the history that Android keeps by user id.

Source: Android's NetworkStatsService and NetworkStatsHistory (packages/modules/Connectivity), as ``dumpsys netstats
--uid`` prints them::

    UID stats:
      History since boot:
      ident=[{type=1, …}] uid=10234 set=DEFAULT tag=0x0
        NetworkStatsHistory: bucketDuration=7200
          st=1790661600 rb=100 rp=1 tb=50 tp=1 op=0

A bucket (``st``: its start) holds bytes and packets received (``rb``, ``rp``) and sent (``tb``, ``tp``), as IP
counts them.  A tag other than 0 counts once more what is in tag 0.  Only the last 32 buckets of a history are
printed, so buckets are compared one by one, never their sums.  The loopback is no network that has a history.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

_TITLE: Final = "UID stats:"
#: At the line's end: the name of a network, which comes before, is anybody's text.
_HISTORY: Final = re.compile(r"ident=(.*) uid=(-?\d{1,10}) set=(\w{1,20}) tag=0x([0-9a-f]{1,16})\Z")
_BUCKET: Final = re.compile(
    r"st=(\d{1,12}) rb=(\d{1,18}) rp=(\d{1,18}) tb=(\d{1,18}) tp=(\d{1,18})( op=\d+)?\Z"
)
_UNTAGGED: Final = 0


@frozen
class Bytes:
    """What was received and sent: IP packets and their lengths."""

    received_bytes: int = 0
    received_packets: int = 0
    sent_bytes: int = 0
    sent_packets: int = 0

    def plus(self, other: Bytes) -> Bytes:
        """The sum."""
        return Bytes(
            self.received_bytes + other.received_bytes,
            self.received_packets + other.received_packets,
            self.sent_bytes + other.sent_bytes,
            self.sent_packets + other.sent_packets,
        )

    def minus(self, other: Bytes) -> Bytes:
        """The difference; parts may be negative where the history was written anew."""
        return Bytes(
            self.received_bytes - other.received_bytes,
            self.received_packets - other.received_packets,
            self.sent_bytes - other.sent_bytes,
            self.sent_packets - other.sent_packets,
        )

    @property
    def is_possible(self) -> bool:
        """Whether no part is negative."""
        return min(self.received_bytes, self.received_packets, self.sent_bytes, self.sent_packets) >= 0


#: Buckets by network, set and start.
History = Mapping[tuple[str, str, int], Bytes]


def parse(text: str, uid: int) -> History | None:
    """The buckets of a user id; empty where it had no traffic, None where the text has no such statistics."""
    if not any(line.strip() == _TITLE for line in text.splitlines()):
        return None
    found: dict[tuple[str, str, int], Bytes] = {}
    place: tuple[str, str] | None = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("ident="):
            place = _place(line, uid)
        elif place is not None and (bucket := _BUCKET.match(line)):
            start, *numbers = (int(number) for number in bucket.groups()[:5])
            key = (*place, start)
            found[key] = found.get(key, Bytes()).plus(Bytes(*numbers))
    return found


def _place(line: str, uid: int) -> tuple[str, str] | None:
    """The network and the set of a history, where it is this user id's and counts all of it."""
    history = _HISTORY.match(line)
    if history is None or int(history[2]) != uid or int(history[4], 16) != _UNTAGGED:
        return None
    return history[1], history[3]


def between(begin: History, end: History) -> Bytes | None:
    """What came in between; None where a bucket has become less: the phone's statistics were written anew."""
    total = Bytes()
    for key, now in end.items():
        grown = now.minus(begin.get(key, Bytes()))
        if not grown.is_possible:
            return None
        total = total.plus(grown)
    return total
