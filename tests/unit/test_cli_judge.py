"""What a result is compared with: its own base, an earlier result, limits, or past builds."""

import io
import time
from datetime import date
from pathlib import Path

import attrs
import histories
import pytest
import samples
from teamcity_parser import check_output
from teamcity_server import TeamCityServer, faults

from tcperf import results
from tcperf.cli.judge import Judge
from tcperf.cli.past_builds import NOTHING
from tcperf.cli.terminal import Terminal
from tcperf.config import Config, TeamCityConfig
from tcperf.errors import NotComparedError, UsageError
from tcperf.gating import Gate
from tcperf.options import Earlier
from tcperf.quantities import Amount
from tcperf.reports.teamcity_verdict import NOT_COMPARED, counts, uncompared
from tcperf.rules import GatePolicy, Rule

TODAY = date(2026, 11, 27)
LIMIT = GatePolicy(rules=(Rule(match="one_to_one.*.sent_bytes", max=Amount(1024, "bytes")),))
REQUIRED = GatePolicy(require_comparison=True)
FAIL = GatePolicy(history="fail")


def terminal(**env):
    return Terminal(io.StringIO(), io.StringIO(), env)


def judge(baseline=None, policy=GatePolicy(), asked=None, *, optional=False):  # noqa: B008 - frozen
    """``baseline`` is the path of an earlier result, or teamcity."""
    if isinstance(baseline, Path):
        baseline = Earlier(baseline, optional=optional)
    return Judge.of(Config(gate=policy), asked, baseline, terminal())


@pytest.fixture
def unpaired():
    return attrs.evolve(samples.result(), comparisons=())


def test_the_gates_mode_is_that_of_the_reader():
    assert Judge.of(Config(), None, None, terminal()).gate.mode == "exit"
    assert Judge.of(Config(), None, None, terminal(TEAMCITY_VERSION="1")).gate.mode == "problem"
    assert Judge.of(Config(), "off", None, terminal(TEAMCITY_VERSION="1")).gate.mode == "off"


def test_without_a_base_limits_alone_are_judged(unpaired):
    judged = judge(policy=LIMIT).judge(unpaired, TODAY)
    assert {each.verdict for each in judged.result.comparisons} == {"over_budget"}
    assert {each.metric for each in judged.result.comparisons} == {"sent_bytes"}
    assert judged.gate.exit_status(judged.result) == 1
    assert judge().judge(unpaired, TODAY).result.comparisons == ()


def test_a_comparison_that_is_required_is_missed(unpaired):
    judged = judge(policy=REQUIRED).judge(unpaired, TODAY)
    assert judged.gate.exit_status(judged.result) == 4


# --- an earlier result -------------------------------------------------------------------------------


def before(result):
    return attrs.evolve(result, tool=attrs.evolve(result.tool, started="2026-11-20T00:00:00+00:00"))


def test_an_earlier_result_is_compared_with(unpaired, tmp_path):
    path = tmp_path / "old.json"
    path.write_text(results.dumps(before(unpaired)))
    judged = judge(baseline=path).judge(unpaired, TODAY)
    compared = [each for each in judged.result.comparisons if each.change != "not_compared"]
    assert compared
    assert {each.effect_pct for each in compared if each.effect_pct is not None} == {0.0}
    assert len(judged.result.warnings) > len(unpaired.warnings)
    assert judged.gate.refusal is None


def test_a_scenario_that_failed_now_is_missed_and_one_that_nobody_asked_for_is_not(unpaired, tmp_path):
    path = tmp_path / "base.json"
    path.write_text(results.dumps(unpaired))
    one, cold = unpaired.scenarios
    fewer = attrs.evolve(unpaired, scenarios=(one,), runs=unpaired.runs_of(one.name))
    judged = judge(path).judge(fewer, TODAY)
    assert judged.gate.exit_status(judged.result) == 0
    assert any("only in the base's result" in told for told in judged.result.warnings)
    failed = judge(path).judge(attrs.evolve(fewer, left_out=(cold,)), TODAY)
    assert failed.gate.exit_status(failed.result) == 4
    assert failed.gate.missed(failed.result) == (
        "cold_start: it was asked for, and has no run in the head's result",
    )


def test_runs_that_are_too_few_for_any_verdict_are_said(unpaired, tmp_path):
    path = tmp_path / "base.json"
    path.write_text(results.dumps(before(unpaired)))
    judged = judge(path).judge(unpaired, TODAY)
    assert {each.change for each in judged.result.comparisons} == {"cannot_tell"}, "three runs are no OK"
    told = [text for text in judged.result.warnings if "3 runs a side that belong to no pairs" in text]
    assert [text.partition(":")[0] for text in told] == ["one_to_one", "cold_start"]
    assert all(" nothing can be WORSE, BETTER or OK" in text for text in told)


