"""The account of a node with a messenger: made once, opened and left as often as wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tcperf.clock import Deadline
from tcperf.errors import ScenarioError
from tcperf.nodes import accounts, signal_kinds
from tcperf.nodes.accounts import Account
from tcperf.nodes.control import Control
from tcperf.nodes.lifetime import Lifetime
from tcperf.nodes.rpc_client import RpcError
from tcperf.nodes.timeouts import Timeouts
from tcperf.nodes.witness import quote

_ALREADY_STARTED: Final = "messenger already started"


class ChatAccount:
    """One node's.  ``logs`` has the node write its own log.  Raises ScenarioError where a step is out of turn.

    Each step is made over the ``control`` line to the node's present ``life``, and raises NodeError where it fails.
    """

    def __init__(self, timeouts: Timeouts, *, logs: bool) -> None:
        self._timeouts = timeouts
        self._logs = logs
        self._made: Account | None = None
        self.is_open = False

    def own(self, name: str) -> Account:
        """Its keys; ``name`` is the node's, for an error's text."""
        if self._made is None:
            raise ScenarioError(f"{name} has no account yet", cure="call create_account first")
        return self._made

    def create(self, life: Lifetime, control: Control) -> None:
        """Make it, log in and start the messenger."""
        if self._made is not None:  # the node would answer as if all was well, and do nothing
            raise ScenarioError(f"{life.name} has an account already", cure="use login after logout")
        body = accounts.creation(life.name, life.data, logs=self._logs)
        self._enter("CreateAccountAndLogin", body, life, control, Deadline.after(self._timeouts.account_s))

    def open(self, life: Lifetime, control: Control) -> None:
        """Log in to what was made before, and start the messenger."""
        body = accounts.opening(self.own(life.name))
        if self.is_open:
            raise ScenarioError(f"{life.name} is logged in already", cure="use login after logout")
        self._enter("LoginAccount", body, life, control, Deadline.after(self._timeouts.login_s))

    def leave(self, control: Control) -> None:
        """Log out."""
        control.api.call("Logout", None, Deadline.after(self._timeouts.logout_s))
        self.is_open = False

    def _enter(
        self, method: str, body: Mapping[str, Any], life: Lifetime, control: Control, deadline: Deadline
    ) -> None:
        """Make or open it: the call answers at once, a signal says how it went."""
        cursor = control.inbox.cursor()
        control.api.call(method, body, deadline)
        what = f"answer {method} with node.login"
        signal, _behind = control.inbox.wait(
            signal_kinds.is_login, after=cursor, deadline=deadline, what=what
        )
        if error := signal_kinds.login_error(signal):
            raise life.failed(f"failed to do {method}: {quote(error)}")
        self._made = accounts.account_of(signal)
        if self._made is None:
            raise life.failed(f"logged in without keys: {quote(signal.event)}")
        self.is_open = True
        self._start_messenger(control)

    def _start_messenger(self, control: Control) -> None:
        try:
            control.api.rpc("wakuext_startMessenger", [], Deadline.after(self._timeouts.call_s))
        except RpcError as error:
            if _ALREADY_STARTED not in error.text:
                raise
