"""Service messages: what a build step tells TeamCity on its standard output.

``ServiceMessages`` is teamcity-messages' class without its edges, and takes its place wherever one is
expected.  It adds the messages that class lacks, and it is the one owner of its stream: ordinary text goes
through ``write`` or ``stream``, so that a message always starts at column 0.
"""
# ruff: noqa: N802, N803 - the names are teamcity-messages' and TeamCity's own

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from tcperf.teamcity.brackets import BracketedMessages
from tcperf.teamcity.errors import StatisticError
from tcperf.teamcity.escaping import escape
from tcperf.teamcity.line import as_text, message_line, value_line
from tcperf.teamcity.notation import parse_number
from tcperf.teamcity.output import PATIENCE_S, Output, TextStream
from tcperf.teamcity.statistic import KeyRegistry, check_key, statistic_line, statistic_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from tcperf.teamcity.notation import Number

_STATISTIC = "buildStatisticValue"


class ServiceMessages(BracketedMessages):
    """Writes service messages, each one valid, whole, at column 0, in ASCII, flushed; or raises.

    ``output`` is a text or a binary stream, standard output by default.  ``now`` gives the time (seconds
    since the epoch) of the timestamps.  ``encoding`` is that of ordinary text, "auto" for the stream's own.
    ``at_line_start=False`` where another program may have left a line unfinished on the stream: it costs an
    empty line.  ``patience_s`` is how long a full non-blocking stream is waited for.

    One object serves one build: it knows the statistics reported so far.  All methods may be called from
    any thread.  ServiceMessageError (a UsageError and a ValueError) is raised before anything is written;
    OutputError when the stream stays full.
    """

    def __init__(
        self,
        output: IO[Any] | None = None,
        now: Callable[[], float] = time.time,
        encoding: str | None = "auto",
        *,
        at_line_start: bool = True,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__(output, now, encoding)
        self._out = Output(
            sys.stdout if output is None else output,
            encoding=self.encoding or "utf-8",
            at_line_start=at_line_start,
            patience_s=patience_s,
        )
        self._keys = KeyRegistry()

    # Ordinary text

    def write(self, text: str, *, neutral: bool = True) -> int:
        """Write text that is no message, as a text stream does; returns the number of characters.

        ``neutral``: ``##teamcity[`` in it is written ``##_teamcity[``, so that no text acts as a message.
        """
        self._out.write_text(text, neutral=neutral)
        return len(text)

    def flush(self) -> None:
        """Flush ordinary text; messages flush themselves."""
        self._out.flush()

    def stream(self, *, neutral: bool = True) -> TextIO:
        """A text stream that writes as ``write`` does, for ``print(file=…)`` and libraries."""
        return TextStream(self._out, neutral=neutral)  # type: ignore[return-value]  # it is one, structurally

    # Statistics

    def buildStatisticValue(self, key: str, value: Number) -> None:
        """Report one statistic.

        ``value`` is written in plain notation, at most 13 digits before the decimal point and 6 after it
        (rounded half to even: 0.0000004 becomes 0).  Raises StatisticError for NaN, an infinity, a value
        too large, and a key that does not fit, is TeamCity's own or was reported before.
        """
        self.statistics(((key, value),))

    def statistics(self, pairs: Mapping[str, Number] | Iterable[tuple[str, Number]]) -> None:
        """Report many statistics in one write, flushed once; all of them or, where one is refused, none."""
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        self._report([(key, statistic_value(key, value)) for key, value in items])

    # Messages that teamcity-messages has not, or has with other demands

    def log(
        self, text: str, status: str = "NORMAL", errorDetails: str | None = None, flowId: str | None = None
    ) -> None:
        """A line in the build log.  ``status`` is NORMAL, WARNING, FAILURE or ERROR.

        ERROR fails a build whose failure conditions count error messages; ``errorDetails`` goes with it.
        """
        self.message("message", text=text, status=status, errorDetails=errorDetails, flowId=flowId)

    def buildProblem(self, description: str, identity: str) -> None:
        """Fail the build with a problem that can be muted, investigated and assigned.

        ``identity`` is the same from build to build: a Java identifier of at most 60 characters.  A
        description above 4000 characters, or too long for a line, is shortened.
        """
        self.message("buildProblem", description=description, identity=identity)

    def buildStatus(self, status: str | None = None, text: str | None = None) -> None:
        """Set the build's status text; ``{build.status.text}`` in it stands for TeamCity's own.

        ``status`` is None or FAILURE.  SUCCESS is refused: it would make a failed build look like none.
        """
        self.message("buildStatus", status=status, text=text)

    def addBuildTag(self, tag: str) -> None:
        """Tag the build (TeamCity 2023.05 and newer)."""
        self._single_value_message("addBuildTag", tag)

    def testMetadata(
        self,
        testName: str | None,
        name: str | None,
        value: object,
        type: str | None = None,  # noqa: A002 - the attribute's name
        flowId: str | None = None,
    ) -> None:
        """Attach a value to a test; None for ``testName`` is the test that runs.

        ``type`` is text, number, ms, bytes, percent, link, artifact, image or video; None is number for a
        number and text for anything else.  Text above 1024 characters is shortened.
        """
        if type is None and not isinstance(value, str | bytes | bool | os.PathLike):
            type = "number"  # noqa: A001
        self.message("testMetadata", testName=testName, name=name, value=value, type=type, flowId=flowId)

    # TeamCity's own statistics: the only ones under predefined keys

    def buildStatisticLinesCovered(self, linesCovered: object) -> None:
        """Report the number of lines covered."""
        self._coverage("CodeCoverageAbsLCovered", linesCovered)

    def buildStatisticTotalLines(self, totalLines: object) -> None:
        """Report the number of lines there are."""
        self._coverage("CodeCoverageAbsLTotal", totalLines)

    def buildStatisticLinesUncovered(self, linesUncovered: object) -> None:
        """Report the number of lines not covered."""
        self._coverage("CodeCoverageAbsLUncovered", linesUncovered)

    # The ways every message takes

    def message(self, messageName: str, **properties: object) -> None:
        """Write any message.  Attributes that are None are left out; the others are sorted by name.

        Values are str, bytes, numbers, flags or paths.  A timestamp, the local time without a zone, stands
        first, but statistics have none.
        """
        given = sorted((name, value) for name, value in properties.items() if value is not None)
        attributes = {name: as_text(name, value) for name, value in given}
        if messageName == _STATISTIC:
            self._statistic(attributes)
            return
        stamped = {"timestamp": self._timestamp(), **attributes}
        self._out.write_lines(message_line(messageName, stamped))

    def escapeValue(self, value: object) -> str:
        """A value as it stands between the quotes of a message."""
        return escape(as_text("value", value))

    def _single_value_message(self, messageName: str, value: object) -> None:
        self._out.write_lines(value_line(messageName, as_text("value", value)))

    def _statistic(self, attributes: dict[str, str]) -> None:
        """A statistic that came as a message: its value is text, and it may have further attributes."""
        missing = {"key", "value"} - attributes.keys()
        if missing:
            raise StatisticError(f"{_STATISTIC} needs its {' and '.join(sorted(missing))}")
        key = attributes["key"]
        check_key(key)
        plain = attributes | {"value": _parsed(key, attributes["value"])}
        self._report([(key, plain["value"])], line=message_line(_STATISTIC, plain))

    def _coverage(self, key: str, value: object) -> None:
        self._report([(key, _parsed(key, as_text("value", value)))], predefined=True)

    def _report(
        self, checked: list[tuple[str, str]], *, line: str | None = None, predefined: bool = False
    ) -> None:
        """Admit the keys and write the statistics, whose values are plain; ``line`` replaces their lines."""
        lines = "".join([statistic_line(key, value) for key, value in checked]) if line is None else line
        with self._out.lock:
            self._keys.admit([key for key, _ in checked], predefined=predefined)
            self._out.write_lines(lines)

    def _timestamp(self) -> str:
        seconds, fraction = divmod(self.now(), 1)
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(seconds)) + f".{int(fraction * 1000):03d}"


def _parsed(key: str, text: str) -> str:
    try:
        number = parse_number(text)
    except ValueError as refusal:
        raise StatisticError(f"the value {text!a} of statistic {key} cannot be reported: {refusal}") from None
    return statistic_value(key, number)
