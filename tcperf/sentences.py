"""What a comparison says, in words: a sentence to paste into a review, a few words, and a headline for all.  Pure.

Texts are as the result has them: who writes them makes them harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tcperf.comparison import Comparison
from tcperf.gate import ALPHA, SINGLE_ALPHA
from tcperf.metrics import METRICS
from tcperf.ranking import Counts, count, ranked
from tcperf.units import humanize

__all__ = [
    "Counts",
    "change",
    "count",
    "headline",
    "interval",
    "p_value",
    "percent",
    "place",
    "problem",
    "ranked",
    "sentence",
    "short",
    "value",
]

#: From here on a percentage is written without a digit behind the dot.
_HUNDRED: Final = 99.95
#: Below, a p is only said to be below it.
_LEAST_P: Final = 0.0001
#: Said of whatever past builds say.
HISTORY: Final = "history, not a paired run"
#: A headline names so many of what is worse.
_NAMED: Final = 3


def sentence(each: Comparison) -> str:
    """All of it: ``one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; …``."""
    return f"{place(each)} {each.metric} {'; '.join(_parts(each))}"


def problem(each: Comparison) -> str:
    """The sentence of what makes a build bad.

    What cannot be told, or is not gated for its noise, does so only where it is asked for, and says it.
    """
    asked = (not each.gated or each.change == "cannot_tell") and not each.is_over_budget
    return f'{sentence(each)} (gate.undecided is "fail")' if asked else sentence(each)


def short(each: Comparison) -> str:
    """A few words: ``sent_bytes +6.2 %``."""
    if each.is_over_budget and each.change != "worse":
        return f"{each.metric} {' > '.join(_budget(each))}"
    if each.change == "not_compared":
        return f"{each.metric} not compared"
    return f"{each.metric} {change(each)}"


def headline(comparisons: Iterable[Comparison]) -> str:
    """All of them in a line: ``1 metric worse: one_to_one.messages sent_bytes +6.2 %; 2 cannot be told; …``.

    What is only reported is not in it.
    """
    found = ranked(comparisons)
    counts = count(found)
    worse = [each for each in found if each.is_regression]
    warned = [each for each in found if each.is_warned_of and not each.is_over_budget]
    over = [each for each in found if each.is_over_budget]
    # Without a base nothing is compared, and what has a limit is held against that alone.
    missed = counts.not_compared if any(each.change != "not_compared" for each in found) or not over else 0
    told = (
        *_named([each for each in worse if each in over], "worse and over budget"),
        *_named([each for each in worse if each not in over], "worse"),
        *_named([each for each in over if each not in worse], "over budget"),
        *_named(warned, "worse than usual"),
        *_counted(missed, "not compared"),
        *_counted(counts.undecided, "cannot be told"),
        *_counted(counts.accepted, "worse as accepted"),
        *_counted(counts.improvements, "better"),
        *_counted(counts.unchanged, _unchanged(counts.let_off)),
        *_counted(counts.too_noisy, "too noisy to be gated"),
        *_counted(counts.disturbed, "not gated in several lanes"),
        *((HISTORY,) if any(each.history_builds is not None for each in found) else ()),
    )
    return "; ".join(told) or ("nothing is gated" if found else "nothing was compared")


# --- parts -------------------------------------------------------------------------------------------


def place(each: Comparison) -> str:
    """The scenario and the phase: ``one_to_one.messages``."""
    return f"{each.scenario}.{each.phase}"


def change(each: Comparison) -> str:
    """The effect: ``+6.2 %``, or, where there is no percentage of 0, ``0 → 41``; a dash where there is none."""
    if each.effect_pct is not None:
        return f"{signed(each.effect_pct)} %"
    if each.base_median is None or each.head_median is None:
        return "–"
    return f"{value(each.base_median, each)} → {value(each.head_median, each)}"


def interval(each: Comparison) -> str:
    """The 95 % interval in percent, ``4.9 … 7.6``; an end that is not known is left open, "" where neither is."""
    if each.low_pct is None and each.high_pct is None:
        return ""
    ends = ("" if end is None else percent(end) for end in (each.low_pct, each.high_pct))
    return " … ".join(ends).strip()


def value(number: float, each: Comparison) -> str:
    """A value of the comparison's metric in a scaled unit; an unknown metric's unit is the end of its key."""
    known = METRICS.get(each.metric)
    return humanize(number, known.unit.symbol if known else each.metric.rpartition("_")[2])


def p_value(p: float) -> str:
    """A p in two significant digits, ``0.0039``, or in three where these would hide that it is below a limit; ``<0.0001``."""
    if p < _LEAST_P:
        return f"<{_LEAST_P:.4f}"
    text = f"{p:.2g}"
    is_hidden = any(p < limit <= float(text) for limit in (ALPHA, SINGLE_ALPHA))
    return f"{p:.3g}" if is_hidden else text


def percent(number: float) -> str:
    """A percentage for people, without its sign of percent: ``4.9``, ``-0.4``, ``125``; never ``-0.0``."""
    text = f"{number:.0f}" if abs(number) >= _HUNDRED else f"{number:.1f}"
    return text.removeprefix("-") if not float(text) else text


def signed(number: float) -> str:
    """The same with a plus before what is more."""
    text = percent(number)
    return f"+{text}" if number > 0 and float(text) else text


def _parts(each: Comparison) -> Iterator[str]:
    if each.is_over_budget:
        yield " is over the limit of ".join(_budget(each))
    yield from _verdict(each)
    if each.explanation is not None:
        yield each.explanation
    if each.accepted is not None:
        yield f"accepted: {each.accepted}"
    if not each.gated:
        yield (
            f"only reported: {each.note}" if each.note and each.change != "not_compared" else "only reported"
        )
    elif each.note and each.change not in {"cannot_tell", "not_compared", "ok"}:
        yield each.note
    if each.history_builds is not None:
        yield HISTORY


def _verdict(each: Comparison) -> Iterator[str]:
    if each.change == "not_compared":
        yield f"not compared: {each.note}" if each.note else "not compared"
    elif each.change == "ok" and each.history_builds is not None:
        yield f"{_measured(each)}: {_allowed(each)}"
    elif each.change == "ok":
        is_noted = each.gated and each.note is not None
        yield f"{_measured(each)}: {each.note if is_noted else _bound(each)}"
    elif each.change == "cannot_tell":
        why = f"; {each.note}" if each.note and each.gated else ""
        yield f"{_measured(each)}: cannot be told{why}"
    else:
        yield _measured(each)


def _measured(each: Comparison) -> str:
    """The effect and its evidence: ``+6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098``."""
    if each.history_builds is not None:
        return f"{change(each)} {_against_history(each)}"
    between = interval(each)
    parts = [f"{change(each)} ({between})" if between else change(each)]
    if each.pairs:
        parts.append(_evidence(each))
    if each.p is not None:
        told = p_value(each.p)
        parts.append(f"p{told}" if told.startswith("<") else f"p={told}")
    return ", ".join(parts)


def _against_history(each: Comparison) -> str:
    """``against the median of 12 builds of develop (usual: ±2.1 %)``."""
    builds = "1 build" if each.history_builds == 1 else f"the median of {each.history_builds} builds"
    whose = f" of {each.history_of}" if each.history_of else ""
    usual = "" if each.visible_pct is None else f" (usual: ±{percent(each.visible_pct)} %)"
    return f"against {builds}{whose}{usual}"


def _allowed(each: Comparison) -> str:
    """Why a change is none to speak of: for the threshold, or else for the floor."""
    is_within = each.effect_pct is not None and each.effect_pct <= (each.threshold_pct or 0)
    if is_within or not each.floor:
        return f"no more than {each.threshold_pct or 0:g} % worse"
    return f"no more than {value(each.floor, each)} worse"


def _evidence(each: Comparison) -> str:
    if each.paired:
        return f"worse in {each.worse_pairs} of {each.pairs} {'pair' if each.pairs == 1 else 'pairs'}"
    return f"{each.pairs} unpaired {'run' if each.pairs == 1 else 'runs'} a side"


def _bound(each: Comparison) -> str:
    """Why it is OK: for the threshold, or, where the interval reaches beyond that, for the floor."""
    is_below = each.threshold_pct and each.high_pct is not None and each.high_pct < each.threshold_pct
    if is_below or not each.floor:
        return f"no more than {each.threshold_pct or 0:g} % worse"
    return f"no more than {value(each.floor, each)} worse"


def _budget(each: Comparison) -> tuple[str, str]:
    """The head's median and the limit, which differ in what is shown of them, too."""
    head, limit = each.head_median or 0, each.limit or 0
    ours, theirs = value(head, each), value(limit, each)
    return (ours, theirs) if ours != theirs else (f"{head:,}", f"{limit:,}")


def _named(found: list[Comparison], what: str) -> Iterator[str]:
    if found:
        names = [f"{place(each)} {short(each)}" for each in found[:_NAMED]]
        more = [f"{len(found) - _NAMED} more"] if len(found) > _NAMED else []
        yield f"{_metrics(len(found))} {what}: {', '.join((*names, *more))}"


def _unchanged(let_off: int) -> str:
    """It is the one green word, so it says where a change is there, and only too small to count."""
    return f"unchanged ({let_off} for its floor alone)" if let_off else "unchanged"


def _counted(number: int, what: str) -> Iterator[str]:
    if number:
        yield f"{number} {what}"


def _metrics(number: int) -> str:
    return f"{number} {'metric' if number == 1 else 'metrics'}"
