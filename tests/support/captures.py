"""Captures made by hand: files of every format and link type, and conversations to fill them."""

import struct

PCAP_MAGICS = {1000: 0xA1B2C3D4, 1: 0xA1B23C4D}
BEGIN_NS = 1_700_000_000_000_000_000
STEP_NS = 40_000_000
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHERNET, SLL, SLL2, RAW, NULL, LOOP = 1, 113, 276, 101, 0, 108
LINKS = (ETHERNET, SLL, SLL2, RAW, 12, 228, NULL, LOOP)


# --- files ---------------------------------------------------------------------------------------------


def pcap(frames, *, link=ETHERNET, order="<", unit_ns=1000, snap=None, extra=0, magic=None):
    """A pcap file of ``frames``, each bytes or (time_ns, bytes); ``snap`` cuts them."""
    made = [struct.pack(f"{order}IHHiIII", magic or PCAP_MAGICS[unit_ns], 2, 4, 0, 0, 262_144, link)]
    for time_ns, data in timed(frames):
        seconds, rest = divmod(time_ns, 1_000_000_000)
        kept = data[:snap]
        made.append(struct.pack(f"{order}IIII", seconds, rest // unit_ns, len(kept), len(data)))
        made.append(bytes(extra) + kept)
    return b"".join(made)


def timed(frames):
    for number, frame in enumerate(frames):
        yield (BEGIN_NS + number * STEP_NS, frame) if isinstance(frame, bytes) else frame


def padded(data):
    return data + bytes(-len(data) % 4)


def option(order, code, value):
    return struct.pack(f"{order}HH", code, len(value)) + padded(value)


def block(order, kind, body, *, options=()):
    told = b"".join(option(order, code, value) for code, value in options)
    whole = body + told + (bytes(4) if told else b"")
    length = struct.pack(f"{order}I", 12 + len(whole))
    return struct.pack(f"{order}I", kind) + length + whole + length


def section(order="<", *, options=(), version=1):
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, version, 0, -1), options=options)


def interface(order="<", *, link=ETHERNET, snap=0, options=()):
    return block(order, 1, struct.pack(f"{order}HHI", link, 0, snap), options=options)


def packet(data, ticks, *, order="<", number=0, length=None, options=()):
    head = struct.pack(
        f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), length or len(data)
    )
    return block(order, 6, head + padded(data), options=options)


def old_packet(data, ticks, *, order="<", number=0, drops=0xFFFF):
    head = struct.pack(f"{order}HHIIII", number, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 2, head + padded(data))


def simple_packet(data, length=None, *, order="<"):
    return block(order, 3, struct.pack(f"{order}I", length or len(data)) + padded(data))


def names(records, order="<"):
    """A name resolution block of {address (bytes): name (bytes)}."""
    told = b"".join(
        option(order, 1 if len(address) == 4 else 2, address + name + b"\0")
        for address, name in records.items()
    )
    return block(order, 4, told + bytes(4))


def statistics(options, *, order="<", number=0):
    return block(order, 5, struct.pack(f"{order}III", number, 0, 0), options=options)


def pcapng(frames, *, link=ETHERNET, order="<", snap=None, options=((9, b"\x09"),)):
    """A pcapng file with one interface, whose clock counts nanoseconds."""
    made = [section(order), interface(order, link=link, options=options)]
    made += [packet(data[:snap], time_ns, order=order, length=len(data)) for time_ns, data in timed(frames)]
    return b"".join(made)


# --- frames --------------------------------------------------------------------------------------------


def mac(node):
    return bytes((2, 0, 0, 0, 0, node))


def ip4(node):
    return bytes((10, 0, 0, node))


def ip6(node):
    return b"\xfd" + bytes(14) + bytes((node,))


