import contextlib
import io
import subprocess
import sys
import threading
import time
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from teamcity.messages import TeamcityServiceMessages
from teamcity_parser import check_output, parse_service_message, statistics_of

from tcperf.teamcity import ServiceMessageError, ServiceMessages, StatisticError

NOW = 1_767_225_599.9876


@pytest.fixture
def sink():
    return io.BytesIO()


@pytest.fixture
def messages(sink):
    return ServiceMessages(sink, now=lambda: NOW)


@pytest.fixture
def utc(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def only(sink):
    (message,) = check_output(sink.getvalue())
    return message


def test_takes_the_librarys_place(messages):
    assert isinstance(messages, TeamcityServiceMessages)


def test_a_statistic(messages, sink):
    messages.buildStatisticValue("tcperf.one_to_one.send.time_ms", 12.5)
    assert sink.getvalue() == (
        b"##teamcity[buildStatisticValue key='tcperf.one_to_one.send.time_ms' value='12.5']\n"
    )


def test_a_batch_of_statistics(messages, sink):
    messages.statistics([("a", 1), ("b", 0.1), ("c", Decimal("2.50")), ("d", Fraction(1, 3))])
    messages.statistics({"e": -1e-05})
    messages.statistics([])
    assert statistics_of(sink.getvalue()) == {"a": 1, "b": 0.1, "c": 2.5, "d": 0.333333, "e": -0.00001}


def test_a_batch_is_taken_from_a_generator(messages, sink):
    messages.statistics((f"k{n}", n) for n in range(3))
    assert list(statistics_of(sink.getvalue())) == ["k0", "k1", "k2"]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (("b", float("nan")), "statistic b "),
        (("b", float("inf")), "statistic b "),
        (("b", True), "statistic b "),
        (("b", "1"), "statistic b "),
        (("b", 1e13), "statistic b "),
        (("a", 2), "a is reported twice"),
        (("A", 2), "a and A differ only by case"),
        (("SuccessRate", 2), "SuccessRate is one that TeamCity"),
        (("b c", 2), "'b c' does not fit"),
    ],
)
def test_a_batch_with_one_bad_statistic_writes_and_remembers_nothing(messages, sink, bad, problem):
    with pytest.raises(StatisticError, match=problem):
        messages.statistics([("a", 1), bad, ("c", 3)])
    assert sink.getvalue() == b""
    messages.statistics([("a", 1), ("c", 3)])
    assert statistics_of(sink.getvalue()) == {"a": 1, "c": 3}


def test_a_statistic_is_reported_once_whichever_way(messages, sink):
    messages.buildStatisticValue("a", 1)
    for again in (
        lambda: messages.buildStatisticValue("a", 1),
        lambda: messages.statistics([("a", 1)]),
        lambda: messages.message("buildStatisticValue", key="a", value="1"),
    ):
        with pytest.raises(StatisticError, match="reported twice"):
            again()
    assert statistics_of(sink.getvalue()) == {"a": 1}


def test_a_statistic_by_the_librarys_way(messages, sink):
    messages.message("buildStatisticValue", key="a", value="1e-05", flowId="7")
    assert sink.getvalue() == b"##teamcity[buildStatisticValue flowId='7' key='a' value='0.00001']\n"


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"key": "a"}, "needs its value"),
        ({"value": "1"}, "needs its key"),
        ({}, "needs its key and value"),
        ({"key": "a", "value": "nan"}, "'nan' of statistic a cannot be reported"),
        ({"key": "a", "value": "1e20"}, "more than 13 digits"),
        ({"key": "a b", "value": "nan"}, "does not fit"),
        ({"key": "BuildDuration", "value": "1"}, "TeamCity reports itself"),
    ],
)
def test_the_librarys_way_is_checked_too(messages, sink, attributes, problem):
    with pytest.raises(StatisticError, match=problem):
        messages.message("buildStatisticValue", **attributes)
    assert sink.getvalue() == b""


def test_coverage_has_predefined_keys(messages, sink):
    messages.buildStatisticLinesCovered(90)
    messages.buildStatisticTotalLines("100")
    messages.buildStatisticLinesUncovered(10.0)
    assert statistics_of(sink.getvalue()) == {
        "CodeCoverageAbsLCovered": 90,
        "CodeCoverageAbsLTotal": 100,
        "CodeCoverageAbsLUncovered": 10,
    }


def test_timestamps_are_local_time_without_a_zone(messages, sink, utc):
    messages.blockOpened("a", flowId="1", description="about a")
    assert sink.getvalue() == (
        b"##teamcity[blockOpened timestamp='2025-12-31T23:59:59.987' description='about a' flowId='1' name='a']\n"
    )


def test_a_timestamp_of_ones_own_takes_the_place(messages, sink):
    messages.message("compilation", compiler="gc", timestamp="2026-01-02T03:04:05.678+0100")
    assert only(sink)["timestamp"] == "2026-01-02T03:04:05.678+0100"
    with pytest.raises(ServiceMessageError, match="timestamp"):
        messages.message("compilation", compiler="gc", timestamp="2026-01-02T03:04:05Z")


