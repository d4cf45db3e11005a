"""The independent check: a capture's traffic computed with dpkt's objects alone.

``tables(path)`` reads a pcap or pcapng file and returns ``{(phase, node, direction, peer, protocol): Numbers}``.
In captures that tcperf wrote, nodes are those of the interfaces and of their MACs, and phases those of the
marks; in others, nodes are addresses as text, and the phase is "".

Written from the rules of accounting, not from tcperf's code, and slowly: one object a header.  It forgets
nothing: what tcperf.frames no longer remembers after a minute of silence, this still does.
"""

import ipaddress
import struct
from typing import NamedTuple

import dpkt
from dpkt import pcap, pcapng

MULTICAST, BROADCAST, OUTSIDE = "(multicast)", "(broadcast)", "(outside)"
_GROUPS = {MULTICAST, BROADCAST, OUTSIDE}
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_SHORT_NS = 1_000_000_000
_ETHERNET, _SLL, _SLL2, _RAW, _NULL = {1}, {113}, {276}, {12, 14, 101, 228, 229}, {0, 108}


class Numbers:
    """What a row counts; the fields of tcperf.traffic.Traffic."""

    FIELDS = (
        "frame_bytes",
        "ip_bytes",
        "payload_bytes",
        "packets",
        "retransmissions",
        "connections",
        "short_connections",
    )

    def __init__(self, *values):
        for name, value in zip(self.FIELDS, values or (0,) * len(self.FIELDS), strict=True):
            setattr(self, name, value)

    def _asdict(self):
        return {name: getattr(self, name) for name in self.FIELDS}

    def astuple(self):
        return tuple(self._asdict().values())

    def add(self, **more):
        for name, value in more.items():
            setattr(self, name, getattr(self, name) + value)

    def __eq__(self, other):
        return self.astuple() == other.astuple()

    __hash__ = None

    def __repr__(self):
        return f"Numbers({self._asdict()})"


class Frame(NamedTuple):
    """One record of a capture; ``node`` and ``nodes`` (by MAC) are known in captures that tcperf wrote."""

    link: int
    time_ns: int
    length: int
    data: bytes
    phase: str
    node: str | None
    nodes: dict


class Link(NamedTuple):
    """A frame's link header: ``group`` is None where the link does not tell."""

    ethertype: int
    payload: bytes
    group: str | None
    source: bytes
    target: bytes


#: Of a frame that is too short for its link's header.
_NO_LINK = Link(0, b"", "", b"", b"")


class Ip(NamedTuple):
    """A packet, as dpkt's objects tell it: ``length`` is the IP payload's, ``bits`` what is visible of it.

    ``fragment`` is None or (a key of the whole packet, whether it is the first).
    """

    source: bytes = b""
    target: bytes = b""
    ip_bytes: int = 0
    number: int = -1
    length: int = 0
    bits: bytes = b""
    fragment: tuple | None = None


# --- files ---------------------------------------------------------------------------------------------


