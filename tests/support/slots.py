"""Frames and a ring's slots, made by hand: what the kernel would have put there."""

import functools
import struct

import bpf
import dpkt

from tcperf.probes.capture_filter import Place, program
from tcperf.probes.ring import FRAME

OUTGOING, OTHER_HOST = 4, 3
BRIDGE = 2
HOSTS = {
    name: (number + 3, bytes((2, 0, 10, 77, 0, number + 1)), bytes((10, 77, 0, number + 1)))
    for number, name in enumerate(("alice", "bob", "carol"))
}
PLACES = [Place(*place) for place in HOSTS.values()]
BASE_NS = 1_700_000_000_000_000_000


def leg(name):
    return HOSTS[name][0]


def mac(name):
    return HOSTS[name][1]


def ip(name):
    return HOSTS[name][2]


def ethernet(source, target, kind, payload):
    return mac(target) + mac(source) + struct.pack(">H", kind) + bytes(payload)


def ipv4(source, target, protocol, payload, **fields):
    """A frame from one host to another."""
    packet = dpkt.ip.IP(src=ip(source), dst=ip(target), p=protocol, ttl=64, data=bytes(payload))
    packet.len = 20 + len(bytes(payload))
    for name, value in fields.items():
        setattr(packet, name, value)
    if fields.get("opts"):
        packet.hl = 5 + len(packet.opts) // 4
        packet.len += len(packet.opts)
    return ethernet(source, target, 0x0800, bytes(packet))


def tcp(source, target, seq, size, *, flags=dpkt.tcp.TH_ACK, sport=5000, dport=7000, opts=bytes(12)):
    segment = dpkt.tcp.TCP(sport=sport, dport=dport, seq=seq, flags=flags, opts=opts, data=bytes(size))
    segment.off = 5 + len(opts) // 4
    return ipv4(source, target, 6, segment, df=1)


def udp(source, target, size, *, sport=6000, dport=6001):
    datagram = dpkt.udp.UDP(sport=sport, dport=dport, data=bytes(size))
    datagram.ulen = 8 + size
    return ipv4(source, target, 17, datagram)


@functools.lru_cache
def _filter(snap, lossy, tagged, numbered):
    return program(BRIDGE, snap=snap, lossy=lossy, tagged=tagged, hosts=PLACES, numbered=numbered)


def slot(
    frame,
    interface,
    *,
    direction=OTHER_HOST,
    time_ns=BASE_NS,
    vlan=None,
    tagged=True,
    slot_bytes=256,
    lossy=False,
    numbered=(),
):
    """A slot as the kernel fills it; None where the filter drops the frame.

    ``vlan`` is the TCI of a tag that the kernel took out of the frame, ``numbered`` are the flows that the filter
    numbers.
    """
    kept = bpf.run(
        _filter(slot_bytes - FRAME, lossy, tagged, tuple(numbered)),
        frame,
        interface=interface,
        packet_type=direction,
        vlan_present=int(vlan is not None),
    )
    if not kept:
        return None
    made = bytearray(b"\xa5" * slot_bytes)  # whatever was there before
    status = 1 | (0 if vlan is None else 1 << 4 | 1 << 6)
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    struct.pack_into(
        "=IIIHHIIHH4x",
        made,
        0,
        status,
        len(frame),
        kept,
        FRAME,
        FRAME + 14,
        seconds,
        nanoseconds,
        vlan or 0,
        0x8100,
    )
    struct.pack_into("=HHiHBB8s", made, 32, 17, 0, interface, 1, direction, 6, frame[6:12])
    made[52:FRAME] = bytes(FRAME - 52)
    made[FRAME : FRAME + kept] = frame[:kept]
    return bytes(made)


def batch(slots):
    return memoryview(b"".join(made for made in slots if made is not None))
