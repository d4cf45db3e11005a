"""What the command lines of several tools have in common."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number of at least 1, for ``argparse``'s ``type``."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number
