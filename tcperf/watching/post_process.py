"""The post: a process that watches what tests start, for all the processes that run tests.

``python -m tcperf.watching.post_process FD`` serves its starter on a socket pair (``tcperf.network.wire``), and whoever
connects to its own socket; what they may ask are the public methods of ``Office``.  Apart from the tests, for a busy
thread beside them would delay them.  It leaves its starter at once, so that it is nobody's child, and ends when the
starter has ended, whatever ended that; then it ends what still lives in the private network, which nobody can reach any
more.
"""

from __future__ import annotations

import os
import select
import socket
import sys
from contextlib import ExitStack
from typing import Final

from tcperf import clock
from tcperf.network import wire
from tcperf.watching.inhabitants import end_inhabitants
from tcperf.watching.interface import LOOK_S
from tcperf.watching.office import Office
from tcperf.workdir import working_folder

_MS: Final = 1000
_SOCKET_NAME: Final = "post"
_CLIENTS: Final = 256


def serve(control: socket.socket, listening: socket.socket, starter: int, office: Office) -> None:
    """Answer whoever asks until the starter, a descriptor of its process, has ended."""
    connections = {control.fileno(): control}
    poll = select.poll()
    for descriptor in (starter, listening.fileno(), control.fileno()):
        poll.register(descriptor, select.POLLIN)
    pause_s, due = 0.0, clock.Deadline.after(0)
    while True:
        for descriptor, _events in poll.poll(due.remaining_s() * _MS):
            if descriptor == starter:
                return
            if descriptor == listening.fileno():
                connection, _address = listening.accept()
                connections[connection.fileno()] = connection
                poll.register(connection, select.POLLIN)
            elif not _answer(connections[descriptor], office):
                poll.unregister(descriptor)
                office.gone(connections[descriptor])
                connections.pop(descriptor).close()
        if due.expired or pause_s > LOOK_S:
            pause_s = office.tick()
            due = clock.Deadline.after(pause_s)


def _answer(connection: socket.socket, office: Office) -> bool:
    """Answer one request; False when there are no more."""
    try:
        request = wire.receive(connection)
        if request is None:
            return False
        message, descriptors = request
        method = getattr(office, message.pop("op"))
        wire.send(connection, wire.answered(lambda: method(connection, **message, descriptors=descriptors)))
    except OSError:  # it went while it was answered
        return False
    return True


def _last_words(office: Office) -> None:
    """The starter has ended: say so where it did not take leave, end whoever lives on, and do what it left to be done."""
    office.last_words.cry()
    if office.is_private:
        found = office.inhabitants()
        end_inhabitants()
        office.last_words.tell_ended(found)
    office.last_words.execute()


def main(argv: list[str]) -> int:
    """Serve on the socket of the one descriptor, for the process that started us."""
    control_fd, starter = int(argv[0]), os.pidfd_open(os.getppid())
    if os.fork():
        os._exit(0)
    with ExitStack() as held:
        folder = held.enter_context(working_folder())
        control = held.enter_context(socket.socket(fileno=control_fd))
        listening = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        office = Office()
        office.path = str(folder / _SOCKET_NAME)
        listening.bind(office.path)
        listening.listen(_CLIENTS)
        held.callback(office.close)
        serve(control, listening, starter, office)
        _last_words(office)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
