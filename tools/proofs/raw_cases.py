"""Cases played with frames made by hand: what ordinary sockets of ordinary programs do not send.

Their addresses are nobody's, where no answer is wanted: a kernel drops such packets in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from proofs import craft, wire_sizes
from proofs.cases import UDP_PORT, UDP_SIZES, Case, Stage
from proofs.craft import Packet, Segment
from proofs.rig import Rig
from proofs.tally import Key, Numbers, Tally
from tcperf.traffic import BROADCAST, MULTICAST, OUTSIDE

_COUNT = 50
_IPV6_ROOM = 1448
#: Hardware addresses: two groups' (RFC 1112, RFC 2464), everybody's, nobody's, the bridge's, and LLDP's, which
#: no bridge passes on (IEEE 802.1AB).
_GROUP4, _GROUP6, _ALL = "01:00:5e:7f:ff:fa", "33:33:00:00:00:fb", "ff:ff:ff:ff:ff:ff"
_NOBODY, _BRIDGE, _LLDP = "02:00:0a:4d:ff:ff", "02:00:0a:4d:00:00", "01:80:c2:00:00:0e"
_LLDP_TYPE, _LOCAL_TYPE, _IGMP = 0x88CC, 0x88B5, 2


def ip4(content: Segment) -> Packet:
    """The content in IPv4 between addresses that nobody has."""
    return craft.ipv4(craft.NOWHERE4, craft.ELSEWHERE4, content)


def ip6(content: Segment, extensions: Sequence[tuple[int, bytes]] = ()) -> Packet:
    """The content in IPv6 between addresses that nobody has."""
    return craft.ipv6(craft.NOWHERE6, craft.ELSEWHERE6, content, extensions)


def send(rig: Rig, source: str, target: str, packets: Iterable[Packet], truth: Tally) -> None:
    """Send packets from one host to another, and count them."""
    for packet in packets:
        frame = craft.ethernet(rig[target].mac, rig[source].mac, packet)
        rig.inject(source, [frame])
        truth.unicast(source, target, frame.protocol, frame.numbers)


def _crafted(make: Callable[[], Iterable[Packet]]) -> Callable[[Stage], Tally]:
    """A case whose packets alice sends to bob, who does not answer."""

    def play(stage: Stage) -> Tally:
        truth = Tally()
        send(stage.rig, "alice", "bob", make(), truth)
        return truth

    return play


def _astray(
    make: Callable[[], Iterable[Packet]], *, tags: Sequence[tuple[int, int]] = (), least: int = 0
) -> Callable[[Stage], Tally]:
    """A case whose frames go to nobody.

    They enter the hub, and that is where they are captured; what comes out of it would be the kernel's choice:
    it hands a VLAN tag on beside the frame, uncounted, and where bridge netfilter cannot be switched off, that cuts
    off the padding and drops what is malformed.
    """

    def play(stage: Stage) -> Tally:
        truth = Tally()
        for packet in make():
            frame = craft.ethernet(_NOBODY, stage.rig["alice"].mac, packet, tags, least)
            stage.rig.inject("alice", [frame])
            truth.add(Key("alice", "sent", OUTSIDE, frame.protocol), frame.numbers)
        return truth

    return play


def _ipv6_udp(size: int) -> Callable[[], Iterable[Packet]]:
    def make() -> Iterable[Packet]:
        datagram = craft.udp(UDP_PORT, UDP_PORT, size)
        for number in range(_COUNT):
            if wire_sizes.IPV6 + len(datagram.data) <= wire_sizes.MTU:
                yield ip6(datagram)
            else:
                yield from craft.ipv6_fragments(
                    craft.NOWHERE6, craft.ELSEWHERE6, datagram, _IPV6_ROOM, number
                )

    return make


_HOP = (craft.HOP_BY_HOP, craft.padding())
_LONG_HOP = (craft.HOP_BY_HOP, craft.padding(3))
_DESTINATION = (craft.DESTINATION, craft.padding(2))
_ROUTING = (craft.ROUTING, craft.routing())
_AUTHENTICATION = (craft.AH, craft.authentication())
_CHAINS = (
    [_HOP],
    [_LONG_HOP],
    [_ROUTING],
    [_DESTINATION],
    [_AUTHENTICATION],
    [_HOP, _DESTINATION, _ROUTING, _AUTHENTICATION, _DESTINATION],
)


def _extensions() -> Iterable[Packet]:
    """Every extension header before every transport."""
    for chain in _CHAINS:
        for content in (
            craft.udp(1, 2, 33),
            craft.tcp((3, 4), 1000, craft.ACK, 0),
            craft.echo_request(16, number=craft.ICMPV6),
        ):
            yield ip6(content, chain)


def _extension_fragments() -> Iterable[Packet]:
    """Fragments behind other headers, the last one first, and one that is a packet of its own (RFC 6946)."""
    addresses = (craft.NOWHERE6, craft.ELSEWHERE6)
    datagram = craft.udp(5000, 6000, 5000)
    yield from reversed(craft.ipv6_fragments(*addresses, datagram, 1400, 77, [_HOP, _ROUTING]))
    yield from craft.ipv6_fragments(*addresses, craft.udp(5000, 6000, 100), 1400, 78)


def _ipv4_fragments() -> Iterable[Packet]:
    """Fragments of UDP and ICMP, in their order and the other way round."""
    addresses = (craft.NOWHERE4, craft.ELSEWHERE4)
    yield from craft.ipv4_fragments(*addresses, craft.udp(5000, 6000, 5000), 1480, 7)
    yield from reversed(craft.ipv4_fragments(*addresses, craft.udp(5000, 6000, 5000), 1480, 8))
    yield from craft.ipv4_fragments(*addresses, craft.echo_request(3000), 1480, 9)
    yield from craft.ipv4_fragments(*addresses, craft.echo_request(3000), 8, 10)


def _ipv4_options() -> Iterable[Packet]:
    """Options of IPv4 (no-operation) and of TCP, up to the longest headers there are."""
    for words in (1, 10):
        options = bytes([1]) * (4 * words)
        for content in (craft.udp(1, 2, 20), craft.tcp((3, words), 1, craft.ACK, 20, options=options)):
            yield craft.ipv4(craft.NOWHERE4, craft.ELSEWHERE4, content, options=options)


def _others() -> Iterable[Packet]:
    """Protocols that are not looked into: GRE, IGMP, ESP, no next header, an ethertype of nobody's, 802.3."""
    yield ip4(craft.plain(craft.GRE, 100))
    yield ip4(craft.plain(_IGMP, 8))
    yield ip4(craft.plain(craft.ESP, 64))
    yield ip6(craft.plain(craft.ESP, 64))
    yield ip6(craft.plain(craft.NO_NEXT, 0))
    yield Packet(_LOCAL_TYPE, bytes(46), 0, 0, "other")
    yield Packet(43, bytes(43), 0, 0, "other")  # a length, not a type: IEEE 802.3 with LLC


