"""What is said of a program's life beside its figures: how it failed, what held it up, and what it left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tcperf import clock
from tcperf.command.door import Door
from tcperf.command.life import PROGRAM, is_inherited
from tcperf.command.outlet import Outlet
from tcperf.command.tree import Left
from tcperf.errors import NodeError
from tcperf.metrics import MEMORY_PEAK
from tcperf.model import PhaseResult
from tcperf.network.interface import Exit
from tcperf.nodes.process import describe
from tcperf.quoting import printable
from tcperf.units import humanize

_UNSEEN: Final = (
    "{}: the program was over before its memory was seen: memory_peak_bytes is no more than an upper bound, the memory of the "
    "process that starts it included (a program that runs for 20 ms is seen; measure one that does its work several times)"
)
#: So many of the processes that it leaves are named.
_NAMED: Final = 4
#: A program that waited so long, and so much of its time, to be rid of what it prints is said to have been held up.
_HELD_NS: Final = 20 * clock.NS_PER_MS
_HELD: Final = 0.02


def unseen(run_id: str, phases: Sequence[PhaseResult]) -> Iterator[str]:
    """Of a program whose peak is known by its launcher's alone, or not at all."""
    if any(is_inherited(phase) for phase in phases):
        yield _UNSEEN.format(run_id)
    if any(MEMORY_PEAK not in phase.nodes[PROGRAM] for phase in phases):
        yield (
            f"{run_id}: the program and what it started were over before their memory was seen: memory_peak_bytes is missing "
            "(processes that run for 20 ms are seen; measure one that does its work several times)"
        )


def failed(ended: Exit, stdout: Outlet, stderr: Outlet, *, is_shown: bool) -> NodeError:
    """The error for a program that ended otherwise than by status 0; it quotes the last lines where none ``is_shown``."""
    return NodeError(
        f"the program {describe(ended)}",
        cure=f"all that it printed is in {stderr.log_path} and {stdout.log_path.name}; --ignore-status measures it "
        "all the same",
        details=() if is_shown else stderr.last_lines() or stdout.last_lines(),
    )


def held_up(run_id: str, life_ns: int, outlets: Sequence[Outlet], *, is_shown: bool) -> Iterator[str]:
    """That the program had to wait until what it printed was passed on, where that was much of its life of ``life_ns``."""
    held_ns = sum(outlet.held_ns for outlet in outlets)
    if held_ns > _HELD_NS and held_ns > _HELD * life_ns:
        quiet = "--quiet passes on less; " if is_shown else ""
        held, life = (humanize(each / clock.NS_PER_MS, "ms") for each in (held_ns, life_ns))
        yield (
            f"{run_id}: the program printed faster than tcperf passes it on, and waited for up to {held} of its {life}: its "
            f"times are longer for it ({quiet}a program that prints to a file waits for nobody)"
        )


def running(left: Left) -> str:
    """``2 processes running, which were ended (sleep (4711), sh (4712))``."""
    many, were = ("a process", "was") if left.running == 1 else (f"{left.running} processes", "were")
    more = f" and {left.running - _NAMED} more" if left.running > _NAMED else ""
    names = ", ".join(printable(name) for name in left.names[:_NAMED])  # a process gives itself any name
    return f"{many} running, which {were} ended ({names}{more})"


def said(run_id: str, left: Left, door: Door, outlets: Sequence[Outlet]) -> Iterator[str]:
    """What it left, what was not understood, and which logs are incomplete."""
    if left.running:
        yield f"{run_id}: the program ended and left {running(left)}: what they do later is in no figure of it"
    if door.strays:
        lines = "a line" if door.strays == 1 else f"{door.strays} lines"
        yield f"{run_id}: {lines} at the socket for marks said nothing that could be understood"
    for outlet in outlets:
        if outlet.log_failure is not None:
            yield f"{run_id}: {outlet.log_failure}"