def test_an_earlier_result_under_other_conditions_is_refused(unpaired, tmp_path):
    path = tmp_path / "old.json"
    other = attrs.evolve(unpaired, conditions=attrs.evolve(unpaired.conditions, mtu=9000))
    path.write_text(results.dumps(other))
    judged = judge(baseline=path).judge(unpaired, TODAY)
    assert "MTU" in judged.gate.refusal
    assert judged.gate.exit_status(judged.result) == 4


def test_an_earlier_result_that_is_none_is_found_before_anything_is_measured(tmp_path):
    (tmp_path / "old.json").write_text("{}")
    with pytest.raises(UsageError, match=r"old\.json"):
        judge(baseline=tmp_path / "old.json")
    with pytest.raises(UsageError, match="cannot be read"):
        judge(baseline=tmp_path)


def test_an_earlier_result_that_is_missing_was_asked_for(tmp_path):
    with pytest.raises(NotComparedError, match=r"there is no baseline .*none\.json") as caught:
        judge(baseline=tmp_path / "none.json")
    assert caught.value.exit_status == 4


# --- an earlier result that is optional --------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "not compared: there is no baseline "),
        ("{}", "not compared: "),
        ('{"schema": 99}', "not compared: "),
    ],
    ids=["missing", "no result", "of a newer tcperf"],
)
def test_an_optional_one_that_cannot_be_read_is_warned_of(unpaired, tmp_path, content, words):
    path = tmp_path / "old.json"
    if content is not None:
        path.write_text(content)
    made = judge(path, optional=True)
    judged = made.judge(unpaired, TODAY)
    (told,) = [text for text in judged.result.warnings if text.startswith(NOT_COMPARED)]
    assert told.startswith(words)
    assert str(path) in told
    assert judged.gate.exit_status(judged.result) == 0
    left = len(uncompared(judged.result))
    assert dict(counts(judged.result))["tcperf.not_compared_count"] == left > 0
    required = judge(path, REQUIRED, optional=True).judge(unpaired, TODAY)
    assert required.gate.missed(required.result) == (made.lack,)
    assert required.gate.exit_status(required.result) == 4


def other_messages(result):
    """The same, measured with another number of messages."""
    one = attrs.evolve(result.scenarios[0], params={**result.scenarios[0].params, "messages": 77})
    return attrs.evolve(result, scenarios=(one, *result.scenarios[1:]))


def other_mtu(result):
    return attrs.evolve(result, conditions=attrs.evolve(result.conditions, mtu=9000))


def one_scenario(result):
    return attrs.evolve(result, scenarios=result.scenarios[1:], runs=result.runs_of(result.scenarios[1].name))


@pytest.mark.parametrize("otherwise", [other_messages, other_mtu, one_scenario])
def test_an_optional_one_that_was_measured_otherwise_is_warned_of(unpaired, tmp_path, otherwise):
    path = tmp_path / "old.json"
    path.write_text(results.dumps(before(otherwise(unpaired))))
    asked = judge(path).judge(unpaired, TODAY)
    assert asked.gate.exit_status(asked.result) == 4, "it was asked for"
    judged = judge(path, optional=True).judge(unpaired, TODAY)
    assert f"not compared: {asked.gate.refusal}" in judged.result.warnings
    assert judged.result.comparisons == asked.result.comparisons
    assert judged.gate.missed(judged.result) == ()
    assert judged.gate.exit_status(judged.result) == 0
    assert dict(counts(judged.result))["tcperf.not_compared_count"] > 0
    required = judge(path, REQUIRED, optional=True).judge(unpaired, TODAY)
    assert required.gate.exit_status(required.result) == 4


def test_an_optional_one_fails_a_build_that_is_worse_all_the_same(unpaired, tmp_path):
    path = tmp_path / "old.json"
    path.write_text(results.dumps(before(unpaired)))
    judged = judge(path, LIMIT, optional=True).judge(unpaired, TODAY)
    assert judged.gate.exit_status(judged.result) == 1
    assert not any(text.startswith(NOT_COMPARED) for text in judged.result.warnings)


