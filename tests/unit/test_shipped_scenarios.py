"""The scenarios that come with tcperf: their keys, their parameters, and what each does on a stage."""

import ast
import inspect
import itertools
import re
from collections import Counter
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from tcperf_scenarios.one_to_one import turns

from tcperf.params import defaults, parse_assignments, resolve
from tcperf.registry import GROUP, discover
from tcperf.scenario import MAX_METRICS

NAMES = ("cold_start", "idle", "one_to_one")
SCENARIOS = {name: discover([]).get(name) for name in NAMES}


@define
class Actor:
    """A node that records what is asked of it, and insists on the order a real one needs."""

    name: str
    log: list
    peers: set = field(factory=set)
    mesh: set = field(factory=set)
    logged_in: bool = False

    def create_account(self):
        assert not self.logged_in
        self.logged_in = True
        self.log.append(("create_account", self.name))

    def dial(self, other):
        self._dial(other)
        self.log.append(("dial", self.name, other.name))

    def connect(self, other):
        self._dial(other)
        self.mesh.add(other.name)
        other.mesh.add(self.name)
        self.log.append(("connect", self.name, other.name))

    def _dial(self, other):
        assert self.logged_in
        assert other.logged_in
        self.peers.add(other.name)
        other.peers.add(self.name)


@define
class RecordingStage:
    """A stage that records, and keeps the rules of the real one."""

    phases: tuple
    log: list = field(factory=list)
    paces: list = field(factory=list)
    actors: dict = field(factory=dict)
    entered: list = field(factory=list)
    open: str | None = None

    def start(self, *names):
        assert not set(names) & set(self.actors)
        self.log.append(("start", *names))
        made = [Actor(name, self.log) for name in names]
        self.actors |= {actor.name: actor for actor in made}
        return made

    @contextmanager
    def phase(self, name):
        assert self.open is None
        assert name not in self.entered
        assert name in [phase.name for phase in self.phases]
        self.entered.append(name)
        self.open = name
        self.log.append(("phase", name))
        yield
        self.open = None

    def message(self, sender, receiver, text=""):
        assert self.open is not None
        assert receiver.name in sender.mesh
        self.log.append(("message", sender.name, receiver.name))

    @contextmanager
    def pace(self, seconds):
        self.paces.append(seconds)
        yield

    def idle(self, seconds):
        self.log.append(("idle", seconds))


def played(name, *assignments, reference=False):
    """The log of a scenario that was run with ``assignments``."""
    scenario = SCENARIOS[name]
    params = resolve([scenario], {}, parse_assignments(assignments), reference=reference)[name]
    stage = RecordingStage(scenario.phases)
    scenario.run(stage, params)
    assert stage.open is None
    assert stage.entered == [phase.name for phase in scenario.phases], (
        "declared phases are played, in their order"
    )
    return stage.log


def part(log, phase):
    """What was done in ``phase``: up to the next phase."""
    start = log.index(("phase", phase)) + 1
    return list(itertools.takewhile(lambda entry: entry[0] != "phase", log[start:]))


def test_they_are_found_through_the_entry_points_of_tcperf():
    found = {point.name: point.value for point in entry_points(group=GROUP) if point.dist.name == "tcperf"}
    assert found == {name: f"tcperf_scenarios.{name}" for name in NAMES}


@pytest.mark.parametrize("reference", [False, True])
def test_all_together_publish_at_most_100_keys(reference):
    keys = [key for scenario in SCENARIOS.values() for key in scenario.keys(reference=reference)]
    assert len(keys) <= 100
    assert max(Counter(key.casefold() for key in keys).values()) == 1
    assert all(re.fullmatch(r"[A-Za-z0-9_.:-]{1,80}", key) for key in keys)
    assert all(key.startswith("tcperf.reference." if reference else "tcperf.") for key in keys)


def test_the_keys_are_these_for_ever():
    """TeamCity keeps every key it has seen: a change here needs a deprecation."""
    common = ("cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count")
    phases = {
        "cold_start.boot": ("time_ms", *common),
        "cold_start.account": ("time_ms", *common),
        "cold_start.first_peer": ("time_ms", *common),
        "idle.idle": common,
        "one_to_one.messages": ("time_ms", "latency_ms", "send_ms", *common),
    }
    expected = [f"tcperf.{phase}.{metric}" for phase, metrics in phases.items() for metric in metrics]
    assert [key for name in NAMES for key in SCENARIOS[name].keys(reference=False)] == expected


