"""Records of pcap and pcapng files: every form, and every way to be broken."""

import gzip
import io
import os
import struct
import threading

import captures as made
import pytest

from tcperf.captures import sections, source
from tcperf.captures.links import LINK_TYPES
from tcperf.captures.pcap import PcapRecords
from tcperf.captures.pcapng import PcapngRecords
from tcperf.captures.reading import read_records
from tcperf.captures.records import LONGEST_FRAME
from tcperf.captures.source import Source, open_source
from tcperf.errors import UsageError

FRAMES = [bytes(range(60)), b"\x01" * 61, b"\x02" * 1514]


class Read:
    """What is read of a capture's bytes."""

    def __init__(self, data, chunk=None, monkeypatch=None):
        self.source = Source(io.BytesIO(data), "test.pcap", len(data))
        if chunk is not None:
            monkeypatch.setattr(source, "CHUNK_BYTES", chunk)
        self.records = read_records(self.source)
        self.phases = []
        self.records.on_phase = lambda phase: self.phases.append((len(self.found), phase))
        self.found = []
        for record in self.records:
            self.found.append(record)

    @property
    def frames(self):
        return [frame for _interface, _time, _length, frame in self.found]

    @property
    def lengths(self):
        return [length for _interface, _time, length, _frame in self.found]

    @property
    def times(self):
        return [time_ns for _interface, time_ns, _length, _frame in self.found]

    @property
    def cut(self):
        return self.records.cut


