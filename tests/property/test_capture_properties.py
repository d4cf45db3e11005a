"""The fast way and the long way count alike, and what is parsed agrees with dpkt, for any frames."""

import struct

import dpkt
from bpf import run
from dpkt_tables import tables
from hypothesis import given, settings
from hypothesis import strategies as st
from slots import (
    BASE_NS,
    BRIDGE,
    HOSTS,
    OTHER_HOST,
    OUTGOING,
    PLACES,
    batch,
    ethernet,
    ipv4,
    leg,
    mac,
    slot,
    tcp,
    udp,
)

from tcperf.clock import NS_PER_MS
from tcperf.frames.flows import Totals
from tcperf.frames.parse import parse
from tcperf.frames.rows import Ports, Table
from tcperf.probes.capture_filter import OURS_BELOW, TAGS, program
from tcperf.probes.kept_capture import KeptCapture
from tcperf.probes.ledger import Ledger

names = st.sampled_from(sorted(HOSTS))
pairs = st.permutations(sorted(HOSTS)).map(lambda order: order[:2])
flags = st.sampled_from([16, 16, 16, 24, 24, 2, 18, 17, 4, 20, 48, 194])
#: Few numbers, near each other and near the end of their range: so that they follow on, repeat and wrap.
sequences = st.integers(0, 12).map(lambda step: (2**32 - 300 + 50 * step) % 2**32)
sizes = st.sampled_from([0, 0, 1, 50, 50, 100, 1400])
ports = st.sampled_from([1, 2])


@st.composite
def segments(draw):
    opts = bytes(draw(st.sampled_from([12, 12, 12, 0, 4])))
    source, target = draw(pairs)
    return tcp(
        source, target, draw(sequences), draw(sizes),
        flags=draw(flags), sport=draw(ports), dport=draw(ports), opts=opts,
    )  # fmt: skip


@st.composite
def datagrams(draw):
    return udp(*draw(pairs), draw(sizes), sport=draw(ports), dport=draw(ports))


@st.composite
def fragments(draw):
    source, target = draw(pairs)
    more, place, number = draw(st.booleans()), draw(st.sampled_from([0, 0, 3])), draw(st.integers(1, 2))
    return ipv4(
        source, target, draw(st.sampled_from([6, 17, 1])), struct.pack(">HHHH", 1, 2, 3, 4) + bytes(24),
        id=number, mf=int(more), offset=place << 3,
    )  # fmt: skip


@st.composite
def messages(draw):
    return ipv4(*draw(pairs), draw(st.sampled_from([1, 58, 2])), draw(st.binary(max_size=40)))


@st.composite
def six(draw):
    source, target = draw(pairs)
    extensions = draw(st.lists(st.sampled_from([0, 43, 60]), max_size=2))
    numbers = [*extensions, draw(st.sampled_from([6, 17, 58, 50]))]
    payload = b"".join(bytes((after, 0)) + bytes(6) for after in numbers[1:])
    payload += struct.pack(">HHIIHHHH", 1, 2, 7, 0, 0x5010, 0, 0, 0) + bytes(draw(sizes))
    header = struct.pack(">IHBB", 6 << 28, len(payload), numbers[0], 64)
    return ethernet(source, target, 0x86DD, header + bytes(15) + b"\1" + bytes(15) + b"\2" + payload)


arps = pairs.map(lambda pair: ethernet(*pair, 0x0806, bytes(46)))
padded = st.builds(lambda frame, more: frame + bytes(more), datagrams(), st.integers(1, 20))
groups = st.builds(
    lambda frame, address: address + frame[6:],
    st.one_of(datagrams(), segments()),
    st.sampled_from([b"\xff" * 6, b"\x01\x00\x5e\x00\x00\x02", b"\x02\x00\x0a\x4d\xff\x01", mac("carol")]),
)
clean = st.one_of(
    segments(), segments(), segments(), datagrams(), fragments(), messages(), six(), arps, groups
)
noise = st.builds(lambda head, tail: head[:14] + tail, clean, st.binary(max_size=90))
torn = st.builds(lambda frame, size: frame[: max(14, size)], clean, st.integers(14, 120))
any_frame = st.one_of(clean, clean, padded, noise, torn)


@st.composite
def arrivals(draw):
    """A frame, the leg that it comes by (mostly its sender's), and whether it leaves there."""
    frame = draw(any_frame)
    owner = next((name for name in HOSTS if mac(name) == frame[6:12]), "alice")
    interface = leg(draw(st.one_of(st.just(owner), st.just(owner), names)))
    vlan = draw(st.sampled_from([None] * 8 + [7]))
    return frame, interface, draw(st.sampled_from([OTHER_HOST] * 6 + [OUTGOING])), vlan


def counted(came, cuts, *, tagged):
    """What two ledgers' cuts are, at the given places."""
    ledger = Ledger(256, tagged=tagged)
    for name, (interface, address, _ip) in HOSTS.items():
        ledger.host(name, interface, address)
    found, begin = [], 0
    for end in [*sorted(cuts), len(came)]:
        slots = [
            slot(
                frame,
                interface,
                direction=direction,
                vlan=vlan,
                tagged=tagged,
                time_ns=BASE_NS + number * NS_PER_MS,
            )
            for number, (frame, interface, direction, vlan) in enumerate(came[begin:end], begin)
        ]
        ledger.count(batch(slots))
        found.append([_summed(ledger.sent.cut()), _summed(ledger.left.cut())])
        begin = max(begin, end)
    return found


