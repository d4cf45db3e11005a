"""Assignments, what they are called, and the crew of one."""

import pytest
from players import plan, run_of

from tcperf.crew import Performance, SoloCrew, perform
from tcperf.errors import Interrupted, NodeError
from tcperf.plan import Assignment

PLAN = plan()


@pytest.mark.parametrize(
    ("assignment", "run_id", "title"),
    [
        (Assignment(PLAN, "head", 2), "trial-2", "run 2 of 1"),
        (Assignment(PLAN, "head", 7, pair=2), "trial-p03-head", "pair 3, head"),
        (Assignment(PLAN, "base", 8, pair=99, attempt=2), "trial-p100-base-2", "pair 100, base"),
        (
            Assignment(PLAN, "base", 1, discarded_because="warm-up"),
            "trial-warmup-base",
            "warm-up of the base",
        ),
    ],
)
def test_names_say_what_is_played(assignment, run_id, title):
    assert (assignment.run_id, assignment.title) == (run_id, title)


def test_names_are_unique():
    made = {
        Assignment(PLAN, side, 1, pair, attempt).run_id
        for side in ("head", "base")
        for pair in (None, *range(120))
        for attempt in (1, 2, 3)
    }
    assert len(made) == 2 * 120 * 3 + 3  # unpaired ones are told apart by their number


class FakeRunner:
    def __init__(self, fails=()):
        self._fails = fails
        self.meets = []

    def perform(self, assignment, meet=None):
        self.meets.append(meet)
        if assignment.number in self._fails:
            raise NodeError("alice died")
        return run_of(assignment), ("2024-10",)


def test_the_crew_of_one_plays_one_after_another_and_tells_what_fails():
    first, second = Assignment(PLAN, "base", 1, pair=0), Assignment(PLAN, "head", 2, pair=0)
    with SoloCrew(FakeRunner(fails={1})) as crew:
        failed, played = crew.play([first, second])
    assert crew.lanes == 1
    assert (failed.assignment, failed.run, failed.error.message) == (first, None, "alice died")
    assert played == Performance(second, run_of(second), ("2024-10",))


def test_what_is_no_runs_fault_is_raised():
    class Interrupting:
        def perform(self, _assignment, _meet=None):
            raise Interrupted(2, "SIGINT")

    with pytest.raises(Interrupted):
        SoloCrew(Interrupting()).play([Assignment(PLAN, "head", 1)])


def test_who_waits_for_others_is_handed_on():
    runner = FakeRunner()
    perform(runner, Assignment(PLAN, "head", 1), print)
    assert runner.meets == [print]