# --- pcap ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("unit_ns", [1000, 1])
def test_pcap_of_both_byte_orders_and_clocks(order, unit_ns):
    frames = [(made.BEGIN_NS + 123_456_789, FRAMES[0]), (made.BEGIN_NS + 2_000_000_001, FRAMES[1])]
    read = Read(made.pcap(frames, order=order, unit_ns=unit_ns))
    assert isinstance(read.records, PcapRecords)
    assert read.frames == FRAMES[:2]
    assert read.times == [time_ns // unit_ns * unit_ns for time_ns, _frame in frames]
    assert read.cut is None
    assert read.found[0][0].link is LINK_TYPES[1]


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_modified_form_has_longer_record_headers(order):
    assert Read(made.pcap(FRAMES, order=order, extra=8, magic=0xA1B2CD34)).frames == FRAMES


def test_the_original_length_counts_where_a_frame_was_cut():
    read = Read(made.pcap(FRAMES, snap=40))
    assert read.lengths == [60, 61, 1514]
    assert read.frames == [frame[:40] for frame in FRAMES]


def test_a_length_that_was_not_filled_in_is_what_was_kept():
    data = bytearray(made.pcap([FRAMES[0]]))
    data[36:40] = bytes(4)
    assert Read(bytes(data)).lengths == [60]


def test_the_frame_check_sequence_is_told_apart():
    read = Read(made.pcap(FRAMES, link=1 | 1 << 26 | 2 << 28))
    assert read.found[0][0].link is LINK_TYPES[1]
    assert read.found[0][0].fcs_bytes == 4
    assert Read(made.pcap(FRAMES)).found[0][0].fcs_bytes == 0


@pytest.mark.parametrize("chunk", [1, 7, 24, 100, 1514, 4096])
@pytest.mark.parametrize("write", [made.pcap, made.pcapng])
def test_chunks_may_end_anywhere(write, chunk, monkeypatch):
    read = Read(write(FRAMES), chunk, monkeypatch)
    assert read.frames == FRAMES
    assert read.cut is None


@pytest.mark.parametrize("write", [made.pcap, made.pcapng])
def test_a_file_that_ends_anywhere_is_cut_there(write):
    whole = write(FRAMES)
    begins = [len(write(FRAMES[:count])) for count in range(4)]
    for size in range(begins[0], len(whole)):
        read = Read(whole[:size])
        done = sum(size >= begin for begin in begins) - 1
        assert read.frames == FRAMES[:done]
        if size in begins:
            assert read.cut is None
        else:
            assert read.cut.offset == begins[done]
            assert "ends inside of a record" in read.cut.reason


@pytest.mark.parametrize("kept", [LONGEST_FRAME + 1, 1 << 20, 0xFFFFFFFF])
def test_a_record_is_not_believed_any_length(kept):
    broken = made.pcap(FRAMES[:1]) + struct.pack("<IIII", 1, 2, kept, kept) + bytes(1 << 19)
    read = Read(broken)
    assert read.frames == FRAMES[:1]
    assert read.cut.offset == 24 + 76
    assert f"{kept:,} bytes" in read.cut.reason


def test_the_longest_frame_is_read():
    assert Read(made.pcap([bytes(LONGEST_FRAME)])).lengths == [LONGEST_FRAME]
    assert Read(made.pcapng([bytes(LONGEST_FRAME)])).lengths == [LONGEST_FRAME]


# --- pcapng --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_of_both_byte_orders(order):
    read = Read(made.pcapng(FRAMES, order=order, snap=50))
    assert isinstance(read.records, PcapngRecords)
    assert read.frames == [frame[:50] for frame in FRAMES]
    assert read.lengths == [60, 61, 1514]
    assert read.times == [made.BEGIN_NS + number * made.STEP_NS for number in range(3)]


@pytest.mark.parametrize(
    ("options", "ticks", "time_ns"),
    [
        ((), 1_500_000, 1_500_000_000),
        (((9, b"\x06"),), 7, 7000),
        (((9, b"\x03"),), 7, 7_000_000),
        (((9, b"\x00"),), 7, 7_000_000_000),
        (((9, b"\x0c"),), 7_999, 7),
        (((9, b"\x8a"),), 512, 500_000_000),
        (((9, b"\x9e"),), 1 << 29, 500_000_000),
        (((9, b"\xff"),), 5, 0),
        (((9, b"\x7f"),), 5, 0),
        (((9, b"\x09"), (14, struct.pack("<q", 3))), 7, 3_000_000_007),
        (((9, b"\x09"), (14, struct.pack("<q", -1))), 7, -999_999_993),
        (((9, b""), (14, b"\x01")), 7, 7000),
    ],
)
def test_each_interface_has_its_clock(options, ticks, time_ns):
    read = Read(made.section() + made.interface(options=options) + made.packet(FRAMES[0], ticks))
    assert read.times == [time_ns]


def test_interfaces_differ_in_link_and_clock():
    data = (
        made.section()
        + made.interface(link=1)
        + made.interface(link=113, options=((9, b"\x09"), (13, b"\x20")))
        + made.packet(FRAMES[0], 5, number=1)
        + made.packet(FRAMES[1], 5, number=0)
    )
    read = Read(data)
    assert [found[0].link.name for found in read.found] == ["Linux cooked", "Ethernet"]
    assert read.times == [5, 5000]
    assert [found[0].fcs_bytes for found in read.found] == [4, 0]
    assert read.found[0][0].place != read.found[1][0].place


def test_a_section_in_the_middle_begins_anew():
    data = made.pcapng(FRAMES[:1]) + made.pcapng(FRAMES[1:], order=">", link=113)
    read = Read(data)
    assert read.frames == FRAMES
    assert [found[0].link_number for found in read.found] == [1, 113, 113]
    stray = Read(made.pcapng(FRAMES[:1]) + made.section() + made.packet(FRAMES[1], 1))
    assert stray.frames == FRAMES[:1]
    assert "interface 0, which is not described" in stray.cut.reason


@pytest.mark.parametrize("order", ["<", ">"])
def test_older_packet_blocks(order):
    head = made.section(order) + made.interface(order, snap=10, options=((9, b"\x09"),))
    read = Read(
        head
        + made.old_packet(FRAMES[0], 77, order=order)
        + made.simple_packet(FRAMES[1][:10], 61, order=order)
        + made.simple_packet(b"\x05" * 8, order=order)
    )
    assert read.frames == [FRAMES[0], FRAMES[1][:10], b"\x05" * 8]
    assert read.lengths == [60, 61, 8]
    assert read.times == [77, 77, 77]
    assert read.cut is None


def test_a_simple_packet_is_no_longer_than_its_block():
    head = made.section() + made.interface()
    read = Read(head + made.simple_packet(b"\x05" * 8, 1500))
    assert read.frames == [b"\x05" * 8]
    assert read.lengths == [1500]


def test_names_are_of_addresses_and_the_first_counts():
    bare = {made.ip4(1): b"alice", made.ip6(2): b"b\xc3\xb3b", made.ip4(3): b"", made.ip4(4): b"\x1b[2J=x"}
    read = Read(made.pcapng(FRAMES) + made.names(bare) + made.names({made.ip4(1): b"mallory"}))
    assert read.records.told.names == {
        made.ip4(1): "alice",
        made.ip6(2): "bób",
        made.ip4(4): "\ufffd[2J=x",
    }
    assert read.cut is None


@pytest.mark.parametrize(
    ("options", "lost"),
    [
        ((), None),
        (((5, struct.pack("<Q", 3)),), 3),
        (((5, struct.pack("<Q", 3)), (7, struct.pack("<Q", 4))), 7),
        (((5, b"\x03"),), None),
        (((4, struct.pack("<Q", 3)),), None),
    ],
)
def test_losses_that_the_capture_tells(options, lost):
    assert Read(made.pcapng(FRAMES) + made.statistics(options)).records.told.lost == lost


def test_a_later_loss_replaces_an_earlier_one_of_its_interface():
    def told(lost, number=0):
        return made.statistics(((5, struct.pack("<Q", lost)),), number=number)

    data = made.section() + made.interface() + made.interface() + told(1) + told(2, 1) + told(5) + told(9, 7)
    assert Read(data).records.told.lost == 7
    assert Read(data + data).records.told.lost == 14


OURS = ((4, b"tcperf 9.9"),)


def test_marks_and_nodes_of_our_own_captures():
    data = (
        made.section(options=OURS)
        + made.interface(options=((2, b"alice"), (6, made.mac(1))))
        + made.interface(options=((2, b"bob"), (6, b"\x02")))
        + made.packet(FRAMES[0], 1)
        + made.packet(FRAMES[1], 2, number=1, options=((1, b"phase: a"), (1, b"a note"), (1, b"phase: b")))
        + made.packet(FRAMES[2], 3, options=((1, b"outside of the phases"),))
    )
    read = Read(data)
    assert read.phases == [(1, "a"), (1, "b"), (2, "")]
    assert [found[0].node for found in read.found] == ["alice", "bob", "alice"]
    assert read.records.told.nodes == {made.mac(1): "alice"}
    assert read.found[0][0].place != read.found[1][0].place


def test_comments_and_names_of_others_captures_are_no_marks_and_no_nodes():
    data = (
        made.section(options=((4, b"Dumpcap tcperf"),))
        + made.interface(options=((2, b"eth0"), (6, made.mac(1))))
        + made.packet(FRAMES[1], 2, options=((1, b"phase: a"),))
    )
    read = Read(data)
    assert read.phases == []
    assert read.found[0][0].node is None
    assert read.records.told.nodes == {}
    assert read.frames == [FRAMES[1]]


def test_a_comment_that_is_no_text_harms_nothing():
    data = (
        made.section(options=(*OURS, (1, b"\xff\xfe")))
        + made.interface(options=((2, b"\xff\xff"), (1, b"\xc3")))
        + made.packet(FRAMES[0], 2, options=((1, b"\xff\xfe"),))
    )
    read = Read(data)
    assert read.cut is None
    assert read.found[0][0].node == "\ufffd\ufffd"


def test_blocks_that_nobody_knows_are_passed_over():
    unknown = made.block("<", 0x0BAD, bytes(1000)) + made.block("<", 0x0BAD, b"")
    data = made.section() + unknown + made.interface() + unknown + made.packet(FRAMES[0], 1) + unknown
    read = Read(data)
    assert read.frames == FRAMES[:1]
    assert read.cut is None


def test_options_by_the_hundred_thousand_take_no_time():
    many = [(1, b"")] * 250_000
    read = Read(made.section() + made.interface(options=many) + made.packet(FRAMES[0], 1))
    assert read.frames == FRAMES[:1]


GOOD = made.section() + made.interface() + made.packet(FRAMES[0], 1)
HEAD = struct.Struct("<II")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (HEAD.pack(6, 0) + bytes(40), "claims to be 0 bytes"),
        (HEAD.pack(6, 8) + bytes(40), "claims to be 8 bytes"),
        (HEAD.pack(6, 33) + bytes(40), "claims to be 33 bytes"),
        (HEAD.pack(6, 0xFFFFFFFF) + bytes(40), "claims to be 4,294,967,295 bytes"),
        (HEAD.pack(6, 0xFFFFFFFC) + bytes(40), "claims to be 4,294,967,292 bytes"),
        (HEAD.pack(0x0BAD, (16 << 20) + 4) + bytes(40), "claims to be 16,777,220 bytes"),
        (HEAD.pack(6, 12) + struct.pack("<I", 12), "too short for its header"),
        (HEAD.pack(2, 28) + bytes(16) + struct.pack("<I", 28), "too short for its header"),
        (HEAD.pack(3, 12) + struct.pack("<I", 12), "no interface or no length"),
        (HEAD.pack(1, 12) + struct.pack("<I", 12), "too short for its type"),
        (HEAD.pack(5, 12) + struct.pack("<I", 12), "in 12 bytes are too short"),
        (made.packet(FRAMES[0], 1, number=1), "interface 1, which is not described"),
        (made.packet(FRAMES[0], 1)[:-4] + b"\0\0\0\0", "claims to hold a frame of 60"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<I", 28) + bytes(20), "no byte order"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 12, 0x1A2B3C4D) + bytes(20), "too short for its type"),
        (made.section(version=2), "version 2.0"),
        (made.section()[:24], "ends inside of a record (24 bytes"),
        (
            made.section(">")[:4] + struct.pack(">I", 1 << 30) + made.section(">")[8:],
            "claims to be 1,073,741,824",
        ),
    ],
)
def test_a_broken_block_ends_the_reading(broken, reason):
    read = Read(GOOD + broken)
    assert read.frames == FRAMES[:1]
    assert reason in read.cut.reason
    assert read.cut.offset == len(GOOD)


