"""A process of tcperf's own beside the driver, on any system: asked over its standard input and output.

One JSON text a line, in both directions: a request is ``{"op": …}``, the answer ``{"ok": …}`` or
``{"error": …}``.  It hears of the driver's death as the end of its input.  (Linux, where descriptors must be
passed along, has ``tcperf.network.helper``.)
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import IO, Any, Final, Self

from tcperf.errors import MachineError
from tcperf.modules import end_module, module_command, module_environment
from tcperf.refusals import SHORTAGES
from tcperf.system import own_session

_ANSWER_DEADLINE_S = 60.0
_LAST_WORDS_S = 1.0
_LAST_LINES = 3
_STDIN: Final = 0
_CHUNK = 65536

Request = dict[str, Any]


class PipedHelper:
    """A running helper.  Thread-safe: one request is answered at a time.

    ``role`` names it in errors ("the sampler"), ``module`` is its program.  Raises MachineError where it cannot
    be started.
    """

    def __init__(self, role: str, module: str) -> None:
        self._role = role
        self._lock = threading.Lock()
        try:
            self._process = subprocess.Popen(
                module_command(module),
                env=module_environment(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **own_session(),
            )
        except OSError as error:
            cure = SHORTAGES.get(error.errno or 0)
            raise MachineError(f"{role} cannot be started: {error.strerror}", cure=cure) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, operation: str, **arguments: Any) -> Any:
        """One request; its answer.  Raises MachineError where the helper refuses, or is gone.

        A question that was broken off (by an interrupt, by time) is the last one: its answer, still to come,
        would be taken for the next one's.
        """
        line = json.dumps({"op": operation, **arguments}).encode("ascii") + b"\n"
        with self._lock:
            try:
                answer = self._exchange(line)
            except (OSError, ValueError) as error:  # ValueError: closed before
                raise self._lost(operation) from error
            except BaseException:
                self._hang_up()
                raise
        if not answer.endswith(b"\n"):
            raise self._lost(operation)
        message = json.loads(answer)
        if "ok" not in message:
            raise MachineError(f"{self._role} cannot {operation}: {message['error']}")
        return message["ok"]

    def _exchange(self, line: bytes) -> bytes:
        # Not every system can wait for a pipe with a deadline; every one can kill the process behind it.
        watchdog = threading.Timer(_ANSWER_DEADLINE_S, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            self._requests.write(line)
            self._requests.flush()
            return self._answers.readline()
        finally:
            watchdog.cancel()

    def _lost(self, operation: str) -> MachineError:
        return MachineError(
            f"{self._role} was lost at {operation!r}",
            cure="see whether the machine ran out of memory or something killed it",
            details=self._last_words(),
        )

    def _last_words(self) -> tuple[str, ...]:
        """What it printed before it ended, if it has; its standard error is empty otherwise."""
        self._hang_up()
        with contextlib.suppress(subprocess.TimeoutExpired, ValueError):
            self._process.wait(_LAST_WORDS_S)
            assert self._process.stderr is not None
            text = self._process.stderr.read().decode("utf-8", "replace")
            return tuple(text.splitlines()[-_LAST_LINES:])
        return ()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):  # what was not written yet has no reader any more
            self._requests.close()

    def close(self) -> None:
        """End it by closing its input; kill it where it does not end.  Safe to call twice."""
        self._hang_up()
        end_module(self._process)
        self._answers.close()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def requests(wait_s: Callable[[], float | None]) -> Iterator[Request | None]:
    """What the driver asks, to the end of standard input; None when ``wait_s()`` seconds passed without.

    ``wait_s`` is asked before each wait; its None means for ever.  A thread reads, for Windows cannot wait for a
    pipe and a time at once.
    """
    lines: SimpleQueue[bytes | None] = SimpleQueue()
    threading.Thread(target=_read_lines, args=(lines,), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=wait_s())
        except Empty:
            yield None
            continue
        if line is None:
            return
        yield json.loads(line)


def _read_lines(lines: SimpleQueue[bytes | None]) -> None:
    # Not by way of sys.stdin: a thread that waits in there would break the interpreter's end.
    partial = b""
    while chunk := os.read(_STDIN, _CHUNK):
        *whole, partial = (partial + chunk).split(b"\n")
        for line in whole:
            lines.put(line)
    lines.put(None)


def answer(handler: object, request: Request) -> None:
    """Let ``handler``'s method of the request's name do it, and write the answer."""
    try:
        message = {"ok": getattr(handler, request.pop("op"))(**request)}
    except OSError as error:
        message = {"error": str(error)}
    with contextlib.suppress(BrokenPipeError):  # the driver has gone: the end of the input says so, too
        sys.stdout.buffer.write(json.dumps(message).encode("ascii") + b"\n")
        sys.stdout.buffer.flush()
