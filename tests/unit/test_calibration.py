"""Noise, thresholds and false alarms of one binary beside itself."""

import math

import attrs
import pytest
from calibrations import noisy_values, result_of
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from tcperf.calibration import LEAST_PAIRS, ROUND, SHOWN, calibrate, most_noise, proposal
from tcperf.gate import CARRIES
from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule

DEFAULTS = GatePolicy()


def found(values, policy=DEFAULTS, one_lane=None, **changes):
    return calibrate(result_of(values, **changes), "trial", policy, one_lane)


def row(calibration, metric):
    return next(each for each in calibration.rows if each.metric == metric)


# --- noise -------------------------------------------------------------------------------------------


def test_the_noise_is_about_what_was_put_in():
    made = found(noisy_values({"cpu_ms": (1000.0, 0.04)}, pairs=60))
    cpu = row(made, "cpu_ms")
    assert cpu.noise == pytest.approx(0.04, rel=0.25)
    assert cpu.noise < cpu.noise_high < 1.3 * cpu.noise
    assert cpu.median == pytest.approx(1000, rel=0.02)
    assert (made.pairs, made.lanes, cpu.pairs, cpu.tail) == (60, 1, 60, "trial.messages.cpu_ms")


def test_the_smallest_visible_change_is_that_of_so_many_pairs():
    cpu = row(found(noisy_values()), "cpu_ms")
    assert tuple(cpu.visible) == SHOWN
    logarithms = [math.log1p(ratio) for ratio in cpu.visible.values()]
    assert logarithms == sorted(logarithms, reverse=True)
    # So many standard errors of the mean difference, whatever number of pairs the calibration itself has.
    spread = math.sqrt(2) * math.log1p(cpu.noise)
    for pairs, errors, logarithm in zip(SHOWN, (6.47, 4.85, 4.51), logarithms, strict=True):
        assert logarithm == pytest.approx(errors * spread / math.sqrt(pairs))


def test_drift_is_no_noise():
    values = noisy_values(pairs=20)
    steady = row(found(values), "cpu_ms").noise
    values["cpu_ms"] = [
        (before * (1 + pair / 20), after * (1 + pair / 20))
        for pair, (before, after) in enumerate(values["cpu_ms"])
    ]
    assert row(found(values), "cpu_ms").noise == pytest.approx(steady)


@given(st.integers(LEAST_PAIRS, 60))
def test_the_upper_end_is_chi_squares(pairs):
    exact = math.sqrt((pairs - 1) / scipy_stats.chi2.ppf(0.05, pairs - 1))
    assert most_noise(1.0, pairs) == pytest.approx(exact, rel=0.02)


def test_sides_exchanged_vary_as_much():
    values = noisy_values()
    exchanged = {metric: [(after, before) for before, after in series] for metric, series in values.items()}
    one, other = found(values), found(exchanged)
    for before, after in zip(one.rows, other.rows, strict=True):
        assert before.noise == pytest.approx(after.noise)
        assert before.proposed == after.proposed
    assert len(one.alarms.red) == len(other.alarms.red)


# --- thresholds --------------------------------------------------------------------------------------


def test_a_threshold_that_carries_is_kept():
    made = found(noisy_values())
    assert [each.metric for each in made.rows] == list(noisy_values())
    for each in made.rows:
        assert each.carries
        assert each.proposed == each.worse_by
        assert each.least >= CARRIES * each.noise
        assert made.is_gated(each)


def test_one_that_does_not_carry_gives_way_to_the_next_round_one():
    made = found(noisy_values({"cpu_ms": (1000.0, 0.08)}))
    cpu = row(made, "cpu_ms")
    assert not cpu.carries
    assert cpu.worse_by == 0.08
    assert cpu.proposed > cpu.worse_by
    assert round(100 * cpu.proposed) in ROUND
    assert cpu.proposed >= CARRIES * cpu.noise_high
    assert made.is_gated(cpu)


def test_above_a_quarter_none_is_proposed():
    made = found(noisy_values({"cpu_ms": (1000.0, 0.3)}))
    cpu = row(made, "cpu_ms")
    assert (cpu.carries, cpu.proposed) == (False, None)
    assert not made.is_gated(cpu)


def test_a_floor_carries_as_a_threshold_does():
    """20 ms of 100 ms are a fifth: no noise of a tenth exceeds that."""
    cpu = row(found(noisy_values({"cpu_ms": (100.0, 0.1)})), "cpu_ms")
    assert cpu.least == pytest.approx(0.2, rel=0.1)
    assert cpu.carries
    assert cpu.proposed == cpu.worse_by == 0.08


