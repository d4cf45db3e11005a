#!/usr/bin/env python3
"""Time `tcperf analyze` on captures of several kinds: packets a second, and the memory that it takes.

Captures are made in a temporary folder: twenty conversations of small messages and their acknowledgements, as
of a chat, with short connections now and then, datagrams and ARP.  The speed is of such traffic: a few hundred
flows that go on, TCP in order.  Segments that come again, or behind a gap, take about twice as long; a frame that
is the first of its flow, as in a scan, takes some twenty times as long.  Every measurement is a process of its own;
rounds are interleaved, so that a slow moment of the machine hits every kind; the table shows medians.  dpkt's
reader, which does nothing with what it reads, stands beside.
"""

from __future__ import annotations

import argparse
import random
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tcperf.captures import blocks

#: Packets a second that are to be reached.
AIM_FAST, AIM = 500_000, 300_000
FLAGS_SYN, FLAGS_ACK, FLAGS_PUSH, FLAGS_FIN = 0x02, 0x10, 0x18, 0x11
CONVERSATIONS, NODES = 20, 8
BEGIN_NS, STEP_NS = 1_700_000_000_000_000_000, 50_000
CHUNK = 1 << 20
HEADER = 66
#: Payload of messages in bytes: what a chat's gossip has, and a few larger ones.
SIZES = (40, 90, 140, 220, 380, 700, 1300)

_PROBE = """
import sys, time
from tcperf.captures.analysis import analyze
started = time.perf_counter()
found = analyze(sys.argv[1])
seconds = time.perf_counter() - started
"""
_BARE = """
import sys, time, dpkt
started = time.perf_counter()
class found:
    cut = None
    with open(sys.argv[1], "rb") as file:
        packets = sum(1 for _record in dpkt.pcap.Reader(file))
seconds = time.perf_counter() - started
"""
#: The largest resident set since the program began: what wait4 tells of a child begins with its parent's.
_TELL = """
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(found.packets, seconds, int(peak.split()[1]) * 1024, found.cut)
"""


class Segment(NamedTuple):
    """A frame to be made: between whom, with what, and how many bytes of payload."""

    source: int
    target: int
    kind: str
    ports: tuple[int, int]
    size: int = 0
    sequence: int = 0
    flags: int = FLAGS_ACK


class Talk:
    """A TCP conversation between two nodes: connects, sends messages either way, and ends."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._ends = tuple(rng.sample(range(NODES), 2))

    def __iter__(self) -> Iterator[Segment]:
        while True:
            yield from self._connection()

    def _connection(self) -> Iterator[Segment]:
        ports = (self._rng.randrange(32_768, 61_000), 30_303)
        numbers = [self._rng.randrange(1 << 32), self._rng.randrange(1 << 32)]
        for side, flags in ((0, FLAGS_SYN), (1, FLAGS_SYN | FLAGS_ACK), (0, FLAGS_ACK)):
            yield self._segment(side, ports, numbers, flags)
        for _message in range(self._rng.choice((3, 2000, 5000))):
            side = self._rng.randrange(2)
            yield self._segment(side, ports, numbers, FLAGS_PUSH, self._rng.choice(SIZES))
            yield self._segment(1 - side, ports, numbers, FLAGS_ACK)
        yield self._segment(0, ports, numbers, FLAGS_FIN)
        yield self._segment(1, ports, numbers, FLAGS_FIN)

    def _segment(
        self, side: int, ports: tuple[int, int], numbers: list[int], flags: int, size: int = 0
    ) -> Segment:
        source, target = self._ends[side], self._ends[1 - side]
        made = Segment(source, target, "tcp", (ports[side], ports[1 - side]), size, numbers[side], flags)
        numbers[side] = (numbers[side] + size + (flags in {FLAGS_SYN, FLAGS_SYN | FLAGS_ACK, FLAGS_FIN})) % (
            1 << 32
        )
        return made


def segments(count: int) -> Iterator[Segment]:
    """The mix: nine of ten are TCP's, the others datagrams, and now and then an ARP request."""
    rng = random.Random(count)
    talks = [iter(Talk(rng)) for _ in range(CONVERSATIONS)]
    for number in range(count):
        if number % 1000 == 999:
            yield Segment(rng.randrange(NODES), 0, "arp", (0, 0))
        elif number % 10 == 9:
            source, target = rng.sample(range(NODES), 2)
            yield Segment(source, target, "udp", (30_303, 30_303), rng.choice(SIZES))
        else:
            yield next(rng.choice(talks))


