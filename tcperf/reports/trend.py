"""One figure over past builds, oldest first: geometry and words, for the template to write as SVG.

The band is what is usual (``tcperf.band``), drawn across the builds that it is made of.  A new level is where the
figure went over to another one and stayed there (``tcperf.changepoints``).  Places are shares: from the left across
all builds, of which each has its column whether it published the figure or not, and from the bottom up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from tcperf.band import Band, usual
from tcperf.comparison import Change
from tcperf.gate import Criterion
from tcperf.precedent import judge
from tcperf.reports import curve
from tcperf.reports.charts import BOX
from tcperf.reports.figure import Figure, is_worse, number, when
from tcperf.reports.keyname import KeyName
from tcperf.reports.levels import Level, levels
from tcperf.reports.span import Span, span
from tcperf.sentences import signed
from tcperf.stats import median
from tcperf.weblink import web_link

#: The builds whose values stand in a table behind the chart.
TOLD: Final = 20
#: Below that share of what is usual nothing strays, however narrow the band is.
_VISIBLE: Final = 0.05
#: Of a metric of which nobody knows how much is too much, whatever is beyond the band is.
_ANY: Final = Criterion(0.0)
_TONES: Final[dict[Change, str]] = {"worse": "warn", "better": "good"}


@frozen
class Limits:
    """How much of a figure is drawn: ``points`` of its line, ``dots`` of its builds."""

    points: int
    dots: int


@frozen
class Dot:
    """A build: its place, what its tooltip says, and where it leads (None: nowhere).

    ``is_outside`` of the band, ``is_cut`` where it lies beyond the axis.
    """

    x: float
    y: float
    title: str
    url: str | None = None
    is_outside: bool = False
    is_cut: bool = False


@frozen
class Usual:
    """Where the band lies: from ``left`` to the right edge, between ``bottom`` and ``top``."""

    left: float
    bottom: float
    top: float


@frozen
class Trend:
    """A figure over builds.  ``line`` is in a box of BOX by BOX, the origin at the top left.

    ``this`` is the build that is seen beside the others, None where there is no such build; ``value`` is its
    figure, or the newest one, and ``text`` says how that stands to what is usual.  ``tone`` is of this build:
    "warn" where it is certainly worse than usual, "good" where it is better, else "calm".  ``newest`` are the
    values of the newest builds, newest first, empty where one did not publish the figure.
    """

    name: KeyName
    vertical: Span
    line: str
    dots: tuple[Dot, ...]
    usual: Usual | None
    this: Dot | None
    levels: tuple[Level, ...]
    newest: tuple[str, ...]
    value: str
    text: str
    tone: str


def trend(found: Figure, limits: Limits, *, with_levels: bool) -> Trend:
    """The drawing; ``with_levels`` asks for new levels, which need the library of ``tcperf.changepoints``."""
    band = usual(found.recent)
    vertical = _vertical(found, band)
    return Trend(
        name=found.name,
        vertical=vertical,
        line=_line(found, vertical, limits.points),
        dots=tuple(_dot(found, place, vertical, band) for place in _shown(found, band, limits.dots)),
        usual=_usual(found, band, vertical),
        this=_this(found, vertical, band),
        levels=tuple(levels(found)) if with_levels else (),
        newest=tuple(_newest(found)),
        value=found.amount(found.last),
        text=_text(found, band),
        tone=_tone(found, band),
    )


# --- geometry ----------------------------------------------------------------------------------------


def _vertical(found: Figure, band: Band | None) -> Span:
    always = [
        *(() if band is None else (band.low, band.high)),
        *(() if found.this is None else (found.this,)),
    ]
    return span([value for _place, value in found.values], found.name.unit, always)


def _line(found: Figure, vertical: Span, limit: int) -> str:
    """Through all values and this build's; whole units are below a pixel of a chart."""
    points = [(float(place), value) for place, value in found.values]
    if found.this is not None:
        points.append((float(len(found.builds)), found.this))
    return " ".join(
        f"{_x(found, place) * BOX:.0f},{(1 - vertical.share(value)) * BOX:.0f}"
        for place, value in curve.thin(points, limit)
    )


