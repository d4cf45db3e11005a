"""``tcperf analyze`` as a function: streams in, status out."""

import csv
import io
import json
import os
import subprocess
import sys

import captures as made
import pytest
from teamcity_parser import check_output

from tcperf import cli, clock
from tcperf.captures.source import Source
from tcperf.cli import analyze, arguments_reading, parser
from tcperf.cli.terminal import Terminal
from tcperf.modules import module_environment


class Call:
    """One call of main: its status and what it wrote."""

    def __init__(self, *argv, env=None):
        out = io.BytesIO()
        stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        stderr = io.StringIO()
        self.status = cli.main(["analyze", *map(str, argv)], stdout, stderr, env or {})
        self.raw = out.getvalue()
        self.out = self.raw.decode()
        self.err = stderr.getvalue()


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "trace.pcap"
    talk = made.Conversation()
    found.write_bytes(made.pcap([*talk.open(), *talk.talk(100, 1400, 5), *talk.close()]))
    return found


def test_the_table(path):
    call = Call(path)
    assert call.status == 0
    assert call.err == ""
    lines = call.out.splitlines()
    assert lines[0].startswith(f"{path}: 12 frames, 2.24 KiB, 440 ms from 2023-11-14")
    assert any(line.split()[:3] == ["10.0.0.2→10.0.0.1", "tcp", "1,730"] for line in lines)
    assert "from the senders' view" in call.out.lower()


def test_names_and_roles(path):
    options = ["--name", "10.0.0.1=alice", "--name", "10.0.0.2=bob", "--p2p", "7000", "--control", "99"]
    call = Call(path, *options)
    assert "alice→bob tcp p2p" in call.out
    assert "bob→alice tcp p2p" in call.out
    assert "alice→bob tcp control" in Call(path, "--control", "7000", *options).out


def test_json_and_csv(path):
    told = json.loads(Call(path, "--format", "json").out)
    assert (told["frames"], told["complete"]) == (12, True)
    call = Call("--format=csv", path)
    rows = list(csv.DictReader(io.StringIO(call.out)))
    assert [row["node"] for row in rows] == ["10.0.0.2", "10.0.0.1"]
    assert call.out.count("\n") == 3


@pytest.mark.parametrize("form", ["console", "json", "csv"])
def test_a_partial_result_says_so_in_every_form(path, form):
    path.write_bytes(path.read_bytes()[:-3])
    call = Call(path, "--format", form)
    assert call.status == 0
    place = call.out if form == "console" else call.err
    assert "warning: partial: reading stopped at byte 2,431, after 11 frames" in place
    assert (call.err == "") == (form == "console")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: FILE"),
        (["nowhere.pcap"], "nowhere.pcap cannot be read: No such file or directory (name a capture file)"),
        ([__file__], "is no capture that can be read: it begins with the bytes 22 22 22"),
        (["x", "--p2p", "0"], "'0' is no port: give a number from 1 to 65535"),
        (["x", "--control", "65536"], "'65536' is no port"),
        (["x", "--p2p", "²"], "'²' is no port"),
        (["x", "--p2p", "9" * 5000], "is no port"),
        (["x", "--name", "alice"], "'alice' names no address"),
        (["x", "--format", "xml"], "invalid choice: 'xml'"),
    ],
)
@pytest.mark.parametrize("teamcity", [False, True])
def test_mistakes_end_with_status_2(words, message, teamcity):
    call = Call(*words, env={"TEAMCITY_VERSION": "2025.07"} if teamcity else {})
    assert call.status == 2
    if teamcity:
        (problem,) = check_output(call.raw)
        assert problem.name == "buildProblem"
    else:
        assert message in call.err
        assert call.err.startswith("tcperf: ")
        assert call.err.count("\n") == 1
        assert call.out == ""


def test_names_of_a_capture_are_no_service_messages(tmp_path):
    path = tmp_path / "a.pcapng"
    talk = made.Conversation().talk(5)
    path.write_bytes(made.pcapng(talk) + made.names({made.ip4(1): b"##teamcity[buildStop comment='x']"}))
    for form in ("console", "json", "csv"):
        for env in ({}, {"TEAMCITY_VERSION": "1"}):
            call = Call(path, "--format", form, env=env)
            assert call.status == 0
            assert "##teamcity[" not in call.out
            assert "##_teamcity[buildStop" in call.out


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as caught:
        Call("--help")
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for word in ("usage: tcperf analyze", "pcapng", "partial", "examples:", "--name ADDRESS=NAME", "tcpdump"):
        assert word in shown
    assert "None" not in shown


