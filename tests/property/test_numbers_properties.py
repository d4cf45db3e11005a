"""Frames that are counted by their flow's number are counted as ``tcperf.frames`` counts them, one by one."""

from unittest import mock

import bpf
import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slots import BASE_NS, BRIDGE, HOSTS, OUTGOING, PLACES, batch, ipv4, leg, mac, slot, tcp, udp

from tcperf.clock import NS_PER_MS
from tcperf.frames.flows import Flows, Totals
from tcperf.frames.parse import parse
from tcperf.probes import flow_numbers
from tcperf.probes import ledger as ledger_module
from tcperf.probes.capture_filter import OURS_BELOW, TAGS, NumberedFlow, program
from tcperf.probes.flow_numbers import NUMBERS
from tcperf.probes.ledger import Ledger

FIN, SYN, RST, ACK, PSH = (
    dpkt.tcp.TH_FIN,
    dpkt.tcp.TH_SYN,
    dpkt.tcp.TH_RST,
    dpkt.tcp.TH_ACK,
    dpkt.tcp.TH_PUSH,
)
SERIAL = 2**32
pairs = st.permutations(sorted(HOSTS)).map(lambda order: tuple(order[:2]))
ports = st.tuples(st.sampled_from([1, 2]), st.sampled_from([3, 4]))
kinds = st.sampled_from(["udp", "timed", "timed", "bare"])
sizes = st.sampled_from([0, 0, 1, 50, 50, 1400])
#: Mostly on; again, or something else, now and then.
steps = st.sampled_from(
    ["on"] * 12 + ["again", "again", "gap", "fin", "rst", "syn", "other", "strange", "copy"]
)


class Talker:
    """One direction of a conversation: makes its frames in turn, or not."""

    def __init__(self, pair, numbers, kind, sequence):
        self.pair, self.kind, self.ports = pair, kind, dict(zip(("sport", "dport"), numbers, strict=True))
        self.sequence, self.last = sequence, (sequence, 50)

    def frame(self, step, size, *, pushes):
        if step == "strange":
            return ipv4(*self.pair, 1, bytes(size))
        if self.kind == "udp":
            return udp(*self.pair, size, **self.ports)
        flags = {"fin": ACK | FIN, "rst": RST, "syn": SYN}.get(step, ACK | (PSH if pushes else 0))
        if step == "again":
            sequence, size = self.last
        elif step == "syn":
            sequence, size = (self.sequence + 1_000_000) % SERIAL, 0
        else:
            sequence = (self.sequence + (70 if step == "gap" else 0)) % SERIAL
        if step != "again":
            self.last = sequence, size
            self.sequence = (sequence + size + (step in {"fin", "syn"})) % SERIAL
        timed = (self.kind == "timed") != (step == "other")
        return tcp(*self.pair, sequence, size, flags=flags, opts=bytes(12 if timed else 0), **self.ports)


talkers = st.builds(
    Talker, pairs, ports, kinds, st.sampled_from([7, SERIAL - 120, SERIAL - 50, SERIAL - 1_000_030])
)


@st.composite
def conversations(draw):
    """Frames, each with its sender and receiver, and whether it is seen leaving; those of some talkers in turns."""
    some = draw(st.lists(talkers, min_size=1, max_size=5))
    play = []
    for talker, step, size, pushes in draw(
        st.lists(st.tuples(st.sampled_from(some), steps, sizes, st.booleans()), max_size=60)
    ):
        leaves = step == "copy"
        play.append((talker.frame("on" if leaves else step, size, pushes=pushes), *talker.pair, leaves))
    return play


class Reference:
    """``tcperf.frames``, frame by frame."""

    def __init__(self):
        self.sent, self.left = Flows(), Flows()

    def count(self, frame, source, target, leaves, time_ns):
        packet = parse(frame, 14, int.from_bytes(frame[12:14], "big"), len(frame))
        (self.left if leaves else self.sent).add(source, target, packet, len(frame), time_ns)


def summed(cut):
    sums = {}
    for group, totals in cut:
        sums[group] = sums.get(group, Totals()) + totals
    return {group: totals for group, totals in sums.items() if totals != Totals()}


def drawn(flows):
    sums = {}
    for flow, size, frames in flows.draw():
        known_size, known_frames = sums.get(flow.group, (0, 0))
        sums[flow.group] = known_size + size, known_frames + frames
    return sums


#: What happens behind a frame: a batch ends there, or a bin, or a phase, or there is a look at who is busy.
events = st.sampled_from(["", "", "", "", "batch", "draw", "cut", "number", "number"])


