"""The node that was asked for: what it is, and what drives it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from attrs import frozen

from tcperf.model import Subject
from tcperf.nodes.expvar import ENVIRONMENT
from tcperf.nodes.factory import StatusBackend, reference_node
from tcperf.nodes.interface import DriverFactory
from tcperf.nodes.subject import inspect, reference_subject
from tcperf.options import REFERENCE

#: Which generation the bundled node answers as.
_REFERENCE_API = "2024-10"


@frozen
class ChosenNode:
    """A node ready to be driven.  ``message_s`` is about what one message takes, for estimates."""

    subject: Subject
    factory: DriverFactory
    message_s: float


def choose(node: Path | Literal["reference"], role: str = "node") -> ChosenNode:
    """Look at the node's binary, or take the bundled reference node.

    ``role`` is the option that asked for it.  Raises UsageError where there is no program that can be run.
    """
    if node == REFERENCE:
        # Delivered in milliseconds: nothing in it waits on a timer.
        return ChosenNode(reference_subject(_REFERENCE_API), reference_node(_REFERENCE_API), 0.02)
    subject = inspect(node, role)
    # status-go's retrieve loops tick once a second, there and back.
    return ChosenNode(subject, StatusBackend((subject.path,), env=ENVIRONMENT), 2.0)
