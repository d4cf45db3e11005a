"""One account chats with many others, in turns: what it takes to have them all as peers.

Each message and its answer is a chat of its own; whoever relays passes on what is not for it, too.
"""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="all become alice's contacts, and exchange the first messages with her"),
    Phase("chats", help="a message and its answer, with each in turn", publish=("sent_bytes",), timed=True),
)


@frozen
class Params:
    peers: int = param(8, reference=5, help="accounts that alice chats with", minimum=1)
    messages: int = param(40, reference=20, help="messages in all, every other one an answer", minimum=2)
    step: float = param(2.0, reference=0.0, help="seconds from one send to the next, at least", minimum=0)


def run(stage: Stage, params: Params) -> None:
    alice, *peers = stage.start("alice", *(f"peer_{number}" for number in range(1, params.peers + 1)))
    with stage.phase("accounts"):
        for node in (alice, *peers):
            node.create_account()
    with stage.phase("connect"):
        for peer in peers:
            alice.connect(peer)
            stage.message(alice, peer)  # the first ones carry key bundles and profiles
            stage.message(peer, alice)
    with stage.phase("chats"):
        for number in range(params.messages):
            peer = peers[number // 2 % len(peers)]
            sender, receiver = (alice, peer) if number % 2 == 0 else (peer, alice)
            with stage.pace(params.step):
                stage.message(sender, receiver)