@settings(max_examples=400)
@given(
    conversations(),
    st.lists(events, min_size=60, max_size=60),
    st.sampled_from([0, ledger_module._FEW, 1000]),
    st.data(),
)
def test_counting_by_numbers_is_counting_one_by_one(play, happens, few, data):
    """Where a batch has frames with numbers and without, ``few`` decides in which way it is counted."""
    ledger, reference = Ledger(256, tagged=True), Reference()
    for name, (interface, address, _ip) in HOSTS.items():
        ledger.host(name, interface, address)
    # Frames come by today's filter, or, as they wait in the ring, by one of those before.
    filters, waiting = [()], []
    with (
        mock.patch.multiple(flow_numbers, _MANY=1, _SHARE=1000),
        mock.patch.object(ledger_module, "_FEW", few),
    ):
        ledger._numbers.look_after = 1
        for number, ((frame, source, target, leaves), event) in enumerate(zip(play, happens, strict=False)):
            time_ns = BASE_NS + number * 40 * NS_PER_MS
            numbered = filters[-1 - data.draw(st.sampled_from([0, 0, 0, 1])) % len(filters)]
            waiting.append(
                slot(
                    frame,
                    leg(target if leaves else source),
                    direction=OUTGOING if leaves else 3,
                    time_ns=time_ns,
                    lossy=True,
                    numbered=numbered,
                )
            )
            reference.count(frame, source, target, leaves, time_ns)
            if event:
                ledger.count(batch(waiting))
                waiting = []
            if event == "number" and ledger.number_busy():
                filters.append(tuple(ledger.numbered()))
            if event == "draw":
                assert drawn(ledger.sent) == drawn(reference.sent)
            if event == "cut":
                assert summed(ledger.sent.cut()) == summed(reference.sent.cut())
        ledger.count(batch(waiting))
    assert drawn(ledger.sent) == drawn(reference.sent)
    assert summed(ledger.sent.cut()) == summed(reference.sent.cut())
    assert summed(ledger.left.cut()) == summed(reference.left.cut())
    assert {flow.next_sequence and flow.next_sequence % SERIAL for flow in ledger.sent.index.values()} <= {
        flow.next_sequence and flow.next_sequence % SERIAL for flow in reference.sent._flows.values()
    }


def test_a_conversation_is_mostly_counted_by_numbers(monkeypatch):
    """So that the property above is one of what it says."""
    monkeypatch.setattr(flow_numbers, "_MANY", 1)
    ledger, talker = Ledger(256, tagged=True), Talker(("alice", "bob"), (1, 3), "timed", SERIAL - 120)
    for name, (interface, address, _ip) in HOSTS.items():
        ledger.host(name, interface, address)
    ledger._numbers.look_after = 1
    frames = [talker.frame("on", 50, pushes=False) for _number in range(40)]
    ledger.count(batch([slot(frame, leg("alice")) for frame in frames[:5]]))
    assert ledger.number_busy()
    monkeypatch.setattr(ledger, "_count_by_key", None)
    ledger.count(batch([slot(frame, leg("alice"), numbered=ledger.numbered()) for frame in frames[5:]]))
    assert ledger.sent.cut()[0][1] == Totals(40 * 116, 40 * 102, 2000, 40)


flags = st.sampled_from([ACK, ACK, PSH | ACK, SYN, FIN | ACK, RST, 48])
segments = st.builds(
    lambda pair, numbers, size, flags, options: tcp(
        *pair, 7, size, flags=flags, sport=numbers[0], dport=numbers[1], opts=bytes(options)
    ),
    pairs, ports, sizes, flags, st.sampled_from([12, 12, 0, 4]),
)  # fmt: skip
datagrams = st.builds(
    lambda pair, numbers, size: udp(*pair, size, sport=numbers[0], dport=numbers[1]),
    pairs,
    ports,
    st.integers(0, 30),
)
messages = st.builds(lambda pair, size: ipv4(*pair, 1, bytes(size)), pairs, st.integers(0, 40))
padded = st.builds(lambda frame, more: frame + bytes(more), datagrams, st.integers(1, 20))
frames = st.one_of(segments, segments, datagrams, messages, padded)


def _owner(frame):
    return next(interface for interface, address, _ip in HOSTS.values() if address == frame[6:12])


def _code(numbered):
    return program(BRIDGE, snap=186, lossy=False, tagged=True, hosts=PLACES, numbered=numbered)


@settings(max_examples=300)
@given(st.lists(st.one_of(segments, datagrams), max_size=12), st.lists(frames, max_size=12))
def test_a_number_is_its_flows_and_nothing_elses(known, others):
    """What is kept of a frame is its flow's number where that has one, and what it would be without, else."""
    plainly, flows, used = _code(()), {}, set()
    for frame in known:
        tag = bpf.run(plainly, frame, interface=_owner(frame))
        key = tag, _owner(frame), frame[:6], frame[34:38]
        free = [number for number in NUMBERS.get(tag, ()) if number not in used]
        if key not in flows and free:
            flows[key] = NumberedFlow(free[0], *key)
            used.add(free[0])
    code = _code(list(flows.values()))
    for frame in (*known, *others):
        tag = bpf.run(plainly, frame, interface=_owner(frame))
        flow = flows.get((tag, _owner(frame), frame[:6], frame[34:38]))
        kept = bpf.run(code, frame, interface=_owner(frame))
        assert kept == (tag if flow is None or tag not in TAGS else flow.number)
        assert kept % 2 == 0 or kept >= OURS_BELOW or kept in TAGS or kept in used


@pytest.mark.parametrize("size", range(14, 70))
def test_a_frame_that_lost_its_last_byte_reads_the_same(size):
    """All that is read of a header ends at an even place."""
    whole = bytes(range(1, 201))
    for ethertype in (0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 7):
        for first in (0x45, 0x46, 0x47, 0x60):
            for number in (6, 17, 1, 44, 0, 51, 60):
                frame = bytearray(mac("bob") + mac("alice") + ethertype.to_bytes(2, "big") + whole)
                frame[14], frame[20], frame[23] = first, number, number
                frame = bytes(frame[:size])
                kept = frame[: size & ~1]
                assert _without_end(parse(kept, 14, ethertype, size)) == _without_end(
                    parse(frame, 14, ethertype, size)
                )


def _without_end(packet):
    """Where the headers end is for those who keep them."""
    return packet._replace(header_end=0)