@given(st.floats(0.0, 0.5))
def test_a_proposal_is_the_smallest_round_one_that_bears_the_noise(noise):
    proposed = proposal(noise)
    bearing = [percent / 100 for percent in ROUND if percent / 100 >= CARRIES * noise]
    assert proposed == (bearing[0] if bearing else None)


def test_rules_are_what_is_in_force():
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", worse_by=15.0, floor=Amount(1.0, "ms")),))
    made = found(noisy_values({"cpu_ms": (1000.0, 0.08)}), policy)
    cpu = row(made, "cpu_ms")
    assert (cpu.worse_by, cpu.floor, cpu.carries, cpu.proposed) == (0.15, 1.0, True, 0.15)


# --- what an earlier calibration left ----------------------------------------------------------------


def loosened(**rule):
    return GatePolicy(rules=(Rule(match="trial.messages.cpu_ms", **rule),))


def test_a_threshold_that_a_noisy_day_has_widened_is_taken_back():
    cpu = row(found(noisy_values({"cpu_ms": (1000.0, 0.01)}), loosened(worse_by=20.0)), "cpu_ms")
    assert (cpu.worse_by, cpu.carries, cpu.proposed) == (0.20, True, 0.08)


def test_but_never_below_the_usual_one():
    cpu = row(found(noisy_values({"cpu_ms": (1000.0, 0.001)}), loosened(worse_by=20.0)), "cpu_ms")
    assert cpu.proposed == 0.08


def test_a_stricter_one_that_bears_the_noise_stays():
    cpu = row(found(noisy_values({"cpu_ms": (1000.0, 0.01)}), loosened(worse_by=5.0)), "cpu_ms")
    assert (cpu.carries, cpu.proposed) == (True, 0.05)


def test_where_the_usual_one_does_not_bear_the_noise_it_is_taken_back_as_far_as_it_goes():
    quiet = row(found(noisy_values({"cpu_ms": (1000.0, 0.07)}), loosened(worse_by=25.0)), "cpu_ms")
    assert 0.08 < quiet.proposed < 0.25
    assert quiet.proposed == proposal(quiet.noise_high)
    # What bears the noise as it was found stays, be it less than would bear the most that it may be.
    chosen = CARRIES * quiet.noise * 100 + 0.1
    kept = row(found(noisy_values({"cpu_ms": (1000.0, 0.07)}), loosened(worse_by=chosen)), "cpu_ms")
    assert kept.proposed == kept.worse_by < CARRIES * kept.noise_high


def test_what_a_rule_keeps_out_is_measured_and_stays_out():
    made = found(noisy_values(), loosened(report_only=True))
    cpu = row(made, "cpu_ms")
    assert (cpu.is_kept_out, cpu.note) == (True, "a rule says report_only")
    assert (cpu.carries, cpu.proposed) == (True, 0.08)
    assert not made.is_gated(cpu)
    assert [each.metric for each in made.rows if each.is_kept_out] == ["cpu_ms"]
    assert [each.metric for each in found(noisy_values()).rows if each.is_kept_out] == []


def test_what_is_kept_out_gives_no_alarm():
    values = noisy_values()
    values["cpu_ms"] = [(before, 2 * after) for before, after in values["cpu_ms"]]
    assert found(values).alarms.red != ()
    assert found(values, loosened(report_only=True)).alarms.red == ()


def test_what_no_rule_would_gate_has_no_row_where_one_keeps_it_out():
    values = noisy_values() | {"threads_count": [(10.0, 11.0)] * 20}
    policy = GatePolicy(rules=(Rule(match="*.threads_count", report_only=True),))
    assert "threads_count" not in [each.metric for each in found(values, policy).rows]


@given(st.floats(0.001, 0.2), st.floats(1.0, 40.0), st.integers(0, 999))
def test_what_was_in_force_only_ever_narrows_what_is_proposed(cv, worse_by, seed):
    """An earlier fragment must not ratchet: with it at most as wide as without it, if that bears the noise."""
    values = noisy_values({"cpu_ms": (1000.0, cv)}, pairs=10, seed=seed)
    usual, again = (
        row(found(values, policy), "cpu_ms") for policy in (DEFAULTS, loosened(worse_by=worse_by))
    )
    if usual.proposed is not None:
        assert again.proposed <= usual.proposed


# --- how sure it is ----------------------------------------------------------------------------------


def test_a_threshold_that_bears_the_noise_and_perhaps_not_the_most_it_may_be_is_not_sure():
    values = noisy_values({"cpu_ms": (1000.0, 0.05)}, pairs=10, seed=2)
    cpu = row(found(values), "cpu_ms")
    assert CARRIES * cpu.noise <= 0.08 < CARRIES * cpu.noise_high
    assert (cpu.carries, cpu.proposed, cpu.is_sure) == (True, 0.08, False)
    assert row(found(noisy_values()), "sent_bytes").is_sure


