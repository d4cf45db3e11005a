"""Broken, half-written, random and hostile files: a clear error or a marked result, never anything else."""

import gzip
import io
import random
import resource
import struct
import subprocess
import sys

import captures as made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcperf.captures.analysis import analyze_source
from tcperf.captures.counting import GivenPorts
from tcperf.captures.render import render_console, render_csv, render_json
from tcperf.captures.source import Source
from tcperf.errors import TcperfError

OURS = ((4, b"tcperf 1"),)


def frames(link=made.ETHERNET):
    """A bit of everything."""
    found = []
    for version in (4, 6):
        talk = made.Conversation(link=link, version=version)
        found += [*talk.open(), *talk.talk(100, 3), *talk.close()]
    packets = [
        (0x0800, made.ipv4(1, 2, 17, made.udp((5, 6), 7), fragment=0x2000)),
        (0x0800, made.ipv4(1, 2, 17, bytes(9), fragment=1)),
        (0x0800, made.ipv4(1, 2, 6, made.tcp((5, 6), 1, 9), options=bytes(8))),
        (0x86DD, made.ipv6(1, 2, 17, made.udp((5, 6), 7), extensions=[(0, bytes(7)), (44, bytes(7))])),
        (0x0806, made.arp(1, 2)),
        (0x88CC, b"lldp"),
    ]
    return found + [made.framed(link, kind, packet) for kind, packet in packets]


