"""What holds for every value on the command line."""

import io
import json
import math
from threading import TIMEOUT_MAX

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from tcperf import cli, events
from tcperf.clock import Deadline
from tcperf.definition import Scenario
from tcperf.errors import UsageError
from tcperf.estimate import Pace, Remaining, first_guesses
from tcperf.event_lines import describe
from tcperf.keys import NAME
from tcperf.params import parse_assignments, parse_value, resolve
from tcperf.plan import Plan
from tcperf.progress import State
from tcperf.registry import discover
from tcperf.scenario import Param, Phase, param
from tcperf.warm_up import shortened_by, warm_up_plan

NAMES = st.from_regex(NAME, fullmatch=True)
TYPES = st.sampled_from([(bool, False), (int, 0), (float, 0.0), (str, "")])


@frozen
class Params:
    number: float = param(0.0, help="any")
    count: int = param(0, help="any")
    text: str = param("", help="any")


SCENARIO = Scenario("any", "help", (Phase("only"),), Params, lambda _stage, _params: None, "here")


#: What somebody types, pastes, or lets a script compute.
HOSTILE = st.sampled_from(
    [
        *(
            "1e308",
            "-1e308",
            "1e-320",
            "1e18",
            "1e19",
            "nan",
            "inf",
            "-inf",
            "1e999",
            "-1",
            "-0",
            "-0.0",
            "0",
        ),
        *(
            "1" + "0" * 400,
            "-1" + "0" * 5000,
            "10**400",
            "9223372036854775808",
            "0x7f",
            "1_000",
            "1,5",
            "5 s",
        ),
        *("", " ", "true", "None", "\0", "\udcff", "\N{ARABIC-INDIC DIGIT THREE}", "##teamcity[a 'b']", "{}"),
    ]
) | (st.text(max_size=20) | st.floats().map(str) | st.integers().map(str))
SHIPPED = [discover([]).get(name) for name in discover([]).names]
PARAMS = st.sampled_from([(each, param) for each in SHIPPED for param in each.params])
SLOW = Pace(2.0, together_s=0.5, node_s=4.0, resend_s=30.0)


def attempt(*arguments):
    """The value, or the error itself."""
    try:
        return parse_value(*arguments)
    except UsageError as error:
        return error


@given(NAMES, NAMES | st.none(), st.text())
def test_an_assignment_can_be_taken_apart_again(name, scenario, value):
    key = name if scenario is None else f"{scenario}.{name}"
    (assignment,) = parse_assignments([f"{key}={value}"])
    assert (assignment.scenario, assignment.name, assignment.text) == (scenario, name, value)
    assert str(assignment) == f"--param {key}"


@given(
    st.floats(-1e18, 1e18),
    st.integers(-(10**18) + 1, 10**18 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_values_survive_the_command_line(number, count, text):
    assignments = parse_assignments([f"number={number!r}", f"any.count={count}", f"text={text}"])
    assert resolve([SCENARIO], {}, assignments, reference=False) == {"any": Params(number, count, text)}


@given(TYPES, st.text() | st.sampled_from(["nan", "-inf", "Infinity", "1e400", "0x10", "1_0", "²", " 1"]))
def test_any_text_is_a_finite_value_of_the_type_or_a_printable_error(type_and_default, text):
    kind, default = type_and_default
    outcome = attempt(Param("x", kind, default, default, "help"), text)
    if isinstance(outcome, UsageError):
        assert outcome.message.isprintable()
    else:
        assert type(outcome) is kind
        assert kind is not float or math.isfinite(outcome)


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_the_minimum_is_allowed_and_nothing_below(minimum, value):
    outcome = attempt(Param("x", int, 0, 0, "help", minimum=minimum), str(value))
    assert (outcome == value) == (value >= minimum)


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_the_maximum_is_allowed_and_nothing_above(maximum, value):
    outcome = attempt(Param("x", float, 0.0, 0.0, "help", maximum=maximum), str(value))
    assert (outcome == value) == (value <= maximum)


def check_playable(plan):
    """Whatever is told of a plan, recorded and waited for can be: nothing in it is beyond what computers take."""
    name = plan.scenario.name
    guesses = first_guesses([plan], SLOW)
    assert describe(events.ScenarioStarted(name, plan.runs, guesses[name])).isprintable()
    assert State(Remaining(guesses, {name: 60})).line().isprintable()
    assert shortened_by(warm_up_plan(plan)) >= 1
    values = plan.scenario.info(plan.params).params
    json.dumps(values, allow_nan=False)
    for value in values.values():
        if type(value) is float:
            assert 0 <= Deadline.after(value).remaining_s() <= value <= TIMEOUT_MAX


def check_refused(scenario, assignment, message):
    """One line that says what, where and the cure, and the status of a mistake on the command line."""
    stdout, stderr = io.StringIO(), io.StringIO()
    assert cli.main(["run", scenario.name, "-p", assignment], stdout, stderr, {}) == UsageError.exit_status
    assert (stdout.getvalue(), stderr.getvalue()) == ("", f"tcperf: {message}\n")


@given(PARAMS, HOSTILE, st.booleans())
def test_any_word_for_a_shipped_scenarios_parameter_is_played_or_refused(which, word, reference):
    scenario, parameter = which
    assignment = f"{parameter.name}={word}"
    try:
        values = resolve([scenario], {}, parse_assignments([assignment]), reference=reference)
    except UsageError as error:
        check_refused(scenario, assignment, str(error))
    else:
        check_playable(Plan(scenario, values[scenario.name], 1))
