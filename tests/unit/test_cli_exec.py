"""``tcperf exec`` before anything is launched: where the command begins, what it is called, what makes no sense."""

import io
import os

import pytest

from tcperf.cli import main
from tcperf.cli.exec import name_of
from tcperf.cli.parser import build, parse
from tcperf.errors import UsageError


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["exec", "--", "sleep", "1"], ["sleep", "1"]),
        (["exec", "--runs", "3", "--", "sleep"], ["sleep"]),
        (["exec", "--", "sh", "-c", "--", "x"], ["sh", "-c", "--", "x"]),
        (["exec", "--junit", "--", "a.xml"], ["a.xml"]),
        (["exec", "--pcap", "--", "full"], ["full"]),
        (["exec", "--", "./a", "--help"], ["./a", "--help"]),
    ],
)
def test_the_command_is_what_stands_behind_the_dashes(words, program):
    assert parse(words).program == program


def test_options_of_ours_stand_before_them():
    arguments = parse(["exec", "--name", "n", "--quiet", "--", "x", "--name", "other"])
    assert (arguments.name, arguments.quiet, arguments.program) == ("n", True, ["x", "--name", "other"])


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (["exec"], "tcperf exec -- ./program --its-option"),
        (["exec", "sleep", "1"], "tcperf exec -- sleep 1"),
        (["exec", "--quiet", "sh", "-c", "a b"], "tcperf exec --quiet -- sh -c 'a b'"),
        (["exec", "./a", "--out", "b5"], "tcperf exec -- ./a --out b5"),
        (["exec", "--out", "b5", "ls"], "tcperf exec --out b5 -- ls"),
        (["exec", "--out=b5", "ls", "-l"], "tcperf exec --out=b5 -- ls -l"),
        (["exec", "--name=a", "--runs", "3", "ls", "--out"], "tcperf exec --name=a --runs 3 -- ls --out"),
        (
            ["exec", "--runs", "2", "--ignore-status", "--name", "n", "sh"],
            "tcperf exec --runs 2 --ignore-status --name n -- sh",
        ),
        (
            ["exec", "--base-command", "a b", "--net", "delay=5ms", "sh", "-c", "x"],
            "tcperf exec --base-command 'a b' --net delay=5ms -- sh -c x",
        ),
        (["exec", "--pcap", "full", "ls"], "tcperf exec --pcap full -- ls"),
        (["exec", "--pcap", "ls"], "tcperf exec --pcap -- ls"),
        (["exec", "--junit", "a.xml", "ls"], "tcperf exec --junit a.xml -- ls"),
        (["exec", "--junit", "ls"], "tcperf exec --junit -- ls"),
        (["exec", "--out", "b5"], "tcperf exec -- ./program --its-option"),
        (["exec", "--runs", "many", "ls"], "tcperf exec -- ./program --its-option"),
        (["exec", "--no-option-of-ours", "1", *["x"] * 100_000], "tcperf exec -- ./program --its-option"),
        (["exec", "--quiet"], "tcperf exec -- ./program --its-option"),
        (["exec", "--"], "tcperf exec -- ./program --its-option"),
    ],
)
def test_without_them_it_is_said_how(words, cure):
    with pytest.raises(UsageError) as refused:
        parse(words)
    assert refused.value.cure.endswith(f": {cure}")


def test_every_option_with_a_value_keeps_it():
    """Whatever options there are, and will be: of each one a value that it takes."""
    fit = {"runs": "2", "pairs": "2", "budget": "5m", "network": "host", "net": "loss=1%", "pcap": "full"}
    fit |= {"format": "console", "gate": "off", "junit": "a.xml"}
    (commands,) = [each for each in build(only="exec")._actions if each.choices]
    options = [each for each in commands.choices["exec"]._actions if each.nargs != 0]
    assert {"out", "name", "base_command"} < {option.dest for option in options}
    for option in options:
        (name,) = option.option_strings
        value = fit.get(option.dest, "value")
        with pytest.raises(UsageError) as refused:
            parse(["exec", name, value, "ls"])
        assert refused.value.cure.endswith(f": tcperf exec {name} {value} -- ls")


