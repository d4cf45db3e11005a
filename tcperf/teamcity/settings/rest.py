"""The plan's charts over REST: the bodies to post, and what of them a project already has.  Pure.

``POST /app/rest/projects/id:P/projectFeatures`` takes ``{"type": …, "properties": {"property": [{"name", "value"}]}}``
and gives the feature the server's own identifier.  So each carries ours among its properties, and is found by that,
or, where the server does not keep it, by its type and title.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from attrs import evolve, frozen

from tcperf.errors import TcperfError
from tcperf.teamcity.settings.feature import ORDER, Feature

#: The property that says which of ours a feature is.
MARK: Final = "tcperf.id"
#: The property whose text is JSON: servers may write it in other words.
_JSON: Final = "series"


class FeaturesError(TcperfError):
    """The server's answer is not what project features look like."""

    exit_status = 3


@frozen
class Action:
    """What is to be done about ``feature``: ``present`` is the server's identifier of it, None where it is new.

    What nothing wants any more is removed or, where nobody asked for that, spared.
    """

    kind: Literal["create", "update", "leave", "remove", "spare"]
    feature: Feature
    present: str | None = None


def path(project: str, feature: str | None = None) -> str:
    """The path of a project's features, or of one of them, below the server's root."""
    return f"/app/rest/projects/id:{project}/projectFeatures" + ("" if feature is None else f"/id:{feature}")


def payload(feature: Feature) -> dict[str, Any]:
    """The body that makes the feature, or puts it in the place of another."""
    properties = {**feature.properties, MARK: feature.id}
    return {
        "type": feature.type,
        "properties": {
            "property": [{"name": name, "value": value} for name, value in properties.items()],
        },
    }


def parse(answer: object) -> tuple[Feature, ...]:
    """The features of a project, as the server lists them.

    Raises FeaturesError where the answer is something else.
    """
    listed = answer.get("projectFeature", []) if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise FeaturesError(
            "the server's answer is no list of project features",
            cure="check --server: it must be TeamCity's root",
        )
    return tuple(map(parse_one, listed))


def parse_one(answer: Any) -> Feature:
    """One feature, as the server tells of it.  Raises FeaturesError where the answer is something else."""
    try:
        listed = (answer.get("properties") or {}).get("property", ())
        properties = {str(each["name"]): str(each.get("value", "")) for each in listed}
        return Feature(str(answer["id"]), str(answer["type"]), properties)
    except (AttributeError, KeyError, TypeError) as error:
        raise FeaturesError("the server's answer is no project feature") from error


def diff(wanted: Sequence[Feature], present: Sequence[Feature]) -> tuple[Action, ...]:
    """What is to be done, in the order of ``wanted``; done once, nothing is left to do.

    What others have added to a feature of ours stays, and so does whatever is not ours.
    """
    return tuple(_action(feature, find(feature, present)) for feature in wanted)


def order_among(order: Feature, present: Sequence[Feature], gone: Container[str] = ()) -> Feature:
    """The order, with the charts that others have put into theirs behind ours, and without those that are ``gone``."""
    found = find(order, present)
    ours = order.properties["order"].split(",")
    others = [] if found is None else found.properties.get("order", "").split(",")
    ids = (*ours, *(each for each in others if each and each not in ours and each not in gone))
    return evolve(order, properties={"order": ",".join(ids)})


def dumps(wanted: Iterable[Feature], project: str | None = None) -> str:
    """All bodies as JSON, with where to post them, for other programs."""
    document = {
        "post": path(project or "PROJECT"),
        "projectFeature": [payload(feature) for feature in wanted],
    }
    return json.dumps(document, indent=2) + "\n"


def _action(feature: Feature, found: Feature | None) -> Action:
    if found is None:
        return Action("create", feature)
    properties = {**found.properties, **feature.properties}
    merged = evolve(feature, properties=properties)
    return Action("leave" if _is_same(properties, found.properties) else "update", merged, found.id)


def find(feature: Feature, present: Sequence[Feature]) -> Feature | None:
    """The one of ``present`` that ``feature`` is: ours by its mark or identifier, else of the same title; or None.

    A project has one order, whoever made it.
    """
    alike = [each for each in present if each.type == feature.type]
    ours = (each for each in alike if feature.id in {each.id, each.properties.get(MARK)})
    title = feature.properties.get("title")
    named = (each for each in alike if feature.type == ORDER or _is_titled(each, title))
    return next(ours, None) or next(named, None)


def _is_titled(each: Feature, title: str | None) -> bool:
    return title is not None and each.properties.get("title") == title and MARK not in each.properties


def _is_same(wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    return all(_meaning(name, wanted[name]) == _meaning(name, present.get(name, "")) for name in wanted)


def _meaning(name: str, value: str) -> object:
    """The value, but JSON as what it says."""
    if name != _JSON:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