@pytest.mark.parametrize("kept", [61, 64, 65, 1 << 18, (1 << 18) + 1, 0xFFFFFFFF])
def test_a_frame_that_does_not_fit_into_its_block(kept):
    data = bytearray(made.packet(FRAMES[0], 1))
    data[20:24] = struct.pack("<I", kept)
    read = Read(GOOD + bytes(data))
    assert read.frames == FRAMES[:1]
    assert f"claims to hold a frame of {kept:,}" in read.cut.reason


def test_a_simple_packet_without_an_interface():
    read = Read(made.section() + made.simple_packet(FRAMES[0]))
    assert "no interface" in read.cut.reason


def test_interfaces_are_counted():
    data = made.section() + made.interface() * (sections._MOST_INTERFACES + 1)
    read = Read(data)
    assert f"more than {sections._MOST_INTERFACES} interfaces" in read.cut.reason


def test_names_are_bounded(monkeypatch):
    monkeypatch.setattr(sections, "_MOST_NAMES", 3)
    many = made.names({made.ip4(number): b"x%d" % number for number in range(9)})
    nodes = b"".join(made.interface(options=((2, b"n"), (6, made.mac(number)))) for number in range(9))
    read = Read(made.section(options=OURS) + nodes + many)
    assert len(read.records.told.names) == 3
    assert len(read.records.told.nodes) == 3


