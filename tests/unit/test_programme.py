"""What a scenario declares, held against what it plays."""

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from tcperf.capabilities import Capability
from tcperf.definition import Scenario
from tcperf.errors import NotSupportedError, ScenarioError
from tcperf.programme import Programme
from tcperf.scenario import Phase


@frozen
class Kind:
    capabilities: frozenset[Capability]
    generation: str = "statusd 0.17.0"


def programme(*phases, needs=()):
    scenario = Scenario("trial", "a trial", phases, object, lambda *_: None, "tests", needs)
    return Programme(scenario, "the base's node")


def play(of, name):
    of.begins(name, None)
    of.ended(name)


def test_each_phase_once_in_any_order_is_complete():
    made = programme(Phase("one"), Phase("two"))
    play(made, "two")
    with pytest.raises(ScenarioError, match="ended without its phase one"):
        made.check_complete()
    play(made, "one")
    made.check_complete()


def test_a_phase_that_nobody_declared_is_none():
    with pytest.raises(ScenarioError, match=r"enters the phase 'three'.*PHASES declares one, two"):
        programme(Phase("one"), Phase("two")).begins("three", None)


def test_a_phase_is_inside_of_no_other():
    with pytest.raises(ScenarioError, match="enters the phase two inside of one"):
        programme(Phase("one"), Phase("two")).begins("two", "one")


def test_a_phase_is_entered_once():
    made = programme(Phase("one"))
    play(made, "one")
    with pytest.raises(ScenarioError, match="enters the phase one twice"):
        made.begins("one", None)


def test_one_that_was_broken_off_was_not_played():
    made = programme(Phase("one"))
    made.begins("one", None)
    with pytest.raises(ScenarioError, match="ended without its phase one"):
        made.check_complete()


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.randoms())
def test_others_are_met_around_all_that_is_published_and_never_between(published, random):
    phases = [Phase(f"p{number}", publish=publish) for number, publish in enumerate(published)]
    made = programme(*phases)
    told = []
    made.meet_others(told.append)
    order = random.sample(phases, len(phases))
    for phase in order:
        made.begins(phase.name, None)
        told.append(phase.publish)
        made.ended(phase.name)
    assert told.count("begin") == told.count("end") == int(any(published))
    if any(published):
        inside = told[told.index("begin") + 1 : told.index("end")]
        assert inside.count(True) == sum(published)
        assert inside[0] is True
        assert inside[-1] is True


def test_a_node_that_lacks_what_is_needed_is_refused_with_whose_it_is():
    made = programme(Phase("one"), needs=(Capability.GROUPS,))
    made.check_capabilities(Kind(frozenset(Capability)))
    with pytest.raises(NotSupportedError, match="base's node: trial needs private groups, which statusd"):
        made.check_capabilities(Kind(frozenset({Capability.RELAY})))


def test_what_not_every_node_can_is_to_be_declared():
    programme(Phase("one"), needs=(Capability.GROUPS,)).must_need(Capability.GROUPS, "makes a group")
    with pytest.raises(ScenarioError, match=r'trial makes a group \(declare NEEDS = \("groups",\)\)'):
        programme(Phase("one")).must_need(Capability.GROUPS, "makes a group")
