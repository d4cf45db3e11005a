"""Requests for settings, as users make them: for tests of the plan and its renderers."""

from __future__ import annotations

import attrs
import samples

from tcperf.buildsettings import BuildSettings
from tcperf.model import PhaseInfo, ScenarioInfo
from tcperf.quantities import Amount
from tcperf.rules import GatePolicy, Rule
from tcperf.teamcity.settings.request import Request

IDLE = ScenarioInfo(
    "idle",
    "Two connected nodes that do nothing.",
    {"seconds": 30.0},
    (
        PhaseInfo("connect", publish=False, metrics=()),
        PhaseInfo("idle", publish=True, metrics=samples.UNTIMED[1:]),
    ),
)
NODE = "build/bin/status-backend"
WHOLE = BuildSettings(
    name="Performance",
    id="Perf",
    install="tools/tcperf",
    build="make status-backend",
    base_build="make status-backend",
    vcs_root="Status_Go",
    cpus=4,
    timeout=5400.0,
    token="credentialsJSON:57e22787-e451-48ed-9fea-b9bf30775b36",
)
#: What nobody writes, and every form must carry all the same.
NASTY = BuildSettings(
    name="100 % \"quoted\" ${dollar} \\ <tag> & 'é' 日本 🎈",
    install="pkg[a,b]>=1; $HOME `x` %PATH%",
    build='echo "$PATH" \\\n\n    indented "\'"\necho %d `date +%Y-%m-%d` <&1 "]]>"',
    base_build='printf \'""" %s\' \'${name}\' "$PATH"',
)


def request(*scenarios, **changes):
    """A request of a given node; without a scenario, one_to_one and cold_start."""
    found = {"node": NODE, "words": ("--node", NODE), **changes}
    return Request(scenarios=scenarios or (samples.ONE_TO_ONE, samples.COLD_START), **found)


def reference(*scenarios, **changes):
    """A request of the bundled reference node."""
    return request(*scenarios, **{"node": None, "words": (), **changes})


def whole(**changes):
    """A request with everything in it."""
    return request(
        samples.ONE_TO_ONE,
        samples.COLD_START,
        IDLE,
        settings=attrs.evolve(WHOLE, **changes),
        words=("one_to_one", "--node", NODE, "--param", "messages=20"),
        policy=GatePolicy(undecided="fail", rules=(Rule(match="*.cpu_ms", max=Amount(9_000.0, "ms")),)),
        budget_s=1500.0,
    )
