"""Connected nodes that do nothing: what a node costs at rest, with no peer, one or many."""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

PHASES = (
    Phase("connect", help="accounts are made, and become contacts"),
    Phase("idle", help="left alone", publish=("cpu_ms", "memory_peak_bytes", "sent_bytes"), rest=True),
)


@frozen
class Params:
    peers: int = param(1, help="nodes that alice is connected to", minimum=0)
    seconds: float = param(30.0, reference=5.0, help="how long the nodes are watched", minimum=0.1)


def run(stage: Stage, params: Params) -> None:
    peers = ["bob", *(f"peer_{number}" for number in range(2, params.peers + 1))]
    alice, *others = stage.start("alice", *peers[: params.peers])
    with stage.phase("connect"):
        for node in (alice, *others):
            node.create_account()
        for other in others:
            alice.connect(other)
    with stage.phase("idle"):
        stage.idle(params.seconds)
