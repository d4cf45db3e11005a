"""What the options of several subcommands have in common."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import Any, Literal

from tcperf.cli.commands import COMMANDS
from tcperf.options import AUTO


def command_of(module: str) -> Callable[..., int]:
    """The ``command`` function of a module that is imported only when it is called."""

    def call(*arguments: Any) -> int:
        return int(importlib.import_module(f"tcperf.cli.{module}").command(*arguments))

    return call


def add_command(subparsers: Any, name: str, module: str, description: str) -> argparse.ArgumentParser:
    """The parser of a subcommand, which the module ``tcperf.cli.<module>`` does."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=COMMANDS[name].help,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command_of(module))
    return parser


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that say which scenarios there are and what they run on."""
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="scenarios by name (see `tcperf list`)")
    parser.add_argument(
        "--scenarios",
        action="append",
        metavar="DIR",
        help="a folder with more scenario modules; may be repeated",
    )
    parser.add_argument(
        "--node", metavar="PATH", help="the node's binary, or `reference`, the bundled one (the default)"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the configuration (default: ./tcperf.toml if there is one)",
    )


def add_param(parser: argparse.ArgumentParser) -> None:
    """``--param``, for the parameters of scenarios."""
    parser.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="[SCENARIO.]NAME=VALUE",
        help="a scenario's parameter; may be repeated",
    )


def lanes(text: str) -> int | Literal["auto"]:
    """How many lanes."""
    return AUTO if text == AUTO else positive(text)


def positive(text: str) -> int:
    """A whole number from 1 on."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number


def add_manner(parser: argparse.ArgumentParser) -> None:
    """The options that say how TeamCity is told of regressions."""
    meanings = {
        "as-tests": "each gated metric is a test as well, and where the gate is problem a regression is a failed test in "
        "the place of a build problem",
        "tag": "a build that has a regression is tagged with tcperf-regression",
    }
    for option, meaning in meanings.items():
        parser.add_argument(
            f"--{option}",
            action=argparse.BooleanOptionalAction,
            default=None,
            help=f"under TeamCity: {meaning}",
        )


def add_trend(parser: argparse.ArgumentParser) -> None:
    """``--trend``, for what may be seen beside past builds that do not judge it."""
    parser.add_argument(
        "--trend",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="under TeamCity: ask the server for past builds, whatever is compared with; report.html has them as charts, "
        "a slow drift is warned of, and the verdict stays as it is",
    )
