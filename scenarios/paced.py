"""One account sends the other messages at a fixed pace, whether or not the earlier ones have arrived.

An open loop: each message is sent when it is due, and its latency runs from there.  A loop that waits for each answer
sends less while a node is slow, and so forgets the waiting that it caused (coordinated omission, as Gil Tene calls it
in "How NOT to Measure Latency" and in wrk2).  The step shares no factor with status-go's tickers of 0.3 s and 1 s: so
messages meet them at every phase, and the latencies are those that users have, not whole ticks.
"""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="they become contacts, and send each other the first messages"),
    Phase("paced", help="each is sent when it is due, and waited for", publish=("latency_ms",), timed=True),
)
WARM_UP = 2  # messages each way: the first ones carry key bundles and profiles


@frozen
class Params:
    messages: int = param(60, reference=20, help="messages that are sent", minimum=1)
    step: float = param(1.13, reference=0.113, help="seconds from one send to the next", minimum=0)


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
    with stage.phase("paced"):
        beats = stage.beats(params.messages, params.step)
        stage.deliver(*[stage.send(alice, bob, due=due) for due in beats])
