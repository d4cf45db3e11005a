"""``tcperf compare`` as a function: files in, streams and status out."""

import csv
import io
import json

import attrs
import comparisons as made
import pytest
import samples
from teamcity_parser import check_output, statistics_of

from tcperf import cli, results
from tcperf.model import Conditions


class Call:
    """One call of main: its status and what it wrote."""

    def __init__(self, *argv, env=None):
        out = io.BytesIO()
        stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        stderr = io.StringIO()
        self.status = cli.main(["compare", *map(str, argv)], stdout, stderr, env or {})
        self.raw = out.getvalue()
        self.out = self.raw.decode()
        self.err = stderr.getvalue()


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def saved(tmp_path, name, result):
    path = tmp_path / name
    path.write_text(results.dumps(result))
    return path


@pytest.fixture
def same(tmp_path):
    """A paired result in which nothing is different but noise."""
    return saved(tmp_path, "same.json", made.paired(made.SAME, pairs=10))


def paired_worse():
    return made.paired((made.WORSE,))


@pytest.fixture
def grown(tmp_path):
    return saved(tmp_path, "grown.json", paired_worse())


def with_runs(result, factor):
    """Every total of every run of the result times ``factor``."""

    def scaled(phase):
        totals = {
            key: attrs.evolve(measured, value=measured.value * factor)
            for key, measured in phase.totals.items()
        }
        return attrs.evolve(phase, totals=totals)

    runs = (attrs.evolve(run, phases=tuple(map(scaled, run.phases))) for run in result.runs)
    return attrs.evolve(result, runs=tuple(runs))


# --- verdict and status ------------------------------------------------------------------------------


def test_a_regression_is_told_and_ends_with_1(grown):
    call = Call(grown, grown)
    assert call.status == 1
    assert call.out.splitlines()[4].startswith("WORSE: 1 metric worse: one_to_one.messages sent_bytes +6.2 %")
    assert "base: /build/parent/status-backend" in call.out
    assert call.err == ""


def test_nothing_to_object_to_ends_with_0(same):
    call = Call(same, same)
    assert call.status == 0
    assert "OK: " in call.out


@pytest.mark.parametrize(("mode", "status"), [("exit", 1), ("off", 0), ("condition", 0), ("auto", 1)])
def test_the_gate_says_what_a_regression_does(grown, mode, status):
    call = Call("--gate", mode, grown, grown)
    assert call.status == status
    assert "WORSE" in call.out


def test_the_gate_of_the_configuration_counts_where_none_is_given(grown, tmp_path):
    (tmp_path / "tcperf.toml").write_text('[gate]\nmode = "off"\n')
    assert Call(grown, grown).status == 0
    assert Call("--gate", "exit", grown, grown).status == 1


def test_another_configuration_judges_anew(grown, tmp_path):
    rules = tmp_path / "other.toml"
    rules.write_text('[[gate.rule]]\nmatch = "*.sent_bytes"\nworse_by = "10 %"\n')
    assert Call("--config", rules, grown, grown).status == 0
    rules.write_text(
        '[[gate.rule]]\nmatch = "one_to_one.messages.sent_bytes"\nmax = "1 KiB"\nworse_by = "10 %"\n'
    )
    call = Call("--config", rules, grown, grown)
    assert call.status == 1
    assert "OVER BUDGET" in call.out


def test_an_accepted_change_is_no_objection(grown, tmp_path):
    (tmp_path / "tcperf.toml").write_text(
        '[[accept]]\nmatch = "*.sent_bytes"\nup_to = "8 %"\nreason = "larger keys"\nuntil = 9000-01-31\n'
    )
    call = Call(grown, grown)
    assert call.status == 0
    assert "ACCEPTED" in call.out
    assert "larger keys" in call.out


# --- two files ---------------------------------------------------------------------------------------


