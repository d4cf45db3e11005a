"""Two programs exchange exactly known payload while HostTraffic measures them; what it found, as JSON.

As a program it becomes nobody with ``--nobody``, and with ``--alone`` it has a network of its own, where no
stranger's connection can be.
"""

import fcntl
import json
import os
import socket
import struct
import sys

from tcp_program import Program

from tcperf.network import linux
from tcperf.probes.host_traffic import HostTraffic

NOBODY = 65534
SHORT, LONG = 300, 10
SHORT_SENT, SHORT_RECEIVED = 1024, 33
LONG_SENT, LONG_RECEIVED = 20_000, 5_000
SENT = SHORT * SHORT_SENT + LONG * LONG_SENT
RECEIVED = SHORT * SHORT_RECEIVED + LONG * LONG_RECEIVED
#: <linux/sockios.h>, <linux/if.h>
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def enter_a_network():
    if os.geteuid() == 0:
        linux.unshare(linux.CLONE_NEWNET)
    else:
        linux.enter_user_and_network_namespace()
    with socket.socket() as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def become_nobody():
    with HostTraffic() as traffic:  # imports what is imported late: Python's own library may be root's
        traffic.watch("this", os.getpid(), 1)
        traffic.begin()
        traffic.end()
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def python():
    """The programs need nothing but Python itself: the system's will do where ours is root's."""
    return sys.executable if os.access(sys.executable, os.X_OK) else "/usr/bin/python3"


def exchange(traffic, alice, bob):
    """One phase: alice opens all connections."""
    for number in range(LONG):
        alice.open(name=f"long{number}", host=bob.host, port=bob.port)
    traffic.begin()
    for number in range(LONG):
        alice.ask(name=f"long{number}", size=LONG_SENT, answer=LONG_RECEIVED)
    alice.briefly(count=SHORT, host=bob.host, port=bob.port, size=SHORT_SENT, answer=SHORT_RECEIVED)
    assert bob.settle(left=LONG)
    return traffic.end()


def plain(found):
    return {
        "nodes": {
            name: {key: [each.value, each.exactness] for key, each in figures.items()}
            for name, figures in found.nodes.items()
        },
        "totals": {key: [each.value, each.exactness] for key, each in found.totals.items()},
    }


def main():
    if "--alone" in sys.argv:
        enter_a_network()
    if "--nobody" in sys.argv:
        become_nobody()
    with Program(python=python()) as alice, Program(python=python()) as bob, HostTraffic() as traffic:
        traffic.watch("alice", alice.pid, alice.control_port)
        traffic.watch("bob", bob.pid, bob.control_port)
        found = exchange(traffic, alice, bob)
        sys.stdout.write(json.dumps({**plain(found), "warnings": traffic.warnings}))


if __name__ == "__main__":
    main()
