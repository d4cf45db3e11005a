"""The drill against nodes that are models: what a plant does to them is computed, by the node's own switch."""

import itertools
import math
from datetime import date

import attrs
import pytest
from players import World

from tcperf.crew import Performance
from tcperf.definition import Scenario
from tcperf.drilling import Drill, Drilled
from tcperf.errors import NodeError, NothingMeasuredError, UsageError
from tcperf.link import Link
from tcperf.measurement import Measurement
from tcperf.metrics import METRICS
from tcperf.model import Conditions, PhaseResult, Run
from tcperf.nodes.factory import StatusBackend
from tcperf.nodes.reference.plant import parse
from tcperf.plan import Plan
from tcperf.plants import companion
from tcperf.plants.wish import parse_wish
from tcperf.rules import GatePolicy, Rule
from tcperf.scenario import Phase
from tcperf.subject import Subject

SUBJECT = Subject("reference", "ab" * 32, "0.1.0", "2024-10", reference=True)
GIVEN = Subject("/build/status-backend", "cd" * 32, "abc", "status-backend")
CLEAN = {
    "time_ms": 400.0,
    "latency_ms": 8.0,
    "send_ms": 4.0,
    "cpu_ms": 300.0,
    "memory_peak_bytes": 100e6,
    "sent_bytes": 200_000.0,
    "packets_count": 800.0,
}
NODES = ("alice", "bob")


@attrs.frozen
class Params:
    pass


SCENARIO = Scenario(
    "trial", "a trial", (Phase("messages", publish=True, timed=True),), Params, lambda *_: None, "tests"
)


def honest(values, sides, late_ms):
    """What the plants of the head's side do to its figures."""
    command = sides.head.command
    if "--plant" in command:
        plant = parse(command[command.index("--plant") + 1])
        cpu, traffic, memory = plant.cpu_ratio, plant.wire_ratio, plant.memory_bytes
        late_ms += plant.delay_s * 1000
    elif companion.__file__ in command:
        load = companion.parse(command[4:])
        cpu, traffic, memory = load.cpu, load.traffic, load.memory
    else:
        cpu, traffic, memory = 0.0, 0.0, 0
    changed = dict(values)
    changed["cpu_ms"] *= 1 + cpu
    changed["time_ms"] *= 1 + cpu / 2
    changed["sent_bytes"] *= 1 + traffic
    changed["memory_peak_bytes"] += memory * len(NODES)
    changed["latency_ms"] += late_ms
    return changed


class Model:
    """Nodes whose figures stray a little; ``effect`` is what a plant does to the head's."""

    def __init__(self, effect=honest, fails=lambda _: None, noise=0.004):
        self.effect = effect
        self.fails = fails
        self.noise = noise
        self.world = World()
        self.steps, self.warned = [], []
        self._turn = itertools.count()

    def open_crew(self, name, sides, link, _observer):
        self.steps.append((name, sides, link))
        return ModelCrew(self, name, sides, link)

    def values(self, side, sides, link):
        late_ms = ((sides.head_link or Link()).delay_ms or 0.0) - ((link or Link()).delay_ms or 0.0)
        found = self.effect(CLEAN, sides, late_ms) if side == "head" else CLEAN
        return {
            metric: value * (1 + self.noise * math.sin(7.0 * next(self._turn) + place))
            for place, (metric, value) in enumerate(found.items())
        }

    def drill(self, **changes):
        drilled = Drilled(
            subject=changes.pop("subject", SUBJECT),
            factory=StatusBackend(("node",)),
            plan=Plan(SCENARIO, Params(), 1),
            policy=changes.pop("policy", GatePolicy()),
            conditions=changes.pop("conditions", Conditions("private")),
            command=("drill",),
            today=date(2026, 11, 27),
        )
        return Drill(
            drilled,
            self.open_crew,
            lambda _name: lambda _event: None,
            self.warned.append,
            watch=self.world.watch,
            **changes,
        )


