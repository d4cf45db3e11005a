"""Two results, made one after the other or side by side, as one that holds both sides.  Pure.

What is compared is what each result measured, its head.  Where it comes from:

1. HEAD holds both sides in pairs, and its base is the program that BASE measured: its own pairs, which need nothing
   of BASE.  So it is where both are one and the same result that was made in pairs, be there any that count or not.
2. Both hold numbered pairs that were made in one step (one start, one machine): these pairs.
3. Everything else: the runs that count, as two samples.  That is a weaker test, and no help against a machine that
   was slower on the day of the base; it is said.  One result's runs are no two samples.

Unlike conditions or parameters keep them from being compared; unlike machines and versions of tcperf are warned of.
What either result says of its own comparison is left out; what it says of its runs stays, with its side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import evolve, field, frozen

from tcperf.alike import unlike_machines, unlike_params
from tcperf.columns import BASE
from tcperf.conditions import unlike
from tcperf.model import Result, Run, ScenarioInfo
from tcperf.remarks import of_side, without_comparison
from tcperf.summary import HEAD

_UNPAIRED: Final = (
    "the runs belong to no pairs: the test is a weaker one, and whatever else differed between the two times looks "
    "like a change ({})"
)
#: What helps against that; there are no pairs of tests of a suite.
_IN_ONE_STEP: Final = {
    False: "measure both sides in one step: tcperf run --base, tcperf exec --base-command",
    True: "make the --tcperf-baseline just before, on this machine, with as many repeats: pytest --count of pytest-repeat",
}
#: How the warning begins that a base's result is not used; reports tell it before everything else.
OWN_PAIRS: Final = "the pairs in the head's result are used, and not the base's result"
_NOTHING: Final = "there are no runs to compare"
#: Of a result without pairs that is held against itself, as a mistyped path does it: equal figures would prove nothing.
_ITSELF: Final = "both are one and the same result, which holds no pairs"
#: Why a scenario is not compared that the head has no run of: it was asked for, or was not even that.
_FAILED: Final = "it was asked for, and has no run in the head's result"
_LOST: Final = "only in the base's result: the head's has no such scenario"


@frozen
class Joined:
    """One result with both sides; ``problems`` says which of its scenarios cannot be compared, and why.

    ``refusal`` is all of them in a line, None where all can be.
    """

    result: Result
    is_paired: bool
    problems: Mapping[str, str] = field(factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def refusal(self) -> str | None:
        """What cannot be compared although it should be; None where everything can."""
        if not self.result.scenarios:
            return _NOTHING
        reasons = dict.fromkeys(self.problems.values())
        if len(reasons) == 1 and [*self.problems] == [info.name for info in self.result.scenarios]:
            return next(iter(reasons))
        return "; ".join(f"{name}: {reason}" for name, reason in self.problems.items()) or None


def join(base: Result, head: Result, *, whole: bool = True) -> Joined:
    """The two results as one.

    ``whole``: the head should have all scenarios that the base has.  Else it should have those it was asked for.
    """
    if _holds_both(base, head):
        told = () if base == head else (_unused(base, head),)
        problems = {**pairing_problems(head), **{info.name: _FAILED for info in head.left_out}}
        return Joined(without_comparison(head), is_paired=True, problems=problems, warnings=told)
    if base == head:
        problems = {info.name: _ITSELF for info in head.scenarios}
        return Joined(_joined(base, head), is_paired=False, problems=problems)
    is_paired = _made_in_one_step(base, head)
    return Joined(
        result=_joined(base, head),
        is_paired=is_paired,
        problems=dict((*_problems(base, head), *_lost(base, head, whole=whole))),
        warnings=(
            *((_unpaired(head),) if not is_paired and _has_samples(base, head) else ()),
            *_warnings(base, head, whole=whole),
            *of_side(base, BASE),
        ),
    )


def _unpaired(head: Result) -> str:
    return _UNPAIRED.format(_IN_ONE_STEP[head.is_suite])


def pairing_problems(result: Result) -> dict[str, str]:
    """Why scenarios of a paired result were not compared."""
    return {each.scenario: each.problem for each in result.pairings if each.problem is not None}


def _holds_both(base: Result, head: Result) -> bool:
    inner, measured = head.subjects.get(BASE), base.subjects.get(HEAD)
    if inner is None:
        return False
    if base == head:
        return True
    is_same = measured is not None and measured.is_same(inner)
    return is_same and _has_pairs(head, BASE) and _has_pairs(head, HEAD)


def _unused(base: Result, head: Result) -> str:
    """That the base's result is not used, and what in it nobody should take for what the pairs were made with."""
    known = {info.name: info for info in base.scenarios}
    otherwise = [
        *unlike(base.conditions, head.conditions),
        *(
            f"{info.name}: {each}"
            for info in head.scenarios
            if info.name in known
            for each in unlike_params(known[info.name], info)
        ),
    ]
    return f"{OWN_PAIRS}, which was measured otherwise: {'; '.join(otherwise)}" if otherwise else OWN_PAIRS


