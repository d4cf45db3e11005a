"""The node's accounts: made, logged in to, left.  At most one is logged in.

Making an account and logging in are asynchronous, as in status-backend: the call returns at once, and the
signal ``node.login`` tells how it ended.  A failed creation is logged and sends no signal: so does the
original.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from tcperf.nodes.reference import keystore, log
from tcperf.nodes.reference.accounts import Account, AccountBook
from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.generations import RESEND_AFTER_S
from tcperf.nodes.reference.keypair import KeyPair
from tcperf.nodes.reference.node import Node
from tcperf.nodes.reference.recovery import keys_of, new_phrase, normalized
from tcperf.nodes.reference.requests import CreateAccount, Login, RestoreAccount
from tcperf.nodes.reference.store import MessageStore
from tcperf.nodes.reference.swarm import EVERYWHERE
from tcperf.nodes.reference.views import account_view, settings_view

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tcperf.nodes.reference.generations import Generation

_RUNNING = "node is already running"
_FAILURES = (OSError, sqlite3.Error, keystore.KeystoreError, ValueError)


class BackendError(Exception):
    """What was asked for cannot be done now."""


class Backend:
    """The accounts of one process.

    ``emit(type, event)`` sends a signal.  ``node_key`` is the node's own key pair, or None for a fresh one
    at each login.  ``node`` is the logged-in account's node, or None.  ``burden`` is what a plant costs it.
    ``resend_after_s`` is when it sends again what nobody has acknowledged.
    """

    def __init__(
        self,
        generation: Generation,
        emit: Callable[[str, object], None],
        node_key: KeyPair | None = None,
        peers_on: str = EVERYWHERE,
        burden: Burden | None = None,
        resend_after_s: float = RESEND_AFTER_S,
    ) -> None:
        self.node: Node | None = None
        self._burden = burden
        self._resend_after_s = resend_after_s
        self._generation = generation
        self._emit = emit
        self._node_key = node_key
        self._peers_on = peers_on
        self._data_dir: Path | None = None
        self._book: AccountBook | None = None
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def open_accounts(self, data_dir: Path) -> list[dict[str, Any]]:
        """The accounts in ``data_dir``, which is made if missing and used from now on.

        Raises OSError or sqlite3.Error.
        """
        return [account_view(account, self._generation) for account in self._open(data_dir).all()]

    def _open(self, data_dir: Path) -> AccountBook:
        book = AccountBook(data_dir)
        if self._book is not None:
            self._book.close()
        self._data_dir, self._book = data_dir, book
        return book

    def accept_terms(self) -> None:
        """Note that the terms were accepted; BackendError without an account."""
        if self._book is None:
            raise BackendError("accounts db wasn't initialized")
        accounts = self._book.all()
        if not accounts:
            raise BackendError("accounts is empty")
        self._book.save(attrs.evolve(accounts[0], accepted_terms=True))

    def create(self, request: CreateAccount) -> None:
        """Begin to make an account and log in to it."""
        self._spawn(self._create(request, new_phrase()))

    def restore(self, request: RestoreAccount) -> None:
        """Begin to restore an account and log in to it."""
        self._spawn(self._create(request, request.mnemonic))

    def login(self, request: Login) -> None:
        """Begin to log in."""
        self._spawn(self._login(request))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _create(self, request: CreateAccount, phrase: str) -> None:
        async with self._lock:
            try:
                self._refuse_second()
                account, phrase = await self._make(request, phrase)
                await self._start(account, phrase, fresh=True)
            except (*_FAILURES, BackendError) as error:
                log.line("EROR", "status.go:436", "failed to create account", error=error)

    async def _make(self, request: CreateAccount, phrase: str) -> tuple[Account, str]:
        phrase, folder = normalized(phrase), Path(request.root_data_dir)
        key_uid = keys_of(phrase).key_uid
        book = self._open(folder)
        iterations = max(request.kdf_iterations, keystore.DEFAULT_ITERATIONS)
        # The derivation takes its time, and other calls must be answered meanwhile.
        await asyncio.to_thread(keystore.save, folder, key_uid, phrase, request.password, iterations)
        account = Account(
            key_uid=key_uid,
            name=request.display_name.strip(),
            timestamp=int(time.time()),
            color=request.customization_color,
            kdf_iterations=iterations,
            accepted_terms=not book.all(),
        )
        book.save(account)
        return account, phrase

    async def _login(self, request: Login) -> None:
        async with self._lock:
            try:
                self._refuse_second()
                account, phrase = await self._unlock(request)
                await self._start(account, phrase, fresh=False)
            except BackendError as error:
                self._emit("node.login", {"error": str(error)})
            except _FAILURES as error:
                self._emit("node.login", {"error": f"failed to open database: {error}"})

    async def _unlock(self, request: Login) -> tuple[Account, str]:
        if self._data_dir is None or self._book is None:
            raise keystore.KeystoreError("root datadir wasn't provided")
        account = self._book.get(request.key_uid)
        if account is None:
            raise keystore.KeystoreError("account is not found")
        iterations = max(request.kdf_iterations, keystore.DEFAULT_ITERATIONS)
        phrase = await asyncio.to_thread(
            keystore.load, self._data_dir, request.key_uid, request.password, iterations
        )
        account = attrs.evolve(account, timestamp=int(time.time()))
        self._book.save(account)
        return account, phrase

    def _refuse_second(self) -> None:
        if self.node is not None:
            raise BackendError(_RUNNING)

    async def _start(self, account: Account, phrase: str, *, fresh: bool) -> None:
        assert self._data_dir is not None, "the accounts were opened before"
        keys = keys_of(phrase)
        store = MessageStore(self._data_dir / f"{account.key_uid}.sqlite")
        node = Node(
            keys, self._node_key or KeyPair.generate(), store, self._emit, self._burden, self._resend_after_s
        )
        try:
            await node.start(self._peers_on)
        except BaseException:  # cancelled, too
            node.close()
            raise
        self.node = node
        if self._generation.deaf:
            self._go_deaf()
        self._emit("node.started", None)
        self._emit("node.ready", None)
        settings = settings_view(account, keys, phrase if fresh else None)
        self._emit("node.login", {"settings": settings, "account": account_view(account, self._generation)})

    @staticmethod
    def _go_deaf() -> None:
        """For good: the original does not hear them after a logout either."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    async def logout(self) -> None:
        """Leave the account, if there is one; returns when the node has stopped."""
        async with self._lock:
            self._leave()
            self._emit("node.stopped", None)

    def _leave(self) -> None:
        if self.node is not None:
            self.node.close()
            self.node = None

    async def close(self) -> None:
        """Let go of everything, what was begun and is not done included; no signal tells of it."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._leave()
        if self._book is not None:
            self._book.close()
            self._book = None
