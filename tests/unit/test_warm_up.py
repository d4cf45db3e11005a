"""Warm-ups: shorter than what they warm up for, and otherwise the same."""

import attrs
import pytest
from players import Params, plan

from tcperf.scenario import param
from tcperf.warm_up import WARM_UP, shortened_by, warm_up_plan

PLAN = plan()


@attrs.frozen
class Idle:
    seconds: float = param(30.0, help="how long", minimum=0.1)
    repeats: int = param(50, help="how often", minimum=1)


@attrs.frozen
class Nothing:
    pass


@pytest.mark.parametrize(("messages", "expected"), [(100, 10), (25, 2), (10, 2), (2, 2)])
def test_a_warm_up_is_a_tenth_but_never_below_the_minimum(messages, expected):
    made = warm_up_plan(plan(messages=messages))
    assert made.params == Params(messages=expected)
    assert type(made.params.messages) is int


def test_seconds_are_shortened_too_and_nothing_else():
    scenario = attrs.evolve(PLAN.scenario, params_type=Idle)
    made = warm_up_plan(attrs.evolve(PLAN, scenario=scenario, params=Idle(30.0, 50)))
    assert made.params == Idle(3.0, 50)


def test_what_is_shorter_than_the_minimum_already_stays_as_it_is():
    scenario = attrs.evolve(PLAN.scenario, params_type=Idle)
    made = warm_up_plan(attrs.evolve(PLAN, scenario=scenario, params=Idle(0.05, 50)))
    assert made.params == Idle(0.05, 50)


def test_a_scenario_without_a_length_is_played_whole():
    scenario = attrs.evolve(PLAN.scenario, params_type=Nothing)
    whole = attrs.evolve(PLAN, scenario=scenario, params=Nothing())
    assert warm_up_plan(whole) == whole


def test_all_else_of_the_plan_stays():
    made = warm_up_plan(attrs.evolve(PLAN, runs=4))
    assert (made.scenario, made.runs) == (PLAN.scenario, 4)
    assert WARM_UP == "warm-up"  # results of earlier releases have it as the reason why a run is discarded


# --- by how much -----------------------------------------------------------------------------------------


def of(params):
    scenario = attrs.evolve(PLAN.scenario, params_type=type(params))
    return attrs.evolve(PLAN, scenario=scenario, params=params)


@attrs.frozen
class Both:
    messages: int = param(100, help="how many", minimum=50)
    seconds: float = param(30.0, help="how long", minimum=0.1)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (Params(messages=100), 10.0),
        (Params(messages=25), 12.5),
        (Params(messages=2), 1.0),
        (Idle(30.0, 50), 10.0),
        (Idle(0.05, 50), 1.0),
        (Both(100, 30.0), 2.0),  # the messages cannot be fewer than 50
        (Nothing(), 1.0),
    ],
)
def test_a_run_is_so_many_times_longer(params, expected):
    assert shortened_by(of(params)) == pytest.approx(expected)
