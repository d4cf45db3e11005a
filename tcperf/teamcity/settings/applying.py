"""Gives a project its charts, over REST: each is made, changed or left as it is; doing it again changes nothing.

Charts of ours that nothing wants any more are spared, for they may be of other settings in the same project, unless
they are to be pruned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from tcperf.teamcity.settings.feature import CHART, ORDER_ID, Feature, features, order
from tcperf.teamcity.settings.plan import SettingsPlan
from tcperf.teamcity.settings.rest import Action, diff, order_among, parse, parse_one, path, payload
from tcperf.teamcity.settings.spare import spare

_DONE: Final = {"create": "made", "update": "changed", "leave": "left as it is", "remove": "removed"}
_TO_DO: Final = {**_DONE, "create": "to be made", "update": "to be changed", "remove": "to be removed"}


class Server(Protocol):
    """What is needed of a TeamCity server: paths are below its root, answers are parsed JSON."""

    def get_json(self, path: str) -> Any:
        """What is there."""

    def post_json(self, path: str, body: Any) -> Any:
        """Make something; the answer is what was made."""

    def put_json(self, path: str, body: Any) -> Any:
        """Put something in the place of what is there."""

    def delete(self, path: str) -> None:
        """Remove what is there."""


def apply(
    plan: SettingsPlan, server: Server, project: str, *, dry: bool = False, prune: bool = False
) -> Iterator[Action]:
    """Do what is to be done, and tell of each action after it; with ``dry`` only tell.

    The charts' order names them by the server's identifiers, so it comes last; while some have none, it is told by
    ours.  Raises what the server raises, after what was done before.
    """
    present = parse(server.get_json(path(project)))
    ids = {}
    for action in diff(features(plan), present):
        ids[action.feature.id] = action.present or action.feature.id
        if not dry:
            ids[action.feature.id] = _do(action, server, project)
        yield action
    others = _spare(plan, present, prune=prune)
    for action in others:
        if not dry:
            _do(action, server, project)
        yield action
    charts = [ids[feature.id] for feature in features(plan) if feature.type == CHART]
    gone = {action.feature.id for action in others if action.kind == "remove"}
    (last,) = diff([order_among(order(charts), present, gone)], present)
    if not dry:
        _do(last, server, project)
    yield last


def in_words(action: Action, *, dry: bool) -> str:
    """One line about an action."""
    if action.kind == "spare":
        return f"left over: {_name(action.feature)} is of nothing that these settings measure; --prune removes it"
    return f"{(_TO_DO if dry else _DONE)[action.kind]}: {_name(action.feature)}"


def _spare(plan: SettingsPlan, present: Sequence[Feature], *, prune: bool) -> list[Action]:
    return [Action("remove" if prune else "spare", each, each.id) for each in spare(features(plan), present)]


def _do(action: Action, server: Server, project: str) -> str:
    """The server's identifier of the feature."""
    if action.present is None:
        return parse_one(server.post_json(path(project), payload(action.feature))).id
    if action.kind == "update":
        server.put_json(path(project, action.present), payload(action.feature))
    if action.kind == "remove":
        server.delete(path(project, action.present))
    return action.present


def _name(feature: Feature) -> str:
    if feature.id == ORDER_ID:
        return "the order of the charts"
    kind = "chart" if feature.type == CHART else "report tab"
    return f"the {kind} {feature.properties.get('title', feature.id)!r}"