def _summed(cut):
    sums = {}
    for group, totals in cut:
        sums[group] = sums.get(group, Totals()) + totals
    return sums


@settings(max_examples=300)
@given(st.lists(arrivals(), max_size=40), st.lists(st.integers(0, 40), max_size=3))
def test_the_fast_way_counts_what_the_long_way_counts(came, cuts):
    assert counted(came, cuts, tagged=True) == counted(came, cuts, tagged=False)


@settings(max_examples=300)
@given(any_frame)
def test_only_plain_frames_are_tagged(frame):
    code = program(BRIDGE, snap=186, lossy=False, tagged=True, hosts=PLACES)
    kept = run(code, frame, interface=_owner(frame))
    packet = parse(frame, 14, int.from_bytes(frame[12:14], "big"))
    is_plain = (
        packet.protocol in {"tcp", "udp"}
        and frame[12:15] == b"\x08\x00\x45"
        and packet.fragment is None
        and len(frame) == 14 + packet.ip_bytes
        and any((frame[:6], packet.target) == place[1:] for place in PLACES)
        and any((_owner(frame), frame[6:12], packet.source) == place for place in PLACES)
        and (packet.protocol == "udp" or (packet.flags in {16, 24} and packet.header_end in {54, 66}))
    )
    assert (kept in TAGS) == is_plain
    if is_plain:
        assert 14 + TAGS[kept] + packet.payload_bytes == len(frame)
    else:
        assert kept == (
            186 if len(frame) > 186 else len(frame) - (len(frame) % 2 and len(frame) < OURS_BELOW)
        )


@settings(max_examples=300)
@given(
    st.binary(max_size=200), st.integers(0, 220), st.sampled_from([0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 7])
)
def test_no_bytes_make_parsing_fail(frame, offset, ethertype):
    packet = parse(frame, offset, ethertype)
    assert 0 <= packet.header_end <= len(frame)
    assert packet.ip_bytes >= packet.payload_bytes >= 0
    for length in (0, len(frame), len(frame) + 20):
        bounded = parse(frame, offset, ethertype, length)
        assert 0 <= bounded.header_end <= len(frame)
        assert max(0, length - offset) >= bounded.ip_bytes >= bounded.payload_bytes >= 0
        if not bounded.is_overlong and packet.ip_bytes:
            assert bounded == packet


@settings(max_examples=200)
@given(st.one_of(segments(), datagrams(), fragments(), messages(), six(), arps))
def test_parsing_agrees_with_dpkt(frame):
    packet = parse(frame, 14, int.from_bytes(frame[12:14], "big"))
    layer = dpkt.ethernet.Ethernet(frame).data
    if isinstance(layer, dpkt.arp.ARP):
        assert packet.protocol == "arp"
        return
    is_six = isinstance(layer, dpkt.ip6.IP6)
    assert (packet.source, packet.target) == (layer.src, layer.dst)
    assert packet.ip_bytes == (40 + layer.plen if is_six else layer.len)
    above = layer.data
    if isinstance(above, dpkt.tcp.TCP):
        assert packet[3:5] == (above.sport, above.dport)
        assert (packet.sequence, packet.flags) == (above.seq, above.flags)
        assert packet.payload_bytes == len(above.data)
    elif isinstance(above, dpkt.udp.UDP) and packet.fragment is None:
        assert packet[3:5] == (above.sport, above.dport)
        assert packet.payload_bytes == packet.ip_bytes - (48 if is_six else 28) - 8 * _extensions(
            frame, is_six
        )


def _extensions(frame, is_six):
    """How many extension headers of eight bytes there are."""
    if not is_six:
        return 0
    number, at, found = frame[20], 54, 0
    while number in {0, 43, 60}:
        number, at, found = frame[at], at + 8, found + 1
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(clean, max_size=40))
def test_the_table_is_what_dpkt_makes_of_the_capture(tmp_path_factory, frames):
    path = tmp_path_factory.mktemp("capture") / "run.pcapng"
    kept = KeptCapture(path, full=False)
    ledger = Ledger(256, tagged=False, keeper=kept)
    for name, (interface, address, ip_address) in HOSTS.items():
        ledger.host(name, interface, address)
        kept.host(name, address, ".".join(map(str, ip_address)))
    slots = [
        slot(frame, _owner(frame), tagged=False, time_ns=BASE_NS + number * 40 * NS_PER_MS)
        for number, frame in enumerate(frames)
    ]
    ledger.count(batch(slots))
    kept.close(0)
    assert kept.problem is None
    table = Table(Ports())
    table.add("", ledger.sent.cut())
    ours = {row_key(row): row for row in table.rows(HOSTS, mirror=True)}
    theirs = tables(path)
    assert set(ours) == set(theirs)
    for key, row in ours.items():
        assert all(getattr(row, field) == getattr(theirs[key], field) for field in theirs[key].FIELDS), key


def _owner(frame):
    owners = (interface for interface, address, _ip in HOSTS.values() if address == frame[6:12])
    return next(owners, leg("alice"))


def row_key(row):
    return row.phase, row.node, row.direction, row.peer, row.protocol
