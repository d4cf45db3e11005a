"""What settings are to be made for: what of the command line and of tcperf.toml the build configuration depends on."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from tcperf.buildsettings import BuildSettings
from tcperf.keys import statistic_key
from tcperf.metrics import TRAFFIC_METRICS
from tcperf.model import ScenarioInfo
from tcperf.rules import GatePolicy


@frozen(kw_only=True)
class Statistic:
    """A published figure: ``key`` is its statistic's key, ``title`` what it is called within its scenario."""

    scenario: str
    phase: str
    metric: str
    key: str
    title: str

    @property
    def unit(self) -> str:
        """The symbol of its unit."""
        return self.metric.rpartition("_")[2]

    @property
    def tail(self) -> str:
        """What follows ``tcperf.[reference.]`` in its key: what rules match."""
        return f"{self.scenario}.{self.phase}.{self.metric}"


@frozen(kw_only=True)
class Request:
    """The settings that are asked for.

    ``words`` are the words after ``tcperf run`` that the caller gave, ``node`` the path of the node's binary as
    seen from the checkout (None: the bundled reference node), ``compared`` says that tcperf.toml itself names what
    to compare with, and ``counts_runs`` that it says how many runs there are.  ``traffic`` is false on the host's
    network, ``lanes`` how many runs go on side by side, ``budget_s`` the time for all pairs (None: no limit).
    ``artifacts`` is the folder that reports are published to. ``as_tests`` says that metrics are told as tests;
    ``trend`` that the step is to ask for past builds, for tcperf.toml does not say whether.  ``classic`` asks for
    TeamCity's own kind of condition, too.
    """

    scenarios: tuple[ScenarioInfo, ...]
    settings: BuildSettings = field(factory=BuildSettings)
    policy: GatePolicy = field(factory=GatePolicy)
    words: tuple[str, ...] = ()
    node: str | None = None
    compared: bool = False
    counts_runs: bool = False
    traffic: bool = True
    lanes: int = 1
    budget_s: float | None = None
    artifacts: str = "tcperf"
    as_tests: bool = False
    trend: bool = True
    classic: bool = False

    @property
    def reference(self) -> bool:
        """Whether the bundled reference node is measured."""
        return self.node is None

    @property
    def statistics(self) -> Mapping[str, tuple[Statistic, ...]]:
        """What each scenario publishes, by the scenario's name, in the order of printing."""
        return {info.name: self._of(info) for info in self.scenarios}

    def identifier(self, *parts: str) -> str:
        """The identifier of a chart or a condition, the same for ever; each part begins with its only capital letter.

        So no two of them are the same: the names of scenarios, phases and metrics have none.
        """
        mark = ("reference",) if self.reference else ()
        return "".join(part[0].upper() + part[1:] for part in ("tcperf", *mark, *parts))

    def _of(self, info: ScenarioInfo) -> tuple[Statistic, ...]:
        published = [phase for phase in info.phases if phase.metrics]
        return tuple(
            Statistic(
                scenario=info.name,
                phase=phase.name,
                metric=metric,
                key=statistic_key(info.name, phase.name, metric, reference=self.reference),
                title=_title(phase.name if len(published) > 1 else "", metric),
            )
            for phase in published
            for metric in phase.metrics
            if self.traffic or metric not in TRAFFIC_METRICS
        )


def _title(phase: str, metric: str) -> str:
    words = metric.rpartition("_")[0].replace("_", " ")
    return f"{phase.replace('_', ' ')}: {words}" if phase else words
