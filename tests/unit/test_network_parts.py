"""The parts of the private network that need no namespace."""

import errno
import os
import socket

import pytest

from tcperf.errors import MachineError, NodeError
from tcperf.network import client, netdev, wire
from tcperf.network.interface import Counters
from tcperf.network.links import Place, place

NETDEV = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0: 1234567    890    0    2    0     0          0         0  7654321    321    0    5    0     0       0          0
 eth01:       9       9    9    9    9     9          9         9        9       9    9    9    9     9       9          9
"""


def test_counters_are_read_by_column():
    assert netdev.parse(NETDEV, "eth0") == Counters(7654321, 1234567, 321, 890, 7)
    assert netdev.parse(NETDEV, "lo").sent_bytes == 100


def test_a_number_may_touch_the_name():
    assert (
        netdev.parse("eth0:12345678901 1 0 0 0 0 0 0 5 2 0 0 0 0 0 0", "eth0").received_bytes == 12345678901
    )


def test_a_missing_interface_is_an_error():
    with pytest.raises(KeyError, match="eth7"):
        netdev.parse(NETDEV, "eth7")


def test_reading_through_a_descriptor(tmp_path):
    path = tmp_path / "dev"
    path.write_text(NETDEV)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert netdev.read(descriptor, "eth0") == netdev.read(descriptor, "eth0")
        assert netdev.read_bytes(descriptor, "eth0") == (7654321, 1234567)
        assert netdev.read_bytes(descriptor, "eth01") == (9, 9)
        with pytest.raises(KeyError, match="eth7"):
            netdev.read_bytes(descriptor, "eth7")
    finally:
        os.close(descriptor)


def test_messages_keep_their_descriptors_and_their_bounds():
    ours, theirs = wire.pair()
    reader, writer = os.pipe()
    with ours, theirs:
        wire.send(ours, {"op": "first"}, (writer,))
        wire.send(ours, {"op": "second", "text": "ü\n"})
        message, descriptors = wire.receive(theirs)
        assert message == {"op": "first"}
        os.write(descriptors[0], b"through")
        assert os.read(reader, 10) == b"through"
        os.close(descriptors[0])
        assert wire.receive(theirs) == ({"op": "second", "text": "ü\n"}, [])
        with pytest.raises(ValueError, match="at most"):
            wire.send(ours, {"text": "x" * wire.MAX_PACKET})
        ours.close()
        assert wire.receive(theirs) is None
    os.close(reader)
    os.close(writer)


def test_a_peer_that_was_reset():
    ours, theirs = wire.pair()
    with theirs:
        wire.send(theirs, {"op": "never read"})
        ours.close()
        assert wire.receive(theirs) is None


def test_places():
    assert place(0) == Place(0)
    assert place(0).address == "10.77.0.1"
    assert place(9).hardware_address == "02:00:0a:4d:00:0a"
    assert place(253).address == "10.77.0.254"
    for index in (-1, 254):
        with pytest.raises(ValueError, match="room for 254"):
            place(index)


@pytest.mark.parametrize(
    ("step", "number", "cure"),
    [
        ("make a user namespace", errno.EPERM, "unprivileged_userns_clone"),
        ("make a user namespace", errno.ENOSPC, "max_user_namespaces"),
        ("make a user namespace", errno.EINVAL, "CONFIG_USER_NS"),
        ("make a user namespace", errno.EIO, "or run as root"),
        ("make the network namespace of alice", errno.ENOSPC, "max_net_namespaces"),
        ("make the bridge", errno.EOPNOTSUPP, "kernel modules veth and bridge"),
        ("make the bridge", errno.EMFILE, "ulimit -n"),
    ],
)
def test_a_refusal_names_step_and_cure(step, number, cure):
    error = client.refusal({"step": step, "error": "no", "errno": number})
    assert isinstance(error, MachineError)
    assert f"refuses to {step}: no" in error.message
    assert cure in error.cure
    assert "--network host" in error.cure


def test_a_fault_of_the_brokers_own_is_not_the_machines():
    error = client.refusal({"step": wire.OUR_FAULT, "error": "KeyError: 'x'", "errno": None})
    assert "broker failed: KeyError" in error.message
    assert "fault of tcperf" in error.cure


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.EAGAIN, "ulimit -u"),
        (errno.ENOEXEC, "built for this machine"),
        (errno.EACCES, "chmod"),
        (errno.ENOENT, "check the path"),
    ],
)
def test_a_program_that_cannot_start_is_the_nodes_fault(number, cure):
    error = client.refusal({"step": "start the program", "error": "no", "errno": number})
    assert isinstance(error, NodeError)
    assert cure in error.cure


def test_socket_types():
    ours, theirs = wire.pair()
    with ours, theirs:
        assert ours.type == socket.SOCK_SEQPACKET
