"""The command line as a function: streams in, status out."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from teamcity_parser import check_output, statistics_of

import tcperf
from tcperf import cli
from tcperf.cli import parser
from tcperf.cli.commands import COMMANDS
from tcperf.cli.terminal import Terminal, safe
from tcperf.errors import NodeError, UsageError
from tcperf.modules import module_environment


class Call:
    """One call of main: its status and what it wrote."""

    def __init__(self, *argv, env=None):
        out = io.BytesIO()
        stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        stderr = io.StringIO()
        self.status = cli.main(argv, stdout, stderr, env or {})
        self.raw = out.getvalue()
        self.out = self.raw.decode()
        self.err = stderr.getvalue()


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["run", "--help"],
        ["list", "-h"],
        ["emit", "--help"],
        ["doctor", "--help"],
        ["report", "--help"],
    ],
)
def test_help_teaches(words, capsys):
    with pytest.raises(SystemExit) as caught:
        Call(*words)
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "usage: tcperf" in shown
    assert "None" not in shown


def test_version(capsys):
    with pytest.raises(SystemExit):
        Call("--version")
    assert capsys.readouterr().out == f"tcperf {tcperf.__version__}\n"


def test_help_does_not_import_what_it_does_not_need():
    heavy = (
        "pyroute2",
        "aiohttp",
        "jinja2",
        "rich",
        "cryptography",
        "psutil",
        "websockets",
        "cattrs",
        "teamcity",
        "attr",  # a third of the time it took; only subcommands need it
        "traceback",
        "tcperf.cli.arguments",
    )
    code = (  # what was there before, as coverage's own modules, is not of the program's making
        "import sys; before = set(sys.modules); from tcperf.cli import main\n"
        "try: main(['--help'], sys.stdout, sys.stderr, {})\n"
        "except SystemExit: pass\n"
        f"print([name for name in {heavy} if name in sys.modules.keys() - before], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=module_environment(os.environ),
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_subcommand_has_its_help_from_whichever_parser(command, capsys):
    helps = []
    for built in (parser.build(), parser.build(only=command)):
        with pytest.raises(SystemExit):
            built.parse_args([command, "--help"])
        helps.append(capsys.readouterr().out)
    assert helps[0] == helps[1]
    assert f"usage: tcperf {command} " in helps[0]


def test_the_list_of_subcommands_is_the_same_from_whichever_parser():
    assert parser.build().format_help() == parser.build(only="--help").format_help()


def test_importing_tcperf_does_no_work():
    code = "import sys; before = set(sys.modules); import tcperf; print(set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=module_environment(os.environ),
    )
    assert done.stdout == "{'tcperf'}\n"


def test_without_a_subcommand_it_is_run():
    assert parser.parse([]).names == []
    assert parser.parse(["one_to_one", "--runs", "2"]).runs == 2
    assert parser.parse(["--runs", "2"]).runs == 2
    assert parser.parse(["run", "idle"]).names == ["idle"]
    assert parser.parse(["list"]).names == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--runs", "0"], "'0' is not a whole number from 1 on"),
        (["--runs", "many"], "'many' is not a whole number"),
        (["--network", "public"], "invalid choice: 'public'"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        (
            ["one_to_on"],
            "no subcommand and no scenario 'one_to_on' (did you mean one_to_one? see tcperf --help",
        ),
        (["calibrat"], "no subcommand and no scenario 'calibrat' (did you mean calibrate? see tcperf --help"),
        (["frobnicate"], "no subcommand and no scenario 'frobnicate' (see tcperf --help and tcperf list)"),
        (["run", "runn"], "there is no scenario 'runn' (choose from"),
        (["idle", "one_to_on"], "there is no scenario 'one_to_on' (did you mean one_to_one?"),
        (["run", "-p", "mesages=3"], "mesages"),
        (["run", "-p", "messages=few"], "messages"),
        (["run", "--node", "/nowhere/node"], "the node /nowhere/node does not exist (--node takes the path"),
        (["run", "--base", "/nowhere/node"], "the base /nowhere/node does not exist (--base takes the path"),
        (["run", "--config", "missing.toml"], "missing.toml"),
        (["run", "--scenarios", "missing"], "missing"),
        (["report", "--format", "teamcity", "missing.json"], "missing.json"),
        (["run", "--node", ""], "--node is empty"),
        (["run", "--out", ""], "--out is empty"),
        (["run", "--scenarios", "x", "--scenarios", ""], "--scenarios is empty"),
        (["list", "--config", ""], "--config is empty"),
        (["emit", "KEY"], "'KEY' is no statistic"),
        (["emit", "key=1,5"], "'1,5' is no number"),
        (["emit", "key=nan"], "nan"),
        (["emit", "BuildDuration=1"], "BuildDuration"),
        (["emit", "a=1", "a=2"], "a"),
    ],
)
@pytest.mark.parametrize("teamcity", [False, True])
def test_mistakes_end_with_status_2(words, message, teamcity):
    call = Call(*words, env={"TEAMCITY_VERSION": "2025.07"} if teamcity else {})
    assert call.status == 2
    if not teamcity and "--format" not in words:
        assert message in call.err
        assert call.err.count("\n") == 1
        assert call.err.startswith("tcperf: ")
        assert call.out == ""
    else:
        (problem,) = check_output(call.raw)
        assert problem.name == "buildProblem"
        assert call.err == ""
    assert "Traceback" not in call.err + call.out


def test_a_near_miss_is_named():
    assert "one_to_one" in Call("one_to_on").err
    assert "messages" in Call("-p", "mesages=3").err


def test_emit():
    call = Call("emit", "my.size_bytes=123456", "my.time_ms=1.5")
    assert call.status == 0
    assert statistics_of(call.raw) == {"my.size_bytes": 123456, "my.time_ms": 1.5}


def test_list_shows_parameters_and_keys():
    call = Call("list")
    assert call.status == 0
    assert "one_to_one: Two accounts send each other one-to-one messages" in call.out
    assert "messages=20" in call.out
    assert "tcperf.reference.one_to_one.messages.sent_bytes" in call.out
    assert "tcperf.reference.cold_start.boot.time_ms" in call.out
    assert "idle.idle.time_ms" not in call.out
    real = Call("list", "one_to_one", "--node", "some/node")
    assert "messages=100" in real.out
    assert "tcperf.one_to_one.messages.latency_ms" in real.out
    assert "cold_start" not in real.out


def test_list_takes_the_configuration():
    Path("tcperf.toml").write_text('[run]\nnode = "build/node"\n[params.one_to_one]\nmessages = 7\n')
    assert "messages=7" in Call("list").out


def test_list_warns_of_a_broken_scenario():
    folder = Path("more")
    folder.mkdir()
    (folder / "broken.py").write_text("raise ValueError('\x1b[31mred')\n")
    (folder / "fine.py").write_text(
        '"""Fine."""\n'
        "from attrs import frozen\n"
        "from tcperf.scenario import Phase\n"
        "PHASES = (Phase('all', publish=True),)\n"
        "@frozen\nclass Params:\n    pass\n"
        "def run(stage, params):\n    pass\n"
    )
    call = Call("list", "--scenarios", "more")
    assert call.status == 0
    assert "broken" in call.err
    assert "\x1b" not in call.err + call.out
    assert "tcperf.reference.fine.all.time_ms" in call.out


@pytest.mark.parametrize("command", ["run", "list", "calibrate", "drill"])
@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("def run(stage:\n", 1, "SyntaxError"),
        ("import absent_module\n", 1, "ModuleNotFoundError"),
        ('"""Needy."""\nfrom tcperf.scenario import Phase\nPHASES = (Phase("a"),)\nNEEDS = ("groops",)\n', 4, "groops"),
    ],
)  # fmt: skip
def test_a_broken_scenario_is_a_mistake_told_with_its_line_and_none_of_ours(command, source, line, told):
    folder = Path("more")
    folder.mkdir()
    (folder / "broken.py").write_text(source)
    call = Call(command, "--scenarios", "more", "broken")
    assert (call.status, call.out) == (2, "")
    first, *rest = call.err.splitlines()
    assert first.startswith(f"tcperf: scenario broken ({folder.resolve() / 'broken.py'}:{line})")
    assert told in first
    assert first.endswith(")")  # the cure
    assert all("broken.py" in each for each in rest)
    assert not re.search(r"importlib|/tcperf/\w+\.py|Traceback", call.err)


def test_a_broken_configuration_names_file_line_and_key():
    Path("tcperf.toml").write_text("[run]\nruns = 3\nnodes = 'x'\n")
    call = Call("run")
    assert call.status == 2
    assert "tcperf.toml" in call.err
    assert "3" in call.err
    assert "nodes" in call.err
    assert "node" in call.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[run]\nruns = 2\nnames = ["one_to_on"]\n', "tcperf.toml:3: "),
        ('[run]\nnode = "nowhere"\n', "tcperf.toml:2: "),
        ('[run]\nbase = "nowhere"\n', "tcperf.toml:2: "),
        ('[run]\nbaseline = "tcperf.toml"\n', "tcperf.toml is no JSON"),
    ],
)
def test_a_wrong_value_in_the_configuration_names_its_line(text, words):
    Path("tcperf.toml").write_text(text)
    call = Call("run")
    assert call.status == 2
    assert words in call.err
    assert "tcperf.toml" not in Call("run", "one_to_off", "--node", "missing").err


def test_any_encoding_will_do():
    out = io.BytesIO()
    stdout = io.TextIOWrapper(out, encoding="ascii", write_through=True)
    stderr = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    assert cli.main(["list", "one_to_one"], stdout, stderr, {}) == 0
    assert b"A?B" in out.getvalue()


class Full(io.StringIO):
    """A stream whose disk is full."""

    def write(self, _text):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("teamcity", [False, True])
def test_an_output_that_takes_nothing(teamcity):
    stderr = io.StringIO()
    env = {"TEAMCITY_VERSION": "1"} if teamcity else {}
    assert cli.main(["list"], Full(), stderr, env) == 3
    assert "the output cannot be written" in stderr.getvalue()
    assert cli.main(["list", "one_to_one"], io.StringIO(), Full(), {}) == 0
    assert cli.main(["list", "nothing"], Full(), Full(), env) == 2


def test_a_fault_of_ours_says_so(monkeypatch):
    monkeypatch.setattr(parser, "parse", lambda _argv: 1 / 0)
    call = Call("run")
    assert call.status == 5
    assert "this is a fault of tcperf itself: ZeroDivisionError" in call.err


def test_ctrl_c_before_anything_began(monkeypatch):
    def interrupted(_argv):
        raise KeyboardInterrupt

    monkeypatch.setattr(parser, "parse", interrupted)
    call = Call("run")
    assert call.status == 130
    assert "SIGINT" in call.err


def test_a_reader_that_goes_away():
    done = subprocess.run(
        f"{sys.executable} -m tcperf list | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
        env=module_environment(os.environ),
        check=False,
    )
    assert done.stderr == ""


def terminal(env=None):
    return Terminal(io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO(), env or {})


def test_talk_cannot_steer_the_terminal():
    made = terminal()
    made.say("a\x1b]0;title\x07b\u202ec")
    made.fail(NodeError("it died", cure="look", details=("\x1b[2Jlast line",)))
    assert (
        made.stderr.getvalue()
        == "tcperf: a\ufffd]0;title\ufffdb\ufffdc\ntcperf: it died (look)\n  | \ufffd[2Jlast line\n"
    )
    assert safe("plain\ttext\n") == "plain text\n"


def test_talk_on_a_console_is_no_service_message_and_its_further_lines_are_not_taken_for_ours():
    """An agent of TeamCity reads stderr as well, whatever the program knows of it."""
    made = terminal()
    made.say("it said: oops\n##teamcity[buildStop comment='x']\ntcperf: OK")
    made.warn("##teamcity[x]")
    made.fail(NodeError("it died\n##teamcity[y]", details=("##teamcity[z]",)))
    assert made.stderr.getvalue().splitlines() == [
        "tcperf: it said: oops",
        "  ##_teamcity[buildStop comment='x']",
        "  tcperf: OK",
        "tcperf: warning: ##_teamcity[x]",
        "tcperf: it died",
        "  ##_teamcity[y]",
        "  | ##_teamcity[z]",
    ]


def test_hostile_text_under_teamcity():
    made = terminal({"TEAMCITY_VERSION": "1"})
    made.say("##teamcity[buildStatus status='SUCCESS']")
    made.warn("it's |odd| [text]\n##teamcity[x]")
    made.data("##teamcity[y]")
    made.fail(UsageError("##teamcity[z]", details=("##teamcity[buildStop comment='x']",)))
    raw = made.stdout.buffer.getvalue()
    assert [message.name for message in check_output(raw)] == ["message", "buildProblem"]
    assert made.stderr.getvalue() == ""


def test_the_form_can_be_chosen():
    made = terminal({"TEAMCITY_VERSION": "1"})
    assert made.teamcity
    made.choose("auto")
    assert made.teamcity
    made.choose("console")
    assert not made.teamcity
    assert not made.live
    made.choose("teamcity")
    assert made.teamcity


def test_list_shows_what_a_scenario_needs():
    folder = Path("more")
    folder.mkdir()
    (folder / "needy.py").write_text(
        '"""Needy."""\n'
        "from attrs import frozen\n"
        "from tcperf.scenario import Phase\n"
        "NEEDS = ('groups', 'restart')\n"
        "PHASES = (Phase('all', publish=True),)\n"
        "@frozen\nclass Params:\n    pass\n"
        "def run(stage, params):\n    pass\n"
    )
    told = Call("list", "needy", "--scenarios", "more").out
    assert "  needs: groups (private groups), restart (a restart on the same data)\n" in told
    assert "needs:" not in Call("list", "one_to_one").out
