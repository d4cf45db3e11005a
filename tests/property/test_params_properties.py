"""What holds for every value on the command line."""

import math

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from tcperf.definition import Scenario
from tcperf.errors import UsageError
from tcperf.keys import NAME
from tcperf.params import parse_assignments, parse_value, resolve
from tcperf.scenario import Param, Phase, param

NAMES = st.from_regex(NAME, fullmatch=True)
TYPES = st.sampled_from([(bool, False), (int, 0), (float, 0.0), (str, "")])


@frozen
class Params:
    number: float = param(0.0, help="any")
    count: int = param(0, help="any")
    text: str = param("", help="any")


SCENARIO = Scenario("any", "help", (Phase("only"),), Params, lambda _stage, _params: None, "here")


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
    st.floats(allow_nan=False, allow_infinity=False),
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