def test_help_needs_no_command(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["exec", "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: tcperf exec [option ...] -- COMMAND [argument ...]\n")
    assert "TCPERF_SOCKET" in told


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("./Load-Test.py", "load_test"),
        ("python3", "python3"),
        ("/usr/bin/7z", "z"),
        ("[", "command"),
        ("a" * 40, "a" * 24),
        ("x" * 23 + "-y", "x" * 23),
        ("tcperf", "command"),
        ("reference", "command"),
        ("größe", "gr_e"),
        (".hidden", "hidden"),
    ],
)
def test_a_name_is_made_of_the_programs(word, name):
    assert name_of(word) == name


def call(tmp_path, monkeypatch, *words, **env):
    monkeypatch.chdir(tmp_path)
    out, err = io.StringIO(), io.StringIO()
    status = main(["exec", *words], out, err, {"PATH": os.environ["PATH"], **env})
    assert out.getvalue() == ""
    assert not (tmp_path / "tcperf-report").exists()
    return status, err.getvalue()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["--", "nothing-of-this-name"],
            "there is no program nothing-of-this-name that can be run (give its path",
        ),
        (["--", "./a b"], "(each word of the command is one of its own"),
        (["--", "./plain"], "(chmod +x ./plain, or name its interpreter before it)"),
        (["--", ""], "the command's first word, its program, is empty (such as: -- ./program"),
        (["--", " "], "its program, is empty"),
        (["--", "./"], "there is no program ./ that can be run (it is a folder"),
        (["--base-command", "''", "--", "true"], "its program, is empty"),
        (["--name", "Big Name", "--", "true"], "such as --name big_name: a lower-case letter"),
        (["--name", "reference", "--", "true"], "such as --name command"),
        (["--name", "", "--", "true"], "--name is empty"),
        (["--base-command", "", "--", "true"], "--base-command is empty"),
        (["--base-command", " ", "--", "true"], "--base-command: it is empty (give a command"),
        (
            ["--base-command", "'", "--", "true"],
            "--base-command: No closing quotation (quote it as in a shell",
        ),
        (
            ["--base-command", "gone-program x", "--", "true"],
            "--base-command: there is no program gone-program",
        ),
        (["--pairs", "3", "--", "true"], "give one with --base-command, or use --runs"),
        (["--base-command", "true", "--runs", "3", "--", "true"], "runs is about unpaired runs"),
        (["--base-command", "true", "--baseline", "x.json", "--", "true"], "a base and a baseline are given"),
        (["--network", "host", "--net", "delay=5ms", "--", "true"], "leave one of the two away"),
        (["--network", "host", "--pcap", "--", "true"], "leave one of the two away"),
        (["--runs", "0", "--", "true"], "whole number from 1 on"),
    ],
)
def test_what_makes_no_sense_is_said_at_once(tmp_path, monkeypatch, words, told):
    (tmp_path / "plain").write_text("no program")
    status, talk = call(tmp_path, monkeypatch, *words)
    assert status == 2
    assert told in talk


def test_a_baseline_that_is_not_there_is_a_comparison_not_made(tmp_path, monkeypatch):
    status, talk = call(tmp_path, monkeypatch, "--baseline", "gone.json", "--", "true")
    assert status == 4
    assert "there is no baseline" in talk


def test_what_tcperf_toml_says_of_nodes_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "tcperf.toml").write_text(
        '[run]\nnode = "gone"\nbase = "gone"\nnames = ["gone"]\npairs = 5\n'
    )
    status, talk = call(tmp_path, monkeypatch, "--", "nothing-of-this-name")
    assert status == 2
    assert "there is no program nothing-of-this-name" in talk


def test_what_it_says_of_the_network_does(tmp_path, monkeypatch):
    (tmp_path / "tcperf.toml").write_text('[run]\nnetwork = "host"\npcap = "full"\n')
    status, talk = call(tmp_path, monkeypatch, "--", "true")
    assert status == 2
    assert "tcperf.toml:3" in talk
