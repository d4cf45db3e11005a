"""The pages of docs/ that are looked up: what they say of keys, files and statuses is so; and what the build makes."""

import importlib.util
import json
import re

import attrs
import pytest
from doc_examples import ROOT, examples, pages

from tcperf import buildsettings, config, gate_tables, units
from tcperf.cli import parser
from tcperf.keys import COUNTS, IDENTITY_LIMIT, NAME_RULE, count_key, delta_key, problem_identity, worse_key
from tcperf.measurement import EXACTNESS
from tcperf.metrics import METRICS, OPERATION_METRICS, PHASE_METRICS
from tcperf.options import RUN_KEYS
from tcperf.registry import discover

DOCS = ROOT / "docs"


def page(name):
    return (DOCS / f"{name}.rst").read_text("utf-8")


def plain(text):
    return " ".join(text.split())


# --- all pages ---------------------------------------------------------------------------------------


def test_every_page_is_in_the_table_of_contents_once():
    told = re.findall(r"^   (\w+)$", page("index"), re.MULTILINE)
    assert sorted(told) == sorted(path.stem for path in DOCS.glob("*.rst") if path.stem != "index")


@pytest.mark.parametrize("name", [name for name in pages() if name.startswith("docs/")])
def test_a_page_has_one_title_and_lines_of_the_usual_length(name):
    lines = (ROOT / name).read_text("utf-8").splitlines()
    assert re.fullmatch(r"=+", lines[1])
    assert len(lines[1]) == len(lines[0])
    assert max(len(line) for line in lines if "##teamcity[" not in line and not line.startswith("``")) <= 145


def test_the_step_is_the_readmes():
    (ours,) = [each.text for each in examples("docs/compare.rst") if "git worktree" in each.text]
    (readmes,) = [each.text for each in examples("README.rst") if "git worktree" in each.text]
    assert ours == readmes


# --- keys --------------------------------------------------------------------------------------------

KEYS = page("keys")


@pytest.mark.parametrize("unit", units.UNITS.values(), ids=lambda unit: unit.symbol)
def test_every_unit_is_told_with_the_format_of_its_charts(unit):
    assert re.search(rf"^``_{unit.symbol}``.*\*{unit.chart}\*$", KEYS, re.MULTILINE)


@pytest.mark.parametrize("what", COUNTS)
def test_every_count_is_told(what):
    assert f"``{count_key(what, reference=False).replace('tcperf.', 'tcperf.[reference.]')}``" in KEYS


def test_what_keys_are_made_of_is_told():
    assert NAME_RULE.replace(" or _", " or ``_``") in plain(KEYS)
    assert f"``…{delta_key('')}``" in KEYS
    assert f"``…{worse_key('')}``" in KEYS
    assert f"of more than {IDENTITY_LIMIT} characters the first 51" in plain(KEYS)
    assert re.fullmatch(r"x{51}_[0-9a-f]{8}", problem_identity("x" * 61))


def test_what_is_published_is_told():
    (told,) = re.findall(r"A published phase publishes (.*?)\.  Everything else", KEYS, re.DOTALL)
    assert set(re.findall(r"``(\w+)``", told)) == {*PHASE_METRICS, *OPERATION_METRICS}


def test_every_exactness_is_told():
    table = KEYS.partition("How exact\n")[2]
    assert tuple(re.findall(r"^``(\w+)``  ", table, re.MULTILINE)) == EXACTNESS


# --- tcperf.toml -------------------------------------------------------------------------------------

CONFIGURATION = page("configuration")


def told_in(section, text=CONFIGURATION):
    """The keys of the table behind a heading."""
    table = text.partition(section)[2]
    rows = re.split(r"^=[= ]+$", table, maxsplit=2, flags=re.MULTILINE)[1]
    return re.findall(r"^``(\w+)``", rows, re.MULTILINE)


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("[run]\n-----", RUN_KEYS),
        ("[gate]\n------", [key for key in gate_tables.GATE_KEYS if key != "rule"]),
        ("``[[gate.rule]]``", gate_tables.RULE_KEYS),
        ("[[accept]]\n----------", gate_tables.ACCEPT_KEYS),
        ("[report]\n--------", [field.name for field in attrs.fields(config.ReportConfig)]),
    ],
)
def test_every_key_is_told(section, keys):
    assert sorted(told_in(section)) == sorted(keys)


@pytest.mark.parametrize("section", config._SECTIONS)
def test_every_section_has_its_heading(section):
    assert re.search(rf"^\[+{section}(\.<scenario>)?\]+\n-+$", CONFIGURATION, re.MULTILINE)


def test_the_keys_of_teamcity_are_where_it_is_said():
    assert ":doc:`teamcity`" in CONFIGURATION.partition("[teamcity]\n----------")[2]
    assert all(f"``{key}``" in page("teamcity") for key in buildsettings.SETTINGS_KEYS)


# --- the command line --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["0", "1", "2", "3", "4", "5", "130 143"])
def test_every_status_is_told(status):
    assert re.search(rf"^{status} +\w", page("command_line"), re.MULTILINE)


