import contextlib
import io
import os
import subprocess
import sys
import threading
import time

import pytest
from teamcity_parser import check_output

from tcperf.errors import OutputError
from tcperf.teamcity import output as output_module
from tcperf.teamcity.output import Output, TextStream

LINE = "##teamcity[a 'b']\n"


class Recorder(io.RawIOBase):
    """A raw stream that takes at most ``most`` bytes a write and remembers each call."""

    def __init__(self, most=10**9):
        super().__init__()
        self.writes = []
        self.flushes = 0
        self.most = most

    def writable(self):
        return True

    def write(self, data):
        taken = bytes(data[: self.most])
        self.writes.append(taken)
        return len(taken)

    def flush(self):
        self.flushes += 1

    @property
    def written(self):
        return b"".join(self.writes)


class Silent:
    """A binary stream of the simplest kind: its write tells nothing."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data

    def flush(self):
        pass


@contextlib.contextmanager
def full_pipe(buffering, mode):
    """A non-blocking pipe's writing stream, and its reading descriptor."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    try:
        stream = os.fdopen(write_end, mode, buffering)
        yield stream, read_end
    finally:
        os.close(read_end)
        with contextlib.suppress(OSError):
            stream.close()


def drain(descriptor, into):
    while data := os.read(descriptor, 65536):
        into += data


STREAMS = pytest.mark.parametrize(("mode", "buffering"), [("w", -1), ("wb", -1), ("wb", 0)])


def text_stream():
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")


@pytest.mark.parametrize("make", [io.BytesIO, io.StringIO, text_stream, Recorder, Silent])
def test_every_kind_of_stream(make):
    stream = make()
    output = Output(stream)
    output.write_text("unfinished é")
    output.write_lines(LINE)
    output.write_text("finished\n")
    output.write_lines(LINE)
    raw = getattr(stream, "buffer", stream)
    written = raw.written if hasattr(raw, "written") else raw.getvalue()
    text = written if isinstance(written, str) else written.decode()
    assert text == f"unfinished é\n{LINE}finished\n{LINE}"


def test_lines_are_one_write_and_one_flush():
    stream = Recorder()
    output = Output(stream)
    output.write_lines(LINE * 1000)
    assert stream.writes == [LINE.encode() * 1000]
    assert stream.flushes == 1


def test_the_guards_newline_is_in_the_same_write():
    stream = Recorder()
    output = Output(stream, at_line_start=False)
    output.write_lines(LINE)
    assert stream.writes == [b"\n" + LINE.encode()]


def test_nothing_is_written_for_nothing():
    stream = Recorder()
    output = Output(stream, at_line_start=False)
    output.write_lines("")
    output.write_text("")
    assert stream.writes == []


def test_text_is_flushed_with_the_end_of_a_line():
    stream = Recorder()
    output = Output(stream)
    output.write_text("a")
    assert stream.flushes == 0
    output.write_text("b\n")
    assert stream.flushes == 1


def test_what_was_printed_before_comes_out_before():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8")
    output = Output(stream)
    print("first", file=stream)
    output.write_lines(LINE)
    print("second", file=stream)
    output.write_text("third\n")
    assert raw.getvalue() == b"first\n" + LINE.encode() + b"second\nthird\n"


def test_text_in_a_poor_encoding():
    stream = io.BytesIO()
    Output(stream, encoding="cp1252").write_text("é 你 \udcff\n")
    assert stream.getvalue() == b"\xe9 \\u4f60 \\udcff\n"


def test_text_cannot_be_a_message():
    stream = io.BytesIO()
    output = Output(stream)
    output.write_text("##teamcity[buildStatus status='SUCCESS']\n and ##teamcity[x]")
    assert stream.getvalue() == b"##_teamcity[buildStatus status='SUCCESS']\n and ##_teamcity[x]"


@pytest.mark.parametrize("cut", range(1, 11))
def test_text_in_pieces_cannot_be_a_message(cut):
    stream = io.BytesIO()
    output = Output(stream)
    text = "##teamcity[x]"
    output.write_text(text[:cut])
    output.write_text(text[cut:])
    assert b"##teamcity[" not in stream.getvalue()
    assert stream.getvalue().replace(b"_", b"") == text.encode()


def test_text_in_single_characters_cannot_be_a_message():
    stream = io.BytesIO()
    output = Output(stream)
    for character in "##teamcity[x]###teamcity[y]":
        output.write_text(character)
    assert stream.getvalue() == b"##teamcity_[x]###teamcity_[y]"


def test_pieces_around_a_message_are_left_alone():
    stream = io.BytesIO()
    output = Output(stream)
    output.write_text("##team")
    output.write_lines(LINE)
    output.write_text("city[x]\n")
    assert stream.getvalue() == b"##team\n" + LINE.encode() + b"city[x]\n"


def test_text_may_be_let_through():
    stream = io.BytesIO()
    Output(stream).write_text(LINE, neutral=False)
    assert stream.getvalue() == LINE.encode()


def test_partial_writes_are_completed():
    stream = Recorder(most=7)
    Output(stream).write_lines(LINE * 3)
    assert stream.written == LINE.encode() * 3
    assert len(stream.writes) == 8