def test_separate_runs_are_compared_with_a_warning(tmp_path):
    base = saved(tmp_path, "base.json", attrs.evolve(samples.result(runs=6), subjects={"head": made.BASE}))
    head = saved(tmp_path, "head.json", with_runs(samples.result(runs=6), 1.5))
    call = Call(base, head)
    assert call.status == 1
    assert "warning: the runs belong to no pairs" in call.out
    assert "n=6" in call.out
    assert "+50.0 %" in call.out


def test_one_binary_twice_and_other_machines_are_said(tmp_path):
    base = saved(tmp_path, "base.json", samples.result())
    other = attrs.evolve(samples.ENVIRONMENT, cpu_model="Another CPU")
    head = saved(tmp_path, "head.json", attrs.evolve(samples.result(), environment=other))
    told = " ".join(Call(base, head).out.split())
    assert "the same binary" in told
    assert "unlike machines" in told


def test_what_a_file_says_of_its_own_comparison_is_not_said_of_this_one(tmp_path):
    busy = "one_to_one: 2 runs count although the machine was busy: no more pairs are made again"
    twice = "base and head are the same binary: whatever differs is noise"
    alone = attrs.evolve(
        paired_worse(), subjects=dict.fromkeys(("head", "base"), samples.BACKEND), warnings=(twice, busy)
    )
    other = attrs.evolve(made.paired((made.WORSE,)), subjects={"head": made.BASE}, warnings=(busy,))
    call = Call("--format", "json", saved(tmp_path, "base.json", other), saved(tmp_path, "head.json", alone))
    told = results.loads(call.out).warnings
    assert twice not in told
    assert f"in the head's result: {busy}" in told
    assert f"in the base's result: {busy}" in told


def test_a_result_with_itself_keeps_the_names_and_the_curves_of_its_runs(tmp_path):
    path = saved(tmp_path, "a.json", attrs.evolve(paired_worse(), warnings=("not compared: so",)))
    Call("--out", tmp_path / "out", path, path)
    runs = results.load(tmp_path / "out" / "results.json").runs
    assert [run.id for run in runs] == [run.id for run in paired_worse().runs]
    assert all(run.series is not None for run in runs)


def test_a_pattern_that_matches_nothing_is_warned_of(grown, tmp_path):
    rules = tmp_path / "tcperf.toml"
    rules.write_text('[[gate.rule]]\nmatch = "*.sent_byte"\nworse_by = "10 %"\n[run]\nscenarios = ["none"]\n')
    call = Call(grown, grown)
    assert call.status == 1
    assert "warning: no key matches *.sent_byte: did you mean *.sent_bytes?" in " ".join(call.out.split())
    rules.write_text('[[gate.rule]]\nmatch = "cold_start.*"\nworse_by = "10 %"\n')
    assert "no key matches" not in Call(grown, grown).out


def test_unlike_conditions_are_not_compared(tmp_path):
    base = saved(tmp_path, "base.json", samples.result())
    head = saved(
        tmp_path, "head.json", attrs.evolve(samples.result(), conditions=Conditions("private", mtu=1400))
    )
    for options in ([], ["--gate", "off"], ["--format", "csv"]):
        call = Call(*options, base, head)
        assert call.status == 4
        assert "not compared: " in call.err
        assert "unlike conditions" in call.err
    assert "NOT COMPARED" in Call(base, head).out


def test_unlike_parameters_are_not_compared(tmp_path):
    info = attrs.evolve(samples.ONE_TO_ONE, params={"messages": 20, "order": "blocks"})
    base = saved(tmp_path, "base.json", samples.result(scenarios=(samples.ONE_TO_ONE,)))
    head = saved(
        tmp_path,
        "head.json",
        attrs.evolve(samples.result(scenarios=(samples.ONE_TO_ONE,)), scenarios=(info,)),
    )
    call = Call(base, head)
    assert call.status == 4
    assert "messages: 100 against 20" in call.err


