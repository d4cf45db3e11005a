"""The tables on a terminal: a phase's published figures, what else many ask for of it, and where its traffic went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tcperf.contributors import Contributor, PhaseTraffic, contributors, phase_traffic
from tcperf.measurement import Exactness
from tcperf.model import Result
from tcperf.reports import console_verdict
from tcperf.reports.lines import Line, cut, wrapped
from tcperf.reports.tests_named import tests_of
from tcperf.reports.text import flow_label, shorten
from tcperf.summary import Summary, metric_order, published, summarize
from tcperf.teamcity.escaping import neutralise
from tcperf.units import humanize

#: Of a test's id.
_TEST_LIMIT = 240
#: How many of a phase's contributors are told, on how many lines at most.
_LARGEST = 3
_LARGEST_LINES = 2
_LEAST_SHARE = 0.005

#: Made of others, or seldom other than 0: told beside a phase's published figures where there are any.
_ASKED_FOR: Final = frozenset(
    (
        "latency_p95_ms",
        "latency_p99_ms",
        "delivery_bytes",
        "lost_count",
        "lost_pct",
        "second_bytes",
        "day_bytes",
    )
)

#: The mark behind a figure that is not exact, and what it says.
MARKS: Final[dict[Exactness, tuple[str, str]]] = {
    "sampled": ("~", "sampled: read at an instant, or in ticks"),
    "host_wide": ("^", "host-wide: other programs on this machine may be in it"),
    "bound": ("<", "an upper bound, such as the sum of peaks reached at different moments"),
}

#: The base's median, the change where the verdict does not tell it, and what there is to remark of both.
_Against = tuple[str, str, str]
_NOTHING: Final[_Against] = ("", "", "")


def lines(result: Result, width: int) -> Iterator[Line]:
    """A table for each phase that publishes something, each behind an empty line, and what its marks mean."""
    summaries, others = published(result), summarize(result)
    against = console_verdict.base_columns(result)
    traffic = {(found.scenario, found.phase): found for found in _traffic(result)}
    tests = tests_of(result)
    for group in _groups(summaries):
        place = group[0].scenario, group[0].phase
        yield Line("")
        yield from _table(group, against, width, tests.get(place))
        yield from _also(group, others, width)
        yield from _largest(traffic.get(place), width)
    if not summaries:
        yield Line("")
        yield Line("no published figure", "warning")
    yield from _footnotes(summaries, width)


def _groups(summaries: Iterable[Summary]) -> list[list[Summary]]:
    """The figures of each phase; a table of its own, for names may be long."""
    groups: dict[tuple[str, str], list[Summary]] = {}
    for summary in summaries:
        groups.setdefault((summary.scenario, summary.phase), []).append(summary)
    return list(groups.values())


def _table(
    group: list[Summary], against: Mapping[str, _Against], width: int, test: str | None
) -> Iterator[Line]:
    """The figures of a phase; ``against`` has what a base adds to them, by key, where there is one.

    ``test`` is the id of the test that the phase is, None where it is none.
    """
    first = group[0]
    runs = max(len(summary.values) for summary in group)
    is_compared = any(summary.key in against for summary in group)
    rows = [_row(summary, against.get(summary.key, _NOTHING) if is_compared else None) for summary in group]
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head = f"{shorten(first.scenario, 60)}.{shorten(first.phase, 60)}"
    count = "1 run" if runs == 1 else f"median of {runs} runs, min … max"
    yield from wrapped(
        f"{head} (base; head: {count}; other changes)" if is_compared else f"{head} ({count})",
        width,
        "heading",
    )
    if test is not None:
        yield from wrapped(f"  {shorten(test, _TEST_LIMIT)}", width, "dim", indent="    ")
    for metric, *numbers in rows:
        columns = (f"  {text:>{size}}" for text, size in zip(numbers, sizes[1:], strict=True))
        yield cut(f"  {metric:<{sizes[0]}}{''.join(columns)}", width)
    for summary in group:
        if remark := against.get(summary.key, _NOTHING)[2]:
            yield from wrapped(f"  {shorten(summary.metric, 28)}: {remark}", width, "dim", indent="    ")


def _traffic(result: Result) -> Iterator[PhaseTraffic]:
    for info in result.scenarios:
        yield from phase_traffic(result, info.name)


def _also(group: list[Summary], others: Iterable[Summary], width: int) -> Iterator[Line]:
    """What is not published of the phase, and what many ask for all the same."""
    shown = {summary.metric for summary in group}
    place = group[0].scenario, group[0].phase
    found = {
        each.metric: f"{each.metric} {humanize(each.median, each.unit)}"
        for each in others
        if (each.scenario, each.phase) == place and each.metric in _ASKED_FOR - shown
    }
    if found:
        for text in _packed("  also:", [found[metric] for metric in metric_order(found)], width):
            yield cut(text, width, "dim")


def _largest(traffic: PhaseTraffic | None, width: int) -> Iterator[Line]:
    """The largest contributors: as many of the first three as stand on two lines."""
    ranked = contributors(traffic)[:_LARGEST] if traffic is not None else ()
    if traffic is None or not ranked:
        return
    runs = traffic.runs + len(traffic.left_out)
    lead = f"  largest in {traffic.runs} of {runs} runs:" if traffic.left_out else "  largest:"
    lines = _packed(lead, [_contributor(each) for each in ranked], width)[:_LARGEST_LINES]
    for text in (*lines[:-1], lines[-1].removesuffix(",")):
        yield cut(text, width, "dim")


def _contributor(each: Contributor) -> str:
    flow = each.median.flow
    label = flow_label(*flow.parties, flow.protocol, flow.role)
    share = f"{each.share:.0%}".removesuffix("%") if each.share >= _LEAST_SHARE else "<1"
    return neutralise(f"{label} {humanize(each.median.frame_bytes, 'bytes')} ({share} %)")


def _packed(lead: str, items: list[str], width: int) -> list[str]:
    """Items behind ``lead``, each whole on one line, with a comma behind each but the last."""
    lines = [lead]
    for item in (*(f"{each}," for each in items[:-1]), *items[-1:]):
        if len(lines[-1]) + 1 + len(item) <= width:
            lines[-1] += f" {item}"
        else:
            lines.append(f"    {item}")
    return lines


def _row(summary: Summary, against: _Against | None) -> tuple[str, ...]:
    """The figures, between the base's median and the change where there is a base."""
    metric, *ours = _cells(summary)
    return (metric, *ours) if against is None else (metric, against[0], *ours, against[1])


def _cells(summary: Summary) -> tuple[str, str, str]:
    """Metric, median with its mark, and the spread where there is one."""
    mark = MARKS[summary.exactness][0] if summary.exactness in MARKS else " "
    spread = (
        ""
        if len(summary.values) == 1
        else f"{_human(summary.minimum, summary)} … {_human(summary.maximum, summary)}"
    )
    return neutralise(shorten(summary.metric, 28)), f"{_human(summary.median, summary)}{mark}", spread


def _human(value: float, summary: Summary) -> str:
    return humanize(value, summary.unit)


def _footnotes(summaries: Iterable[Summary], width: int) -> Iterator[Line]:
    present = {summary.exactness for summary in summaries}
    notes = [f"{mark} {text}" for exactness, (mark, text) in MARKS.items() if exactness in present]
    if notes:
        yield Line("")
    for note in notes:
        yield from wrapped(note, width, "dim")
