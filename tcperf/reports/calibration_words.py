"""How a calibration's figures and findings are worded, in its table and in the fragment of tcperf.toml.  Pure."""

from __future__ import annotations

from typing import Final

from tcperf.agreement import Agreement
from tcperf.alarms import WINDOW, Alarms
from tcperf.calibration import Calibrated, Calibration
from tcperf.gate import CARRIES
from tcperf.metrics import METRICS
from tcperf.rates import tries_needed
from tcperf.reports.text import plain
from tcperf.units import humanize

#: A rate of false alarms that is worth proving.
_WORTH: Final = 0.01
#: From so many percent on there are no decimals, and below one there are two.
_LARGE: Final = 10.0


def alarms(found: Alarms) -> str:
    """How many false alarms there were, and what so few prove."""
    if not found.comparisons:
        return f"false alarms: no {WINDOW} pairs to try the gate on"
    seen = len(found.red)
    metrics = ", ".join(sorted({tail for red in found.red for tail in red}))
    return (
        f"false alarms: {seen} of {found.comparisons} comparisons of {WINDOW} pairs, all pairs taken either way round, were red"
        f"{f' ({metrics})' if metrics else ''}; so many prove that at most {share(found.upper_rate)} of clean"
        f" builds fail ({tries_needed(_WORTH)} without a red one would prove {share(_WORTH)})"
    )


def agreed(found: Agreement) -> str:
    """Whether a metric is in lanes what it is in one: the rest of a sentence about it."""
    low, high = (f"{100 * end:+.1f}" for end in (found.shift.low, found.shift.high))
    change = f"{100 * found.shift.value:+.1f} % ({low} … {high}) in {lanes(found.lanes)} against one"
    match found.agrees:
        case True:
            return f"agrees: {change}"
        case False:
            return f"differs: {change}"
        case None:
            return f"may agree or not: {change}, and the threshold is {exact(found.worse_by)} %"


def why_not(found: Calibration, row: Calibrated) -> str:
    """Why it should not be gated as it was played: the rest of a sentence about it."""
    agreement = found.agreement(row.tail)
    if row.noise is None:
        return "has values of 0, which leave no measure of noise: its rules stay as they are"
    if row.proposed is None:
        return "is only reported: no threshold worth having bears its noise"
    if row.is_kept_out:
        return f"is only reported, for {row.note}; {exact(row.proposed)} % bears its noise: take that rule away to gate it"
    if agreement is not None:
        return f"is only reported: it {agreed(agreement)}"
    return f"is only reported: {row.note}"


def floored(row: Calibrated) -> str:
    """That its floor bears the noise, and the threshold alone would not: the rest of a sentence; "" where it would."""
    if row.borne_by_floor is None:
        return ""
    floor = humanize(row.floor, METRICS[row.metric].unit.symbol)
    return (
        f"is borne by the floor of {floor}, which is {share(row.borne_by_floor)} of it, not by the threshold"
    )


def unsure(row: Calibrated) -> str:
    """That the threshold rests on the noise as it was found: the rest of a sentence about a metric."""
    assert row.proposed is not None
    assert row.noise_high is not None
    by_floor = row.borne_by_floor
    bearing = f"{exact(row.proposed)} %" if by_floor is None else share(by_floor)
    return f"may vary by more than {bearing} bears ({share(CARRIES * row.noise_high)} would): more pairs tell"


def number(ratio: float) -> str:
    """A ratio in percent, without the sign: ``11``, ``3.4``, ``0.25``."""
    percent = 100 * ratio
    return f"{percent:.{0 if percent >= _LARGE else 1 if percent >= 1 else 2}f}"


def share(ratio: float) -> str:
    """A ratio in percent: ``3.4 %``."""
    return f"{number(ratio)} %"


def exact(ratio: float) -> str:
    """A threshold in percent, as it was chosen."""
    return plain(round(100 * ratio, 6))


def lanes(number_of_lanes: int) -> str:
    """How many lanes there are: ``one lane``, ``6 lanes``."""
    return "one lane" if number_of_lanes == 1 else f"{number_of_lanes} lanes"