def test_what_was_proposed_for_the_most_noise_is_sure_and_so_is_a_floor():
    assert row(found(noisy_values({"cpu_ms": (1000.0, 0.08)})), "cpu_ms").is_sure
    assert row(found(noisy_values({"cpu_ms": (100.0, 0.08)})), "cpu_ms").is_sure  # 20 ms are a fifth
    assert not row(found(noisy_values({"cpu_ms": (1000.0, 0.3)})), "cpu_ms").is_sure  # nothing is proposed


def test_what_repeats_another_or_is_not_published_has_no_row():
    values = noisy_values()
    values["received_bytes"] = values["sent_bytes"]
    assert "received_bytes" not in [each.metric for each in found(values).rows]


def test_equal_values_have_no_noise():
    values = noisy_values()
    values["sent_bytes"] = [(200_000.0, 200_000.0)] * 20
    sent = row(found(values), "sent_bytes")
    assert (sent.noise, sent.noise_high, sent.carries, sent.proposed) == (0.0, 0.0, True, 0.03)


def test_of_zeros_there_is_no_measure():
    values = noisy_values()
    values["sent_bytes"] = [(0.0, 0.0)] * 20
    made = found(values)
    sent = row(made, "sent_bytes")
    assert (sent.noise, sent.noise_high, sent.carries, sent.proposed, dict(sent.visible)) == (
        None,
        None,
        False,
        None,
        {},
    )
    assert not made.is_gated(sent)


def test_too_few_pairs_have_no_rows():
    made = found(noisy_values(pairs=LEAST_PAIRS - 1))
    assert (made.rows, made.pairs, made.alarms.comparisons) == ((), 0, 0)
    assert found(noisy_values(pairs=LEAST_PAIRS)).pairs == LEAST_PAIRS


# --- false alarms ------------------------------------------------------------------------------------


def test_false_alarms_are_counted_over_windows_of_ten():
    made = found(noisy_values(pairs=40))
    assert (made.alarms.comparisons, made.alarms.red) == (8, ())


def test_a_binary_that_differs_from_itself_is_one():
    values = noisy_values()
    values["cpu_ms"] = [
        (before, after * (1.3 if pair < 10 else 1)) for pair, (before, after) in enumerate(values["cpu_ms"])
    ]
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", worse_by=20.0),))
    assert found(values, policy).alarms.red == (("trial.messages.cpu_ms",),)


def test_what_is_not_gated_gives_no_alarm():
    values = noisy_values({"cpu_ms": (1000.0, 0.3)})
    values["cpu_ms"] = [(before, after * 3) for before, after in values["cpu_ms"]]
    assert found(values).alarms.red == ()


# --- lanes -------------------------------------------------------------------------------------------


def in_lanes(cpu_factor=1.0, cv=0.03, policy=DEFAULTS):
    one = result_of(noisy_values(seed=3))
    values = noisy_values({"cpu_ms": (1000.0 * cpu_factor, cv)}, seed=4)
    return found(values, policy, one, lanes=3)


def test_cpu_that_agrees_may_be_gated_in_lanes_and_times_may_not():
    made = in_lanes()
    assert made.lanes == 3
    assert made.agreement("trial.messages.cpu_ms").agrees is True
    assert made.is_gated(row(made, "cpu_ms"))
    assert not made.is_gated(row(made, "time_ms"))
    assert row(made, "time_ms").note == "3 runs at a time disturb it (--lanes 1 gates it)"
    assert made.is_gated(row(made, "sent_bytes"))


def test_cpu_that_differs_may_not():
    made = in_lanes(cpu_factor=1.2)
    assert made.agreement("trial.messages.cpu_ms").agrees is False
    assert not made.is_gated(row(made, "cpu_ms"))


def test_cpu_that_differs_may_not_even_where_a_rule_gates_it():
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", report_only=False),))
    made = in_lanes(cpu_factor=1.2, policy=policy)
    assert row(made, "cpu_ms").note is None
    assert not made.is_gated(row(made, "cpu_ms"))


def test_cpu_that_agrees_but_is_too_noisy_in_lanes_may_not():
    made = in_lanes(cv=0.3)
    assert row(made, "cpu_ms").proposed is None
    assert not made.is_gated(row(made, "cpu_ms"))


def test_without_runs_in_one_lane_nothing_agrees():
    made = found(noisy_values(), lanes=3)
    assert made.agreements == ()
    assert not made.is_gated(row(made, "cpu_ms"))


def test_it_is_plain_data():
    made = found(noisy_values())
    assert attrs.asdict(made)["rows"][0]["scenario"] == "trial"
