"""The capture a run keeps: dpkt reads it back; where tshark is installed, Wireshark's own parser does."""

import os
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path

import dpkt
import pytest

from tcperf import __version__
from tcperf.captures import blocks, writer
from tcperf.captures.marks import comment_of, phase_of
from tcperf.captures.writer import CaptureWriter
from tcperf.errors import OutputError

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
BEGIN_NS = 1_700_000_000_123_456_789


def walk(path):
    """Type and bytes of each block, the lengths at both ends compared."""
    data, found = path.read_bytes(), []
    while data:
        kind, size = struct.unpack("<II", data[:8])
        assert size % 4 == 0
        assert struct.unpack("<I", data[size - 4 : size])[0] == size
        found.append((kind, data[:size]))
        data = data[size:]
    return found


def of_kind(path, kind):
    return [block for found, block in walk(path) if found == kind]


def packets(path):
    return [dpkt.pcapng.EnhancedPacketBlockLE(block) for block in of_kind(path, blocks.ENHANCED_PACKET)]


def comments(block):
    return [option.text for option in block.opts if option.code == blocks.COMMENT]


def udp_frame(size):
    udp = dpkt.udp.UDP(sport=1000, dport=2000, data=b"x" * size, ulen=8 + size)
    ip = dpkt.ip.IP(src=b"\x0a\0\0\1", dst=b"\x0a\0\0\2", p=17, data=udp, len=28 + size)
    return bytes(dpkt.ethernet.Ethernet(dst=MAC_B, src=MAC_A, data=ip))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.pcapng"


def test_the_header_says_who_wrote_it_and_what_it_keeps(path, tmp_path):
    CaptureWriter(path, full=False).close()
    CaptureWriter(tmp_path / "full.pcapng", full=True).close()
    told = {}
    for name in (path, tmp_path / "full.pcapng"):
        ((_kind, block),) = walk(name)
        header = dpkt.pcapng.SectionHeaderBlockLE(block)
        told[name] = {option.code: option.data for option in header.opts}
    assert told[path][blocks.SHB_USERAPPL] == f"tcperf {__version__}".encode()
    assert b"no message content" in told[path][blocks.COMMENT]
    assert b"content included" in told[tmp_path / "full.pcapng"][blocks.COMMENT]


def test_an_interface_a_node(path):
    made = CaptureWriter(path, full=False)
    assert [made.interface("alice", ["10.0.0.1", "fd00::1"], MAC_A), made.interface("bób")] == [0, 1]
    made.close()
    alice, bob = (
        dpkt.pcapng.InterfaceDescriptionBlockLE(block)
        for block in of_kind(path, blocks.INTERFACE_DESCRIPTION)
    )
    options = {option.code: option.data for option in alice.opts}
    assert alice.linktype == dpkt.pcap.DLT_EN10MB
    assert options[blocks.IF_NAME] == b"alice"
    assert options[blocks.IF_MACADDR] == MAC_A
    assert options[blocks.IF_TSRESOL] == b"\x09"
    assert {option.code: option.data for option in bob.opts}[blocks.IF_NAME].decode() == "bób"
    (names,) = of_kind(path, blocks.NAME_RESOLUTION)
    assert list(blocks.read_options(names[8:-4], "<")) == [
        (blocks.NRB_IPV4, b"\x0a\0\0\1alice\0"),
        (blocks.NRB_IPV6, bytes.fromhex("fd00" + "00" * 13 + "01") + b"alice\0"),
    ]


@pytest.mark.parametrize("kept", range(40, 48))
def test_a_frame_keeps_its_length_its_time_and_what_was_kept(path, kept):
    frame = udp_frame(100)
    made = CaptureWriter(path, full=False)
    made.interface("alice")
    made.interface("bob")
    made.frame(1, BEGIN_NS, len(frame), memoryview(frame)[:kept])
    made.close()
    (packet,) = packets(path)
    assert packet.pkt_data == frame[:kept]
    assert (packet.caplen, packet.pkt_len, packet.iface_id) == (kept, 142, 1)
    assert packet.ts_high << 32 | packet.ts_low == BEGIN_NS


