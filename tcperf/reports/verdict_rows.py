"""One comparison as a row of report.html's verdict: its figures as texts, and its picture.  Values, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from attrs import frozen

from tcperf.comparison import Comparison, Verdict
from tcperf.reports import verdicts
from tcperf.reports.intervals import Interval, interval
from tcperf.sentences import interval as interval_text
from tcperf.sentences import percent

Tone = Literal["bad", "loud", "warn", "good", "calm"]
TONES: Final[dict[Verdict, Tone]] = {
    "worse": "bad",
    "over_budget": "bad",
    "not_compared": "loud",
    "cannot_tell": "warn",
    "better": "good",
    "ok": "calm",
}
#: The changes of the single pairs, by the statistic's key.
Changes = Mapping[str, Sequence[float]]


@frozen
class VerdictRow:
    """One comparison, its figures as texts, empty where there is none.

    ``tone`` is the verdict's, ``change_tone`` the change's: what is over budget may not have changed.  ``remark``
    is of what a reader would wonder at.  ``picture`` is None where nothing was compared.
    """

    comparison: Comparison
    label: str
    tone: Tone
    change_tone: Tone
    base: str
    head: str
    change: str
    interval: str
    p: str
    pairs: str
    visible: str
    threshold: str
    remark: str
    limit: str
    picture: Interval | None


def verdict_rows(comparisons: Sequence[Comparison], changes: Changes) -> tuple[VerdictRow, ...]:
    """The rows, in the order of the comparisons; ``changes`` are those of the single pairs, for the pictures."""
    return tuple(_row(each, changes) for each in comparisons)


def _tone(each: Comparison) -> Tone:
    """How its change is shown; what is accepted, only warned of or not gated is nobody's alarm."""
    if each.change in {"worse", "cannot_tell"} and (each.accepted is not None or each.is_warned_of):
        return "warn"
    return TONES[each.change] if each.gated else "calm"


def _label(each: Comparison) -> str:
    """The verdict; of what is not gated in small letters, for it decides nothing."""
    told = verdicts.label(each)
    return told if each.gated or each.is_over_budget else told.lower()


def _remark(each: Comparison) -> str:
    """What a reader would wonder at.

    Medians that contradict the change, that it is OK although hardly visible, and that it is not WORSE for its
    floor alone.
    """
    return "; ".join(part for part in (verdicts.crossed(each), _unseen(each), _below_floor(each)) if part)


def _below_floor(each: Comparison) -> str:
    """Why what is beyond the threshold for certain is not WORSE; of what is gated its note says so."""
    known = each.low_pct, each.threshold_pct, each.floor, each.base_median, each.head_median
    if (
        each.gated
        or each.change not in {"ok", "cannot_tell"}
        or each.history_builds is not None
        or None in known
    ):
        return ""
    low, threshold, floor, base, head = (number or 0.0 for number in known)
    if low <= threshold or not 0 < head - base <= floor:
        return ""
    least = verdicts.median(floor, each)
    told = f"+{verdicts.median(head - base, each)}, below the {least} that count"
    is_open = each.high_pct is None or base * each.high_pct / 100 > floor
    return f"{told}, but by its interval maybe more" if each.change == "cannot_tell" and is_open else told


def _unseen(each: Comparison) -> str:
    """Why it is OK although as small a change as its threshold might not have shown."""
    known = each.visible_pct, each.threshold_pct, each.high_pct
    if each.change != "ok" or each.history_builds is not None or None in known:
        return ""
    visible, threshold, high = (value or 0.0 for value in known)
    if not high < threshold < visible:
        return ""
    return f"OK, for the whole interval is below {percent(threshold)} %; this many pairs find only changes from {percent(visible)} % on nine times in ten"


def _row(each: Comparison, changes: Changes) -> VerdictRow:
    own = changes.get(each.key, ())
    return VerdictRow(
        comparison=each,
        label=_label(each),
        tone="bad" if each.is_over_budget else _tone(each),
        change_tone=_tone(each),
        base=verdicts.median(each.base_median, each),
        head=verdicts.median(each.head_median, each),
        change=verdicts.effect(each),
        interval=interval_text(each),
        p=verdicts.p_value(each),
        pairs=verdicts.worse_in(each),
        visible=verdicts.visible(each),
        threshold="" if each.threshold_pct is None else f"{percent(each.threshold_pct)} %",
        remark=_remark(each),
        limit="" if each.limit is None else verdicts.median(each.limit, each),
        picture=interval(each, own),
    )
