"""The table and the fragment: what they say, that tcperf.toml takes it, and that foreign text cannot break it."""

import re

import attrs
import pytest
from calibrations import noisy_values, result_of
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BACKEND, ENVIRONMENT, REFERENCE

from tcperf import config
from tcperf.alarms import Alarms
from tcperf.calibration import calibrate
from tcperf.reports.calibration import render
from tcperf.reports.calibration_fragment import fragment
from tcperf.reports.calibration_words import agreed, alarms
from tcperf.rules import GatePolicy, Rule
from tcperf.thresholds import criterion

POLICY = GatePolicy()


class Made:
    """A calibration, and its fragment as tcperf reads it."""

    def __init__(
        self, figures=None, *, pairs=20, one_lane=None, values=None, policy=POLICY, has_run=False, **changes
    ):
        self.result = result_of(values or noisy_values(figures, pairs=pairs), **changes)
        self.calibration = calibrate(self.result, "trial", policy, one_lane)
        self.table = render([self.calibration])
        self.fragment = fragment([self.calibration], self.result, has_run=has_run)
        self.words = " ".join(self.fragment.replace("\n# ", " ").split())

    def read(self, folder, before=""):
        (folder / "tcperf.toml").write_text(before + self.fragment, "utf-8")
        return config.load(None, folder)

    def criterion(self, folder, metric, **conditions):
        policy = self.read(folder).gate
        return criterion(metric, f"trial.messages.{metric}", published=True, policy=policy, **conditions)


# --- the fragment ------------------------------------------------------------------------------------


def test_the_fragment_is_a_configuration_that_gates_what_it_says(tmp_path):
    made = Made({"cpu_ms": (1000.0, 0.08)})
    assert len(made.calibration.rows) == 5
    for row in made.calibration.rows:
        found = made.criterion(tmp_path, row.metric)
        assert (found.worse_by, found.gated) == (pytest.approx(row.proposed), True)
        assert found.floor == row.floor
    assert made.criterion(tmp_path, "cpu_ms").worse_by > 0.08


def test_it_says_what_it_rests_on():
    made = Made()
    assert "# Found by tcperf calibrate on 2026-11-25: trial in 20 pairs in one lane," in made.fragment
    assert (
        f"{BACKEND.path}, version {BACKEND.version}, sha256 {BACKEND.sha256[:12]} beside itself" in made.words
    )
    assert "agent-7 (AMD EPYC 9454P 48-Core Processor, 2 cores, Linux 6.18.5-amd64)" in made.words
    assert "private network" in made.words
    assert made.words.count("varies from run to run by") == 5
    assert "10, 20, 30 pairs show" in made.words
    assert all(len(line) <= 80 for line in made.fragment.splitlines())


def test_the_bundled_node_is_called_so():
    assert "the bundled reference node 0.1.0 beside itself" in Made(subject=REFERENCE).words


def test_what_does_not_carry_says_so(tmp_path):
    made = Made({"cpu_ms": (1000.0, 0.08)})
    assert "trial.messages.cpu_ms varies from run to run by" in made.words
    assert ", which 8.0 % did not bear" in made.words


def test_what_no_threshold_bears_is_only_reported(tmp_path):
    made = Made({"cpu_ms": (1000.0, 0.3)})
    assert not made.criterion(tmp_path, "cpu_ms").gated
    assert made.criterion(tmp_path, "time_ms").gated
    assert "no threshold worth having bears its noise" in made.words


def test_of_zeros_no_rule_is_made(tmp_path):
    values = noisy_values()
    values["sent_bytes"] = [(0.0, 0.0)] * 20
    made = Made(values=values)
    assert "no rule for trial.messages.sent_bytes: it has values of 0" in made.words
    found = made.criterion(tmp_path, "sent_bytes")
    assert (found.worse_by, found.gated) == (0.03, True)
    assert not any("sent_bytes" in rule.match for rule in made.read(tmp_path).gate.rules)


