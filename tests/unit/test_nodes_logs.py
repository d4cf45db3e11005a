"""A node's log: bounded, readable at any moment, honest about what was cut."""

import errno
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.errors import OutputError
from tcperf.nodes.logs import LINE_LIMIT, CappedLog, Lines

NOTICE = re.compile(rb"\n\[tcperf: ([\d,]+) bytes were cut here\]\n")


def written(path, chunks, **caps):
    log = CappedLog(path, **caps)
    for chunk in chunks:
        log.write(chunk)
    log.close()
    return path.read_bytes()


class TestCappedLog:
    def test_a_short_stream_is_kept_as_it_is(self, tmp_path):
        assert written(tmp_path / "log", [b"one\n", b"two\n"]) == b"one\ntwo\n"

    def test_head_and_tail_together_are_kept_whole(self, tmp_path):
        assert written(tmp_path / "log", [b"0123456789"], head=4, tail=6) == b"0123456789"

    def test_the_middle_is_cut_and_said(self, tmp_path):
        kept = written(tmp_path / "log", [b"0123456789"], head=2, tail=3)
        assert kept == b"01\n[tcperf: 5 bytes were cut here]\n789"

    def test_it_is_written_as_it_goes(self, tmp_path):
        log = CappedLog(tmp_path / "log")
        log.write(b"so far")
        assert log.path.read_bytes() == b"so far"
        log.close()

    def test_closing_twice(self, tmp_path):
        log = CappedLog(tmp_path / "log", head=1, tail=1)
        log.write(b"0123")
        log.close()
        size = log.path.stat().st_size
        log.close()
        assert log.path.stat().st_size == size

    @given(st.lists(st.binary(max_size=50), max_size=30), st.integers(0, 40), st.integers(1, 40))
    def test_the_file_is_the_head_a_notice_and_the_tail(self, chunks, head, tail):
        stream = b"".join(chunks)
        with tempfile.TemporaryDirectory() as folder:
            kept = written(Path(folder, "log"), chunks, head=head, tail=tail)
        if len(stream) <= head + tail:
            assert kept == stream
            return
        cut = len(stream) - head - tail
        notice = f"\n[tcperf: {cut:,} bytes were cut here]\n".encode()
        assert kept == stream[:head] + notice + stream[-tail:]

    @given(st.lists(st.binary(max_size=200), max_size=20))
    def test_the_file_never_grows_without_bound(self, chunks):
        with tempfile.TemporaryDirectory() as folder:
            log = CappedLog(Path(folder, "log"), head=10, tail=20)
            for chunk in chunks:
                log.write(chunk)
                assert log.path.stat().st_size <= 10 + 2 * 20 + 60  # 60: the notice
            log.close()

    def test_an_unwritable_place(self, tmp_path):
        with pytest.raises(OutputError, match="log cannot be written: No such file or directory"):
            CappedLog(tmp_path / "missing" / "log")

    def test_a_full_disk_does_not_stop_the_stream(self, tmp_path, monkeypatch):
        log = CappedLog(tmp_path / "log")
        log.write(b"before")

        def fail(*_arguments):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(log, "_write_all", fail)
        log.write(b"lost")
        monkeypatch.undo()
        log.write(b"not tried again")
        log.close()
        assert log.failure == f"the log {log.path} is incomplete: No space left on device"
        assert log.path.read_bytes() == b"before"

    def test_a_full_disk_at_the_end(self, tmp_path, monkeypatch):
        log = CappedLog(tmp_path / "log", head=1, tail=2)
        log.write(b"0123")

        def fail():
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(log, "_compact", fail)
        log.close()
        assert "incomplete" in log.failure


PIECE = st.sampled_from([b"x", b"\r", b"\n", "é".encode(), "🎈".encode(), b"\xf0\x9f\x8e", b"\xff"])
NEARLY = st.sampled_from([1, *(LINE_LIMIT // size + more for size in (1, 2, 3, 4) for more in (-1, 0, 1))])


class TestLines:
    def fed(self, *chunks):
        lines = Lines()
        found = [line for chunk in chunks for line in lines.feed(chunk)]
        return lines, found

    def test_lines_across_chunks(self):
        lines, found = self.fed(b"one\ntw", b"o\r\nthr", b"ee")
        assert found == ["one", "two"]
        assert list(lines.end()) == ["three"]
        assert list(lines.end()) == []

    def test_bytes_that_are_no_text(self):
        _lines, found = self.fed(b"\xff\xfe ok\n")
        assert found == ["\ufffd\ufffd ok"]

    @pytest.mark.parametrize("chunk", [b"x" * 100_000, b"x" * 10])
    def test_an_endless_line_is_cut_and_takes_no_memory(self, chunk):
        lines, found = self.fed(*[chunk] * 1000, b"\nnext\n")
        assert found == ["x" * LINE_LIMIT, "next"]
        assert len(lines._partial) == 0

    def test_the_last_lines(self):
        lines, _found = self.fed(b"".join(b"%d\n" % number for number in range(100)), b"unfin")
        assert lines.last(3) == ("98", "99", "unfin")
        assert len(lines.last(1000)) == 51

    @given(st.lists(st.binary(max_size=30)))
    def test_chunks_do_not_matter(self, chunks):
        whole = Lines()
        expected = [*whole.feed(b"".join(chunks)), *whole.end()]
        lines, found = self.fed(*chunks)
        assert [*found, *lines.end()] == expected

    @given(st.lists(st.one_of(st.binary(max_size=30), st.builds(bytes.__mul__, PIECE, NEARLY)), max_size=8))
    def test_a_chunk_of_many_lines_is_read_as_each_of_them_alone(self, pieces):
        """Read at once, and decoded at once; here each is cut, and decoded, by itself."""
        stream = b"".join(pieces)
        _lines, found = self.fed(stream)
        assert found == [
            line[:LINE_LIMIT].rstrip(b"\r").decode("utf-8", "replace") for line in stream.split(b"\n")[:-1]
        ]
