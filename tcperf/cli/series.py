"""The time series of a result's runs, read only when somebody draws them: together they may be hundreds of megabytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath

from tcperf import timeseries
from tcperf.cli.terminal import Terminal
from tcperf.errors import TcperfError
from tcperf.model import Result
from tcperf.reports.write import Folder
from tcperf.timeseries import Series


class SeriesFiles(Mapping[str, Series]):
    """The series by the run's id, each read anew from the report folder whenever it is asked for.

    One that cannot be read is warned of once and is not there (KeyError); of those that lie nowhere all are told at
    once, for where one is missing mostly the whole folder is.
    """

    def __init__(self, result: Result, folder: Folder, terminal: Terminal) -> None:
        self._names = {run.id: PurePath(run.series).name for run in result.runs if run.series is not None}
        self._folder = folder
        self._terminal = terminal

    def __getitem__(self, run_id: str) -> Series:
        """The series.  Raises KeyError."""
        path = self._path(run_id)
        if not path.exists():
            self._give_up(self._missing())
            raise KeyError(run_id)
        try:
            return timeseries.load_series(path)
        except TcperfError as error:
            del self._names[run_id]
            self._terminal.warn(f"no curves of {run_id}: {error.message}")
            raise KeyError(run_id) from error

    def _path(self, run_id: str) -> Path:
        return self._folder.series / self._names[run_id]

    def _missing(self) -> list[str]:
        """The runs that are thought to have a series, and have no file."""
        return [run_id for run_id in self._names if not self._path(run_id).exists()]

    def _give_up(self, run_ids: Sequence[str]) -> None:
        """Warn of these, whose files are not there, in one line."""
        for run_id in run_ids:
            del self._names[run_id]
        first, *others = run_ids
        more = f" and {len(others)} more" if others else ""
        what = "the files are" if others else "the file is"
        self._terminal.warn(f"no curves of {first}{more}: {what} not in {self._folder.series}")

    def __iter__(self) -> Iterator[str]:
        """The runs that have, as far as is known, a series."""
        return iter(tuple(self._names))

    def __len__(self) -> int:
        """How many they are."""
        return len(self._names)

    def __contains__(self, run_id: object) -> bool:
        """Whether it can be read: it is tried."""
        return isinstance(run_id, str) and self.get(run_id) is not None
