"""The names in a report folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attrs import frozen

#: The option that names a report folder, unless somebody else has another one.
OUT: Final = "--out"
#: The file that makes a folder tcperf's.
MARKER: Final = ".tcperf-report"
#: What reports were called once: a folder of ours may still hold such a one of an earlier run.
FORMER: Final = ("comparison.md",)


@frozen
class Folder:
    """A report folder and the names in it; ``option`` is the one that chose it, for whoever reads that it should not have."""

    path: Path
    option: str = OUT

    @property
    def results_json(self) -> Path:
        """Everything, for programs and later comparison."""
        return self.path / "results.json"

    @property
    def results_csv(self) -> Path:
        """One row a number, for spreadsheets."""
        return self.path / "results.csv"

    @property
    def summary_csv(self) -> Path:
        """One row, a column a published figure, for what draws builds."""
        return self.path / "summary.csv"

    @property
    def report_html(self) -> Path:
        """The page for people."""
        return self.path / "report.html"

    @property
    def report_md(self) -> Path:
        """The verdict, or else the figures, for a comment on a pull request."""
        return self.path / "report.md"

    @property
    def junit_xml(self) -> Path:
        """The verdicts as test results; there where they were asked for."""
        return self.path / "junit.xml"

    @property
    def reports(self) -> tuple[Path, ...]:
        """The files that hold the figures."""
        return (
            self.results_json,
            self.results_csv,
            self.summary_csv,
            self.report_html,
            self.report_md,
            self.junit_xml,
        )

    @property
    def journal(self) -> Path:
        """What a suite's tests measured, as it comes; there while they run, and where they ended before they could report."""
        return self.path / "unfinished.jsonl"

    @property
    def series(self) -> Path:
        """The time series, a file a run."""
        return self.path / "series"

    @property
    def logs(self) -> Path:
        """The nodes' output, a file a node and run."""
        return self.path / "logs"

    @property
    def captures(self) -> Path:
        """The runs' frames, a file a run; there where they were asked for."""
        return self.path / "captures"

    @property
    def profiles(self) -> Path:
        """Go's profiles of the nodes, a file a scenario, node and kind; there where they were asked for."""
        return self.path / "profiles"