class ModelCrew:
    lanes = 1

    def __init__(self, model, name, sides, link):
        self._model, self._name, self._sides, self._link = model, name, sides, link

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        pass

    def play(self, assignments):
        return [self._played(each) for each in assignments]

    def _played(self, assignment):
        text = self._model.fails((self._name, assignment))
        if text is not None:
            return Performance(assignment, None, error=NodeError(text))
        totals = {
            metric: Measurement(value, METRICS[metric].unit.symbol, "exact", "model")
            for metric, value in self._model.values(assignment.side, self._sides, self._link).items()
        }
        phase = PhaseResult("messages", 0, 10**9, {name: {} for name in NODES}, totals)
        run = Run(
            id=assignment.run_id,
            subject=assignment.side,
            scenario="trial",
            order=0,
            phases=(phase,),
            pair=assignment.pair,
            discarded=assignment.discarded_because is not None,
            discarded_because=assignment.discarded_because,
        )
        return Performance(assignment, run, ("2024-10",))


def test_every_kind_is_caught_and_the_clean_side_stays_green():
    model = Model()
    steps = list(model.drill().steps(()))
    assert [step.name for step in steps] == ["none", "delay", "bytes", "memory", "cpu"]
    assert [step.finding.objections for step in steps] == [()] * 5
    assert model.warned == []
    clean, *planted = steps
    assert (clean.goal, clean.means) == (None, None)
    assert clean.finding.pairs == 7
    for step in planted:
        assert step.finding.caught.metric == step.goal.kind.metric
        assert step.finding.pairs == 10
        assert step.finding.caught.effect_pct == pytest.approx(100 * step.goal.ratio, abs=2)
        assert "--plant" in step.means.text
        assert step.result.subjects["head"].version == f"0.1.0 with {step.name} planted"
        assert step.result.subjects["base"] == clean.result.subjects["base"] == SUBJECT


def test_the_cpus_side_effect_is_allowed_for_what_it_is():
    (_clean, cpu) = Model().drill().steps([parse_wish("cpu=40%")])
    assert cpu.finding.is_right
    assert [each.metric for each in cpu.finding.also] == ["time_ms"]


def test_only_what_was_wished_for_is_planted_and_as_much():
    steps = list(Model().drill().steps([parse_wish("memory=20%"), parse_wish("delay=3ms")]))
    assert [step.name for step in steps] == ["none", "memory", "delay"]
    assert steps[1].goal.amount == pytest.approx(20e6, rel=0.01)
    assert steps[1].means.switch == f"memory={round(steps[1].goal.amount / 2)}B"
    assert steps[2].means.switch == "delay=3.000ms"


def test_a_gate_that_sees_nothing_fails():
    blind = Model(effect=lambda values, _sides, _late: values)
    steps = list(blind.drill().steps(()))
    assert [step.finding.is_right for step in steps] == [True, False, False, False, False]
    assert all("planted and not caught" in step.finding.objections[0] for step in steps[1:])


def test_a_metric_that_no_plant_explains_fails():
    def leaky(values, sides, late_ms):
        found = honest(values, sides, late_ms)
        return {
            **found,
            "memory_peak_bytes": values["memory_peak_bytes"] * (found["cpu_ms"] / values["cpu_ms"]),
        }

    (_clean, cpu) = Model(effect=leaky).drill().steps([parse_wish("cpu=30%")])
    assert "cpu does not explain what is red" in cpu.finding.objections[0]


def test_a_clean_side_that_is_red_fails():
    def biased(values, _sides, _late):
        return {**values, "sent_bytes": values["sent_bytes"] * 1.2}

    steps = Model(effect=biased).drill().steps([parse_wish("cpu")])
    assert "nothing is planted, and red is" in next(steps).finding.objections[0]


def test_too_noisy_a_metric_fails_its_drill():
    noisy = Model(noise=0.3)
    steps = list(noisy.drill().steps([parse_wish("cpu")]))
    assert not steps[1].finding.is_right


# --- given nodes -------------------------------------------------------------------------------------


