"""How long each step of a node may take.  Generous: a timeout is a failure, never a measurement."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import gt


def _seconds(default: float) -> float:
    made: float = field(default=default, validator=gt(0), kw_only=True)
    return made


@frozen
class Timeouts:
    """Seconds for each step, each with what was observed on real nodes (2024-07 to 2024-10).

    ``ready_s``: from start to listening, observed 0.075-0.11 s. ``call_s``: one API call, observed 0.001-0.04 s.
    ``account_s``: making an account, observed 2.2 s of pure computation, on a busy machine many times that.
    ``login_s``: logging in, observed 0.8-1.2 s. ``logout_s``: logging out, observed 0.025 s; at the end of a run we
    do not wait longer for a courtesy. ``mesh_s``: from dialling to the peers' lists and to the relay's mesh,
    observed 0.05-0.8 s; a lost graft is repaired in seconds. ``delivery_s``: a message; one that is not
    acknowledged is sent again after 27-36 s. ``terminate_s``: how long a node may ignore SIGTERM before SIGKILL
    (v0.181.31 always ignores it). ``kill_s``: from SIGKILL to the end of the process. ``poll_s``: the step at which
    a peer, or the mesh, is asked for again.  It costs the node some 0.4 ms of CPU each time and makes a wait end
    late by up to a step, so no published phase waits for the mesh; ``dial`` asks each node once, and again only
    where the other is not listed yet.
    """

    ready_s: float = _seconds(30.0)
    call_s: float = _seconds(30.0)
    account_s: float = _seconds(60.0)
    login_s: float = _seconds(60.0)
    logout_s: float = _seconds(5.0)
    mesh_s: float = _seconds(30.0)
    delivery_s: float = _seconds(60.0)
    terminate_s: float = _seconds(2.0)
    kill_s: float = _seconds(10.0)
    poll_s: float = _seconds(0.02)
