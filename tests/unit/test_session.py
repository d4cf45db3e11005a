"""All scenarios of an invocation become one result: what counts, what failed, and what there is so far."""

import attrs
import pytest
from players import plan, run_of
from samples import BACKEND, REFERENCE

from tcperf.comparison import Pairing
from tcperf.errors import NodeError, NotSupportedError
from tcperf.model import Conditions, Unsupported
from tcperf.plan import Assignment, Played
from tcperf.session import Failure, Session

PLAN = plan()
OTHER = attrs.evolve(PLAN, scenario=attrs.evolve(PLAN.scenario, name="other"))


def runs(made, *sides):
    return tuple(
        run_of(Assignment(made, side, number, pair=number // 2)) for number, side in enumerate(sides)
    )


def session(play, **subjects):
    return Session(subjects or {"head": BACKEND}, Conditions("private"), ("run",), play, ("a warning",))


def test_the_scenarios_are_gathered_in_their_order():
    def play(made, _so_far):
        return Played(runs(made, "head"), ("2024-10",), (f"{made.scenario.name} is slow",))

    outcome = session(play).run([PLAN, OTHER])
    assert outcome.failures == ()
    assert [info.name for info in outcome.result.scenarios] == ["trial", "other"]
    assert [run.scenario for run in outcome.result.runs] == ["trial", "other"]
    assert outcome.result.warnings == ("a warning", "trial is slow", "other is slow")
    assert outcome.result.subjects["head"].generation == "2024-10"
    assert outcome.result.pairings == ()


def test_each_side_is_what_its_nodes_turned_out_to_be():
    pairing = Pairing("trial", 1)

    def play(made, _so_far):
        return Played(runs(made, "base", "head"), ("new",), base_generations=("old",), pairing=pairing)

    result = session(play, head=BACKEND, base=BACKEND).run([PLAN]).result
    assert {side: subject.generation for side, subject in result.subjects.items()} == {
        "head": "new",
        "base": "old",
    }
    assert result.pairings == (pairing,)


def test_the_reference_node_is_what_it_was():
    result = session(lambda made, _: Played(runs(made, "head"), ("x",)), head=REFERENCE).run([PLAN]).result
    assert result.subjects["head"] == REFERENCE


def test_a_scenario_that_fails_does_not_take_the_others_along():
    def play(made, _so_far):
        if made is PLAN:
            raise NodeError("alice died")
        return Played(runs(made, "head"), ())

    outcome = session(play).run([PLAN, OTHER])
    assert [(failure.scenario, failure.error.message) for failure in outcome.failures] == [
        ("trial", "alice died")
    ]
    assert [info.name for info in outcome.result.scenarios] == ["other"]
    assert "trial failed and is not in these results: alice died" in outcome.result.warnings


@pytest.mark.parametrize("sides", [(), ("base",)])
def test_pairs_without_a_run_of_the_head_are_a_failure(sides):
    pairing = Pairing("trial", 0, problem="the head failed in its warm-up")

    def play(made, _so_far):
        return Played(runs(made, *sides), (), pairing=pairing, error=NodeError("alice died"))

    outcome = session(play, head=BACKEND, base=BACKEND).run([PLAN])
    assert outcome.result is None
    assert outcome.failures[0].error.message == "alice died"


def test_pairs_that_broke_off_keep_what_there_is():
    pairing = Pairing("trial", 1, problem="the base failed")

    def play(made, _so_far):
        return Played(runs(made, "base", "head"), (), pairing=pairing, error=NodeError("alice died"))

    outcome = session(play, head=BACKEND, base=BACKEND).run([PLAN])
    assert outcome.failures == ()
    assert [(each.scenario, each.error.message) for each in outcome.broken_off] == [("trial", "alice died")]
    assert len(outcome.result.runs) == 2
    assert outcome.result.pairings == (pairing,)


def test_what_there_is_so_far_holds_the_earlier_scenarios_and_the_present_one():
    seen = []

    def play(made, so_far):
        played = Played(runs(made, "head"), ())
        seen.append(so_far(played))
        return played

    final = session(play).run([PLAN, OTHER]).result
    assert [[run.scenario for run in result.runs] for result in seen] == [["trial"], ["trial", "other"]]
    assert attrs.evolve(seen[-1], warnings=()) == attrs.evolve(final, warnings=())


def test_what_was_asked_for_and_has_no_runs_is_known_from_the_first_result_on():
    """The number of all metrics does not depend on how far it has come, or on what fails."""
    seen, third = [], attrs.evolve(PLAN, scenario=attrs.evolve(PLAN.scenario, name="third"))

    def play(made, so_far):
        if made is OTHER:
            raise NodeError("alice died")
        seen.append(so_far(played := Played(runs(made, "head"), ())))
        return played

    final = session(play).run([PLAN, OTHER, third]).result
    assert [[info.name for info in result.left_out] for result in (*seen, final)] == [
        ["other", "third"],
        ["other"],
        ["other"],
    ]
    assert final.left_out == (OTHER.scenario.info(OTHER.params),)
    assert [info.name for info in final.scenarios] == ["trial", "third"]


def test_nothing_at_all_is_no_result():
    def play(_made, _so_far):
        raise NodeError("alice died")

    assert session(play).run([PLAN, OTHER]).result is None


LACKING = NotSupportedError("not supported by this node: trial needs private groups, which x has not")


def test_what_a_node_cannot_play_is_no_failure_and_no_number():
    seen = []

    def play(made, so_far):
        if made is PLAN:
            raise LACKING
        seen.append(so_far(played := Played(runs(made, "head"), ())))
        return played

    outcome = session(play).run([PLAN, OTHER])
    assert outcome.failures == outcome.broken_off == outcome.in_the_way == ()
    assert [(each.scenario, each.error) for each in outcome.unsupported] == [("trial", LACKING)]
    for result in (seen[0], outcome.result):
        assert result.unsupported == (Unsupported(PLAN.scenario.info(PLAN.params), LACKING.message),)
        assert [info.name for info in result.scenarios] == ["other"]
        assert result.left_out == ()
    assert outcome.result.warnings == ("a warning",)


def test_where_a_node_can_play_nothing_that_is_why_nothing_was_measured():
    def refuse(_made, _so_far):
        raise LACKING

    outcome = session(refuse).run([PLAN])
    assert outcome.result is None
    assert outcome.failures == ()
    assert outcome.in_the_way == outcome.unsupported == (Failure("trial", LACKING),)


def test_what_failed_beside_it_is_what_is_in_the_way():
    def play(made, _so_far):
        raise LACKING if made is PLAN else NodeError("alice died")

    outcome = session(play).run([PLAN, OTHER])
    assert outcome.result is None
    assert [each.scenario for each in outcome.in_the_way] == ["other"]
    assert [each.scenario for each in outcome.unsupported] == ["trial"]