def test_a_given_node_is_planted_from_outside_and_its_clean_side_has_a_companion_too():
    model = Model()
    steps = list(
        model.drill(subject=GIVEN, conditions=Conditions("private", link=Link(delay_ms=1.0))).steps(())
    )
    assert [step.finding.objections for step in steps] == [()] * 5
    by_name = {name: sides for name, sides, _link in model.steps}
    idle = companion.parse(by_name["none"].head.command[4:])
    assert (idle.cpu, idle.traffic, idle.memory) == (0.0, 0.0, 0)
    assert by_name["none"].head == by_name["none"].base == by_name["cpu"].base
    assert by_name["delay"].head.command == ("node",)
    assert by_name["delay"].head_link.delay_ms == pytest.approx(1.0 + steps[1].goal.amount)
    texts = [step.means.text.split(" ")[:2] for step in steps[1:]]
    assert texts == [["the", "network:"], ["a", "companion"], ["a", "companion,"], ["a", "companion,"]]


def test_a_delay_alone_needs_no_companion():
    model = Model()
    list(model.drill(subject=GIVEN).steps([parse_wish("delay")]))
    assert model.steps[0][1].head.command == ("node",)


def test_on_the_hosts_network_what_cannot_be_planted_is_left_out_loudly():
    model = Model()
    steps = list(model.drill(subject=GIVEN, conditions=Conditions("host")).steps(()))
    assert [step.name for step in steps] == ["none", "memory", "cpu"]
    assert [text.split(":")[0] for text in model.warned] == ["left out", "left out"]


def test_and_refused_where_it_was_asked_for_before_anything_is_played():
    model = Model()
    with pytest.raises(UsageError, match="bytes cannot be planted"):
        list(model.drill(subject=GIVEN, conditions=Conditions("host")).steps([parse_wish("bytes")]))
    assert model.steps == []


# --- rules and failures ------------------------------------------------------------------------------


def test_what_the_rules_do_not_gate_is_left_out_or_refused():
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", report_only=True),))
    model = Model()
    assert [step.name for step in model.drill(policy=policy).steps(())][-1] == "memory"
    assert model.warned == ["left out: cpu cannot be drilled: cpu_ms is not gated: a rule says report_only"]
    with pytest.raises(UsageError, match="cpu cannot be drilled"):
        list(Model().drill(policy=policy).steps([parse_wish("cpu")]))


def test_where_nothing_is_gated_there_is_no_drill():
    policy = GatePolicy(rules=(Rule(match="*", report_only=True),))
    with pytest.raises(UsageError, match="nothing can be planted"):
        list(Model().drill(policy=policy).steps(()))


def test_rules_decide_how_much_is_planted():
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", worse_by=20.0),))
    (_clean, cpu) = Model().drill(policy=policy).steps([parse_wish("cpu")])
    assert cpu.goal.ratio == pytest.approx(0.4, rel=0.01)


def test_a_node_that_never_runs_measures_nothing():
    with pytest.raises(NothingMeasuredError, match="out of order"):
        list(Model(fails=lambda _: "out of order").drill().steps([parse_wish("cpu")]))


def test_a_plant_that_breaks_the_node_is_not_caught():
    def fails(what):
        name, assignment = what
        return "fell over" if name == "cpu" and assignment.pair == 4 and assignment.side == "head" else None

    steps = list(Model(fails=fails).drill().steps([parse_wish("cpu")]))
    assert steps[1].result.pairings[0].problem is not None
    assert any(text.startswith("there was no comparison") for text in steps[1].finding.objections)


def test_it_is_over_when_what_matters_is_decided():
    """A side effect that cannot be told is no reason to go on."""

    def shaky(values, sides, late_ms):
        found = honest(values, sides, late_ms)
        return {**found, "time_ms": found["time_ms"] * 1.1}

    (_clean, cpu) = Model(effect=shaky).drill(most=30).steps([parse_wish("cpu=12%")])
    assert cpu.finding.pairs == 10
