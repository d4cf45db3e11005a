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

from tcperf.keys import is_name
from tcperf.params import defaults, parse_assignments, resolve
from tcperf.registry import GROUP, discover
from tcperf.scenario import MAX_METRICS

NAMES = (
    "burst",
    "churn",
    "cold_start",
    "group_chat",
    "idle",
    "login",
    "many_chats",
    "offline_catchup",
    "one_to_one",
    "paced",
    "relay_chain",
)
SCENARIOS = {name: discover([]).get(name) for name in NAMES}


@define
class Actor:
    """A node that records what is asked of it, and insists on the order a real one needs."""

    name: str
    log: list
    peers: set = field(factory=set)
    mesh: set = field(factory=set)
    logged_in: bool = False
    runs: bool = True
    has_account: bool = False

    def login(self):
        assert self.runs
        assert self.has_account
        assert not self.logged_in
        self.logged_in = True
        self.log.append(("login", self.name))

    def logout(self):
        assert self.logged_in
        self.leave()
        self.log.append(("logout", self.name))

    def leave(self):
        """Whoever leaves loses its peers; they still list it for a while."""
        self.logged_in = False
        self.peers.clear()
        self.mesh.clear()

    def create_account(self):
        assert not self.has_account
        self.has_account = True
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
class Circle:
    """A group of actors."""

    members: tuple
    name: str = "group"


@define
class RecordingStage:
    """A stage that records, and keeps the rules of the real one."""

    phases: tuple
    log: list = field(factory=list)
    paces: list = field(factory=list)
    actors: dict = field(factory=dict)
    entered: list = field(factory=list)
    open: str | None = None
    sent: int = 0
    relays: bool = False
    may_restart: bool = False

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

    def group(self, founder, *members):
        assert self.open is not None
        assert all(member.name in founder.mesh for member in members)
        self.log.append(("group", founder.name, *(member.name for member in members)))
        return Circle((founder, *members))

    def check_line(self, *nodes):
        for one, other in itertools.pairwise(nodes):
            assert other.name in one.mesh
        self.log.append(("check_line", self.open, *(node.name for node in nodes)))

    def message(self, sender, receiver, text=""):
        assert self.open is not None
        if isinstance(receiver, Circle):
            assert sender in receiver.members
        elif not self.relays:
            assert receiver.name in sender.mesh
        self.log.append(("message", sender.name, receiver.name))

    def send(self, sender, receiver, text="", *, due=None):
        assert self.open is not None
        assert receiver.name in sender.mesh
        self.sent += 1
        self.log.append(("send", sender.name, receiver.name, *(() if due is None else (due,))))
        return self.sent

    def beats(self, count, step):
        assert self.open is not None
        for number in range(count):
            yield round(number * step * 1e9)

    def deliver(self, *messages, within=None, lossy=False):
        assert self.open is not None
        assert within is not None or not lossy
        self.log.append(("deliver", *messages, *(("lossy",) if lossy else ())))

    def shut_down(self, node):
        assert self.may_restart
        assert node.runs
        node.runs = False
        node.leave()
        self.log.append(("shut_down", node.name))

    def restart(self, node):
        if node.runs:
            self.shut_down(node)
        node.runs = True
        self.log.append(("restart", node.name))

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
    stage = RecordingStage(
        scenario.phases, relays="relay" in scenario.needs, may_restart="restart" in scenario.needs
    )
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
    usual = ("time_ms", "latency_ms", "send_ms", "cpu_ms", "memory_peak_bytes", "sent_bytes", "packets_count")
    phases = {
        "burst.burst": ("time_ms", "latency_ms", "cpu_ms", "sent_bytes"),
        "churn.churn": ("sent_bytes",),
        "cold_start.boot": ("time_ms", "cpu_ms", "memory_peak_bytes"),
        "cold_start.account": ("time_ms", "cpu_ms"),
        "cold_start.first_peer": ("time_ms", "sent_bytes"),
        "group_chat.messages": ("cpu_ms", "sent_bytes"),
        "idle.idle": ("cpu_ms", "memory_peak_bytes", "sent_bytes"),
        "login.first": ("time_ms",),
        "login.second": ("time_ms",),
        "many_chats.chats": ("sent_bytes",),
        "offline_catchup.back": ("time_ms", "sent_bytes"),
        "one_to_one.messages": usual,
        "paced.paced": ("latency_ms",),
        "relay_chain.messages": ("sent_bytes",),
    }
    expected = [f"tcperf.{phase}.{metric}" for phase, metrics in phases.items() for metric in metrics]
    assert [key for name in NAMES for key in SCENARIOS[name].keys(reference=False)] == expected


