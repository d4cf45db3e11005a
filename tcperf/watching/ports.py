"""Who holds which ports of a network namespace, as the kernel tells at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen

from tcperf.probes import sockets
from tcperf.probes.inet_diag import LISTEN

#: A protocol and a port.
Port = tuple[str, int]


@frozen
class Held:
    """Who holds which ports: ``owners`` are process ids, ``listening`` the ports that wait for others.

    ``control`` are the ports of whoever drives the processes, at which it waits for them or calls them from.
    ``others`` are those of programs that are none of these.
    """

    owners: Mapping[Port, int] = field(factory=dict)
    listening: frozenset[Port] = frozenset()
    control: frozenset[int] = frozenset()
    others: frozenset[Port] = frozenset()

    def __or__(self, other: Held) -> Held:
        """What either knows; of a port that has changed hands, the other's owner."""
        return Held(
            {**self.owners, **other.owners},
            self.listening | other.listening,
            self.control | other.control,
            self.others | other.others,
        )


def held(pids: Collection[int], driver: int) -> Held:
    """The ports that processes and their descendants hold now, in this namespace, and their ``driver``'s.

    Nobody's where the kernel does not tell (OSError is raised), or the processes hide it.
    """
    alive = _sockets()
    inodes, is_whole = _inodes(pids)
    mine = set(sockets.own_inodes(driver))
    return Held(
        owners={each.port: inodes[each.inode] for each in alive if each.inode in inodes},
        listening=frozenset(each.port for each in alive if each.listens and each.inode in inodes),
        control=frozenset(each.port[1] for each in alive if each.inode in mine),
        others=_others(alive, mine.union(inodes)) if is_whole else frozenset(),
    )


def _inodes(pids: Collection[int]) -> tuple[dict[int, int], bool]:
    """Whose the sockets of some processes are, by their inodes; whether none of the processes hides its own."""
    found: dict[int, int] = {}
    is_whole = True
    for pid in pids:
        try:
            found.update(dict.fromkeys(sockets.inodes(pid), pid))
        except PermissionError:
            is_whole = False
    return found, is_whole


def _others(alive: set[_Socket], known: set[int]) -> frozenset[Port]:
    """The ports of none of the ``known`` sockets; one that was closed meanwhile may have been one of these."""
    rest = {each for each in alive if each.inode and each.inode not in known}
    return frozenset(each.port for each in rest & _sockets()) if rest else frozenset()


@frozen
class _Socket:
    """A socket of the namespace; its inode is 0 where no process holds it any more."""

    port: Port
    inode: int
    listens: bool


def _sockets() -> set[_Socket]:
    tcp = {_Socket(("tcp", each.local[1]), each.inode, each.state == LISTEN) for each in sockets.dump()}
    return tcp | {_Socket(("udp", port), inode, listens=True) for inode, port in _udp()}


def _udp() -> Iterator[tuple[int, int]]:
    """The inode and the port of each UDP socket (/proc/net/udp: proc(5))."""
    for name in ("udp", "udp6"):
        with suppress(OSError):
            for line in Path("/proc/thread-self/net", name).read_text("ascii").splitlines()[1:]:
                words = line.split()
                yield int(words[9]), int(words[1].rpartition(":")[2], 16)
