"""The node that was asked for: what it is, and what drives it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from attrs import evolve, frozen

from tcperf.crowd import Weight
from tcperf.errors import UsageError
from tcperf.estimate import Pace
from tcperf.nodes.expvar import ENVIRONMENT
from tcperf.nodes.factory import StatusBackend, Statusd, minimal_environment, reference_node
from tcperf.nodes.flavour import WAKU, WHISPER
from tcperf.nodes.interface import DriverFactory
from tcperf.nodes.program import StatusdProgram, ask
from tcperf.nodes.subject import inspect, reference_subject
from tcperf.options import REFERENCE
from tcperf.runner import StageMaker
from tcperf.stage import RunStage
from tcperf.subject import Subject

#: Which generation the bundled node answers as.
_REFERENCE_API = "2024-10"
#: What Go says of a build without version control.
_NO_VERSION = ("unknown", "devel")
#: Delivered in milliseconds: nothing in it waits on a timer.
_REFERENCE_PACE: Final = Pace(0.02, together_s=0.01, node_s=0.4, resend_s=5.0)
#: Its retrieve loops tick once a second, there and back; it sends two messages a second in the long run (from 2024-09
#: on), makes an account by 2 to 7 s of computation, and sends again after 27 to 36 s.
_STATUS_BACKEND_PACE: Final = Pace(2.0, together_s=0.5, node_s=4.0, resend_s=30.0)
#: It looks four times a second for what has come.  What is to be sent, Waku v1 sends three times a second; by Whisper (v0.17)
#: messages come at ticks of a second.
_STATUSD_PACES: Final = {
    WAKU: Pace(0.4, together_s=0.01, node_s=0.3),
    WHISPER: Pace(1.5, together_s=0.04, node_s=0.3),
}


#: What was seen of nodes at rest (Private_Clean and Private_Dirty of smaps_rollup, Threads of status).
_REFERENCE_WEIGHT: Final = Weight(28 << 20, 2)
_STATUS_BACKEND_WEIGHT: Final = Weight(70 << 20, 8)
_STATUSD_WEIGHT: Final = Weight(9 << 20, 8)


@frozen
class ChosenNode:
    """A node ready to be driven, and its ``pace`` and ``weight``, for estimates.

    ``stage`` makes what it plays on.  One that ``talks`` prints what is shown as it comes.
    """

    subject: Subject
    factory: DriverFactory
    pace: Pace
    stage: StageMaker = RunStage
    talks: bool = False
    weight: Weight = _REFERENCE_WEIGHT


def choose(node: Path | Literal["reference"], role: str = "node") -> ChosenNode:
    """Look at the node's binary, or take the bundled reference node.

    ``role`` is the option that asked for it.  Raises UsageError where there is no program that can be run.
    """
    if node == REFERENCE:
        return ChosenNode(reference_subject(_REFERENCE_API), reference_node(_REFERENCE_API), _REFERENCE_PACE)
    subject = inspect(node, role)
    statusd = ask(subject.path, subject.go, minimal_environment(Path(subject.path).parent))
    if statusd is not None:
        return _statusd(subject, statusd, role)
    factory = StatusBackend((subject.path,), env=ENVIRONMENT)
    return ChosenNode(subject, factory, _STATUS_BACKEND_PACE, weight=_STATUS_BACKEND_WEIGHT)


def _statusd(subject: Subject, told: StatusdProgram, role: str) -> ChosenNode:
    if not told.flavours:
        raise UsageError(
            f"the {role} {subject.path} is a statusd that knows neither Whisper nor Waku v1",
            cure="tcperf drives those of 2019 and 2020 (v0.16 to v0.63)",
        )
    flavour = told.flavours[0]
    version = told.version if subject.version in _NO_VERSION else subject.version
    return ChosenNode(
        evolve(subject, version=version),
        Statusd((subject.path,), flavour, told.version),
        _STATUSD_PACES[flavour],
        weight=_STATUSD_WEIGHT,
    )