def generated():
    """The extension that makes pages of the program."""
    spec = importlib.util.spec_from_file_location("generated", DOCS / "generated.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = generated()
COMMAND_LINE = "\n".join(MADE.command_line())


def options():
    """Every option of every subcommand."""
    whole = parser.build()
    commands = next(action.choices for action in whole._actions if isinstance(action.choices, dict))
    return [
        (name, option)
        for name, command in commands.items()
        for action in command._actions
        for option in action.option_strings
        if option not in {"-h", "--help"}
    ]


@pytest.mark.parametrize("command", parser.COMMANDS)
def test_every_subcommand_has_its_chapter(command):
    heading = f"tcperf {command}"
    assert f"\n{heading}\n{'-' * len(heading)}\n" in f"\n{COMMAND_LINE}"


@pytest.mark.parametrize(("command", "option"), options())
def test_every_option_is_told_with_its_help(command, option):
    chapter = COMMAND_LINE.split(f".. program:: tcperf {command}\n")[1].split(".. program::")[0]
    (told,) = re.findall(
        rf"^\.\. option:: (?:.*, )?{re.escape(option)}\b(?!-).*\n\n   (.+)$", chapter, re.MULTILINE
    )
    assert len(told.split()) >= 2


def test_values_are_shown_with_their_options():
    assert ".. option:: -p [SCENARIO.]NAME=VALUE, --param [SCENARIO.]NAME=VALUE\n" in COMMAND_LINE
    assert ".. option:: --gate auto|problem|condition|exit|off\n" in COMMAND_LINE
    assert ".. option:: --pcap[=headers|full]\n" in COMMAND_LINE
    assert ".. option:: --as-tests, --no-as-tests\n" in COMMAND_LINE
    assert ".. option:: RESULTS.json" in COMMAND_LINE


def test_nothing_of_the_programs_own_notation_is_left():
    assert "%(" not in COMMAND_LINE
    assert "%%" not in COMMAND_LINE
    assert "loss=1%" in COMMAND_LINE
    assert not re.search(r"(?<!`)`[^`\n]+`(?!`)", COMMAND_LINE), "one backquote is no literal"


def test_plain_text_is_no_markup():
    assert MADE._words("a *b* `c_d` e_ |f| \\g") == r"a \*b\* ``c_d`` e\_ \|f\| \\g"


def test_what_is_laid_out_stays_laid_out():
    told = list(MADE._prose("One\ntwo *x*\n\nexit status:\n  0 fine   1 not\n  2 usage\n"))
    assert told == [
        "One two \\*x\\*", "", "Exit status:", "", ".. code-block:: none", "", "     0 fine   1 not", "     2 usage", "",
    ]  # fmt: skip


# --- the scenarios -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", discover(()).names)
def test_every_shipped_scenario_has_its_section(name):
    text = page("shipped_scenarios")
    assert f"\n{name}\n{'-' * len(name)}\n\n.. scenario:: {name}\n" in text
    told = "\n".join(MADE.scenario(name))
    found = discover(()).get(name)
    assert all(f"``{phase.name}``" in told for phase in found.phases)
    assert all(f"``{param.name}``\n     - ``{param.default}``" in told for param in found.params)
    assert all(f"``{metric}``" in told for phase in found.phases for metric in phase.metrics)


def test_a_scenario_without_parameters_has_no_table_of_them():
    assert "parameter" not in "\n".join(MADE.scenario("cold_start"))


# --- what is measured, and results.json ----------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_in_the_table(metric):
    rows = "\n".join(MADE.metrics())
    assert rows.count(f"   * - ``{metric}``\n") == 1


def test_the_total_is_said_for_each():
    rows = "\n".join(MADE.metrics())
    assert rows.count("     - sum of the nodes\n") == sum(each.total == "sum" for each in METRICS.values())


def test_every_key_of_the_schema_is_in_its_table():
    schema = json.loads((ROOT / "tcperf" / "results.schema.json").read_text("utf-8"))
    rows = "\n".join(MADE.results_schema())
    for name, about in schema["$defs"].items():
        table = rows.split(f".. _results-{name}:\n")[1].split(".. _results-")[0]
        assert re.findall(r"^   \* - ``(\w+)``$", table, re.MULTILINE) == list(about["properties"])


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"type": "string"}, "text"),
        ({"type": ["number", "null"]}, "number or null"),
        ({"const": 1}, "``1``"),
        ({"type": "string", "enum": ["ms", "bytes"]}, "``ms``, ``bytes``"),
        ({"type": "array", "items": {"$ref": "#/$defs/Run"}}, "list of :ref:`Run <results-Run>`"),
        ({"anyOf": [{"$ref": "#/$defs/Link"}, {"type": "null"}]}, ":ref:`Link <results-Link>` or null"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "by name: whole number"),
    ],
)
def test_what_a_schema_takes_is_told_in_words(about, told):
    assert MADE._kind(about) == told
