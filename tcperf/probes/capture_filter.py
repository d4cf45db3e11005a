"""What the kernel keeps of each frame: a classic BPF program.

It runs once a frame, compiled, where the frame is, and so it makes the checks that cost the meter most.  Of
a *plain* frame it keeps a number of bytes that tells what the frame is: ``tp_snaplen`` is then one of TAGS, or the
number of the frame's flow, where that has got one (``tcperf.probes.flow_numbers``).
Plain is what the meter can count by four values alone: IPv4 without options, not fragmented, no VLAN tag,
exactly as long as its IP header says, with TCP (flags ACK or ACK and PSH, header of 20 or 32 bytes) or UDP, that
came in by the leg of a host, from its addresses (Ethernet's and IP's), to those of a host.

All tags and numbers are odd, and no other frame is ever kept with an odd length below OURS_BELOW: it loses its last
byte.  Nothing is lost with that, for every header, and every field that is read, ends at an even place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tcperf.network.packets import PACKET_OUTGOING, Instruction
from tcperf.probes.bpf_lines import (
    ADD,
    AND,
    INTERFACE,
    JA,
    JEQ,
    JEQ_X,
    JGE,
    JSET,
    LD_B,
    LD_H,
    LD_LEN,
    LD_W,
    PACKET_TYPE,
    RET_A,
    TAX,
    VLAN_PRESENT,
    Line,
    assemble,
    keep,
    search,
)

#: ``tp_snaplen`` of a plain frame, and how many bytes of IP and transport headers such a frame has.  A frame is
#: longer than its tag; TCP's flags, at 47, are kept.
TAGS: Final = {41: 28, 53: 40, 65: 52}
UDP_TAG, TCP_TAG, TCP_TIMED_TAG = TAGS
OURS_BELOW: Final = 66

_IPV4_NO_OPTIONS: Final = 0x08004500
_ANY_SERVICE: Final = 0xFFFFFF00
_EVEN: Final = 0xFFFFFFFE
_IS_FRAGMENT: Final = 0x3FFF
_TCP, _UDP = 6, 17
#: Data offset and flags, as the header's half word has them: ACK alone, or with PSH, in a header of 20 bytes,
#: and in one of 32, as it is with time stamps.
_TCP_WORDS: Final = (0x5010, 0x5018)
_TCP_TIMED_WORDS: Final = (0x8010, 0x8018)
_ETHERNET: Final = 14
_UDP_LEAST, _TCP_LEAST, _TCP_TIMED_LEAST = 42, 54, 66
#: Where a frame has its addresses, Ethernet's and IPv4's, and behind these its ports.
_SOURCES, _TARGETS = (6, 26), (0, 30)
_TARGET_TAIL: Final = 2
_PORTS: Final = 34


class Place(NamedTuple):
    """Where a host is: its leg's interface, its hardware address and its IPv4 address, as bytes."""

    leg: int
    hardware_address: bytes
    address: bytes


class NumberedFlow(NamedTuple):
    """A flow whose plain frames are kept with a length of their own.

    ``tag`` is what they would be kept with else, ``leg`` where they come in, ``target`` the hardware address that
    they go to, and ``ports`` the source's and the target's, as the header has them.
    """

    number: int
    tag: int
    leg: int
    target: bytes
    ports: bytes


def program(
    bridge: int,
    *,
    snap: int,
    lossy: bool,
    tagged: bool,
    hosts: Sequence[Place] = (),
    numbered: Sequence[NumberedFlow] = (),
) -> tuple[Instruction, ...]:
    """The filter of a tap on a bridge whose own interface has the index ``bridge``: its instructions.

    It drops what leaves the bridge.  The bridge's own copies of frames tell what was flooded, and are all kept, for
    they are numbered.  ``lossy`` keeps what leaves, and none of the bridge's copies.  ``tagged``: plain incoming
    frames between ``hosts`` are kept as short as their number, or their tag.  Every other frame is kept up to
    ``snap`` bytes.
    """
    return assemble(
        (
            Line(LD_W, PACKET_TYPE),
            Line(JEQ, PACKET_OUTGOING, if_false="incoming"),
            Line(JA, if_true="other" if lossy else "drop"),
            *((*_CLASSIFY, *_between(hosts, numbered)) if tagged else (_ANYTHING,)),
            *(_all_but(bridge) if lossy else (Line(LD_LEN, label="other"),)),
            *(_NOT_OURS if tagged else ()),
            keep(snap, "snap"),
            keep(0, "drop"),
        )
    )


def _all_but(bridge: int) -> Iterator[Line]:
    yield Line(LD_W, INTERFACE, label="other")
    yield Line(JEQ, bridge, if_true="drop")
    yield Line(LD_LEN)


