"""``--junit`` from the command line and tcperf.toml to the file, for run, compare and report."""

import io

import attrs
import comparisons
import junit_schema
import pytest

from tcperf import cli, config
from tcperf.cli import parser
from tcperf.cli.ending import Ending
from tcperf.cli.judge import Judge, Judged
from tcperf.cli.junit import spelled_out
from tcperf.cli.selection import Selection, select
from tcperf.cli.terminal import Terminal
from tcperf.errors import ConfigError, OutputError, UsageError
from tcperf.options import REFERENCE, RUN_KEYS, RunOptions
from tcperf.registry import discover
from tcperf.reports.write import prepare
from tcperf.rules import GatePolicy
from tcperf.session import Outcome


def selected(folder, *words, toml=""):
    if toml:
        (folder / "tcperf.toml").write_text(toml)
    return select(parser.parse(["run", *words]), folder)


def test_it_is_an_option_of_run():
    assert "junit" in RUN_KEYS


def test_the_command_line(tmp_path):
    assert selected(tmp_path).options.junit is None
    assert selected(tmp_path, "one_to_one", "--junit").options.junit == "auto"
    assert selected(tmp_path, "--junit", "a.xml", "one_to_one").options.junit == tmp_path / "a.xml"
    assert selected(tmp_path, "--junit=/ci/a.xml").options.junit.as_posix() == "/ci/a.xml"


def test_the_configuration_and_the_command_line_over_it(tmp_path):
    assert selected(tmp_path, toml='[run]\njunit = "auto"\n').options.junit == "auto"
    toml = '[run]\njunit = "out/a.xml"\n'
    assert selected(tmp_path, toml=toml).options.junit == tmp_path / "out" / "a.xml"
    assert selected(tmp_path, "--junit", toml=toml).options.junit == "auto"


def test_what_stands_behind_it_is_its_file_only_where_it_is_called_so(tmp_path):
    found = selected(tmp_path, "--junit", "one_to_one").options
    assert (found.junit, found.names) == ("auto", ("one_to_one",))
    assert selected(tmp_path, "--junit", "auto", "one_to_one").options.names == ("one_to_one",)
    assert selected(tmp_path, "--junit", "--runs", "2").options.junit == "auto"
    with pytest.raises(UsageError, match=r"argument --junit: 'a\.json' is no \.xml file"):
        selected(tmp_path, "--junit=a.json")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--junit"], ["--junit=auto"]),
        (["--junit", "a.json", "b.json"], ["--junit=auto", "a.json", "b.json"]),
        (["--junit", "A.XML", "b.json"], ["--junit", "A.XML", "b.json"]),
        (["--junit", "--", "a.xml"], ["--junit=auto", "--", "a.xml"]),
        (["--", "--junit", "b"], ["--", "--junit", "b"]),
        (["a.json", "--junit=b"], ["a.json", "--junit=b"]),
        ([], []),
    ],
)
def test_the_command_line_says_which_file_is_meant(words, told):
    assert spelled_out(words) == told


@pytest.mark.parametrize(("command", "files"), [("report", ["a.json"]), ("compare", ["a.json", "b.json"])])
def test_it_may_stand_before_the_results_as_the_usage_has_it(command, files):
    assert parser.parse([command, "--junit", *files]).junit == "auto"


def test_a_run_does_not_begin_where_somebody_elses_file_would_be_lost(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs, earlier = tmp_path / "pom.xml", prepare(tmp_path / "tcperf-report").report_md
    for path in (theirs, earlier):
        path.write_text("<project/>")
    stderr = io.StringIO()
    assert cli.main(["run", "--junit=pom.xml"], io.StringIO(), stderr, {}) == OutputError.exit_status
    assert "pom.xml is there, and holds no test results of tcperf" in stderr.getvalue()
    assert theirs.read_text() == earlier.read_text() == "<project/>"


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[run]\njunit = "a.json"\n', r"tcperf\.toml:2: run\.junit: 'a\.json' is no \.xml file"),
        ("[run]\njunit = true\n", r"tcperf\.toml:2: run\.junit: expected a text, not true"),
    ],
)
def test_a_mistake_in_the_configuration_names_its_place(tmp_path, toml, words):
    (tmp_path / "tcperf.toml").write_text(toml)
    with pytest.raises(ConfigError, match=words):
        config.load(None, tmp_path)


