"""Head against base: every total of a result judged by the gate, and told as a Comparison.  Pure.

All gated metrics of a result are judged together, for with many of them one alone proves less.  What the live loop
asks after each pair (``progress``) judges those of one scenario, and only what is gated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from attrs import evolve, frozen

from tcperf import acceptances, alike, gate, reasons
from tcperf.columns import BASE, pair_count
from tcperf.differences import EXPLAINED, Explanation, NodeShare, explain, explain_nodes
from tcperf.joining import join, pairing_problems
from tcperf.judged import Judged, comparison, gather, judge_pairs, judge_samples, up_to
from tcperf.model import Comparison, Result
from tcperf.ranking import ranked
from tcperf.rules import Acceptance, GatePolicy
from tcperf.summary import HEAD

NO_BASE: Final = "no base"
NOT_MEASURED: Final = "no run has it"


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

    ``pairs`` are complete.  ``is_decided``: at the last look every gated metric that can be compared was decided.
    ``worst`` is the first in rank of all pairs (not explained), None before there is one.  ``undecided`` are the keys,
    after ``tcperf.[reference.]``, of the gated metrics that need more pairs.
    """

    pairs: int
    is_decided: bool
    worst: Comparison | None
    undecided: tuple[str, ...]


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
    base: Result, head: Result, policy: GatePolicy, accept: Iterable[Acceptance], today: date
) -> Compared:
    """What one result measured against what an earlier one did: as pairs where they are pairs, else as samples.

    ``tcperf.joining`` says what is taken from where, and what keeps two results from being compared.
    """
    joined, known = join(base, head), tuple(accept)
    found = gather(joined.result, policy, problems=joined.problems, paired=joined.is_paired)
    judged = judge_pairs(found) if joined.is_paired else judge_samples(found)
    comparisons = _told(judged, joined.result, known, today)
    told = (*joined.warnings, *warnings(joined.result, comparisons, known, today))
    return Compared(comparisons, told, joined.refusal)


def progress(result: Result, scenario: str, policy: GatePolicy) -> Progress:
    """What the pairs of a scenario say so far, of its gated metrics.  Cheap: to be asked after each pair."""
    gathered = gather(result, policy, scenarios=(scenario,))
    found = [each for each in gathered if each.criterion.gated and each.why_not is None]
    pairs = pair_count(result, scenario)
    look = max((look for look in gate.LOOKS if look <= pairs), default=0)
    undecided = _open(found, look) if look else tuple(each.column.tail for each in found)
    now = (comparison(each) for each in judge_pairs(found, looks=()))
    return Progress(
        pairs=pairs,
        is_decided=bool(look) and not undecided,
        worst=next(iter(ranked(now)), None),
        undecided=undecided,
    )


def warnings(
    result: Result, comparisons: Sequence[Comparison], accept: Iterable[Acceptance], today: date
) -> tuple[str, ...]:
    """What must be said beside the comparisons: sides that are not alike, too few pairs, acceptances that have ended."""
    base, head = result.subjects.get(BASE), result.subjects.get(HEAD)
    told = alike.subject_warnings(base, head) if base is not None and head is not None else ()
    few = reasons.warnings(result.pairings, comparisons)
    return (*told, *few, *acceptances.expired(comparisons, accept, today))


# --- inside ------------------------------------------------------------------------------------------


def _told(
    judged: Iterable[Judged], result: Result, accept: Sequence[Acceptance], today: date
) -> tuple[Comparison, ...]:
    """The comparisons, accepted, explained and ranked."""
    accepted = (acceptances.accept(comparison(each), accept, today) for each in judged)
    return ranked(_explained(each, result) for each in accepted)


def _explained(each: Comparison, result: Result) -> Comparison:
    """With the flows, or else the node, that make the difference, where they do, and go the way of the metric."""
    if each.change not in {"worse", "better"}:
        return each
    base, head = (result.runs_of(each.scenario, side) for side in (BASE, HEAD))
    found: Explanation | NodeShare | None = None
    if each.metric in EXPLAINED:
        found = explain(base, head, each.phase, each.metric)
    else:
        found = explain_nodes(base, head, each.phase, each.metric)
    if found is None or not found.total or (found.total > 0) != (each.change == "worse"):
        return each
    return evolve(each, explanation=found.brief)


def _open(found: Sequence[Judged], look: int) -> tuple[str, ...]:
    """The metrics that were not decided at a look."""
    judged = judge_pairs([up_to(each, look) for each in found])
    return tuple(each.column.tail for each in judged if each.is_open)
