"""How a plant gets into one side, and nothing into the other."""

import attrs
import pytest
from players import FakeCrew, World, plan

from tcperf.crew import SoloCrew
from tcperf.link import Link
from tcperf.nodes.factory import StatusBackend, Statusd
from tcperf.nodes.flavour import WAKU
from tcperf.plan import Assignment
from tcperf.planting import SidedCrew, accompanied, later, open_crew, planted
from tcperf.plants import companion
from tcperf.plants.means import IDLE, Load, Means

FACTORY = StatusBackend(("node", "--flag"), env={"A": "b"})
LINK = Link(rate_bits_per_s=10**7)


def test_without_means_both_sides_are_alike():
    sides = planted(FACTORY, None, LINK)
    assert sides.head is sides.base is FACTORY
    assert sides.head_link == LINK


def test_a_switch_is_the_heads():
    sides = planted(FACTORY, Means("", switch="cpu=15%"), None)
    assert sides.head.command == ("node", "--flag", "--plant", "cpu=15%")
    assert sides.head == attrs.evolve(FACTORY, command=sides.head.command)
    assert sides.base is FACTORY
    assert sides.head_link is None


def test_a_companion_is_on_both_sides_and_costs_on_one():
    sides = planted(FACTORY, Means("", load=Load(cpu_ratio=0.15, memory_bytes=4096)), LINK)
    head, base = (companion.parse(each.command[4:]) for each in (sides.head, sides.base))
    assert (head.cpu, head.traffic, head.memory) == (0.15, 0.0, 4096)
    assert (base.cpu, base.traffic, base.memory) == (0.0, 0.0, 0)
    assert head.program == base.program == ["node", "--flag"]
    assert sides.head.command[:4] == sides.base.command[:4]
    assert sides.head.command[3] == companion.__file__
    assert sides.head.env == FACTORY.env
    assert sides.base == accompanied(FACTORY, IDLE)
    assert sides.head_link == LINK


@pytest.mark.parametrize(
    ("link", "late"),
    [
        (None, Link(delay_ms=20.0)),
        (LINK, Link(delay_ms=20.0, rate_bits_per_s=10**7)),
        (Link(delay_ms=50.0, loss_ratio=0.01), Link(delay_ms=70.0, loss_ratio=0.01)),
    ],
)
def test_a_delay_is_of_the_heads_links(link, late):
    sides = planted(FACTORY, Means("", delay_ms=20.0), link)
    assert sides.head is sides.base is FACTORY
    assert sides.head_link == late == later(link, 20.0)


class Runners:
    """Makes runners that only say what they were made of."""

    def __init__(self):
        self.made = []

    def __call__(self, head, base, link):
        self.made.append((head, base, link))
        return object()


def test_one_runner_will_do_where_the_networks_are_alike():
    sides, runners = planted(FACTORY, Means("", switch="cpu=1%"), LINK), Runners()
    assert isinstance(open_crew(sides, LINK, runners), SoloCrew)
    assert runners.made == [(sides.head, sides.base, LINK)]


def test_two_where_they_are_not():
    sides, runners = planted(FACTORY, Means("", delay_ms=5.0), None), Runners()
    crew = open_crew(sides, None, runners)
    assert isinstance(crew, SidedCrew)
    assert crew.lanes == 1
    assert [link for _head, _base, link in runners.made] == [None, Link(delay_ms=5.0)]


def test_each_side_is_played_by_its_own_crew():
    world = World()
    head, base = FakeCrew(world, value=lambda _: 2.0), FakeCrew(world, value=lambda _: 1.0)
    made = [Assignment(plan(), side, number) for number, side in enumerate(("head", "base", "head"), start=1)]
    with SidedCrew(head, base) as crew:
        assert head.is_open
        assert base.is_open
        played = crew.play(made)
    assert [head.is_open, base.is_open] == [False, False]
    assert [each.assignment for each in played] == made
    assert [each.run.phases[0].totals["cpu_ms"].value for each in played] == [2.0, 1.0, 2.0]
    assert [len(each.played) for each in (head, base)] == [2, 1]


def test_a_statusd_is_planted_as_any_other_program_is():
    made = Statusd(("/bin/statusd",), WAKU, "0.63.9")
    sides = planted(made, Means("a companion", load=Load(memory_bytes=1 << 20)), None)
    for side in (sides.head, sides.base):
        assert isinstance(side, Statusd)
        assert side.command[-2:] == ("--", "/bin/statusd")
        assert side.flavour == WAKU
    assert sides.head.command != sides.base.command