def transport(segment: Segment) -> bytes:
    """Headers of TCP (with time stamps) or UDP."""
    if segment.kind == "udp":
        return struct.pack(">HHHH", *segment.ports, 8 + segment.size, 0)
    head = struct.pack(">HHIIBBHHH", *segment.ports, segment.sequence, 0, 0x80, segment.flags, 500, 0, 0)
    return head + b"\x01\x01\x08\x0a" + bytes(8)


def ipv4(segment: Segment) -> tuple[int, bytes]:
    """Ethernet's type, and the packet."""
    above = transport(segment) + bytes(segment.size)
    number = 17 if segment.kind == "udp" else 6
    ends = bytes((10, 0, 0, segment.source + 1, 10, 0, 0, segment.target + 1))
    return 0x0800, struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(above), 0, 0x4000, 64, number, 0) + ends + above


def ipv6(segment: Segment) -> tuple[int, bytes]:
    """Ethernet's type, and the packet."""
    above = transport(segment) + bytes(segment.size)
    number = 17 if segment.kind == "udp" else 6
    ends = b"".join(b"\xfd" + bytes(14) + bytes((end + 1,)) for end in (segment.source, segment.target))
    return 0x86DD, struct.pack(">IHBB", 0x60000000, len(above), number, 64) + ends + above


def arp(segment: Segment) -> tuple[int, bytes]:
    """A request to all."""
    sender = mac(segment.source) + bytes((10, 0, 0, segment.source + 1))
    return 0x0806, bytes.fromhex("0001080006040001") + sender + bytes(6) + bytes((10, 0, 0, 9))


def mac(node: int) -> bytes:
    """A node's hardware address."""
    return bytes((2, 0, 0, 0, 0, node + 1))


def ethernet(segment: Segment, ethertype: int, packet: bytes) -> bytes:
    """The frame on Ethernet."""
    target = b"\xff" * 6 if segment.kind == "arp" else mac(segment.target)
    return target + mac(segment.source) + struct.pack(">H", ethertype) + packet


def cooked(segment: Segment, ethertype: int, packet: bytes) -> bytes:
    """The frame as Linux's `any` shows it."""
    return (
        struct.pack(">HHH", 0, 1, 6) + mac(segment.source) + bytes(2) + struct.pack(">H", ethertype) + packet
    )


def bare(_segment: Segment, _ethertype: int, packet: bytes) -> bytes:
    """No link header at all."""
    return packet


class Kind(NamedTuple):
    """A kind of capture: its link type, how frames are made, and what it is stored as."""

    link: int
    network: Callable[[Segment], tuple[int, bytes]]
    frame: Callable[[Segment, int, bytes], bytes]
    is_pcapng: bool = False
    headers_only: bool = False
    aim: int = AIM


KINDS = {
    "pcap, Ethernet, IPv4": Kind(1, ipv4, ethernet, aim=AIM_FAST),
    "pcap, Ethernet, IPv6": Kind(1, ipv6, ethernet),
    "pcap, Linux cooked": Kind(113, ipv4, cooked),
    "pcap, raw IP": Kind(101, ipv4, bare),
    "pcapng, Ethernet, IPv4": Kind(1, ipv4, ethernet, is_pcapng=True),
    "pcapng, headers only": Kind(1, ipv4, ethernet, is_pcapng=True, headers_only=True),
    "pcapng, Ethernet, IPv6": Kind(1, ipv6, ethernet, is_pcapng=True),
}
DPKT = "dpkt.pcap.Reader alone"


def write(path: Path, kind: Kind, count: int) -> None:
    """Make a capture of ``count`` packets."""
    with path.open("wb", buffering=CHUNK) as file:
        file.write(pcapng_header(kind) if kind.is_pcapng else pcap_header(kind))
        for number, segment in enumerate(segments(count)):
            if segment.kind == "arp" and kind.link == KINDS["pcap, raw IP"].link:
                continue  # there is none without a link
            frame = kind.frame(segment, *(arp if segment.kind == "arp" else kind.network)(segment))
            kept = frame[:HEADER] if kind.headers_only else frame
            file.write((pcapng_record if kind.is_pcapng else pcap_record)(number, kept, len(frame)))