def test_values_of_many_types(messages, sink):
    messages.message("a", text=b"caf\xc3\xa9", number=3, real=1e-05, flag=True, path=Path("x"), nothing=None)
    attributes = dict(only(sink).attributes)
    del attributes["timestamp"]
    assert attributes == {"text": "café", "number": "3", "real": "0.00001", "flag": "true", "path": "x"}


def test_log(messages, sink):
    messages.log("plain")
    messages.log("not compared", "WARNING")
    messages.log("broken", status="ERROR", errorDetails="line 1\nline 2", flowId="f")
    plain, warning, error = check_output(sink.getvalue())
    assert (plain["text"], plain["status"]) == ("plain", "NORMAL")
    assert warning["status"] == "WARNING"
    assert (error["errorDetails"], error["flowId"]) == ("line 1\nline 2", "f")
    with pytest.raises(ServiceMessageError, match="no status"):
        messages.log("x", "INFO")


def test_a_build_problem(messages, sink):
    messages.buildProblem("slower: 12 % [±3]", "tcperf_one_to_one_send_time_ms")
    problem = only(sink)
    assert problem["description"] == "slower: 12 % [±3]"
    assert problem["identity"] == "tcperf_one_to_one_send_time_ms"
    with pytest.raises(ServiceMessageError, match="identity"):
        messages.buildProblem("x", "tcperf.one_to_one")


def test_the_build_status(messages, sink):
    messages.buildStatus(text="{build.status.text}; not compared")
    assert only(sink)["text"] == "{build.status.text}; not compared"
    with pytest.raises(ServiceMessageError, match="SUCCESS"):
        messages.buildStatus("SUCCESS", "all is well")


def test_single_values(messages, sink):
    messages.progressMessage("one_to_one: run 1 of 3")
    messages.publishArtifacts(Path("tcperf-report"))
    messages.publishArtifacts("tcperf-report => tcperf", flowId="x")
    messages.addBuildTag("slower")
    assert [(message.name, message.argument) for message in check_output(sink.getvalue())] == [
        ("progressMessage", "one_to_one: run 1 of 3"),
        ("publishArtifacts", "tcperf-report"),
        ("publishArtifacts", "tcperf-report => tcperf"),
        ("addBuildTag", "slower"),
    ]


@pytest.mark.parametrize(
    ("value", "given", "kind"),
    [
        (12.5, None, "number"),
        (Decimal("1E+2"), None, "number"),
        (7, "ms", "ms"),
        ("7", "bytes", "bytes"),
        ("text", None, None),
        (b"bytes", None, None),
        (True, None, None),
        (Path("a.png"), None, None),
        ("a.png", "image", "image"),
    ],
)
def test_metadata(messages, sink, value, given, kind):
    messages.testMetadata("suite: a test", "load", value, given, flowId="f")
    message = only(sink)
    assert message.attributes.get("type") == kind
    assert (message["testName"], message["name"], message["flowId"]) == ("suite: a test", "load", "f")


def test_metadata_of_the_running_test(messages, sink):
    messages.testMetadata(None, None, 1)
    assert set(only(sink).attributes) == {"timestamp", "value", "type"}


def brackets(messages):
    return [
        messages.block("b", flowId="1", description="d"),
        messages.compilation("gc"),
        messages.testSuite("s"),
        messages.test("t", captureStandardOutput="true", testDuration=timedelta(seconds=1.5), flowId="1"),
        messages.progress("p"),
        messages.serviceMessagesDisabled("1"),
        messages.serviceMessagesEnabled(),
    ]


EXPECTED = [
    ("blockOpened", "blockClosed"),
    ("compilationStarted", "compilationFinished"),
    ("testSuiteStarted", "testSuiteFinished"),
    ("testStarted", "testFinished"),
    ("progressStart", "progressFinish"),
    ("disableServiceMessages", "enableServiceMessages"),
    ("enableServiceMessages", "disableServiceMessages"),
]


@pytest.mark.parametrize("number", range(len(EXPECTED)))
@pytest.mark.parametrize("error", [None, RuntimeError("inside"), KeyboardInterrupt()])
def test_what_is_opened_is_closed(messages, sink, number, error):
    expected = contextlib.nullcontext() if error is None else pytest.raises(type(error))
    with expected, brackets(messages)[number]:
        if error is not None:
            raise error
    assert tuple(message.name for message in check_output(sink.getvalue())) == EXPECTED[number]


def test_nothing_is_opened_before_it_is_entered(messages, sink):
    brackets(messages)
    assert sink.getvalue() == b""


def test_a_block_that_cannot_be_opened_is_not_entered(messages, sink):
    with pytest.raises(ServiceMessageError, match="longer than"), messages.block("x" * 5000):
        pytest.fail("entered")
    assert sink.getvalue() == b""