def test_the_examples_of_the_help_are_understood():
    examples = [line.strip() for line in arguments_reading._ANALYZE_EXAMPLES.splitlines()[1:]]
    for line in examples:
        words = line.split("tcperf ")[-1].split(" > ")[0].split()
        assert parser.parse(words).format in {"console", "csv", "json"}


def test_the_help_of_all_imports_no_dpkt():
    code = (
        "import sys; from tcperf.cli import main\n"
        "try: main(['analyze', '--help'], sys.stdout, sys.stderr, {})\n"
        "except SystemExit: pass\n"
        "print([name for name in ('dpkt', 'rich', 'tcperf.captures') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=module_environment(os.environ),
    )
    assert done.stderr == "[]\n"


def test_standard_input(path):
    done = subprocess.run(
        [sys.executable, "-m", "tcperf", "analyze", "-"],
        input=path.read_bytes(),
        capture_output=True,
        check=True,
        env=module_environment(os.environ),
    )
    assert done.stdout.decode().startswith("standard input: 12 frames")
    assert done.stderr == b""


# --- progress ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "size", "seconds", "text"),
    [
        (0, 100 << 20, 0.0, "read 0 B of 100 MiB (0 %) in 0 ms"),
        (25 << 20, 100 << 20, 2.0, "read 25.0 MiB of 100 MiB (25 %) in 2.00 s, about 6.00 s left"),
        (100 << 20, 100 << 20, 8.0, "read 100 MiB of 100 MiB (100 %) in 8.00 s, about 0 ms left"),
        (25 << 20, None, 2.0, "read 25.0 MiB in 2.00 s"),
        (25 << 20, 1 << 20, 2.0, "read 25.0 MiB in 2.00 s"),
    ],
)
def test_how_far_it_got(done, size, seconds, text):
    assert analyze.describe(done, size, seconds) == text


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


def source_of(data):
    return Source(io.BytesIO(data), "x", len(data))


def clock_of(monkeypatch, *seconds):
    times = iter(seconds)
    monkeypatch.setattr(clock, "monotonic_ns", lambda: round(next(times) * clock.NS_PER_S))


def test_a_log_gets_a_line_every_few_seconds(monkeypatch):
    clock_of(monkeypatch, 100, 101, 104.9, 105, 106, 109.9, 110)
    shown = []
    pace = analyze._Pace(shown.append, 5)
    source = source_of(bytes(10))
    for _ in range(6):
        pace(source)
    assert shown == [
        "read 2 B of 10 B (20 %) in 5.00 s, about 20.0 s left",
        "read 2 B of 10 B (20 %) in 10.0 s, about 40.0 s left",
    ]


def test_progress_goes_to_stderr_as_lines_or_as_one_line(monkeypatch):
    stderr = io.StringIO()
    clock_of(monkeypatch, 0, 6)
    with analyze._progress(Terminal(io.StringIO(), stderr, {})) as pace:
        pace(source_of(bytes(10)))
    assert stderr.getvalue() == "tcperf: read 2 B of 10 B (20 %) in 6.00 s, about 24.0 s left\n"
    monkeypatch.undo()
    screen = Screen()
    with analyze._progress(Terminal(io.StringIO(), screen, {"TERM": "xterm"})) as pace:
        clock_of(monkeypatch, 1e9)
        pace(source_of(bytes(10)))
        monkeypatch.undo()
    assert "read 2 B of 10 B (20 %)" in screen.getvalue()


def test_every_read_is_told(path, monkeypatch):
    """Of a file, in the order of its bytes."""
    heard = []
    monkeypatch.setattr(analyze._Pace, "__call__", lambda _self, source: heard.append(source.done_bytes))
    assert Call(path).status == 0
    assert heard == sorted(heard)
    assert heard[-1] == path.stat().st_size
