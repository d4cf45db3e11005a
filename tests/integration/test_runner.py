"""Whole runs on reference nodes: what the stage measures, and what it refuses."""

import gzip
import json
import os
import signal
import tempfile

import attrs
import dpkt
import pytest
from frames import Capture
from processes import await_gone

from tcperf import events, procfs
from tcperf.capabilities import Capability
from tcperf.definition import Scenario
from tcperf.errors import Interrupted, NodeError, NotSupportedError, ScenarioError
from tcperf.interrupts import Interrupts
from tcperf.network.run_network import RunNetwork
from tcperf.nodes.factory import reference_node
from tcperf.nodes.status_backend import StatusBackendNode
from tcperf.params import defaults
from tcperf.plan import Assignment, Plan
from tcperf.probes.meter import Meter
from tcperf.registry import discover
from tcperf.runner import Folders, Runner
from tcperf.scenario import Phase
from tcperf.stage import RunStage

pytestmark = pytest.mark.integration


@attrs.frozen
class NoParams:
    pass


def scenario(run, *phases):
    return Scenario("trial", "a trial", phases, NoParams, run, "tests")


@pytest.fixture
def folders(tmp_path):
    made = Folders(tmp_path / "series", tmp_path / "logs")
    made.series.mkdir()
    made.logs.mkdir()
    return made


@pytest.fixture
def seen():
    return []


@pytest.fixture
def runner(folders, seen):
    with Interrupts() as interrupts:
        yield Runner("private", reference_node("2024-10"), folders, seen.append, interrupts)


def shipped(name, **values):
    found = discover(()).get(name)
    given = {**defaults(found, reference=True), **values}
    return Plan(found, found.params_type(**given), 1)


def test_one_to_one_measures_everything(runner, folders, seen):
    played = runner.play(shipped("one_to_one", messages=10))
    (run,) = played.runs
    assert [phase.name for phase in run.phases] == ["accounts", "connect", "messages"]
    messages = run.phase("messages")
    assert set(messages.nodes) == {"alice", "bob"}
    assert len(messages.operations_ms) == 10
    for measurements in (*messages.nodes.values(), messages.totals):
        assert measurements["cpu_ms"].value > 0
        assert measurements["cpu_ms"].exactness == "exact"
        assert measurements["memory_peak_bytes"].value > 10_000_000
        assert measurements["sent_bytes"].value > 1000
        assert measurements["packets_count"].value > 10
    total = messages.totals
    assert total["sent_bytes"].value == sum(node["sent_bytes"].value for node in messages.nodes.values())
    assert total["time_ms"].value == (messages.end_ns - messages.start_ns) / 1e6
    assert 0 < total["send_ms"].value <= total["time_ms"].value
    assert 0 < total["latency_ms"].value <= total["time_ms"].value
    assert run.closing.closes
    assert run.warnings == ()
    assert set(run.exits) == {"alice", "bob"}
    assert all(ended.user_ms > 100 for ended in run.exits.values())
    series = json.loads(gzip.decompress((folders.series / "one_to_one-1.json.gz").read_bytes()))
    assert set(series["nodes"]) == {"alice", "bob"}
    assert len(series["nodes"]["alice"]["t_ms"]) == len(series["nodes"]["alice"]["sent_bytes"]) > 3
    assert {path.name for path in folders.logs.iterdir()} == {
        "one_to_one-1.alice.log",
        "one_to_one-1.bob.log",
    }
    assert isinstance(seen[0], events.ScenarioStarted)
    assert isinstance(seen[-1], events.ScenarioEnded)
    assert sum(isinstance(event, events.OperationDone) for event in seen) == 14


def test_cost_grows_with_the_messages(runner):
    sent = {
        count: runner.play(shipped("one_to_one", messages=count))
        .runs[0]
        .phase("messages")
        .totals["sent_bytes"]
        .value
        for count in (20, 40)
    }
    assert 1.9 <= sent[40] / sent[20] <= 2.1


