"""Classic BPF with labels: jumps skip what they should, and a search finds its words, whatever they are."""

import bpf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.probes.bpf_lines import AND, JA, JEQ, JGE, LD_LEN, LD_W, RET_A, Line, assemble, keep, search

words = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 20), st.sampled_from([2**31, 2**32 - 1]))


def test_jumps_count_what_they_skip():
    code = assemble(
        (
            Line(LD_LEN),
            Line(JGE, 3, if_true="long", if_false="short"),
            Line(JA, if_true="end", label="long"),
            keep(1, "short"),
            keep(2, "end"),
        )
    )
    assert code == ((0x80, 0, 0, 0), (0x35, 0, 1, 3), (0x05, 0, 0, 1), (0x06, 0, 0, 1), (0x06, 0, 0, 2))
    assert [bpf.run(code, bytes(size)) for size in (2, 3)] == [1, 2]


def test_a_label_that_is_nowhere():
    with pytest.raises(KeyError, match="nowhere"):
        assemble((Line(JEQ, 1, if_true="nowhere"), keep(0)))


def test_what_was_made_can_be_kept():
    code = assemble((Line(LD_LEN), Line(AND, 0xFFFFFFFE), Line(RET_A)))
    assert [bpf.run(code, bytes(size)) for size in (0, 1, 14, 15)] == [0, 0, 14, 14]


@given(st.sets(words, max_size=40), st.sets(words, max_size=10))
def test_a_search_finds_its_words_and_no_other(known, others):
    """Every word is kept with the length beside it, every other one with ``otherwise``."""
    table = [(word, 1 + place) for place, word in enumerate(sorted(known))]
    code = assemble((Line(LD_W, 0), *search(table, 99, "find")))
    frame = bytes(96)
    for word, length in [*table, *((word, 99) for word in others - known)]:
        assert bpf.run(code, word.to_bytes(4, "big") + frame) == length


@given(st.integers(0, 60))
def test_a_search_is_short(count):
    lines = search([(word, 1) for word in range(0, 3 * count, 3)], 2, "find")
    assert len(lines) <= 4 * count + 1
    assert len({line.label for line in lines if line.label}) == sum(1 for line in lines if line.label)
    assert lines[0].label == "find"
    assert _longest(assemble(lines)) <= count.bit_length() + 2


def _longest(code):
    """The most instructions that any frame passes."""
    passed = [0] * len(code)
    for place in reversed(range(len(code))):
        operation, if_true, if_false, _value = code[place]
        if operation == 0x06:
            passed[place] = 1
        else:
            passed[place] = 1 + max(passed[place + 1 + if_true], passed[place + 1 + if_false])
    return max(passed)
