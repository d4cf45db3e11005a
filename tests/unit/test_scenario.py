"""What the author of a scenario sees."""

import attrs
import pytest
from attrs import field, frozen

from tcperf.errors import ScenarioError
from tcperf.scenario import MAX_METRICS, Param, Phase, param, params_of


def test_a_phase_publishes_nothing_by_default():
    assert Phase("accounts").metrics == ()
    assert Phase("accounts", timed=True).metrics == ()


def test_a_published_phase_publishes_totals():
    assert Phase("boot", publish=True).metrics == (
        "time_ms",
        "cpu_ms",
        "memory_peak_bytes",
        "sent_bytes",
        "packets_count",
    )


def test_timed_operations_come_right_after_the_time():
    metrics = Phase("messages", publish=True, timed=True).metrics
    assert metrics[:4] == ("time_ms", "latency_ms", "send_ms", "cpu_ms")
    assert len(metrics) <= MAX_METRICS


def test_a_phase_may_say_what_it_publishes_and_the_order_is_always_the_same():
    phase = Phase("idle", publish=("sent_bytes", "page_faults_count", "cpu_ms"))
    assert phase.metrics == ("cpu_ms", "sent_bytes", "page_faults_count")
    assert Phase("idle", publish=()).metrics == ()


def test_what_it_says_is_all_that_a_timed_phase_publishes():
    assert Phase("burst", publish=("latency_ms",), timed=True).metrics == ("latency_ms",)


@pytest.mark.parametrize("name", ["", "Boot", "first peer", "x" * 25])
def test_a_phase_has_a_name_that_fits_a_key(name):
    with pytest.raises(ScenarioError, match=r"does not fit.*lower-case letter"):
        Phase(name)


def test_only_metrics_can_be_published():
    with pytest.raises(
        ScenarioError, match=r"phase idle publishes 'time', which is no metric.*did you mean time_ms"
    ):
        Phase("idle", publish=("time",))


def test_what_happens_in_a_phase_is_said_in_words():
    assert Phase("idle", help="left alone").help == "left alone"
    with pytest.raises(ScenarioError, match=r"the help of phase idle is 1, which is no text"):
        Phase("idle", help=1)


@pytest.mark.parametrize("publish", ["cpu_ms", ["cpu_ms"], None, 1])
def test_a_forgotten_comma_is_told(publish):
    with pytest.raises(ScenarioError, match=r'phase idle publishes .*neither.*publish=\("cpu_ms",\)'):
        Phase("idle", publish=publish)


@pytest.mark.parametrize("key", ["latency_ms", "send_ms"])
def test_operations_are_published_only_where_there_are_any(key):
    with pytest.raises(
        ScenarioError, match=rf"phase idle publishes {key}, but has no timed operations.*timed=True"
    ):
        Phase("idle", publish=("cpu_ms", key))


def test_phases_are_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Phase("idle").name = "x"


@frozen
class Params:
    messages: int = param(100, reference=20, help="messages in all", minimum=2)
    order: str = param("blocks", choices=("blocks", "alternate"), help="who is next")
    echo: bool = param(True, reference=False, help="echo")


def test_params_are_ordinary_attrs_fields():
    assert Params() == Params(100, "blocks", True)
    assert Params(messages=5).messages == 5


def test_params_are_described_in_their_order():
    assert params_of(Params) == (
        Param("messages", int, 100, 20, "messages in all", (), 2, 100_000),
        Param("order", str, "blocks", "blocks", "who is next", ("blocks", "alternate"), None),
        Param("echo", bool, True, False, "echo", (), None),
    )


def test_what_means_the_same_in_every_scenario_has_a_usual_maximum():
    @frozen
    class Usual:
        step: float = param(2.0, help="usual")
        seconds: float = param(90_000.0, help="a default above the usual one: something else is meant")
        drain: float = param(1.0, reference=90_000.0, help="likewise")
        peers: int = param(3, help="its own", maximum=1000)
        within: str = param("soon", help="no number")
        nodes: bool = param(False, help="no number")
        share: float = param(0.5, help="usual nowhere", minimum=0.25)

    found = {each.name: each for each in params_of(Usual)}
    assert {name: each.maximum for name, each in found.items() if each.maximum is not None} == {
        "step": 3600,
        "peers": 1000,
    }
    assert [found[name].limits for name in ("step", "share", "within")] == [
        ("at most 3600",),
        ("at least 0.25",),
        (),
    ]


def test_a_reference_default_that_is_false_or_zero_counts():
    @frozen
    class Zero:
        wait: float = param(3.0, reference=0.0, help="wait")

    assert params_of(Zero)[0].reference == 0.0


def test_a_field_without_param_is_refused():
    @frozen
    class Bare:
        messages: int = 3

    @frozen
    class Open:
        messages: int = field(metadata={"tcperf": {"help": "no default"}})

    for params_type in (Bare, Open):
        with pytest.raises(
            ScenarioError, match=r"parameter messages has no default or no help.*scenario\.param"
        ):
            params_of(params_type)