def test_what_was_handed_over_may_change_at_once(path):
    """The ring's slot is given back to the kernel after the call."""
    slot = bytearray(udp_frame(4))
    made = CaptureWriter(path, full=True)
    made.interface("alice")
    made.mark("messages")
    for number in range(2):
        slot[-1] = number
        made.frame(0, BEGIN_NS, len(slot), memoryview(slot))
    slot[:] = bytes(len(slot))
    made.close()
    assert [packet.pkt_data[-1] for packet in packets(path)] == [0, 1]
    assert all(packet.pkt_data[0] == 2 for packet in packets(path))


def test_marks_stand_on_the_next_frame(path):
    frame = udp_frame(1)
    made = CaptureWriter(path, full=True)
    made.interface("alice")
    made.frame(0, BEGIN_NS, len(frame), frame)
    made.mark("messages")
    made.frame(0, BEGIN_NS + 1, len(frame), frame)
    made.mark("")
    made.mark("idle")
    made.frame(0, BEGIN_NS + 2, len(frame), frame[:42])
    made.frame(0, BEGIN_NS + 3, len(frame), frame)
    made.mark("")
    made.close()
    assert [comments(packet) for packet in packets(path)] == [
        [],
        ["phase: messages"],
        ["outside of the phases", "phase: idle"],
        [],
    ]
    assert [packet.pkt_data for packet in packets(path)] == [frame, frame, frame[:42], frame]
    (statistics,) = of_kind(path, blocks.INTERFACE_STATISTICS)
    assert (blocks.COMMENT, b"outside of the phases") in blocks.read_options(statistics[20:-4], "<")


@pytest.mark.parametrize("phase", ["messages", "", "phase: twice", "outside of the phases!"])
def test_a_mark_is_read_as_it_was_written(phase):
    assert phase_of(comment_of(phase)) == phase


def test_other_comments_are_no_marks():
    assert phase_of("look at this one") is None


@pytest.mark.parametrize(("lost", "told"), [(0, [0, 0]), (7, [7, None])])
def test_statistics(path, lost, told):
    made = CaptureWriter(path, full=True)
    made.interface("alice")
    made.interface("bob")
    for number in range(3):
        made.frame(0, BEGIN_NS + number, 60, bytes(60))
    made.close(lost)
    made.close(lost + 1)
    alice, bob = (
        dict(blocks.read_options(block[20:-4], "<")) for block in of_kind(path, blocks.INTERFACE_STATISTICS)
    )
    assert [_number(options.get(blocks.ISB_OSDROP)) for options in (alice, bob)] == told
    assert [_number(options[blocks.ISB_IFRECV]) for options in (alice, bob)] == [3, 0]
    assert _time(alice[blocks.ISB_STARTTIME]) == BEGIN_NS
    assert _time(alice[blocks.ISB_ENDTIME]) == BEGIN_NS + 2
    assert blocks.ISB_STARTTIME not in bob
    assert (blocks.COMMENT in alice) == bool(lost)


def _number(value):
    return None if value is None else struct.unpack("<Q", value)[0]


def _time(value):
    high, low = struct.unpack("<II", value)
    return high << 32 | low


def test_an_existing_file_is_refused_and_kept(path):
    path.write_bytes(b"earlier")
    with pytest.raises(OutputError, match="exists already") as caught:
        CaptureWriter(path, full=False)
    assert caught.value.cure
    assert path.read_bytes() == b"earlier"


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        CaptureWriter(tmp_path / "nowhere" / "run.pcapng", full=False)


def test_what_is_gathered_is_bounded_in_bytes(path):
    made = CaptureWriter(path, full=True)
    made.interface("alice")
    sizes = []
    for _number in range(200):
        made.frame(0, 0, 1500, bytes(1500))
        sizes.append(path.stat().st_size)
    assert sizes[0] == sizes[30]
    assert 200 * 1532 - sizes[-1] < writer._BUFFER_BYTES
    made.close()


