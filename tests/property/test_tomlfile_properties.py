"""The line of a value, against documents whose lines are known because they were written one by one."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcperf.errors import ConfigError
from tcperf.tomlfile import line_of, read

VALUES = st.sampled_from(
    [
        "1",
        '"text"',
        "[1, 2]",
        "[\n  1, # [x]\n\n  2,\n]",
        '"""\na = 1\n[b]\n"""',
        "'''\n'''",
        "{ a = 1 }",
        "2026-01-02",
        "[\n]",
    ]
)
FILLERS = st.lists(st.sampled_from(["", "# comment = 1", "   ", "\t# [x]"]), max_size=3)
HEADERS = st.sampled_from(["[{}]", "[[{}]]", "[ {} ] # x"])


@st.composite
def documents(draw):
    """A text, and the line of every value in it."""
    lines, places = [], {}
    for number in range(draw(st.integers(0, 4))):
        lines += draw(FILLERS)
        header = draw(HEADERS)
        table = f"t{number}"
        keys = (table, 0) if header.startswith("[[") else (table,)
        places[keys] = len(lines) + 1
        lines.append(header.format(table))
        for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
            lines += draw(FILLERS)
            places[*keys, name] = len(lines) + 1
            lines += f"{name} = {draw(VALUES)}".split("\n")
    return "\n".join(lines), places


@given(documents(), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=60, deadline=None)
def test_every_value_is_found_at_its_line(document, newline):
    text, places = document
    for keys, line in places.items():
        assert line_of(text.replace("\n", newline), keys) == line
    assert line_of(text, ("absent",)) is None


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused_with_a_line(tmp_path_factory, data):
    path = Path(tmp_path_factory.getbasetemp()) / "any.toml"
    path.write_bytes(data)
    try:
        values = read(path).values
    except ConfigError as error:
        place = error.message.removeprefix(f"{path}:")
        assert 1 <= int(place.split(":")[0]) <= data.count(b"\n") + 1
    else:
        assert isinstance(values, dict)


def test_a_long_file_is_searched_in_reasonable_time():
    text = "".join(f"[t{number}]\na = [\n1,\n2,\n]\n" for number in range(400))
    calls = pytest.MonkeyPatch()
    counted = []
    import tcperf.tomlfile as module

    original = module._parsed
    calls.setattr(module, "_parsed", lambda lines: counted.append(1) or original(lines))
    try:
        assert line_of(text, ("t399", "a")) == 1997
    finally:
        calls.undo()
    assert len(counted) < 100
