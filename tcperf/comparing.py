"""Head against base: every total of a result judged by the gate, and told as a Comparison.  Pure.

With many gated metrics one alone proves less: those of a scenario are judged together, with the number of all that
were asked for (``tcperf.family``).  So what the live loop asks after each pair (``progress``), of the scenario that is
being played, is what is told in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from attrs import evolve, frozen

from tcperf import acceptances, alike, gate, reasons
from tcperf.absent import NOT_MEASURED
from tcperf.columns import BASE, pair_count
from tcperf.comparison import Comparison
from tcperf.differences import EXPLAINED, Explanation, explain
from tcperf.joining import join, pairing_problems
from tcperf.judged import Judged, comparison, gather, judge_now, judge_pairs, judge_samples, may_end
from tcperf.model import Result
from tcperf.node_shares import NodeShare, explain_nodes
from tcperf.ranking import ranked
from tcperf.rules import Acceptance, GatePolicy
from tcperf.summary import HEAD

NO_BASE: Final = "no base"


@frozen
class Compared:
    """What became of the comparison of two results.

    ``refusal`` says what could not be compared although it should have been; None where everything was.
    """

    comparisons: tuple[Comparison, ...]
    warnings: tuple[str, ...] = ()
    refusal: str | None = None


@frozen
class Progress:
    """What a scenario's pairs say so far.

    ``pairs`` are complete.  ``is_decided``: every gated metric that can be compared is; that is a reason to stop at a
    look, and between looks only where pairs ``may_end`` there (``gate.may_end``).  ``worst`` is the first in rank of
    all pairs (not explained), None before there is one.  ``undecided`` are the keys, after ``tcperf.[reference.]``, of
    the gated metrics that need more pairs.
    """

    pairs: int
    is_decided: bool
    worst: Comparison | None
    undecided: tuple[str, ...]
    may_end: bool = False


def compare_pairs(
    result: Result, policy: GatePolicy, accept: Iterable[Acceptance], today: date
) -> tuple[Comparison, ...]:
    """Every total of a result that holds both sides in pairs, worst first; without a base the same as ``budgets``.

    A scenario whose pairing has a problem is NOT COMPARED, with the problem as its note.
    """
    if BASE not in result.subjects:
        return budgets(result, policy)
    found = gather(result, policy, problems=pairing_problems(result))
    return _told(judge_pairs(found), result, tuple(accept), today)


def budgets(result: Result, policy: GatePolicy) -> tuple[Comparison, ...]:
    """The totals that have a limit, without a base: NOT COMPARED, but over budget where the head's median is."""
    limited = [each for each in gather(result, policy) if each.criterion.limit is not None]
    return ranked(
        comparison(evolve(each, why_not=NO_BASE if each.column.head else NOT_MEASURED)) for each in limited
    )


def compare_results(
    base: Result,
    head: Result,
    policy: GatePolicy,
    accept: Iterable[Acceptance],
    today: date,
    *,
    whole: bool = True,
) -> Compared:
    """What one result measured against what an earlier one did: as pairs where they are pairs, else as samples.

    ``tcperf.joining`` says what is taken from where, and what keeps two results from being compared: so does, where
    the ``whole`` base is to be compared, a scenario that only the base has.
    """
    joined, known = join(base, head, whole=whole), tuple(accept)
    found = gather(joined.result, policy, problems=joined.problems, paired=joined.is_paired)
    judged = judge_pairs(found) if joined.is_paired else judge_samples(found)
    comparisons = _told(judged, joined.result, known, today)
    told = (*joined.warnings, *warnings(joined.result, comparisons, known, today))
    return Compared(comparisons, told, joined.refusal)


def retold(result: Result) -> Result:
    """An earlier result that says where its changes come from as it is said now; its figures stay as they are.

    What its runs do not show any more keeps the words that it came with.
    """
    return evolve(result, comparisons=tuple(_explained(each, result) for each in result.comparisons))


def progress(
    result: Result,
    scenario: str,
    policy: GatePolicy,
    accept: Iterable[Acceptance] = (),
    today: date | None = None,
) -> Progress:
    """What the pairs of a scenario say so far, of its gated metrics.  Cheap: to be asked after each pair.

    All pairs there are count, those that were played beside the last one of a look, too.  What is certainly no larger
    than was accepted, on the day that is ``today`` (None: nothing is accepted), waits for no more pairs.
    """
    gathered = gather(result, policy, scenarios=(scenario,))
    found = [each for each in gathered if each.criterion.gated and each.why_not is None]
    pairs = pair_count(result, scenario)
    judged = _waiting(judge_pairs(found), tuple(accept), today)
    undecided = tuple(each.column.tail for each in judged if each.is_open)
    return Progress(
        pairs=pairs,
        is_decided=pairs >= gate.LOOKS[0] and not undecided,
        worst=next(iter(ranked(comparison(each) for each in judge_now(found))), None),
        undecided=undecided,
        may_end=not undecided and may_end(judged),
    )


def warnings(
    result: Result, comparisons: Sequence[Comparison], accept: Iterable[Acceptance], today: date
) -> tuple[str, ...]:
    """What must be said beside the comparisons: sides that are not alike, too few pairs, acceptances that have ended."""
    base, head = result.subjects.get(BASE), result.subjects.get(HEAD)
    told = alike.subject_warnings(base, head) if base is not None and head is not None else ()
    few = reasons.warnings(result.pairings, comparisons, in_suite=result.is_suite)
    return (*told, *few, *acceptances.expired(comparisons, accept, today))


# --- inside ------------------------------------------------------------------------------------------


def _waiting(judged: Iterable[Judged], accept: Sequence[Acceptance], today: date | None) -> list[Judged]:
    """Without those that are open, and within what is accepted."""
    if today is None:
        return [*judged]
    return [
        each
        for each in judged
        if not each.is_open or acceptances.accept(comparison(each), accept, today).accepted is None
    ]


def _told(
    judged: Iterable[Judged], result: Result, accept: Sequence[Acceptance], today: date
) -> tuple[Comparison, ...]:
    """The comparisons, accepted, explained and ranked."""
    accepted = (acceptances.accept(comparison(each), accept, today) for each in judged)
    return ranked(_explained(each, result) for each in accepted)


def _explained(each: Comparison, result: Result) -> Comparison:
    """With what makes the difference, in words, where anything does."""
    found = explanation(each, result)
    return each if found is None else evolve(each, explanation=found.brief)


def explanation(each: Comparison, result: Result) -> Explanation | NodeShare | None:
    """The flows, or else the node, that make the difference; None where none does, or they go another way than the metric."""
    if each.change not in {"worse", "better"}:
        return None
    base, head = (result.runs_of(each.scenario, side) for side in (BASE, HEAD))
    found: Explanation | NodeShare | None = None
    if each.metric in EXPLAINED:
        found = explain(base, head, each.phase, each.metric)
    else:
        found = explain_nodes(base, head, each.phase, each.metric)
    if found is None or not found.total or (found.total > 0) != (each.change == "worse"):
        return None
    return found
