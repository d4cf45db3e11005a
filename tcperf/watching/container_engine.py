"""Which process is a container: asked of the engine, over the socket that its own client uses.

Source: Docker's Engine API, ``GET /containers/{id}/json`` (ContainerInspect: State.Running, State.Pid, State.StartedAt,
HostConfig.NetworkMode) and ``GET /containers/json`` (ContainerList: Names); Podman serves the same paths.
"""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from attrs import frozen

from tcperf.errors import MachineError, UsageError
from tcperf.quoting import printable, shown

_TIMEOUT_S: Final = 10.0
#: An inspected container is some 10 KiB.
_ANSWER_LIMIT: Final = 4 << 20
_UNIX: Final = "unix://"
_ENGINES: Final = ("DOCKER_HOST", "CONTAINER_HOST")
_ROOTS: Final = ("/var/run/docker.sock", "/run/podman/podman.sock")
_USERS: Final = ("docker.sock", "podman/podman.sock")


@frozen
class Running:
    """A container that runs: its first process as this machine numbers it, and when it was started."""

    pid: int
    started: str
    network_mode: str


class Engine:
    """The container engine of this machine."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    @classmethod
    def find(cls, env: Mapping[str, str]) -> Engine:
        """The engine that the user's own client would talk to.  Raises MachineError where there is none here."""
        for variable in _ENGINES:
            address = env.get(variable)
            if address:
                if not address.startswith(_UNIX):
                    raise MachineError(
                        f"{variable} is {shown(address)}: that engine's containers are not processes of this machine",
                        cure="run tcperf on the machine of the engine, with its unix:// socket",
                    )
                return cls(Path(address.removeprefix(_UNIX)))
        places = [Path(place) for place in _ROOTS]
        if env.get("XDG_RUNTIME_DIR"):
            places += [Path(env["XDG_RUNTIME_DIR"]) / name for name in _USERS]
        for place in places:
            if place.exists():
                return cls(place)
        raise MachineError(
            f"no container engine is here: none of {', '.join(map(str, places))}",
            cure="start Docker or Podman's service (systemctl start podman.socket), or set DOCKER_HOST=unix://PATH",
        )

    def inspect(self, name: str) -> Running | None:
        """The container, None where it is there and does not run.

        Raises UsageError where the engine knows none of that name, and MachineError where it does not answer.
        """
        status, answer = self._ask(f"/containers/{quote(name, safe='')}/json")
        if status == http.HTTPStatus.NOT_FOUND:
            raise UsageError(
                f"the engine at {self._path} knows no container {shown(name)}",
                cure="`docker ps` or `podman ps` shows the names; one that comes later needs a * in its name",
            )
        try:
            state = answer["State"]
            if state["Running"] is not True or int(state["Pid"]) <= 0:
                return None
            mode = str((answer.get("HostConfig") or {}).get("NetworkMode", ""))
            return Running(int(state["Pid"]), str(state.get("StartedAt", "")), mode)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._nonsense(status) from error

    def names(self) -> list[str]:
        """The names of the containers that run.  Raises MachineError where the engine does not answer."""
        status, answer = self._ask("/containers/json")
        try:
            return [str(names).removeprefix("/") for each in answer for names in each["Names"][:1]]
        except (KeyError, TypeError) as error:
            raise self._nonsense(status) from error

    def _ask(self, path: str) -> tuple[int, Any]:
        connection = _UnixConnection(self._path)
        try:
            connection.request("GET", path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            text = answer.read(_ANSWER_LIMIT)
        except PermissionError as error:
            raise MachineError(
                f"the container engine's socket {self._path} may not be used by this user",
                cure="join its group (usermod -aG docker USER, then log in again), or run as root",
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise MachineError(
                f"the container engine at {self._path} does not answer: {printable(error) or type(error).__name__}",
                cure="start it (systemctl start docker)",
            ) from error
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._nonsense(answer.status) from error

    def _nonsense(self, status: int) -> MachineError:
        return MachineError(
            f"what answers at {self._path} is no container engine that tcperf knows (status {status})",
            cure="set DOCKER_HOST to the socket of Docker or Podman",
        )


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Called by the base class before the first request."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(str(self._path))