def test_it_wins_over_rules_before_it_and_leaves_their_floors(tmp_path):
    made = Made()
    before = '[[gate.rule]]\nmatch = "*.cpu_ms"\nworse_by = "50 %"\nfloor = "7 ms"\n\n'
    policy = made.read(tmp_path, before).gate
    found = criterion("cpu_ms", "trial.messages.cpu_ms", published=True, policy=policy)
    assert (found.worse_by, found.floor) == (0.08, 7.0)


def test_a_threshold_that_is_taken_back_says_so(tmp_path):
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", worse_by=20.0),))
    made = Made(policy=policy)
    assert ", which asks for less than the 20 % that was in force" in made.words
    assert made.criterion(tmp_path, "cpu_ms").worse_by == pytest.approx(0.08)


def test_after_a_noisy_day_a_quiet_one_takes_back_what_it_widened(tmp_path):
    noisy = Made({"cpu_ms": (1000.0, 0.3), "time_ms": (2000.0, 0.1)})
    policy = noisy.read(tmp_path).gate
    assert noisy.criterion(tmp_path, "time_ms").worse_by > 0.1
    quiet = Made({"cpu_ms": (1000.0, 0.01), "time_ms": (2000.0, 0.01)}, policy=policy)
    both = config_of(tmp_path, noisy.fragment + quiet.fragment).gate
    assert criterion("time_ms", "trial.messages.time_ms", published=True, policy=both).worse_by == 0.1
    assert not criterion("cpu_ms", "trial.messages.cpu_ms", published=True, policy=both).gated


def test_what_a_rule_keeps_out_is_named_with_what_would_bear_it(tmp_path):
    made = Made(policy=GatePolicy(rules=(Rule(match="*.cpu_ms", report_only=True),)))
    assert (
        "no rule for trial.messages.cpu_ms: it is only reported, for a rule says report_only; "
        "8 % bears its noise: take that rule away to gate it"
    ) in made.words
    assert not any("cpu_ms" in rule.match for rule in made.read(tmp_path).gate.rules)
    line = next(line for line in made.table.splitlines() if line.startswith("messages cpu_ms"))
    assert line.split()[-2:] == ["8", "none"]
    assert "messages cpu_ms is only reported, for a rule says report_only; 8 %" in " ".join(
        made.table.split()
    )


def test_a_noise_that_the_floor_bears_is_told_apart_from_one_that_the_threshold_bears():
    """Of 60 ms the usual floor of 20 ms is a third, whatever percentage stands beside it."""
    made = Made(values=noisy_values({"time_ms": (60.0, 0.12)}))
    words = r"borne by the floor of 20\.0 ms, which is 3[0-9] % of it, not by the threshold"
    assert re.search(rf"it is {words}", made.words)
    assert re.search(rf"messages time_ms is {words}", " ".join(made.table.split()))
    assert "borne by the floor" not in Made().words


def test_a_threshold_that_is_not_sure_is_called_so():
    made = Made(values=noisy_values({"cpu_ms": (1000.0, 0.05)}, pairs=10, seed=2))
    words = r"may vary by more than 8 % bears \([0-9.]+ % would\): more pairs tell"
    assert re.search(rf"it {words}", made.words)
    assert re.search(rf"messages cpu_ms {words}", " ".join(made.table.split()))
    assert "more pairs tell" not in Made().words


def in_lanes(cpu_factor=1.0, **changes):
    one = result_of(noisy_values(seed=3))
    return Made({"cpu_ms": (1000.0 * cpu_factor, 0.03)}, one_lane=one, lanes=3, **changes)


def config_of(folder, text):
    (folder / "tcperf.toml").write_text(text, "utf-8")
    return config.load(None, folder)


def test_a_run_table_that_is_there_is_left_alone(tmp_path):
    """TOML takes no second one."""
    made = in_lanes(has_run=True)
    read = made.read(tmp_path, before='[run]\nnode = "reference"\n\n')
    assert (read.run.node, read.run.lanes) == ("reference", None)
    assert "in so many lanes, and in no more: write lanes = 3 under [run]." in made.words
    assert "\n[run]\n" not in made.fragment