def test_what_is_wrong_with_the_configuration_is_said_beside_the_result(unpaired, tmp_path):
    path = tmp_path / "old.json"
    path.write_text(results.dumps(unpaired))
    for baseline in (None, path, "teamcity"):
        found = attrs.evolve(judge(baseline=baseline), told=("no key matches x",))
        assert "no key matches x" in found.judge(unpaired, TODAY).result.warnings


def test_the_gate_is_the_policys(unpaired):
    judged = judge(policy=LIMIT, asked="condition").judge(unpaired, TODAY)
    assert judged.gate == Gate("condition", LIMIT)


# --- past builds -------------------------------------------------------------------------------------


@pytest.fixture
def server(unpaired):
    with TeamCityServer(builds=histories.fake_builds(unpaired, 30)) as running:
        yield running


@pytest.fixture
def seen_beside(server, tmp_path, monkeypatch):
    """Judges a result in a build on the server; what was said is ``said``."""
    monkeypatch.chdir(tmp_path)

    def judged(result, policy=GatePolicy(), *, builds=20, **told):  # noqa: B008 - frozen
        config = Config(gate=policy, teamcity=TeamCityConfig(history_builds=builds))
        console = terminal(**histories.environment(server, tmp_path, **told))
        made = Judge.of(config, None, "teamcity", console)
        judged.said = console.stdout.getvalue()
        return made.judge(result, TODAY)

    return judged


def slower(result, ratio):
    """The result with each latency times ``ratio``."""
    return attrs.evolve(
        result,
        runs=tuple(
            attrs.evolve(run, phases=tuple(_slower(phase, ratio) for phase in run.phases))
            for run in result.runs
        ),
    )


def _slower(phase, ratio):
    totals = dict(phase.totals)
    if "latency_ms" in totals:
        totals["latency_ms"] = attrs.evolve(totals["latency_ms"], value=totals["latency_ms"].value * ratio)
    return attrs.evolve(phase, totals=totals)


def test_past_builds_are_the_baseline_and_that_is_said_at_once(unpaired, seen_beside):
    judged = seen_beside(unpaired)
    assert (
        "the baseline is the history of builds: 20 successful builds of the default branch"
        in seen_beside.said
    )
    assert {each.change for each in judged.result.comparisons} == {"ok"}
    assert uncompared(judged.result) == ()
    assert len(judged.result.history.builds) == 20
    assert judged.gate.exit_status(judged.result) == 0


def test_as_many_builds_as_tcperf_toml_says(unpaired, seen_beside):
    assert len(seen_beside(unpaired, builds=7).result.history.builds) == 7


def test_history_warns_and_makes_no_build_bad(unpaired, seen_beside):
    judged = seen_beside(slower(unpaired, 1.5))
    worse = [each for each in judged.result.comparisons if each.change == "worse"]
    assert [each.metric for each in worse] == ["latency_ms"]
    assert judged.gate.problems(judged.result) == ()
    assert judged.gate.exit_status(judged.result) == 0


def test_history_fails_where_that_is_asked_for(unpaired, seen_beside):
    judged = seen_beside(slower(unpaired, 1.5), FAIL)
    assert [each.metric for each in judged.gate.problems(judged.result)] == ["latency_ms"]
    fine = seen_beside(unpaired, FAIL)
    assert fine.gate.problems(fine.result) == ()


def counted(judged):
    """The counts that TeamCity is told."""
    return {key.split(".")[-1]: number for key, number in counts(judged.result)}


def test_beside_few_builds_nothing_can_be_told_and_only_where_history_may_fail_that_counts(
    unpaired, server, seen_beside
):
    server.builds = server.builds[-3:]
    warned = counted(seen_beside(slower(unpaired, 1.5)))
    assert (warned["regressions_count"], warned["undecided_count"], warned["not_compared_count"]) == (0, 0, 0)
    failing = seen_beside(slower(unpaired, 1.5), FAIL)
    gated = [each for each in failing.result.comparisons if each.gated]
    assert counted(failing)["undecided_count"] == len(gated) > 0
    assert failing.gate.problems(failing.result) == ()
    strict = seen_beside(unpaired, attrs.evolve(FAIL, undecided="fail"))
    assert len(strict.gate.problems(strict.result)) == len(gated)


@pytest.mark.parametrize(("ratio", "what"), [(1.5, "regressions_count"), (0.5, "improvements_count")])
def test_history_counts_better_as_it_counts_worse(unpaired, seen_beside, ratio, what):
    assert counted(seen_beside(slower(unpaired, ratio)))[what] == 0
    assert counted(seen_beside(slower(unpaired, ratio), FAIL))[what] == 1


