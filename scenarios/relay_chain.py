"""Nodes in a line, whose ends send each other messages: what it takes to relay one.

Each is connected to its neighbours alone, so that a message crosses every link.  Whoever finds others by itself makes
another network of it: before and after the messages it is checked that the line is one.
"""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

NEEDS = ("relay",)
PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="neighbours become contacts, and the ends send each other the first messages"),
    Phase("messages", help="one after another, there and back", publish=("sent_bytes",), timed=True),
)
WARM_UP = 2  # messages each way: the first ones carry key bundles and profiles


@frozen
class Params:
    nodes: int = param(3, reference=5, help="nodes in the line, its ends included", minimum=3)
    messages: int = param(40, reference=20, help="messages in all, every other one back", minimum=2)
    step: float = param(2.0, reference=0.0, help="seconds from one send to the next, at least", minimum=0)


def run(stage: Stage, params: Params) -> None:
    nodes = stage.start(*(f"node{number:02d}" for number in range(1, params.nodes + 1)))
    first, last = nodes[0], nodes[-1]
    with stage.phase("accounts"):
        for node in nodes:
            node.create_account()
    with stage.phase("connect"):
        for place in range(1, len(nodes)):
            nodes[place - 1].connect(nodes[place])
        for number in range(2 * WARM_UP):
            stage.message(*((first, last) if number % 2 == 0 else (last, first)))
        stage.check_line(*nodes)
    with stage.phase("messages"):
        for number in range(params.messages):
            with stage.pace(params.step):
                stage.message(*((first, last) if number % 2 == 0 else (last, first)))
    stage.check_line(*nodes)
