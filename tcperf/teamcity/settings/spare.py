"""Charts that a project has of tcperf, and that nothing wants any more: of scenarios that went, or are called otherwise.

Pure.  They are told by name and, where that is asked for, removed.  What others have made is never among them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal

from tcperf.keys import ROOT
from tcperf.teamcity.settings.feature import CHART, Feature
from tcperf.teamcity.settings.rest import MARK, find

#: How each of our identifiers begins (``Request.identifier``).
_OURS: Final = ROOT.capitalize()
_KEYS: Final = f"{ROOT}."
#: How the keys of the bundled node's statistics begin.
_REFERENCE: Final = f"{ROOT}.reference."

Kind = Literal["node", "reference"]


def spare(wanted: Sequence[Feature], present: Sequence[Feature]) -> tuple[Feature, ...]:
    """The charts of ``present`` that are ours and not ``wanted``, in their order.

    A chart is ours by its identifier, and draws our statistics alone.  Those of the bundled node and those of
    others are not held against each other: a project may have both.
    """
    charts = [feature for feature in wanted if feature.type == CHART]
    kinds = {_kind(feature) for feature in charts} - {None}
    kept = {found.id for feature in charts if (found := find(feature, present)) is not None}
    return tuple(each for each in present if each.id not in kept and _is_ours(each) and _kind(each) in kinds)


def _is_ours(feature: Feature) -> bool:
    return feature.type == CHART and feature.properties.get(MARK, feature.id).startswith(_OURS)


def _kind(feature: Feature) -> Kind | None:
    """Whose statistics a chart draws; None where not all of them are ours, and of one kind of node."""
    keys = _keys(feature)
    if not keys or not all(key.startswith(_KEYS) for key in keys):
        return None
    ours = {key.startswith(_REFERENCE) for key in keys}
    return None if len(ours) > 1 else "reference" if ours.pop() else "node"


def _keys(feature: Feature) -> list[str]:
    """The keys of a chart's series, "" for what is none; nothing where they cannot be read."""
    try:
        series = json.loads(feature.properties.get("series", ""))
    except (ValueError, RecursionError):
        return []
    if not isinstance(series, list):
        return []
    return [str(each.get("key", "")) if isinstance(each, dict) else "" for each in series]
