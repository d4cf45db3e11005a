"""tcperf.toml: typed values, or one error with file, line and key."""

import re
from datetime import date
from pathlib import Path

import pytest

from tcperf.config import Config, TeamCityConfig, load
from tcperf.errors import ConfigError
from tcperf.options import Earlier, RunOptions
from tcperf.quantities import Amount
from tcperf.rules import Acceptance, GatePolicy, Rule

WHOLE = """\
[run]
names = ["one_to_one", "idle"]
scenarios = ["more", "/abs/scenarios"]
node = "build/status-backend"
base = "/opt/base/status-backend"
baseline = "teamcity"
runs = 5
pairs = 10
out = "report"
network = "private"
format = "console"
budget = "15m"
lanes = "auto"

[params.one_to_one]
messages = 40
order = "alternate"
[params.idle]
seconds = 1.5

[gate]
mode = "condition"
undecided = "fail"
require_comparison = true

[[gate.rule]]
match = "*.cpu_ms"
worse_by = "8 %"
floor = "0.05 s"

[[gate.rule]]
match = "one_to_one.*"
worse_by = 3
max = 1000
report_only = true

[[accept]]
match = "idle.idle.sent_bytes"
up_to = "12 %"
reason = "the new store protocol"
until = 2026-12-31

[teamcity]
artifacts = "perf/tcperf"
"""


def configured(folder, text):
    (folder / "tcperf.toml").write_text(text, encoding="utf-8")
    return load(None, folder)


def refused(folder, text):
    """The error's text after the file's path."""
    with pytest.raises(ConfigError) as caught:
        configured(folder, text)
    return str(caught.value).removeprefix(f"{folder / 'tcperf.toml'}:")


def test_without_a_file_everything_has_its_default(tmp_path):
    config = load(None, tmp_path)
    assert config == Config()
    assert config.file is None
    assert config.run == RunOptions()
    assert config.gate == GatePolicy()
    assert config.teamcity == TeamCityConfig(artifacts="tcperf")


def test_an_empty_file_says_nothing(tmp_path):
    config = configured(tmp_path, "")
    assert (config.run, config.params, config.gate, config.accept) == (RunOptions(), {}, GatePolicy(), ())


def test_a_whole_file(tmp_path):
    config = configured(tmp_path, WHOLE)
    assert config.run == RunOptions(
        names=("one_to_one", "idle"),
        scenarios=(tmp_path / "more", Path("/abs/scenarios")),
        node=tmp_path / "build/status-backend",
        base=Path("/opt/base/status-backend"),
        baseline="teamcity",
        runs=5,
        pairs=10,
        out=tmp_path / "report",
        network="private",
        format="console",
        gate="condition",
        budget=900.0,
        lanes="auto",
    )
    assert {name: table.values for name, table in config.params.items()} == {
        "one_to_one": {"messages": 40, "order": "alternate"},
        "idle": {"seconds": 1.5},
    }
    assert config.gate == GatePolicy(
        undecided="fail",
        require_comparison=True,
        rules=(
            Rule(match="*.cpu_ms", worse_by=8.0, floor=Amount(50.0, "ms")),
            Rule(match="one_to_one.*", worse_by=3.0, max=Amount(1000.0), report_only=True),
        ),
    )
    assert config.accept == (
        Acceptance(
            match="idle.idle.sent_bytes",
            up_to=12.0,
            reason="the new store protocol",
            until=date(2026, 12, 31),
        ),
    )
    assert config.teamcity == TeamCityConfig(artifacts="perf/tcperf")


def test_single_texts_stand_for_lists_of_one(tmp_path):
    run = configured(
        tmp_path, '[run]\nnames = "idle"\nscenarios = "mine"\nnode = "reference"\nlanes = 2\n'
    ).run
    assert run == RunOptions(names=("idle",), scenarios=(tmp_path / "mine",), node="reference", lanes=2)


def test_the_gates_mode_can_be_given_as_runs_option(tmp_path):
    assert configured(tmp_path, '[run]\ngate = "off"\n').run.gate == "off"
    message = refused(tmp_path, '[run]\ngate = "off"\n[gate]\nmode = "exit"\n')
    assert message == "4: gate.mode: run.gate says it already (keep one of the two)"


@pytest.mark.parametrize("key", ["as_tests", "tag", "trend"])
def test_how_teamcity_is_told_stands_with_teamcity_or_among_runs_options(tmp_path, key):
    for section in ("run", "teamcity"):
        for word, value in (("true", True), ("false", False)):
            run = configured(tmp_path, f"[{section}]\n{key} = {word}\n").run
            assert getattr(run, key) is value
    assert getattr(configured(tmp_path, "[teamcity]\n").run, key) is None
    assert refused(tmp_path, f"[run]\n{key} = true\n[teamcity]\n{key} = false\n") == (
        f"4: teamcity.{key}: run.{key} says it already (keep one of the two)"
    )
    assert refused(tmp_path, f'[teamcity]\n{key} = "yes"\n') == (
        f"2: teamcity.{key}: expected true or false, not 'yes'"
    )


