"""How many lanes: from what the warm-ups cost, never more than the machine has room for."""

import attrs
import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from tcperf.definition import Scenario
from tcperf.lanes.choosing import BUSY_SHARE, LANES_A_CORE, MOSTLY_ASLEEP_CORES, choose_lanes, expected_s
from tcperf.model import Conditions, PhaseResult, Surroundings
from tcperf.scenario import Phase

PRIVATE = Conditions(network="private")
HOST = Conditions(network="host", mtu=None, offloads="host")
MEASURED = Phase("messages", publish=True)


@attrs.frozen
class NoParams:
    pass


def scenario(*phases):
    return Scenario("trial", "a trial", phases, NoParams, lambda _stage, _params: None, "tests")


SLEEPY = scenario(Phase("accounts"), MEASURED)


def warm_up(cpu_ms=500.0, seconds=10.0, name="messages", **changes):
    """A run that measured for so long, and used so much CPU; making its accounts was all work."""
    totals = {} if cpu_ms is None else {"cpu_ms": samples.measurement("cpu_ms", cpu_ms)}
    phases = (
        PhaseResult("accounts", 0, 4_000_000_000, totals={"cpu_ms": samples.measurement("cpu_ms", 8_000.0)}),
        PhaseResult(name, 5_000_000_000, round((5 + seconds) * 1e9), totals=totals),
    )
    return attrs.evolve(samples.run(samples.ONE_TO_ONE, 1, phases=phases), **changes)


def auto(*warm_ups, scenario=SLEEPY, cores=2, conditions=PRIVATE, shortened_by=1.0):
    return choose_lanes("auto", warm_ups, scenario, cores, conditions, shortened_by)


def test_sleeping_nodes_get_lanes():
    lanes, reason = auto(warm_up(cpu_ms=800.0))
    assert lanes == 6
    assert reason == "6 lanes: while it is measured, a run keeps 8% of a core busy"


def test_half_of_the_machine_stays_idle():
    lanes, _reason = auto(warm_up(cpu_ms=1400.0))
    assert lanes == 5  # 5 * (0.14 + 0.03) = 0.85 of the one core that may be busy


def test_no_more_lanes_than_there_is_room_for():
    assert choose_lanes("auto", (warm_up(cpu_ms=800.0),), SLEEPY, 2, PRIVATE, most=2) == (
        2, "2 lanes: there is room for the nodes of no more",
    )  # fmt: skip
    assert choose_lanes("auto", (warm_up(cpu_ms=800.0),), SLEEPY, 2, PRIVATE, most=1)[0] == 1
    assert choose_lanes("auto", (warm_up(cpu_ms=800.0),), SLEEPY, 2, PRIVATE, most=9)[0] == 6
    assert (
        choose_lanes(3, (), SLEEPY, 2, PRIVATE, most=1)[0] == 3
    )  # that was refused before, if there is none


def test_no_more_than_three_lanes_a_core():
    assert auto(warm_up(cpu_ms=1.0), cores=4)[0] == 12


def test_what_a_run_takes_is_told_by_the_longest_warm_up():
    """Its ten seconds of messages take ten times as long, its accounts do not."""
    assert expected_s((warm_up(seconds=8.0), warm_up()), SLEEPY, 10.0) == pytest.approx(15 + 9 * 10)
    assert expected_s((warm_up(),), SLEEPY) == pytest.approx(15)
    assert expected_s((), SLEEPY, 10.0) is None


def test_one_small_machine():
    assert auto(warm_up(cpu_ms=1400.0), cores=1)[0] == 2


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"scenario": scenario(MEASURED)}, "start while they are measured"),
        ({"conditions": HOST}, "share this machine's network"),
        ({"warm_ups": ()}, "no run to go by"),
        ({"warm_ups": (warm_up(cpu_ms=1500.0),)}, "keeps 15% of a core busy"),
        ({"warm_ups": (warm_up(cpu_ms=100.0), warm_up(cpu_ms=9000.0))}, "keeps 90% of a core busy"),
        ({"warm_ups": (warm_up(cpu_ms=10.0, seconds=1.0),)}, "measures for less than 3 s"),
        ({"warm_ups": (warm_up(name="connect"),)}, "measures for less than 3 s"),
        ({"warm_ups": (warm_up(cpu_ms=None),)}, "is not known"),
        (
            {"warm_ups": (warm_up(), warm_up(surroundings=Surroundings(outside_cores=1.5)))},
            "the machine is busy: other programs kept 1.50 cores busy",
        ),
        (
            {"warm_ups": (warm_up(surroundings=Surroundings(0.0, steal_ratio=0.4)),)},
            "the machine is busy: the hypervisor took 40%",
        ),
    ],
)
def test_one_lane_and_why(given, why):
    warm_ups = given.pop("warm_ups", (warm_up(),))
    lanes, reason = auto(*warm_ups, **given)
    assert lanes == 1
    assert reason.startswith("one lane: ")
    assert why in reason


def test_how_long_a_run_measures_is_not_told_by_a_warm_up_that_was_shortened():
    """Ten seconds of idling are warmed up for by one."""
    short = warm_up(cpu_ms=10.0, seconds=1.0)
    assert auto(short, shortened_by=10.0)[0] > 1
    assert "measures for less than 3 s" in auto(short, shortened_by=2.9)[1]
    assert auto(short, shortened_by=3.0)[0] > 1


def test_how_busy_it_is_is_a_share_and_is_not_scaled():
    assert auto(warm_up(cpu_ms=800.0), shortened_by=10.0) == auto(warm_up(cpu_ms=800.0))
    assert "keeps 15% of a core busy" in auto(warm_up(cpu_ms=1500.0), shortened_by=10.0)[1]


def test_a_quiet_machine_is_no_reason():
    quiet = Surroundings(outside_cores=0.02, steal_ratio=0.0, stall_ratio=0.01)
    assert auto(warm_up(surroundings=quiet))[0] > 1
    assert auto(warm_up(surroundings=Surroundings()))[0] > 1  # the system does not tell


def test_a_number_is_obeyed():
    busy = warm_up(cpu_ms=20_000.0)
    assert choose_lanes(3, (busy,), SLEEPY, 2, PRIVATE) == (3, "3 lanes, as asked for")
    assert choose_lanes(1, (), SLEEPY, 2, PRIVATE) == (1, "one lane, as asked for")


def test_but_not_on_the_machines_own_network():
    lanes, reason = choose_lanes(3, (warm_up(),), SLEEPY, 2, HOST)
    assert lanes == 1
    assert "share this machine's network" in reason


@given(
    st.floats(0.0, 40_000.0),
    st.floats(0.5, 600.0),
    st.integers(1, 128),
    st.lists(st.floats(0.0, 1000.0), max_size=3),
)
def test_there_is_always_room_for_them(cpu_ms, seconds, cores, others):
    runs = [warm_up(each, seconds) for each in (cpu_ms, *others)]
    lanes, reason = auto(*runs, cores=cores)
    assert 1 <= lanes <= LANES_A_CORE * cores
    assert reason
    if lanes > 1:
        load = max(cpu_ms, *others, 0.0) / 1000 / seconds
        assert load < MOSTLY_ASLEEP_CORES
        assert lanes * load <= BUSY_SHARE * cores


@given(st.floats(0.0, 3_000.0), st.floats(0.0, 3_000.0), st.integers(1, 16))
def test_busier_nodes_never_get_more_lanes(one, other, cores):
    calm, busy = sorted((one, other))
    assert auto(warm_up(busy), cores=cores)[0] <= auto(warm_up(calm), cores=cores)[0]
