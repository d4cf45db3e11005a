"""Marks do not depend on the pieces in which they come, and nothing that is sent makes the parser keep much or fail."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tcperf.command.marks import LINE_LIMIT, AskedMarks, Mark, PrintedMarks

LINE = st.one_of(
    st.sampled_from(
        [b"tcperf: phase load", b"tcperf: phase", b"phase load", b"phase", b"", b"tcperf: phase \xff"]
    ),
    st.binary(max_size=40),
    st.binary(min_size=LINE_LIMIT - 2, max_size=LINE_LIMIT + 2),
)
TEXT = st.lists(LINE, max_size=8).map(b"\n".join)


def pieces(data, cuts):
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


def fed(parser, parts):
    return [found for part in parts for found in parser.feed(part)]


@given(TEXT, st.lists(st.integers(min_value=0), max_size=6))
def test_the_pieces_do_not_matter(data, cuts):
    for kind in (PrintedMarks, AskedMarks):
        whole = fed(kind(), [data])
        assert fed(kind(), [data[place : place + 1] for place in range(len(data))]) == whole
        assert fed(kind(), pieces(data, cuts)) == whole


@given(TEXT)
def test_every_line_at_the_socket_has_one_answer(data):
    assert len(fed(AskedMarks(), [data])) == data.count(b"\n")


@given(st.lists(st.sampled_from(["load", "talk", "", "a_1"])))
def test_what_is_written_is_read(names):
    data = b"".join(f"tcperf: phase {name}".rstrip().encode() + b"\nother\n" for name in names)
    assert fed(PrintedMarks(), [data]) == [Mark(name) for name in names]


@given(st.lists(st.binary(max_size=3000), max_size=20))
def test_little_is_kept(parts):
    for parser in (AskedMarks(), PrintedMarks()):
        for part in parts:
            list(parser.feed(part.replace(b"\n", b"")))
            assert len(parser._lines._partial) <= LINE_LIMIT + 1


@given(TEXT, st.integers(min_value=0), st.integers(min_value=0, max_value=3))
def test_much_that_is_no_mark_hides_none(data, cut, times):
    """What is passed over, unread, ends where a mark's line may have begun."""
    place = cut % (len(data) + 1)
    noise = b"\n" + b"abcdefgh\n" * 100 * times
    found = fed(PrintedMarks(), [data[:place], data[place:] + noise, data, b"\n"])
    assert found == 2 * fed(PrintedMarks(), [data, b"\n"])
