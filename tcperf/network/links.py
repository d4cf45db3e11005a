"""Links of a private network, over netlink: a bridge in the hub's namespace, one veth pair a node.

Nothing but the nodes' own frames crosses them: IPv6 has no link-local addresses to chat with, the bridge
neither snoops multicast nor floods unicast, neighbours are permanent (no ARP), and no segment is left for an
imagined network card to cut (every offload is off at both ends), so that an interface's counters are the
frames of a real wire at MTU 1500.

``NodeEnd`` works in a node's namespace and ``Hub`` in the hub's: both belong to the thread that made them.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import frozen
from pyroute2 import IPRoute
from pyroute2.ethtool.ethtool import Ethtool
from pyroute2.netlink.exceptions import NetlinkError

from tcperf.clock import Deadline
from tcperf.network.interface import ROOM
from tcperf.network.netdev import INTERFACE

#: The bridge's own interface.
BRIDGE = "hub0"
_BRIDGE_SETTINGS = Path("/proc/sys/net/bridge")
_PREFIX_LENGTH = 24
_UP_DEADLINE_S = 10.0
_LOOK_AGAIN_S = 0.001
#: IFLA_INET6_ADDR_GEN_MODE: IN6_ADDR_GEN_MODE_NONE
_NO_IPV6_ADDRESSES = {"attrs": [("AF_INET6", {"attrs": [("IFLA_INET6_ADDR_GEN_MODE", 1)]})]}
#: <linux/neighbour.h>: a static entry that is no local address of the bridge, in the bridge's own table.
_NUD_NOARP = 0x40
_NUD_PERMANENT = 0x80
_NTF_MASTER = 0x04
_AF_BRIDGE = 7
#: What makes one frame of many, by the kernel's feature names (net/core: netdev_features_strings).
_OFFLOAD_WORDS = ("segmentation", "gso", "gro", "lro")


@frozen
class Place:
    """Where a node sits: its number in the network gives its addresses."""

    index: int

    @property
    def address(self) -> str:
        """The IPv4 address."""
        return f"10.77.0.{self.index + 1}"

    @property
    def hardware_address(self) -> str:
        """A locally administered MAC address."""
        return f"02:00:0a:4d:00:{self.index + 1:02x}"

    @property
    def leg(self) -> str:
        """The name of the hub's end of the link."""
        return f"leg{self.index}"


def place(index: int) -> Place:
    """The place of the node number ``index``, from 0.  Raises ValueError when the network is full."""
    if not 0 <= index < ROOM:
        raise ValueError(f"a private network has room for {ROOM} nodes")
    return Place(index)


class Hub:
    """The hub's side: made in the hub's namespace, it owns the bridge and the legs."""

    def __init__(self) -> None:
        self._netlink = IPRoute()
        options = {"br_mcast_snooping": 0, "br_stp_state": 0, "br_forward_delay": 0}
        self._netlink.link("add", ifname=BRIDGE, kind="bridge", address="02:00:0a:4d:00:00", **options)
        self._bridge = _index(self._netlink, BRIDGE)
        _filter_nothing()
        _silence(self._netlink, self._bridge)
        self._netlink.link("set", index=self._bridge, state="up")

    @property
    def bridge(self) -> int:
        """The bridge's interface index."""
        return self._bridge

    def plug_in(self, node: Place, namespace: int) -> int:
        """Make a veth pair: one end becomes INTERFACE in ``namespace`` (a descriptor), the other a leg here.

        The leg's interface index.
        """
        peer = {"ifname": INTERFACE, "net_ns_fd": namespace, "address": node.hardware_address}
        self._netlink.link("add", ifname=node.leg, kind="veth", peer=peer)
        leg = _index(self._netlink, node.leg)
        _silence(self._netlink, leg)
        no_segments(node.leg)
        self._netlink.link("set", index=leg, master=self._bridge)
        self._netlink.brport("set", index=leg, learning=0, unicast_flood=0)
        self._netlink.link("set", index=leg, state="up")
        self._netlink.fdb(
            "add",
            ifindex=leg,
            lladdr=node.hardware_address,
            state=_NUD_NOARP,
            flags=_NTF_MASTER,
            family=_AF_BRIDGE,
        )
        return leg

    def await_up(self, leg: int) -> None:
        """Wait until the kernel has seen that the leg's other end is up.

        Before, it drops in silence what leaves by the leg, and the bridge does not forward (net/core/link_watch.c:
        carriers are looked after by a worker, in its own time).  Raises OSError where that never happens.
        """
        deadline = Deadline.after(_UP_DEADLINE_S)
        while self._netlink.get_links(leg)[0].get_attr("IFLA_OPERSTATE") != "UP":
            if deadline.expired:
                raise OSError(errno.ETIMEDOUT, f"the link was not up after {deadline}")
            time.sleep(
                _LOOK_AGAIN_S
            )  # newer kernels look after the carrier when they are asked: no wait at all

    def isolate(self, leg: int) -> None:
        """Let nothing pass from this leg to another isolated one: somebody else carries the frames."""
        self._netlink.brport("set", index=leg, isolated=1)

    def close(self) -> None:
        """Close the netlink socket; the links vanish with their namespace."""
        self._netlink.close()


