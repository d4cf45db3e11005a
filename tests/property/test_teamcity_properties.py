"""Whatever goes into the emitter comes out of TeamCity's parser, or is refused before a byte is written."""

import io
import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teamcity_parser import LIMIT, NUMBER, check_output, parse_service_message, statistics_of

from tcperf.teamcity import ServiceMessageError, ServiceMessages, StatisticError
from tcperf.teamcity.escaping import escape, escape_within, truncate
from tcperf.teamcity.notation import plain_notation
from tcperf.teamcity.statistic import check_key

#: Any text, with what the grammar and the terminal make much of.
HOSTILE = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from(
            ["##teamcity[", "'", "|", "]", "[", "|n", "|0x0041", "\n", "\r\n", "\x85\u2028\u2029", "\x1b[0m"]
        ),
        st.text(st.characters(min_codepoint=0x10000)),
        st.text(st.characters(categories=["Cs"])),
    )
).map("".join)
KEYS = st.from_regex(r"[A-Za-z0-9_.:-]{1,80}", fullmatch=True)
#: None of them TeamCity's own, no two that differ only by case.
OWN_KEYS = st.from_regex(r"tcperf\.[a-z0-9_.:-]{1,70}", fullmatch=True)
FLOATS = st.floats(min_value=-9_999_999_999_999, max_value=9_999_999_999_999)
SURROGATES = re.compile("[\ud800-\udfff]")


def as_read(text):
    """Lone surrogates are replaced; everything else survives."""
    return SURROGATES.sub("\ufffd", text)


@given(HOSTILE)
def test_any_text_survives(text):
    escaped = escape(text)
    assert escaped.isascii()
    assert escaped.isprintable()
    if len(escaped) < LIMIT - 100:
        assert parse_service_message(f"##teamcity[a '{escaped}']").argument == as_read(text)
        sink = io.BytesIO()
        ServiceMessages(sink).log(text)
        (message,) = check_output(sink.getvalue())
        assert message["text"] == as_read(text)


@given(HOSTILE, st.integers(7, 60))
def test_shortened_text_is_a_beginning(text, limit):
    escaped = escape_within(text, limit)
    assert len(escaped) <= limit
    read = parse_service_message(f"##teamcity[a '{escaped}']").argument
    if len(escape(text)) <= limit:
        assert read == as_read(text)
    else:
        assert read[-1] == "…"
        assert as_read(text).startswith(read[:-1])
        assert len(escaped) > limit - len("|0xD83D|0xDE00")  # the next character would not have fitted


@given(HOSTILE, st.integers(1, 40))
def test_truncated_text_is_a_beginning(text, limit):
    truncated = truncate(text, limit)
    assert len(truncated.encode("utf-16-le", "surrogatepass")) <= 2 * limit
    assert truncated == text or (truncated[-1] == "…" and text.startswith(truncated[:-1]))


@given(HOSTILE, HOSTILE, st.integers(1, 3000))
def test_a_line_is_short_and_valid_whatever_the_text(text, details, times):
    sink = io.BytesIO()
    ServiceMessages(sink).log(text * times, "ERROR", errorDetails=details * times)
    assert len(sink.getvalue()) <= LIMIT
    check_output(sink.getvalue())


@given(FLOATS)
def test_floats_survive_to_six_decimals(value):
    text = plain_notation(value)
    assert NUMBER.fullmatch(text)
    assert text != "-0"
    assert abs(float(text) - value) <= 1e-6
    assert abs(Fraction(text) - Fraction(value)) <= Fraction(1, 2_000_000)


@given(
    st.one_of(st.fractions(-(10**12), 10**12), st.decimals(-(10**12), 10**12), st.integers(-(10**12), 10**12))
)
def test_exact_numbers_are_rounded_half_to_even(value):
    assert Fraction(plain_notation(value)) == round(Fraction(value), 6)


@given(st.decimals(-(10**12), 10**12, places=9))
def test_every_kind_of_number_is_written_alike(value):
    assert plain_notation(value) == plain_notation(Fraction(value))


@given(
    st.one_of(st.floats(), st.decimals(), st.integers(), st.fractions(), st.booleans(), st.text(), st.none())
)
def test_a_value_is_written_plainly_or_refused(value):
    try:
        text = plain_notation(value)
    except ValueError:
        return
    assert NUMBER.fullmatch(text)


@given(st.one_of(st.text(), KEYS))
def test_a_key_is_safe_or_refused(key):
    if re.fullmatch(r"[A-Za-z0-9_.:-]{1,80}", key):
        assert check_key(key, predefined=True) == key.lower()
    else:
        with pytest.raises(StatisticError) as refused:
            check_key(key)
        assert str(refused.value).isascii()