def of_two(lanes, other_lanes):
    """The fragment of two scenarios, each with CPU that agrees with one lane's if it was in several."""
    found = []
    for name, number in (("trial", lanes), ("cold", other_lanes)):
        one = result_of(noisy_values(seed=3), scenario=name)
        several = result_of(noisy_values(seed=4), scenario=name, lanes=number)
        found.append(calibrate(several, name, POLICY, one if number > 1 else None))
    return fragment(found, several)


@pytest.mark.parametrize(("other", "lanes"), [(3, 3), (1, None), (2, None)])
def test_lanes_are_proposed_only_where_all_were_calibrated_in_as_many(tmp_path, other, lanes):
    text = of_two(3, other)
    read = config_of(tmp_path, text)
    assert read.run.lanes == lanes
    words = " ".join(text.replace("\n# ", " ").split())
    cold = "one lane" if other == 1 else f"{other} lanes"
    assert (f"calibrated was trial in 3 lanes, cold in {cold}, and" in words) is (lanes is None)
    assert criterion("cpu_ms", "trial.messages.cpu_ms", published=True, policy=read.gate, lanes=3).gated


def test_where_all_were_in_one_lane_nothing_is_said_of_lanes(tmp_path):
    text = of_two(1, 1)
    assert config_of(tmp_path, text).run.lanes is None
    assert "No lanes" not in text


def test_cpu_is_gated_in_lanes_only_where_it_agrees(tmp_path):
    made = in_lanes()
    assert made.criterion(tmp_path, "cpu_ms", lanes=3).gated
    assert not made.criterion(tmp_path, "time_ms", lanes=3).gated
    assert made.read(tmp_path).run.lanes == 3
    assert "trial.messages.cpu_ms agrees: " in made.words
    assert "in 3 lanes against one" in made.words
    assert (
        "no rule for trial.messages.time_ms: it is only reported: 3 runs at a time disturb it (--lanes 1 gates it)"
        in made.words
    )


def test_cpu_that_differs_is_not_gated_in_lanes(tmp_path):
    made = in_lanes(1.2)
    assert not made.criterion(tmp_path, "cpu_ms", lanes=3).gated
    assert made.criterion(tmp_path, "cpu_ms", lanes=1).gated
    assert made.read(tmp_path).run.lanes is None
    assert "report_only = false" not in made.fragment
    assert "differs: +" in made.words


def test_cpu_that_a_rule_gates_in_lanes_is_taken_out_where_it_differs(tmp_path):
    one = result_of(noisy_values(seed=3))
    several = result_of(noisy_values({"cpu_ms": (1200.0, 0.03)}), lanes=3)
    (tmp_path / "tcperf.toml").write_text('[[gate.rule]]\nmatch = "*.cpu_ms"\nreport_only = false\n')
    policy = config.load(None, tmp_path).gate
    text = fragment([calibrate(several, "trial", policy, one)], several)
    assert 'match = "trial.messages.cpu_ms"\nreport_only = true\n' in text


def test_several_scenarios_are_one_fragment(tmp_path):
    results = [result_of(noisy_values(seed=seed), scenario=name) for seed, name in ((1, "one"), (2, "two"))]
    found = [calibrate(result, name, POLICY) for result, name in zip(results, ("one", "two"), strict=True)]
    (tmp_path / "tcperf.toml").write_text(fragment(found, results[0]), "utf-8")
    rules = config.load(None, tmp_path).gate.rules
    assert [rule.match for rule in rules if rule.match.endswith("cpu_ms")] == [
        "one.messages.cpu_ms",
        "two.messages.cpu_ms",
    ]


