"""One account is away while the other sends; it comes back, and all that was missed has to arrive.

Coming back is the process, the login, the connection, and what the sender sends again by itself: status-go's does so
now and then, after 36 seconds at the latest, and that is most of the time.
"""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

NEEDS = ("accounts", "restart")
PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="they become contacts, and send each other the first messages"),
    Phase("away", help="bob is shut down, and alice sends"),
    Phase("back", help="until bob has them all", publish=("time_ms", "sent_bytes"), timed=True),
)
WARM_UP = 2  # messages each way: the first ones carry key bundles and profiles


@frozen
class Params:
    messages: int = param(10, help="messages that are sent meanwhile", minimum=1)
    step: float = param(1.13, reference=0.05, help="seconds from one send to the next", minimum=0)
    seconds: float = param(10.0, reference=0.5, help="how long bob stays away after the last one", minimum=0)
    within: float = param(300.0, reference=60.0, help="seconds in which all have to arrive", minimum=1)


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
    with stage.phase("away"):
        stage.shut_down(bob)
        messages = [stage.send(alice, bob) for _ in stage.beats(params.messages, params.step)]
        stage.idle(params.seconds)
    with stage.phase("back"):
        stage.restart(bob)
        bob.login()
        alice.dial(bob)
        stage.deliver(*messages, within=params.within)
