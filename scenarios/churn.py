"""One account writes to several that go and come back meanwhile: what arrives, and what it costs."""

from attrs import frozen

from tcperf.scenario import Message, Node, Phase, Stage, param

NEEDS = ("accounts", "restart")
PHASES = (Phase("connect"), Phase("churn", help="nodes come and go", publish=("sent_bytes",), timed=True))


@frozen
class Params:
    peers: int = param(3, reference=2, help="accounts that are written to, in turns", minimum=1)
    messages: int = param(18, reference=8, help="messages in all", minimum=1)
    every: int = param(3, reference=2, help="messages until the next one goes, or comes back", minimum=1)
    step: float = param(1.13, reference=0.05, help="seconds from one send to the next", minimum=0)
    within: float = param(120.0, reference=20.0, help="seconds to wait for what is still missing", minimum=0)


def run(stage: Stage, params: Params) -> None:
    alice, *peers = stage.start("alice", *(f"peer_{number}" for number in range(1, params.peers + 1)))
    with stage.phase("connect"):
        alice.create_account()
        for peer in peers:
            peer.create_account()
            alice.connect(peer)
            stage.message(alice, peer)  # the first ones carry key bundles and profiles
            stage.message(peer, alice)
    with stage.phase("churn"):
        messages: list[Message] = []
        away: list[Node] = []
        for number, due in enumerate(stage.beats(params.messages, params.step)):
            turn, is_over = number // params.every, number > 0 and number % params.every == 0
            if is_over and away:
                come_back(stage, alice, away.pop())
            elif is_over:
                away.append(peers[turn // 2 % len(peers)])
                stage.shut_down(away[0])
            messages.append(stage.send(alice, peers[number % len(peers)], due=due))
        for peer in away:
            come_back(stage, alice, peer)
        # What has not arrived then is lost, which is a result and not a failure.
        stage.deliver(*messages, within=params.within, lossy=True)


def come_back(stage: Stage, alice: Node, peer: Node) -> None:
    stage.restart(peer)
    peer.login()
    alice.dial(peer)
