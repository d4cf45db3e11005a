"""junit.xml: the verdicts as test results, in the form that Jenkins, GitLab, Azure and others read.

There is no one schema of it; this is written to the strictest in use, that of Jenkins' xUnit plug-in (junit-10.xsd):
properties stand in suites alone, and every suite says how many of its cases failed, erred and were skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from tcperf.columns import BASE
from tcperf.gating import Gate
from tcperf.model import Result
from tcperf.reports.cautions import all_warnings
from tcperf.reports.junit_cases import Case, Suite, suites
from tcperf.reports.text import clean, plain, shorten
from tcperf.subject import Subject
from tcperf.summary import HEAD

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PACKAGE: Final = "tcperf"
_VALUE_LIMIT: Final = 300
_WARNING_LIMIT: Final = 600
_WARNINGS: Final = 40
#: Of a suite the schema takes no more digits; of a case it does, and sending takes less than a millisecond.
_MILLISECONDS, _MICROSECONDS = 3, 6
_SIDES: Final = (HEAD, BASE)


def render(result: Result, gate: Gate) -> str:
    """The whole document; ends with a newline.  ``gate`` says what fails; its mode does not matter."""
    found = suites(result, gate)
    root = ET.Element(
        "testsuites",
        name=_PACKAGE,
        tests=str(sum(len(suite.cases) for suite in found)),
        failures=_sum(found, "failure"),
        errors=_sum(found, "error"),
    )
    for suite in found:
        root.append(_suite(suite, result))
    ET.indent(root)
    return f"{_DECLARATION}{ET.tostring(root, encoding='unicode')}\n"


def _sum(found: Iterable[Suite], outcome: str) -> str:
    return str(sum(case.outcome == outcome for suite in found for case in suite.cases))


def _suite(suite: Suite, result: Result) -> ET.Element:
    made = ET.Element(
        "testsuite",
        name=suite.name,
        tests=str(len(suite.cases)),
        failures=str(suite.count("failure")),
        errors=str(suite.count("error")),
        skipped=str(suite.count("skipped")),
        time=_seconds(sum(case.time_s for case in suite.cases), _MILLISECONDS),
        hostname=shorten(result.environment.hostname, _VALUE_LIMIT),
    )
    started = _started(result.tool.started)
    if started is not None:
        made.set("timestamp", started)
    properties = ET.SubElement(made, "properties")
    for name, value in _properties(result):
        ET.SubElement(properties, "property", name=name, value=shorten(value, _VALUE_LIMIT))
    for case in suite.cases:
        made.append(_case(case, suite.name))
    told = all_warnings(result)
    if told:
        lines = (f"warning: {shorten(text, _WARNING_LIMIT)}" for text in told[:_WARNINGS])
        ET.SubElement(made, "system-out").text = "\n".join(lines)
    return made


def _case(case: Case, suite: str) -> ET.Element:
    """The case; readers group by ``classname``, which is ``tcperf.<suite>``."""
    made = ET.Element(
        "testcase", classname=f"{_PACKAGE}.{suite}", name=case.name, time=_seconds(case.time_s, _MICROSECONDS)
    )
    about = (f"test: {case.test}",) if case.test else ()
    told = (f"{case.kind} {case.text}", *about) if case.outcome == "passed" else about
    if case.outcome != "passed":
        ended = ET.SubElement(made, case.outcome, type=case.kind, message=_message(case))
        if case.outcome != "skipped":
            ended.text = _lines(case.text, case.details)
    if told:
        ET.SubElement(made, "system-out").text = "\n".join(told)
    return made


def _message(case: Case) -> str:
    """What failed says so by its sentence alone, for that is pasted; what was skipped, why it was."""
    return f"{case.kind} {case.text}" if case.outcome == "skipped" else case.text


def _lines(text: str, details: str) -> str:
    return "\n".join(clean(line) for line in (text, *details.split("\n")) if line)


def _properties(result: Result) -> Iterator[tuple[str, str]]:
    """What was measured, by which tcperf and where; what is not known is left away."""
    yield "tcperf.version", result.tool.version
    for side in _SIDES:
        subject = result.subjects.get(side)
        if subject is not None:
            yield from _subject(side, subject)
    yield "system", f"{result.environment.system} {result.environment.kernel}, {result.environment.machine}"
    yield "network", result.conditions.network
    for each in result.pairings:
        yield f"pairs.{shorten(each.scenario, _VALUE_LIMIT)}", str(each.pairs)


def _subject(side: str, subject: Subject) -> Iterator[tuple[str, str]]:
    if subject.command is not None:
        yield f"{side}.command", subject.command
    yield f"{side}.path", subject.path
    yield f"{side}.version", subject.version
    yield f"{side}.sha256", subject.sha256


def _seconds(seconds: float, digits: int) -> str:
    return plain(round(seconds, digits))


def _started(text: str) -> str | None:
    """ISO 8601 to the second in UTC, without the zone, as readers expect it; None for what is no time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    zoned = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    try:
        return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except OverflowError:
        return None
