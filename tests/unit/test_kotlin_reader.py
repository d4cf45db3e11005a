"""The reader of Kotlin that tests use: it refuses what a compiler would."""

import kotlin_reader as reader
import pytest


def test_it_tells_strings_from_the_rest():
    source = 'x = "a\\n" // "not" {\ny("""b ${\'$\'} "c" """)\n'
    assert reader.texts(source) == ["a\n", 'b $ "c" ']
    assert reader.comments(source) == ['"not" {']
    assert [token.value for token in reader.tokens("a.b(1)")] == ["a", ".", "b", "(", "1", ")"]


@pytest.mark.parametrize(
    "source",
    [
        '"never closed\n"',
        '"""never closed""',
        '"\\q"',
        '"\\u12"',
        '"$name"',
        '"${name}"',
        '"""$name"""',
        '"""${name}"""',
        "é",
        "f(x",
        "f(x}",
        "}",
        "\t",
    ],
)
def test_it_refuses(source):
    with pytest.raises((reader.KotlinError, IndexError)):
        reader.tokens(source)


def test_a_dollar_that_is_no_template():
    assert reader.texts('"5 $ $1" """$ $1"""') == ["5 $ $1", "$ $1"]
    assert reader.texts(f'"{reader.ROOT}"') == [reader.ROOT]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("\n    a\n      b\n    ", "a\n  b"),
        ("\n    a\n\n    b\n", "a\n\nb"),
        ("a", "a"),
        ("  a\n b", " a\nb"),
        ("\n\n  a\n\n", "\na\n"),
    ],
)
def test_trim_indent_is_kotlins(raw, text):
    assert reader.trim_indent(raw) == text