def test_cold_start_sees_processes_from_their_birth(runner):
    (run,) = runner.play(shipped("cold_start")).runs
    boot, account, _first_peer = run.phases
    assert boot.totals["cpu_ms"].value > 100  # an interpreter's start, twice
    assert boot.totals["memory_peak_bytes"].value > 10_000_000
    assert account.totals["cpu_ms"].value > 100  # key derivation, twice
    lives = sum(ended.user_ms + ended.system_ms for ended in run.exits.values())
    assert sum(phase.totals["cpu_ms"].value for phase in run.phases) <= lives


def test_idle_takes_its_time(runner):
    (run,) = runner.play(shipped("idle", seconds=0.5)).runs
    assert 500 <= run.phase("idle").totals["time_ms"].value < 5000
    assert "latency_ms" not in run.phase("idle").totals


@pytest.mark.parametrize("count", [2, 3, 10])
def test_the_identity_closes_with_many_nodes(runner, count):
    names = [f"node{number}" for number in range(count)]

    def ring(stage, _params):
        nodes = stage.start(*names)
        with stage.phase("all"):
            for node in nodes:
                node.create_account()
            for node in nodes[1:]:
                nodes[0].connect(node)
            for receiver in nodes[1:]:
                stage.message(nodes[0], receiver)
                stage.message(receiver, nodes[0])

    (run,) = runner.play(Plan(scenario(ring, Phase("all")), NoParams(), 1)).runs
    assert run.closing.closes
    assert len(run.phase("all").nodes) == count
    assert run.closing.sent_bytes >= run.phase("all").totals["sent_bytes"].value > 0


def test_a_capture_agrees_with_the_counters(tmp_path, folders):
    """dpkt reads what crossed alice's interface: the same bytes and packets as the counters say."""
    one_to_one = discover(()).get("one_to_one")
    path = tmp_path / "alice.pcap"
    with RunNetwork("private") as network, Meter() as recorder:

        class Captured:
            """The network, with a capture on each host."""

            def __init__(self):
                self.captures = {}

            def add_host(self, name):
                host = network.add_host(name)
                self.captures[name] = Capture(host.packet_socket())
                return host

        captured = Captured()
        stage = RunStage(
            one_to_one,
            captured,
            reference_node("2024-10"),
            recorder,
            lambda _event: None,
            folder=tmp_path,
            logs=folders.logs,
            run_id="captured",
        )
        one_to_one.run(stage, shipped("one_to_one", messages=20).params)
        stage.stop(graceful=True)
        network.end_processes()
        closing = network.closing()
        for name, capture in captured.captures.items():
            capture.save(tmp_path / f"{name}.pcap")
    assert closing.closes
    sent = received = packets = 0
    payloads = b""
    with path.open("rb") as file:
        for _time, frame in dpkt.pcap.Reader(file):
            ethernet = dpkt.ethernet.Ethernet(frame)
            assert isinstance(ethernet.data, dpkt.ip.IP)
            assert ethernet.data.len == len(frame) - 14
            packets += 1
            if ethernet.data.src == bytes([10, 77, 0, 1]):
                sent += len(frame)
            else:
                received += len(frame)
            payloads += bytes(ethernet.data.data.data)
    # With two nodes, what one sends the other receives.
    assert sent + received == closing.sent_bytes == closing.received_bytes
    assert packets == closing.sent_packets == closing.received_packets
    assert b"captured message" not in payloads  # the text does not cross the wire in clear


def test_the_printed_phases_are_the_captures_share(tmp_path, folders, runner):
    (run,) = runner.play(shipped("one_to_one", messages=6)).runs
    phases = sum(phase.totals["sent_bytes"].value for phase in run.phases)
    assert phases <= run.closing.sent_bytes
    assert run.phase("accounts").totals["sent_bytes"].value == 0