# --- what is no capture --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "it is empty"),
        (b"\xd4\xc3\xb2\xa1", "ends inside of its header: it has 4 bytes"),
        (made.pcap([])[:23], "ends inside of its header: it has 23 bytes"),
        (made.section()[:11], "a section header has no byte order"),
        (made.section()[:27], "ends inside of its header: it has 27 bytes"),
        (made.section(options=((1, bytes(100)),))[:40], "ends inside of its header: it has 40 bytes"),
        (made.section(version=3), "version 3.0"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), "no byte order"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 0, 0x1A2B3C4D) + bytes(40), "claims to be 0 bytes"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 1 << 31, 0x1A2B3C4D) + bytes(40), "claims to be"),
        (b"snoop\0\0\0" + bytes(40), "begins with the bytes 73 6e 6f 6f 70 00 00 00"),
        (b"\xfd7zXZ\0" + bytes(40), "compressed with xz"),
        (b"\x28\xb5\x2f\xfd" + bytes(40), "compressed with zstd"),
        (b"\x1f\x8b", "compressed data ends"),
        (b"\x1f\x8b" + bytes(40), "compressed data is damaged"),
    ],
)
def test_what_is_no_capture_is_refused_with_its_cure(data, problem):
    with pytest.raises(UsageError) as caught:
        Read(data)
    assert "test.pcap is no capture that can be read" in caught.value.message
    assert problem in caught.value.message
    assert "pcapng" in caught.value.cure


