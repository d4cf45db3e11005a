"""The tests' own parser: it must refuse what TeamCity would drop, or it proves nothing."""

import pytest
from teamcity_parser import InvalidMessageError, Message, check_output, parse_service_message, statistics_of


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("##teamcity[enableServiceMessages]", Message("enableServiceMessages")),
        ("##teamcity[progressMessage 'a b']\n", Message("progressMessage", "a b")),
        ("##teamcity[progressMessage '']", Message("progressMessage", "")),
        ("##teamcity[a b='1' c='']", Message("a", attributes={"b": "1", "c": ""})),
        (b"##teamcity[a tc:tags='x']", Message("a", attributes={"tc:tags": "x"})),
        (
            "##teamcity[a b='|'|||[|]|n|r|x|l|p|0x0009|0x00e9']",
            Message("a", attributes={"b": "'|[]\n\r\x85\u2028\u2029\té"}),
        ),
        ("##teamcity[a '|0xD83D|0xDE00']", Message("a", "😀")),
        ("##teamcity[a '||0x0041 = b']", Message("a", "|0x0041 = b")),
        ("##teamcity[a timestamp='2026-01-31T23:59:59.123']", None),
        ("##teamcity[a timestamp='2026-01-31T23:59:59.123+0400']", None),
    ],
)
def test_reads_what_is_valid(line, message):
    parsed = parse_service_message(line)
    assert message is None or parsed == message


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("x##teamcity[a 'b']", "column 0"),
        (" ##teamcity[a 'b']", "column 0"),
        ("##TeamCity[a 'b']", "column 0"),
        ("##teamcity[a 'b'] ", "behind the message"),
        ("##teamcity[a 'b']\r\n", "printable"),
        ("##teamcity[a 'b'", "behind the message"),
        ("##teamcity[a 'b]c']", "raw ]"),
        ("##teamcity[a 'b[c']", r"raw \["),
        ("##teamcity[a 'b\nc']", "printable"),
        ("##teamcity[a 'b\x1b[0mc']", "printable"),
        ("##teamcity[a 'é']", "not ASCII"),
        ("##teamcity[a 'é']".encode(), "not ASCII"),
        ("##teamcity[a 'b'c='d']", "follows the single value"),
        ("##teamcity[a b='c'd='e']", "space is missing"),
        ("##teamcity[a  b='c']", "no identifier"),
        ("##teamcity[a b ='c']", "no identifier"),
        ("##teamcity[a b= 'c']", "quote is missing"),
        ("##teamcity[a b=c]", "quote is missing"),
        ("##teamcity[a b]", "= is missing"),
        ("##teamcity[a ]", "no identifier"),
        ("##teamcity[]", "no identifier"),
        ("##teamcity[a-b 'c']", "no identifier"),
        ("##teamcity[a b-c='d']", "no identifier"),
        ("##teamcity[a 1b='d']", "no identifier"),
        ("##teamcity[a b='1' b='2']", "twice"),
        ("##teamcity[a 'b]", "does not end"),
        ("##teamcity[a 'b|']", "does not end"),
        ("##teamcity[a '|q']", r"unknown escape \|q"),
        ("##teamcity[a '|0x12G4']", "hexadecimal"),
        ("##teamcity[a '|0x1']", "hexadecimal"),
        ("##teamcity[a '|0xD83D']", "surrogate"),
        ("##teamcity[a timestamp='2026-01-31T23:59:59.123Z']", "timestamp"),
        ("##teamcity[a timestamp='2026-01-31T23:59:59.123+04:00']", "timestamp"),
        ("##teamcity[a timestamp='2026-01-31T23:59:59.123456']", "timestamp"),
        ("##teamcity[a timestamp='2026-13-31T23:59:59.123']", "timestamp"),
        (f"##teamcity[a '{'x' * 4090}']", "bytes"),
    ],
)
def test_refuses_what_is_not(line, problem):
    with pytest.raises(InvalidMessageError, match=problem):
        parse_service_message(line)


VALID = b"""tcperf 0.1.0
##teamcity[blockOpened timestamp='2026-01-31T23:59:59.123' name='a']
##_teamcity[not a message
##teamcity[buildStatisticValue key='tcperf.a_ms' value='-1.5']
##teamcity[blockClosed timestamp='2026-01-31T23:59:59.123' name='a']
##teamcity[buildStatisticValue key='tcperf.b_ms' value='2']
and a rest"""


def test_reads_a_whole_output():
    assert [message.name for message in check_output(VALID)] == [
        "blockOpened",
        "buildStatisticValue",
        "blockClosed",
        "buildStatisticValue",
    ]
    assert statistics_of(VALID) == {"tcperf.a_ms": -1.5, "tcperf.b_ms": 2}


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (b"##teamcity[a 'b']", "no newline"),
        (b"x ##teamcity[a 'b']\n", "column 0"),
        (b"50%\r##teamcity[a 'b']\n", "printable|column 0"),
        (b"##teamcity[blockOpened name='a']\n", "never closed"),
        (b"##teamcity[blockClosed name='a']\n", "not open"),
        (b"##teamcity[blockOpened name='a']\n##teamcity[blockClosed name='b']\n", "not open"),
        (b"##teamcity[progressStart 'a']\n##teamcity[progressFinish 'b']\n", "not open"),
        (b"##teamcity[blockOpened name='a' flowId='1']\n##teamcity[blockClosed name='a']\n", "not open"),
        (b"##teamcity[buildStatisticValue key='k' value='1e5']\n", "value does not fit"),
        (b"##teamcity[buildStatisticValue key='k' value='-0']\n", "value does not fit"),
        (b"##teamcity[buildStatisticValue key='k' value='12345678901234']\n", "value does not fit"),
        (b"##teamcity[buildStatisticValue key='k']\n", "value does not fit"),
        (b"##teamcity[buildStatisticValue key='a/b' value='1']\n", "key does not fit"),
        (b"##teamcity[buildStatisticValue value='1']\n", "key does not fit"),
        (
            b"##teamcity[buildStatisticValue key='k' value='1' timestamp='2026-01-31T23:59:59.123']\n",
            "no timestamp",
        ),
        (
            (
                b"##teamcity[buildStatisticValue key='k' value='1']\n"
                b"##teamcity[buildStatisticValue key='K' value='1']\n"
            ),
            "twice",
        ),
        (b"##teamcity[buildStatus status='SUCCESS' text='x']\n", "the status"),
        (b"##teamcity[message text='x' status='OOPS']\n", "the status"),
        (b"##teamcity[message status='NORMAL']\n", "the status"),
        (b"##teamcity[buildProblem description='x' identity='a.b']\n", "the identity"),
        (b"##teamcity[buildProblem description='' identity='a']\n", "the description"),
        (b"##teamcity[publishArtifacts '']\n", "empty"),
        (b"##teamcity[publishArtifacts path='x']\n", "single value"),
        (b"##teamcity[testMetadata value='" + b"x" * 1025 + b"']\n", "too long"),
    ],
)
def test_refuses_a_whole_output(output, problem):
    with pytest.raises(InvalidMessageError, match=problem):
        check_output(output)
