"""Two accounts send each other one-to-one messages, one after another."""

from collections.abc import Iterator

from attrs import frozen

from tcperf.scenario import Node, Phase, Stage, param

PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="they become contacts, and send each other the first messages"),
    Phase("messages", help="each is sent when the one before has arrived", publish=True, timed=True),
)
WARM_UP = 2  # messages each way: the first ones carry key bundles and profiles
# status-go looks for messages once a second, from when it was started: how the two nodes' seconds happen to lie
# to each other makes a message take one second or two until it is acknowledged, and what nodes chat meanwhile
# counts.  Two seconds for each make the phase as long in every run.
STEP = 2.0


@frozen
class Params:
    messages: int = param(100, reference=20, help="messages in all, both ways together", minimum=2)
    step: float = param(STEP, reference=0.0, help="seconds from one send to the next, at least", minimum=0)
    order: str = param("blocks", choices=("blocks", "alternate"), help="half A→B then half B→A, or in turns")


def run(stage: Stage, params: Params) -> None:
    alice, bob = stage.start("alice", "bob")
    with stage.phase("accounts"):
        alice.create_account()
        bob.create_account()
    with stage.phase("connect"):
        alice.connect(bob)
        for sender, receiver in turns(alice, bob, 2 * WARM_UP, "alternate"):
            stage.message(sender, receiver)
    with stage.phase("messages"):
        for sender, receiver in turns(alice, bob, params.messages, params.order):
            with stage.pace(params.step):
                stage.message(sender, receiver)


def turns(alice: Node, bob: Node, count: int, order: str) -> Iterator[tuple[Node, Node]]:
    """Who sends to whom, ``count`` times; with an odd count alice sends one more."""
    for number in range(count):
        alices = number % 2 == 0 if order == "alternate" else number < (count + 1) // 2
        yield (alice, bob) if alices else (bob, alice)
