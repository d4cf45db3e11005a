"""Parameters: typed by the scenario, from four places, the later one wins."""

import math
from pathlib import Path

import pytest
from attrs import frozen

from tcperf.config import load
from tcperf.definition import Scenario
from tcperf.errors import ConfigError, UsageError
from tcperf.params import (
    Assignment,
    check_tables,
    check_value,
    defaults,
    parse_assignments,
    parse_value,
    resolve,
)
from tcperf.registry import discover
from tcperf.scenario import Param, Phase, param


@frozen
class Talk:
    messages: int = param(100, reference=20, help="how many", minimum=2)
    seconds: float = param(1.5, help="how long", minimum=0.1)
    order: str = param("blocks", choices=("blocks", "alternate"), help="who is next")
    loud: bool = param(False, help="loudly")
    text: str = param("", help="what is said")
    places: int = param(3, help="how many of them", maximum=255)
    seed: int = param(0, help="any number")
    share: float = param(0.0, help="any number")


@frozen
class Rest:
    seconds: float = param(30.0, reference=5, help="how long", minimum=0.1)


def play(stage, params):
    """Nothing."""


def scenario(name, params_type):
    return Scenario(name, "help", (Phase("only"),), params_type, play, "here")


TALK, REST = scenario("talk", Talk), scenario("rest", Rest)
BOTH = (TALK, REST)


def resolved(*texts, scenarios=BOTH, tables=(), reference=False):
    return resolve(scenarios, dict(tables), parse_assignments(texts), reference=reference)


@pytest.fixture
def tables(tmp_path):
    """Reads the parameters of a tcperf.toml."""

    def read(text):
        (tmp_path / "tcperf.toml").write_text(text)
        return load(None, tmp_path).params

    return read


def test_defaults_without_any_assignment():
    assert resolved() == {"talk": Talk(), "rest": Rest()}


def test_defaults_with_the_reference_node():
    assert resolved(reference=True) == {"talk": Talk(messages=20), "rest": Rest(seconds=5.0)}


def test_a_whole_reference_default_of_a_number_becomes_a_number():
    values = defaults(REST, reference=True)
    assert values == {"seconds": 5.0}
    assert type(values["seconds"]) is float


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("messages=5", Talk(messages=5)),
        ("messages= +5 ", Talk(messages=5)),
        ("seconds=3", Talk(seconds=3.0)),
        ("seconds=.5", Talk(seconds=0.5)),
        ("seconds=1e3", Talk(seconds=1000.0)),
        ("order=alternate", Talk(order="alternate")),
        ("loud=true", Talk(loud=True)),
        ("loud=YES", Talk(loud=True)),
        ("loud=1", Talk(loud=True)),
        ("loud=false", Talk(loud=False)),
        ("loud=no", Talk(loud=False)),
        ("loud=0", Talk(loud=False)),
        ("text=a=b, c ", Talk(text="a=b, c ")),
        ("text=", Talk(text="")),
        ("text=żółw 🐢", Talk(text="żółw 🐢")),
        (" talk.messages =5", Talk(messages=5)),
    ],
)
def test_values_are_typed_by_the_scenario(text, expected):
    assert resolved(text, scenarios=(TALK,)) == {"talk": expected}


