"""A scenario module is checked when it is registered; the error names the module and the fault."""

import types

import attrs
import pytest

from tcperf import definition
from tcperf.capabilities import Capability
from tcperf.definition import KEY_LIMIT, define
from tcperf.errors import ConfigError
from tcperf.model import PhaseInfo, ScenarioInfo
from tcperf.scenario import Param

GOOD = '''\
"""
Two accounts greet each other.

More about it.
"""

from attrs import frozen
from tcperf.scenario import Phase, Stage, param

PHASES = (Phase("accounts"), Phase("greeting", publish=True, timed=True), Phase("rest", help="left alone", publish=True))


@frozen
class Params:
    greetings: int = param(10, reference=2, help="how many", minimum=1)
    seconds: float = param(1.5, reference=1, help="how long")
    way: str = param("both", choices=("both", "one"), help="which way")
    loud: "bool" = param(False, help="loudly")


def run(stage: Stage, params: Params) -> None:
    stage.idle(params.seconds)
'''


@pytest.fixture
def module_of(monkeypatch):
    """Makes a module of a source text, as an import would."""

    def make(source):
        module = types.ModuleType("scenario_under_test")
        monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
        exec(compile(source, "scenario.py", "exec", dont_inherit=True), module.__dict__)
        return module

    return make


def without(start, end=None):
    """GOOD without the lines from the one that starts with ``start`` up to the one that starts with ``end``."""
    lines, kept, skipping = GOOD.splitlines(keepends=True), [], False
    for line in lines:
        skipping = line.startswith(start) or (skipping and not (end and line.startswith(end)))
        kept += [] if skipping else [line]
    return "".join(kept)


def test_a_good_module(module_of):
    module = module_of(GOOD)
    scenario = define(module, "greet", "greet.py")
    assert (scenario.name, scenario.help) == ("greet", "Two accounts greet each other.")
    assert scenario.phases is module.PHASES
    assert scenario.params_type is module.Params
    assert scenario.run is module.run
    assert scenario.origin == "greet.py"
    assert scenario.params[0] == Param("greetings", int, 10, 2, "how many", (), 1)
    assert [param.type for param in scenario.params] == [int, float, str, bool]


def test_scenarios_are_frozen(module_of):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        define(module_of(GOOD), "greet", "greet.py").name = "other"


def test_keys_are_those_of_the_published_phases_in_printing_order(module_of):
    keys = define(module_of(GOOD), "greet", "greet.py").keys(reference=False)
    assert keys == (
        "tcperf.greet.greeting.time_ms",
        "tcperf.greet.greeting.latency_ms",
        "tcperf.greet.greeting.send_ms",
        "tcperf.greet.greeting.cpu_ms",
        "tcperf.greet.greeting.memory_peak_bytes",
        "tcperf.greet.greeting.sent_bytes",
        "tcperf.greet.greeting.packets_count",
        "tcperf.greet.rest.time_ms",
        "tcperf.greet.rest.cpu_ms",
        "tcperf.greet.rest.memory_peak_bytes",
        "tcperf.greet.rest.sent_bytes",
        "tcperf.greet.rest.packets_count",
    )


def test_without_a_private_network_there_are_no_traffic_keys(module_of):
    keys = define(module_of(GOOD), "greet", "greet.py").keys(reference=True, traffic=False)
    assert len(keys) == 8
    assert all(key.startswith("tcperf.reference.greet.") for key in keys)
    assert not [key for key in keys if "sent" in key or "packets" in key]


def test_the_record_of_a_run_has_plain_parameters_and_all_phases(module_of):
    module = module_of(GOOD)
    info = define(module, "greet", "greet.py").info(module.Params(greetings=3))
    assert info == ScenarioInfo(
        "greet",
        "Two accounts greet each other.",
        {"greetings": 3, "seconds": 1.5, "way": "both", "loud": False},
        (
            PhaseInfo("accounts", publish=False, metrics=()),
            PhaseInfo("greeting", publish=True, metrics=module.PHASES[1].metrics),
            PhaseInfo("rest", publish=True, metrics=module.PHASES[2].metrics, help="left alone"),
        ),
        params_help={"greetings": "how many", "seconds": "how long", "way": "which way", "loud": "loudly"},
    )


PHASES_LINE = next(line for line in GOOD.splitlines() if line.startswith("PHASES"))
PARAM_LINE = next(line for line in GOOD.splitlines() if line.startswith("    greetings"))

