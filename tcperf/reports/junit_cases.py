"""The verdicts as JUnit sees tests: a suite a scenario, a case a phase's metric.

=======  =============================================================================================================
failure  WORSE and OVER BUDGET; CAN'T TELL, and what is too noisy to be gated where nothing else is, where
         ``gate.undecided`` is "fail"
error    NOT COMPARED, where a comparison was asked for; FAILED, of a scenario that has no runs
skipped  CAN'T TELL, and a change that is only UNUSUAL among past builds; NOT COMPARED, where nobody asked; what is
         published and not judged: with nothing to compare it with, too noisy, or only reported; NOT SUPPORTED, of a
         scenario that the node cannot play; NOT MEASURED, of a suite's test that failed or was skipped: whoever ran
         it tells that
passed   OK and BETTER; what tcperf.toml accepts; a limit that is kept
=======  =============================================================================================================

So whatever is published, or gated or limited by the rules, is a case in every build: readers draw a case's history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, Self

from attrs import frozen

from tcperf.columns import Column, columns
from tcperf.comparison import Comparison
from tcperf.due import due
from tcperf.gating import Gate, is_made
from tcperf.metrics import METRICS
from tcperf.model import Result, Unmeasured, Unsupported
from tcperf.ranking import unseen
from tcperf.remarks import reason_of_absence
from tcperf.reports.cautions import reserved
from tcperf.reports.runs_text import runs_text
from tcperf.reports.tests_named import reason, tests_of
from tcperf.reports.text import shorten
from tcperf.reports.unjudged import unjudged
from tcperf.reports.verdicts import ACCEPTED, LABELS, UNUSUAL, group, label, median
from tcperf.sentences import place, problem, sentence
from tcperf.summary import HEAD
from tcperf.units import MILLISECONDS

Outcome = Literal["passed", "failure", "error", "skipped"]

#: The case that tells why a scenario was not compared, that of one that failed, and the suite of a result without any scenario.
COMPARISON: Final = "comparison"
RUN: Final = "run"
NOTHING: Final = "tcperf"
FAILED: Final = "FAILED"
NOT_COMPARED: Final = "NOT COMPARED"
NOT_SUPPORTED: Final = "NOT SUPPORTED"
NOT_MEASURED: Final = "NOT MEASURED"
_NAME_LIMIT: Final = 100
_TEXT_LIMIT: Final = 1000
_TEST_LIMIT: Final = 300
_MS_PER_S: Final = 1000.0
#: Longer than any run; what is more is not written as a time.
_LONGEST_S: Final = 1e9


@frozen
class Case:
    """One case.

    ``kind`` is the verdict in capitals, ``text`` the sentence, ``details`` the figures behind what failed, else "".
    ``time_s`` is the head's median, where the metric is a time; else 0, for then nothing was timed.  ``test`` is
    the id of the test of a suite that it is about, "" where it is about none.
    """

    name: str
    outcome: Outcome
    kind: str
    text: str
    details: str = ""
    time_s: float = 0.0
    test: str = ""


@frozen
class Suite:
    """The cases of a scenario, the worst first.  ``name`` has ``reference.`` before it where the bundled node ran."""

    name: str
    cases: tuple[Case, ...]

    def count(self, outcome: Outcome) -> int:
        """How many cases ended so."""
        return sum(case.outcome == outcome for case in self.cases)


def suites(result: Result, gate: Gate) -> tuple[Suite, ...]:
    """The suites in the order of the scenarios; there is at least one, and none is empty."""
    bench = _Bench.of(result, gate)
    names = dict.fromkeys(
        (
            *(info.name for info in result.scenarios),
            *(each.scenario for each in result.pairings),
            *(each.scenario for each in result.comparisons),
        )
    )
    made = (Suite(bench.suite(name), tuple(bench.cases(name))) for name in names)
    found = tuple(suite for suite in made if suite.cases)
    missed = gate.missed(result)
    failed = (
        *(bench.failed_suite(info.name) for info in result.left_out if info.name not in names),
        *map(bench.unsupported_suite, result.unsupported),
    )
    if missed and not any(suite.count("error") for suite in found):  # never green by omission
        return (_alone("error", missed[0]), *found, *failed)
    return (*found, *failed) or (_alone("skipped", "nothing was compared"),)


def _alone(outcome: Outcome, text: str) -> Suite:
    """What is said of the result, and of no scenario."""
    return Suite(NOTHING, (Case(COMPARISON, outcome, NOT_COMPARED, shorten(text, _TEXT_LIMIT)),))


@frozen
class _Bench:
    """What the cases are made from.

    ``due`` is what the rules gate or limit.  The sets are keys: what fails; what keeps its limit without a base;
    what is too noisy to be gated where nothing else is.
    """

    result: Result
    columns: Mapping[str, Column]
    due: Mapping[str, Column]
    failed: frozenset[str]
    kept: frozenset[str]
    unseen: frozenset[str]
    tests: Mapping[tuple[str, str], str]
    is_asked_for: bool

    @classmethod
    def of(cls, result: Result, gate: Gate) -> Self:
        """Judged by ``gate``."""
        return cls(
            result,
            {column.key: column for info in result.scenarios for column in columns(result, info)},
            due(result, gate.policy),
            frozenset(each.key for each in gate.objections(result)),
            frozenset(each.key for each in group(result).within),
            frozenset(each.key for each in unseen(result.comparisons)),
            tests_of(result),
            is_asked_for=bool(gate.missed(result)),
        )

    def suite(self, scenario: str) -> str:
        head = self.result.subjects.get(HEAD)
        is_reference = head is not None and head.reference
        return shorten(f"reference.{scenario}" if is_reference else scenario, _NAME_LIMIT)

    def failed_suite(self, scenario: str) -> Suite:
        """The suite of a scenario that was asked for and has no runs."""
        text = f"{scenario}: {reason_of_absence(self.result, scenario)}"
        case = Case(RUN, "error", FAILED, shorten(text, _TEXT_LIMIT))
        return Suite(self.suite(scenario), (case, *self._unplayed(scenario)))

    def unsupported_suite(self, each: Unsupported) -> Suite:
        """The suite of a scenario that a node cannot play."""
        case = Case(RUN, "skipped", NOT_SUPPORTED, shorten(each.reason, _TEXT_LIMIT))
        return Suite(self.suite(each.scenario.name), (case, *self._unplayed(each.scenario.name)))

    def _unplayed(self, scenario: str) -> Iterator[Case]:
        """What the rules gate or limit of a scenario without runs: a case that is missing now has no history."""
        return (self._measured(each, None) for each in self.due.values() if each.scenario == scenario)

    def cases(self, scenario: str) -> Iterator[Case]:
        """The scenario's own problem, then what was judged, then what else is published."""
        pairings = (each for each in self.result.pairings if each.scenario == scenario)
        problems = [each.problem for each in pairings if each.problem is not None]
        for text in problems:
            yield Case(COMPARISON, "error", NOT_COMPARED, shorten(text, _TEXT_LIMIT))
        told = [each for each in self.result.comparisons if each.scenario == scenario]
        judged = {each.key: each for each in told if self._is_judged(each)}
        yield from map(self._judged, judged.values())
        said = {each.key: each for each in told}
        for column in self._lasting(scenario):
            if column.key not in judged:
                yield self._measured(column, said.get(column.key))
        yield from (_unmeasured(each) for each in self.result.unmeasured if each.scenario == scenario)

    def _test(self, scenario: str, phase: str) -> str:
        return shorten(self.tests.get((scenario, phase), ""), _TEST_LIMIT)

    def _lasting(self, scenario: str) -> Iterator[Column]:
        """What is a case in every build: what the scenario's phases publish, measured or not, and what the rules gate or limit."""
        published = {key: column for key, column in self.columns.items() if column.published}
        return (each for each in {**published, **self.due}.values() if each.scenario == scenario)

    def _measured(self, each: Column, said: Comparison | None) -> Case:
        """A figure that nothing was said of, or only reported."""
        return Case(
            name=_name(each.phase, each.metric),
            outcome="skipped",
            kind=NOT_COMPARED if said is None else label(said),
            text=shorten(unjudged(each, self.result) if said is None else sentence(said), _TEXT_LIMIT),
            time_s=_time_s(each.metric, each.head_median),
            test=self._test(each.scenario, each.phase),
        )

    def _is_judged(self, each: Comparison) -> bool:
        """Whether it is a case by itself; also what is too noisy to be gated, where nothing else is."""
        return each.gated or each.limit is not None or each.key in self.unseen

    def _judged(self, each: Comparison) -> Case:
        outcome = self._outcome(each)
        return Case(
            name=_name(each.phase, each.metric),
            outcome=outcome,
            kind=LABELS["ok"] if each.key in self.kept else label(each),
            text=shorten(self._text(each), _TEXT_LIMIT),
            details=self._details(each) if outcome == "failure" else "",
            time_s=_time_s(each.metric, each.head_median),
            test=self._test(each.scenario, each.phase),
        )

    def _outcome(self, each: Comparison) -> Outcome:
        if each.key in self.failed:
            return "failure"
        if each.key in self.kept:
            return "passed"
        if not is_made(each):
            return "error" if self.is_asked_for and each.gated else "skipped"
        if label(each) == ACCEPTED:
            return "passed"
        is_open = each.change == "cannot_tell" or label(each) == UNUSUAL or each.key in self.unseen
        return "skipped" if is_open else "passed"

    def _text(self, each: Comparison) -> str:
        if each.key in self.failed:
            return reserved(problem(each), self.result)
        if each.key in self.kept:
            figures = f"{median(each.head_median, each)}, within the limit of {median(each.limit, each)}"
            return f"{place(each)} {each.metric} {figures}"
        return sentence(each)

    def _details(self, each: Comparison) -> str:
        history = self.result.history
        past = () if history is None or each.history_builds is None else history.values(each.key)
        return runs_text(each, self.columns.get(each.key), past)


def _unmeasured(each: Unmeasured) -> Case:
    """A test of a suite that has no figures."""
    test = shorten(each.test, _TEST_LIMIT)
    text = f"{test}: {shorten(reason(each), _TEXT_LIMIT)}"
    return Case(name=test, outcome="skipped", kind=NOT_MEASURED, text=text, test=test)


def _name(phase: str, metric: str) -> str:
    return shorten(f"{phase}.{metric}", _NAME_LIMIT)


def _time_s(metric: str, median_ms: float | None) -> float:
    """The head's median in seconds, of a metric that is a time."""
    known = METRICS.get(metric)
    is_time = known is not None and known.unit is MILLISECONDS
    seconds = (median_ms or 0.0) / _MS_PER_S if is_time else 0.0
    return seconds if 0 <= seconds < _LONGEST_S else 0.0
