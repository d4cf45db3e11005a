"""Serving what a selector has ready: each registered file's data is what is to be done when it is."""

from __future__ import annotations

import selectors
from typing import Final

#: What an ended program has left in its pipes and sockets is taken in so many rounds at most.
_ROUNDS: Final = 64


def serve(selector: selectors.BaseSelector, seconds: float) -> bool:
    """Do whatever has come, waiting up to so long for it; whether anything had."""
    ready = selector.select(seconds)
    for key, _events in ready:
        if key.fileobj in selector.get_map():  # one before may have closed it
            key.data()
    return bool(ready)


def drain(selector: selectors.BaseSelector) -> None:
    """Take what there is still to be had, within bounds."""
    for _ in range(_ROUNDS):
        if not serve(selector, 0):
            return
