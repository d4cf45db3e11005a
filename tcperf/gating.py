"""What a result means for the build: by which mode it fails, which comparisons make it fail, which are missing.  Pure.

One regression is reported once.  ``problem``: a build problem each, and the step ends with 0; ``exit``: the step
ends with 1; ``condition``: the statistics alone, for failure conditions of the server; ``off``: the verdicts are
told.  A comparison that was asked for and not made ends the step with 4 in every mode: never green by omission.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, get_args

from attrs import field, frozen

from tcperf.comparison import Comparison
from tcperf.errors import NotComparedError
from tcperf.model import Result
from tcperf.options import AUTO
from tcperf.ranking import unseen
from tcperf.rules import GatePolicy

Mode = Literal["problem", "condition", "exit", "off"]
#: Measured, and nothing to object to; and what there is to object to makes the step fail.
FINE: Final = 0
WORSE: Final = 1
NO_BASE: Final = "gate.require_comparison asks for a comparison, and no base was given"
_NOTHING: Final = "nothing was compared"
#: Why a scenario is missed of which nothing is left to be gated.
NOTHING_SEEN: Final = "nothing is gated, for all that should be is too noisy"


def resolve_mode(asked: str | None, *, teamcity: bool) -> Mode:
    """The mode that was asked for; for None and "auto" that of whoever reads: ``problem`` under TeamCity, else ``exit``.

    Raises ValueError for what is no mode.
    """
    if asked is None or asked == AUTO:
        return "problem" if teamcity else "exit"
    for mode in get_args(Mode):
        if asked == mode:
            return mode  # type: ignore[no-any-return]  # get_args knows no types
    raise ValueError(f"unknown gate mode {asked!r}: {AUTO} or one of {', '.join(get_args(Mode))}")


@frozen
class Gate:
    """How a result is judged: what is handed from the command line to the reports and to the exit status.

    ``refusal`` says why a comparison with an earlier result, which was asked for, was not made; None where it was,
    or nobody asked.  ``optional``: the earlier result need not be comparable, as a whole or in part.
    """

    mode: Mode = "off"
    policy: GatePolicy = field(factory=GatePolicy)
    refusal: str | None = None
    optional: bool = False

    def objections(self, result: Result) -> tuple[Comparison, ...]:
        """The comparisons that make the build bad, in the result's order, which is worst first."""
        return objections(result, self.policy)

    def problems(self, result: Result) -> tuple[Comparison, ...]:
        """Those of them that are build problems: all in the mode ``problem``, none in the others."""
        return self.objections(result) if self.mode == "problem" else ()

    def missed(self, result: Result) -> tuple[str, ...]:
        """Why comparisons that were asked for were not made."""
        return missed(result, self.policy, refusal=self.refusal, optional=self.optional)

    def exit_status(self, result: Result) -> int:
        """The status that the step ends with."""
        return exit_status(result, self.mode, self.policy, refusal=self.refusal, optional=self.optional)


def exit_status(
    result: Result, mode: Mode, policy: GatePolicy, *, refusal: str | None = None, optional: bool = False
) -> int:
    """4 where a comparison that was asked for was not made, in every mode; 1 for objections in ``exit``; else 0."""
    if missed(result, policy, refusal=refusal, optional=optional):
        return NotComparedError.exit_status
    return WORSE if mode == "exit" and objections(result, policy) else FINE


def objections(result: Result, policy: GatePolicy) -> tuple[Comparison, ...]:
    """The comparisons that make a build bad, in the result's order: regressions, limits that are exceeded.

    And, where ``policy.undecided`` is "fail", gated changes that cannot be told, and what was too noisy to be gated in
    a scenario in which nothing else is.
    """
    blind = unseen(result.comparisons) if policy.undecided == "fail" else ()
    return tuple(each for each in result.comparisons if _is_objection(each, policy) or each in blind)


def is_undecided(comparison: Comparison) -> bool:
    """Whether a gated metric's change can neither be confirmed nor excluded, and more than a warning may come of it.

    One that is no larger than what is accepted is none.
    """
    is_open = comparison.gated and comparison.change == "cannot_tell" and comparison.accepted is None
    return is_open and not comparison.warns_only


def is_improvement(comparison: Comparison) -> bool:
    """Whether a gated metric is better, and what says so is more than a warning: as it is of a regression."""
    return comparison.gated and comparison.change == "better" and not comparison.warns_only


def is_made(comparison: Comparison) -> bool:
    """Whether head and base were compared at all."""
    return comparison.change != "not_compared"


def missed(
    result: Result, policy: GatePolicy, *, refusal: str | None = None, optional: bool = False
) -> tuple[str, ...]:
    """Why comparisons that were asked for were not made, a text each; empty where none is missing.

    One is asked for by a base, by ``policy.require_comparison``, and by an earlier result (not by past builds, nor
    by an ``optional`` one): ``refusal`` says why that cannot be compared.  A scenario is missed where its pairs
    failed or none of its metrics was compared, and, where a comparison is required, where all of them are too noisy
    to be gated; a metric where it is gated and was not compared.
    """
    if refusal is not None:
        return (refusal,)
    if not policy.require_comparison and (optional or not _has_base(result)):
        return ()
    if not _has_base(result) and not _has_history(result):
        return (NO_BASE,)
    problems = {each.scenario: each.problem for each in result.pairings}
    names = dict.fromkeys((*problems, *(info.name for info in result.scenarios)))
    found = (text for name in names for text in _missed_of(result, name, problems.get(name)))
    return (*found, *(_unseen_in(result) if policy.require_comparison else ()))


def _unseen_in(result: Result) -> Iterator[str]:
    for name in dict.fromkeys(each.scenario for each in unseen(result.comparisons)):
        yield f"{name}: {NOTHING_SEEN}"


def _missed_of(result: Result, scenario: str, problem: str | None) -> Iterator[str]:
    found = [each for each in result.comparisons if each.scenario == scenario]
    if problem is not None:
        yield f"{scenario}: {problem}"
    elif not any(map(is_made, found)):
        yield f"{scenario}: {_common_note(found) or _NOTHING}"
    else:
        for each in found:
            if each.gated and not is_made(each):
                yield f"{each.key}: {each.note or 'not compared'}"


def _common_note(comparisons: list[Comparison]) -> str | None:
    """Why none of them was made, where it is the same for all."""
    notes = {each.note for each in comparisons}
    return notes.pop() if len(notes) == 1 else None


def _is_objection(comparison: Comparison, policy: GatePolicy) -> bool:
    if comparison.is_regression or comparison.is_over_budget:
        return True
    return policy.undecided == "fail" and is_undecided(comparison)


def _has_base(result: Result) -> bool:
    """Whether there was something to compare with: a base that ran, or an earlier result's figures.

    Past builds are none: that they lack a figure, as they lack every new one, breaks no build.
    """
    has_figures = any(is_made(each) and each.history_builds is None for each in result.comparisons)
    return "base" in result.subjects or bool(result.pairings) or has_figures


def _has_history(result: Result) -> bool:
    return any(each.history_builds is not None for each in result.comparisons)