def test_numbers_stay_of_their_type():
    assert type(resolved("seconds=3")["talk"].seconds) is float
    assert type(resolved("messages=3")["talk"].messages) is int


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("messages=five", "--param messages: expected a whole number, not 'five'"),
        ("messages=", "--param messages: expected a whole number, not ''"),
        ("messages=5.0", "--param messages: expected a whole number, not '5.0'"),
        ("messages=1_000", "--param messages: expected a whole number, not '1_000'"),
        ("messages=٣", "--param messages: expected a whole number, not '٣'"),
        ("messages=" + "9" * 5000, "--param messages: expected at most 100000, not '999"),
        ("messages=-1" + "0" * 5000, "--param messages: expected at least 2, not '-10"),
        ("seconds=1e308", "--param seconds: expected at most 86400, not '1e308' (seconds is: how long)"),
        ("places=256", "--param places: expected at most 255, not '256' (places is: how many of them)"),
        ("seed=9223372036854775808", "--param seed: expected at most 9223372036854775807, not '922"),
        ("seed=-9223372036854775808", "--param seed: expected at least -9223372036854775807, not '-9"),
        ("share=1e19", "--param share: expected at most 1000000000000000000, not '1e19'"),
        ("messages=1", "--param messages: expected at least 2, not '1'"),
        ("messages=-5", "--param messages: expected at least 2, not '-5'"),
        ("seconds=nan", "--param seconds: expected a number, not 'nan'"),
        ("seconds=inf", "--param seconds: expected a number, not 'inf'"),
        ("seconds=1e999", "--param seconds: expected a number, not '1e999'"),
        ("seconds=1,5", "--param seconds: expected a number, not '1,5'"),
        ("talk.seconds=0", "--param talk.seconds: expected at least 0.1, not '0'"),
        ("loud=on", "--param loud: expected true or false, not 'on'"),
        ("order=block", "--param order: 'block' is not a choice (did you mean blocks? others are alternate)"),
        ("text=\udcff", "--param text: '\\udcff' is not valid UTF-8"),
    ],
)
def test_values_that_do_not_fit_are_refused(text, message):
    with pytest.raises(UsageError) as caught:
        resolved(text)
    assert str(caught.value).startswith(message)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text", ["", "messages", "=5", ".=5", ".messages=5", "talk.=5", " = 5", "a\nb=5", "\udcff=5"]
)
def test_a_text_that_is_no_assignment_is_refused(text):
    with pytest.raises(UsageError, match=r"is no assignment \(write --param \[SCENARIO\.\]NAME=VALUE\)"):
        parse_assignments([text])


def test_assignments_are_taken_apart_in_their_order():
    assert parse_assignments(["b=1", "x.a==2"]) == (Assignment(None, "b", "1"), Assignment("x", "a", "=2"))
    assert [each.text for each in parse_assignments(["b=1", "x.a==2"])] == ["1", "=2"]


@pytest.mark.parametrize("twice", [("messages=5", "messages=6"), ("talk.messages=5", " talk.messages =5")])
def test_the_same_key_twice_is_refused(twice):
    with pytest.raises(UsageError, match=r"--param (talk\.)?messages is given twice \(keep one of the two\)"):
        parse_assignments(twice)


def test_an_unqualified_name_is_for_every_scenario_that_has_it():
    assert resolved("seconds=3") == {"talk": Talk(seconds=3.0), "rest": Rest(seconds=3.0)}
    assert resolved("messages=3") == {"talk": Talk(messages=3), "rest": Rest()}


@pytest.mark.parametrize("texts", [("seconds=3", "rest.seconds=4"), ("rest.seconds=4", "seconds=3")])
def test_a_qualified_name_wins_wherever_it_stands(texts):
    assert resolved(*texts) == {"talk": Talk(seconds=3.0), "rest": Rest(seconds=4.0)}


def test_the_command_line_wins_over_the_file_and_the_file_over_the_reference_node(tables):
    text = "[params.talk]\nmessages = 40\nseconds = 2\n[params.rest]\nseconds = 2.5\n"
    assert resolved(tables=tables(text), reference=True) == {
        "talk": Talk(messages=40, seconds=2.0),
        "rest": Rest(seconds=2.5),
    }
    assert resolved("seconds=7", tables=tables(text), reference=True) == {
        "talk": Talk(messages=40, seconds=7.0),
        "rest": Rest(seconds=7.0),
    }


def test_values_of_the_file_that_are_false_count(tables):
    text = '[params.talk]\nloud = false\ntext = ""\n'
    assert resolved(tables=tables(text))["talk"] == Talk(loud=False, text="")


def test_parameters_of_scenarios_that_do_not_exist_are_refused_with_their_line(tables, tmp_path):
    check_tables(tables("[params.idle]\nseconds = 3\n"), discover([]))
    with pytest.raises(UsageError) as caught:
        check_tables(tables("[params.idle]\n\n[params.idel]\nseconds = 3\n"), discover([]))
    assert caught.value.message == f"{tmp_path / 'tcperf.toml'}:3: there is no scenario 'idel'"
    assert caught.value.cure == (
        "did you mean idle? others are burst, churn, cold_start, group_chat, login, many_chats, offline_catchup, one_to_one, "
        "paced, relay_chain"
    )


