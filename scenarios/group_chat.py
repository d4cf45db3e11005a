"""A private group in which everybody writes in turn: what the fan-out of a message costs.

A message to a group is sealed and sent for each member by itself.  All are connected to the group's founder, whose
relay passes on what the others write.
"""

from attrs import frozen

from tcperf.scenario import Phase, Stage, param

NEEDS = ("groups", "relay")
PHASES = (
    Phase("accounts", help="each node makes its account"),
    Phase("connect", help="the founder and each of the others become contacts"),
    Phase("group", help="the group is made, and everybody writes the first message"),
    Phase("messages", help="in turn, each to all others", publish=("cpu_ms", "sent_bytes"), timed=True),
)


@frozen
class Params:
    members: int = param(5, help="accounts in the group, its founder included", minimum=2)
    messages: int = param(40, reference=20, help="messages in all", minimum=1)
    # A node may send two envelopes a second in the long run (status-go), and a message is one for each member.
    step: float = param(2.0, reference=0.0, help="seconds from one send to the next, at least", minimum=0)


def run(stage: Stage, params: Params) -> None:
    members = stage.start(*(f"member{number:02d}" for number in range(1, params.members + 1)))
    founder, *others = members
    with stage.phase("accounts"):
        for member in members:
            member.create_account()
    with stage.phase("connect"):
        for other in others:
            founder.connect(other)
    with stage.phase("group"):
        group = stage.group(founder, *others)
        for member in members:  # the first ones carry key bundles and profiles
            stage.message(member, group)
    with stage.phase("messages"):
        for number in range(params.messages):
            with stage.pace(params.step):
                stage.message(members[number % len(members)], group)
