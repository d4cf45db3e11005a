"""``tcperf doctor``: what this machine can measure."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tcperf.cli.terminal import Terminal, safe
from tcperf.doctor import examine
from tcperf.errors import NothingMeasuredError, TcperfError
from tcperf.finding import Finding
from tcperf.options import parse_node

_MARKS = {True: "ok", False: "NO", None: "--"}
_NOTHING_MEASURED = NothingMeasuredError.exit_status


def command(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Print every finding as soon as it is known; the status is 3 where something needed fails."""
    failed = False
    for finding in _findings(arguments.node):
        terminal.data(safe(f"{_MARKS[finding.good]}  {finding.name}: {finding.detail}"))
        if finding.cure is not None:
            terminal.data(safe(f"      {finding.cure}"))
        failed = failed or finding.good is False
    return _NOTHING_MEASURED if failed else 0


def _findings(node: str) -> Iterator[Finding]:
    yield from examine()
    yield _node(node)


def _node(node: str) -> Finding:
    from tcperf.cli.node import choose
    from tcperf.doctor import start_node

    try:
        chosen = choose(parse_node(node, Path.cwd()))
        detail = start_node(chosen.factory)
    except TcperfError as error:
        return Finding("node", good=False, detail=error.message, cure=error.cure)
    return Finding("node", good=True, detail=f"{chosen.subject.path} {chosen.subject.version}, {detail}")
