"""Each shipped scenario on reference nodes, three times in a row: what it measures, and what it is about."""

import attrs
import pytest

from tcperf.capabilities import Capability
from tcperf.definition import Scenario
from tcperf.errors import ScenarioError
from tcperf.interrupts import Interrupts
from tcperf.nodes.factory import reference_node
from tcperf.params import defaults
from tcperf.plan import Plan
from tcperf.registry import discover
from tcperf.runner import Folders, Runner
from tcperf.scenario import Phase

pytestmark = pytest.mark.integration

RUNS = 3


@pytest.fixture(name="play")
def play_fixture(tmp_path):
    """Plays a scenario with these parameters three times; its runs, each of which has all that it publishes."""
    folders = Folders(tmp_path / "series", tmp_path / "logs")
    folders.series.mkdir()
    folders.logs.mkdir()

    def play(name, **values):
        scenario = discover(()).get(name)
        params = scenario.params_type(**{**defaults(scenario, reference=True), **values})
        with Interrupts() as interrupts:
            node = reference_node("2024-10", resend_after_s=0.5)
            runner = Runner("private", node, folders, lambda _event: None, interrupts)
            runs = runner.play(Plan(scenario, params, RUNS)).runs
        assert len(runs) == RUNS
        for run in runs:
            for phase in scenario.phases:
                assert set(phase.metrics) <= run.phase(phase.name).totals.keys()
            assert run.closing.closes
            assert run.capture.is_exact
            assert not run.warnings
        return runs

    return play


@pytest.fixture(name="logs")
def logs_fixture(tmp_path):
    return tmp_path / "logs"


def totals(run, phase):
    return {key: each.value for key, each in run.phase(phase).totals.items()}


def test_paced(play):
    for run in play("paced", messages=20, step=0.05):
        phase = run.phase("paced")
        found = totals(run, "paced")
        assert len(phase.operations_ms) == found["deliveries_count"] == 20
        assert (phase.end_ns - phase.start_ns) / 1e6 >= 19 * 50
        assert found["latency_ms"] <= found["latency_p95_ms"] <= max(phase.operations_ms)
        assert found["delivery_bytes"] == found["sent_bytes"] / 20


def test_many_chats(play):
    for run in play("many_chats", peers=2, messages=8):
        found = run.phase("chats")
        assert found.totals["deliveries_count"].value == 8
        assert {"alice", "peer_1", "peer_2"} == found.nodes.keys()
        sent = {name: node["sent_bytes"].value for name, node in found.nodes.items()}
        assert sent["alice"] > sent["peer_1"] > 0
        assert sent["peer_2"] > 0


@pytest.mark.parametrize("peers", [pytest.param(0, marks=pytest.mark.long), 2])
def test_idle(play, peers):
    for run in play("idle", peers=peers, seconds=0.3):
        found = run.phase("idle")
        assert len(found.nodes) == 1 + peers
        sent_bytes = found.totals["sent_bytes"].value
        each = sent_bytes * 2 / (1 + peers)  # what one sends another receives
        seconds = (found.end_ns - found.start_ns) / 1e9
        assert found.totals["day_bytes"].value == pytest.approx(each / seconds * 86_400)


def test_login(play, logs):
    for run in play("login"):
        assert run.exits.keys() == {"alice", "alice.2"}
        found = {name: totals(run, name) for name in ("restart", "first", "second")}
        assert found["first"]["time_ms"] > 50  # a key is derived from the password
        assert found["second"]["time_ms"] > 50
        # The process that ended and the one that began, which is all that the first one had not used before.
        ended = run.exits["alice"]
        account_ms = totals(run, "account")["cpu_ms"]
        assert found["restart"]["cpu_ms"] > 50
        assert found["restart"]["cpu_ms"] < ended.user_ms + ended.system_ms - account_ms + 2000
        assert (logs / f"{run.id}.alice.2.log").stat().st_size


def test_offline_catchup(play):
    for run in play("offline_catchup", messages=3, step=0.05, seconds=0.1):
        assert run.exits.keys() == {"alice", "bob", "bob.2"}
        away, back = totals(run, "away"), totals(run, "back")
        assert "deliveries_count" not in away
        assert run.phase("away").nodes["bob"].keys().isdisjoint({"memory_rest_bytes", "threads_count"})
        assert (back["deliveries_count"], back["expired_count"]) == (3, 3)
        assert back["sent_bytes"] > 3 * 500
        # What was sent while bob was away waited for him.
        assert all(latency_ms > 100 for latency_ms in run.phase("back").operations_ms)


def test_churn(play):
    for run in play("churn", peers=2, messages=8, every=2, step=0.02):
        assert run.exits.keys() == {"alice", "peer_1", "peer_1.2", "peer_2", "peer_2.2"}
        found = totals(run, "churn")
        assert (found["deliveries_count"], found["lost_count"], found["lost_pct"]) == (8, 0, 0)
        assert found["cpu_ms"] == pytest.approx(
            sum(node["cpu_ms"].value for node in run.phase("churn").nodes.values())
        )


@pytest.mark.long
def test_what_is_lost_is_a_result_and_no_failure(tmp_path):
    """Nobody reads what was sent to a peer that never came back in time."""

    def leaving(stage, _params):
        alice, bob = stage.start("alice", "bob")
        with stage.phase("one"):
            alice.create_account()
            bob.create_account()
            alice.connect(bob)
            first = stage.send(alice, bob)
            stage.deliver(first)
            stage.shut_down(bob)
            lost = stage.send(alice, bob)
            stage.restart(bob)
            stage.deliver(lost, within=0.05, lossy=True)

    (run,) = trial(tmp_path, leaving, Capability.RESTART)
    found = totals(run, "one")
    assert (found["deliveries_count"], found["lost_count"], found["lost_pct"]) == (1, 1, 50)
    assert found["expired_count"] == 1
    assert run.warnings == (f"{run.id}: 1 of 1 deliveries were not made within 0.05 s, and count as lost",)


@pytest.mark.long
def test_what_a_scenario_may_not_do(tmp_path):
    def waiting(stage, _params):
        stage.deliver(lossy=True)

    def undeclared(stage, _params):
        (alice,) = stage.start("alice")
        stage.shut_down(alice)

    with pytest.raises(ScenarioError, match="waits for ever for what may be lost"):
        trial(tmp_path, waiting)
    with pytest.raises(ScenarioError, match="shuts alice down, which not every node can stand") as caught:
        trial(tmp_path, undeclared)
    assert caught.value.cure == 'declare NEEDS = ("restart",)'


@attrs.frozen
class NoParams:
    pass


def trial(folder, run, *needs):
    folders = Folders(folder / "series", folder / "logs")
    for each in (folders.series, folders.logs):
        each.mkdir(exist_ok=True)
    scenario = Scenario("trial", "a trial", (Phase("one"),), NoParams, run, "tests", needs)
    with Interrupts() as interrupts:
        runner = Runner("private", reference_node("2024-10"), folders, lambda _event: None, interrupts)
        return runner.play(Plan(scenario, NoParams(), 1)).runs
