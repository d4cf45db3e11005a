"""A process of tcperf's own beside the driver: started, asked one thing at a time, and ended.

The broker and the sampler are such helpers.  They hear of the driver's death as the end of their socket.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from typing import Any, Self

from tcperf.errors import MachineError
from tcperf.modules import end_module, module_command, module_environment
from tcperf.network import wire
from tcperf.refusals import SHORTAGES

_ANSWER_DEADLINE_S = 60.0
_LAST_WORDS_S = 1.0
_LAST_LINES = 3


class HelperProcess:
    """A running helper.  Thread-safe: one request is answered at a time.

    ``role`` names it in errors ("the network's broker"), ``module`` is its program.  ``is_lost`` says that it
    ended by itself, or was killed.
    """

    def __init__(self, role: str, module: str) -> None:
        self._role = role
        self._lock = threading.Lock()
        self._closed = False
        self.is_lost = False
        try:
            self._control, theirs = wire.pair()
            with theirs:
                self._process = self._start(module, theirs)
        except OSError as error:
            raise _short(f"{role} cannot be started", error) from error
        self._control.settimeout(_ANSWER_DEADLINE_S)

    @staticmethod
    def _start(module: str, theirs: socket.socket) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in the terminal must not reach it before us.
        return subprocess.Popen(
            module_command(module, str(theirs.fileno())),
            env=module_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(
        self, operation: str, descriptors: tuple[int, ...] = (), **arguments: Any
    ) -> tuple[wire.Message, list[int]]:
        """One request; its answer and the descriptors that came with it.

        Raises MachineError where the helper is gone.  A question that was broken off (by an interrupt, by
        time) is the last one: its answer, still to come, would be taken for the next one's.
        """
        with self._lock:
            try:
                wire.send(self._control, {"op": operation, **arguments}, descriptors)
                answer = wire.receive(self._control)
            except OSError as error:
                self._control.close()
                if error.errno in SHORTAGES:
                    raise _short(f"{self._role} could not {operation}", error) from error
                raise self._lost(operation) from error
            except BaseException:
                self._control.close()
                raise
        if answer is None:
            raise self._lost(operation)
        return answer

    def _lost(self, operation: str) -> MachineError:
        self.is_lost = True
        return MachineError(
            f"{self._role} was lost at {operation!r}",
            cure="see whether the machine ran out of memory or something killed it",
            details=self._last_words(),
        )

    def _last_words(self) -> tuple[str, ...]:
        """What it printed before it ended, if it has; its standard error is empty otherwise."""
        try:
            _nothing, text = self._process.communicate(timeout=_LAST_WORDS_S)
        except (subprocess.TimeoutExpired, ValueError):
            return ()
        return tuple(text.decode("utf-8", "replace").splitlines()[-_LAST_LINES:])

    def close(self) -> None:
        """End it by closing its socket; kill it where it does not end.  Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._control.close()
        end_module(self._process)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _short(what: str, error: OSError) -> MachineError:
    return MachineError(f"{what}: {error.strerror}", cure=SHORTAGES.get(error.errno or 0))