class Comparison(NamedTuple):
    actual: object
    expected: object


def test_every_inherited_method_writes_valid_messages(messages, sink):
    hostile = "it's [a] | b\r\n##teamcity[x 'y'] é😀\x1b[0m"
    with messages.block(hostile, "f"):
        messages.subTestBlockOpened(hostile, "Success", flowId="g")
        messages.blockClosed(hostile, flowId="g")
    with messages.testSuite(hostile), messages.test(hostile, testDuration=timedelta(days=1, milliseconds=7)):
        messages.testCount(3)
        messages.testStdOut(hostile, hostile)
        messages.testStdErr(hostile, hostile.encode())
        messages.testFailed(hostile, hostile, hostile, comparison_failure=Comparison(hostile, b"\xff"))
        messages.testFailed(hostile, hostile, hostile)
        messages.testIgnored(hostile)
    with messages.progress(hostile), messages.compilation(hostile):
        messages.progressMessage(hostile)
    messages.publishArtifacts(hostile)
    messages.buildProblem(hostile, "identity")
    messages.buildStatus("FAILURE", hostile)
    messages.setParameter(hostile, hostile)
    messages.importData("junit", hostile)
    messages.customMessage(hostile, "WARNING")
    written = check_output(sink.getvalue())
    assert len(written) == 25
    by_name = {message.name: message for message in written}
    assert by_name["testStdErr"]["out"] == hostile
    assert by_name["testFinished"]["duration"] == "86400007"
    assert by_name["setParameter"]["name"] == hostile
    assert by_name["progressFinish"].argument == hostile


def test_escaping_is_public(messages):
    assert messages.escapeValue("[é]") == "|[|0x00E9|]"
    assert messages.escapeValue(b"a'") == "a|'"


def test_the_same_lines_as_the_library_where_that_is_right():
    ours, theirs = io.BytesIO(), io.BytesIO()
    for made in (ServiceMessages(ours, now=lambda: NOW), TeamcityServiceMessages(theirs, now=lambda: NOW)):
        made.blockOpened("it's [a] | b", flowId="1")
        made.testFinished("t", timedelta(seconds=2))
        made.customMessage("text\n", "NORMAL")
        made.progressMessage("p")
        made.publishArtifacts("a => b")
        made.enableServiceMessages()
    assert ours.getvalue() == theirs.getvalue()


def test_ordinary_text_and_messages_share_the_stream(sink):
    stream = io.TextIOWrapper(sink, encoding="ascii")
    messages = ServiceMessages(stream)
    assert messages.write("é ##teamcity[x]") == 15
    messages.addBuildTag("é")
    messages.write("##teamcity[addBuildTag 'through']\n", neutral=False)
    print("printed", file=messages.stream())
    messages.write("end")
    messages.flush()
    assert sink.getvalue() == (
        b"\\xe9 ##_teamcity[x]\n##teamcity[addBuildTag '|0x00E9']\n##teamcity[addBuildTag 'through']\n"
        b"printed\nend"
    )


def test_an_encoding_for_ordinary_text(sink):
    ServiceMessages(sink, encoding="latin-1").write("é")
    ServiceMessages(sink, encoding=None).write("é")
    assert sink.getvalue() == b"\xe9\xc3\xa9"


def test_a_stream_left_unfinished_by_others(sink):
    sink.write(b"unfinished")
    messages = ServiceMessages(sink, at_line_start=False)
    messages.buildStatisticValue("a", 1)
    messages.buildStatisticValue("b", 1)
    assert sink.getvalue().count(b"\n") == 3
    assert statistics_of(sink.getvalue()) == {"a": 1, "b": 1}


def test_text_only_streams():
    stream = io.StringIO()
    messages = ServiceMessages(stream)
    messages.log("é")
    messages.statistics([("a", 1)])
    assert len(check_output(stream.getvalue().encode())) == 2


def test_standard_output_is_the_default(capfd):
    messages = ServiceMessages()
    print("before")  # noqa: T201 - it must not be overtaken
    messages.addBuildTag("t")
    assert capfd.readouterr().out == "before\n##teamcity[addBuildTag 't']\n"


def test_threads_report_each_key_once(messages, sink):
    refused = []

    def work():
        for number in range(100):
            try:
                messages.buildStatisticValue(f"k{number}", number)
            except StatisticError:
                refused.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statistics_of(sink.getvalue())) == 100
    assert len(refused) == 300


def test_lines_stay_whole_on_a_pipe(sink, messages):
    messages.log("é" * 10_000, "ERROR", errorDetails="x" * 10_000)
    assert len(sink.getvalue()) <= 4095
    assert parse_service_message(sink.getvalue())["text"].startswith("ééé")


def test_importing_is_cheap():
    program = (
        "import sys; before = set(sys.modules); import tcperf.teamcity; "
        "print(sorted({'decimal', 'fractions', 'datetime', 'asyncio', 'attrs', 'rich'} & (set(sys.modules) - before)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert run.stdout == "[]\n"
