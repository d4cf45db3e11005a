"""sock_diag for real: dumps against another reader of them, the ends of sockets, and who holds what."""

import errno
import os
import socket
import subprocess
import sys

import pytest
from diag_messages import end_point

from tcperf.probes import sockets
from tcperf.probes.inet_diag import LISTEN
from tcperf.probes.sockets import Endings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's"),
]


@pytest.fixture
def pair():
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _peer = server.accept()
        with near, far:
            near.sendall(bytes(1234))
            far.recv(1234, socket.MSG_WAITALL)
            yield near, far, server


def cookie(of):
    return sockets._cookie(of)


def name(of):
    return end_point("{}:{}".format(*of.getsockname()))


def test_a_dump_agrees_with_pyroute2s(pair):
    from pyroute2 import DiagSocket

    near, far, server = pair
    ours = {each.cookie: each for each in sockets.dump()}
    with DiagSocket() as diag:
        diag.bind()
        theirs = {each["idiag_cookie"]: each for each in diag.get_sock_stats(socket.AF_INET, extensions=2)}
    for each in (near, far, server):
        found, other = ours[cookie(each)], theirs[cookie(each)]
        assert found.local == name(each) == end_point(f"{other['idiag_src']}:{other['idiag_sport']}")
        assert found.remote == end_point(f"{other['idiag_dst']}:{other['idiag_dport']}")
        assert (found.state, found.inode) == (other["idiag_state"], other["idiag_inode"])
        info = other.get_attr("INET_DIAG_INFO")
        assert found.counters.sent == info["tcpi_bytes_sent"]
        assert found.counters.received == info["tcpi_bytes_received"]
        assert found.counters.acked == info["tcpi_bytes_acked"]
    assert ours[cookie(near)].counters.sent == ours[cookie(far)].counters.received == 1234
    assert ours[cookie(server)].state == LISTEN


def test_both_families_are_dumped():
    with socket.socket(socket.AF_INET6) as server:
        try:
            server.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no ::1")
        server.listen()
        assert end_point(f"::1:{server.getsockname()[1]}") in {each.local for each in sockets.dump()}


def test_every_end_is_told_of_once(pair):
    near, far, _server = pair
    with Endings() as endings:
        endings.take()
        cookies = {cookie(near), cookie(far)}
        near.close()
        far.close()
        news = endings.take()
        told = [each for each in news.ended if each.socket.cookie in cookies]
        assert news.complete
        assert {each.socket.cookie for each in told} == cookies
        assert {each.socket.inode for each in told} == {0}
        assert {each.socket.counters.sent for each in told} == {1234, 0}
        assert not {each.socket.cookie for each in endings.take().ended} & cookies


def test_our_own_markers_are_not_told_of(monkeypatch):
    with Endings() as endings:
        markers = []
        honest = sockets._end_marker
        monkeypatch.setattr(
            sockets, "_end_marker", lambda processor: markers.append(honest(processor)) or markers[-1]
        )
        news = endings.take()
    assert len(markers) == len(os.sched_getaffinity(0))
    assert not {each.socket.cookie for each in news.ended} & set(markers)


def test_a_marker_that_does_not_come_means_that_something_was_lost(monkeypatch):
    with Endings() as endings:
        monkeypatch.setattr(sockets, "_MARKERS_S", 0.05)
        monkeypatch.setattr(sockets, "_end_markers", lambda: frozenset({1 << 60}))
        assert not endings.take().complete
        monkeypatch.undo()
        assert endings.take().complete


class Failing:
    """A subscribed socket whose reading fails as it is told to, and then goes on."""

    def __init__(self, real, *numbers):
        self._real = real
        self._errors = [OSError(number, os.strerror(number)) for number in numbers]

    def recv(self, size):
        if self._errors:
            raise self._errors.pop(0)
        return self._real.recv(size)

    def __getattr__(self, key):
        return getattr(self._real, key)


def test_a_buffer_that_was_full_is_said_once():
    with Endings() as endings:
        endings.take()
        endings._socket = Failing(endings._socket, errno.ENOBUFS, errno.ENOBUFS)
        assert not endings.take().complete
        assert endings.take().complete


def test_any_other_error_is_one():
    with Endings() as endings:
        endings.take()
        endings._socket = Failing(endings._socket, errno.EIO)
        with pytest.raises(OSError, match="Input/output"):
            endings.take()


def test_an_unprivileged_user_gets_what_buffer_there_is(monkeypatch):
    """Without the right to force one, the kernel cuts the wish to its limit, in silence."""
    monkeypatch.setattr(sockets, "_SO_RCVBUFFORCE", -1)
    tried = []

    class Plain(socket.socket):
        def setsockopt(self, level, option, value):
            tried.append(option)
            if option == -1:
                raise PermissionError(errno.EPERM, "Operation not permitted")
            super().setsockopt(level, option, value)

    monkeypatch.setattr(sockets.socket, "socket", Plain)
    with Endings() as endings:
        assert endings.take().complete
    assert socket.SO_RCVBUF in tried


def test_a_kernel_that_refuses_leaves_nothing_open(monkeypatch):
    monkeypatch.setattr(sockets, "_DESTROY_GROUPS", (1, 1 << 20))
    before = len(list(os.scandir("/proc/self/fd")))
    with pytest.raises(OSError, match="Invalid argument"):
        Endings()
    assert len(list(os.scandir("/proc/self/fd"))) == before


def test_a_kernel_that_accepts_us_and_tells_nothing(monkeypatch):
    monkeypatch.setattr(sockets, "_MARKERS_S", 0.05)
    monkeypatch.setattr(sockets, "_DESTROY_GROUPS", ())
    before = len(list(os.scandir("/proc/self/fd")))
    with pytest.raises(OSError, match="not supported"):
        Endings()
    assert len(list(os.scandir("/proc/self/fd"))) == before


def test_a_processor_that_we_may_not_choose(monkeypatch):
    def refused(_pid, _processors):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refused)
    with Endings() as endings:
        assert endings.take().complete


class TestInodes:
    def test_are_those_that_a_process_holds(self, pair):
        ours = {os.fstat(each.fileno()).st_ino for each in pair}
        assert ours <= sockets.inodes(os.getpid())

    def test_are_none_of_one_that_has_ended(self):
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            assert sockets.inodes(process.pid) == set()  # not waited for
        assert sockets.inodes(process.pid) == set()

    def test_of_another_user_are_refused(self, monkeypatch):
        honest = os.listdir

        def refused(folder):
            if str(folder).endswith("/fd"):
                raise PermissionError
            return honest(folder)

        monkeypatch.setattr(os, "listdir", refused)
        with pytest.raises(PermissionError):
            sockets.inodes(os.getpid())
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            assert sockets.inodes(process.pid) == set()