FAULTS = {
    "no docstring": (without('"""', "from attrs"), "it has no docstring (say in one line"),
    "empty docstring": ('""" \n """\n' + without('"""', "from attrs"), "it has no docstring"),
    "no phases": (GOOD.replace(PHASES_LINE, ""), "PHASES is missing or is not a tuple of phases (such as"),
    "empty phases": (GOOD.replace(PHASES_LINE, "PHASES = ()"), "PHASES is missing"),
    "phases in a list": (GOOD.replace(PHASES_LINE, 'PHASES = [Phase("a")]'), "PHASES is missing or is not a tuple"),
    "a phase alone": (GOOD.replace(PHASES_LINE, 'PHASES = (Phase("a"))'), "PHASES is missing or is not a tuple"),
    "names as phases": (GOOD.replace(PHASES_LINE, 'PHASES = ("a", "b")'), "PHASES is missing or is not a tuple"),
    "a phase twice": (GOOD.replace('Phase("rest"', 'Phase("accounts"'), "the phase accounts is declared twice"),
    "no params": (without("@frozen", "def run").replace("params: Params", "params"), "Params is missing or is not an attrs class (write @frozen"),
    "params not attrs": (GOOD.replace("@frozen\n", ""), "Params is missing or is not an attrs class"),
    "params not a class": (GOOD + "Params = 3\n", "Params is missing or is not an attrs class"),
    "params not frozen": (
        GOOD.replace("import frozen", "import define as frozen"),
        "Params is not frozen (write @frozen class Params)",
    ),
    "params without fields not frozen": (
        GOOD.replace("import frozen", "import define")
        .replace("@frozen\nclass Params:\n", "@define\nclass Params:\n    pass\n\n\nclass Other:\n"),
        "Params is not frozen",
    ),
    "a bare field": (GOOD.replace(PARAM_LINE, "    greetings: int = 3"), "parameter greetings has no default or no"),
    "a factory": (
        GOOD.replace(PARAM_LINE, '    greetings: list = param([], help="x")'),
        "parameter greetings: its default is no bool, int, float or str",
    ),
    "a list by factory": (
        GOOD.replace(PARAM_LINE, '    greetings: list = param(__import__("attrs").Factory(list), help="x")'),
        "parameter greetings: its default is no bool, int, float or str",
    ),
    "an int for a float": (
        GOOD.replace(PARAM_LINE, '    greetings: float = param(3, help="x")'),
        "parameter greetings: its default 3 is no float (write 3.0)",
    ),
    "a number for a text": (
        GOOD.replace(PARAM_LINE, '    greetings: str = param(3, help="x")'),
        "parameter greetings: its default 3 is no str (change the one or the other)",
    ),
    "a type that a parameter cannot have": (
        GOOD.replace(PARAM_LINE, '    greetings: dict = param(3, help="x")'),
        "parameter greetings: its type dict is no bool, int, float or str (write int, the type of its default 3)",
    ),
    "a reference of another type": (GOOD.replace("reference=2", "reference='2'"), "greetings: '2' is not of the type"),
    "a truth as a reference": (GOOD.replace("reference=2", "reference=True"), "greetings: True is not of the type"),
    "a default below the minimum": (GOOD.replace("minimum=1", "minimum=11"), "10 is not at least 11, its minimum"),
    "a reference below the minimum": (GOOD.replace("minimum=1", "minimum=3"), "2 is not at least 3, its minimum"),
    "a default above the maximum": (GOOD.replace("minimum=1", "maximum=9"), "10 is not at most 9, its maximum"),
    "a reference above the maximum": (GOOD.replace("reference=2, ", "reference=11, ").replace("minimum=1", "maximum=10"), "11 is not at most 10, its maximum"),
    "a minimum of a text": (GOOD.replace('"both", choices=("both", "one")', '"both", minimum=1'), "'both' is not at least 1"),
    "a default that is no choice": (GOOD.replace('param("both"', 'param("none"'), "'none' is not one of its choices"),
    "no help": (GOOD.replace('help="how many"', 'help=" "'), "parameter greetings: its help is empty"),
    "a parameter's name": (GOOD.replace("    loud:", "    Loud:"), "parameter Loud: its name does not fit"),
    "an annotation of nothing": (GOOD.replace('loud: "bool"', 'loud: "boolean"'), "NameError: name 'boolean'"),
    "a validator that refuses": (
        GOOD.replace("    loud:", "    def __attrs_post_init__(self):\n        raise ValueError('no')\n\n    loud:"),
        "Params cannot be made from its defaults: ValueError('no')",
    ),
    "no run": (without("def run"), "run is missing or is no function of two parameters (def run(stage, params):)"),
    "run of one": (GOOD.replace("(stage: Stage, params: Params)", "(stage)"), "run is missing or is no function of"),
    "run of three": (GOOD.replace("params: Params)", "params: Params, more)"), "run is missing or is no function of"),
    "run is data": (GOOD + "run = 3\n", "run is missing or is no function of two parameters"),
    "run has no signature": (GOOD + "run = type\n", "run is missing or is no function of two parameters"),
    "run is a coroutine": (GOOD.replace("def run", "async def run"), "run is a coroutine or a generator"),
    "run is a generator": (GOOD + "    yield\n", "run is a coroutine or a generator"),
    "a long key": (GOOD.replace('"rest"', '"' + "r" * 24 + '"'), "has 84 characters, more than 80 (shorten"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(module_of, fault):
    source, message = FAULTS[fault]
    assert source != GOOD
    name = "g" * 24 if fault == "a long key" else "greet"
    with pytest.raises(ConfigError) as caught:
        define(module_of(source), name, "folder/greet.py")
    assert str(caught.value).startswith(f"scenario {name} (folder/greet.py): ")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["Greet", "greet-me", "", "g" * 25])
def test_the_name_fits_a_key(module_of, name):
    with pytest.raises(ConfigError, match=r"its name does not fit \(a name is a lower-case letter"):
        define(module_of(GOOD), name, "x.py")


@pytest.mark.parametrize("name", ["tcperf", "reference"])
def test_names_that_mean_something_else_in_keys_are_reserved(module_of, name):
    with pytest.raises(ConfigError, match="its name is reserved in statistic keys"):
        define(module_of(GOOD), name, "x.py")


def test_a_phase_publishes_at_most_so_many_metrics(module_of, monkeypatch):
    monkeypatch.setattr(definition, "MAX_METRICS", 6)
    with pytest.raises(ConfigError, match=r"the phase greeting publishes 7 metrics \(6 at most\)"):
        define(module_of(GOOD), "greet", "x.py")


def test_a_key_of_the_limit_is_allowed(module_of):
    source = GOOD.replace('"rest"', '"' + "r" * 24 + '"')
    scenario = define(module_of(source), "g" * 20, "x.py")
    assert max(map(len, scenario.keys(reference=True))) == KEY_LIMIT


def test_a_scenario_may_have_no_parameters_and_publish_nothing(module_of):
    source = '"""Nothing."""\nfrom attrs import frozen\nfrom tcperf.scenario import Phase\nPHASES = (Phase("a"),)\n'
    source += "@frozen\nclass Params:\n    pass\ndef run(*anything): ...\n"
    scenario = define(module_of(source), "nothing", "x.py")
    assert (scenario.params, scenario.keys(reference=True)) == ((), ())
    assert scenario.info(scenario.params_type()).params == {}


def test_annotations_that_are_unions_or_postponed_are_understood(module_of):
    source = "from __future__ import annotations\n" + without('"""', "from attrs").replace(
        "greetings: int", "greetings: int | None"
    )
    module = module_of(source)
    module.__doc__ = "Postponed."
    assert define(module, "greet", "x.py").params[0].type is int


def test_what_a_scenario_needs_is_declared_and_known_without_a_run(module_of):
    assert define(module_of(GOOD), "greet", "greet.py").needs == ()
    needy = GOOD.replace("PHASES =", 'NEEDS = ("groups", "restart", "groups")\n\nPHASES =')
    assert define(module_of(needy), "greet", "greet.py").needs == (Capability.GROUPS, Capability.RESTART)


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        ('("gruops",)', "it needs gruops, which is no capability (did you mean groups?"),
        ('("groups")', "NEEDS is no tuple of capabilities' names"),
        ("(1,)", "NEEDS is no tuple of capabilities' names"),
        ("None", "NEEDS is no tuple of capabilities' names"),
    ],
)
def test_needs_that_are_none_are_refused(module_of, needs, words):
    with pytest.raises(ConfigError) as caught:
        define(module_of(f"{GOOD}\nNEEDS = {needs}\n"), "greet", "greet.py")
    assert words in str(caught.value)
    assert "greet.py" in str(caught.value)