def test_a_named_file_is_relative_to_the_folder_and_its_paths_to_the_file(tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/own.toml").write_text('[run]\nout = "o"\nbaseline = "b.json"\n')
    run = load(Path("conf/own.toml"), tmp_path).run
    assert run == RunOptions(out=tmp_path / "conf/o", baseline=Earlier(tmp_path / "conf/b.json"))


def test_a_named_file_must_exist(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no configuration file absent\.toml \(check --config\)"):
        load(Path("absent.toml"), tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\n[rum]\n",
            "2: rum: no such key (did you mean run? others are params, gate, accept, report, teamcity)",
        ),
        ("x = 1\n", "1: x: no such key (choose from run, params, gate, accept, report, teamcity)"),
        (
            "[run]\nruns = 2\nbudgett = 1\n",
            "3: run.budgett: no such key (did you mean budget? others are names, ",
        ),
        ('[run]\n"a b\\n.c" = 1\n', "2: run.'a b\\n.c': no such key (choose from names, "),
        ("[gate]\nmod = 1\n", "2: gate.mod: no such key (did you mean mode?"),
        (
            '[[gate.rule]]\nmatch = "*"\nmax=1\n[[gate.rule]]\nmatch = "*"\nflor = 1\n',
            "6: gate.rule.flor: no such key (did you mean floor?",
        ),
        ("[[accept]]\nuntill = 1\n", "2: accept.untill: no such key (did you mean until?"),
        ("[teamcity]\nartefacts = 1\n", "2: teamcity.artefacts: no such key (did you mean artifacts? "),
    ],
)
def test_unknown_keys_are_errors_with_line_and_nearest_name(tmp_path, text, message):
    assert refused(tmp_path, text).startswith(message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("names = 3", "names: expected a text, not 3 (put it in quotes)"),
        ('names = ["a", 3]', "names: expected a text, not 3"),
        ('node = ""', "node: '' is empty"),
        ('node = "a\\u0000b"', "node: 'a\\x00b' holds a control character (U+0000)"),
        ("node = true", "node: expected a text, not true"),
        ("base = []", "base: expected a text, not a list"),
        ("out = 1.5", "out: expected a text, not 1.5"),
        ('runs = "3"', "runs: expected a whole number from 1 to 1000000, not '3'"),
        ("runs = 0", "runs: expected a whole number from 1 to 1000000, not 0"),
        ("runs = true", "runs: expected a whole number from 1 to 1000000, not true"),
        ("runs = 1.0", "runs: expected a whole number from 1 to 1000000, not 1.0"),
        ("pairs = -1", "pairs: expected a whole number"),
        (
            "pairs = 0xffffffffffffffffffffffff",
            "pairs: expected a whole number from 1 to 1000000, not a huge",
        ),
        ('lanes = "many"', "lanes: expected a whole number from 1 to 1000000, not 'many'"),
        (
            'network = "hots"',
            "network: 'hots' is not one of private, host (did you mean host? others are private)",
        ),
        ("network = 1", "network: 1 is not one of private, host (choose from private, host)"),
        ('format = "json"', "format: 'json' is not one of auto, teamcity, console"),
        ('gate = "on"', "gate: 'on' is not one of auto, problem, condition, exit, off"),
        ("budget = 15", 'budget: expected a duration, not 15 (write it as "15m" or "90s")'),
        ('budget = "15"', "budget: expected a duration, not '15' (write it with its units"),
    ],
)
def test_wrong_values_of_run_are_errors_with_line_and_what_was_expected(tmp_path, line, message):
    assert refused(tmp_path, f"# first\n[run]\n{line}\n").startswith(f"3: run.{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run = 3\n", "1: run: expected a table, not 3 (write [run])"),
        ("[params]\nidle = 3\n", "2: params.idle: expected a table, not 3 (write [params.idle])"),
        ("[gate.rule]\nmatch = 1\n", "1: gate.rule: expected an array of tables (write [[gate.rule]])"),
        ("accept = [1]\n", "1: accept: expected an array of tables (write [[accept]])"),
        ("[gate]\nundecided = 'warn'\n", "2: gate.undecided: 'warn' is not one of pass, fail"),
        ("[gate]\nrequire_comparison = 1\n", "2: gate.require_comparison: expected true or false, not 1"),
        ("[[gate.rule]]\nmax = 3\n", "1: gate.rule: match is missing (every gate.rule needs it)"),
        (
            '[[gate.rule]]\nmatch = "*"\n',
            "1: gate.rule: the rule says nothing (add one of worse_by, floor, max",
        ),
        ('[[gate.rule]]\nmatch = "A"\nmax = 3\n', "2: gate.rule.match: 'A' matches no key (keys hold"),
        (
            '[[gate.rule]]\nmatch = "*"\nworse_by = nan\n',
            "3: gate.rule.worse_by: expected a percentage, not nan",
        ),
        ('[[gate.rule]]\nmatch = "*"\nworse_by = 0.03\n', "3: gate.rule.worse_by: 0.03 is ambiguous"),
        (
            '[[gate.rule]]\nmatch = "*"\nfloor = "1 kb"\n',
            "3: gate.rule.floor: kb is not a known unit (did you mean",
        ),
        (
            '[[gate.rule]]\nmatch = "*.cpu_ms"\nmax = "1 KiB"\n',
            "3: gate.rule.max: *.cpu_ms is in ms, the amount in",
        ),
        ('[[gate.rule]]\nmatch = "*"\nmax = -1\n', "3: gate.rule.max: expected an amount, not -1"),
        (
            '[[gate.rule]]\nmatch = "*"\nreport_only = "yes"\n',
            "3: gate.rule.report_only: expected true or false",
        ),
        (
            '[[accept]]\nmatch = "*"\nup_to = 3\nreason = "x"\n',
            "1: accept: until is missing (every accept needs it)",
        ),
        ('[[accept]]\nmatch = "*"\nup_to = 3\nreason = " "\n', "4: accept.reason: ' ' is empty"),
        (
            '[[accept]]\nmatch = "*"\nup_to = 3\nreason = "x"\nuntil = "2026-12-31"\n',
            "5: accept.until: expected a date, not '2026-12-31' (write it without quotes and time: 2026-12-31)",
        ),
        (
            '[[accept]]\nmatch = "*"\nup_to = 3\nreason = "x"\nuntil = 2026-12-31T10:00:00Z\n',
            "5: accept.until: expected a date, not 2026-12-31 10:00:00+00:00",
        ),
        (
            '[teamcity]\nartifacts = "/abs"\n',
            "2: teamcity.artifacts: '/abs' is no folder among a build's artifacts",
        ),
        ('[teamcity]\nartifacts = "a/../.."\n', "2: teamcity.artifacts: 'a/../..' is no folder"),
        ('[teamcity]\nartifacts = "a => b"\n', "2: teamcity.artifacts: 'a => b' is no folder"),
    ],
)
def test_wrong_values_elsewhere(tmp_path, text, message):
    assert refused(tmp_path, text).startswith(message)


