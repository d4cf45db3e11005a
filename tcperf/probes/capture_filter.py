"""What the kernel keeps of each frame: a classic BPF program (Documentation/networking/filter.rst).

It runs once a frame, compiled, where the frame is, and so it makes the checks that cost the meter most.  Of
a *plain* frame it keeps a number of bytes that tells what the frame is: ``tp_snaplen`` is then one of TAGS.
Plain is what the meter can count by four values alone: IPv4 without options, not fragmented, no VLAN tag,
exactly as long as its IP header says, with TCP (flags ACK or ACK and PSH, header of 20 or 32 bytes) or UDP, that
came in by the leg of a host, from its addresses (Ethernet's and IP's), to those of a host.

No other frame is ever kept with such a length: one that is just so long loses its last byte or two, which
are behind every header that could fit into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tcperf.network.packets import PACKET_OUTGOING, Instruction

#: ``tp_snaplen`` of a plain frame, and how many bytes of IP and transport headers such a frame has.
TAGS: Final = {40: 28, 48: 40, 49: 52}
_UDP_TAG, _TCP_TAG, _TCP_TIMED_TAG = TAGS
_CUT_TO: Final = {40: 39, 48: 47, 49: 47}

#: <linux/bpf_common.h>: load a word, half word, byte, or the frame's length; compare; add; copy; return.
_LD_W, _LD_H, _LD_B, _LD_LEN = 0x20, 0x28, 0x30, 0x80
_JEQ, _JGE, _JSET, _JEQ_X, _JA = 0x15, 0x35, 0x45, 0x1D, 0x05
_ADD, _AND, _TAX, _RET = 0x04, 0x54, 0x07, 0x06
#: <linux/filter.h>: what is known of a frame beside its bytes.
_ANCILLARY: Final = 0xFFFFF000
_PACKET_TYPE, _INTERFACE, _VLAN_PRESENT = _ANCILLARY + 4, _ANCILLARY + 8, _ANCILLARY + 48

_IPV4_NO_OPTIONS: Final = 0x08004500
_ANY_SERVICE: Final = 0xFFFFFF00
_IS_FRAGMENT: Final = 0x3FFF
_TCP, _UDP = 6, 17
#: Data offset and flags, as the header's half word has them: ACK alone, or with PSH, in a header of 20 bytes,
#: and in one of 32, as it is with time stamps.
_TCP_WORDS: Final = (0x5010, 0x5018)
_TCP_TIMED_WORDS: Final = (0x8010, 0x8018)
_ETHERNET: Final = 14
_UDP_LEAST, _TCP_LEAST, _TCP_TIMED_LEAST = 42, 54, 66
#: Where a frame has its addresses: Ethernet's and IPv4's.
_SOURCES, _TARGETS = (6, 26), (0, 30)
_TARGET_TAIL: Final = 2


class Place(NamedTuple):
    """Where a host is: its leg's interface, its hardware address and its IPv4 address, as bytes."""

    leg: int
    hardware_address: bytes
    address: bytes


class _Line(NamedTuple):
    """One instruction.  Jumps name labels, "" is the next instruction; ``label`` is its own."""

    code: int
    value: int = 0
    if_true: str = ""
    if_false: str = ""
    label: str = ""


def program(
    bridge: int, *, snap: int, lossy: bool, tagged: bool, hosts: Sequence[Place] = ()
) -> tuple[Instruction, ...]:
    """The filter of a tap on a bridge whose own interface has the index ``bridge``: its instructions.

    It drops the bridge's own copies of frames, and of outgoing frames all but broadcast and multicast;
    ``lossy`` keeps these, too.  ``tagged``: plain incoming frames between ``hosts`` are kept as short as their tag.
    Every other frame is kept up to ``snap`` bytes.
    """
    return _assemble(
        (
            _Line(_LD_W, _INTERFACE),
            _Line(_JEQ, bridge, if_false="port"),
            _keep(0),
            _Line(_LD_W, _PACKET_TYPE, label="port"),
            _Line(_JEQ, PACKET_OUTGOING, if_false="incoming"),
            _Line(_JA, if_true="outgoing"),
            *((*_CLASSIFY, *_between(hosts), *_TAG) if tagged else (_keep(snap, "incoming"),)),
            _Line(_LD_B, 0, label="outgoing"),
            *(() if lossy else (_Line(_JSET, 1, if_false="drop"),)),
            _Line(_LD_LEN, label="other"),
            *(_Line(_JEQ, tag, if_true=f"cut to {_CUT_TO[tag]}") for tag in TAGS if tagged),
            _keep(snap),
            *(_keep(length, f"cut to {length}") for length in sorted(set(_CUT_TO.values()))),
            _keep(0, "drop"),
        )
    )