def frames(path):
    """Every record of a pcap or pcapng file as a Frame, up to one that is not whole."""
    data = path.read_bytes()
    return _pcapng_frames(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else _pcap_frames(data)


def _pcap_frames(data):
    header = pcap.FileHdr(data[:24])
    kind = pcap.MAGIC_TO_PKT_HDR[header.magic]
    if header.magic in {pcap.PMUDPCT_MAGIC, pcap.PMUDPCT_MAGIC_NANO, pcap.PACPDOM_MAGIC}:
        header = pcap.LEFileHdr(data[:24])
    unit = 1 if header.magic == pcap.TCPDUMP_MAGIC_NANO or data[:4] == b"\x4d\x3c\xb2\xa1" else 1000
    at = 24
    while at + kind.__hdr_len__ <= len(data):
        record = kind(data[at : at + kind.__hdr_len__])
        body = at + kind.__hdr_len__
        at = body + record.caplen
        if at <= len(data):
            time_ns = record.tv_sec * 1_000_000_000 + record.tv_usec * unit
            yield Frame(header.linktype & 0xFFFF, time_ns, record.len, data[body:at], "", None, {})


def _pcapng_frames(data):
    at, phase = 0, ""
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            little = data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a"
            interfaces, nodes = [], {}
        kind, size = struct.unpack("<II" if little else ">II", data[at : at + 8])
        block = data[at : at + size]
        at += size
        if len(block) < size:
            return
        if kind == pcapng.PCAPNG_BT_SHB:
            header = (pcapng.SectionHeaderBlockLE if little else pcapng.SectionHeaderBlock)(block)
            programs = [o.data for o in header.opts if o.code == pcapng.PCAPNG_OPT_SHB_USERAPPL]
            ours = any(program.startswith(b"tcperf ") for program in programs)
        elif kind == pcapng.PCAPNG_BT_IDB:
            layout = pcapng.InterfaceDescriptionBlockLE if little else pcapng.InterfaceDescriptionBlock
            interfaces.append(_interface(layout(block), nodes, ours))
        elif kind == pcapng.PCAPNG_BT_EPB:
            packet = (pcapng.EnhancedPacketBlockLE if little else pcapng.EnhancedPacketBlock)(block)
            if ours:
                phase = _phase(packet.opts, phase)
            link, per_second, name = interfaces[packet.iface_id]
            time_ns = ((packet.ts_high << 32) + packet.ts_low) * 1_000_000_000 // per_second
            yield Frame(link, time_ns, packet.pkt_len, packet.pkt_data, phase, name, nodes)


def _interface(description, nodes, ours):
    """Link type, units a second, and the node's name."""
    options = {option.code: option.data for option in description.opts}
    name = options.get(pcapng.PCAPNG_OPT_IF_NAME, b"").decode() if ours else None
    if name and pcapng.PCAPNG_OPT_IF_MACADDR in options:
        nodes[options[pcapng.PCAPNG_OPT_IF_MACADDR]] = name
    unit = options.get(pcapng.PCAPNG_OPT_IF_TSRESOL, b"\x06")[0]
    return description.linktype, 2 ** (unit & 127) if unit & 128 else 10**unit, name


def _phase(options, phase):
    """The phase after the marks among a packet's comments."""
    for option in options:
        if option.code == pcapng.PCAPNG_OPT_COMMENT:
            if option.text == "outside of the phases":
                phase = ""
            elif option.text.startswith("phase: "):
                phase = option.text[7:]
    return phase


# --- headers -------------------------------------------------------------------------------------------


def _fixed(layout, data):
    """One of dpkt's objects with its fixed fields alone; None where they are not all there."""
    if len(data) < layout.__hdr_len__:
        return None
    made = layout()
    dpkt.dpkt.Packet.unpack(made, data)
    return made


def _link(kind, data):
    if kind in _ETHERNET:
        header = _fixed(dpkt.ethernet.Ethernet, data)
        if header is None:
            return _NO_LINK
        return Link(*_tags(header.type, header.data), _group(header.dst), header.src, header.dst)
    if kind in _SLL:
        header = _fixed(dpkt.sll.SLL, data)
    elif kind in _SLL2:
        header = _fixed(dpkt.sll2.SLL2, data)
    elif kind in _RAW:
        return Link({4: 0x0800, 6: 0x86DD}.get(data[0] >> 4 if data else 0, 0), data, None, b"", b"")
    else:
        assert kind in _NULL
        family = int.from_bytes(data[:4], "little")
        family = family if family < 256 else int.from_bytes(data[:4], "big")
        return Link(
            {2: 0x0800, 10: 0x86DD, 24: 0x86DD, 28: 0x86DD, 30: 0x86DD}.get(family, 0),
            data[4:],
            None,
            b"",
            b"",
        )
    if header is None:
        return _NO_LINK
    group = {1: BROADCAST, 2: MULTICAST}.get(header.type, "")
    return Link(*_tags(header.ethtype, header.data), group, header.hdr[: header.hlen], b"")


def _tags(ethertype, data):
    while ethertype in {0x8100, 0x88A8} and len(data) >= 4:
        tag = dpkt.ethernet.VLANtag8021Q(data[:4])
        ethertype, data = tag.type, data[4:]
    return ethertype, data


def _group(mac):
    if not mac or not mac[0] % 2:
        return ""
    return BROADCAST if mac == b"\xff\xff\xff\xff\xff\xff" else MULTICAST


def _ip4(data, room):
    """``room`` is what the frame has behind its link header: a packet is not longer, and one of length 0 as long."""
    if len(data) < 4:
        return Ip()
    total = min(int.from_bytes(data[2:4], "big") or room, room)
    header = _fixed(dpkt.ip.IP, data)
    if header is None:
        return Ip(ip_bytes=total, length=max(0, total - 20))
    size = header.hl * 4
    if header.v != 4 or size < 20 or total < size:
        return Ip(ip_bytes=total, length=max(0, total - max(size, 20)))
    fragment = None
    if header.mf or header.offset:
        fragment = ((header.src, header.dst, header.p, header.id), header.offset == 0)
    return Ip(header.src, header.dst, total, header.p, total - size, data[size:total], fragment)


def _ip6(data, room):
    """As for IPv4, but that a length of 0 is one."""
    if len(data) < 6:
        return Ip()
    total = min(40 + int.from_bytes(data[4:6], "big"), room)
    length = max(0, total - 40)
    header = _fixed(dpkt.ip6.IP6, data)
    if header is None or header.v != 6:
        return Ip(ip_bytes=total, length=length)
    number, bits, fragment = header.nxt, data[40:total], None
    while number in {0, 43, 44, 51, 60} and len(bits) >= 8:
        if number == 44:
            extension = _fixed(dpkt.ip6.IP6FragmentHeader, bits)
            size = 8
            if extension.frag_off or extension.m_flag:
                key = (header.src, header.dst, extension.nxt, extension.id)
                fragment = (key, extension.frag_off == 0)
        else:
            extension = _fixed(dpkt.ip6.IP6OptsHeader, bits)
            size = (extension.len + 2) * 4 if number == 51 else (extension.len + 1) * 8
        if size > length:
            break
        number, length, bits = extension.nxt, length - size, bits[size:]
        if fragment is not None and not fragment[1]:
            break
    return Ip(header.src, header.dst, total, number, length, bits, fragment)


def _transport(ip):
    """Protocol, payload's length, and the TCP or UDP header, if there is one."""
    named = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp"}.get(ip.number, "other")
    if ip.fragment is not None and not ip.fragment[1]:
        return named, ip.length, None
    if named == "icmp":
        return named, max(0, ip.length - 8), None
    if named == "tcp":
        header = _fixed(dpkt.tcp.TCP, ip.bits)
        if header is not None and 20 <= header.off * 4 <= ip.length:
            return named, ip.length - header.off * 4, header
    if named == "udp":
        header = _fixed(dpkt.udp.UDP, ip.bits)
        if header is not None:
            return named, ip.length - 8, header
    return "other", ip.length, None


def _arp_ends(data):
    header = _fixed(dpkt.arp.ARP, data)
    if header is None or (header.hrd, header.pro, header.hln, header.pln) != (1, 0x0800, 6, 4):
        return b"", b""
    return header.spa, header.tpa


# --- accounting ----------------------------------------------------------------------------------------


def tables(path):
    """The traffic of a capture by (phase, node, direction, peer, protocol)."""
    accounting = _Accounting()
    for frame in frames(path):
        accounting.add(frame)
    return accounting.rows


class _Connection:
    def __init__(self, row, opened_ns):
        self.row = row
        self.opened_ns = opened_ns
        self.ended = False


class _Accounting:
    def __init__(self):
        self.rows = {}
        self._fragmented = {}  # (sender, receiver, key) -> protocol
        self._highest = {}  # one direction -> the highest number, and whether any was taken up
        self._initial = {}  # one direction -> the number of its last SYN in this connection
        self._connections = {}  # both ends -> _Connection

    def add(self, frame):
        link = _link(frame.link, frame.data)
        room = frame.length - (len(frame.data) - len(link.payload))
        ip = {0x0800: _ip4, 0x86DD: _ip6}.get(link.ethertype, lambda *_: Ip())(link.payload, room)
        protocol, payload, header = _transport(ip)
        if link.ethertype == 0x0806:
            protocol = "arp"
        sender, receiver = _ends(frame, link, ip)
        if ip.fragment is not None:
            place = (sender, receiver, ip.fragment[0])
            if ip.fragment[1]:
                self._fragmented[place] = protocol
            protocol = self._fragmented.get(place, protocol)
        row = (sender, receiver, protocol)
        self._count(frame.phase, row, frame_bytes=frame.length, packets=1)
        self._count(frame.phase, row, ip_bytes=ip.ip_bytes, payload_bytes=payload)
        if isinstance(header, dpkt.tcp.TCP):
            near, far = (sender, ip.source, header.sport), (receiver, ip.target, header.dport)
            self._follow(frame, row, (near, far), header, payload)

    def _count(self, phase, row, **numbers):
        sender, receiver, protocol = row
        for node, direction, peer in ((sender, "sent", receiver), (receiver, "received", sender)):
            if node not in _GROUPS:
                self.rows.setdefault((phase, node, direction, peer, protocol), Numbers()).add(**numbers)

    def _follow(self, frame, row, way, header, payload):
        back = way[::-1]
        both = frozenset(way) if way[0] != way[1] else way
        connection = self._connections.get(both)
        if header.flags & _SYN:
            if not header.flags & _ACK:
                known = self._initial.get(way)
                if connection is None or (connection.ended and known != header.seq):
                    connection = self._connections[both] = _Connection(row, frame.time_ns)
                    self._count(frame.phase, row, connections=1)
                    for direction in (way, back):
                        self._highest.pop(direction, None)
                        self._initial.pop(direction, None)
            self._initial[way] = header.seq
        self._repeat(frame, row, way, header, payload)
        if header.flags & (_FIN | _RST) and connection is not None and not connection.ended:
            connection.ended = True
            if frame.time_ns - connection.opened_ns <= _SHORT_NS:
                self._count(frame.phase, connection.row, short_connections=1)

    def _repeat(self, frame, row, way, header, payload):
        taken = payload + bool(header.flags & _SYN) + bool(header.flags & _FIN)
        end = (header.seq + taken) % 2**32
        highest, is_firm = self._highest.get(way, (None, False))
        if not is_firm:
            self._highest[way] = (end, taken > 0)
            return
        if taken == 0:
            return
        is_keep_alive = payload == 1 and taken == 1 and (highest - 1) % 2**32 == header.seq
        if _is_below(header.seq, highest) and not (is_keep_alive and not header.flags & (_SYN | _FIN | _RST)):
            self._count(frame.phase, row, retransmissions=1)
        if _is_below(highest, end):
            self._highest[way] = (end, True)


def _is_below(one, other):
    """In the serial arithmetic of RFC 1982."""
    return one != other and (other - one) % 2**32 < 2**31


def _ends(frame, link, ip):
    """Sender and receiver: nodes, addresses as text, or one of the names in parentheses."""
    if frame.node is not None:
        receiver = frame.nodes.get(link.target)
        return frame.node, receiver or link.group or OUTSIDE
    source, target = ip.source, ip.target
    if link.ethertype == 0x0806:
        source, target = _arp_ends(link.payload)
    group = link.group
    if group is None:
        group = _ip_group(target)
    return _text(source or link.source), group or _text(target or link.target)


def _ip_group(target):
    if target == b"\xff\xff\xff\xff":
        return BROADCAST
    return MULTICAST if target and ipaddress.ip_address(target).is_multicast else ""


def _text(address):
    if not address:
        return OUTSIDE
    if len(address) in {4, 16}:
        return str(ipaddress.ip_address(address))
    return ":".join(f"{byte:02x}" for byte in address)
