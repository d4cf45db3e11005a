"""Lines of values in TOML, without a parser of our own."""

from pathlib import Path

import pytest

from tcperf.errors import ConfigError
from tcperf.tomlfile import TomlFile, line_of, read

TEXT = '''\
# a comment

[run]
node = "reference"  # another
names = [
  "idle",   # x = 1

  "one_to_one",
]
text = """
[gate]
mode = "off"
"""
budget.soft = "1m"

[params.idle]
seconds = 3
"quoted key" = 1

[[gate.rule]]
match = "a"

[[gate.rule]]
match = "b"
inline = { x = 1, y = 2 }
[gate]
mode = "exit"
'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("run",), 3),
        (("run", "node"), 4),
        (("run", "names"), 5),
        (("run", "names", 1), 5),
        (("run", "text"), 10),
        (("run", "budget"), 14),
        (("run", "budget", "soft"), 14),
        (("params",), 16),
        (("params", "idle"), 16),
        (("params", "idle", "seconds"), 17),
        (("params", "idle", "quoted key"), 18),
        (("gate",), 20),
        (("gate", "rule"), 20),
        (("gate", "rule", 0), 20),
        (("gate", "rule", 0, "match"), 21),
        (("gate", "rule", 1), 23),
        (("gate", "rule", 1, "match"), 24),
        (("gate", "rule", 1, "inline", "y"), 25),
        (("gate", "mode"), 27),
        (("gate", "rule", 2), None),
        (("gate", "rule", 0, "max"), None),
        (("absent",), None),
        (("run", "node", "deeper"), None),
        ((), None),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_line_of_a_value(keys, line, newline):
    assert line_of(TEXT.replace("\n", newline), keys) == line


def test_other_line_separators_of_unicode_do_not_count():
    assert line_of('a = "\u2028\x85"\nb = 1', ("b",)) == 2


def test_the_place_of_an_absent_value_is_that_of_its_table():
    file = TomlFile(Path("x.toml"), TEXT, {})
    assert file.place(("gate", "rule", 1, "max")) == "x.toml:23"
    assert file.place(("run", "node")) == "x.toml:4"
    assert file.place(("absent", "key")) == "x.toml"
    assert file.place(()) == "x.toml"


def written(folder, data):
    path = folder / "tcperf.toml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_file_is_read(tmp_path):
    path = written(tmp_path, "a = 1\r\n[b]\r\nc = 'é'\r\n")
    assert read(path).values == {"a": 1, "b": {"c": "é"}}
    assert read(path).path == path


def test_the_mark_that_some_editors_write_first_is_no_fault(tmp_path):
    assert read(written(tmp_path, b"\xef\xbb\xbfa = 1\n")).values == {"a": 1}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = 1\nb = = 2\n", 2, "Invalid value"),
        ("a = 1\n\na = 2\n", 3, "Cannot overwrite a value"),
        ("[x]\n[y]\n[x]\n", 3, "Cannot declare"),
        ("a = 1\nb = tru\n", 2, "Invalid value"),
        ('a = 1\nb = """\nand on\nand on', 2, "this value never ends"),
        ("a = 1\nb = [\n1,\n", 2, "this value never ends"),
        ("a = 1\nb = " + "9" * 5000 + "\n", 2, "too long"),
        ("a = 1\nb = " + "[" * 5000 + "]" * 5000 + "\n", 2, "too deeply nested"),
        ("a = 'x\ny'", 1, "invalid character"),
    ],
)
def test_a_syntax_error_has_its_line(tmp_path, text, line, reason):
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=reason) as caught:
        read(path)
    assert caught.value.message.startswith(f"{path}:{line}: ")
    assert "(at " not in caught.value.message
    assert caught.value.message.isprintable()


def test_a_text_that_is_not_utf8_has_its_line(tmp_path):
    path = written(tmp_path, b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigError, match=r"not UTF-8 \(save the file as UTF-8\)") as caught:
        read(path)
    assert caught.value.message.startswith(f"{path}:2: ")


def test_an_absent_file_is_left_to_the_caller(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent.toml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read(tmp_path)