def test_bad_toml_is_an_error_with_its_line(tmp_path):
    assert refused(tmp_path, "[run]\nruns = \n").startswith("2: Invalid value")


def test_a_value_of_several_lines_is_reported_at_its_first(tmp_path):
    text = '[run]\nnames = [\n  "idle",\n  3,\n]\n'
    assert refused(tmp_path, text).startswith("2: run.names: expected a text, not 3")


# --- past builds -------------------------------------------------------------------------------------


def test_how_many_past_builds_and_what_they_may_do(tmp_path):
    path = tmp_path / "tcperf.toml"
    path.write_text('[gate]\nhistory = "fail"\n[teamcity]\nhistory_builds = 40\n')
    config = load(path, tmp_path)
    assert config.gate.history == "fail"
    assert config.teamcity.history_builds == 40
    assert load(None, tmp_path / "none").gate.history == "warn"
    assert load(None, tmp_path / "none").teamcity.history_builds == 20


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[gate]\nhistory = "maybe"\n', "2: gate.history: 'maybe' is not one of warn, fail"),
        (
            "[teamcity]\nhistory_builds = 4\n",
            "2: teamcity.history_builds: 4 past builds are too few to say what is usual",
        ),
        ("[teamcity]\nhistory_builds = 501\n", "2: teamcity.history_builds: 501 past builds are too many"),
        ("[teamcity]\nhistory_builds = true\n", "2: teamcity.history_builds: expected a whole number"),
    ],
)
def test_what_past_builds_cannot_be(tmp_path, text, problem):
    path = tmp_path / "tcperf.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(problem)):
        load(path, tmp_path)


# --- [report] ----------------------------------------------------------------------------------------


def test_readers_are_asked_on_the_web_page_that_is_named(tmp_path):
    assert configured(tmp_path, "").report.feedback is None
    address = "https://forms.example.org/tcperf?team=core"
    assert configured(tmp_path, f'[report]\nfeedback = "{address}"\n').report.feedback == address


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "forms.example.org", "https://me:secret@example.org/", "https://", "ftp://a.b/c"],
)
def test_what_is_no_address_of_a_web_page_is_refused(tmp_path, address):
    message = refused(tmp_path, f'[report]\nfeedback = "{address}"\n')
    assert message.startswith("2: report.feedback: ")
    assert "is no address of a web page (such as" in message


def test_the_report_has_no_other_keys(tmp_path):
    assert refused(tmp_path, '[report]\nfeedbak = "https://a.b/"\n').startswith(
        "2: report.feedbak: no such key"
    )
