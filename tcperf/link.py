"""How bad a link is.  Apart from the model: the command line knows it before anything else is needed."""

from __future__ import annotations

from attrs import frozen


@frozen
class Link:
    """How bad every link of an emulated network is, one way towards the node; None: as good as it can be.

    ``loss_ratio`` is the chance of a frame to get lost, from 0 to 1.
    """

    delay_ms: float | None = None
    rate_bits_per_s: int | None = None
    loss_ratio: float | None = None