def test_after_a_failed_write_the_guard_is_armed():
    class Failing(io.BytesIO):
        fail = True

        def write(self, data):
            if self.fail:
                super().write(data[:4])
                raise OSError("disk full")
            return super().write(data)

    stream = Failing()
    output = Output(stream)
    with pytest.raises(OSError, match="disk full"):
        output.write_lines(LINE)
    stream.fail = False
    output.write_lines(LINE)
    assert stream.getvalue() == b"##te\n" + LINE.encode()


@STREAMS
def test_a_full_pipe_is_waited_for(mode, buffering):
    lines = LINE * 60_000  # about a megabyte, many times what a pipe holds
    received = bytearray()
    with full_pipe(buffering, mode) as (stream, read_end):
        reader = threading.Thread(target=drain, args=(read_end, received))
        reader.start()
        output = Output(stream)
        output.write_text("progress")
        output.write_lines(lines)
        stream.close()
        reader.join()
    assert bytes(received) == f"progress\n{lines}".encode()


@STREAMS
def test_a_pipe_that_stays_full_is_an_error(mode, buffering):
    with full_pipe(buffering, mode) as (stream, _):
        output = Output(stream, patience_s=0.05)
        started = time.monotonic()
        with pytest.raises(OutputError, match="took nothing for 0 s") as caught:
            output.write_lines(LINE * 60_000)
        assert 0.04 < time.monotonic() - started < 10
        assert "stopped reading" in caught.value.cure


def test_a_flush_into_a_full_pipe_is_waited_for(monkeypatch):
    received = bytearray()
    waiting = threading.Event()
    wait_writable = output_module._wait_writable

    def wait_and_tell(*arguments):
        waiting.set()
        return wait_writable(*arguments)

    def drain_once_waited_for(descriptor):
        assert waiting.wait(30)
        drain(descriptor, received)

    monkeypatch.setattr(output_module, "_wait_writable", wait_and_tell)
    with full_pipe(-1, "w") as (stream, read_end):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(stream.fileno(), b"x" * 4096)
        stream.write("printed\n")
        output = Output(stream)
        reader = threading.Thread(target=drain_once_waited_for, args=(read_end,))
        reader.start()
        output.flush()
        output.write_lines(LINE)
        stream.close()
        reader.join()
    assert received.lstrip(b"x") == b"printed\n" + LINE.encode()


def test_a_full_stream_without_a_descriptor_is_an_error():
    class Full(io.RawIOBase):
        def write(self, data):
            return None

    with pytest.raises(OutputError, match="no descriptor to wait on"):
        Output(Full()).write_lines(LINE)


def test_a_reader_that_has_gone_is_reported():
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb", buffering=0) as stream, pytest.raises(BrokenPipeError):
        Output(stream).write_lines(LINE)


def test_many_threads_share_a_stream():
    stream = Recorder(most=5)
    output = Output(stream)

    def work(number):
        for turn in range(50):
            output.write_text(f"thread {number} ")
            output.write_lines(f"##teamcity[progressMessage '{number} {turn}']\n")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = check_output(stream.written)
    assert {message.argument for message in messages} == {f"{n} {t}" for n in range(8) for t in range(50)}


def test_the_text_stream():
    sink = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    output = Output(sink, encoding="latin-1")
    stream = TextStream(output)
    print("a", "##teamcity[b]", file=stream)
    stream.writelines(["c", "d"])
    output.write_lines(LINE)
    assert stream.write("é") == 1
    stream.flush()
    assert sink.buffer.getvalue() == b"a ##_teamcity[b]\ncd\n" + LINE.encode() + b"\xe9"
    assert stream.encoding == "latin-1"
    assert stream.writable()
    assert not stream.isatty()
    assert not stream.readable()


def test_closing_the_text_stream_leaves_its_output_open():
    sink = io.BytesIO()
    with TextStream(Output(sink), neutral=False) as stream:
        stream.write(LINE)
    del stream
    Output(sink).write_text("on")
    assert sink.getvalue() == LINE.encode() + b"on"


def test_the_text_streams_descriptor(tmp_path):
    with (tmp_path / "out").open("wb") as file:
        assert TextStream(Output(file)).fileno() == file.fileno()
    with pytest.raises(io.UnsupportedOperation):
        TextStream(Output(Silent())).fileno()
    assert not TextStream(Output(Silent())).isatty()


def test_redirected_standard_output_in_a_real_process():
    program = (
        "import contextlib, sys\n"
        "from tcperf.teamcity import ServiceMessages\n"
        "print('before')\n"
        "messages = ServiceMessages()\n"
        "with contextlib.redirect_stdout(messages.stream()):\n"
        "    print('50 %', end='')\n"
        "    messages.buildStatisticValue('k', 1)\n"
        "    print('##teamcity[x]')\n"
        "print('after')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert run.stdout == (
        b"before\n50 %\n##teamcity[buildStatisticValue key='k' value='1']\n##_teamcity[x]\nafter\n"
    )
    assert run.stderr == b""
