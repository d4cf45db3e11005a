"""Which flows make the difference between two sets of runs: the sentence behind a verdict.

Each flow's median over the head's runs less its median over the base's.  Medians of counts are whole numbers
or halves, so that sums and shares are exact.  The sum of the flows' differences need not be the difference of
the totals' medians, for a median of sums is not the sum of medians; with one run a side it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from tcperf.contributors import (
    OUTSIDE_PHASES,
    Flow,
    Number,
    flow_median,
    had_phase,
    is_counted,
    rows_of,
)
from tcperf.metrics import METRICS
from tcperf.model import Run
from tcperf.traffic import Traffic
from tcperf.units import BYTES, humanize

#: The metrics whose difference flows can explain, and what of a flow they count.
EXPLAINED: Final[dict[str, Number]] = {
    "sent_bytes": "frame_bytes",
    "ip_bytes": "ip_bytes",
    "packets_count": "packets",
    "retransmissions_count": "retransmissions",
    "connections_count": "connections",
    "short_connections_count": "short_connections",
}
_NOUNS: Final[dict[str, str]] = {
    "packets_count": "packet",
    "retransmissions_count": "retransmission",
    "connections_count": "connection",
    "short_connections_count": "short connection",
}
#: A flow is named alone where it has so much of what went the way of the change (percent): else half would pass for all.
_DOMINANT: Final = 70
#: Two ways between the same two nodes are halves of it where each has so much (percent).
_HALF: Final = 48
#: Names of protocols as people write them.
_PROTOCOLS: Final = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "arp": "ARP", "other": "other protocols"}


@frozen
class Contribution:
    """By how much a flow's median is more (or, negative, less) in head than in base; in the metric's unit."""

    flow: Flow
    difference: float


@frozen
class Explanation:
    """What made one metric of one phase differ; ``contributions`` are none of them 0.

    Those that go the way of ``total``, their sum, come first, the largest first; last the one that goes most
    against it.  Where the sum is 0 the largest of either sign comes first.
    """

    phase: str
    metric: str
    total: float
    contributions: tuple[Contribution, ...]

    @property
    def sentence(self) -> str:
        """Where the difference comes from: "all of it alice→bob TCP in messages, +41 packets".

        "All of it" and shares are of what went the way of the sum; what went the other way is told behind it.
        """
        return self._told(f" {self._where}")

    @property
    def brief(self) -> str:
        """The same for a reader who knows the phase: "all of it alice→bob TCP, +41 packets"."""
        return self._told("")

    @property
    def place(self) -> str:
        """The same without how much it is: for whoever stands beside the whole's medians, to which parts need not add up."""
        return self._place("")

    @property
    def _along(self) -> list[Contribution]:
        """What goes the way of the sum."""
        return [each for each in self.contributions if (each.difference > 0) == (self.total > 0)]

    def _place(self, where: str) -> str:
        if not self.contributions:
            return f"no flow differs{where}"
        if not self.total:
            return f"{len(self.contributions)} flows{where} differ, and make up for each other"
        return self._extent(self._along, sum(each.difference for each in self._along), where)

    def _told(self, where: str) -> str:
        if not self.total:
            return self._place(where)
        along = self._along
        gross = sum(each.difference for each in along)
        named = along[: 1 if self._percent(along[0], gross) >= _DOMINANT else 2]
        lead = f"{self._place(where)}, {self._signed(sum(each.difference for each in named))}"
        against = self.total - gross
        return f"{lead}; {self._signed(against)} elsewhere" if against else lead

    def _extent(self, along: list[Contribution], gross: float, where: str) -> str:
        """How much of it the largest is: all, most, or one of two or many; where it is not most, the second is named, too."""
        first = along[0]
        if len(along) == 1:
            return f"all of it {_spoken(first.flow)}{where}"
        percent = self._percent(first, gross)
        if percent >= _DOMINANT:
            return f"{percent} % of it {_spoken(first.flow)}{where}"
        second = along[1]
        # What two flows are together is all of it, however their shares are rounded.
        other = 100 - percent if len(along[1:]) == 1 else self._percent(second, gross)
        if min(percent, other) >= _HALF and _is_way_back(first.flow, second.flow):
            return f"{_both_ways(first.flow)}{where}, evenly both ways"
        if percent + other >= _DOMINANT:
            return f"{percent} % of it {_spoken(first.flow)} and {other} % {_spoken(second.flow)}{where}"
        largest = f"{_spoken(first.flow)} {percent} % and {_spoken(second.flow)} {other} %"
        return f"spread over {len(along)} flows{where}, the largest {largest}"

    @staticmethod
    def _percent(each: Contribution, gross: float) -> int:
        """Rounded down, in halves, which are whole: 99.9 % is not all of it."""
        return int(200 * each.difference) // int(2 * gross)

    @property
    def _where(self) -> str:
        return "outside of the phases" if self.phase == OUTSIDE_PHASES else f"in {self.phase}"

    def _signed(self, value: float) -> str:
        unit = METRICS[self.metric].unit
        size = humanize(abs(value), unit.symbol)
        if unit is not BYTES:
            size = f"{size} {_NOUNS[self.metric]}{'' if abs(value) == 1 else 's'}"
        return f"{'+' if value > 0 else '-'}{size}"


def explain(base: Iterable[Run], head: Iterable[Run], phase: str, metric: str) -> Explanation | None:
    """Which flows make ``metric`` (a key of EXPLAINED) of ``phase`` differ between the runs that count.

    None where a side has no run that went through the phase and was captured exactly.
    Raises KeyError for a metric that flows do not explain.
    """
    number = EXPLAINED[metric]
    before, after = (_counted(runs, phase) for runs in (base, head))
    if not before or not after:
        return None
    flows = dict.fromkeys(flow for found in (*before, *after) for flow in found if flow.direction == "sent")
    found = [
        Contribution(flow, flow_median(after, flow, number) - flow_median(before, flow, number))
        for flow in flows
    ]
    total = sum(each.difference for each in found)
    return Explanation(phase, metric, total, tuple(_ranked(found, total)))


def _counted(runs: Iterable[Run], phase: str) -> list[dict[Flow, Traffic]]:
    return [rows_of(run, phase) for run in runs if is_counted(run) and had_phase(run, phase)]


def _ranked(found: Iterable[Contribution], total: float) -> list[Contribution]:
    def key(each: Contribution) -> tuple[float, str]:
        along = abs(each.difference) if not total else each.difference * (1 if total > 0 else -1)
        return -along, each.flow.label

    return sorted((each for each in found if each.difference), key=key)


def _is_way_back(one: Flow, other: Flow) -> bool:
    """Whether both are the same talk of the same two nodes, seen from either."""
    return one.parties == other.parties[::-1] and (one.protocol, one.role) == (other.protocol, other.role)


def _both_ways(flow: Flow) -> str:
    """Both ways of a talk in a sentence: ``alice↔bob TCP``."""
    one, other = sorted(flow.parties)
    return f"{one}↔{other} {_protocol(flow)}"


def _spoken(flow: Flow) -> str:
    """A flow in a sentence; that it is the nodes' own talk goes without saying."""
    return f"{flow.ends} {_protocol(flow)}"


def _protocol(flow: Flow) -> str:
    return _PROTOCOLS[flow.protocol] + ("" if flow.role == "p2p" else f" ({flow.role})")
