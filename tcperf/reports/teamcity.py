"""What TeamCity is told of a result: statistics, warnings, artifacts and the status text.

The statistics are the medians over the runs of every published total; nothing else is one, so that a server,
which keeps every key for ever, is not filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcperf.model import METRICS, Result
from tcperf.reports.text import clean, shorten
from tcperf.summary import HEAD, Summary, published, warnings
from tcperf.units import humanize

if TYPE_CHECKING:
    from tcperf.teamcity import ServiceMessages

#: The folder of the reports among the build's artifacts, and the one that clean-up spares.
ARTIFACTS = "tcperf"
HIDDEN_ARTIFACTS = ".teamcity/tcperf"
#: What the status text names of a phase, in this order.
_TOLD: Final = ("time_ms", "cpu_ms", "memory_peak_bytes", "sent_bytes")
#: A status text is one line in lists of builds and in a pull request's checks.
_TEXT_LIMIT = 240
_WARNING_LIMIT = 1000
#: What separates rules, source from target, and what is a wildcard in an artifact rule; none can be escaped.
_NO_RULE = re.compile(r"[,\r\n*?]|=>")


def emit(result: Result, messages: ServiceMessages, report_dir: Path, artifacts: str = ARTIFACTS) -> None:
    """Tell everything, warnings first, a block a scenario; ``report_dir`` is the folder of the reports.

    ``artifacts`` is the folder they are published to.

    Raises ServiceMessageError where a name in the result makes no valid key.
    """
    for warning in warnings(result):
        messages.log(f"tcperf: {shorten(warning, _WARNING_LIMIT)}", status="WARNING")
    summaries = published(result)
    helps = {info.name: info.help for info in result.scenarios}
    for scenario, group in groupby(summaries, key=lambda summary: summary.scenario):
        with messages.block(shorten(scenario, 60), description=shorten(helps[scenario], 200)):
            messages.statistics((summary.key, summary.median) for summary in group)
    publish(messages, report_dir, artifacts)
    messages.buildStatus(text=status_text(result, summaries))


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


def status_text(result: Result, summaries: Iterable[Summary]) -> str:
    """TeamCity's own text, then the chief figures of the published phases, as many as make a short line."""
    subject = result.subjects.get(HEAD)
    phases = groupby(summaries, key=lambda summary: (summary.scenario, summary.phase))
    parts = [f"{scenario}.{phase} {_figures(list(group))}" for (scenario, phase), group in phases]
    # A brace of somebody else's would be taken for a variable of TeamCity's.
    told = _joined(parts).replace("{", "(").replace("}", ")")
    mark = ", REFERENCE NODE" if subject is not None and subject.reference else ""
    return f"{{build.status.text}}; tcperf: {told}{mark}"


def _joined(parts: list[str]) -> str:
    """The first parts, and how many did not fit."""
    if not parts:
        return "no published figure"
    told = shorten(parts[0], _TEXT_LIMIT)
    for number, part in enumerate(parts[1:], start=1):
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