# --- sources -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [made.pcap, made.pcapng])
def test_gzip(write, tmp_path):
    path = tmp_path / "a.pcap.gz"
    path.write_bytes(gzip.compress(write(FRAMES)))
    with open_source(str(path)) as opened:
        assert [record[3] for record in read_records(opened)] == FRAMES
        assert opened.done_bytes == opened.size == path.stat().st_size


def test_gzip_members_follow_each_other():
    whole = made.pcap(FRAMES)
    assert Read(gzip.compress(whole[:100]) + gzip.compress(whole[100:])).frames == FRAMES


def test_gzip_that_breaks_off_keeps_what_there_was():
    frames = [os.urandom(1000) for _ in range(600)]
    whole = gzip.compress(made.pcap(frames))
    read = Read(whole[: len(whole) // 2])
    assert 250 < len(read.frames) < 350
    assert read.frames == frames[: len(read.frames)]
    assert "compressed data ends before its end" in read.cut.reason


def test_gzip_that_is_damaged_keeps_what_there_was():
    frames = [os.urandom(1000) for _ in range(600)]
    whole = bytearray(gzip.compress(made.pcap(frames)))
    whole[len(whole) // 2 :] = bytes(len(whole) // 2)
    read = Read(bytes(whole))
    assert read.frames[:100] == frames[:100]
    assert read.cut is not None


def test_a_gzip_that_unpacks_without_end_is_read_chunk_by_chunk():
    bomb = gzip.compress(made.pcap([]) + bytes(30 << 20))
    opened = Source(io.BytesIO(bomb), "bomb")
    sizes = []
    while data := opened.read():
        sizes.append(len(data))
    assert sum(sizes) == 24 + (30 << 20)
    assert max(sizes) <= source.CHUNK_BYTES


class Unreadable(io.BytesIO):
    def read(self, size=-1):
        if self.tell() > 100:
            raise OSError(5, "Input/output error")
        return super().read(min(size, 60))


def test_a_disk_that_fails_in_the_middle():
    opened = Source(Unreadable(made.pcap(FRAMES)), "bad disk")
    records = read_records(opened)
    assert [record[3] for record in records] == FRAMES[:1]
    assert "cannot be read further: Input/output error" in records.cut.reason


def test_a_disk_that_fails_at_once(monkeypatch):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    class Stdin:
        buffer = Broken()

        def isatty(self):
            return False

    monkeypatch.setattr("sys.stdin", Stdin())
    with pytest.raises(UsageError, match="standard input cannot be read: Input/output error"):
        open_source("-")


def test_a_section_header_longer_than_a_chunk(monkeypatch):
    whole = made.section(options=((1, bytes(500)), (4, b"tcperf 1")))
    whole += made.interface(options=((2, b"alice"),)) + made.packet(FRAMES[0], 1)
    read = Read(whole, 64, monkeypatch)
    assert read.frames == FRAMES[:1]
    assert read.found[0][0].node == "alice"


@pytest.mark.parametrize("name", ["nowhere.pcap", "with\0zero.pcap", ".", "nowhere/\x1b[2J.pcap"])
def test_what_cannot_be_opened(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        open_source(name)
    assert "cannot be read" in caught.value.message
    assert caught.value.message.isprintable()


def test_standard_input(monkeypatch):
    reader, writer = os.pipe()
    whole = made.pcap(FRAMES * 2000)

    def feed():
        with os.fdopen(writer, "wb", buffering=0) as pipe:
            pipe.write(whole[:1])
            pipe.write(whole[1:])

    thread = threading.Thread(target=feed)
    thread.start()
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with open_source("-") as opened:
            assert opened.name == "standard input"
            assert opened.size is None
            assert sum(1 for _record in read_records(opened)) == 6000
    thread.join()


def test_a_terminal_on_standard_input_is_no_capture(monkeypatch):
    leader, follower = os.openpty()
    with os.fdopen(leader, "rb"), os.fdopen(follower) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        with pytest.raises(UsageError, match="no capture on standard input"):
            open_source("-")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="no capture on standard input"):
        open_source("-")


def test_whoever_wants_hears_of_each_read():
    opened = Source(io.BytesIO(bytes(10)), "x")
    heard = []
    opened.on_read = lambda: heard.append(opened.done_bytes)
    while opened.read():
        pass
    assert heard == [2, 2, 10]
