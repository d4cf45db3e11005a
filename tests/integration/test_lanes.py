"""Lanes with real reference nodes in real networks: side by side, apart from each other, and gone afterwards."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs
import pytest
from processes import await_gone, inhabitants, network_namespaces

from tcperf import events, procfs
from tcperf.errors import Interrupted, MachineError, NodeError
from tcperf.interrupts import Interrupts
from tcperf.lanes.crew import LaneCrew
from tcperf.lanes.setup import Setup
from tcperf.modules import module_environment
from tcperf.nodes.factory import StatusBackend, reference_node
from tcperf.params import defaults
from tcperf.plan import Assignment, Plan
from tcperf.registry import discover
from tcperf.runner import Folders

pytestmark = [pytest.mark.integration, pytest.mark.alone]

STEP_S = 0.4
PROGRAM = Path(__file__).parents[1] / "support" / "lanes_program.py"
FAILING = StatusBackend((sys.executable, "-c", "raise SystemExit('no node at all')"))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def folders(tmp_path):
    made = Folders(tmp_path / "series", tmp_path / "logs")
    made.series.mkdir()
    made.logs.mkdir()
    return made


@pytest.fixture
def interrupts():
    with Interrupts() as interrupts:
        yield interrupts


class Watched:
    """A crew of three lanes, and all that was told of it with the time by the test's own clock."""

    def __init__(self, folders, interrupts, **changes):
        self.seen = []
        self.on_event = lambda _event: None
        given = Setup("private", reference_node("2024-10"), folders)
        self.crew = LaneCrew(3, attrs.evolve(given, **changes), self, interrupts, say=self.seen.append)

    def __call__(self, event):
        self.seen.append(event)
        self.on_event(event)

    def places(self, kind, phase):
        """Where among all that was told each lane's event is."""
        return {
            event.lane: place
            for place, event in enumerate(self.seen)
            if isinstance(event.event, kind) and event.event.phase == phase
        }

    @property
    def pids(self):
        """Every process that was started, the workers among them."""
        return procfs.descendants(os.getpid())


@pytest.fixture
def watched(folders, interrupts, temporary):
    made = []

    def make(**changes):
        made.append(Watched(folders, interrupts, **changes))
        return made[-1]

    yield make
    for each in made:
        with suppress(Interrupted):
            each.crew.close()
    assert procfs.descendants(os.getpid()) == []
    assert list(temporary.iterdir()) == []


def plan(name="one_to_one", registry=None, **values):
    found = (registry or discover(())).get(name)
    given = {**defaults(found, reference=True), **values}
    return Plan(found, found.params_type(**given), 1)


def one_to_one(messages=4):
    return plan(messages=messages, step=STEP_S)


def test_three_lanes_of_both_sides(watched, folders):
    """Two rounds: each figure is as it is alone, and nothing of one lane is in another's."""
    made = watched(base=reference_node("2024-10"))
    played = []
    for number in range(2):
        made.seen.clear()
        sides = ("head", "base", "head") if number == 0 else ("base", "head", "base")
        played += made.crew.play(
            [
                Assignment(one_to_one(), side, 3 * number + lane + 1, pair=lane, lane=lane)
                for lane, side in enumerate(sides)
            ]
        )
        _assert_apart(made)
    assert [each.error for each in played] == [None] * 6
    runs = [each.run for each in played]
    assert [run.id for run in runs[:3]] == [
        "one_to_one-p01-head",
        "one_to_one-p02-base",
        "one_to_one-p03-head",
    ]
    assert [(run.subject, run.pair, run.lane) for run in runs[3:]] == [
        ("base", 0, 0),
        ("head", 1, 1),
        ("base", 2, 2),
    ]
    for run in runs:
        messages = run.phase("messages")
        assert run.closing.closes
        assert set(messages.nodes) == {"alice", "bob"}
        assert (messages.end_ns - messages.start_ns) / 1e9 >= 4 * STEP_S
        assert messages.totals["cpu_ms"].value > 0
    # Equal messages cost about equal bytes: a neighbour's traffic would double them.
    sent = [run.phase("messages").totals["sent_bytes"].value for run in runs]
    assert max(sent) < 1.5 * min(sent)
    assert {path.name for path in folders.series.iterdir()} == {f"{run.id}.json.gz" for run in runs}
    assert {path.name for path in folders.logs.iterdir()} == {
        f"{run.id}.{node}.log" for run in runs for node in ("alice", "bob")
    }
    assert len(made.crew.pids) == 3


