"""report.html: one self-contained file, readable with scripts off and under a strict content policy."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from tcperf.model import Result
from tcperf.reports import dots, intervals, stacked
from tcperf.reports.charts import BOX
from tcperf.reports.text import clean, grouped, plain, shorten
from tcperf.reports.verdicts import effect
from tcperf.reports.view import report
from tcperf.timeseries import Series
from tcperf.units import humanize

if TYPE_CHECKING:
    from jinja2 import Environment

#: What the page asks of whoever shows it: nothing from outside, no script.
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_TEMPLATE = "report.html.j2"
#: A title is a tooltip: longer ones are not read, and a page must not grow with somebody's text.
_TITLE_LIMIT = 1000
_TEN = 9.995


def render(result: Result, series: Mapping[str, Series]) -> str:
    """The page; ``series`` are by the run's id.  No text of the result can become markup."""
    template = _environment().get_template(_TEMPLATE)
    return template.render(
        report=report(result, series),
        policy=POLICY,
        box=BOX,
        stack_box=stacked.HEIGHT,
        dots=dots,
        intervals=intervals,
    )


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tcperf.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "human": humanize,
        "short": shorten,
        "title_text": lambda text: shorten(text, _TITLE_LIMIT),
        "plain": plain,
        "grouped": grouped,
        "share": lambda share: f"{share * 100:.2f}%",
        "signed": lambda value: f"{value:+,}" if value else "0",
        "ratio": _percent,
        "command": shlex.join,
        "change": effect,
    }
    return environment


def _percent(ratio: float) -> str:
    """Two digits behind the dot, one from 10 % on: a column of them lines up."""
    percent = ratio * 100
    return f"{percent:.1f} %" if percent >= _TEN else f"{percent:.2f} %"


def _finalize(value: Any) -> Any:
    """Every expression's value on its way into the page: no character that XML forbids or that hides text.

    What is markup already was made by the template itself.
    """
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
