from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from teamcity_parser import parse_service_message

from tcperf.teamcity import ServiceMessageError
from tcperf.teamcity.line import LIMIT, as_text, message_line, value_line

FAR = "x" * 10_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("é", "é"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        (bytearray(b"a"), "a"),
        (True, "true"),
        (False, "false"),
        (10**20, "1" + "0" * 20),
        (1e-05, "0.00001"),
        (Decimal("1E+2"), "100"),
        (Fraction(1, 4), "0.25"),
        (Path("a/b"), "a/b"),
    ],
)
def test_values_become_text(value, text):
    assert as_text("a", value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, object(), [1], None])
def test_other_values_are_refused_by_name(value):
    with pytest.raises(ServiceMessageError, match="the attribute duration cannot be written"):
        as_text("duration", value)


def test_attributes_keep_their_order():
    assert message_line("a", {"c": "1", "b": "it's"}) == "##teamcity[a c='1' b='it|'s']\n"
    assert message_line("enableServiceMessages", {}) == "##teamcity[enableServiceMessages]\n"
    assert message_line("a", {"tc:tags": "t"}) == "##teamcity[a tc:tags='t']\n"


@pytest.mark.parametrize("name", ["", "a b", "a-b", "1a", "a]", "é", "a\n", "a'"])
def test_names_are_identifiers(name):
    with pytest.raises(ServiceMessageError, match="cannot name a message"):
        message_line(name, {})
    with pytest.raises(ServiceMessageError, match="cannot name a message"):
        value_line(name, "x")
    with pytest.raises(ServiceMessageError, match="cannot name an attribute of m"):
        message_line("m", {name: "x"})


@pytest.mark.parametrize("timestamp", ["2026-02-28T23:59:59.000", "2026-02-28T00:00:00.999-0330"])
def test_timestamps_of_the_one_form(timestamp):
    assert timestamp in message_line("a", {"timestamp": timestamp})


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "now",
        "2026-02-28",
        "2026-02-28 23:59:59.000",
        "2026-02-28T23:59:59",
        "2026-02-28T23:59:59.000Z",
        "2026-02-28T23:59:59.000+04:00",
        "2026-02-28T23:59:59.000000",
        "2026-02-30T23:59:59.000",
        "2026-02-28T24:00:00.000",
        "2026-02-28T23:59:59.000+2500",
        "２０２６-02-28T23:59:59.000",
    ],
)
def test_other_timestamps_are_refused(timestamp):
    with pytest.raises(ServiceMessageError, match=r"timestamp .* of a does not fit"):
        message_line("a", {"timestamp": timestamp})


@pytest.mark.parametrize("text", [FAR, "é" * 5000, "[" * 5000, "😀" * 5000, "a" + "😀" * 600])
def test_long_free_text_is_shortened_to_one_line(text):
    line = message_line("message", {"text": text, "status": "NORMAL"})
    assert LIMIT - 14 < len(line) <= LIMIT
    read = parse_service_message(line)["text"]
    assert read.endswith("…")
    assert text.startswith(read[:-1])


def test_the_longest_free_text_is_shortened_first():
    line = message_line("message", {"errorDetails": FAR, "text": "short", "status": "ERROR"})
    message = parse_service_message(line)
    assert message["text"] == "short"
    assert len(line) == LIMIT
    both = parse_service_message(message_line("message", {"errorDetails": FAR, "text": FAR}))
    assert abs(len(both["text"]) - len(both["errorDetails"])) <= 1


def test_a_text_that_just_fits_is_whole():
    frame = len("##teamcity[message text='']\n")
    text = "x" * (LIMIT - frame)
    assert message_line("message", {"text": text}) == f"##teamcity[message text='{text}']\n"
    assert "|0x2026" in message_line("message", {"text": text + "x"})


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": FAR},
        {"flowId": FAR, "text": "x"},
        {"name": "é" * 600, "text": ""},
        {"name": "x" * 4063, "text": "x" * 9},
    ],
)
def test_names_that_make_a_line_too_long_are_refused(attributes):
    with pytest.raises(ServiceMessageError, match=r"the message m would be longer than 4095 bytes") as caught:
        message_line("m", attributes)
    assert "which names something" in caught.value.cure


