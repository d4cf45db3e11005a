"""Whether there is room for the nodes of a plan, and what is said where there is none or little."""

import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf import crowd
from tcperf.crowd import Weight, check
from tcperf.definition import Scenario
from tcperf.errors import UsageError
from tcperf.network.interface import ROOM
from tcperf.parameter import USUAL_MAXIMA
from tcperf.plan import Plan
from tcperf.probes.room import Room
from tcperf.registry import discover
from tcperf.scenario import Phase, param

MIB = 1 << 20
NODE = Weight(30 * MIB, 2)


def plan(name="idle", **values):
    scenario = discover([]).get(name)
    return Plan(scenario, scenario.params_type(**values), 1)


def refusal(plan, room, lanes=1, weight=NODE):
    with pytest.raises(UsageError) as caught:
        check([plan], weight, room, lanes)
    assert caught.value.exit_status == 2
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "values", "nodes"),
    [
        ("idle", {"peers": 0}, 1),
        ("many_chats", {"peers": 8}, 9),
        ("group_chat", {"members": 5}, 5),
        ("relay_chain", {"nodes": 7}, 7),
        ("one_to_one", {}, 2),
    ],
)
def test_a_plan_says_how_many_nodes_it_starts(name, values, nodes):
    assert plan(name, **values).nodes == nodes


def test_a_parameter_of_another_type_says_nothing_of_nodes():
    @attrs.frozen
    class Params:
        peers: str = param("some", help="names")
        nodes: bool = param(True, help="whether")

    scenario = Scenario("trial", "a trial", (Phase("a"),), Params, lambda *_: None, "tests")
    assert (Plan(scenario, Params(), 1).nodes, Plan(scenario, Params(), 1).sized_by) == (2, None)


def test_what_a_network_has_room_for_is_what_the_parameters_go_up_to():
    assert USUAL_MAXIMA["members"] == USUAL_MAXIMA["nodes"] == USUAL_MAXIMA["peers"] + 1 == ROOM


def test_where_nothing_limits_them_and_they_are_few_nothing_is_said():
    assert check([plan(peers=3), plan("one_to_one")], NODE, Room()) == ()


def test_memory_that_is_short_is_told_with_what_there_is_room_for():
    assert refusal(plan(peers=100), Room(memory_bytes=1 << 30, cores=64)) == (
        "idle: 101 nodes need at least 3.04 GiB of memory, and 1.00 GiB are available "
        "(there is room for 31: -p idle.peers=30)"
    )


def test_files_that_are_short_are_told_with_the_limit_to_raise():
    raised = refusal(plan("group_chat", members=50), Room(files=256, most_files=4096))
    assert raised == (
        "group_chat: 50 nodes need 530 open files in tcperf's own process, and it may have 256 "
        "(there is room for 22: -p group_chat.members=22; or ulimit -n 530)"
    )
    assert "(ulimit -Hn, as root)" in refusal(plan(peers=49), Room(files=256, most_files=256))
    assert "ulimit -n 530" in refusal(plan(peers=49), Room(files=256))


def test_processes_that_are_short_are_told_with_the_limits_there_are():
    told = refusal(plan("relay_chain", nodes=20), Room(tasks=100))
    assert "20 nodes need 130 processes and threads, and there may be 100 more" in told
    assert "-p relay_chain.nodes=15; or raise the limit (ulimit -u, the container's pids limit" in told


def test_lanes_take_as_much_again_and_fewer_may_do():
    room = Room(memory_bytes=1500 * MIB, cores=64)
    assert check([plan(peers=19)], NODE, room)[0:] == ()
    told = refusal(plan(peers=19), room, lanes=3)
    assert told.startswith("idle: 20 nodes in each of 3 lanes need at least 1.99 GiB of memory")
    assert told.endswith("-p idle.peers=13; or --lanes 2)")
    assert "--lanes" not in refusal(plan(peers=99), room, lanes=3)


def test_there_may_be_room_for_none():
    assert "(there is room for none)" in refusal(plan(peers=9), Room(memory_bytes=MIB))


def test_so_few_as_usual_are_started_whatever_there_is():
    assert check([plan(peers=3)], NODE, Room(memory_bytes=0, tasks=0, files=0)) == ()


def test_what_is_merely_large_is_warned_of_with_its_estimate():
    (warning,) = check([plan(peers=60)], NODE, Room(memory_bytes=10 << 30, cores=2))
    assert warning == (
        "idle: 61 nodes need about 1.87 GiB of memory of their own, of 10.0 GiB that are available, 376 processes and threads, and 2 cores"
        " to share: where nodes wait for their turn, times say more of the machine than of them"
    )
    assert check([plan(peers=49)], NODE, Room(memory_bytes=10 << 30, cores=2)) == ()
    assert "one core to share" in check([plan(peers=30)], NODE, Room())[0]
    assert len(check([plan(peers=20)], NODE, Room(memory_bytes=1 << 30, cores=8))) == 1


LIMITS = st.none() | st.integers(0, 10_000)
ROOMS = st.builds(
    Room,
    memory_bytes=st.none() | st.integers(0, 20 << 30),
    tasks=LIMITS,
    files=LIMITS,
    most_files=LIMITS,
    cores=st.integers(1, 64),
)


def is_refused(nodes, room, lanes):
    try:
        check([plan("relay_chain", nodes=nodes)], NODE, room, lanes)
    except UsageError as error:
        return str(error)
    return None


@given(st.integers(crowd._FEW + 1, ROOM - 1), ROOMS, st.integers(1, 4))
def test_more_nodes_or_lanes_never_fit_where_fewer_do_not(nodes, room, lanes):
    if is_refused(nodes, room, lanes):
        assert is_refused(nodes + 1, room, lanes)
        assert is_refused(nodes, room, lanes + 1)


@given(st.integers(crowd._FEW + 1, ROOM), ROOMS, st.integers(1, 4))
def test_every_cure_with_a_figure_does(nodes, room, lanes):
    told = is_refused(nodes, room, lanes) or ""
    for figure in re.findall(r"nodes=(\d+)", told):
        assert is_refused(int(figure), room, lanes) is None
        assert int(figure) <= crowd._FEW or is_refused(int(figure) + 1, room, lanes)
    for figure in re.findall(r"--lanes (\d+)", told):
        assert is_refused(nodes, room, int(figure)) is None


@given(st.integers(crowd._FEW + 1, ROOM), ROOMS)
def test_so_many_lanes_fit_and_no_more(nodes, room):
    most = crowd.most_lanes(plan("relay_chain", nodes=nodes), NODE, room)
    assert most == 1 or is_refused(nodes, room, most) is None
    assert most == crowd._MOST_LANES or is_refused(nodes, room, most + 1)


def test_few_nodes_have_room_in_any_number_of_lanes():
    assert crowd.most_lanes(plan("one_to_one"), NODE, Room(0, 0, 0, 0, 1)) is None
