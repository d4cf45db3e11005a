"""The results so far, saved while pairs are still being made."""

from __future__ import annotations

from tcperf import results
from tcperf.cli.terminal import Terminal
from tcperf.errors import OutputError
from tcperf.model import Result
from tcperf.reports.write import Folder, write_atomically


class SoFarFile:
    """A report folder's results.json, written anew with every pair.

    What cannot be saved is still in memory, and more pairs make it better: it is warned of once, and only the end,
    which tries again, fails of it.
    """

    def __init__(self, folder: Folder, terminal: Terminal) -> None:
        self._path = folder.results_json
        self._terminal = terminal
        self._warned = False

    def save(self, result: Result) -> None:
        """Write what there is; an earlier one stays where that is not possible."""
        try:
            write_atomically(self._path, results.dumps(result))
        except OutputError as error:
            if not self._warned:
                self._terminal.warn(f"the results so far are not saved: {error}")
            self._warned = True
