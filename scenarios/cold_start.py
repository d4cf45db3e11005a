"""From nothing to the first peer: process start, account, connection.

The first peer is there when the two are connected.  The relay's mesh, which messages need, comes later and can
only be asked for again and again: that would be measured as the nodes' own work.
"""

from attrs import frozen

from tcperf.scenario import Phase, Stage

PHASES = (
    Phase("boot", help="until the processes answer", publish=("time_ms", "cpu_ms", "memory_peak_bytes")),
    Phase("account", help="each node makes its account", publish=("time_ms", "cpu_ms")),
    Phase("first_peer", help="until the two are connected", publish=("time_ms", "sent_bytes")),
)


@frozen
class Params:
    pass


def run(stage: Stage, _params: Params) -> None:
    with stage.phase("boot"):
        alice, bob = stage.start("alice", "bob")
    with stage.phase("account"):
        alice.create_account()
        bob.create_account()
    with stage.phase("first_peer"):
        alice.dial(bob)
