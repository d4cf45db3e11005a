"""A measured program's lines among our talk: whatever it prints steers neither a terminal nor TeamCity."""

import io

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st
from teamcity_parser import check_output

from tcperf.cli.terminal import Terminal
from tcperf.reports.text import clean

LINE = st.one_of(
    st.sampled_from(["##teamcity[x]", "##teamcity[", "##", "teamcity[x]", "\x1b[31m", "a\tb", "", "é"]),
    st.sampled_from([text.replace("\n", " ").replace("\ud800", "") for text in samples.HOSTILE]),
    st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=10),
)


def quoted(blocks, env):
    """What stands on the stream that the lines go to, which is in UTF-8."""
    stdout, stderr = (
        io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n", write_through=True) for _ in range(2)
    )
    terminal = Terminal(stdout, stderr, env)
    for lines in blocks:
        terminal.quote(lines, "|")
    told, other = (stdout, stderr) if env else (stderr, stdout)
    assert other.buffer.getvalue() == b""
    return told.buffer.getvalue()


@pytest.mark.parametrize("env", [{}, {"TEAMCITY_VERSION": "2025.07"}], ids=["console", "teamcity"])
@given(st.lists(st.lists(LINE, min_size=1, max_size=6), min_size=1, max_size=4))
def test_many_lines_are_quoted_as_each_of_them_alone(env, blocks):
    expected = "".join(
        f"  | {clean(line)}\n".replace("##teamcity[", "##_teamcity[") for lines in blocks for line in lines
    )
    found = quoted(blocks, env)
    assert found.decode() == expected
    assert check_output(found) == []


def test_a_stream_without_these_letters_has_question_marks():
    stderr = io.TextIOWrapper(io.BytesIO(), "ascii", newline="\n", write_through=True)
    Terminal(io.StringIO(), stderr, {}).quote(["größe", "##teamcity[x]"], "!")
    assert stderr.buffer.getvalue() == b"  ! gr??e\n  ! ##_teamcity[x]\n"
