"""What differs between the generations of status-backend that a driver meets, and what all of them do."""

from __future__ import annotations

from attrs import frozen

#: status-go sends an unacknowledged message again after 27 to 36 seconds.
RESEND_AFTER_S = 30.0


@frozen
class Generation:
    """One generation of the API.

    ``initialize_application``: the method exists (before, OpenAccounts alone did its work).
    ``relay_peers_by_topic``: the relay's mesh can be asked for.
    ``accepts_terms``: AcceptTerms exists and an account says whether its terms were accepted.
    ``deaf``: SIGTERM and SIGINT are ignored from the first login on, after a logout, too.
    """

    name: str
    initialize_application: bool
    relay_peers_by_topic: bool
    accepts_terms: bool
    deaf: bool


#: Oldest first.  v0.181 is the release v0.181.31 with the HTTP server of later ones; the others are
#: status-go's main branch of 2024-09-27 and of 2024-10-24, between which AcceptTerms came in.
GENERATIONS: dict[str, Generation] = {
    generation.name: generation
    for generation in (
        Generation("v0.181", False, False, False, True),  # noqa: FBT003 - a table, its columns named above
        Generation("2024-09", True, True, False, False),  # noqa: FBT003
        Generation("2024-10", True, True, True, False),  # noqa: FBT003
    )
}
NEWEST = GENERATIONS["2024-10"]