def pcap_header(kind: Kind) -> bytes:
    """A pcap file's header, little-endian, in microseconds."""
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, kind.link)


def pcap_record(number: int, kept: bytes, length: int) -> bytes:
    """A record of a frame."""
    seconds, rest = divmod(BEGIN_NS + number * STEP_NS, 1_000_000_000)
    return struct.pack("<IIII", seconds, rest // 1000, len(kept), length) + kept


def pcapng_header(kind: Kind) -> bytes:
    """A section's header and one interface, in nanoseconds."""
    section = struct.pack("<IHHq", blocks.BYTE_ORDER_MAGIC, *blocks.VERSION, -1)
    resolution = blocks.options([blocks.option(blocks.IF_TSRESOL, b"\x09")])
    interface = struct.pack("<HHI", kind.link, 0, 0) + resolution
    return blocks.block(blocks.SECTION_HEADER, section) + blocks.block(
        blocks.INTERFACE_DESCRIPTION, interface
    )


def pcapng_record(number: int, kept: bytes, length: int) -> bytes:
    """An enhanced packet block."""
    time_ns = BEGIN_NS + number * STEP_NS
    head = struct.pack("<IIIII", 0, time_ns >> 32, time_ns & 0xFFFFFFFF, len(kept), length)
    return blocks.block(blocks.ENHANCED_PACKET, head + blocks.padded(kept))


class Figures(NamedTuple):
    """Of one measurement."""

    packets_per_s: float
    peak_bytes: int


def measure(program: str, path: Path) -> Figures:
    """Run a program that reads the capture."""
    done = subprocess.run(
        [sys.executable, "-c", program + _TELL, str(path)], capture_output=True, text=True, check=True
    )
    packets, seconds, peak, cut = done.stdout.split(maxsplit=3)
    if cut.strip() != "None":
        raise RuntimeError(f"{path} was not read to its end: {cut}")
    return Figures(int(packets) / float(seconds), int(peak))


def compete(folder: Path, count: int, rounds: int, names: Sequence[str]) -> dict[str, list[Figures]]:
    """Every kind's figures, round by round; every other round runs in reverse order."""
    contestants = {}
    for number, name in enumerate(names):
        path = folder / f"{number}.{'pcapng' if KINDS[name].is_pcapng else 'pcap'}"
        write(path, KINDS[name], count)
        contestants[name] = (_PROBE, path)
        if not KINDS[name].is_pcapng:
            contestants.setdefault(DPKT, (_BARE, path))
    found: dict[str, list[Figures]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in list(contestants) if number % 2 == 0 else reversed(contestants):
            found[name].append(measure(*contestants[name]))
    return found


def table(found: dict[str, list[Figures]]) -> Iterator[str]:
    """A line a contestant: medians, and the lowest and highest rate."""
    yield f"{'':24} {'packets/s':>10} {'lowest':>10} {'highest':>10} {'aim':>8} {'peak MiB':>9}"
    for name, figures in found.items():
        rates = [each.packets_per_s for each in figures]
        peak = statistics.median(each.peak_bytes for each in figures) / (1 << 20)
        aim = f"{KINDS[name].aim:,}" if name in KINDS else ""
        numbers = f"{statistics.median(rates):10,.0f} {min(rates):10,.0f} {max(rates):10,.0f}"
        yield f"{name:24} {numbers} {aim:>8} {peak:9.1f}"


def too_slow(found: dict[str, list[Figures]]) -> list[str]:
    """The kinds that do not reach their aim."""
    return [
        name
        for name, kind in KINDS.items()
        if name in found and statistics.median(each.packets_per_s for each in found[name]) < kind.aim
    ]


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 if --check is given and an aim is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packets", type=int, default=500_000, help="in each capture (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--kind", action="append", choices=KINDS, help="may be repeated (default: all)")
    parser.add_argument("--check", action="store_true", help="fail where an aim is missed")
    arguments = parser.parse_args(argv)
    if arguments.packets < 1 or arguments.rounds < 1:
        parser.error("packets and rounds are from 1 on")
    with tempfile.TemporaryDirectory() as folder:
        found = compete(Path(folder), arguments.packets, arguments.rounds, arguments.kind or list(KINDS))
    print(f"{arguments.packets:,} packets, {arguments.rounds} rounds")
    print("\n".join(table(found)))
    missed = too_slow(found)
    if missed:
        print(f"too slow: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
