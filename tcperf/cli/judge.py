"""What a finished result is compared with, and what follows from that for the build."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import attrs
from attrs import frozen

from tcperf import comparing, results
from tcperf.cli.terminal import Terminal
from tcperf.config import Config
from tcperf.gating import Gate, resolve_mode
from tcperf.model import Comparison, Result
from tcperf.options import TEAMCITY

#: Said where the baseline is a build configuration's history.
NO_HISTORY: Final = "not compared: the history of builds cannot be read yet; give --base or --baseline FILE"


@frozen
class Judged:
    """A result with its comparisons, and the gate that it stands before."""

    result: Result
    gate: Gate


@frozen
class Judge:
    """Compares results as the options and tcperf.toml say.

    ``baseline`` is an earlier result; None where none is given.  ``told`` is what was found to be wrong with
    tcperf.toml, and is said again beside the result.
    """

    config: Config
    gate: Gate
    baseline: Result | None = None
    warning: str | None = None
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: Config, asked: str | None, baseline: Path | str | None, terminal: Terminal) -> Judge:
        """The judge for these options; an earlier result is read, so that what is wrong with it is said at once."""
        gate = Gate(resolve_mode(asked, teamcity=terminal.teamcity), config.gate)
        if baseline is None:
            return cls(config, gate)
        if baseline == TEAMCITY:
            return cls(config, gate, warning=NO_HISTORY)
        return cls(config, gate, results.load(Path(baseline)))

    def judge(self, result: Result, today: date) -> Judged:
        """The result with its comparisons and all that must be said beside them."""
        policy, accept = self.config.gate, self.config.accept
        told = (*self.told, *(() if self.warning is None else (self.warning,)))
        if self.baseline is None:
            found = comparing.compare_pairs(result, policy, accept, today)
            told += comparing.warnings(result, found, accept, today)
            return Judged(_with(result, found, told), self.gate)
        compared = comparing.compare_results(self.baseline, result, policy, accept, today)
        return Judged(
            _with(result, compared.comparisons, (*told, *compared.warnings)),
            attrs.evolve(self.gate, refusal=compared.refusal),
        )


def _with(result: Result, comparisons: tuple[Comparison, ...], told: tuple[str, ...]) -> Result:
    return attrs.evolve(result, comparisons=comparisons, warnings=(*result.warnings, *told))
