"""Where the program's words go: data on stdout, talk on stderr; under TeamCity all on stdout, as messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, redirect_stdout, suppress
from typing import TYPE_CHECKING, Final, TextIO

from tcperf.errors import TcperfError
from tcperf.reports.text import clean, clean_lines, encodable

if TYPE_CHECKING:
    from tcperf.teamcity import ServiceMessages

TEAMCITY_MARK = "TEAMCITY_VERSION"
#: Whoever's text has several lines, the further ones are none of ours.
_CONTINUED: Final = "\n  "


class Terminal:
    """The streams of one invocation.  ``choose`` switches between TeamCity's form and the console's."""

    def __init__(self, stdout: TextIO, stderr: TextIO, env: Mapping[str, str]) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.env = env
        self._teamcity = TEAMCITY_MARK in env
        self._messages: ServiceMessages | None = None

    @property
    def teamcity(self) -> bool:
        """Whether TeamCity reads."""
        return self._teamcity

    @property
    def messages(self) -> ServiceMessages:
        """The one owner of stdout under TeamCity."""
        if self._messages is None:
            from tcperf.teamcity import ServiceMessages

            self._messages = ServiceMessages(self.stdout)
        return self._messages

    def choose(self, form: str) -> None:
        """``form`` is "teamcity", "console" or "auto" (by the environment)."""
        if form != "auto":
            self._teamcity = form == "teamcity"

    @property
    def is_log(self) -> bool:
        """Whether all of it goes into the log of a CI server, whatever the streams are."""
        return self._teamcity or bool(self.env.get("CI"))  # GitHub, GitLab and others set it

    @property
    def live(self) -> bool:
        """Whether a person looks at a terminal that can redraw a line."""
        return not self.is_log and self.stderr.isatty() and self.env.get("TERM") != "dumb"

    def data(self, text: str) -> None:
        """Data: what somebody may pipe into another program."""
        if self._teamcity:
            self.messages.write(f"{text}\n")
        else:
            print(encodable(text, self.stdout), file=self.stdout, flush=True)

    def say(self, text: str) -> None:
        """Talk: what a person may want to know."""
        if self._teamcity:
            self.messages.write(f"{safe(text)}\n")
            self.messages.flush()
        else:
            self._talk(f"tcperf: {safe(text)}")

    def quote(self, lines: Sequence[str], mark: str) -> None:
        """Lines that a measured program printed, among the talk: each behind ``mark``, and neutral."""
        lead = f"  {mark} "
        text = lead + clean_lines(lines).replace("\n", f"\n{lead}")
        if self._teamcity:
            self.messages.write(f"{text}\n")
        else:
            self._write(text)

    def _talk(self, text: str) -> None:
        """Lines on stderr; further ones of a text are indented."""
        self._write(text.replace("\n", _CONTINUED))

    def _write(self, text: str) -> None:
        """Neutral, for TeamCity reads stderr as well where the build sets its mark aside."""
        from tcperf.teamcity.escaping import neutralise

        with suppress(OSError, ValueError):  # a stderr that is full or closed is no reason not to measure
            print(encodable(neutralise(text), self.stderr), file=self.stderr, flush=True)

    def others(self) -> AbstractContextManager[object]:
        """A block in which others' code may print: it goes where talk goes, neutral, never into our data."""
        return redirect_stdout(self.messages.stream() if self._teamcity else self.stderr)

    def warn(self, text: str) -> None:
        """A warning."""
        if self._teamcity:
            self.messages.log(safe(text), status="WARNING")
        else:
            self.say(f"warning: {text}")

    def fail(self, error: TcperfError, identity: str | None = None) -> None:
        """An error with its cure; under TeamCity a build problem of this identity, or of its kind's."""
        if self._teamcity:
            for line in error.details:
                self.messages.write(f"  {safe(line)}\n")
            description = safe(f"tcperf: {error.message}{_cure(error)}")
            self.messages.buildProblem(description, identity or _identity(error))
            return
        self.say(f"{error.message}{_cure(error)}")
        for line in error.details:
            self._talk(f"  | {safe(line)}")

    @staticmethod
    def our_fault(error: Exception) -> TcperfError:
        """The error for one that tcperf did not foresee, with its traceback for whoever mends it."""
        import traceback

        return TcperfError(
            f"this is a fault of tcperf itself: {type(error).__name__}: {error}",
            cure="please report it with these lines",
            details=tuple("".join(traceback.format_exception(error)).splitlines()),
        )


def safe(text: str) -> str:
    """Text whose lines cannot steer a terminal nor reorder what is read (``tcperf.reports.text.clean``)."""
    return "\n".join(clean(line) for line in text.split("\n"))


def _cure(error: TcperfError) -> str:
    return "" if error.cure is None else f" ({error.cure})"


def _identity(error: TcperfError) -> str:
    """The same from build to build for one kind of error: ``tcperf_node_error``."""
    words = re.findall(r"[A-Z][a-z]*", type(error).__name__.removesuffix("Error"))
    return "_".join(("tcperf", *(word.lower() for word in words), "error"))