def _padded() -> Iterable[Packet]:
    """Packets shorter than Ethernet's least frame, filled up: the padding is the frame's, not the packet's."""
    yield ip4(craft.udp(1, 2, 0))
    yield ip4(craft.tcp((3, 4), 7, craft.ACK, 0))
    yield ip4(craft.tcp((3, 4), 7, craft.ACK, 1))


def _tagged(port: int) -> Callable[[], Iterable[Packet]]:
    """Frames to be tagged; a port of their own, for the same segment on the same ports would be one sent again."""

    def make() -> Iterable[Packet]:
        yield ip4(craft.udp(1, 2, 100))
        yield ip6(craft.udp(1, 2, 100), [_HOP])
        yield ip4(craft.tcp((port, 4), 7, craft.ACK, 100))
        yield Packet(_LOCAL_TYPE, bytes(60), 0, 0, "other")

    return make


def _malformed() -> Iterable[Packet]:
    """What no kernel sends: headers cut off, too short, too long, or at odds with themselves."""
    good = {
        craft.IPV4_TYPE: ip4(craft.tcp((1, 2), 1, craft.ACK, 30)).data,
        craft.IPV6_TYPE: ip6(craft.tcp((1, 2), 1, craft.ACK, 30), [_HOP, _DESTINATION]).data,
        craft.ARP_TYPE: craft.arp((_NOBODY, "192.0.2.1"), (_NOBODY, "192.0.2.2")).data,
    }
    for ethertype, data in good.items():
        for length in range(0, len(data), 3):
            yield Packet(ethertype, data[:length], 0, 0, "other")
    for place in range(10):
        for value in (0, 0x0F, 0x43, 0x4F, 0xFF):
            changed = bytearray(good[craft.IPV4_TYPE])
            changed[place] = value
            yield Packet(craft.IPV4_TYPE, bytes(changed), 0, 0, "other")
    for offset in (0, 0x10, 0x40, 0xF0):  # TCP's data offset, in its upper half
        yield ip4(Segment(craft.TCP, bytes(12) + bytes([offset]) + bytes(17), 30, "other"))
    for number in (craft.TCP, craft.UDP, craft.ICMP, craft.ICMPV6):
        yield ip6(Segment(number, bytes(3), 3, "other"))


