"""What TeamCity is told of a result: statistics, warnings, the verdict, artifacts and the status text.

The statistics are the medians over the head's runs of every published total and, where there was a comparison, the
changes of the gated ones and a few counts; nothing else is one, so that a server, which keeps every key for ever, is
not filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from attrs import frozen

from tcperf.gating import Gate
from tcperf.metrics import METRICS
from tcperf.model import Result
from tcperf.options import RunOptions
from tcperf.reports import teamcity_tests as tests
from tcperf.reports import teamcity_verdict as verdict
from tcperf.reports.cautions import all_warnings
from tcperf.reports.tests_named import unmeasured
from tcperf.reports.text import clean, shorten
from tcperf.summary import HEAD, Summary, published
from tcperf.units import humanize

if TYPE_CHECKING:
    from tcperf.teamcity import ServiceMessages

#: The folder of the reports among the build's artifacts, and the one that clean-up spares.
ARTIFACTS = "tcperf"
HIDDEN_ARTIFACTS = ".teamcity/tcperf"
#: What a build with a regression is tagged with.
TAG: Final = "tcperf-regression"
#: What the status text names of a phase, in this order.
_TOLD: Final = ("time_ms", "cpu_ms", "memory_peak_bytes", "sent_bytes")
#: A status text is one line in lists of builds and in a pull request's checks; the verdict comes first in it.
_TEXT_LIMIT = 240
_VERDICT_LIMIT = 160
_WARNING_LIMIT = 1000
#: What separates rules, source from target, and what is a wildcard in an artifact rule; none can be escaped.
_NO_RULE = re.compile(r"[,\r\n*?]|=>")


@frozen(kw_only=True)
class Manner:
    """In which way TeamCity is told.

    ``artifacts`` is the folder, among the build's artifacts, that the reports are published to.  ``as_tests`` makes
    each gated metric a test, and of what would be a build problem a failed one; ``tag`` tags a build with a
    regression. ``base`` is the option that gives something to compare with.
    """

    artifacts: str = ARTIFACTS
    as_tests: bool = False
    tag: bool = False
    base: str = verdict.BASE_OPTION

    @classmethod
    def of(cls, options: RunOptions, artifacts: str = ARTIFACTS, base: str = verdict.BASE_OPTION) -> Self:
        """What the options ask for."""
        return cls(
            artifacts=artifacts, as_tests=options.as_tests or False, tag=options.tag or False, base=base
        )


PLAIN: Final = Manner()


def emit(
    result: Result,
    messages: ServiceMessages,
    report_dir: Path,
    manner: Manner = PLAIN,
    gate: Gate | None = None,
    *,
    saved: bool = True,
) -> None:
    """Tell everything: warnings, a block a scenario, the counts, the verdict, tests, the artifacts, the status text.

    ``report_dir`` is the folder of the reports; ``gate`` says what is a build problem, or a failed test, None that
    nothing is; ``saved`` whether there is a results.json.

    Raises ServiceMessageError where a name in the result makes no valid key.
    """
    judged = Gate() if gate is None else gate
    for warning in (*verdict.warnings(result, judged, manner.base), *all_warnings(result)):
        messages.log(f"tcperf: {shorten(warning, _WARNING_LIMIT)}", status="WARNING")
    for text in (*(each.reason for each in result.unsupported), *unmeasured(result)):
        messages.log(f"tcperf: {shorten(text, _WARNING_LIMIT)}")
    summaries = published(result)
    helps = {info.name: info.help for info in result.scenarios}
    for scenario, group in groupby(summaries, key=lambda summary: summary.scenario):
        medians = ((summary.key, summary.median) for summary in group)
        with messages.block(shorten(scenario, 60), description=shorten(helps[scenario], 200)):
            messages.statistics((*medians, *verdict.changes(result, scenario)))
    messages.statistics(verdict.counts(result))
    verdict.tell(result, messages, judged, problems=not manner.as_tests)
    if manner.as_tests:
        tests.tell(result, messages, judged)
    if manner.tag and any(each.is_regression for each in result.comparisons):
        messages.addBuildTag(TAG)
    publish(messages, report_dir, manner.artifacts, results=saved)
    messages.buildStatus(text=status_text(result, summaries, judged))


def publish(
    messages: ServiceMessages, report_dir: Path, artifacts: str = ARTIFACTS, *, results: bool = True
) -> None:
    """Publish the folder, and results.json once more where clean-up spares it, unless ``results`` is false.

    Where the path cannot stand in an artifact rule, a warning says so.
    """
    path = str(report_dir)
    if _NO_RULE.search(path):
        messages.log(
            f"tcperf: {shorten(path, 200)} is not published: an artifact rule takes no comma, *, ? or =>",
            status="WARNING",
        )
        return
    messages.publishArtifacts(f"{path} => {artifacts}")
    if results:
        messages.publishArtifacts(f"{path}/results.json => {HIDDEN_ARTIFACTS}")


def status_text(result: Result, summaries: Iterable[Summary], gate: Gate) -> str:
    """TeamCity's own text, the verdict, then the chief figures of the published phases, as many as make a short line."""
    subject = result.subjects.get(HEAD)
    phases = groupby(summaries, key=lambda summary: (summary.scenario, summary.phase))
    parts = [f"{scenario}.{phase} {_figures(list(group))}" for (scenario, phase), group in phases]
    missing = [shorten(each.reason, _VERDICT_LIMIT) for each in result.unsupported]
    judged = verdict.in_short(result, gate, _VERDICT_LIMIT)
    # A brace of somebody else's would be taken for a variable of TeamCity's.
    told = (
        _joined(judged, [*missing, *(parts or ["no published figure"])]).replace("{", "(").replace("}", ")")
    )
    mark = ", REFERENCE NODE" if subject is not None and subject.reference else ""
    return f"{{build.status.text}}; tcperf: {told}{mark}"


def _joined(told: str, parts: list[str]) -> str:
    """What is told, the parts that fit behind it, and how many do not."""
    for number, part in enumerate(parts):
        if len(told) + len(part) > _TEXT_LIMIT:
            return f"{told}; {len(parts) - number} more in the report"
        told = f"{told}; {clean(part)}"
    return told


def _figures(group: list[Summary]) -> str:
    """The figures of one phase ("time 3 min 21 s, cpu 18.5 s"); any two where none of the chief ones is there."""
    found = {summary.metric: summary for summary in group}
    told = [found[metric] for metric in _TOLD if metric in found] or group[:2]
    return ", ".join(f"{_word(summary.metric)} {humanize(summary.median, summary.unit)}" for summary in told)


def _word(metric: str) -> str:
    known = METRICS.get(metric)
    return clean(metric) if known is None else known.name.removesuffix("_peak")
