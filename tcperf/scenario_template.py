"""The file that a scenario's author begins with: a scenario that runs as it is.  Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["new_scenario"]

_TEMPLATE: Final = '''\
"""{title}: say here, in one line, what is played and why."""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

# Every phase is measured and stands in the report.  What a phase publishes becomes statistics, whose keys a server
# keeps for ever: publish what the scenario is about, and no more.
PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="they become contacts, and send each other the first messages"),
    Phase("messages", help="one after another", publish=("latency_ms", "cpu_ms", "sent_bytes"), timed=True),
)


@frozen
class Params:
    # -p messages=50 sets it; with the reference node there are fewer, for it is there to try things.
    messages: int = param(40, reference=10, help="messages from alice to bob", minimum=1)


def run(stage: Stage, params: Params) -> None:
    alice, bob = stage.start("alice", "bob")
    with stage.phase("accounts"):
        alice.create_account()
        bob.create_account()
    with stage.phase("connect"):
        alice.connect(bob)
        stage.message(alice, bob)  # the first ones carry keys and profiles: not what is measured here
        stage.message(bob, alice)
    with stage.phase("messages"):
        for _ in range(params.messages):
            stage.message(alice, bob)  # returns when bob has reported the same text: else the run fails
'''


def new_scenario(name: str) -> str:
    """The source of a new scenario's module; ``name`` is a scenario's."""
    return _TEMPLATE.format(title=name.replace("_", " ").capitalize())