def _groups(stage: Stage) -> Tally:
    """Multicast reaches all others; LLDP, which no bridge passes on, nobody."""
    rig, truth = stage.rig, Tally()
    others = [name for name in rig.spots if name != "alice"]
    datagram = craft.udp(1900, 1900, 120)
    for target, packet, receivers in (
        (_GROUP4, ip4(datagram), others),
        (_GROUP6, ip6(datagram, [_HOP]), others),
        (_LLDP, Packet(_LLDP_TYPE, bytes(50), 0, 0, "other"), []),
    ):
        frame = craft.ethernet(target, rig["alice"].mac, packet)
        rig.inject("alice", [frame])
        truth.group("alice", MULTICAST, receivers, frame.protocol, frame.numbers)
    return truth


def _broadcasts(stage: Stage) -> Tally:
    """Frames to everybody.  Whether the hub passes them on is its own business, which the counters tell."""
    rig, truth = stage.rig, Tally()
    alice = rig["alice"]
    question = craft.arp((alice.mac, alice.address), (_ALL, "10.77.0.99"))
    for packet in (ip4(craft.udp(1900, 1900, 120)), question):
        frame = craft.ethernet(_ALL, alice.mac, packet)
        before = rig.counters()
        rig.inject("alice", [frame])
        after = rig.counters()
        reached = [name for name in before if after[name].received_packets > before[name].received_packets]
        truth.group("alice", BROADCAST, reached, frame.protocol, frame.numbers)
    return truth


def _nobodys(stage: Stage) -> Tally:
    """Frames to an address that nobody has, and to the bridge's own."""
    truth = Tally()
    for target in (_NOBODY, _BRIDGE):
        frame = craft.ethernet(target, stage.rig["alice"].mac, ip4(craft.udp(1, 2, 120)))
        stage.rig.inject("alice", [frame])
        truth.add(Key("alice", "sent", OUTSIDE, frame.protocol), frame.numbers)
    return truth


def _disguised(stage: Stage) -> Tally:
    """A frame under somebody else's hardware address is still that of the host that sent it."""
    rig, truth = stage.rig, Tally()
    frame = craft.ethernet(rig["bob"].mac, rig["carol"].mac, ip4(craft.udp(1, 2, 10)))
    rig.inject("alice", [frame])
    truth.unicast("alice", "bob", frame.protocol, frame.numbers)
    return truth


def _pings(stage: Stage) -> Tally:
    """Echo requests, which bob's kernel answers with as many bytes."""
    rig, truth = stage.rig, Tally()
    for size in (0, 1, 56, 1472):
        request = craft.ipv4(rig["alice"].address, rig["bob"].address, craft.echo_request(size))
        send(rig, "alice", "bob", [request], truth)
        answer = Numbers(request.ip_bytes + wire_sizes.ETHERNET, 1, request.ip_bytes, request.payload_bytes)
        truth.unicast("bob", "alice", "icmp", answer)
    return truth


def _arp(stage: Stage) -> Tally:
    """Questions for bob's hardware address, which his kernel answers."""
    rig, truth = stage.rig, Tally()
    alice, bob = rig["alice"], rig["bob"]
    question = craft.arp((alice.mac, alice.address), ("00:00:00:00:00:00", bob.address))
    send(rig, "alice", "bob", [question] * 3, truth)
    truth.unicast("bob", "alice", "arp", Numbers(wire_sizes.ETHERNET + len(question.data), 1).times(3))
    return truth


RAW_CASES: tuple[Case, ...] = (
    *(Case(f"ipv6 udp {size} B x {_COUNT}", _crafted(_ipv6_udp(size))) for size in UDP_SIZES),
    Case("ipv6 extension headers", _crafted(_extensions)),
    Case("ipv6 fragments, last one first", _crafted(_extension_fragments)),
    Case("ipv4 fragments, both ways", _crafted(_ipv4_fragments)),
    Case("ipv4 and tcp options", _crafted(_ipv4_options)),
    Case("other protocols", _crafted(_others)),
    Case("padded frames", _astray(_padded, least=60)),
    Case("vlan tag", _astray(_tagged(5), tags=[(craft.VLAN_TYPE, 5)])),
    Case(
        "vlan tag in a service tag",
        _astray(_tagged(6), tags=[(craft.SERVICE_VLAN_TYPE, 7), (craft.VLAN_TYPE, 5)]),
    ),
    Case("multicast", _groups),
    Case("broadcast", _broadcasts),
    Case("to nobody, to the bridge", _nobodys),
    Case("a foreign hardware address", _disguised),
    Case("pings and their answers", _pings),
    Case("arp and its answers", _arp),
    Case("malformed frames", _astray(_malformed), knows_headers=False),
)
