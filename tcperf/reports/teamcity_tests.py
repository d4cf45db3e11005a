"""Each gated metric as a test of TeamCity's: tests have a history, are muted, investigated and assigned.

The suite is the scenario, the test its phase and metric (``one_to_one: messages.sent_bytes``); with the reference node
the suite is ``reference.one_to_one``, so that its tests have a history of their own, as its statistics have keys.  A
test lasts as long as its phase does; the figures themselves are numbers that TeamCity draws over builds.

=========  ==========================================================================================================
failed     what makes the build bad, where the gate is ``problem``: in the place of a build problem
ignored    what was not compared, for that is neither good nor bad, and what noise or lanes kept from being gated; and
           what makes the build bad where the gate is another one, which tells of it by its own means: one regression
           is reported once
passed     everything else that is gated, or has a limit
=========  ==========================================================================================================

So the tests of a configuration are the same in every build, whatever became of them: a test that came and went would
have a history of its own holes, and would be muted, or found to be flaky, by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal, Self

from attrs import frozen

from tcperf.columns import Column, columns
from tcperf.comparison import Comparison
from tcperf.due import due
from tcperf.gating import Gate, is_made
from tcperf.metrics import METRICS
from tcperf.model import Result
from tcperf.reports.cautions import reserved
from tcperf.reports.runs_text import runs_text
from tcperf.reports.text import clean, shorten
from tcperf.reports.unjudged import unjudged
from tcperf.reports.verdicts import group, label, median
from tcperf.sentences import place, problem, sentence
from tcperf.summary import HEAD
from tcperf.summary import median as median_of
from tcperf.units import BYTES, MILLISECONDS, PERCENT

if TYPE_CHECKING:
    from tcperf.teamcity import ServiceMessages

Outcome = Literal["passed", "failed", "ignored"]
FigureType = Literal["number", "ms", "bytes", "percent"]

#: What TeamCity calls numbers of our units ("Reporting Test Metadata"); of every other unit they are plain numbers.
_TYPES: Final[dict[str, FigureType]] = {
    MILLISECONDS.symbol: "ms",
    BYTES.symbol: "bytes",
    PERCENT.symbol: "percent",
}
_TIME: Final = "time_ms"
#: TeamCity takes 13 digits before the decimal point, also after rounding.
_LARGEST: Final = 10**13 - 1
_NAME_LIMIT: Final = 100


@frozen
class Figure:
    """A number that is kept of a test, build by build.  ``type`` is what TeamCity shows it as."""

    name: str
    value: float
    type: FigureType


@frozen
class MetricTest:
    """One metric as a test.

    ``text`` says why it has its outcome; ``details`` are the figures behind a failure, else "".  ``duration_ms`` is
    the median time of the phase over the head's runs, None where nobody knows it.
    """

    suite: str
    name: str
    outcome: Outcome
    text: str
    details: str
    duration_ms: float | None
    figures: tuple[Figure, ...]


def metric_tests(result: Result, gate: Gate) -> tuple[MetricTest, ...]:
    """The tests, ordered by suite and name: of all that the rules gate or limit.

    What a rule keeps out of the gate is none, nor is what is not published and no rule gates.
    """
    bench = _Bench.of(result, gate)
    made = [bench.test(each) for each in result.comparisons if bench.is_tested(each)]
    told = {each.key for each in result.comparisons}
    made += [bench.untold(column) for key, column in bench.due.items() if key not in told]
    return tuple(sorted(made, key=lambda test: (test.suite, test.name)))


def tell(result: Result, messages: ServiceMessages, gate: Gate) -> None:
    """Report the tests, a suite a scenario."""
    for suite, tests in groupby(metric_tests(result, gate), key=lambda test: test.suite):
        with messages.testSuite(suite):
            for test in tests:
                _report(test, messages)


def _report(test: MetricTest, messages: ServiceMessages) -> None:
    lasted = None if test.duration_ms is None else timedelta(milliseconds=test.duration_ms)
    with messages.test(test.name, testDuration=lasted):
        for figure in test.figures:
            messages.testMetadata(test.name, figure.name, figure.value, figure.type)
        if test.outcome == "failed":
            messages.testFailed(test.name, test.text, test.details)
        elif test.outcome == "ignored":
            messages.testIgnored(test.name, test.text)
        else:
            messages.testStdOut(test.name, test.text)


@frozen
class _Bench:
    """What the tests of a result are made from.

    ``due`` is what the rules gate or limit.  The sets are keys: what fails by tests, by other means, keeps its limit.
    """

    result: Result
    gate: Gate
    columns: Mapping[str, Column]
    due: Mapping[str, Column]
    failed: frozenset[str]
    otherwise: frozenset[str]
    kept: frozenset[str]

    @classmethod
    def of(cls, result: Result, gate: Gate) -> Self:
        """Judged by ``gate``."""
        failed = frozenset(each.key for each in gate.problems(result))
        return cls(
            result,
            gate,
            {column.key: column for info in result.scenarios for column in columns(result, info)},
            due(result, gate.policy),
            failed,
            frozenset(each.key for each in gate.objections(result)) - failed,
            frozenset(each.key for each in group(result).within),
        )

    def is_tested(self, each: Comparison) -> bool:
        """Whether the rules gate it, or it has a limit, or it makes the build bad all the same."""
        is_due = each.key in self.due or each.gated or each.limit is not None
        return is_due or each.key in self.failed | self.otherwise

    def test(self, each: Comparison) -> MetricTest:
        """The test of one metric."""
        outcome = self._outcome(each)
        return MetricTest(
            suite=self._suite(each.scenario),
            name=_name(each),
            outcome=outcome,
            text=clean(self._text(each)),
            details=self._details(each) if outcome == "failed" else "",
            duration_ms=self._duration_ms(each),
            figures=tuple(_figures(each)),
        )

    def untold(self, column: Column) -> MetricTest:
        """The test of a metric that no comparison tells of."""
        return MetricTest(
            suite=self._suite(column.scenario),
            name=_name(column),
            outcome="ignored",
            text=clean(unjudged(column, self.result)),
            details="",
            duration_ms=self._duration_ms(column),
            figures=tuple(_numbers(column.metric, {"value": column.head_median})),
        )

    def _suite(self, scenario: str) -> str:
        head = self.result.subjects.get(HEAD)
        is_reference = head is not None and head.reference
        return shorten(f"reference.{scenario}" if is_reference else scenario, _NAME_LIMIT)

    def _outcome(self, each: Comparison) -> Outcome:
        if each.key in self.failed:
            return "failed"
        if each.key in self.otherwise:
            return "ignored"
        return "passed" if _is_judged(each) or each.key in self.kept else "ignored"

    def _text(self, each: Comparison) -> str:
        if each.key in self.failed:
            return reserved(problem(each), self.result)
        if each.key in self.otherwise:
            return f"{label(each)} {problem(each)} (a test fails where the gate is problem: it is {self.gate.mode})"
        if each.key in self.kept:
            figures = f"{median(each.head_median, each)}, within the limit of {median(each.limit, each)}"
            return f"{place(each)} {each.metric} {figures}"
        return f"{label(each)} {sentence(each)}" if _is_judged(each) else sentence(each)

    def _details(self, each: Comparison) -> str:
        history = self.result.history
        past = () if history is None or each.history_builds is None else history.values(each.key)
        return runs_text(each, self.columns.get(each.key), past)

    def _duration_ms(self, each: Comparison | Column) -> float | None:
        times = self.result.values(each.scenario, each.phase, _TIME)
        middle = median_of(times) if times else None
        return middle if middle is not None and 0 <= middle < _LARGEST else None


def _is_judged(each: Comparison) -> bool:
    """Whether what was compared has a verdict: noise or lanes may have kept it from one."""
    return is_made(each) and (each.gated or each.limit is not None)


def _name(each: Comparison | Column) -> str:
    return shorten(f"{each.phase}.{each.metric}", _NAME_LIMIT)


def _figures(each: Comparison) -> Iterator[Figure]:
    """The head's median, the base's, the limit, in the metric's unit, and the effect; what there is of them."""
    medians = {"value": each.head_median, "base": each.base_median, "limit": each.limit}
    yield from _numbers(each.metric, medians)
    if each.effect_pct is not None and abs(each.effect_pct) < _LARGEST:
        yield Figure("effect", each.effect_pct, "percent")


def _numbers(metric: str, values: Mapping[str, float | None]) -> Iterator[Figure]:
    """Those of them that there are, in the metric's unit."""
    known = METRICS.get(metric)
    unit = known.unit.symbol if known else metric.rpartition("_")[2]
    kind: FigureType = _TYPES.get(unit, "number")
    for name, number in values.items():
        if number is not None and abs(number) < _LARGEST:
            yield Figure(name, number, kind)
