import pytest

from tcperf.teamcity.escaping import ELLIPSIS, escape, escape_within, neutralise, truncate


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ('plain text 0-9 {build.status.text}; \\ / % "', 'plain text 0-9 {build.status.text}; \\ / % "'),
        ("it's | [here]", "it|'s || |[here|]"),
        ("a\nb\r\n", "a|nb|r|n"),
        ("\x85\u2028\u2029", "|x|l|p"),
        ("\t\x00\x1b\x7f", "|0x0009|0x0000|0x001B|0x007F"),
        ("é你\uffff", "|0x00E9|0x4F60|0xFFFF"),
        ("😀", "|0xD83D|0xDE00"),
        ("\U0010ffff", "|0xDBFF|0xDFFF"),
        ("a\udcffb", "a|0xFFFDb"),
        ("##teamcity[x]", "##teamcity|[x|]"),
        ("|0x0041", "||0x0041"),
    ],
)
def test_escapes(text, escaped):
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("text", "limit", "escaped"),
    [
        ("abcdefgh", 8, "abcdefgh"),
        ("abcdefghi", 8, "a" + ELLIPSIS),
        ("[[[[", 8, "|[|[|[|["),
        ("[[[[[", 8, ELLIPSIS),
        ("a[[[[[", 10, "a|[" + ELLIPSIS),
        ("é" * 2, 14, "|0x00E9|0x00E9"),
        ("é" * 3, 14, "|0x00E9" + ELLIPSIS),
        ("é" * 3, 20, "|0x00E9" + ELLIPSIS),
        ("😀😀", 27, "|0xD83D|0xDE00" + ELLIPSIS),
        ("😀😀", 20, ELLIPSIS),
        ("", 0, ""),
    ],
)
def test_shortens_between_escape_sequences(text, limit, escaped):
    assert escape_within(text, limit) == escaped


def test_refuses_a_limit_below_the_ellipsis():
    with pytest.raises(ValueError, match="no room for an ellipsis: 1 bytes"):
        escape_within("abcdefg", 6)


@pytest.mark.parametrize(
    ("text", "limit", "truncated"),
    [
        ("abcd", 4, "abcd"),
        ("abcde", 4, "abc…"),
        ("😀😀", 4, "😀😀"),
        ("😀😀", 3, "😀…"),
        ("a😀😀", 3, "a…"),
        ("ééé", 3, "ééé"),
    ],
)
def test_truncates_in_java_characters(text, limit, truncated):
    assert truncate(text, limit) == truncated


def test_neutralises_every_start_of_a_message():
    assert (
        neutralise("##teamcity[a] ###teamcity[b] ##teamcity") == "##_teamcity[a] ###_teamcity[b] ##teamcity"
    )
