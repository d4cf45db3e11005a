"""``python paused_tcperf.py EVENT ARGUMENT…`` is tcperf, but it prints a line and pauses at one event.

The pause ends with the first signal, so that a test's signal arrives exactly there.
"""

import os
import signal
import sys
from pathlib import Path

from tcperf.cli import main
from tcperf.network.run_network import RunNetwork
from tcperf.nodes.status_backend import StatusBackendNode
from tcperf.stage import RunStage

PAUSED = []
#: A signal writes into it: nodes are started by threads, and those learn of none otherwise.
READER, WRITER = os.pipe()


def pause():
    """Wait for a signal, once; one that comes between the printed line and the wait counts, too."""
    if not PAUSED:
        PAUSED.append(True)
        print("paused", flush=True, file=sys.__stderr__)
        os.read(READER, 1)


def after(owner, name):
    """Pause after each call of a method."""
    original = getattr(owner, name)

    def wrapped(*arguments, **named):
        result = original(*arguments, **named)
        pause()
        return result

    setattr(owner, name, wrapped)


def before(owner, name, when=lambda *_arguments: True):
    """Pause before a call for which ``when`` holds."""
    original = getattr(owner, name)

    def wrapped(*arguments, **named):
        if when(*arguments):
            pause()
        return original(*arguments, **named)

    setattr(owner, name, wrapped)


EVENTS = {
    "network made": lambda: after(RunNetwork, "__init__"),
    "node started": lambda: after(StatusBackendNode, "start"),
    "phase open": lambda: before(RunStage, "message"),
    "taking down": lambda: before(StatusBackendNode, "stop"),
    "file being written": lambda: before(
        os, "replace", lambda _source, target: Path(target).name == "results.json"
    ),
}

if __name__ == "__main__":
    os.set_blocking(WRITER, False)
    signal.set_wakeup_fd(WRITER)
    EVENTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:], sys.stdout, sys.stderr, os.environ))