@pytest.mark.parametrize(("name", "published"), [("cold_start", 3), ("idle", 1), ("one_to_one", 1)])
def test_one_phase_is_published_but_for_cold_start(name, published):
    phases = [phase for phase in SCENARIOS[name].phases if phase.publish]
    assert len(phases) == published
    assert all(len(phase.metrics) <= MAX_METRICS for phase in phases)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_short_and_imports_only_what_its_author_needs(name):
    source = Path(inspect.getfile(SCENARIOS[name].run)).read_text()
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {getattr(node, "module", None) for node in imports} <= {
        "attrs",
        "tcperf.scenario",
        "collections.abc",
    }
    assert len(source.splitlines()) < 50
    assert SCENARIOS[name].help.endswith(".")


def test_the_defaults_are_those_of_the_contract():
    one_to_one = SCENARIOS["one_to_one"]
    assert defaults(one_to_one, reference=False) == {"messages": 100, "step": 2.0, "order": "blocks"}
    assert defaults(one_to_one, reference=True) == {"messages": 20, "step": 0.0, "order": "blocks"}


def test_one_to_one_sends_in_blocks():
    messages = part(played("one_to_one", "messages=5"), "messages")
    assert messages == [("message", "alice", "bob")] * 3 + [("message", "bob", "alice")] * 2


def test_one_to_one_sends_in_turns():
    messages = part(played("one_to_one", "messages=5", "order=alternate"), "messages")
    there, back = ("message", "alice", "bob"), ("message", "bob", "alice")
    assert messages == [there, back, there, back, there]


@pytest.mark.parametrize(("reference", "count"), [(False, 100), (True, 20)])
def test_one_to_one_sends_half_of_all_messages_each_way(reference, count):
    messages = Counter(part(played("one_to_one", reference=reference), "messages"))
    assert messages == {("message", "alice", "bob"): count // 2, ("message", "bob", "alice"): count // 2}


def test_one_to_one_warms_up_outside_of_what_it_publishes():
    log = played("one_to_one", "messages=2")
    assert log[0] == ("start", "alice", "bob")
    assert part(log, "accounts") == [("create_account", "alice"), ("create_account", "bob")]
    there, back = ("message", "alice", "bob"), ("message", "bob", "alice")
    assert part(log, "connect") == [("connect", "alice", "bob"), there, back, there, back]
    assert not [
        phase.name for phase in SCENARIOS["one_to_one"].phases if phase.publish and phase.name != "messages"
    ]


def test_cold_start_measures_the_processes_from_their_start():
    assert played("cold_start") == [
        ("phase", "boot"),
        ("start", "alice", "bob"),
        ("phase", "account"),
        ("create_account", "alice"),
        ("create_account", "bob"),
        ("phase", "first_peer"),
        ("dial", "alice", "bob"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_mesh_is_never_polled_in_what_is_published(name):
    log = played(name)
    for phase in SCENARIOS[name].phases:
        assert not phase.publish or "connect" not in [entry[0] for entry in part(log, phase.name)]


@pytest.mark.parametrize(
    ("assignments", "reference", "seconds"),
    [((), False, 30.0), ((), True, 5.0), (("seconds=0.5",), True, 0.5)],
)
def test_idle_watches_two_connected_nodes_that_do_nothing(assignments, reference, seconds):
    log = played("idle", *assignments, reference=reference)
    assert ("connect", "alice", "bob") in part(log, "connect")
    assert part(log, "idle") == [("idle", seconds)]


@given(st.integers(0, 200), st.sampled_from(["blocks", "alternate"]))
def test_turns_share_the_messages(count, order):
    made = list(turns("alice", "bob", count, order))
    alices = made.count(("alice", "bob"))
    assert len(made) == count
    assert made.count(("bob", "alice")) == count - alices
    assert alices - (count - alices) == count % 2


@given(st.integers(2, 200))
def test_turns_change_the_direction_once_or_every_time(count):
    def changes(order):
        return sum(one != other for one, other in itertools.pairwise(turns("alice", "bob", count, order)))

    assert changes("blocks") == 1
    assert changes("alternate") == count - 1


@given(st.integers(1, 200), st.sampled_from(["blocks", "alternate"]))
def test_alice_begins(count, order):
    assert next(turns("alice", "bob", count, order)) == ("alice", "bob")
