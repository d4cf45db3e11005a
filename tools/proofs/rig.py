"""A private network to prove things on: hosts with programs on them, and frames made by hand."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import frozen

from proofs.craft import Frame
from tcperf.clock import Deadline
from tcperf.errors import MachineError
from tcperf.modules import module_environment
from tcperf.network.hosts import BrokeredChild, BrokeredHost
from tcperf.network.interface import Counters
from tcperf.network.links import place
from tcperf.network.run_network import RunNetwork

_TOOLS = Path(__file__).resolve().parents[1]
_ANSWER_S = 120.0


class Program:
    """A program on a host, and what it prints: a JSON object a line."""

    def __init__(self, host: BrokeredHost, argv: list[str]) -> None:
        self._name = f"{Path(argv[1]).name} {argv[2]} on {host.name}"
        reader, writer = os.pipe()
        self._output = os.fdopen(reader, "rb", buffering=0)
        self._rest = b""
        try:
            environment = module_environment({"PATH": os.environ.get("PATH", os.defpath)})
            self.child: BrokeredChild = host.spawn(
                argv, cwd=Path("/"), env=environment, stdout=writer, stderr=writer
            )
        except BaseException:
            self._output.close()
            raise
        finally:
            os.close(writer)

    def line(self) -> dict[str, Any] | None:
        """The next line it prints; None at its end.  Raises MachineError where it prints none in time."""
        deadline = Deadline.after(_ANSWER_S)
        while b"\n" not in self._rest:
            if not select.select([self._output], [], [], deadline.remaining_s())[0]:
                raise MachineError(f"{self._name} said nothing for {deadline}")
            data = self._output.read(1 << 16)
            if not data:
                self._check_end()
                return None
            self._rest += data
        text, _newline, self._rest = self._rest.partition(b"\n")
        try:
            parsed: dict[str, Any] = json.loads(text)
        except ValueError:
            said = (text + b"\n" + self._rest + (self._output.read(1 << 16) or b"")).decode(
                "utf-8", "replace"
            )
            raise MachineError(f"{self._name} failed", details=tuple(said.splitlines()[-3:])) from None
        return parsed

    def _check_end(self) -> None:
        ended = self.child.wait(_ANSWER_S)
        if ended is None or ended.status:
            raise MachineError(f"{self._name} ended with {ended}")

    def take(self, count: int) -> list[dict[str, Any]]:
        """The next ``count`` lines.  Raises MachineError where it ends before."""
        lines = [line for _number in range(count) if (line := self.line()) is not None]
        if len(lines) != count:
            raise MachineError(f"{self._name} ended after {len(lines)} of {count} lines")
        return lines

    def finish(self) -> list[dict[str, Any]]:
        """All further lines, to its end."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        return lines

    def close(self) -> None:
        """Stop listening to it; the network ends it."""
        self._output.close()


@frozen
class Spot:
    """A host, with its addresses and number."""

    host: BrokeredHost
    index: int

    @property
    def name(self) -> str:
        """The host's name."""
        return self.host.name

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return self.host.address

    @property
    def mac(self) -> str:
        """Its hardware address."""
        return place(self.index).hardware_address


class Rig:
    """A private network with its hosts; a context manager: leaving it ends everything."""

    def __init__(self, network: RunNetwork | None = None) -> None:
        self._stack = ExitStack()
        self.network = self._stack.enter_context(network or RunNetwork("private"))
        self.spots: dict[str, Spot] = {}
        self._wires: dict[str, socket.socket] = {}

    def add(self, name: str) -> Spot:
        """A new host."""
        self.spots[name] = Spot(self.network.add_host(name), len(self.spots))
        return self.spots[name]

    def __getitem__(self, name: str) -> Spot:
        return self.spots[name]

    def start(self, host: str, program: str, *, script: str = "programs.py", **arguments: object) -> Program:
        """Start one of our programs on a host."""
        path = str(_TOOLS / "proofs" / script)
        made = Program(self.spots[host].host, [sys.executable, path, program, json.dumps(arguments)])
        self._stack.callback(made.close)
        return made

    def serve(self, host: str, program: str, *, script: str = "programs.py", **arguments: object) -> Program:
        """Start a server, and wait until it is up."""
        made = self.start(host, program, script=script, **arguments)
        made.take(1)
        return made

    def inject(self, host: str, frames: Iterable[Frame]) -> None:
        """Send frames as they are, one after another, past the host's own protocols."""
        if host not in self._wires:
            wire = self._stack.enter_context(self.spots[host].host.packet_socket())
            # Nothing is read here: what arrives meanwhile must not fill kernel memory.
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
            self._wires[host] = wire
        for frame in frames:
            self._wires[host].send(frame.data)

    def counters(self) -> Mapping[str, Counters]:
        """Every host's interface counters now."""
        found = {name: spot.host.counters() for name, spot in self.spots.items()}
        return {name: counters for name, counters in found.items() if counters is not None}

    def close(self) -> None:
        """End everything."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