def test_what_is_gathered_is_bounded_in_time(path):
    made = CaptureWriter(path, full=True)
    made.interface("alice")
    made.frame(0, BEGIN_NS, 60, bytes(60))
    assert len(packets(path)) == 1
    made.frame(0, BEGIN_NS + 999_999_999, 60, bytes(60))
    assert len(packets(path)) == 1
    made.frame(0, BEGIN_NS + 1_000_000_000, 60, bytes(60))
    assert len(packets(path)) == 3
    made.close()


_KILLED = """
import os, signal, sys
from pathlib import Path
from tcperf.captures.writer import CaptureWriter
made = CaptureWriter(Path(sys.argv[1]), full=True)
made.interface("alice", ["10.0.0.1"])
for number in range(1000):
    made.frame(0, number, 1500, bytes(1500))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_a_readable_file(path):
    done = subprocess.run([sys.executable, "-c", _KILLED, path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(packets(path)) > 900
    assert len(of_kind(path, blocks.NAME_RESOLUTION)) == 1


def test_a_full_disk_is_told_once_and_nothing_follows(path, monkeypatch):
    made = CaptureWriter(path, full=True)
    made.interface("alice")
    made.frame(0, BEGIN_NS, 60, bytes(60))
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = path.stat().st_size
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
        made.frame(0, BEGIN_NS + 1, 60, bytes(60))
        made.frame(0, BEGIN_NS + 2, 60, bytes(60))
        with pytest.raises(OutputError, match=r"run\.pcapng cannot be written: File too large"):
            made.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    with pytest.raises(OutputError, match="was closed"):
        made.flush()
    made.close()
    assert path.stat().st_size == size + 100


def test_no_space_has_its_cure(tmp_path):
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("there is no /dev/full")
    full = tmp_path / "full.pcapng"
    made = CaptureWriter(full, full=True)
    made._file.close()
    made._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - the writer owns it
    made.interface("alice")
    with pytest.raises(OutputError, match="No space left") as caught:
        made.flush()
    assert "free some space" in caught.value.cure


def test_a_long_text_is_cut_to_what_an_option_holds(path):
    made = CaptureWriter(path, full=True)
    made.interface("é" * 70_000)
    made.close()
    (block,) = of_kind(path, blocks.INTERFACE_DESCRIPTION)
    options = dict(blocks.read_options(block[16:-4], "<"))
    assert len(options[blocks.IF_NAME]) == blocks.LONGEST
    assert options[blocks.IF_TSRESOL] == b"\x09"


@pytest.mark.parametrize(
    "data", [b"\x01\x00", b"\x01\x00\xff\x00abc", b"\x01\x00\x04\x00ab", b"\0\0\0\0junk"]
)
def test_options_that_do_not_fit_end_the_reading(data):
    whole = blocks.option(1, b"abcde")
    assert list(blocks.read_options(whole + data, "<")) == [(1, b"abcde")]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_reads_it(path):
    made = CaptureWriter(path, full=False)
    made.interface("alice", ["10.0.0.1"], MAC_A)
    made.interface("bob", ["10.0.0.2"], MAC_B)
    for number in range(4):
        frame = udp_frame(number * 100)
        if number == 2:
            made.mark("messages")
        made.frame(number % 2, BEGIN_NS + number, len(frame), frame[:42])
    made.mark("")
    made.close(5)
    fields = ("interface_name", "time_epoch", "len", "cap_len", "comment")
    command = [
        "tshark",
        "-r",
        path,
        "-T",
        "fields",
        *(word for name in fields for word in ("-e", f"frame.{name}")),
    ]
    done = subprocess.run([*command, "-e", "_ws.malformed"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        f"{name}\t1700000000.{123456789 + number}\t{42 + 100 * number}\t42\t{comment}\t"
        for number, (name, comment) in enumerate(
            [("alice", ""), ("bob", ""), ("alice", "phase: messages"), ("bob", "")]
        )
    ]
    assert not [line for line in done.stderr.splitlines() if "Running as user" not in line]
