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


def test_omitted_metrics_are_left_out():
    assert "time_ms" not in Phase("idle", publish=True, omit=("time_ms",)).metrics


@pytest.mark.parametrize("name", ["", "Boot", "first peer", "x" * 25])
def test_a_phase_has_a_name_that_fits_a_key(name):
    with pytest.raises(ScenarioError, match=r"does not fit.*lower-case letter"):
        Phase(name)


def test_only_metrics_can_be_omitted():
    with pytest.raises(ScenarioError, match="phase idle omits 'time', which is no metric"):
        Phase("idle", omit=("time",))


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
        Param("messages", int, 100, 20, "messages in all", (), 2),
        Param("order", str, "blocks", "blocks", "who is next", ("blocks", "alternate"), None),
        Param("echo", bool, True, False, "echo", (), None),
    )


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
