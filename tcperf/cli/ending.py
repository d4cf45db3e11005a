"""How an invocation of ``run`` ends: what was measured is judged and reported, and what failed is told."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen

from tcperf.cli import junit
from tcperf.cli.judge import Judge, Judged
from tcperf.cli.selection import Selection
from tcperf.cli.terminal import Terminal
from tcperf.errors import NothingMeasuredError, NotSupportedError, OutputError
from tcperf.reports.write import Folder
from tcperf.session import Failure, Outcome


@frozen
class Ending:
    """``folder`` gets the reports."""

    selection: Selection
    judge: Judge
    folder: Folder
    terminal: Terminal

    def report(self, outcome: Outcome) -> int:
        """Reports, statistics and the verdict of what was measured, then what failed; the exit status.

        Raises OutputError, last of all, where the reports cannot be written.
        """
        status, unwritten = 0, None
        if outcome.result is not None:
            judged = self.judge.judge(outcome.result, datetime.now(UTC).date())
            unwritten = self._show(judged)
            status = judged.gate.exit_status(judged.result)
            self._tell_what_is_missed(judged)
        else:
            self.publish_logs()
            self._tell_unsupported(outcome)
        for failure in outcome.in_the_way:
            self.terminal.fail(failure.error, identity=_identity(failure))
        for broken_off in outcome.broken_off:
            self._quote(broken_off)
        if outcome.failures or outcome.broken_off:
            self.terminal.say(f"the logs are in {self.folder.logs}")
        if unwritten is not None:
            raise unwritten
        return NothingMeasuredError.exit_status if outcome.in_the_way else status

    def _tell_unsupported(self, outcome: Outcome) -> None:
        """What no report tells, for there are none: unless it is all that kept anything from being measured."""
        for each in outcome.unsupported if outcome.failures else ():
            self.terminal.warn(each.error.message)

    def _quote(self, failure: Failure) -> None:
        """What the error quotes, such as a node's last lines; the error itself is the reason of NOT COMPARED."""
        for line in failure.error.details:
            self.terminal.say(f"{failure.scenario}: | {line}")

    def _show(self, judged: Judged) -> OutputError | None:
        """Write and print all of it; why the reports cannot be written, None where they are."""
        from tcperf.cli.report import read_series, show
        from tcperf.reports.teamcity import Manner

        series = read_series(judged.result, self.folder, self.terminal)
        manner = Manner.of(self.selection.options, self._artifacts, self.selection.base_option)
        tests = junit.place(self.selection.options.junit, self.folder)
        try:
            asked = self.selection.config.report.feedback
            show(
                judged.result,
                series,
                self.folder,
                self.terminal,
                manner,
                judged.gate,
                junit=tests,
                feedback=asked,
            )
        except OutputError as error:
            return error
        return None

    def _tell_what_is_missed(self, judged: Judged) -> None:
        """Why the exit status is 4; TeamCity is told so with the statistics."""
        if not self.terminal.teamcity:
            for text in judged.gate.missed(judged.result):
                self.terminal.say(f"NOT COMPARED: {text}")

    def publish_logs(self) -> None:
        """Even where nothing was finished, TeamCity gets the logs, and what was saved so far is named."""
        saved = self.folder.results_json.exists()
        if saved:
            self.terminal.say(f"the results so far are in {self.folder.results_json} (see tcperf report)")
        if self.terminal.teamcity:
            from tcperf.reports import teamcity

            teamcity.publish(self.terminal.messages, self.folder.path, self._artifacts, results=saved)

    @property
    def _artifacts(self) -> str:
        return self.selection.config.teamcity.artifacts


def _identity(failure: Failure) -> str:
    how = "not_supported" if isinstance(failure.error, NotSupportedError) else "failed"
    return f"tcperf_{failure.scenario}_{how}"
