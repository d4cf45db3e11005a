"""The tests' end of the post (``post_process``).  Linux's alone: elsewhere ``lonely`` takes its place."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from tcperf.errors import MachineError
from tcperf.measurement import Measurement
from tcperf.network import wire
from tcperf.network.helper import HelperProcess
from tcperf.traffic import Traffic
from tcperf.watching.choosing import Heard
from tcperf.watching.inhabitants import Inhabitant
from tcperf.watching.watcher import Observed

_ROLE: Final = "the post"
_ANSWER_S: Final = 30.0


class Post(HelperProcess):
    """The post, started: ``path`` is where its clients connect to.

    ``packets`` is the packet socket of a private network, whose packets it counts, and whose processes it ends when
    this one has ended.  Where this process ends without taking leave, it says so on the descriptor ``voice``, and
    runs the command ``will``, whose output goes there.  The caller closes both.  Raises MachineError where it
    cannot be had.
    """

    def __init__(
        self, packets: socket.socket | None = None, voice: int | None = None, will: Sequence[str] = ()
    ) -> None:
        super().__init__(_ROLE, "tcperf.watching.post_process")
        voices = () if voice is None else (voice,)
        descriptors = voices if packets is None else (*voices, packets.fileno())
        message, _descriptors = self.ask("open", descriptors, has_voice=bool(voices), will=list(will))
        self.path: str = wire.outcome(_ROLE, "open", message)["path"]

    def left(self) -> list[Inhabitant]:
        """Who lives in the private network beside those who run tests; they are ended when this process has ended."""
        message, _descriptors = self.ask("left", starter=os.getpid())
        return [Inhabitant(**each) for each in wire.outcome(_ROLE, "left", message)["found"]]

    def leave(self) -> None:
        """Take leave: all was said that there was to say.  Safe to call twice."""
        if not self._closed:
            with suppress(MachineError):  # it is gone
                self.ask("leave")

    def close(self) -> None:
        """Take leave, and ask no more.  Safe to call twice."""
        self.leave()
        super().close()


class Client:
    """A ``Watcher`` at a post.  Raises MachineError where the post is gone."""

    def __init__(self, path: str, names: Iterable[str]) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(_ANSWER_S)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise MachineError(f"the post of pytest --tcperf cannot be reached: {error.strerror}") from error
        self._ask("hello", pid=os.getpid(), names=list(names))

    def watch(self, pid: int) -> bool:
        """See ``Watcher``."""
        return bool(self._ask("watch", pid=pid)["found"])

    def look(self) -> None:
        """See ``Watcher``."""
        self._ask("look")

    def begin(self) -> int:
        """See ``Watcher``."""
        return int(self._ask("begin")["number"])

    def end(self, number: int, calls: Collection[int]) -> Observed:
        """See ``Watcher``."""
        found = self._ask("end", number=number, calls=sorted(calls))
        nodes, traffic = _measured(found["nodes"]), _measured(found.get("traffic_nodes", {}))
        return Observed(
            {name: {**traffic.get(name, {}), **measured} for name, measured in nodes.items()},
            tuple(Traffic(**row) for row in found.get("traffic", ())),
            _measured({"": found.get("totals", {})})[""],
            found["programs"],
            tuple(found["warnings"]),
            found.get("lost", 0),
            Heard(**{key: tuple(names) for key, names in found["heard"].items()}),
            found.get("unseen", 0),
        )

    def close(self) -> None:
        """See ``Watcher``."""
        self._socket.close()

    def _ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            wire.send(self._socket, {"op": operation, **arguments})
            answer = wire.receive(self._socket)
        except OSError as error:
            raise _lost(operation) from error
        if answer is None:
            raise _lost(operation)
        found: dict[str, Any] = wire.outcome(_ROLE, operation, answer[0])
        return found


def _measured(nodes: Mapping[str, Mapping[str, list[Any]]]) -> dict[str, dict[str, Measurement]]:
    return {
        name: {key: Measurement(*each) for key, each in measured.items()} for name, measured in nodes.items()
    }


def _lost(operation: str) -> MachineError:
    return MachineError(
        f"the post of pytest --tcperf was lost at {operation!r}", cure="see whether something killed it"
    )
