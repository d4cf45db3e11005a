"""What particular messages demand of their attributes: limits, identities, states, timestamps.

Applied to every message, whichever method it came through.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tcperf.keys import IDENTITY_LIMIT
from tcperf.teamcity.errors import ServiceMessageError
from tcperf.teamcity.escaping import truncate
from tcperf.teamcity.notation import parse_number, plain_notation

Attributes = dict[str, str]

#: TeamCity's documentation, "Service Messages": the longest description of a build problem.
DESCRIPTION_LIMIT = 4000
#: The longest value of test metadata (the same page).
METADATA_LIMIT = 1024
#: The types of test metadata whose value is a number.
METADATA_NUMBERS = ("number", "ms", "bytes", "percent")
MESSAGE_STATUSES = ("NORMAL", "WARNING", "FAILURE", "ERROR")

_IDENTITY = re.compile(rf"[A-Za-z_$][A-Za-z0-9_$]{{0,{IDENTITY_LIMIT - 1}}}")
_TIMESTAMP = re.compile(
    r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3})(?:[+-](?:0[0-9]|1[0-4])[0-5][0-9])?"
)


def apply_rules(message: str, attributes: Attributes) -> Attributes:
    """The attributes as they may be printed: long free text is shortened.

    Raises ServiceMessageError for what TeamCity would drop or misunderstand.
    """
    if "timestamp" in attributes:
        _check_timestamp(message, attributes["timestamp"])
    rule = _RULES.get(message)
    return attributes if rule is None else rule(attributes)


def _check_timestamp(message: str, timestamp: str) -> None:
    from datetime import datetime

    match = _TIMESTAMP.fullmatch(timestamp)
    try:
        datetime.fromisoformat(match["time"] if match else "")
    except ValueError:
        raise ServiceMessageError(
            f"the timestamp {timestamp!a} of {message} does not fit",
            cure="it is 2026-01-31T23:59:59.123, with or without a zone written +0400",
        ) from None


def _build_problem(attributes: Attributes) -> Attributes:
    identity = attributes.get("identity")
    if identity is not None and _IDENTITY.fullmatch(identity) is None:
        raise ServiceMessageError(
            f"the identity {identity!a} of a build problem does not fit",
            cure=f"a letter, _ or $, then letters, digits, _ or $, {IDENTITY_LIMIT} in all",
        )
    description = _required("buildProblem", "description", attributes)
    return attributes | {"description": truncate(description, DESCRIPTION_LIMIT)}


def _build_status(attributes: Attributes) -> Attributes:
    status = attributes.get("status")
    if status not in {None, "FAILURE"}:
        raise ServiceMessageError(
            f"buildStatus does not set the status {status!a}: a failed build would look like a success",
            cure="give only the text; the build's steps and failure conditions make its status",
        )
    if status is None:
        _required("buildStatus", "text", attributes)
    return attributes


def _message(attributes: Attributes) -> Attributes:
    status = attributes.get("status")
    if status is not None and status not in MESSAGE_STATUSES:
        raise ServiceMessageError(
            f"a message has no status {status!a}", cure=f"one of {', '.join(MESSAGE_STATUSES)}"
        )
    return attributes


def _test_metadata(attributes: Attributes) -> Attributes:
    value = _required("testMetadata", "value", attributes)
    kind = attributes.get("type", "text")
    if kind in METADATA_NUMBERS:
        return attributes | {"value": _metadata_number(value, kind)}
    if kind == "text":
        return attributes | {"value": truncate(value, METADATA_LIMIT)}
    if truncate(value, METADATA_LIMIT) != value:
        raise ServiceMessageError(
            f"the {kind} in testMetadata is longer than {METADATA_LIMIT} characters",
            cure="a path or link cannot be shortened: publish it elsewhere",
        )
    return attributes


def _metadata_number(value: str, kind: str) -> str:
    try:
        return plain_notation(parse_number(value))
    except ValueError as refusal:
        raise ServiceMessageError(f"testMetadata of type {kind} has the value {value!a}: {refusal}") from None


def _required(message: str, name: str, attributes: Attributes) -> str:
    value = attributes.get(name)
    if not value:
        raise ServiceMessageError(f"{message} needs its {name}", cure=f"give a {name} that is not empty")
    return value


_RULES: dict[str, Callable[[Attributes], Attributes]] = {
    "buildProblem": _build_problem,
    "buildStatus": _build_status,
    "message": _message,
    "testMetadata": _test_metadata,
}