class NodeEnd:
    """A node's side: made in the node's namespace, after ``Hub.plug_in`` put the interface there."""

    def __init__(self) -> None:
        self._netlink = IPRoute()
        self._netlink.link("set", index=_index(self._netlink, "lo"), state="up")
        self._interface = _index(self._netlink, INTERFACE)
        _silence(self._netlink, self._interface)
        no_segments(INTERFACE)
        self._netlink.link("set", index=self._interface, state="up")

    def take_address(self, node: Place) -> None:
        """Give the interface its address: before, nothing of this node's can be on its link, nor an answer for it."""
        self._netlink.addr("add", index=self._interface, address=node.address, prefixlen=_PREFIX_LENGTH)

    def know(self, neighbour: Place) -> None:
        """Write down a neighbour's hardware address, so that nobody has to ask for it on the wire."""
        self._netlink.neigh(
            "add",
            dst=neighbour.address,
            lladdr=neighbour.hardware_address,
            ifindex=self._interface,
            state=_NUD_PERMANENT,
        )

    def hush(self) -> None:
        """Give the address up: what the kernel would still send for ended processes finds no way out."""
        self._netlink.flush_addr(index=self._interface)

    def close(self) -> None:
        """Close the netlink socket."""
        self._netlink.close()


def no_segments(interface: str) -> None:
    """Switch off everything that hands over several frames as one.  Raises OSError where some stay on."""
    tool: Any = Ethtool()
    try:
        features = tool.get_features(interface)
        for feature in _merging(features):
            feature.enable = False
        tool.set_features(interface, features)
    finally:
        tool.close()
    left = merging_offloads(interface)
    if left:
        raise OSError(
            errno.EOPNOTSUPP, f"{interface}: these offloads cannot be switched off: {', '.join(left)}"
        )


def merging_offloads(interface: str) -> list[str]:
    """What is on that hands over several frames as one, by the kernel's names.  Raises OSError, NetlinkError."""
    tool: Any = Ethtool()
    try:
        return [feature.name for feature in _merging(tool.get_features(interface)) if feature.enable]
    finally:
        tool.close()


def _merging(features: Any) -> list[Any]:
    return [
        feature
        for feature in features.features.values()
        if feature.available and any(word in feature.name for word in _OFFLOAD_WORDS)
    ]


def _filter_nothing() -> None:
    """Let no packet filter look at what the bridge of this namespace carries.

    Where the kernel has bridge netfilter, it is on in every new namespace: it takes its time with each frame, cuts off
    what fills a frame up, and drops what is malformed (net/bridge/br_netfilter_hooks.c).
    """
    for tables in ("iptables", "ip6tables", "arptables"):
        with suppress(OSError):  # there is none, or it may not be switched off
            (_BRIDGE_SETTINGS / f"bridge-nf-call-{tables}").write_text("0", "ascii")


def _silence(netlink: IPRoute, index: int) -> None:
    """No IPv6 address on the link, hence no router solicitation and no multicast report from it."""
    try:
        netlink.link("set", index=index, IFLA_AF_SPEC=_NO_IPV6_ADDRESSES)
    except NetlinkError as error:
        if error.code != errno.EAFNOSUPPORT:  # a host booted without IPv6 has nothing to silence
            raise


@contextmanager
def as_os_errors() -> Iterator[None]:
    """Raise a refusal that came over netlink as the OSError that it is."""
    try:
        yield
    except NetlinkError as error:
        raise OSError(error.code, os.strerror(error.code)) from error


def _index(netlink: IPRoute, name: str) -> int:
    found: list[int] = netlink.link_lookup(ifname=name)
    if not found:
        raise OSError(errno.ENODEV, f"the interface {name} does not exist")
    return found[0]