def test_parameters_of_scenarios_that_are_not_run_are_left_alone(tables):
    assert resolved(scenarios=(REST,), tables=tables("[params.talk]\nmessages = 'x'\n")) == {"rest": Rest()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "messagse=5",
            "--param messagse: no such parameter in talk, rest (did you mean messages? others are",
        ),
        ("talk.messagse=5", "--param talk.messagse: no such parameter in talk (did you mean messages?"),
        ("rest.messages=5", "--param rest.messages: no such parameter in rest (choose from seconds)"),
        (
            "tolk.messages=5",
            "--param tolk.messages: the scenario tolk is not run (did you mean talk? others are rest)",
        ),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(text, message):
    with pytest.raises(UsageError) as caught:
        resolved(text)
    assert str(caught.value).startswith(message)


def test_a_scenario_without_parameters_says_so():
    @frozen
    class Nothing:
        pass

    with pytest.raises(UsageError, match=r"no such parameter in bare \(there are no parameters to set\)"):
        resolved("x=1", scenarios=(scenario("bare", Nothing),))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "messagse = 5",
            "params.talk.messagse: no such key (did you mean messages? others are seconds, order",
        ),
        ('messages = "5"', "params.talk.messages: expected a whole number, not '5'"),
        ("messages = 5.0", "params.talk.messages: expected a whole number, not 5.0"),
        ("messages = true", "params.talk.messages: expected a whole number, not true"),
        ("messages = 1", "params.talk.messages: expected at least 2, not 1"),
        (
            "messages = 0xffffffffffffffffffff",
            "params.talk.messages: expected at most 100000, not a huge number",
        ),
        (
            "seconds = 0xffffffffffffffffffff",
            "params.talk.seconds: expected at most 86400, not a huge number",
        ),
        ("share = -1e308", "params.talk.share: expected at least -1000000000000000000, not -1e+308"),
        ("seconds = nan", "params.talk.seconds: expected a number, not nan"),
        ("seconds = -inf", "params.talk.seconds: expected a number, not -inf"),
        ("seconds = true", "params.talk.seconds: expected a number, not true"),
        ("loud = 1", "params.talk.loud: expected true or false, not 1"),
        ('loud = "yes"', "params.talk.loud: expected true or false, not 'yes'"),
        ("order = 1", "params.talk.order: expected a text, not 1"),
        ('order = "block"', "params.talk.order: 'block' is not a choice (did you mean blocks?"),
        ("text = {a = 1}", "params.talk.text: expected a text, not a table"),
        ("text = [1]", "params.talk.text: expected a text, not a list"),
        ("text = 2026-01-01", "params.talk.text: expected a text, not 2026-01-01"),
    ],
)
def test_faults_of_the_file_have_its_line(tables, tmp_path, line, message):
    with pytest.raises(ConfigError) as caught:
        resolved(tables=tables(f"[run]\n[params.talk]\n{line}\n"))
    assert str(caught.value).removeprefix(f"{tmp_path / 'tcperf.toml'}:").startswith(f"3: {message}")


@frozen
class Even:
    pairs: int = param(2, help="how many")

    def __attrs_post_init__(self):
        if self.pairs % 2:
            raise ValueError(f"{self.pairs} is odd")


def test_what_a_scenarios_own_validator_refuses_is_a_usage_error():
    even = scenario("even", Even)
    assert resolved("pairs=4", scenarios=(even,)) == {"even": Even(4)}
    with pytest.raises(UsageError, match="the parameters of even do not fit: 3 is odd"):
        resolved("pairs=3", scenarios=(even,))


def test_values_can_be_parsed_and_checked_alone():
    number = Param("x", float, 1.0, 1.0, "x")
    assert parse_value(number, "-2.5") == -2.5
    assert check_value(number, 3) == 3.0
    with pytest.raises(UsageError):
        check_value(number, math.nan)
    with pytest.raises(UsageError):
        check_value(number, 10**400)
    with pytest.raises(UsageError):
        check_value(number, Path("x"))