def test_a_scenario_that_the_head_lost_is_not_compared_whichever_way_round(tmp_path):
    both = saved(tmp_path, "both.json", samples.result(runs=6))
    one = saved(tmp_path, "one.json", samples.result(runs=6, scenarios=(samples.ONE_TO_ONE,)))
    for base, head, told in (
        (both, one, "not compared: cold_start: only in the base's result: the head's has no such scenario"),
        (one, both, "not compared: cold_start: the base's result has no such scenario"),
    ):
        call = Call(base, head)
        assert call.status == 4
        assert told in call.err


def test_a_result_that_lacks_a_scenario_that_was_asked_for_is_not_all_compared(tmp_path):
    left = attrs.evolve(made.paired(made.SAME, pairs=10), left_out=(samples.COLD_START,))
    path = saved(tmp_path, "left.json", left)
    call = Call(path, path)
    assert call.status == 4
    assert "cold_start: it was asked for, and has no run in the head's result" in call.err


def test_a_comparison_that_was_broken_off_is_not_made_up_for(tmp_path):
    path = saved(tmp_path, "failed.json", made.failed())
    call = Call(path, path)
    assert call.status == 4
    assert "bob ended with status 2" in call.out
    assert "bob ended with status 2" in call.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.json", "missing.json"], "missing.json cannot be read"),
        (["missing.json"], "the following arguments are required: HEAD.json"),
        (["--config", "none.toml", "a.json", "a.json"], "cannot be read"),
        (["--config=", "a.json", "a.json"], "--config is empty"),
        (["--format", "xml", "a.json", "a.json"], "invalid choice: 'xml'"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_said(words, message):
    call = Call(*words)
    assert call.status == 2
    assert message in call.err
    assert call.out == ""


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        Call("--help")
    shown = capsys.readouterr().out
    assert "BASE.json HEAD.json" in shown
    assert "4 not compared" in shown
    assert "None" not in shown


# --- formats -----------------------------------------------------------------------------------------


def test_csv(grown):
    call = Call("--format", "csv", grown, grown)
    found = {row["metric"]: row for row in csv.DictReader(io.StringIO(call.out)) if row["gated"] == "true"}
    assert found["sent_bytes"]["verdict"] == "worse"
    assert float(found["sent_bytes"]["effect_pct"]) == pytest.approx(6.2, abs=0.1)
    assert call.status == 1


def test_json_is_a_result_without_its_runs(grown):
    call = Call("--format", "json", grown, grown)
    loaded = results.loads(call.out)
    assert loaded.runs == ()
    assert loaded.subjects["base"] == made.BASE
    assert loaded.comparisons[0].verdict == "worse"
    assert json.loads(call.out)["comparisons"][0]["metric"] == "sent_bytes"


def test_markdown(grown):
    call = Call("--format", "markdown", grown, grown)
    assert call.out.startswith("### 🔴 tcperf: WORSE\n")
    assert call.out.endswith("</details>\n")


def test_every_format_has_the_verdict_of_the_file_that_is_written(grown, tmp_path):
    Call("--format", "markdown", "--out", tmp_path / "out", grown, grown)
    assert (tmp_path / "out" / "report.md").read_text() == Call("--format", "markdown", grown, grown).out


def test_under_teamcity_by_request(grown, tmp_path):
    call = Call("--format", "teamcity", grown, grown, env={"TEAMCITY_VERSION": "2026.1"})
    messages = check_output(call.raw)
    assert call.status == 0  # the build problem is what fails the build
    assert [message.name for message in messages].count("buildProblem") == 1
    statistics = statistics_of(call.raw)
    assert statistics["tcperf.regressions_count"] == 1
    assert statistics["tcperf.one_to_one.messages.sent_bytes_worse_pct"] == pytest.approx(6.2, abs=0.1)
    assert (tmp_path / "tcperf-comparison" / "report.html").is_file()


@pytest.mark.parametrize(
    ("words", "toml"),
    [(("--as-tests", "--tag"), ""), ((), "[teamcity]\nas_tests = true\ntag = true\n")],
)
def test_under_teamcity_as_tests_with_a_tag(grown, tmp_path, words, toml):
    (tmp_path / "tcperf.toml").write_text(toml)
    call = Call("--format", "teamcity", *words, grown, grown, env={"TEAMCITY_VERSION": "2026.1"})
    names = [message.name for message in check_output(call.raw)]
    assert call.status == 0
    assert names.count("testFailed") == 1, "the failed test is what fails the build"
    assert "buildProblem" not in names
    assert names.count("addBuildTag") == 1


def test_what_is_piped_is_data_even_under_teamcity(grown):
    call = Call("--format", "csv", grown, grown, env={"TEAMCITY_VERSION": "2026.1"})
    assert call.out.startswith("key,scenario,")
    assert "##teamcity" not in call.out


# --- the folder --------------------------------------------------------------------------------------


def test_out_holds_all_reports_which_can_be_written_again(grown, tmp_path):
    out = tmp_path / "out"
    call = Call("--out", out, grown, grown)
    assert f"report: {out / 'report.html'}" in call.out
    assert {path.name for path in out.iterdir()} >= {
        "results.json", "results.csv", "summary.csv", "report.html", "report.md",
    }  # fmt: skip
    before = (out / "report.md").read_text()
    stdout = io.StringIO()
    assert cli.main(["report", str(out / "results.json")], stdout, io.StringIO(), {}) == 0
    assert "WORSE: 1 metric worse" in stdout.getvalue()
    assert (out / "report.md").read_text() == before


def test_two_files_make_one_result_with_names_of_its_own_for_each_run(tmp_path):
    base, head = (
        saved(tmp_path, "base.json", samples.result()),
        saved(tmp_path, "head.json", samples.result()),
    )
    Call("--out", tmp_path / "out", base, head)
    made_of_both = results.load(tmp_path / "out" / "results.json")
    ids = [run.id for run in made_of_both.runs]
    assert len(ids) == len(set(ids)) == 12
    assert {run.subject for run in made_of_both.runs if run.id.startswith("base-")} == {"base"}
    assert all(run.series is None for run in made_of_both.runs if run.subject == "base")


@pytest.mark.parametrize("place", [0, 1])
def test_what_is_compared_is_not_removed_for_its_own_comparison(grown, tmp_path, place):
    out = tmp_path / "out"
    assert Call("--out", out, grown, grown).status == 1
    curve = out / "series" / "one_to_one-1.json.gz"
    curve.write_bytes(b"kept")
    before = (out / "results.json").read_bytes()
    words = [grown, grown]
    words[place] = out / "results.json"
    call = Call("--out", out, *words)
    assert call.status == 3
    assert (
        "results.json is what is compared, and would be removed (choose another folder with --out)"
        in call.err
    )
    assert ((out / "results.json").read_bytes(), curve.read_bytes()) == (before, b"kept")
    Call("--out", tmp_path / "another", *words)
    assert (tmp_path / "another" / "results.json").exists()
    assert Call("--out", out, grown, grown).status == 1  # an earlier comparison gives way


def test_without_out_nothing_is_written(grown, tmp_path):
    before = sorted(tmp_path.iterdir())
    Call(grown, grown)
    assert sorted(tmp_path.iterdir()) == before


def test_hostile_text_stays_text(tmp_path):
    text = "##teamcity[buildStatus status='SUCCESS' text='fine']\x1b[2J"
    path = saved(tmp_path, "hostile.json", attrs.evolve(paired_worse(), warnings=(text,)))
    for form in ("console", "csv", "json", "markdown"):
        call = Call("--format", form, path, path)
        assert "##teamcity[" not in call.out + call.err
        assert "\x1b" not in call.out + call.err
