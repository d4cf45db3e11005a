"""Where a run's bytes went: rows of what nodes exchanged, and what shows that none is missing."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

TransportProtocol = Literal["tcp", "udp", "icmp", "arp", "other"]
Direction = Literal["sent", "received"]
#: What a port is for: the nodes' own talk, the API that drives them, or neither.
Role = Literal["p2p", "control", "other"]

#: Peers that are no node; a node's name has no parenthesis.
MULTICAST, BROADCAST, OUTSIDE = "(multicast)", "(broadcast)", "(outside)"


@frozen
class Traffic:
    """What a node exchanged with one peer over one protocol during one phase, in one direction.

    ``phase`` is empty for what passed outside of every phase.  ``peer`` is a node's name, MULTICAST or
    BROADCAST, or OUTSIDE where the frame's address is nobody's.  ``frame_bytes`` are those of the interface
    (Ethernet header in, FCS out), ``ip_bytes`` the IP lengths (0 for ARP), ``payload_bytes`` what lies above
    the headers of TCP, UDP and ICMP.  A retransmission is a TCP segment that takes up sequence numbers and
    begins below the highest that its sender had sent.  ``connections`` were opened by the node that sent
    their first SYN: they stand in its ``sent`` row, and in its peer's ``received`` row; short ones ended within
    a second, and count in the phase in which they ended.
    """

    phase: str
    node: str
    direction: Direction
    peer: str
    protocol: TransportProtocol
    role: Role
    frame_bytes: int
    ip_bytes: int
    payload_bytes: int
    packets: int
    retransmissions: int = 0
    connections: int = 0
    short_connections: int = 0


@frozen
class Account:
    """One node and one direction over a whole run: what was captured beside what its interface counted.

    ``control`` is what the driving API sent over the node's interface (nothing, where it has its own
    loopback), ``unknown`` what has no known peer.
    """

    node: str
    direction: Direction
    attributed_bytes: int
    control_bytes: int
    unknown_bytes: int
    counted_bytes: int
    attributed_packets: int
    control_packets: int
    unknown_packets: int
    counted_packets: int

    @property
    def captured_packets(self) -> int:
        """Attributed + control + unknown, in frames."""
        return self.attributed_packets + self.control_packets + self.unknown_packets

    @property
    def closes(self) -> bool:
        """Attributed + control + unknown = the interface's counter, in bytes and in frames."""
        return (
            self.attributed_bytes + self.control_bytes + self.unknown_bytes == self.counted_bytes
            and self.captured_packets == self.counted_packets
        )


@frozen
class Capture:
    """How complete a run's capture was: every frame is in ``traffic``, or it is said how many are not.

    ``packets`` counts a frame where it left its node, and copies (``copies_packets``): of broadcast and multicast one
    a receiver, told by the bridge's own copy, and over lossy links every frame that arrives.
    ``lost_packets`` did not fit into the ring; ``late_cuts`` are phase edges that came too late to be cut at
    their time.  ``file`` is the capture that was kept, relative to the report; None where none was asked for.
    """

    packets: int
    lost_packets: int
    late_cuts: int
    accounts: tuple[Account, ...]
    file: str | None = None

    @property
    def sent_packets(self) -> int:
        """The frames that were captured where they left their nodes, each once; a kept capture holds these."""
        return sum(each.captured_packets for each in self.accounts if each.direction == "sent")

    @property
    def copies_packets(self) -> int:
        """The other ones: those that were seen where they leave the bridge."""
        return max(0, self.packets - self.sent_packets)

    @property
    def is_exact(self) -> bool:
        """Whether nothing was lost, and the captured bytes are the counted ones."""
        return not self.lost_packets and not self.late_cuts and all(each.closes for each in self.accounts)


@frozen
class Closing:
    """The traffic identity of a private network, read after its nodes had stopped.

    sent + copies - lost = received, in bytes and in frames.  ``copies_bytes`` is what the bridge added by
    copying (or, negative, took away by not flooding) broadcast and multicast frames; ``lost_bytes`` what an
    emulated link lost on purpose.  The kernel counts dropped frames, not their bytes: ``dropped_packets``
    explains an identity that does not close.
    """

    sent_bytes: int
    received_bytes: int
    sent_packets: int
    received_packets: int
    copies_bytes: int
    copies_packets: int
    dropped_packets: int
    lost_bytes: int = 0
    lost_packets: int = 0

    @property
    def closes(self) -> bool:
        """Whether every byte and every frame sent was received, to the byte."""
        return (
            self.sent_bytes + self.copies_bytes - self.lost_bytes == self.received_bytes
            and self.sent_packets + self.copies_packets - self.lost_packets == self.received_packets
        )
