"""``tcperf emit``: statistics from a shell script."""

from __future__ import annotations

import argparse
from decimal import Decimal

from tcperf.cli.terminal import Terminal
from tcperf.errors import UsageError
from tcperf.teamcity import ServiceMessages
from tcperf.teamcity.notation import parse_number


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Print all pairs as statistics, or raise UsageError and print none."""
    pairs = [_pair(text) for text in arguments.pairs]
    # The shell may have left a line unfinished before us; the guard costs an empty line.
    ServiceMessages(terminal.stdout, at_line_start=False).statistics(pairs)
    return 0


def _pair(text: str) -> tuple[str, Decimal]:
    key, equals, value = text.rpartition("=")
    if not equals:
        raise UsageError(
            f"{text!r} is no statistic", cure="write KEY=VALUE, such as my.build.size_bytes=123456"
        )
    try:
        return key, parse_number(value)
    except ValueError as error:
        raise UsageError(f"{key}: {value!r} is no number", cure="write a plain decimal number") from error
