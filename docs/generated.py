"""Pages that the build makes of the program itself, so that they cannot differ from it.

``.. command-line::`` shows every subcommand with its options, ``.. metrics::`` what is measured, ``.. results-schema::``
every key of results.json, ``.. scenario:: NAME`` the phases and parameters of one that is shipped.  Each is
reStructuredText, made by a function of the same name.
"""  # noqa: INP001 - an extension of Sphinx's, which conf.py finds beside itself

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.resources import files
from typing import Any

from tcperf.cli import parser
from tcperf.definition import Scenario
from tcperf.metrics import METRICS
from tcperf.registry import discover

_MARKUP = re.compile(r"([\\*`|_])")


def setup(app: Any) -> dict[str, bool]:
    """Give Sphinx the directives."""
    for make, arguments in ((command_line, 0), (metrics, 0), (results_schema, 0), (scenario, 1)):
        app.add_directive(make.__name__.replace("_", "-"), _directive(make, arguments))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _directive(make: Callable[..., Iterable[str]], arguments: int) -> type:
    """A directive of so many arguments that stands for what ``make`` returns of them."""
    from sphinx.util.docutils import SphinxDirective

    class Made(SphinxDirective):
        required_arguments = arguments

        def run(self) -> list[Any]:
            text = "\n".join(make(*self.arguments))
            return list(self.parse_text_to_nodes(text, allow_section_headings=True))

    return Made


# --- the command line --------------------------------------------------------------------------------


def command_line() -> Iterator[str]:
    """Every subcommand: how it is called, what it does, its arguments and options, its examples."""
    whole = parser.build()
    commands = next(action.choices for action in whole._actions if isinstance(action.choices, dict))  # noqa: SLF001 - no other way to them
    for name, command in commands.items():
        yield from _heading(f"tcperf {name}")
        yield from _prose(command.description or "")
        yield from (f".. program:: tcperf {name}", "")
        for action in command._actions:  # noqa: SLF001 - likewise
            yield from _argument(action)
        yield from _prose(command.epilog or "")


def _argument(action: argparse.Action) -> Iterator[str]:
    if action.help == argparse.SUPPRESS or isinstance(action, argparse._HelpAction):  # noqa: SLF001 - all have it
        return
    told = _words((action.help or "") % vars(action))
    yield from (f".. option:: {', '.join(_forms(action))}", "", f"   {told}", "")


def _forms(action: argparse.Action) -> Iterator[str]:
    """The names of an option with its value, or the name of an argument."""
    value = str(action.metavar or "|".join(action.choices or ()))
    if not action.option_strings:
        yield value
    for name in action.option_strings:
        joint = "[={}]" if action.nargs == "?" else " {}"
        yield f"{name}{joint.format(value)}" if action.nargs != 0 else name


def _prose(text: str) -> Iterator[str]:
    """Paragraphs as paragraphs; what is laid out in columns stays as it is, behind its heading."""
    for block in text.strip("\n").split("\n\n"):
        head, _, rest = block.partition("\n")
        if rest.startswith("  "):
            yield from (f"{_words(head.rstrip(':')).capitalize()}:", "", ".. code-block:: none", "")
            yield from (f"   {line}".rstrip() for line in rest.splitlines())
        else:
            yield _words(" ".join(block.split()))
        yield ""


# --- what is measured --------------------------------------------------------------------------------


def metrics() -> Iterator[str]:
    """A table of all metrics."""
    rows = [
        (
            f"``{key}``",
            _words(metric.help),
            "the phase's own" if metric.total == "none" else "sum of the nodes",
        )
        for key, metric in METRICS.items()
    ]
    return _table(("metric", "what it is", "the total is"), (28, 52, 20), rows)


# --- scenarios ---------------------------------------------------------------------------------------


def scenario(name: str) -> Iterator[str]:
    """What a shipped scenario is, its phases with what they publish, and its parameters."""
    found = discover(()).get(name)
    yield from (f"*{_words(found.help)}*", "")
    if found.needs:
        yield from (f"It needs {', '.join(f'``{need}``' for need in found.needs)} of a node.", "")
    rows = [
        (f"``{phase.name}``", ", ".join(f"``{key}``" for key in phase.metrics) or "nothing")
        for phase in found.phases
    ]
    yield from _table(("phase", "it publishes"), (20, 80), rows)
    yield from _table(("parameter", "default", "reference node", "meaning"), (16, 12, 16, 56), _params(found))


def _params(found: Scenario) -> Iterator[Sequence[str]]:
    for param in found.params:
        allowed = (*([" or ".join(param.choices)] if param.choices else []), *param.limits)
        yield (
            f"``{param.name}``",
            f"``{param.default}``",
            f"``{param.reference}``",
            _words(", ".join((param.help, *allowed))),
        )


# --- results.json ------------------------------------------------------------------------------------


def results_schema() -> Iterator[str]:
    """Every object of results.json with its keys, as the published schema has them."""
    schema = json.loads((files("tcperf") / "results.schema.json").read_text("utf-8"))
    yield from _object("The file", schema)
    for name, about in schema["$defs"].items():
        yield from (f".. _results-{name}:", "")
        yield from _object(name, about)


def _object(name: str, about: Mapping[str, Any]) -> Iterator[str]:
    yield from _heading(name)
    yield from (_words(about["description"]), "")
    rows = [(f"``{key}``", _kind(one), _told(one)) for key, one in about["properties"].items()]
    yield from _table(("key", "value", "meaning"), (22, 24, 54), rows)


def _told(about: Mapping[str, Any]) -> str:
    absent = f"  May be absent: then ``{json.dumps(about['default'])}``." if "default" in about else ""
    return f"{_words(about['description'])}{absent}"


def _kind(about: Mapping[str, Any]) -> str:
    """What a schema takes, in words."""
    if "$ref" in about:
        name = about["$ref"].rpartition("/")[2]
        return f":ref:`{name} <results-{name}>`"
    if "enum" in about or "const" in about:
        return ", ".join(f"``{each}``" for each in about.get("enum", [about.get("const")]))
    if "anyOf" in about:
        return " or ".join(map(_kind, about["anyOf"]))
    return _plain_kind(about)


def _plain_kind(about: Mapping[str, Any]) -> str:
    kinds = [about["type"]] if isinstance(about["type"], str) else about["type"]
    if kinds == ["array"]:
        return f"list of {_kind(about['items'])}"
    if kinds == ["object"]:
        return f"by name: {_kind(about['additionalProperties'])}"
    return " or ".join(map(_KINDS.__getitem__, kinds))


_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}


# --- reStructuredText --------------------------------------------------------------------------------


def _heading(title: str) -> Sequence[str]:
    return (title, "-" * len(title), "")


def _table(head: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; nothing at all without a row."""
    rows = list(rows)
    if not rows:
        return
    yield from (
        ".. list-table::",
        "   :header-rows: 1",
        f"   :widths: {' '.join(map(str, widths))}",
        "",
    )
    for row in (head, *rows):
        first, *others = row
        yield f"   * - {first}"
        yield from (f"     - {each}" for each in others)
    yield ""


def _words(text: str) -> str:
    """Plain text as reStructuredText: nothing in it is markup, but what stands in `backquotes` is as it is typed."""
    parts = re.split(r"`([^`]+)`", text)
    plain = partial(_MARKUP.sub, r"\\\1")
    return "".join(f"``{part}``" if place % 2 else plain(part) for place, part in enumerate(parts))