@pytest.mark.parametrize("name", NAMES)
def test_one_phase_is_published_but_for_cold_start_and_login(name):
    phases = [phase for phase in SCENARIOS[name].phases if phase.publish]
    assert len(phases) == {"cold_start": 3, "login": 2}.get(name, 1)
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


@pytest.mark.parametrize(("reference", "count", "quiet_s"), [(False, 100, 30.0), (True, 20, 0.5)])
def test_burst_sends_all_before_it_waits_for_any(reference, count, quiet_s):
    log = played("burst", reference=reference)
    sends = [("send", "alice", "bob")] * count
    assert part(log, "burst") == [*sends, ("deliver", *range(1, count + 1))]
    assert part(log, "drain") == [("idle", quiet_s)]


def test_burst_warms_up_and_drains_outside_of_what_it_publishes():
    there, back = ("message", "alice", "bob"), ("message", "bob", "alice")
    assert part(played("burst"), "connect") == [("connect", "alice", "bob"), there, back, there, back]
    assert [phase.name for phase in SCENARIOS["burst"].phases if phase.publish] == ["burst"]


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


@pytest.mark.parametrize(("reference", "count", "step_ms"), [(False, 60, 1130), (True, 20, 113)])
def test_paced_sends_each_when_it_is_due_and_waits_for_none(reference, count, step_ms):
    log = part(played("paced", reference=reference), "paced")
    sends = [("send", "alice", "bob", number * step_ms * 1_000_000) for number in range(count)]
    assert log == [*sends, ("deliver", *range(1, count + 1))]


def test_paced_meets_the_tickers_of_status_go_at_every_phase():
    """A step that shares no factor with a ticker has all of its phases, evenly."""
    step = defaults(SCENARIOS["paced"], reference=False)["step"]
    for ticker_ms in (300, 1000):
        phases = {round(number * step * 1000) % ticker_ms for number in range(ticker_ms)}
        assert len(phases) >= ticker_ms // 10


def test_many_chats_are_one_accounts_with_each_of_the_others_in_turns():
    log = played("many_chats", "peers=3", "messages=8")
    assert log[0] == ("start", "alice", "peer_1", "peer_2", "peer_3")
    chats = [(sender, receiver) for _, sender, receiver in part(log, "chats")]
    assert chats[:4] == [
        ("alice", "peer_1"),
        ("peer_1", "alice"),
        ("alice", "peer_2"),
        ("peer_2", "alice"),
    ]
    assert chats[6:] == [("alice", "peer_1"), ("peer_1", "alice")]
    connects = [entry for entry in part(log, "connect") if entry[0] == "connect"]
    assert connects == [("connect", "alice", f"peer_{number}") for number in (1, 2, 3)]


def test_login_is_cold_first_and_warm_then_and_neither_restart_nor_logout_is_in_it():
    log = played("login")
    assert part(log, "restart") == [("shut_down", "alice"), ("restart", "alice")]
    assert part(log, "first") == [("login", "alice")]
    assert part(log, "logout") == [("logout", "alice")]
    assert part(log, "second") == [("login", "alice")]


@pytest.mark.parametrize(("reference", "count", "away_s"), [(False, 10, 10.0), (True, 10, 0.5)])
def test_offline_catchup_sends_while_nobody_is_there_and_counts_from_the_return(reference, count, away_s):
    log = played("offline_catchup", reference=reference)
    sends = [("send", "alice", "bob")] * count
    assert part(log, "away") == [("shut_down", "bob"), *sends, ("idle", away_s)]
    assert part(log, "back") == [
        ("restart", "bob"),
        ("login", "bob"),
        ("dial", "alice", "bob"),
        ("deliver", *range(1, count + 1)),
    ]