_ANYTHING: Final = Line(JA, if_true="other", label="incoming")
_NOT_OURS: Final = (Line(JGE, OURS_BELOW, if_true="snap"), Line(AND, _EVEN), Line(RET_A))
_CLASSIFY: Final = (
    Line(LD_W, VLAN_PRESENT, label="incoming"),
    Line(JEQ, 0, if_false="not plain"),
    Line(LD_LEN),  # a load behind a frame's end would drop it
    Line(JGE, _UDP_LEAST, if_false="not plain"),
    Line(LD_W, 12),  # Ethernet's type, IP's version and header length, its service
    Line(AND, _ANY_SERVICE),
    Line(JEQ, _IPV4_NO_OPTIONS, if_false="not plain"),
    Line(LD_H, 20),
    Line(JSET, _IS_FRAGMENT, if_true="not plain"),
    Line(LD_H, 16),  # IP's length
    Line(ADD, _ETHERNET),
    Line(TAX),
    Line(LD_LEN),
    Line(JEQ_X, if_false="not plain"),
    Line(JA, if_true="plain"),
    Line(JA, if_true="other", label="not plain"),
)


def _between(hosts: Sequence[Place], numbered: Sequence[NumberedFlow]) -> list[Line]:
    """From a host by its own leg, to a host; everybody else goes on to "other"."""
    pairs: dict[tuple[int, bytes], list[NumberedFlow]] = {}
    for flow in numbered:
        pairs.setdefault((flow.leg, flow.target), []).append(flow)
    lines = [Line(LD_W, INTERFACE, label="plain")]
    for number, host in enumerate(hosts):
        has_numbers = any(leg == host.leg for leg, _target in pairs)
        lines += [
            Line(JEQ, host.leg, if_false=f"from {number + 1}", label=f"from {number}"),
            *_addresses(host, _SOURCES, f"no {number}"),
            Line(JA, if_true=f"of {host.leg}" if has_numbers else "to"),
            Line(JA, if_true="other", label=f"no {number}"),
        ]
    lines.append(Line(JA, if_true="other", label=f"from {len(hosts)}"))
    for leg in {leg: None for leg, _target in pairs}:
        receivers = [host for host in hosts if (leg, host.hardware_address) in pairs]
        lines += _to(receivers, f"of {leg}", [f"{leg} {host.leg}" for host in receivers], "to")
        for host in receivers:
            lines += _tag(pairs[leg, host.hardware_address], f"{leg} {host.leg}")
    return [*lines, *_to(hosts, "to", ["any"] * len(hosts), "other"), *_tag((), "any")]


def _to(hosts: Sequence[Place], label: str, found: Sequence[str], otherwise: str) -> Iterator[Line]:
    """Go on to what stands in ``found`` for the host that the frame goes to; ``otherwise`` if it is none of them."""
    yield Line(LD_W, _TARGET_TAIL, label=label)
    for number, (host, name) in enumerate(zip(hosts, found, strict=True)):
        here, behind, strange = f"{label} {number}", f"{label} {number + 1}", f"{label} not {number}"
        yield Line(JEQ, _word(host.hardware_address[2:]), if_false=behind, label=here)
        yield from _rest_of_addresses(host, _TARGETS, strange)
        yield Line(JA, if_true=name)
        yield Line(JA, if_true="other", label=strange)
    yield Line(JA, if_true=otherwise, label=f"{label} {len(hosts)}")


def _addresses(host: Place, offsets: tuple[int, int], otherwise: str) -> Iterator[Line]:
    """Compare a host's addresses with those at the offsets."""
    yield Line(LD_W, offsets[0] + 2)
    yield Line(JEQ, _word(host.hardware_address[2:]), if_false=otherwise)
    yield from _rest_of_addresses(host, offsets, otherwise)


def _rest_of_addresses(host: Place, offsets: tuple[int, int], otherwise: str) -> Iterator[Line]:
    """Compare all but the hardware address's last four bytes."""
    ethernet, ip = offsets
    yield Line(LD_H, ethernet)
    yield Line(JEQ, _word(host.hardware_address[:2]), if_false=otherwise)
    yield Line(LD_W, ip)
    yield Line(JEQ, _word(host.address), if_false=otherwise)


def _tag(flows: Sequence[NumberedFlow], label: str) -> Iterator[Line]:
    """The number of a frame between two hosts, if it is of one of these flows, or its tag."""
    udp, tcp, timed, is_timed, neither = (
        f"{label} {name}" for name in ("udp", "tcp", "timed", "?", "neither")
    )
    yield Line(LD_B, 23, label=label)
    yield Line(JEQ, _UDP, if_true=udp)
    yield Line(JEQ, _TCP, if_false=neither)
    yield Line(LD_LEN)
    yield Line(JGE, _TCP_LEAST, if_false=neither)
    yield Line(LD_H, 46)  # data offset and flags
    yield from (Line(JEQ, word, if_true=tcp) for word in _TCP_WORDS)
    yield from (Line(JEQ, word, if_true=is_timed) for word in _TCP_TIMED_WORDS)
    yield Line(JA, if_true="other", label=neither)
    yield Line(LD_LEN, label=is_timed)
    yield Line(JGE, _TCP_TIMED_LEAST, if_true=timed)
    yield Line(JA, if_true="other")
    for name, tag in ((timed, TCP_TIMED_TAG), (tcp, TCP_TAG), (udp, UDP_TAG)):
        yield Line(LD_W, _PORTS, label=name)
        words = sorted((_word(flow.ports), flow.number) for flow in flows if flow.tag == tag)
        yield from search(words, tag, f"{name} of")


def _word(address: bytes) -> int:
    return int.from_bytes(address, "big")
