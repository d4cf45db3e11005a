"""Axes: round numbers to label them with, in the units people read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from attrs import frozen

_KIB = 1024.0
_SIZES: Final = ("B", "KiB", "MiB", "GiB", "TiB")
#: Steps of a time axis in seconds: round numbers of seconds, minutes and hours.
_TIME_STEPS: Final = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
)
_MINUTE = 60
_NICE: Final = (1, 2, 2.5, 5, 10)


@frozen
class Tick:
    """A labelled place on an axis; ``share`` runs from 0 at the axis's beginning to 1 at its end."""

    share: float
    label: str


@frozen
class Axis:
    """An axis from 0 to ``top`` (in its base unit) with its ticks."""

    top: float
    ticks: tuple[Tick, ...]

    def share(self, value: float) -> float:
        """Where ``value`` lies: 0 at the beginning, 1 at the end."""
        return value / self.top


def percent_axis(maximum: float, steps: int = 3) -> Axis:
    """An axis in percent that reaches at least ``maximum``."""
    return _axis(maximum, nice_step(maximum / steps), lambda value: f"{value:g} %")


def bytes_axis(maximum: float, steps: int = 3) -> Axis:
    """An axis in bytes that reaches at least ``maximum``, labelled in powers of 1024."""
    power = min(int(math.log(maximum, _KIB)), len(_SIZES) - 1) if maximum >= 1 else 0
    scale = _KIB**power
    step = max(nice_step(maximum / scale / steps), 1 if power == 0 else 0)
    return _axis(maximum, step * scale, lambda value: f"{value / scale:g} {_SIZES[power]}")


def count_axis(maximum: float, steps: int = 3) -> Axis:
    """An axis of whole things that reaches at least ``maximum``."""
    step = max(nice_step(maximum / steps), 1)
    return _axis(maximum, step if step == int(step) else 2 * step, lambda value: f"{value:,.0f}")


def time_axis(length_ms: float, steps: int = 6) -> Axis:
    """An axis of exactly ``length_ms`` milliseconds, labelled in seconds or minutes."""
    seconds = max(length_ms, 1e-3) / 1000
    step = next((step for step in _TIME_STEPS if seconds / step <= steps), None)
    if step is None:
        step = nice_step(seconds / steps / 3600) * 3600
    count = int(seconds / step + 1e-9)
    ticks = tuple(Tick(number * step / seconds, _time(number * step, step)) for number in range(count + 1))
    return Axis(seconds * 1000, ticks)


def _axis(maximum: float, step: float, label: Callable[[float], str]) -> Axis:
    """Ticks from 0 in steps, as many as it takes to reach ``maximum``."""
    count = max(1, math.ceil(maximum / step - 1e-9))
    ticks = tuple(Tick(number / count, label(number * step)) for number in range(count + 1))
    return Axis(count * step, ticks)


def _time(seconds: float, step: float) -> str:
    """Seconds below a minute ("15 s"), else minutes ("2:30", or "2 min" where all steps are whole)."""
    if seconds < _MINUTE:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min" if step % _MINUTE == 0 else f"{minutes}:{rest:02}"


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is at least ``least``."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _NICE if step * power >= least * (1 - 1e-9))
