"""How pages are made: self-contained, readable with scripts off, and no text that is not ours can become markup."""

from __future__ import annotations

import base64
import functools
import hashlib
import shlex
import signal
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from tcperf.reports.text import clean, grouped, plain, shorten
from tcperf.reports.verdicts import crossed, effect, of_medians
from tcperf.units import humanize

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

#: What a page without a script asks of whoever shows it: nothing from outside.
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
#: A title is a tooltip: longer ones are not read, and a page must not grow with somebody's text.
_TITLE_LIMIT = 1000
_TEN = 9.995


@frozen
class Script:
    """A script of ours as it stands in a page, and the page's policy: nothing from outside, and no other script."""

    text: Markup
    policy: str


def script(name: str) -> Script:
    """The script of that name beside this module.

    The policy names it by its hash (CSP level 2, "script-src").  Whoever serves the page may forbid it all the
    same, and then the page is whole without it.
    """
    from markupsafe import Markup

    text = template(name).render()
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return Script(Markup(text), f"{POLICY}; script-src 'sha256-{digest}'")  # noqa: S704 - a file of ours


def template(name: str) -> Template:
    """The template of that name beside this module."""
    return _environment().get_template(name)


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
        "crossed": crossed,
        "of_medians": of_medians,
        "signal": _signal,
    }
    return environment


def _signal(status: int) -> str:
    """What ended a process with a negative status: ``SIGKILL``; a number that has no name here is only a signal."""
    try:
        return signal.Signals(-status).name
    except ValueError:
        return "signal"


def _percent(ratio: float) -> str:
    """Two digits behind the dot, one from 10 % on: a column of them lines up."""
    percent = ratio * 100
    return f"{percent:.1f} %" if percent >= _TEN else f"{percent:.2f} %"


def _finalize(value: Any) -> Any:
    """Every expression's value on its way into the page: no character that XML forbids or that hides text.

    What is markup already was made by the template itself.
    """
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