def test_too_many_attributes_are_refused():
    with pytest.raises(ServiceMessageError, match="longer than 4095"):
        message_line("m", {f"text{n}": "" for n in range(600)})
    with pytest.raises(ServiceMessageError, match=r"shorten a name|use fewer attributes"):
        message_line("m" * 5000, {})


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("testStarted", "testFinished"),
        ("testSuiteStarted", "testSuiteFinished"),
        ("blockOpened", "blockClosed"),
    ],
)
def test_what_can_be_opened_can_be_closed(opening, closing):
    stamp = {"timestamp": "2026-02-28T23:59:59.000"}
    longest = 0
    for length in range(3900, 4100):
        try:
            message_line(opening, stamp | {"name": "x" * length})
        except ServiceMessageError:
            break
        longest = length
    assert 3900 < longest < 4099
    assert message_line(closing, stamp | {"name": "x" * longest, "duration": "1234567890123"})


def test_single_values():
    assert value_line("progressMessage", "a [b]") == "##teamcity[progressMessage 'a |[b|]']\n"
    assert value_line("progressMessage", "") == "##teamcity[progressMessage '']\n"
    assert value_line("publishArtifacts", "a => b\nc") == "##teamcity[publishArtifacts 'a => b|nc']\n"


def test_progress_texts_are_shortened_alike():
    start, finish = (value_line(f"progress{end}", FAR) for end in ("Start", "Finish"))
    assert parse_service_message(start).argument == parse_service_message(finish).argument
    assert len(finish) <= LIMIT


def test_other_values_are_neither_cut_nor_empty():
    with pytest.raises(ServiceMessageError, match="publishArtifacts would be longer"):
        value_line("publishArtifacts", FAR)
    with pytest.raises(ServiceMessageError, match="publishArtifacts needs a value"):
        value_line("publishArtifacts", "")
    assert len(value_line("publishArtifacts", "x" * 4063)) == LIMIT


@pytest.mark.parametrize("identity", ["a", "tcperf_one_to_one_send_time_ms", "_$9", "x" * 60])
def test_identities_that_fit(identity):
    assert identity in message_line("buildProblem", {"description": "d", "identity": identity})


@pytest.mark.parametrize("identity", ["", "9a", "a.b", "a-b", "x" * 61, "é", "a\n"])
def test_identities_that_do_not(identity):
    with pytest.raises(ServiceMessageError, match=r"the identity .* does not fit"):
        message_line("buildProblem", {"description": "d", "identity": identity})


def test_a_problems_description():
    with pytest.raises(ServiceMessageError, match="buildProblem needs its description"):
        message_line("buildProblem", {"description": "", "identity": "a"})
    assert "identity" not in message_line("buildProblem", {"description": "d"})
    whole = message_line("buildProblem", {"description": "x" * 4001})
    assert len(parse_service_message(whole)["description"]) == 4000


@pytest.mark.parametrize("status", ["SUCCESS", "success", "ERROR", ""])
def test_a_build_status_is_never_success(status):
    with pytest.raises(ServiceMessageError, match="does not set the status"):
        message_line("buildStatus", {"status": status, "text": "x"})


def test_a_build_status_keeps_its_placeholder():
    line = message_line("buildStatus", {"text": "{build.status.text}; 2 regressions"})
    assert line == "##teamcity[buildStatus text='{build.status.text}; 2 regressions']\n"
    assert message_line("buildStatus", {"status": "FAILURE", "text": ""})
    with pytest.raises(ServiceMessageError, match="buildStatus needs its text"):
        message_line("buildStatus", {})


def test_a_messages_status():
    for status in ("NORMAL", "WARNING", "FAILURE", "ERROR"):
        assert message_line("message", {"text": "x", "status": status})
    with pytest.raises(ServiceMessageError, match="no status 'warning'"):
        message_line("message", {"text": "x", "status": "warning"})


def test_metadata():
    def value(text, **more):
        return parse_service_message(message_line("testMetadata", {"value": text, **more}))["value"]

    assert value("x" * 1025) == "x" * 1023 + "…"
    assert value("1e-05", type="number") == "0.00001"
    assert value("x" * 1024, type="link") == "x" * 1024
    with pytest.raises(ServiceMessageError, match="of type ms has the value 'fast': it is no number"):
        value("fast", type="ms")
    with pytest.raises(ServiceMessageError, match="more than 13 digits"):
        value("1e13", type="bytes")
    with pytest.raises(ServiceMessageError, match="the artifact in testMetadata is longer than 1024"):
        value("x" * 1025, type="artifact")
    with pytest.raises(ServiceMessageError, match="testMetadata needs its value"):
        value("")
