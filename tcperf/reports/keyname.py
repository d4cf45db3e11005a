"""A statistic's key taken apart for people: where it was measured, what, and in which unit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from tcperf.keys import COUNTS, ROOT, count_key, delta_key, worse_key
from tcperf.summary import metric_order
from tcperf.units import UNITS

_REFERENCE: Final = "reference."
#: What is made of other figures: how many comparisons came out how, and by how much.
_COUNTS: Final = frozenset(
    count_key(what, reference=reference) for what in COUNTS for reference in (False, True)
)
_ENDS: Final = (delta_key(""), worse_key(""))


@frozen
class KeyName:
    """A key such as ``tcperf.one_to_one.messages.sent_bytes``.

    ``where`` is ``one_to_one.messages`` (with ``reference.`` before it, where the bundled node was measured),
    ``metric`` ``sent_bytes``, ``unit`` its symbol; "" where the key, which need not be tcperf's, has none.
    """

    key: str
    where: str
    metric: str
    unit: str

    @property
    def tail(self) -> str:
        """What patterns are matched with: the key after ``tcperf.[reference.]``."""
        return _after_root(self.key).removeprefix(_REFERENCE)

    @property
    def is_measured(self) -> bool:
        """Whether it is a figure of tcperf's own that was measured, not one that was made of others."""
        return self.key.startswith(f"{ROOT}.") and self.key not in _COUNTS and not self.key.endswith(_ENDS)


def named(key: str) -> KeyName:
    """The parts of ``key``, whoever published it."""
    where, _dot, metric = _after_root(key).rpartition(".")
    unit = metric.rpartition("_")[2]
    return KeyName(key, where, metric, unit if unit in UNITS else "")


def in_order(keys: Iterable[str]) -> list[KeyName]:
    """The names by scenario and phase, within a phase in the order in which metrics are shown everywhere."""
    names = sorted(map(named, set(keys)), key=lambda name: (name.where, name.metric, name.key))
    rank = {metric: place for place, metric in enumerate(metric_order(name.metric for name in names))}
    return sorted(names, key=lambda name: (name.where, rank[name.metric]))


def _after_root(key: str) -> str:
    return key.removeprefix(f"{ROOT}.")
