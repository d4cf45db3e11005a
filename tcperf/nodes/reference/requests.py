"""The bodies of the account methods, and when status-go refuses them (its package protocol/requests)."""

from __future__ import annotations

import re

from attrs import frozen

_NAME = re.compile(r"[\w\- \t\n\f\r]{5,24}", re.ASCII)
_FORBIDDEN_ENDINGS = ("_eth", ".eth", "-eth")


class RequestError(Exception):
    """The request is refused before anything is done."""


@frozen
class InitializeApplication:
    """Which folder holds the accounts."""

    data_dir: str = ""

    def validate(self) -> None:
        """Raise RequestError where the node would refuse."""
        if not self.data_dir:
            raise RequestError("initialize-centralized-metric: no dataDir")


@frozen
class CreateAccount:
    """A new account.  ``kdf_iterations`` below 1 means the least the node takes."""

    root_data_dir: str = ""
    kdf_iterations: int = 0
    display_name: str = ""
    password: str = ""
    customization_color: str = ""

    def validate(self) -> None:
        """Raise RequestError where the node would refuse."""
        if not self.display_name:
            raise RequestError("create-account: invalid display name")
        self._validate_rest()

    def _validate_rest(self) -> None:
        _validate_name(self.display_name.strip())
        if not self.password:
            raise RequestError("create-account: invalid password")
        if not self.customization_color:
            raise RequestError("create-account: invalid customization color")
        if not self.root_data_dir:
            raise RequestError("create-account: invalid root data directory")


@frozen
class RestoreAccount(CreateAccount):
    """An account made elsewhere, from its recovery phrase; the name may be empty."""

    mnemonic: str = ""

    def validate(self) -> None:
        """Raise RequestError where the node would refuse."""
        if not self.mnemonic:
            raise RequestError("restore-account: no mnemonic or keycard is set")
        self._validate_rest()


@frozen
class Login:
    """An account of this device."""

    key_uid: str = ""
    password: str = ""
    kdf_iterations: int = 0

    def validate(self) -> None:
        """Raise RequestError where the node would refuse."""
        if not self.key_uid:
            raise RequestError("login: invalid key-uid")


def _validate_name(name: str) -> None:
    """Status-go: common.ValidateDisplayName; its error wraps the reason in front."""
    if name and _NAME.fullmatch(name) is None:
        raise RequestError(
            "only letters, numbers, underscores and hyphens allowed: create-account: invalid display name"
        )
    if name.endswith(_FORBIDDEN_ENDINGS):
        raise RequestError(
            'usernames ending with "eth" are not allowed: create-account: invalid display name'
        )
