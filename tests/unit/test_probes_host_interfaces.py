"""The sum over all interfaces."""

import pytest

from tcperf.measurement import Measurement
from tcperf.network.interface import Counters
from tcperf.probes import host_interfaces

TITLE = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
"""


def line(name, received, received_packets, sent, sent_packets, dropped=0):
    return f"{name:>6}: {received} {received_packets} 0 {dropped} 0 0 0 0 {sent} {sent_packets} 0 0 0 0 0 0\n"


def test_every_interface_counts():
    text = TITLE + line("eth0", 1000, 10, 2000, 20, dropped=1) + line("wlan0", 1, 2, 3, 4, dropped=2)
    assert host_interfaces.parse(text) == Counters(2003, 1001, 24, 12, 3)


def test_the_loopbacks_frames_have_their_headers_added():
    text = TITLE + line("lo", 500, 5, 500, 5) + line("eth0", 1000, 10, 2000, 20)
    assert host_interfaces.parse(text) == Counters(2500 + 5 * 14, 1500 + 5 * 14, 25, 15, 0)


def test_an_interface_whose_name_begins_like_the_loopbacks():
    assert host_interfaces.parse(TITLE + line("lo1", 500, 5, 500, 5)).sent_bytes == 500


def test_no_interface():
    assert host_interfaces.parse(TITLE) == Counters(0, 0, 0, 0, 0)


def test_what_passed_is_a_bound_for_the_whole_machine():
    found = host_interfaces.bounds(Counters(10, 20, 1, 2, 0), Counters(110, 220, 4, 6, 9))
    assert found == {
        "sent_bytes": Measurement(100, "bytes", "bound", "host interfaces"),
        "received_bytes": Measurement(200, "bytes", "bound", "host interfaces"),
        "packets_count": Measurement(3, "count", "bound", "host interfaces"),
        "received_packets_count": Measurement(4, "count", "bound", "host interfaces"),
    }


def test_an_interface_that_was_taken_away_leaves_no_bound():
    assert host_interfaces.bounds(Counters(10, 20, 1, 2, 0), Counters(110, 20, 4, 1, 0)) == {}


def test_a_system_without_such_a_file(monkeypatch, tmp_path):
    monkeypatch.setattr(host_interfaces, "_COUNTERS", tmp_path / "dev")
    with pytest.raises(FileNotFoundError):
        host_interfaces.counters()