def test_a_scenario_that_breaks_the_contract(runner, seen):
    def nested(stage, _params):
        with stage.phase("one"), stage.phase("two"):
            pass

    def undeclared(stage, _params):
        with stage.phase("three"):
            pass

    def twice(stage, _params):
        for _ in range(2):
            with stage.phase("one"):
                pass

    def incomplete(stage, _params):
        with stage.phase("one"):
            pass

    def raising(_stage, _params):
        raise KeyError("a slip")

    def stray(stage, _params):
        with stage.timed():
            pass

    def misnamed(stage, _params):
        stage.start("Alice")

    cases = {
        nested: "inside of one",
        undeclared: "'three', which it does not declare",
        twice: "enters the phase one twice",
        incomplete: "ended without its phase two",
        raising: "raised KeyError",
        stray: "outside of a phase",
        misnamed: "cannot name a node 'Alice'",
    }
    for run, words in cases.items():
        with pytest.raises(ScenarioError, match=words) as caught:
            runner.play(Plan(scenario(run, Phase("one"), Phase("two")), NoParams(), 1))
        assert seen[-1] == events.ScenarioFailed("trial", caught.value)
        # What its author wrote is quoted, and no line of ours; what never happened stands nowhere.
        assert all(line.startswith(f"{__file__}:") for line in caught.value.details)
        assert bool(caught.value.details) == (run is not incomplete)


def test_what_fails_in_what_a_scenario_calls_is_told_with_all_of_it(runner):
    def wrong(stage, _params):
        with stage.phase("one"):
            stage.idle("soon")

    with pytest.raises(ScenarioError, match="raised TypeError") as caught:
        runner.play(Plan(scenario(wrong, Phase("one")), NoParams(), 1))
    assert "stage.py" in "".join(caught.value.details)


def test_timed_operations(runner):
    def timing(stage, _params):
        with stage.phase("one"):
            for _ in range(3):
                with stage.timed():
                    pass

    (run,) = runner.play(Plan(scenario(timing, Phase("one")), NoParams(), 1)).runs
    assert len(run.phase("one").operations_ms) == 3
    assert "latency_ms" in run.phase("one").totals
    assert "send_ms" not in run.phase("one").totals
    assert "cpu_ms" not in run.phase("one").totals  # there is no node


def test_a_paced_block_takes_its_time(runner):
    def pacing(stage, _params):
        with stage.phase("one"):
            for _ in range(3):
                with stage.pace(0.2):
                    pass
            with stage.pace(0.0):
                pass

    (run,) = runner.play(Plan(scenario(pacing, Phase("one")), NoParams(), 1)).runs
    phase = run.phase("one")
    took_ms = (phase.end_ns - phase.start_ns) / 1e6
    assert took_ms >= 600
    assert phase.totals["time_ms"].value < took_ms - 300  # the waits are not the nodes'


def test_many_messages_at_once_and_what_nobody_waits_for(runner):
    forgotten = []

    def sending(stage, _params):
        alice, bob = stage.start("alice", "bob")
        with stage.phase("one"):
            alice.create_account()
            bob.create_account()
            alice.connect(bob)
            messages = [stage.send(alice, bob) for _ in range(8)] + [stage.send(bob, alice) for _ in range(8)]
            stage.deliver(*reversed(messages))
            assert len({message.text for message in messages}) == 16
            forgotten.extend(stage.send(alice, bob) for _ in range(len(forgotten)))

    plan = Plan(scenario(sending, Phase("one", timed=True)), NoParams(), 1)
    (run,) = runner.play(plan).runs
    phase = run.phase("one")
    assert len(phase.operations_ms) == 16
    assert all(latency > 0 for latency in phase.operations_ms)
    assert {"latency_ms", "send_ms"} <= phase.totals.keys()
    forgotten.append(None)
    with pytest.raises(ScenarioError, match="1 messages were sent, and nobody waited for them"):
        runner.play(plan)


