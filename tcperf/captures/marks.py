"""How a capture of tcperf's says which phase its frames belong to: comments that Wireshark shows, too.

A mark stands on the first frame of a phase, or on the first one after it.  Only in captures that tcperf wrote
(see ``PROGRAM``) is such a comment taken for a mark.
"""

from __future__ import annotations

from typing import Final

#: How the section header's ``shb_userappl`` of our captures begins.
PROGRAM: Final = "tcperf "
_PHASE: Final = "phase: "
_OUTSIDE: Final = "outside of the phases"


def comment_of(phase: str) -> str:
    """The comment that begins ``phase``; "" is what passes outside of every phase."""
    return f"{_PHASE}{phase}" if phase else _OUTSIDE


def phase_of(comment: str) -> str | None:
    """The phase that a comment begins; None for a comment that is no mark."""
    if comment == _OUTSIDE:
        return ""
    return comment.removeprefix(_PHASE) if comment.startswith(_PHASE) else None
