"""The fragment of tcperf.toml that follows from a calibration: rules, and comments that name what they rest on.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from tcperf.calibration import Calibrated, Calibration
from tcperf.model import Environment, Result
from tcperf.reports.calibration_words import agreed, exact, floored, lanes, share, unsure, why_not
from tcperf.reports.lines import wrapped
from tcperf.reports.text import clean
from tcperf.subject import Subject

WIDTH: Final = 80


@frozen
class _Written:
    """A rule with the comment above it; none, where ``says`` is empty."""

    comment: str
    tail: str
    says: tuple[str, ...]


def fragment(
    calibrations: Sequence[Calibration], result: Result, width: int = WIDTH, *, has_run: bool = False
) -> str:
    """The rules as tcperf.toml has them; comments name what they rest on.  Ends with a newline.

    ``has_run``: what it will be added to has a [run] already, and TOML takes no second one.
    """
    lines = [
        *_comments(_origin(calibrations, result), width),
        *_lanes_to_take(calibrations, width, has_run=has_run),
    ]
    for found in calibrations:
        for row in found.rows:
            lines += ["", *_rule(_written(found, row), width)]
    return "".join(f"{line}\n" for line in lines)


def _origin(calibrations: Sequence[Calibration], result: Result) -> str:
    played = ", ".join(
        f"{found.scenario} in {found.pairs} pairs in {lanes(found.lanes)}" for found in calibrations
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


def _lanes_to_take(calibrations: Sequence[Calibration], width: int, *, has_run: bool) -> Iterator[str]:
    """The lanes to stay with, because something is gated that lanes may disturb; nothing where nothing is.

    They are of all scenarios: one that was calibrated in another number of them must not be moved without a word.
    """
    resting = [found for found in calibrations if _rests_on_lanes(found)]
    if not resting:
        return
    yield ""
    if len({found.lanes for found in calibrations}) > 1:
        played = ", ".join(f"{found.scenario} in {lanes(found.lanes)}" for found in calibrations)
        yield from _comments(
            f"No lanes for all of them: calibrated was {played}, and what agrees with one lane does so in no other number."
            "  Give each its own --lanes, or calibrate all in as many.",
            width,
        )
        return
    setting = f"lanes = {resting[0].lanes}"
    told = "CPU was found to agree in so many lanes, and in no more"
    if has_run:
        yield from _comments(f"{told}: write {setting} under [run].", width)
        return
    yield from _comments(f"{told}.", width)
    yield from ("[run]", setting)


def _rests_on_lanes(found: Calibration) -> bool:
    return any(found.agreement(row.tail) is not None and found.is_gated(row) for row in found.rows)


def _written(found: Calibration, row: Calibrated) -> _Written:
    if not found.is_gated(row):
        is_out_already = row.noise is None or row.note is not None
        return _Written(
            f"{why_not(found, row)}{_and(_varies(row))}",
            row.tail,
            () if is_out_already else ("report_only = true",),
        )
    assert row.proposed is not None
    bears = f"{_against(row)}{_and(floored(row))}{'' if row.is_sure else _and(unsure(row))}"
    says = (f'worse_by = "{exact(row.proposed)} %"',)
    agreement = found.agreement(row.tail)
    if agreement is None:
        return _Written(f"{_varies(row)}{bears}", row.tail, says)
    return _Written(
        f"{agreed(agreement)}{_and(_varies(row))}{bears}", row.tail, (*says, "report_only = false")
    )


def _against(row: Calibrated) -> str:
    """What is proposed against what is in force: the rest of a sentence about its noise."""
    if not row.carries:
        return f", which {share(row.least)} did not bear"
    if row.proposed is not None and row.proposed < row.worse_by:
        return f", which asks for less than the {exact(row.worse_by)} % that was in force"
    return ""


def _varies(row: Calibrated) -> str:
    if row.noise is None or row.noise_high is None:
        return ""
    pairs, shares = (list(each) for each in zip(*row.visible.items(), strict=True))
    return (
        f"varies from run to run by {share(row.noise)} (at most {share(row.noise_high)});"
        f" {', '.join(map(str, pairs))} pairs show {', '.join(map(share, shares))}"
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