@pytest.mark.parametrize("command", ["report", "compare"])
def test_other_commands_have_it_too(command):
    found = parser.parse([command, "a.json", "b.json", "--junit=c.xml"])
    assert found.junit == "c.xml"


# --- the end of a run --------------------------------------------------------------------------------


def terminal(**env):
    return Terminal(io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO(), env)


def stdout(of):
    of.stdout.flush()
    return of.stdout.buffer.getvalue()


def ending(folder, options, reader=None):
    """How a run ends that was not compared with anything."""
    reader = reader or terminal()
    selection = Selection(config.Config(), options, discover(()), REFERENCE)
    return Ending(selection, Judge.of(config.Config(), None, None, reader), folder, reader)


def judged(folder, monkeypatch, options, found, reader=None):
    """The exit status of a run that ends with the comparisons ``found``."""
    monkeypatch.setattr(Judge, "judge", lambda self, result, _today: Judged(result, self.gate))
    return ending(folder, options, reader).report(Outcome(comparisons.paired(found, pairs=2), ()))


def test_a_run_writes_them_among_the_reports_or_where_it_is_told(tmp_path, monkeypatch):
    folder = prepare(tmp_path / "out")
    status = judged(folder, monkeypatch, RunOptions(junit="auto"), (comparisons.WORSE,))
    assert status == 1  # on Jenkins a step fails by its status, and the file says why
    root = junit_schema.check(folder.junit_xml.read_text("utf-8"))
    assert root.get("failures") == "1"
    elsewhere = tmp_path / "tests.xml"
    judged(folder, monkeypatch, RunOptions(junit=elsewhere), (comparisons.WORSE,))
    assert elsewhere.read_text("utf-8") == folder.junit_xml.read_text("utf-8")


def test_without_the_option_there_are_none(tmp_path, monkeypatch):
    folder = prepare(tmp_path / "out")
    judged(folder, monkeypatch, RunOptions(), (comparisons.WORSE,))
    assert not folder.junit_xml.exists()


def test_under_teamcity_they_are_published_with_the_folder(tmp_path, monkeypatch):
    folder, reader = prepare(tmp_path / "out"), terminal(TEAMCITY_VERSION="1")
    judged(folder, monkeypatch, RunOptions(junit="auto"), (comparisons.WORSE,), reader)
    assert folder.junit_xml.exists()
    assert f"publishArtifacts '{folder.path} => tcperf'" in stdout(reader).decode()


def test_the_gates_policy_counts(tmp_path, monkeypatch):
    folder = prepare(tmp_path / "out")
    monkeypatch.setattr(Judge, "judge", lambda self, result, _today: Judged(result, self.gate))
    made = ending(folder, RunOptions(junit="auto"))
    strict = attrs.evolve(made.judge, gate=attrs.evolve(made.judge.gate, policy=GatePolicy(undecided="fail")))
    attrs.evolve(made, judge=strict).report(Outcome(comparisons.paired((comparisons.UNSURE,), pairs=2), ()))
    assert junit_schema.check(folder.junit_xml.read_text("utf-8")).get("failures") == "1"


def test_where_they_cannot_be_written_the_figures_are_printed_and_the_end_is_an_error(tmp_path, monkeypatch):
    folder, reader = prepare(tmp_path / "out"), terminal()
    folder.junit_xml.mkdir()
    with pytest.raises(OutputError, match=r"junit\.xml is a folder"):
        judged(folder, monkeypatch, RunOptions(junit="auto"), (comparisons.WORSE,), reader)
    assert "WORSE" in stdout(reader).decode()
    assert folder.report_html.exists()
