"""Kotlin source text, read by a reader of its own: every text comes out as it went in."""

import kotlin_reader
import pytest

from tcperf.teamcity.settings.source import Assignment, Block, listing, literal, render


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("", '""'),
        ("plain text", '"plain text"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("$HOME ${x}", '"\\$HOME \\${x}"'),
        ("a\tb\nc\rd\be", '"a\\tb\\nc\\rd\\be"'),
        ("\x00\x1b\x7f", '"\\u0000\\u001B\\u007F"'),
        ("é 日", '"\\u00E9 \\u65E5"'),
        ("🎈", '"\\uD83C\\uDF88"'),
        ("\ud800", '"\\uFFFD"'),
    ],
)
def test_literals(text, source):
    assert literal(text) == source
    assert kotlin_reader.texts(source) == [text.replace("\ud800", "\ufffd")]


def test_blocks_are_indented():
    items = ("// first", "", Block("project", ("a()", Block("features", (Assignment("id", "x"),)))))
    assert render(items) == ('// first\n\nproject {\n    a()\n    features {\n        id = "x"\n    }\n}\n')


def test_a_block_that_is_an_argument():
    assert render((Block("object X : Y", ("z()",), "({", "})"),)) == "object X : Y({\n    z()\n})\n"


def test_a_list_has_no_comma_behind_its_last():
    assert render((listing("x", ["1", "2"]),)) == "x = listOf(\n    1,\n    2\n)\n"
    assert render((listing("x", ["1"]),)) == "x = listOf(\n    1\n)\n"
    assert render((listing("x", []),)) == "x = listOf(\n)\n"


def test_several_lines_are_a_raw_string_with_its_dollars_written_out():
    source = render((Block("script", (Assignment("scriptContent", 'a\n\n    "$b" \\c\nd'),)),))
    assert source.splitlines() == [
        "script {",
        '    scriptContent = """',
        "        a",
        "",
        "            \"${'$'}b\" \\c",
        "        d",
        '    """.trimIndent()',
        "}",
    ]
    assert kotlin_reader.assigned(source) == [("scriptContent", 'a\n\n    "$b" \\c\nd')]


@pytest.mark.parametrize(
    "text",
    [
        "one line",
        'quotes """\nin it',
        "  all\n  indented",
        "\nbegins empty",
        "ends empty\n",
        "blank\n   \nline",
        "spaces  \nbehind",
        "é\nnot ascii",
        "tab\t\nin it",
        "carriage\r\nreturn",
        "",
    ],
)
def test_what_a_raw_string_would_change_is_a_literal(text):
    source = render((Assignment("x", text),))
    assert "trimIndent" not in source
    assert len(source.splitlines()) == 1
    assert kotlin_reader.assigned(source) == [("x", text)]


@pytest.mark.parametrize("text", ['a\n"', '"\na""', "$\n$", "a\n    b\nc", "\\\n\\u0041"])
def test_hard_ones_that_a_raw_string_bears(text):
    source = render((Assignment("x", text),))
    assert "trimIndent" in source
    assert kotlin_reader.assigned(source) == [("x", text)]
