"""Nodes join while others flood thousands of frames a second: every copy is counted, and in its phase."""

import os
import time
from pathlib import Path

import pytest
from processes import python

from tcperf import clock
from tcperf.clock import Deadline
from tcperf.link import Link
from tcperf.network.run_network import RunNetwork
from tcperf.probes.meter import Meter
from tcperf.probes.traffic_file import read_traffic

pytestmark = [pytest.mark.integration, pytest.mark.alone]

#: Two nodes flood so many frames each, of lengths that differ, within so many seconds where the machine is idle.
FRAMES, SECONDS = 3000, 0.75
TALKERS = ("alice", "bob")
FLOOD = """
import socket, time
chat = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
chat.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
chat.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("{own}"))
begin = time.monotonic()
for number in range({frames}):
    if number % 8 == 0:
        time.sleep(max(0.0, begin + number * {seconds} / {frames} - time.monotonic()))
    chat.sendto(bytes(number % 901), (("239.255.255.250", "10.77.0.255")[number % 2], 1900))
"""


def start_flood(host, **options):
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        code = FLOOD.format(own=host.address, **{"frames": FRAMES, "seconds": SECONDS, **options})
        return host.spawn(
            python(code), cwd=Path("/"), env={"PATH": os.environ["PATH"]}, stdout=sink, stderr=sink
        )
    finally:
        os.close(sink)


def await_flood(host, begun):
    """Until it is in full swing, or was: ``begun`` is what the host had sent before."""
    deadline = Deadline.after(20.0)
    while host.counters().sent_packets < begun + 100:
        assert not deadline.expired
        time.sleep(0.001)  # nothing can wake us


def join_in_a_flood(network, hosts, names, introduce=lambda _host: None):
    """The others flood, and these join; how many of them had missed some frames, and not all."""
    begun = [hosts[name].counters().sent_packets for name in TALKERS]
    floods = [start_flood(hosts[name]) for name in TALKERS]
    for name, before in zip(TALKERS, begun, strict=True):
        await_flood(hosts[name], before)
    for name in names:
        hosts[name] = network.add_host(name)
        introduce(hosts[name])
    for flood in floods:
        assert flood.wait(60).status == 0
    assert [hosts[name].counters().sent_packets for name in TALKERS] == [each + FRAMES for each in begun]
    return hosts


def settled(network, hosts):
    """The counters, when all that was sent has arrived."""
    assert network.closing().closes
    return {name: host.counters() for name, host in hosts.items()}


def test_the_sum_closes_to_the_byte_and_each_phase_has_its_copies(tmp_path):
    """The meter is told of every other host later than of the frames that it got, some of them phases ago."""
    edges = []
    with RunNetwork("private") as network, Meter() as meter:
        meter.begin("run-1", clock.monotonic_ns())
        tap = network.tap()
        with tap.socket:
            meter.tap(tap.socket, tap.bridge)
        late = []

        def introduce(host):
            meter.host(host.name, host.leg, host.hardware_address, host.address, host.joined)

        def introduce_every_other(host):
            late.append(host) if host.name.endswith(("1", "3")) else introduce(host)

        hosts = {name: network.add_host(name) for name in TALKERS}
        for host in hosts.values():
            introduce(host)
        for phase in ("one", "two"):
            edges.append(settled(network, hosts))
            meter.cut(phase)
            names = [f"{phase}{number}" for number in range(4)]
            join_in_a_flood(network, hosts, names, introduce_every_other)
            time.sleep(0.12)  # long enough for the meter to have counted some frames of the phase
        edges.append(settled(network, hosts))
        meter.cut("")
        time.sleep(0.25)
        for host in late:
            introduce(host)
        network.end_processes()
        assert network.closing().closes
        meter.end(tmp_path / "series.json.gz", tmp_path / "traffic.json")
        missed = [host.joined.missed_packets for host in hosts.values()]
    found = read_traffic(tmp_path / "traffic.json")
    assert (found.lost_packets, found.late_cuts) == (0, 0)
    for phase, before, after in zip(("one", "two"), edges, edges[1:], strict=False):
        assert by_node(found.rows, phase) == moved(before, after), phase
    assert {row.phase for row in found.rows} == {"one", "two"}
    assert missed == sorted(missed)
    assert missed[:2] == [0, 0]
    assert 0 < missed[2] < 2 * FRAMES < missed[6] < 4 * FRAMES


def by_node(rows, phase):
    """What each node sent and received in a phase: bytes and frames."""
    sums = {}
    for row in rows:
        if row.phase == phase:
            known = sums.setdefault((row.node, row.direction), [0, 0])
            known[0] += row.frame_bytes
            known[1] += row.packets
    return {side: tuple(each) for side, each in sums.items()}


def moved(before, after):
    """By how much the counters went on; a host that was not there had 0."""
    sums = {}
    for name, now in after.items():
        then = before.get(name)
        for direction in ("sent", "received"):
            numbers = [getattr(now, f"{direction}_{what}") for what in ("bytes", "packets")]
            if then is not None:
                numbers = [
                    each - getattr(then, f"{direction}_{what}")
                    for each, what in zip(numbers, ("bytes", "packets"), strict=True)
                ]
            if any(numbers):
                sums[name, direction] = tuple(numbers)
    return sums


def test_it_closes_where_links_are_slow(tmp_path):
    """A leg's queue holds frames; it is one that lets all pass until the leg has joined."""
    with RunNetwork("private", link=Link(rate_bits_per_s=1_000_000_000), emulation="tbf") as network:
        hosts = {name: network.add_host(name) for name in TALKERS}
        join_in_a_flood(network, hosts, [f"node{number}" for number in range(4)])
        network.end_processes()
        closing = network.closing()
    assert closing.closes
    assert closing.lost_packets == 0
    assert closing.copies_packets > 0