def test_a_receiver_that_dies_fails_the_run(runner):
    pids = []

    def losing(stage, _params):
        alice, bob = stage.start("alice", "bob")
        pids.extend((alice.pid, bob.pid))
        with stage.phase("one"):
            alice.create_account()
            bob.create_account()
            alice.connect(bob)
            stage.message(alice, bob)

            os.kill(bob.pid, signal.SIGKILL)
            stage.message(alice, bob)

    with pytest.raises(NodeError, match="bob"):
        runner.play(Plan(scenario(losing, Phase("one")), NoParams(), 1))
    assert await_gone(pids, 0) == []


def test_a_node_that_dies_while_idle_fails_the_run(runner):
    def dying(stage, _params):

        alice, _bob = stage.start("alice", "bob")
        with stage.phase("one"):
            os.kill(alice.pid, signal.SIGKILL)
            stage.idle(30)

    with pytest.raises(NodeError, match="alice"):
        runner.play(Plan(scenario(dying, Phase("one")), NoParams(), 1))


def test_runs_are_numbered_and_fresh(runner):
    plan = attrs.evolve(shipped("idle", seconds=0.1), runs=2)
    played = runner.play(plan)
    assert [run.id for run in played.runs] == ["idle-1", "idle-2"]
    assert [run.order for run in played.runs] == [0, 1]


def test_a_run_of_a_pair_says_which_when_it_begins(runner, seen):
    runner.perform(Assignment(shipped("idle", seconds=0.1), "base", 3, pair=4))
    runner.perform(Assignment(shipped("idle", seconds=0.1), "base", 4, discarded_because="warm-up"))
    assert [event for event in seen if isinstance(event, events.RunStarted)] == [
        events.RunStarted("idle", 3, "pair 5, base", 4, "base"),
        events.RunStarted("idle", 4, "warm-up of the base"),
    ]


def test_nothing_of_a_run_is_left(runner, tmp_path, monkeypatch):

    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    runner.play(shipped("idle", seconds=0.1))
    assert list(temporary.iterdir()) == []
    assert procfs.descendants(os.getpid()) == []


def test_a_signal_while_the_folder_is_made_leaves_nothing(folders, seen, tmp_path, monkeypatch):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    mkdtemp = tempfile.mkdtemp

    def interrupted(*arguments, **named):
        folder = mkdtemp(*arguments, **named)
        signal.raise_signal(signal.SIGINT)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", interrupted)
    with Interrupts() as interrupts, pytest.raises(Interrupted):
        Runner("private", reference_node("2024-10"), folders, seen.append, interrupts).play(
            shipped("idle", seconds=0.1)
        )
    assert list(temporary.iterdir()) == []
    assert procfs.descendants(os.getpid()) == []


def test_a_node_that_cannot_what_the_scenario_needs_ends_it_before_anything_is_measured(folders, seen):
    class Incapable(StatusBackendNode):
        capabilities = frozenset({Capability.RELAY})

    def incapable(place):
        node = reference_node("2024-10")(place)
        node.__class__ = Incapable
        return node

    def run(stage, _params):
        with stage.phase("one"):
            stage.start("alice", "bob")

    needy = attrs.evolve(scenario(run, Phase("one")), needs=(Capability.RELAY, Capability.GROUPS))
    with Interrupts() as interrupts:
        lesser = Runner("private", incapable, folders, seen.append, interrupts)
        with pytest.raises(NotSupportedError) as caught:
            lesser.play(Plan(needy, NoParams(), 1))
        with pytest.raises(NotSupportedError, match="not supported by the base's node: trial needs"):
            lesser.perform(Assignment(Plan(needy, NoParams(), 1), "base", 1))
    assert caught.value.message == (
        "not supported by this node: trial needs private groups, "
        "which status-backend (InitializeApplication) has not"
    )
    assert [path.name for path in sorted(folders.logs.iterdir())] == ["trial-1.alice.log"]  # bob never was
    assert not list(folders.series.iterdir())
