#!/usr/bin/env python3
"""Is every byte counted?  Plays exactly known traffic and compares four accounts of it, figure by figure.

  truth      what the generator sent: computed from sizes and the protocols' header lengths, before anything
             is captured; how TCP cut its bytes into segments is told by each socket's own account (TCP_INFO)
  counters   what the hosts' interfaces counted (frames and their bytes)
  ring       what the meter captured and attributed while it happened
  dpkt       what dpkt's objects read out of the capture that was kept, by code that shares nothing with it

Cases: UDP of 0 to 60,000 bytes (fragments), UDP segmented by the kernel, ICMP answers, TCP of 1 byte to 100 MB
in small and large chunks, many short connections, their IPv6 twins with every extension header, VLAN tags,
ARP, multicast, broadcast, pings, segments sent again, malformed frames, and control traffic on a node's own
loopback, which must be in none of them.  They follow each other without a pause, each a phase of its own.

At the end the meter is stopped while a flood passes: what did not fit into the ring must be owned to as lost,
and the capture must call itself inexact.

The exit status is 1 where any figure differs.  Works as root and as anybody, in namespaces of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from proofs import comparison, overflow, session
from proofs.cases import CASES, Case
from proofs.raw_cases import RAW_CASES
from proofs.tcp_cases import TCP_CASES

from tcperf.errors import TcperfError

ALL_CASES: tuple[Case, ...] = (*CASES, *RAW_CASES, *TCP_CASES)


def chosen(pattern: str, *, quick: bool) -> list[Case]:
    """The cases whose name holds ``pattern``; only the small ones where ``quick``."""
    return [case for case in ALL_CASES if pattern in case.name and (case.is_quick or not quick)]


def prove(cases: Sequence[Case], *, everything: bool) -> bool:
    """Play the cases and print the table; whether nothing differs and the capture calls itself exact."""
    with tempfile.TemporaryDirectory() as folder:
        # The capture is read by the user who made it, whoever that is inside the network's namespaces.
        played = session.play(cases, Path(folder), progress)
    print(comparison.header())
    for outcome in played.outcomes:
        print(comparison.as_text(outcome, everything=everything))
    figures = [line for outcome in played.outcomes for line in outcome.figures()]
    differing = sum(line.difference != 0 for line in figures)
    capture = played.recorded.capture
    print(f"\n{len(played.outcomes)} cases, {len(figures):,} figures compared, {differing} differ")
    print(
        f"{capture.packets:,} frames captured, {capture.lost_packets} lost, {capture.late_cuts} late phase edges: "
        f"{'exact' if capture.is_exact else 'NOT EXACT'}"
    )
    return not differing and capture.is_exact


def overflow_is_owned_to(frames: int) -> bool:
    """Stop the meter in a flood and print what it says of it; whether that is the truth."""
    progress("a flood, with the meter stopped")
    with tempfile.TemporaryDirectory() as folder:
        flood = overflow.play(frames, Path(folder))
    print(f"\na flood while the meter was stopped\n{flood}")
    return flood.is_owned_to


def progress(text: str) -> None:
    """Say what is going on, on standard error."""
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the small form: no large transfers")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose name holds TEXT")
    parser.add_argument("--all", action="store_true", help="print every figure that is compared")
    parser.add_argument("--list", action="store_true", help="name the cases and end")
    return parser


def main(argv: Sequence[str]) -> int:
    """Play and print; 0 if the four accounts agree and the overflow was owned to."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    cases = chosen(arguments.only, quick=arguments.quick)
    if not cases:
        parser.error(f"no case's name holds {arguments.only!r}: see --list")
    if arguments.list:
        print("\n".join(case.name for case in cases))
        return 0
    start = time.monotonic()
    try:
        is_right = prove(cases, everything=arguments.all)
        is_right &= bool(arguments.only) or overflow_is_owned_to(overflow.FRAMES)
    except TcperfError as error:
        print(error, *error.details, sep="\n", file=sys.stderr)
        return error.exit_status
    print(
        f"\n{'every figure is right' if is_right else 'SOMETHING IS WRONG'}, {time.monotonic() - start:.0f} s"
    )
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
