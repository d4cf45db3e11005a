"""What a finished result is compared with, and what follows from that for the build."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import attrs
from attrs import frozen

from tcperf import comparing, results
from tcperf.cli.past_builds import NO_TREND, NOTHING, read_baseline, read_trend
from tcperf.cli.terminal import Terminal
from tcperf.comparing import Compared
from tcperf.config import Config
from tcperf.errors import NotComparedError, UsageError
from tcperf.gating import Gate, resolve_mode
from tcperf.model import Result
from tcperf.options import Earlier
from tcperf.quoting import printable

if TYPE_CHECKING:
    from tcperf.baselines.reading import Reading
    from tcperf.precedent import Precedent

#: How the warning begins that says why there is no comparison (tcperf.reports.teamcity_verdict).
_NOT_COMPARED: Final = "not compared"
#: What gives a baseline to whoever has no option of his own for it.
_BASELINE: Final = "--baseline"


@frozen
class Judged:
    """A result with its comparisons, and the gate that it stands before."""

    result: Result
    gate: Gate


@frozen
class Judge:
    """Compares results as the options and tcperf.toml say.

    ``baseline`` is an earlier result, ``reading`` what was read of past builds; None where it was not asked for.
    ``past`` is what was read of past builds that judge nothing: the result is shown beside them.
    An ``optional`` baseline breaks nothing; ``lack`` says why there is none.
    ``told`` is what was found before anything was played (to be wrong with tcperf.toml, or much for this machine),
    and is said again beside the result.
    """

    config: Config
    gate: Gate
    baseline: Result | None = None
    reading: Reading | None = None
    past: Reading | None = None
    told: tuple[str, ...] = ()
    optional: bool = False
    lack: str | None = None

    @classmethod
    def of(
        cls,
        config: Config,
        asked: str | None,
        baseline: Earlier | Literal["teamcity"] | None,
        terminal: Terminal,
        option: str = _BASELINE,
        *,
        trend: bool | None = None,
    ) -> Judge:
        """The judge for these options; what it compares with is read, so that what is wrong with it is said at once.

        ``option`` is the one that gives the baseline; ``trend`` asks for past builds beside whatever judges.
        """
        gate = Gate(resolve_mode(asked, teamcity=terminal.teamcity), config.gate)
        if baseline is not None and not isinstance(baseline, Earlier):
            return cls(config, gate, reading=read_baseline(config, terminal))
        made = cls._by_earlier(config, gate, baseline, terminal, option)
        return attrs.evolve(made, past=read_trend(config, terminal)) if trend else made

    @classmethod
    def _by_earlier(
        cls, config: Config, gate: Gate, baseline: Earlier | None, terminal: Terminal, option: str
    ) -> Judge:
        if baseline is None:
            return cls(config, gate)
        if not baseline.optional:
            return cls(config, gate, _load(baseline.path, option))
        try:
            return cls(config, gate, _load(baseline.path, option), optional=True)
        except (NotComparedError, UsageError) as error:
            terminal.say(NOTHING)
            return cls(config, gate, optional=True, lack=error.message)

    def judge(self, result: Result, today: date) -> Judged:
        """The result with its comparisons and all that must be said beside them."""
        if self.reading is not None:
            return self._by_history(result, self.reading, today)
        judged = self._judged(result, self._with_reason(self._by_base(result, today)))
        if self.past is None:
            return judged
        return attrs.evolve(judged, result=self._shown(judged.result, self.past))

    def _by_base(self, result: Result, today: date) -> Compared:
        """By its own base, by an earlier result, or by limits alone."""
        policy, accept = self.config.gate, self.config.accept
        if self.baseline is not None:
            return comparing.compare_results(self.baseline, result, policy, accept, today, whole=False)
        found = comparing.compare_pairs(result, policy, accept, today)
        return Compared(found, comparing.warnings(result, found, accept, today), self.lack)

    def _shown(self, result: Result, past: Reading) -> Result:
        """The result, judged already, beside past builds: they say what drifts, and change no verdict."""
        from tcperf.drifting import HISTORY
        from tcperf.precedent import beside

        if past.precedent is None:
            told = (*past.warnings, f"{HISTORY} {NO_TREND}: {past.problem}")
            return attrs.evolve(result, warnings=(*result.warnings, *told))
        told = (*past.warnings, *beside(result, past.precedent, self.config.gate))
        return attrs.evolve(result, history=past.precedent.history, warnings=(*result.warnings, *told))

    def _by_history(self, result: Result, reading: Reading, today: date) -> Judged:
        """By what past builds published; that there is none is no fault, unless a comparison is required."""
        if reading.precedent is None:
            why = reading.problem or "there is no history of builds"
            limits = comparing.budgets(result, self.config.gate)
            told = (*reading.warnings, _not_compared(why))
            return self._judged(result, Compared(limits, told, self._required(why)))
        compared = self._compared(result, reading.precedent, today)
        return self._judged(
            attrs.evolve(result, history=reading.precedent.history),
            attrs.evolve(
                compared,
                warnings=(*reading.warnings, *compared.warnings),
                refusal=self._required(compared.refusal),
            ),
        )

    def _compared(self, result: Result, precedent: Precedent, today: date) -> Compared:
        from tcperf.precedent import compare_history

        return compare_history(result, precedent, self.config.gate, self.config.accept, today)

    def _with_reason(self, compared: Compared) -> Compared:
        """Where the baseline is optional, what it could not be compared in is a warning, unless a comparison is required."""
        refusal = compared.refusal
        if not self.optional or refusal is None:
            return compared
        told = (*compared.warnings, _not_compared(refusal))
        return attrs.evolve(compared, warnings=told, refusal=self._required(refusal))

    def _required(self, why: str | None) -> str | None:
        return why if self.config.gate.require_comparison else None

    def _judged(self, result: Result, compared: Compared) -> Judged:
        told = (*result.warnings, *self.told, *compared.warnings)
        judged = attrs.evolve(result, comparisons=compared.comparisons, warnings=told)
        return Judged(judged, attrs.evolve(self.gate, refusal=compared.refusal, optional=self.optional))


def _not_compared(why: str) -> str:
    return why if why.startswith(_NOT_COMPARED) else f"{_NOT_COMPARED}: {why}"


def _load(path: Path, option: str) -> Result:
    """The earlier result.  Raises NotComparedError where there is none, and what ``results.load`` raises."""
    if not path.exists():
        raise NotComparedError(
            f"not compared: there is no baseline {printable(path)}",
            cure=f"a first build has none: {option} teamcity takes past builds, and forgives that there are none yet",
        )
    return results.load(path)