def _assert_apart(made):
    """In the round that was played, no account was made and no network taken down while anybody measured."""
    connected = made.places(events.PhaseEnded, "connect")
    begun = made.places(events.PhaseStarted, "messages")
    ended = made.places(events.PhaseEnded, "messages")
    over = [place for place, event in enumerate(made.seen) if isinstance(event.event, events.RunEnded)]
    assert set(begun) == {0, 1, 2}
    assert max(connected.values()) < min(begun.values())
    assert max(ended.values()) < min(over)


def test_a_lane_that_fails_leaves_the_others_alone(watched):
    made = watched(base=FAILING)
    played = made.crew.play(
        [
            Assignment(one_to_one(), side, lane + 1, pair=0, lane=lane)
            for lane, side in enumerate(("head", "base", "head"))
        ]
    )
    assert [each.run is not None for each in played] == [True, False, True]
    assert isinstance(played[1].error, NodeError)
    assert "no node at all" in "\n".join(played[1].error.details)


def test_a_scenario_of_a_folder_prints_and_is_found(watched, tmp_path):
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    (scenarios / "talking.py").write_text(
        '"""A scenario that talks."""\n'
        "from attrs import frozen\n"
        "from tcperf.scenario import Phase, param\n"
        'PHASES = (Phase("all", publish=True),)\n'
        "@frozen\n"
        "class Params:\n"
        '    word: str = param("", help="what it says")\n'
        "def run(stage, params):\n"
        '    with stage.phase("all"):\n'
        "        print(params.word)\n"
    )
    made = watched(scenarios=(scenarios,))
    talking = plan("talking", discover((scenarios,)), word="##teamcity[x]")
    (played,) = made.crew.play([Assignment(talking, "head", 1)])
    assert played.run.phase("all") is not None
    assert "##teamcity[x]" in made.seen


def test_what_is_killed_is_one_lanes_loss(watched):
    """A worker in one lane, a node in another one: the third measures on."""
    made = watched()
    families = {}

    def kill(_event):
        if not families and len(made.places(events.PhaseStarted, "messages")) == 3:
            families.update({lane: procfs.descendants(pid) for lane, pid in made.crew.pids.items()})
            os.kill(made.crew.pids[1], signal.SIGKILL)
            nodes = [pid for pid in families[2] if b"tcperf.nodes.reference" in _command(pid)]
            os.kill(nodes[0], signal.SIGKILL)

    made.on_event = kill
    first, second, third = made.crew.play(
        [Assignment(one_to_one(6), "head", lane + 1, lane=lane) for lane in range(3)]
    )
    assert first.run is not None
    assert isinstance(second.error, MachineError)
    assert "was killed by SIGKILL" in second.error.message
    assert isinstance(third.error, NodeError)
    assert len(families[1]) >= 4  # the broker, the meter and two nodes
    assert await_gone(families[1]) == []
    (again,) = made.crew.play([Assignment(one_to_one(2), "head", 4, lane=1)])
    assert again.run is not None


def _command(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


@contextmanager
def program(tmp_path, temporary):
    """A coordinator in a process of its own, with all its lanes in a measured phase, and everybody it started."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=module_environment({**os.environ, "TMPDIR": str(temporary)}),
    ) as process:
        try:
            assert process.stdout.readline() == b"all measure\n", process.stderr.read()
            yield process, procfs.descendants(process.pid)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_coordinator(number, tmp_path, temporary):
    with program(tmp_path, temporary) as (process, family):
        private = set().union(*map(network_namespaces, family)) - network_namespaces(os.getpid())
        assert len(family) >= 2 * 5
        assert len(private) >= 2 * 3  # two nodes and a bridge in each lane
        assert inhabitants(private) <= set(family)  # so they are gone with the family
        process.send_signal(number)
        _output, talk = process.communicate(timeout=60)
        # What is orderly has ended before the coordinator has; after SIGKILL the workers see to it.
        assert await_gone(family, 0 if number != signal.SIGKILL else 30) == []
    assert list(temporary.iterdir()) == []
    assert b"Traceback" not in talk
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)


def test_nothing_is_left_where_all_are_killed_but_the_brokers(tmp_path, temporary):
    """Coordinator and workers at once: then the networks' brokers are alone, and tidy up."""
    with program(tmp_path, temporary) as (process, family):
        workers = [pid for pid in family if b"tcperf.lanes.worker" in _command(pid)]
        assert len(workers) == 2
        for pid in (process.pid, *workers):
            os.kill(pid, signal.SIGKILL)
        process.wait()
        assert await_gone(family, 30) == []
    assert list(temporary.iterdir()) == []