def _made_in_one_step(base: Result, head: Result) -> bool:
    is_one = (base.tool.started, base.environment.hostname) == (head.tool.started, head.environment.hostname)
    return is_one and _has_pairs(base, _side(base)) and _has_pairs(head, HEAD)


def _has_pairs(result: Result, side: str) -> bool:
    return any(run.pair is not None for run in result.runs if run.subject == side and not run.discarded)


def _has_samples(base: Result, head: Result) -> bool:
    """Whether there are runs of both sides that count: of none there is no test, be it weak or not."""
    sides = ((base, _side(base)), (head, HEAD))
    return all(
        any(run.subject == side and not run.discarded for run in result.runs) for result, side in sides
    )


def _side(result: Result) -> str:
    """The side of a base's result that was measured: its head, or, where it holds only a base, that."""
    return HEAD if HEAD in result.subjects else BASE


def _joined(base: Result, head: Result) -> Result:
    side = _side(base)
    subjects = {HEAD: head.subjects.get(HEAD), BASE: base.subjects.get(side)}
    return evolve(
        head,
        subjects={name: subject for name, subject in subjects.items() if subject is not None},
        runs=(*_runs(head, HEAD, HEAD), *_runs(base, side, BASE)),
        comparisons=(),
        pairings=(),
        warnings=of_side(head, HEAD),
    )


def _runs(result: Result, side: str, name: str) -> Iterator[Run]:
    return (evolve(run, subject=name) for run in result.runs if run.subject == side)


def _problems(base: Result, head: Result) -> Iterator[tuple[str, str]]:
    """Each of the head's scenarios that cannot be compared."""
    conditions = unlike(base.conditions, head.conditions)
    known = {info.name: info for info in base.scenarios}
    for info in head.scenarios:
        if conditions:
            yield info.name, f"measured under unlike conditions: {'; '.join(conditions)}"
        elif info.name not in known:
            yield info.name, "the base's result has no such scenario"
        else:
            yield from _unlike(known[info.name], info)


def _lost(base: Result, head: Result, *, whole: bool) -> Iterator[tuple[str, str]]:
    """Each of the base's scenarios that the head should have, and has no run of."""
    played, left_out = _names(head.scenarios), _names(head.left_out)
    unsupported = {each.scenario.name: each.reason for each in head.unsupported}
    for info in base.scenarios:
        if info.name in unsupported:
            yield info.name, unsupported[info.name]
        elif info.name in left_out:
            yield info.name, _FAILED
        elif whole and info.name not in played:
            yield info.name, _LOST


def _names(scenarios: Iterable[ScenarioInfo]) -> set[str]:
    return {info.name for info in scenarios}


def _unlike(base: ScenarioInfo, head: ScenarioInfo) -> Iterator[tuple[str, str]]:
    parameters = unlike_params(base, head)
    if parameters:
        yield head.name, f"measured with unlike parameters: {'; '.join(parameters)}"


def _warnings(base: Result, head: Result, *, whole: bool) -> Iterator[str]:
    machines = unlike_machines(base.environment, head.environment)
    if machines:
        yield f"measured on unlike machines, which may be all that differs: {'; '.join(machines)}"
    if base.tool.version != head.tool.version:
        yield f"measured by unlike versions of tcperf: {base.tool.version} against {head.tool.version}"
    names = _names((*head.scenarios, *head.left_out, *(each.scenario for each in head.unsupported)))
    left = [info.name for info in base.scenarios if info.name not in names]
    if left and not whole:
        yield f"only in the base's result, and not compared: {', '.join(left)}"
