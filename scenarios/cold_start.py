"""From nothing to the first peer: process start, account, connection."""

from attrs import frozen

from tcperf.scenario import Phase, Stage

PHASES = (Phase("boot", publish=True), Phase("account", publish=True), Phase("first_peer", publish=True))


@frozen
class Params:
    pass


def run(stage: Stage, _params: Params) -> None:
    with stage.phase("boot"):
        alice, bob = stage.start("alice", "bob")
    with stage.phase("account"):
        alice.create_account()
        bob.create_account()
    with stage.phase("first_peer"):
        alice.connect(bob)
