"""Two connected nodes that do nothing: what a node costs at rest."""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

PHASES = (Phase("connect"), Phase("idle", publish=True, omit=("time_ms",)))


@frozen
class Params:
    seconds: float = param(30.0, reference=5.0, help="how long the nodes are watched", minimum=0.1)


def run(stage: Stage, params: Params) -> None:
    alice, bob = stage.start("alice", "bob")
    with stage.phase("connect"):
        alice.create_account()
        bob.create_account()
        alice.connect(bob)
    with stage.phase("idle"):
        stage.idle(params.seconds)
