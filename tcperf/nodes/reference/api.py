"""The HTTP API: ``/statusgo/<Method>`` and ``/signals``.

Every known method answers 200, errors included, as ``{"error": "…"}``; unknown ones 404; those that take
several arguments, which the original cannot serve over HTTP, 501.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from tcperf.nodes.reference import gojson
from tcperf.nodes.reference.backend import BackendError
from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.plant import Plant
from tcperf.nodes.reference.requests import (
    CreateAccount,
    InitializeApplication,
    Login,
    RequestError,
    RestoreAccount,
)
from tcperf.nodes.reference.rpc import Rpc

if TYPE_CHECKING:
    from tcperf.nodes.reference.backend import Backend
    from tcperf.nodes.reference.generations import Generation
    from tcperf.nodes.reference.node import Node
    from tcperf.nodes.reference.signals import SignalHub

#: Functions of several arguments in status-go's mobile/status.go that all three generations have.
UNSUPPORTED = frozenset(
    {
        "ChangeDatabasePassword",
        "ConvertToKeycardAccount",
        "ConvertToRegularAccount",
        "DeleteImportedKey",
        "DeleteMultiaccount",
        "EncodeFunctionCall",
        "EncodeTransfer",
        "ExportUnencryptedDatabase",
        "GenerateImages",
        "ImportUnencryptedDatabase",
        "InputConnectionStringForBootstrapping",
        "Login",
        "LoginWithConfig",
        "LoginWithKeycard",
        "MigrateKeyStoreDir",
        "MultiformatDeserializePublicKey",
        "MultiformatSerializePublicKey",
        "SaveAccountAndLogin",
        "SaveAccountAndLoginWithKeycard",
        "SendTransaction",
        "SendTransactionWithSignature",
        "SignTypedData",
        "SignTypedDataV4",
        "SwitchFleet",
        "VerifyAccountPassword",
        "VerifyDatabasePassword",
    }
)
_REFUSALS = (gojson.GoJsonError, RequestError, BackendError, OSError, sqlite3.Error)
_OK = {"error": ""}
_NOT_FOUND = "404 page not found\n"


class Api:
    """The methods, as the generation has them; ``burden`` is what a plant makes each call cost."""

    def __init__(
        self, backend: Backend, hub: SignalHub, generation: Generation, burden: Burden | None = None
    ) -> None:
        self._backend = backend
        self._hub = hub
        self._generation = generation
        self._burden = burden or Burden(Plant())
        self._rpc: tuple[Node, Rpc] | None = None
        self._methods: dict[str, Callable[[str], Awaitable[str]]] = {
            "OpenAccounts": self._open_accounts,
            "CreateAccountAndLogin": self._create_account_and_login,
            "RestoreAccountAndLogin": self._restore_account_and_login,
            "LoginAccount": self._login_account,
            "Logout": self._logout,
            "CallRPC": self._call_rpc,
        }
        if generation.initialize_application:
            self._methods["InitializeApplication"] = self._initialize_application
        if generation.accepts_terms:
            self._methods["AcceptTerms"] = self._accept_terms

    def application(self) -> web.Application:
        """The web application; nothing but what is named here is served."""
        application = web.Application()
        application.router.add_get("/signals", self._hub.serve)
        application.router.add_route("*", "/statusgo/GetNodeConfig", self._get_node_config)
        application.router.add_route("*", "/statusgo/{method}", self._serve)
        application.router.add_route("*", "/{rest:.*}", _not_found)
        return application

    async def _serve(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        if name in UNSUPPORTED:
            return web.Response(status=501)
        method = self._methods.get(name)
        if method is None:
            return await _not_found(request)
        body = (await request.read()).decode(errors="replace")
        try:
            answer = await method(body)
        except _REFUSALS as error:
            answer = gojson.dumps({"error": str(error)})
        self._burden.pay()
        return web.Response(text=answer, content_type="application/json")

    async def _initialize_application(self, body: str) -> str:
        request = gojson.unmarshal(body, InitializeApplication)
        request.validate()
        accounts = self._backend.open_accounts(Path(request.data_dir))
        metrics = {"enabled": False, "userConfirmed": False, "userID": ""}
        return gojson.dumps({"accounts": accounts or None, "centralizedMetricsInfo": metrics})

    async def _open_accounts(self, body: str) -> str:
        """The body is the bare path."""
        return gojson.dumps(self._backend.open_accounts(Path(body)) or None)

    async def _create_account_and_login(self, body: str) -> str:
        request = gojson.unmarshal(body, CreateAccount)
        request.validate()
        self._backend.create(request)
        return gojson.dumps(_OK)

    async def _restore_account_and_login(self, body: str) -> str:
        request = gojson.unmarshal(body, RestoreAccount)
        request.validate()
        self._backend.restore(request)
        return gojson.dumps(_OK)

    async def _login_account(self, body: str) -> str:
        request = gojson.unmarshal(body, Login)
        request.validate()
        self._backend.login(request)
        return gojson.dumps(_OK)

    async def _logout(self, _body: str) -> str:
        await self._backend.logout()
        return gojson.dumps(_OK)

    async def _accept_terms(self, _body: str) -> str:
        self._backend.accept_terms()
        return gojson.dumps(_OK)

    async def _call_rpc(self, body: str) -> str:
        node = self._backend.node
        if node is None:
            return gojson.dumps({"error": "JSON-RPC client is unavailable"})
        if self._rpc is None or self._rpc[0] is not node:
            self._rpc = node, Rpc(node, self._generation)
        return await self._rpc[1].call(body)

    async def _get_node_config(self, request: web.Request) -> web.Response:
        """Before login the original panics in the handler: the connection closes without an answer."""
        node = self._backend.node
        if node is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        addresses = [str(address) for address in node.swarm.addresses]
        config = {"KeyUID": node.keys.key_uid, "ListenAddresses": addresses}
        return web.Response(text=gojson.dumps(config), content_type="application/json")


async def _not_found(_request: web.Request) -> web.Response:
    return web.Response(status=404, text=_NOT_FOUND, headers={"X-Content-Type-Options": "nosniff"})
