"""``python -m tcperf.suite.rescue DIR``: the reports of a pytest that ended before it could make them, from its journal in DIR.

The post starts it where pytest ended without taking leave; anybody may.  What the tests measured that had ended
until then is written as ever; it is compared with nothing, for a part of a suite is not the suite.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from tcperf import locks
from tcperf.cli.terminal import Terminal
from tcperf.errors import NothingMeasuredError, OutputError, TcperfError
from tcperf.reports import teamcity
from tcperf.reports.write import Folder, use, write_reports
from tcperf.suite.broken import sentences
from tcperf.suite.gathering import gathered
from tcperf.suite.journal import Read, read
from tcperf.suite.program import subject_of

#: The modes of the gate in which a session that was not reported makes a build bad.
_FAILING: Final = frozenset({"problem", "exit"})
#: So many of the tests are named that pytest ended in: there are several where they ran side by side.
_NAMED: Final = 3
_ENDED: Final = "pytest ended before it could report"
_CAUSES: Final = "os._exit, a crash or a signal"


@frozen
class Ending:
    """How it ended: ``where``, as far as the journal tells, and what is ``saved`` of it, in words."""

    where: str
    saved: str

    @property
    def whole(self) -> str:
        """All of it in a sentence."""
        return f"{_ENDED}, {self.where} ({_CAUSES}): {self.saved}"


def main(argv: Sequence[str]) -> int:
    """Make the reports in the one folder, and say so; 3 where there is nothing to make them of."""
    folder = Folder(Path(argv[0]).absolute())
    terminal = Terminal(sys.stdout, sys.stdout, os.environ)
    try:
        found = read(folder.journal)
    except (OSError, ValueError):
        return NothingMeasuredError.exit_status
    try:
        with locks.folder_lock(folder.path) as is_ours:
            if not is_ours:
                raise OutputError(f"{_ENDED}, and another tcperf is writing to {folder.path} already")
            _tell(_rescued(found, evolve(folder, option=found.opening.option)), terminal, found, folder)
    except TcperfError as error:
        terminal.fail(error)
        return error.exit_status
    return 0


def _rescued(found: Read, folder: Folder) -> Ending:
    """Write the reports of what there is."""
    where, never = _where(found), _never(found)
    collected = found.collected
    told = Ending(where, f"these are the figures of the tests that had passed, compared with nothing{never}")
    warnings = (told.whole, *found.opening.facts.warnings, *collected.troubles)
    facts = evolve(found.opening.facts, warnings=(*warnings, *sentences(collected.broken, collected.records)))
    result = gathered(collected.records, subject_of(collected.records), facts, collected.outcomes)
    if result is not None:
        write_reports(use(folder), result, {})
    folder.journal.unlink()
    if result is None:
        return Ending(where, f"no test had passed{never}")
    passed = len({record.origin for record in collected.records})
    tests = (
        "the test measured that had passed" if passed == 1 else f"the {passed} tests measured that had passed"
    )
    files = f"{folder.report_html} and {folder.results_json.name}"
    return Ending(where, f"what {tests} is in {files}, compared with nothing{never}")


def _where(found: Read) -> str:
    ended = found.collected.end()
    if not ended:
        return f"{'after' if found.collected.over else 'before'} a test"
    more = f" and {len(ended) - _NAMED} more" if len(ended) > _NAMED else ""
    return f"in {', '.join(ended[:_NAMED])}{more}"


def _never(found: Read) -> str:
    """How many tests never began, where that is known."""
    if found.known is None:
        return ""
    left = found.known - len({*found.collected.over, *found.collected.outcomes})
    return "" if left <= 0 else f"; {left} {'test' if left == 1 else 'tests'} never began"


def _tell(ending: Ending, terminal: Terminal, found: Read, folder: Folder) -> None:
    """Under TeamCity it is a build problem where the gate makes one, for pytest's own status may be 0."""
    if not terminal.teamcity:
        terminal.say(f"it ended {ending.where}: {ending.saved}")
        return
    # Not where past builds are looked for: they are of whole suites.
    teamcity.publish(terminal.messages, folder.path, found.opening.artifacts, results=False)
    if found.opening.gate in _FAILING:
        terminal.fail(NothingMeasuredError(ending.whole))
    else:
        terminal.warn(ending.whole)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