@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=60))
def test_no_foreign_text_breaks_it(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("toml")
    subject = attrs.evolve(BACKEND, path=text, version=text)
    environment = attrs.evolve(ENVIRONMENT, hostname=text, cpu_model=text or None)
    made = Made(pairs=10, subject=subject, environment=environment)
    assert len(made.read(folder).gate.rules) == 5


def test_foreign_service_messages_are_made_harmless():
    subject = attrs.evolve(BACKEND, path="##teamcity[buildProblem description='x']")
    assert "##teamcity[" not in Made(pairs=10, subject=subject).fragment


@settings(max_examples=30, deadline=None)
@given(cv=st.floats(0.001, 0.6), seed=st.integers(0, 10**6), pairs=st.integers(10, 25))
def test_whatever_was_found_is_read_as_it_was_meant(tmp_path_factory, cv, seed, pairs):
    made = Made(values=noisy_values({"cpu_ms": (1000.0, cv)}, pairs=pairs, seed=seed))
    for row in made.calibration.rows:
        found = made.criterion(tmp_path_factory.mktemp("toml"), row.metric)
        assert found.gated == (row.proposed is not None)
        if row.proposed is not None:
            assert found.worse_by == pytest.approx(row.proposed)


# --- the table ---------------------------------------------------------------------------------------


def test_the_table():
    made = Made({"cpu_ms": (1000.0, 0.08), "time_ms": (2000.0, 0.3)})
    title, *heads = made.table.splitlines()[:3]
    time, cpu, memory, sent, packets = made.table.splitlines()[3:8]
    assert title == "trial, 20 pairs with itself in one lane"
    assert "varies" in heads[1]
    assert time.split()[-2:] == ["10", "none"]
    assert cpu.split()[:2] == ["messages", "cpu_ms"]
    assert (cpu.split()[-2], int(cpu.split()[-1]) > 8) == ("8", True)
    assert [line.split()[-2:] for line in (memory, sent, packets)] == [["5", "5"], ["3", "3"], ["4", "4"]]
    assert all(len(line) <= 80 for line in made.table.splitlines())
    assert "0 of 4 comparisons of 10 pairs, all pairs taken either way round, were red" in " ".join(
        made.table.split()
    )


def test_long_names_do_not_move_the_columns():
    made = Made()
    rows = tuple(attrs.evolve(row, phase="p" * 24) for row in made.calibration.rows)
    lines = render([attrs.evolve(made.calibration, rows=rows)]).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "…" in lines[3]


def test_of_zeros_the_table_has_dashes():
    values = noisy_values()
    values["sent_bytes"] = [(0.0, 0.0)] * 20
    line = next(line for line in Made(values=values).table.splitlines() if "sent_bytes" in line)
    assert line.split()[2:] == ["–"] * 5 + ["3", "3"]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Alarms(0), "no 10 pairs to try the gate on"),
        (
            Alarms(4),
            "0 of 4 comparisons of 10 pairs, all pairs taken either way round, were red; so many prove that at most 53 % of clean builds fail",
        ),
        (
            Alarms(40, (("b", "a"), ("a",))),
            "2 of 40 comparisons of 10 pairs, all pairs taken either way round, were red (a, b); so many prove",
        ),
        (Alarms(4), "(299 without a red one would prove 1.0 %)"),
    ],
)
def test_false_alarms_and_what_they_prove(found, words):
    assert words in alarms(found)


def test_agreement_that_cannot_be_told():
    found = in_lanes().calibration.agreements[0]
    unsure = attrs.evolve(found, shift=attrs.evolve(found.shift, low=-0.2, high=0.3))
    assert agreed(unsure).startswith("may agree or not: ")
    assert agreed(unsure).endswith("and the threshold is 8 %")


def test_whether_cpu_agrees_is_always_said():
    noisy = result_of(noisy_values({"cpu_ms": (1000.0, 0.3)}, seed=4), lanes=3)
    one = result_of(noisy_values(seed=3))
    for made in (noisy, result_of(noisy_values(seed=4), lanes=3)):
        words = " ".join(render([calibrate(made, "trial", POLICY, one)]).split())
        assert words.count("in 3 lanes against one") == 1
