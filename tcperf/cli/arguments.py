"""What the options of several subcommands have in common.  No heavy import: ``tcperf --help`` has to be fast."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import Any, Literal, NoReturn

from tcperf.errors import UsageError
from tcperf.options import AUTO


class Parser(argparse.ArgumentParser):
    """Reports mistakes as every other error is reported."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, cure=f"see {self.prog} --help")


def command_of(module: str) -> Callable[..., int]:
    """The ``command`` function of a module that is imported only when it is called."""

    def call(*arguments: Any) -> int:
        return int(importlib.import_module(f"tcperf.cli.{module}").command(*arguments))

    return call


def add_command(
    subparsers: Any, name: str, module: str, help_line: str, description: str
) -> argparse.ArgumentParser:
    """The parser of a subcommand, which the module ``tcperf.cli.<module>`` does."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=help_line,
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