def _x(found: Figure, place: float) -> float:
    """The middle of a build's column."""
    return (place + 0.5) / found.columns


def _usual(found: Figure, band: Band | None, vertical: Span) -> Usual | None:
    if band is None:
        return None
    return Usual(found.first / found.columns, vertical.share(band.low), vertical.share(band.high))


def _shown(found: Figure, band: Band | None, limit: int) -> list[int]:
    """Which values have a dot: all or, of many, strays (half of the dots at most) and others far enough apart to point at.

    The last one has a dot, whatever it is.
    """
    count = len(found.values)
    if count <= limit:
        return [*range(count)]
    strays = _strays(found, band)[: limit // 2]
    others = limit - len(strays)
    return sorted({*strays, *(count - 1 - place * count // others for place in range(others))})


def _strays(found: Figure, band: Band | None) -> list[int]:
    """Values that are farther from their neighbours than the band reaches, and visibly so, the farthest first."""
    if band is None:
        return []
    values = [value for _place, value in found.values]
    apart = [abs(value - median(values[max(0, index - 2) : index + 3])) for index, value in enumerate(values)]
    reach = max(band.reach, _VISIBLE * abs(band.median))
    far = [index for index, distance in enumerate(apart) if distance > reach]
    return sorted(far, key=lambda index: -apart[index])


def _dot(found: Figure, index: int, vertical: Span, band: Band | None) -> Dot:
    place, value = found.values[index]
    build = found.builds[place]
    title = f"{number(build)}, {when(build)}: {found.amount(value)}"
    known = band if place >= found.first else None  # what was usual before, nobody asked
    return _at(found, place, value, vertical, known, title, build.url)


def _this(found: Figure, vertical: Span, band: Band | None) -> Dot | None:
    if found.this is None:
        return None
    title = f"this build: {found.amount(found.this)}"
    return _at(found, len(found.builds), found.this, vertical, band, title)


def _at(
    found: Figure, place: int, value: float, vertical: Span, band: Band | None, title: str, url: str = ""
) -> Dot:
    return Dot(
        x=_x(found, place),
        y=vertical.share(value),
        title=title,
        url=web_link(url),
        is_outside=band is not None and not band.holds(value),
        is_cut=not vertical.holds(value),
    )


# --- words -------------------------------------------------------------------------------------------


def _text(found: Figure, band: Band | None) -> str:
    """How the last value stands to what is usual; without a band, why there is none."""
    count = len(found.recent)
    if band is None:
        return f"{_builds(count)}, too few to say what is usual"
    middle = found.amount(band.median)
    change = f"{signed(100 * (found.last / band.median - 1))} % against " if band.median > 0 else ""
    ends = f"{found.amount(band.low)} … {found.amount(band.high)}"
    return f"{change}the median of {_builds(count)}, {middle}; usual {ends}"


def _builds(count: int) -> str:
    return "1 build" if count == 1 else f"{count} builds"


def _newest(found: Figure) -> Iterator[str]:
    values = dict(found.values)
    for place in range(len(found.builds) - 1, max(-1, len(found.builds) - 1 - TOLD), -1):
        yield found.amount(values[place]) if place in values else ""


def _tone(found: Figure, band: Band | None) -> str:
    """By the rule of a verdict beside past builds (``tcperf.precedent``); what is not gated alarms nobody."""
    criterion = found.criterion or _ANY
    if found.this is None or band is None or not criterion.gated:
        return "calm"
    less_is_better = is_worse(found.name, 1.0)
    if less_is_better is None:
        return "calm"
    return _TONES.get(judge(found.this, band, criterion, less_is_better=less_is_better), "calm")
