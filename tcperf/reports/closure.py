"""Whether a run's traffic adds up: its identity, and its capture beside the interfaces' counters."""

from __future__ import annotations

from attrs import frozen

from tcperf.model import Run
from tcperf.traffic import Account, Capture, Closing


@frozen
class ClosingView:
    """A run's traffic identity; ``difference`` is what was received beyond what should have been, in bytes."""

    run: str
    closing: Closing
    difference: int


@frozen
class AccountView:
    """One node and one direction; ``difference`` is what the interface counted beyond what was captured."""

    account: Account
    difference: int


@frozen
class CaptureView:
    """A run's capture; ``closed`` of its accounts add up."""

    run: str
    capture: Capture
    accounts: tuple[AccountView, ...]
    closed: int


def closing_view(run: Run) -> ClosingView | None:
    """None where the run's network was not its own."""
    closing = run.closing
    if closing is None:
        return None
    expected = closing.sent_bytes + closing.copies_bytes - closing.lost_bytes
    return ClosingView(run.id, closing, closing.received_bytes - expected)


def capture_view(run: Run) -> CaptureView | None:
    """None where the run was not captured."""
    capture = run.capture
    if capture is None:
        return None
    accounts = tuple(AccountView(each, _uncaptured(each)) for each in capture.accounts)
    return CaptureView(run.id, capture, accounts, sum(each.closes for each in capture.accounts))


def _uncaptured(account: Account) -> int:
    captured = account.attributed_bytes + account.control_bytes + account.unknown_bytes
    return account.counted_bytes - captured