def _keep(length: int, label: str = "") -> _Line:
    return _Line(_RET, length, label=label)


_CLASSIFY: Final = (
    _Line(_LD_W, _VLAN_PRESENT, label="incoming"),
    _Line(_JEQ, 0, if_false="not plain"),
    _Line(_LD_LEN),  # a load behind a frame's end would drop it
    _Line(_JGE, _UDP_LEAST, if_false="not plain"),
    _Line(_LD_W, 12),  # Ethernet's type, IP's version and header length, its service
    _Line(_AND, _ANY_SERVICE),
    _Line(_JEQ, _IPV4_NO_OPTIONS, if_false="not plain"),
    _Line(_LD_H, 20),
    _Line(_JSET, _IS_FRAGMENT, if_true="not plain"),
    _Line(_LD_H, 16),  # IP's length
    _Line(_ADD, _ETHERNET),
    _Line(_TAX),
    _Line(_LD_LEN),
    _Line(_JEQ_X, if_false="not plain"),
    _Line(_JA, if_true="plain"),
    _Line(_JA, if_true="other", label="not plain"),
)
_TAG: Final = (
    _Line(_LD_B, 23, label="tag"),
    _Line(_JEQ, _UDP, if_true="udp"),
    _Line(_JEQ, _TCP, if_false="other"),
    _Line(_LD_LEN),
    _Line(_JGE, _TCP_LEAST, if_false="other"),
    _Line(_LD_H, 46),  # data offset and flags
    *(_Line(_JEQ, word, if_true="tcp") for word in _TCP_WORDS),
    *(_Line(_JEQ, word, if_true="timed") for word in _TCP_TIMED_WORDS),
    _Line(_JSET, 0, if_false="other"),
    _Line(_LD_LEN, label="timed"),
    _Line(_JGE, _TCP_TIMED_LEAST, if_false="other"),
    _keep(_TCP_TIMED_TAG),
    _keep(_TCP_TAG, "tcp"),
    _keep(_UDP_TAG, "udp"),
)


def _between(hosts: Sequence[Place]) -> tuple[_Line, ...]:
    """From a host by its own leg, to a host; everybody else goes on to "other"."""
    lines = [_Line(_LD_W, _INTERFACE, label="plain")]
    for number, host in enumerate(hosts):
        lines += [
            _Line(_JEQ, host.leg, if_false=f"from {number + 1}", label=f"from {number}"),
            *_addresses(host, _SOURCES, f"no {number}"),
            _Line(_JA, if_true="to"),
            _Line(_JA, if_true="other", label=f"no {number}"),
        ]
    lines += [_Line(_JA, if_true="other", label=f"from {len(hosts)}"), _Line(_LD_W, _TARGET_TAIL, label="to")]
    for number, host in enumerate(hosts):
        lines += [
            _Line(_JEQ, _word(host.hardware_address[2:]), if_false=f"to {number + 1}", label=f"to {number}"),
            *_addresses(host, _TARGETS, f"not {number}"),
            _Line(_JA, if_true="tag"),
            _Line(_JA, if_true="other", label=f"not {number}"),
        ]
    return (*lines, _Line(_JA, if_true="other", label=f"to {len(hosts)}"))


def _addresses(host: Place, offsets: tuple[int, int], otherwise: str) -> Iterator[_Line]:
    """Compare a host's addresses with those at the offsets."""
    ethernet, ip = offsets
    yield _Line(_LD_W, ethernet + 2)
    yield _Line(_JEQ, _word(host.hardware_address[2:]), if_false=otherwise)
    yield _Line(_LD_H, ethernet)
    yield _Line(_JEQ, _word(host.hardware_address[:2]), if_false=otherwise)
    yield _Line(_LD_W, ip)
    yield _Line(_JEQ, _word(host.address), if_false=otherwise)


def _word(address: bytes) -> int:
    return int.from_bytes(address, "big")


def _assemble(lines: Sequence[_Line]) -> tuple[Instruction, ...]:
    """Labels as the kernel has them: jumps count the instructions that they skip."""
    places = {line.label: place for place, line in enumerate(lines) if line.label}

    def skipped(label: str, place: int) -> int:
        return places[label] - place - 1 if label else 0

    return tuple(
        (line.code, 0, 0, skipped(line.if_true, here))
        if line.code == _JA  # which alone may go further than 255 instructions
        else (line.code, skipped(line.if_true, here), skipped(line.if_false, here), line.value)
        for here, line in enumerate(lines)
    )