def our_own():
    data = made.section(options=OURS)
    for node, name in ((1, b"alice"), (2, b"bob")):
        options = ((2, name), (6, made.mac(node)), (9, b"\x09"))
        data += made.interface(options=options) + made.names({made.ip4(node): name})
    for number, frame in enumerate(frames()):
        marks = ((1, b"phase: p%d" % (number // 4)),) if number % 4 == 0 else ()
        data += made.packet(frame, made.BEGIN_NS + number, number=number % 2, options=marks)
    return data + made.statistics(((4, bytes(8)), (7, struct.pack("<Q", 1))))


def several_sections():
    data = made.pcapng(frames()[:5], order=">") + made.section() + made.interface(link=made.SLL, snap=40)
    data += made.old_packet(frames(made.SLL)[0], 5) + made.simple_packet(frames(made.SLL)[1][:40], 66)
    return data + made.block("<", 0x0BAD, b"whatever")


CORPUS = {
    "pcap": made.pcap(frames()),
    "pcap, big-endian, nanoseconds": made.pcap(frames(), order=">", unit_ns=1),
    "pcap, modified": made.pcap(frames(), extra=8, magic=0xA1B2CD34),
    "pcap, cut frames": made.pcap(frames(), snap=40),
    **{f"pcap, link {link}": made.pcap(frames(link), link=link) for link in made.LINKS},
    "pcapng": made.pcapng(frames()),
    "pcapng, big-endian": made.pcapng(frames(), order=">"),
    "pcapng, sections": several_sections(),
    "pcapng, ours": our_own(),
    "gzip": gzip.compress(made.pcap(frames())),
}
#: What a length or a number may be made.
EXTREMES = [
    0,
    1,
    4,
    7,
    8,
    11,
    12,
    28,
    32,
    255,
    256,
    65_535,
    262_144,
    262_145,
    2**24,
    2**31 - 1,
    2**31,
    2**32 - 1,
]


def outcome(source):
    try:
        return analyze_source(source, ports=GivenPorts(), names={})
    except TcperfError as error:
        return error


def analysed(data):
    """The analysis, rendered in every form; None where the file was refused, with a cure."""
    source = Source(io.BytesIO(data), "fuzzed", len(data))
    found = outcome(source)
    if isinstance(found, TcperfError):
        assert found.cure
        assert found.message.isprintable()
        return None
    for render in (render_console, render_csv, render_json):
        assert "\x1b" not in render(found)
    if found.cut is not None:
        assert not found.is_complete
        assert f"byte {found.cut.offset:,}" in found.notes[0]
        assert found.cut.offset >= 0
    return found


def mutated(data, rng):
    """A few changes at random places."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 20))):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0:
                del data[place:]
            case 1:
                data[place : place + 1] = bytes((rng.randrange(256),))
            case 2:
                data[place : place + 4] = struct.pack(rng.choice("<>") + "I", rng.choice(EXTREMES))
            case 3:
                other = rng.randrange(len(data) + 1)
                data[place:place] = data[min(place, other) : max(place, other)][:400]
            case 4:
                del data[place : place + rng.choice((1, 4, 16, 100))]
            case 5:
                data[place:place] = rng.randbytes(rng.choice((1, 4, 100)))
            case _:
                aligned = place // 4 * 4
                data[aligned : aligned + 4] = struct.pack("<I", rng.choice(EXTREMES))
    return bytes(data)


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_itself_is_whole(name):
    found = analysed(CORPUS[name])
    assert found.cut is None
    assert found.packets == (7 if "sections" in name else len(frames()))


@pytest.mark.parametrize("name", CORPUS)
def test_changed_files(name):
    rng = random.Random(name)
    refused = whole = cut = 0
    for _ in range(60):
        found = analysed(mutated(CORPUS[name], rng))
        refused += found is None
        cut += found is not None and found.cut is not None
        whole += found is not None and found.cut is None
    # The changes are neither harmless nor all fatal.
    assert refused + cut
    assert whole + cut


@pytest.mark.parametrize("name", CORPUS)
def test_files_that_end_anywhere(name):
    whole = analysed(CORPUS[name])
    data = CORPUS[name]
    before = 0
    for size in range(0, len(data), max(1, len(data) // 150)):
        found = analysed(data[:size])
        if found is None:
            assert before == 0
            continue
        assert before <= found.packets <= whole.packets
        before = found.packets
        if found.cut is None:
            assert name != "gzip"


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_random_bytes(data):
    analysed(data)


@settings(max_examples=100)
@given(st.sampled_from(sorted(CORPUS)), st.data())
def test_a_header_and_random_bytes(name, drawn):
    header = CORPUS[name][: drawn.draw(st.sampled_from([4, 12, 24, 28, 48, 76, 120]))]
    analysed(header + drawn.draw(st.binary(max_size=300)))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 5, 6, 0x0A0D0D0A, 77]), st.binary(max_size=80))))
def test_blocks_of_random_content(blocks):
    data = made.section(options=OURS) + made.interface(options=((2, b"alice"),))
    for kind, body in blocks:
        data += made.block("<", kind, made.padded(body))
    analysed(data)


@settings(max_examples=150)
@given(st.sampled_from(made.LINKS), st.lists(st.binary(max_size=120), max_size=10))
def test_random_frames_are_all_counted(link, random_frames):
    found = analysed(made.pcap(random_frames, link=link))
    assert found.packets == len(random_frames)
    assert found.frame_bytes == sum(map(len, random_frames))
    assert found.cut is None


_LIMITED = """
import resource, sys
from tcperf.captures.analysis import analyze
limit = {limit} << 20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
found = analyze("-")
print(found.packets, found.cut is not None, len(found.notes))
"""


def limited(chunks):
    """Analyse what ``chunks`` yield in a process that gets little memory; what it says."""
    with subprocess.Popen(
        [sys.executable, "-c", _LIMITED.format(limit=300)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=False,
    ) as child:  # fmt: skip
        try:
            for chunk in chunks:
                child.stdin.write(chunk)
        except BrokenPipeError:
            pass  # it need not read what follows a broken record
        out, errors = child.communicate()
    assert child.returncode == 0, errors.decode()
    return out.decode().split()


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="the system limits no address space")
@pytest.mark.parametrize(
    ("name", "chunks", "said"),
    [
        ("a record of 4 GB", [made.pcap([]), struct.pack("<IIII", 1, 1, 2**32 - 1, 2**32 - 1), *[bytes(1 << 20)] * 400], ["0", "True", "1"]),
        ("a block of 4 GB", [made.section(), struct.pack("<II", 6, 2**32 - 4), *[bytes(1 << 20)] * 400], ["0", "True", "1"]),
        ("a section header of 4 GB", [made.pcapng([]), b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 2**32 - 4, 0x1A2B3C4D), *[bytes(1 << 20)] * 400], ["0", "True", "1"]),
        ("interfaces without end", [made.section(), *[made.interface() * 1000] * 3000], ["0", "True", "1"]),
        ("sections without end", [(made.section(options=OURS) + made.interface(options=((2, b"a" * 200),))) * 500] * 100, ["0", "False", "0"]),
        ("names without end", [made.pcapng([]), *[made.names({struct.pack(">I", number): b"x" * 60}) for number in range(120_000)]], ["0", "False", "0"]),
        ("options without end", [made.section(), *[made.interface(options=[(1, b"")] * 500_000)] * 3], ["0", "False", "0"]),
        ("frames of 256 KiB", [made.pcap([]), *[made.pcap([bytes(262_144)])[24:]] * 1000], ["1000", "False", "0"]),
    ],
)  # fmt: skip
def test_nothing_fills_the_memory(name, chunks, said):
    assert limited(chunks) == said


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="the system limits no address space")
def test_neither_do_addresses_nor_flows_nor_phases():
    def scan():
        rng = random.Random(1)
        yield made.section(options=OURS) + made.interface(options=((2, b"alice"), (9, b"\x09")))
        yield made.section() + made.interface()
        for number in range(80):
            packets = []
            for _ in range(1000):
                packet = made.ipv4(
                    1, rng.randbytes(4), 6, made.tcp((rng.randrange(1, 65_536), 2), 1, flags=2)
                )
                packets.append(made.packet(made.framed(1, 0x0800, packet), number % 3))
            yield b"".join(packets)

    packets, _cut, notes = limited(scan())
    assert (packets, notes) == ("80000", "1")
