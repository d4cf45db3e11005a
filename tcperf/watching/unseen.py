"""What flowed on a loopback while nobody could look whose it was, and which figures cannot be told for it.  Pure.

A packet tells its ports, and whose a port is must be looked at while its socket is open.  What a program moved that had
closed its sockets before is in nobody's figures: none of these is 0 then, for it may be the one that is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from attrs import frozen

from tcperf.frames.flows import Group, Totals
from tcperf.measurement import Measurement
from tcperf.watching.loopback import ends
from tcperf.watching.ports import Held

#: Measurements by metric key.
Figures = Mapping[str, Measurement]

_WATCHED, _OTHERS, _NOBODY = "watched", "others", "nobody"


@frozen
class Unseen:
    """Payload of which an end, or both, is nobody's who is known; ``watched`` are the names of the known end, if any.

    ``is_call``: somebody called a watched one, which is nothing unusual, for most connections are short.  The sums over
    all have it, and it is missing from the caller's own figures alone.
    """

    watched: frozenset[str]
    payload_bytes: int
    is_call: bool = False

    def may_be_of(self, name: str) -> bool:
        """Whether it may be what this process sent or received, and is not in its figures."""
        return name not in self.watched


def unseen(
    counted: Mapping[Group, Totals], ports: Held, names: Mapping[int, str], *, shared: bool
) -> Iterator[Unseen]:
    """What flowed unseen beside the processes that have ``names``.

    ``shared``: other tests have processes of their own there, and what calls these is theirs.
    """
    for group, totals in counted.items():
        if totals.payload_bytes and _is_unseen(group, ports, names, shared=shared):
            watched = frozenset(name for name in ends(group, ports, names) if name is not None)
            is_call = any((group.protocol, port) in ports.listening for port in group[3:])
            found = Unseen(watched, totals.payload_bytes, is_call)
            if any(found.may_be_of(name) for name in names.values()):
                yield found


def _is_unseen(group: Group, ports: Held, names: Mapping[int, str], *, shared: bool) -> bool:
    """Whether nobody knows of an end.  A protocol without ports has none."""
    if any(port in ports.control for port in group[3:]):
        return False
    owners = [_known(group.protocol, port, ports) for port in group[3:]]
    if shared and _OTHERS in owners:
        return False
    told = zip(owners, ends(group, ports, names), strict=True)
    return any(owner == _NOBODY and name is None for owner, name in told)


def _known(protocol: str, port: int, ports: Held) -> str:
    if (protocol, port) in ports.owners or not port:
        return _WATCHED
    return _OTHERS if (protocol, port) in ports.others else _NOBODY


def without_doubtful(
    nodes: Mapping[str, Figures], total: Figures, hidden: Collection[Unseen]
) -> tuple[dict[str, Figures], Figures]:
    """The figures of each node and of all, without those of which all may be missing: a 0 that may be none."""
    told = {
        name: _without_zeros(each) if any(part.may_be_of(name) for part in hidden) else each
        for name, each in nodes.items()
    }
    return told, _without_zeros(total) if any(not part.watched for part in hidden) else total


def _without_zeros(figures: Figures) -> Figures:
    return {key: each for key, each in figures.items() if each.value}
