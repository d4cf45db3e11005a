"""Which of a result's figures have become worse build by build, with this build as the newest, in words.  Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final

from tcperf import drift
from tcperf.history import History
from tcperf.judged import Judged
from tcperf.metrics import METRICS
from tcperf.quoting import printable
from tcperf.sentences import percent, signed
from tcperf.units import UNITS

#: How what is said of the history begins.
HISTORY: Final = "history:"
_REVISION_SHOWN: Final = 12


def drifts(found: Iterable[Judged], history: History, without: Container[str] = ()) -> Iterator[str]:
    """What has become worse build by build, no step of it being too much by itself, a sentence each.

    Of what is gated and published; the scenarios ``without`` cannot be seen beside the builds.
    """
    for each in found:
        head = each.column.head_median
        if (
            head is None
            or not each.criterion.gated
            or not each.column.published
            or each.column.scenario in without
        ):
            continue
        drifted = drift.drift((*history.values(each.column.key), head))
        if drifted is not None and drifted.is_slow(each.criterion.worse_by) and _is_worse(each, drifted):
            yield _drift(each, drifted, history)


def whose(history: History) -> str:
    """Whose builds they are: ``develop``, ``the default branch``, ``the merge base 1a2b3c4d5e6f``."""
    newest = history.builds[-1]
    if history.reason == "revision" and newest.revision is not None:
        return f"the merge base {newest.revision[:_REVISION_SHOWN]}"
    return newest.branch or "the default branch"


def less_is_better(metric: str) -> bool:
    """Whether less of the metric is better; of one that is not known it is."""
    known = METRICS.get(metric)
    unit = known.unit if known else UNITS.get(metric.rpartition("_")[2])
    return unit is None or unit.better == "lower"


def _is_worse(each: Judged, drifted: drift.Drift) -> bool:
    return (drifted.change > 0) == less_is_better(each.column.metric)


def _drift(each: Judged, drifted: drift.Drift, history: History) -> str:
    """``history: one_to_one.messages sent_bytes drifts: +6.1 % over 21 builds of develop, no single step …``."""
    column = each.column
    return (
        f"{HISTORY} {column.scenario}.{column.phase} {column.metric} drifts: {signed(100 * drifted.change)} % over "
        f"{drifted.builds - 1} builds of {printable(whose(history))} and this one, no single step "
        f"beyond {percent(100 * each.criterion.worse_by)} %"
    )
