"""go-ethereum's debug module: Go's own figures and profiles by JSON-RPC, without a port of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tcperf.clock import Deadline
from tcperf.gofigures import GoFigures
from tcperf.nodes import pprof
from tcperf.nodes.expvar import memory_figures
from tcperf.nodes.lifetime import Lifetime
from tcperf.nodes.pprof import Kind
from tcperf.nodes.rpc_client import METHOD_NOT_FOUND, RpcError

SOURCE: Final = "debug_memStats"


class DebugModule:
    """What a node's debug module tells; a method that it lacks is not called again.

    ``call`` calls a method and gives its result.
    """

    def __init__(self, life: Lifetime, call: Callable[[str, Sequence[Any]], Any]) -> None:
        self._life = life
        self._call = call
        self._lacks: set[str] = set()
        self._profiles = 0

    def figures(self) -> GoFigures | None:
        """The figures of runtime.MemStats now; None where it does not tell.  It counts no goroutines."""
        told = self._ask("debug_memStats")
        return memory_figures(told, SOURCE) if isinstance(told, dict) else None

    def profile(self, kind: Kind, seconds: int) -> bytes | None:
        """A profile, a gzip file; one of the CPU takes ``seconds``.  None where it makes none.

        The node writes it into its own folder.  Raises NodeError where the node ends meanwhile.
        """
        self._profiles += 1
        path = self._life.folder / f"{kind}-{self._profiles}.pb.gz"
        made = (
            self._of_cpu(path, seconds) if kind == "cpu" else self._does("debug_writeMemProfile", [str(path)])
        )
        if not made or not path.is_file():
            return None
        profile = path.read_bytes()
        return profile if pprof.is_profile(profile) else None

    def _of_cpu(self, path: Path, seconds: int) -> bool:
        """Begun and ended by calls of their own: one that lasts so long would be broken off after 30 s."""
        if not self._does("debug_startCPUProfile", [str(path)]):
            return False
        over = Deadline.after(seconds)
        if self._life.process.await_end(over.remaining_s()):
            raise self._life.died()
        return self._does("debug_stopCPUProfile", [])

    def _does(self, method: str, params: Sequence[Any]) -> bool:
        """Call what answers nothing; whether it did it."""
        self._ask(method, params)
        return method not in self._lacks

    def _ask(self, method: str, params: Sequence[Any] = ()) -> Any:
        if method in self._lacks:
            return None
        try:
            return self._call(method, params)
        except RpcError as error:
            if error.code != METHOD_NOT_FOUND:
                raise
            self._lacks.add(method)
            return None