@given(st.dictionaries(OWN_KEYS, FLOATS, max_size=20))
def test_a_batch_equals_single_statistics(pairs):
    together, apart = io.BytesIO(), io.BytesIO()
    ServiceMessages(together).statistics(pairs)
    single = ServiceMessages(apart)
    for key, value in pairs.items():
        single.buildStatisticValue(key, value)
    assert together.getvalue() == apart.getvalue()
    assert statistics_of(together.getvalue()) == {
        key: float(plain_notation(value)) for key, value in pairs.items()
    }


@given(st.lists(st.tuples(KEYS, st.one_of(FLOATS, st.floats())), max_size=6))
def test_a_batch_is_written_whole_or_not_at_all(pairs):
    sink = io.BytesIO()
    messages = ServiceMessages(sink)
    try:
        messages.statistics(pairs)
    except StatisticError:
        assert sink.getvalue() == b""
        messages.buildStatisticValue("tcperf.another_key", 1)
    else:
        assert len(statistics_of(sink.getvalue())) == len(pairs)


@given(st.lists(st.one_of(st.tuples(st.just("text"), HOSTILE), st.tuples(st.just("message"), HOSTILE))))
def test_messages_stand_at_column_0_whatever_is_written_between(steps):
    sink = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    messages = ServiceMessages(sink)
    for kind, text in steps:
        if kind == "text":
            messages.write(text)
        else:
            messages.progressMessage(text[:300])
    messages.flush()
    written = check_output(sink.buffer.getvalue())
    assert [message.argument for message in written] == [
        as_read(text[:300]) for kind, text in steps if kind == "message"
    ]


@given(st.text("#teamciy[_ x", max_size=40), st.lists(st.integers(0, 40)))
def test_text_in_any_pieces_is_never_a_message(text, cuts):
    text += "##teamcity[y]" + text
    sink = io.StringIO()
    messages = ServiceMessages(sink)
    edges = [0, *sorted(cuts), len(text)]
    for start, end in pairwise(edges):
        messages.write(text[start:end])
    assert "##teamcity[" not in sink.getvalue()
    assert sink.getvalue().replace("_", "") == text.replace("_", "")


class Comparison(NamedTuple):
    actual: object
    expected: object


NAMED = {
    "block": lambda messages, text: messages.blockOpened(text) or messages.blockClosed(text),
    "suite": lambda messages, text: messages.testSuiteStarted(text) or messages.testSuiteFinished(text),
    "test": lambda messages, text: messages.testStarted(text) or messages.testFinished(text, timedelta(1)),
    "output": lambda messages, text: messages.testStdOut(text, text),
    "ignored": lambda messages, text: messages.testIgnored(text, text),
    "failed": lambda messages, text: messages.testFailed(text, text, text),
    "compared": lambda messages, text: messages.testFailed("t", comparison_failure=Comparison(text, text)),
    "parameter": lambda messages, text: messages.setParameter(text, text),
    "artifacts": lambda messages, text: messages.publishArtifacts(text),
    "problem": lambda messages, text: messages.buildProblem(text, "identity"),
    "custom": lambda messages, text: messages.customMessage(text, "NORMAL", text),
    "tag": lambda messages, text: messages.addBuildTag(text),
    "metadata": lambda messages, text: messages.testMetadata(text, text, text),
    "flow": lambda messages, text: messages.enableServiceMessages(flowId=text),
}


@pytest.mark.parametrize("name", NAMED)
@given(text=HOSTILE)
def test_every_method_writes_valid_lines_or_refuses(name, text):
    sink = io.BytesIO()
    try:
        NAMED[name](ServiceMessages(sink), text)
    except ServiceMessageError:
        assert not text or len(escape(text)) > 1000
        assert sink.getvalue() == b""
    else:
        assert check_output(sink.getvalue())


@given(st.text(), st.text())
def test_names_are_identifiers_or_refused(message, attribute):
    sink = io.BytesIO()
    try:
        ServiceMessages(sink).message(
            message, **{attribute: "x"} if attribute not in {"self", "messageName"} else {}
        )
    except ServiceMessageError:
        assert sink.getvalue() == b""
    else:
        check_output(sink.getvalue())


def test_decimal_nan_payloads_are_refused():
    with pytest.raises(StatisticError, match="NaN"):
        ServiceMessages(io.BytesIO()).buildStatisticValue("k", Decimal("NaN123"))
