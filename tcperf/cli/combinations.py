"""Options of ``run`` that make no sense together: said before anything is measured, each with its cure."""

from __future__ import annotations

import argparse
from typing import Final

from tcperf.cli.selection import Selection
from tcperf.errors import ConfigError, UsageError

#: They say how pairs are made.  In tcperf.toml they may stand without a base: the command line may give one.
_OF_PAIRS: Final = ("pairs", "budget", "lanes")


def check(arguments: argparse.Namespace, selection: Selection, base: str = "--base") -> None:
    """Raise UsageError for the first combination that makes no sense; ``base`` is the option that gives a base."""
    options = selection.options
    if options.pcap is not None and options.network == "host":
        raise _error(
            selection,
            ("pcap", "network"),
            "pcap keeps the frames of a private network, and the network is the host's",
            cure="leave one of the two away",
        )
    if options.base is None:
        for name in _OF_PAIRS:
            if getattr(arguments, name, None) is not None:
                raise UsageError(
                    f"--{name} is about pairs, and there is no base to be paired with",
                    cure=f"give one with {base}, or use --runs",
                )
        return
    if options.baseline is not None:
        raise _error(
            selection,
            ("baseline", "base"),
            "a base and a baseline are given, and there is one comparison",
            cure="leave one of the two away",
        )
    if _runs_are_meant(arguments, selection):
        raise _error(
            selection,
            ("runs",),
            "runs is about unpaired runs, and with a base there are pairs",
            cure="say with --pairs how many there may be, or leave the base away",
        )


def _runs_are_meant(arguments: argparse.Namespace, selection: Selection) -> bool:
    """Whether ``runs`` is said where the base is, or over it: tcperf.toml may have some for calls without a base."""
    return arguments.runs is not None or (
        selection.options.runs is not None and getattr(arguments, "base", None) is None
    )


def _error(selection: Selection, keys: tuple[str, ...], message: str, cure: str) -> UsageError:
    place = next(filter(None, map(selection.place, keys)), None)
    return UsageError(message, cure=cure) if place is None else ConfigError(f"{place}: {message}", cure=cure)
