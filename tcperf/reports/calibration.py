"""What a calibration found: a table for people, and the fragment of tcperf.toml that follows from it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.agreement import Agreement
from tcperf.alarms import WINDOW, Alarms
from tcperf.calibration import SHOWN, Calibrated, Calibration
from tcperf.model import Environment, Result, Subject
from tcperf.rates import tries_needed
from tcperf.reports.lines import cut, wrapped
from tcperf.reports.text import clean, plain, shorten

WIDTH: Final = 80
_COLUMNS: Final = "{:<28}{:>8}{:>9}{:>7}{:>7}{:>7}{:>7}{:>7}"
_HEADS: Final = (
    _COLUMNS.format("in %", "a run", "", "visible", "from,", "pairs", "thres-", "pro-"),
    _COLUMNS.format("", "varies", "at most", *SHOWN, "hold", "posed"),
)
#: The width of the first column.
_NAME: Final = 28
#: A rate of false alarms that is worth proving.
_WORTH: Final = 0.01
#: From so many percent on there are no decimals, and below one there are two.
_LARGE: Final = 10.0


# --- the table ---------------------------------------------------------------------------------------


def render(calibrations: Sequence[Calibration], width: int = WIDTH) -> str:
    """The tables of all scenarios; ends with a newline."""
    return "".join(f"{line}\n" for each in calibrations for line in _table(each, width))


def _table(found: Calibration, width: int) -> Iterator[str]:
    yield cut(f"{found.scenario}, {found.pairs} pairs with itself in {_lanes(found.lanes)}", width).text
    for head in _HEADS:
        yield cut(head, width).text
    for row in found.rows:
        yield cut(_line(found, row), width).text
    for text in _notes(found):
        yield from (line.text for line in wrapped(text, width))


def _line(found: Calibration, row: Calibrated) -> str:
    shares = (row.noise, row.noise_high, *(row.visible.get(pairs) for pairs in SHOWN))
    proposed = row.worse_by if row.noise is None else row.proposed if found.is_gated(row) else None
    return _COLUMNS.format(
        shorten(f"{row.phase} {row.metric}", _NAME),
        *("–" if share is None else _number(share) for share in shares),
        _exact(row.worse_by),
        "none" if proposed is None else _exact(proposed),
    )


def _notes(found: Calibration) -> Iterator[str]:
    for row in found.rows:
        if not found.is_gated(row):
            yield f"{row.phase} {row.metric} {_why_not(found, row)}"
        agreement = found.agreement(row.tail)
        if agreement is not None and (found.is_gated(row) or row.proposed is None):
            yield f"{row.phase} {row.metric} {agreed(agreement)}"
    yield alarms(found.alarms)


def alarms(found: Alarms) -> str:
    """How many false alarms there were, and what so few prove."""
    if not found.comparisons:
        return f"false alarms: no {WINDOW} pairs to try the gate on"
    seen = len(found.red)
    metrics = ", ".join(sorted({tail for red in found.red for tail in red}))
    return (
        f"false alarms: {seen} of {found.comparisons} comparisons of {WINDOW} pairs were red"
        f"{f' ({metrics})' if metrics else ''}; so many prove that at most {_share(found.upper_rate)} of clean"
        f" builds fail ({tries_needed(_WORTH)} without a red one would prove {_share(_WORTH)})"
    )


def agreed(found: Agreement) -> str:
    """Whether a metric is in lanes what it is in one: the rest of a sentence about it."""
    low, high = (f"{100 * end:+.1f}" for end in (found.shift.low, found.shift.high))
    change = f"{100 * found.shift.value:+.1f} % ({low} … {high}) in {_lanes(found.lanes)} against one"
    match found.agrees:
        case True:
            return f"agrees: {change}"
        case False:
            return f"differs: {change}"
        case None:
            return f"may agree or not: {change}, and the threshold is {_exact(found.worse_by)} %"


def _why_not(found: Calibration, row: Calibrated) -> str:
    """Why it should not be gated as it was played: the rest of a sentence about it."""
    agreement = found.agreement(row.tail)
    if row.noise is None:
        return "has values of 0, which leave no measure of noise: its rules stay as they are"
    if row.proposed is None:
        return "is only reported: no threshold worth having bears its noise"
    if agreement is not None:
        return f"is only reported: it {agreed(agreement)}"
    return f"is only reported: {row.note}"


# --- the fragment ------------------------------------------------------------------------------------


@frozen
class _Written:
    """A rule with the comment above it; none, where ``says`` is empty."""

    comment: str
    tail: str
    says: tuple[str, ...]


def fragment(calibrations: Sequence[Calibration], result: Result, width: int = WIDTH) -> str:
    """The rules as tcperf.toml has them; comments name what they rest on.  Ends with a newline."""
    lines = [*_comments(_origin(calibrations, result), width)]
    lanes = _agreed_lanes(calibrations)
    if lanes is not None:
        lines += ["", *_comments("CPU was found to agree in so many lanes, and in no more.", width)]
        lines += ["[run]", f"lanes = {lanes}"]
    for found in calibrations:
        for row in found.rows:
            lines += ["", *_rule(_written(found, row), width)]
    return "".join(f"{line}\n" for line in lines)


def _origin(calibrations: Sequence[Calibration], result: Result) -> str:
    played = ", ".join(
        f"{found.scenario} in {found.pairs} pairs in {_lanes(found.lanes)}" for found in calibrations
    )
    return (
        f"Found by tcperf calibrate on {result.tool.started[:10]}: {played}, {_what(result.subjects['head'])} beside"
        f" itself, on {_machine(result.environment)}, {result.conditions.network} network.  Calibrate again when"
        " machines or scenarios change."
    )


def _what(subject: Subject) -> str:
    if subject.reference:
        return f"the bundled reference node {subject.version}"
    return f"{subject.path}, version {subject.version}, sha256 {subject.sha256[:12]}"


def _machine(environment: Environment) -> str:
    cores = None if environment.cpu_count is None else f"{environment.cpu_count} cores"
    known = (environment.cpu_model, cores, f"{environment.system} {environment.kernel}")
    return f"{environment.hostname} ({', '.join(each for each in known if each)})"


def _agreed_lanes(calibrations: Iterable[Calibration]) -> int | None:
    """The lanes to stay with, because something is gated that lanes may disturb; None where nothing is."""
    lanes = [
        found.lanes
        for found in calibrations
        for row in found.rows
        if found.agreement(row.tail) and found.is_gated(row)
    ]
    return min(lanes, default=None)


def _written(found: Calibration, row: Calibrated) -> _Written:
    if not found.is_gated(row):
        is_out_already = row.noise is None or row.note is not None
        return _Written(
            f"{_why_not(found, row)}{_and(_varies(row))}",
            row.tail,
            () if is_out_already else ("report_only = true",),
        )
    assert row.proposed is not None
    bears = "" if row.carries else f", which {_share(row.least)} did not bear"
    says = (f'worse_by = "{_exact(row.proposed)} %"',)
    agreement = found.agreement(row.tail)
    if agreement is None:
        return _Written(f"{_varies(row)}{bears}", row.tail, says)
    return _Written(
        f"{agreed(agreement)}{_and(_varies(row))}{bears}", row.tail, (*says, "report_only = false")
    )


def _varies(row: Calibrated) -> str:
    if row.noise is None or row.noise_high is None:
        return ""
    pairs, shares = (list(each) for each in zip(*row.visible.items(), strict=True))
    return (
        f"varies from run to run by {_share(row.noise)} (at most {_share(row.noise_high)});"
        f" {', '.join(map(str, pairs))} pairs show {', '.join(map(_share, shares))}"
    )


def _and(text: str) -> str:
    return f"; it {text}" if text else ""


def _rule(written: _Written, width: int) -> Iterator[str]:
    if not written.says:
        yield from _comments(f"no rule for {written.tail}: it {written.comment}", width)
        return
    yield from _comments(f"{written.tail} {written.comment}", width)
    yield "[[gate.rule]]"
    yield f'match = "{written.tail}"'
    yield from written.says


def _comments(text: str, width: int) -> Iterator[str]:
    """A text as comments: what is not ours in it must not end the line."""
    for line in wrapped(clean(text), width - 2, indent=""):
        yield f"# {line.text}"


def _number(ratio: float) -> str:
    percent = 100 * ratio
    return f"{percent:.{0 if percent >= _LARGE else 1 if percent >= 1 else 2}f}"


def _share(ratio: float) -> str:
    return f"{_number(ratio)} %"


def _exact(ratio: float) -> str:
    """A threshold in percent, as it was chosen."""
    return plain(round(100 * ratio, 6))


def _lanes(lanes: int) -> str:
    return "one lane" if lanes == 1 else f"{lanes} lanes"