def framed(link, ethertype, packet_bytes, *, source=1, target=2, group=None, pad=False):
    """A packet on a link; ``group`` is a group's MAC; ``pad`` fills up Ethernet's shortest frame."""
    kind = {None: 0, b"\xff" * 6: 1}.get(group, 2)
    if link == ETHERNET:
        frame = (group or mac(target)) + mac(source) + struct.pack(">H", ethertype) + packet_bytes
        return frame + bytes(max(0, 60 - len(frame))) if pad else frame
    if link == SLL:
        return (
            struct.pack(">HHH", kind, 1, 6)
            + mac(source)
            + bytes(2)
            + struct.pack(">H", ethertype)
            + packet_bytes
        )
    if link == SLL2:
        return struct.pack(">HHiHBB", ethertype, 0, 3, 1, kind, 6) + mac(source) + bytes(2) + packet_bytes
    if link in {NULL, LOOP}:
        family = 2 if ethertype == 0x0800 else 30
        return struct.pack("<I" if link == NULL else ">I", family) + packet_bytes
    return packet_bytes


def ipv4(source, target, number, above, *, options=b"", total=None, fragment=0x4000, ident=7, first=None):
    header = 20 + len(options)
    return (
        struct.pack(
            ">BBHHHBBH",
            0x40 | header // 4 if first is None else first,
            0,
            header + len(above) if total is None else total,
            ident,
            fragment,
            64,
            number,
            0,
        )
        + (ip4(source) + ip4(target) if isinstance(target, int) else ip4(source) + target)
        + options
        + above
    )


def ipv6(source, target, number, above, *, extensions=(), length=None):
    """``extensions`` are (number, bytes behind the next header's number)."""
    chain, following = b"", number
    for kind, rest in reversed(extensions):
        chain = bytes((following,)) + rest + chain
        following = kind
    behind = len(chain) + len(above) if length is None else length
    to = ip6(target) if isinstance(target, int) else target
    return struct.pack(">IHBB", 0x60000000, behind, following, 64) + ip6(source) + to + chain + above


def tcp(ports, sequence, size=0, *, flags=ACK, options=b"", offset=None):
    words = 5 + len(options) // 4 if offset is None else offset
    head = struct.pack(">HHIIBBHHH", *ports, sequence % 2**32, 0, words << 4, flags, 500, 0, 0)
    return head + options + bytes(size)


def udp(ports, size=0):
    return struct.pack(">HHHH", *ports, 8 + size, 0) + bytes(size)


def arp(source, target):
    return bytes.fromhex("0001080006040001") + mac(source) + ip4(source) + bytes(6) + ip4(target)


TIMES = b"\x01\x01\x08\x0a" + bytes(8)


class Conversation:
    """TCP between two nodes as frames on a link; each side's next number is kept."""

    def __init__(self, one=1, other=2, *, link=ETHERNET, ports=(40_000, 7000), start=1000, version=4):
        self.link, self.version = link, version
        self.ends = (one, other)
        self.ports = ports
        self.numbers = [start, start + 5000]

    def segment(self, side, size=0, *, flags=ACK, back=0, options=TIMES, **changes):
        """A segment; ``back`` is how far below the next number it begins, and then nothing moves on."""
        source, target = self.ends[side], self.ends[1 - side]
        ports = self.ports if side == 0 else self.ports[::-1]
        above = tcp(ports, self.numbers[side] - back, size, flags=flags, options=options)
        if not back:
            self.numbers[side] += size + bool(flags & SYN) + bool(flags & FIN)
        if self.version == 4:
            return framed(
                self.link, 0x0800, ipv4(source, target, 6, above), source=source, target=target, **changes
            )
        return framed(
            self.link, 0x86DD, ipv6(source, target, 6, above), source=source, target=target, **changes
        )

    def open(self):
        return [self.segment(0, flags=SYN), self.segment(1, flags=SYN | ACK), self.segment(0)]

    def close(self):
        return [self.segment(0, flags=FIN | ACK), self.segment(1, flags=FIN | ACK), self.segment(0)]

    def talk(self, *sizes):
        """Messages in turns, each acknowledged."""
        made = []
        for number, size in enumerate(sizes):
            made += [self.segment(number % 2, size, flags=PSH | ACK), self.segment(1 - number % 2)]
        return made
