"""What a result is compared with: its own base, an earlier result, limits, or a history that is not there yet."""

import io
from datetime import date

import attrs
import pytest
import samples

from tcperf import results
from tcperf.cli.judge import NO_HISTORY, Judge
from tcperf.cli.terminal import Terminal
from tcperf.config import Config
from tcperf.errors import UsageError
from tcperf.gating import Gate
from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule

TODAY = date(2026, 11, 27)
LIMIT = GatePolicy(rules=(Rule(match="one_to_one.*.sent_bytes", max=Amount(1024, "bytes")),))


def terminal(**env):
    return Terminal(io.StringIO(), io.StringIO(), env)


def judge(baseline=None, policy=GatePolicy(), asked=None):  # noqa: B008 - frozen
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
    judged = judge(policy=GatePolicy(require_comparison=True)).judge(unpaired, TODAY)
    assert judged.gate.exit_status(judged.result) == 4


def test_the_history_is_not_there_yet_and_that_is_said(unpaired):
    judged = judge(baseline="teamcity").judge(unpaired, TODAY)
    assert judged.result.warnings[-1] == NO_HISTORY
    assert judged.gate.exit_status(judged.result) == 0


def test_an_earlier_result_is_compared_with(unpaired, tmp_path):
    path = tmp_path / "old.json"
    path.write_text(results.dumps(unpaired))
    judged = judge(baseline=path).judge(unpaired, TODAY)
    compared = [each for each in judged.result.comparisons if each.change != "not_compared"]
    assert compared
    assert {each.effect_pct for each in compared if each.effect_pct is not None} == {0.0}
    assert len(judged.result.warnings) > len(unpaired.warnings)
    assert judged.gate.refusal is None


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
        judge(baseline=tmp_path / "none.json")


@pytest.mark.parametrize("has_baseline", [False, True])
def test_what_is_wrong_with_the_configuration_is_said_beside_the_result(unpaired, tmp_path, has_baseline):
    path = tmp_path / "old.json"
    path.write_text(results.dumps(unpaired))
    found = attrs.evolve(judge(baseline=path if has_baseline else None), told=("no key matches x",))
    assert "no key matches x" in found.judge(unpaired, TODAY).result.warnings


def test_the_gate_is_the_policys(unpaired):
    judged = judge(policy=LIMIT, asked="condition").judge(unpaired, TODAY)
    assert judged.gate == Gate("condition", LIMIT)