def test_a_figure_that_no_build_has_breaks_no_build(unpaired, server, seen_beside):
    for build in server.builds:
        del build.statistics["tcperf.one_to_one.messages.send_ms"]
    judged = seen_beside(unpaired)
    assert uncompared(judged.result) == ("tcperf.one_to_one.messages.send_ms",)
    assert judged.gate.exit_status(judged.result) == 0
    required = seen_beside(unpaired, REQUIRED)
    assert required.gate.exit_status(required.result) == 4


def test_no_history_breaks_no_build_and_is_said(unpaired, server, seen_beside):
    server.builds = []
    judged = seen_beside(unpaired)
    reason = f"{NOT_COMPARED}: there is no successful build with figures of tcperf yet, of the default branch"
    assert judged.result.warnings[-1] == reason
    assert seen_beside.said == f"{NOTHING}\n"
    assert judged.result.comparisons == ()
    assert judged.result.history is None
    assert judged.gate.exit_status(judged.result) == 0


@pytest.mark.parametrize(
    "fault",
    [faults.status(401), faults.status(404), faults.broken_json(), faults.no_http()],
    ids=["401", "404", "broken", "no http"],
)
def test_a_server_that_does_not_tell_breaks_no_build(unpaired, server, seen_beside, fault):
    server.fail(fault, times=99)
    judged = seen_beside(unpaired)
    assert judged.result.warnings[-1].startswith(f"{NOT_COMPARED}: the history of builds cannot be read: ")
    assert "message" not in {each.name for each in check_output(seen_beside.said.encode())}, (
        "once, and not yet"
    )
    assert seen_beside.said.endswith(f"{NOTHING}\n")
    assert server.password not in judged.result.warnings[-1]
    assert judged.gate.exit_status(judged.result) == 0


def test_what_is_strange_about_the_history_stands_with_the_figures_alone(unpaired, server, seen_beside):
    server.builds[-1].statistics["tcperf.one_to_one.messages.send_ms"] = "-1"
    judged = seen_beside(unpaired)
    assert sum("send_ms" in text for text in judged.result.warnings if text.startswith("history:")) == 1
    assert "send_ms" not in seen_beside.said


def test_a_server_that_is_ill_holds_no_build_up(unpaired, server, seen_beside, monkeypatch):
    monkeypatch.setattr("tcperf.baselines.reading.read.__defaults__", (0.5,))
    server.fail(faults.drip_head(0.01), times=9)
    began = time.monotonic()
    judged = seen_beside(unpaired)
    assert time.monotonic() - began < 20
    assert "the history of builds cannot be read within 0.5 s: " in judged.result.warnings[-1]
    assert judged.gate.exit_status(judged.result) == 0
    assert counted(judged) == {"not_compared_count": len(uncompared(unpaired))}


def test_a_history_that_is_required_and_missing_is_status_4(unpaired, server, seen_beside):
    server.builds = []
    judged = seen_beside(unpaired, REQUIRED)
    assert judged.gate.exit_status(judged.result) == 4
    assert judged.gate.missed(judged.result) == (
        "there is no successful build with figures of tcperf yet, of the default branch",
    )


def test_limits_hold_without_a_history(unpaired, server, seen_beside):
    server.builds = []
    judged = seen_beside(unpaired, LIMIT)
    assert {each.verdict for each in judged.result.comparisons} == {"over_budget"}
    assert judged.gate.problems(judged.result)


def test_past_builds_that_measured_otherwise_are_not_compared(unpaired, seen_beside):
    both = seen_beside(histories.unlike(unpaired, messages=20))
    assert {each.change for each in both.result.comparisons if each.scenario == "one_to_one"} == {
        "not_compared"
    }
    assert {each.change for each in both.result.comparisons if each.scenario == "cold_start"} == {"ok"}
    assert both.gate.exit_status(both.result) == 0
    assert any(
        each.startswith(f"{NOT_COMPARED}: one_to_one: the past builds") for each in both.result.warnings
    )


def test_outside_of_teamcity_that_is_said(unpaired):
    console = terminal()
    judged = Judge.of(Config(), None, "teamcity", console).judge(unpaired, TODAY)
    assert judged.result.warnings[-1].startswith(f"{NOT_COMPARED}: the history of builds cannot be read: ")
    assert console.stderr.getvalue() == f"tcperf: {NOTHING}\n"
    assert judged.gate.exit_status(judged.result) == 0


def test_a_result_with_its_history_is_kept_and_read_again(unpaired, seen_beside):
    judged = seen_beside(unpaired).result
    assert results.loads(results.dumps(judged)) == judged
