"""What the coordinator and its workers tell each other, as JSON has it: one object a line.

To a worker::

    {"setup": {…}}  {"play": assignment}  {"go": seconds}  {"ping": true}

From a worker::

    {"alive": true}  {"event": [name, {…}]}  {"at": point}
    {"run": {…}, "generations": […]}  {"error": {…}}  {"fault": {…}}

``go`` is the word to go on, so many seconds later, for who is ``at`` a point.  An assignment is answered by a run,
an error (it failed) or a fault (tcperf did).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, Final, get_args

import attrs

from tcperf import errors, events
from tcperf.errors import TcperfError
from tcperf.plan import Assignment, Plan
from tcperf.registry import Registry

Message = dict[str, Any]

#: What happens within a run; what happens to a whole scenario is the coordinator's own.
_EVENTS: Final = {kind.__name__: kind for kind in get_args(events.RunEvent)}


def send(descriptor: int, message: Message) -> None:
    """Write ``message`` as a line to a socket's descriptor, whole.  Raises ConnectionError where nobody reads."""
    left = memoryview(json.dumps(message, allow_nan=False).encode("ascii") + b"\n")
    while left:
        left = left[os.write(descriptor, left) :]


class Lines:
    """Cuts what a socket yields into messages; a line that is not whole yet waits."""

    def __init__(self) -> None:
        self._partial = b""

    def feed(self, chunk: bytes) -> Iterator[Message]:
        """The messages that ``chunk`` completes, in order."""
        *whole, self._partial = (self._partial + chunk).split(b"\n")
        return map(json.loads, whole)


def assignment_document(assignment: Assignment) -> Message:
    """An assignment: its scenario by name, its parameters as plain values."""
    plan = assignment.plan
    told = attrs.asdict(assignment, recurse=False, filter=lambda attribute, _value: attribute.name != "plan")
    params = attrs.asdict(plan.params)  # type: ignore[arg-type]  # every scenario's Params is an attrs class
    return {**told, "scenario": plan.scenario.name, "params": params, "runs": plan.runs}


def assignment_of(document: Message, registry: Registry) -> Assignment:
    """The assignment that ``assignment_document`` wrote; its scenario is looked up in ``registry``."""
    told = dict(document)
    scenario = registry.get(told.pop("scenario"))
    plan = Plan(scenario, scenario.params_type(**told.pop("params")), told.pop("runs"))
    return Assignment(plan=plan, **told)


def event_message(event: events.Event) -> Message | None:
    """An event as a message; None for those that are not told."""
    name = type(event).__name__
    return {"event": [name, attrs.asdict(event, recurse=False)]} if name in _EVENTS else None


def event_of(told: list[Any]) -> events.RunEvent:
    """The event of a message."""
    name, fields = told
    made: events.RunEvent = _EVENTS[name](**fields)
    return made


def error_document(error: TcperfError) -> Message:
    """An error, with its kind."""
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "cure": error.cure,
        "details": list(error.details),
    }


def error_of(document: Message) -> TcperfError:
    """The error that ``error_document`` wrote; one of a kind of its own becomes plain TcperfError."""
    kind = getattr(errors, document["kind"], TcperfError)
    made: TcperfError = kind(document["message"], cure=document["cure"], details=tuple(document["details"]))
    return made
