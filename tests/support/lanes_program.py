"""``python lanes_program.py FOLDER`` plays a long round in two lanes, and prints a line when all of them measure."""

import sys
from pathlib import Path

from tcperf import events
from tcperf.errors import Interrupted
from tcperf.interrupts import Interrupts
from tcperf.lanes.crew import LaneCrew
from tcperf.lanes.setup import Setup
from tcperf.nodes.factory import reference_node
from tcperf.plan import Assignment, Plan
from tcperf.registry import discover
from tcperf.runner import Folders

LANES = 2


class Watch:
    """Notices when all lanes are in the measured phase."""

    def __init__(self):
        self.measuring = set()

    def __call__(self, event):
        if isinstance(event.event, events.PhaseStarted) and event.event.phase == "messages":
            self.measuring.add(event.lane)
            if len(self.measuring) == LANES:
                sys.stdout.write("all measure\n")
                sys.stdout.flush()


def main(folder):
    folders = Folders(folder / "series", folder / "logs")
    for made in (folders.series, folders.logs):
        made.mkdir()
    one_to_one = discover(()).get("one_to_one")
    plan = Plan(one_to_one, one_to_one.params_type(messages=1000, step=1.0), 1)
    setup = Setup("private", reference_node("2024-10"), folders)
    try:
        with Interrupts() as interrupts, LaneCrew(LANES, setup, Watch(), interrupts) as crew:
            crew.play([Assignment(plan, "head", lane + 1, lane=lane) for lane in range(LANES)])
    except Interrupted as interrupted:
        return interrupted.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