def test_churn_writes_on_while_one_after_the_other_is_away():
    log = part(played("churn", "peers=2", "messages=6", "every=1", "step=1"), "churn")
    assert [entry[:2] for entry in log if entry[0] in {"shut_down", "restart", "login"}] == [
        (what, peer) for peer in ("peer_1", "peer_2", "peer_1") for what in ("shut_down", "restart", "login")
    ]
    assert log[:7] == [
        ("send", "alice", "peer_1", 0),
        ("shut_down", "peer_1"),
        ("send", "alice", "peer_2", 1_000_000_000),
        ("restart", "peer_1"),
        ("login", "peer_1"),
        ("dial", "alice", "peer_1"),
        ("send", "alice", "peer_1", 2_000_000_000),
    ]
    assert log[-1] == ("deliver", 1, 2, 3, 4, 5, 6, "lossy")


def test_in_churn_nobody_goes_before_so_many_messages_and_without_a_turn_nobody_does():
    log = part(played("churn", "peers=2", "messages=6", "every=6", "step=1"), "churn")
    assert {entry[0] for entry in log} == {"send", "deliver"}


@pytest.mark.parametrize("reference", [False, True])
def test_in_churn_every_peer_goes_as_often_and_messages_meet_both(reference):
    log = part(played("churn", reference=reference), "churn")
    away, met = set(), set()
    for what, name, *more in log:
        if what == "shut_down":
            away.add(name)
        elif what == "restart":
            away.remove(name)
        elif what == "send":
            met.add((more[0], more[0] in away))
    assert not away
    peers = {peer for peer, _is_away in met}
    assert len(peers) == defaults(SCENARIOS["churn"], reference=reference)["peers"]
    assert met == {(peer, is_away) for peer in peers for is_away in (True, False)}


@pytest.mark.parametrize(("peers", "others"), [(0, []), (1, ["bob"]), (3, ["bob", "peer_2", "peer_3"])])
def test_idle_has_as_many_peers_as_one_likes(peers, others):
    log = played("idle", f"peers={peers}", "seconds=1")
    assert log[0] == ("start", "alice", *others)
    connected = part(log, "connect")
    assert [entry[1] for entry in connected if entry[0] == "create_account"] == ["alice", *others]
    assert [entry[1:] for entry in connected if entry[0] == "connect"] == [
        ("alice", other) for other in others
    ]
    assert part(log, "idle") == [("idle", 1.0)]


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


def test_in_a_group_everybody_writes_in_turn_when_each_has_written_once():
    log = played("group_chat", "members=3", "messages=5")
    members = ["member01", "member02", "member03"]
    assert log[0] == ("start", *members)
    assert part(log, "connect") == [
        ("connect", "member01", "member02"),
        ("connect", "member01", "member03"),
    ]
    made, *first = part(log, "group")
    assert made == ("group", *members)
    assert first == [("message", member, "group") for member in members]
    writers = [sender for _, sender, _ in part(log, "messages")]
    assert writers == [*members, *members[:2]]


@pytest.mark.parametrize("nodes", [3, 6])
def test_a_line_is_one_before_and_after_its_ends_write(nodes):
    log = played("relay_chain", f"nodes={nodes}", "messages=4")
    names = [f"node{number:02d}" for number in range(1, nodes + 1)]
    connects = [entry[1:] for entry in log if entry[0] == "connect"]
    assert connects == list(itertools.pairwise(names))
    ends = [("message", names[0], names[-1]), ("message", names[-1], names[0])]
    assert part(log, "messages")[:4] == ends * 2
    assert [entry for entry in log if entry[0] == "check_line"] == [
        ("check_line", "connect", *names),
        ("check_line", None, *names),
    ]


@pytest.mark.parametrize("name", ["group_chat", "relay_chain"])
def test_fifty_nodes_have_names(name):
    (first, *_rest) = played(name, f"{'members' if name == 'group_chat' else 'nodes'}=50")
    assert len(first) == 51
    assert all(is_name(node) for node in first[1:])
