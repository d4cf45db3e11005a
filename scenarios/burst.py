"""One account sends the other many messages at once, until all are delivered."""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="they become contacts, and send each other the first messages"),
    Phase("burst", help="all at once", publish=("time_ms", "latency_ms", "cpu_ms", "sent_bytes"), timed=True),
    Phase("drain", help="what the nodes still have to say to each other"),
)
WARM_UP = 2  # messages each way: the first ones carry key bundles and profiles


@frozen
class Params:
    messages: int = param(100, reference=20, help="messages that are sent at once", minimum=1)
    # What was not acknowledged in time is sent again after 27 to 36 s, even if it has arrived.
    drain: float = param(30.0, reference=0.5, help="seconds that the nodes are watched after it", minimum=0)


def run(stage: Stage, params: Params) -> None:
    alice, bob = stage.start("alice", "bob")
    with stage.phase("accounts"):
        alice.create_account()
        bob.create_account()
    with stage.phase("connect"):
        alice.connect(bob)
        for _ in range(WARM_UP):
            stage.message(alice, bob)
            stage.message(bob, alice)
    with stage.phase("burst"):
        messages = [stage.send(alice, bob) for _ in range(params.messages)]
        stage.deliver(*messages)
    with stage.phase("drain"):
        stage.idle(params.drain)
