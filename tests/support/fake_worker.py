"""``python -m fake_worker SOCKET`` stands in for a lane's worker: it plays what the parameter ``act`` says.

It speaks the protocol by itself (json and a socket; the sooner it starts, the sooner many tests end).  The run that
it answers is in run.json beside its diary, which has a line ``<lane> <word> <monotonic ns>`` for each thing it
did: for tests that ask who did what when.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path


class Worker:
    def __init__(self, control):
        self.control = control
        self.lines = control.makefile("rb")

    def say(self, **message):
        self.control.sendall(json.dumps(message).encode() + b"\n")

    def hear(self):
        """The next message that is no ping; those are answered."""
        for line in self.lines:
            message = json.loads(line)
            if "ping" not in message:
                return message
            self.say(alive=True)
        sys.exit(0)

    def play(self, told):
        acts = told["params"]["act"].split(",")
        self.diary = Path(told["params"]["diary"])
        self.lane = told["lane"]
        self.note("starts")
        self.event("RunStarted", scenario="trial", number=told["number"], title="a run")
        for act in acts:
            getattr(self, act.replace("-", "_"))(told)

    def note(self, word):
        with self.diary.open("a") as file:
            file.write(f"{self.lane} {word} {time.monotonic_ns()}\n")

    def event(self, name, **fields):
        self.say(event=[name, fields])

    # --- acts ---

    def meet(self, _told, point="begin"):
        self.note(f"at-{point}")
        self.say(at=point)
        time.sleep(self.hear()["go"])
        self.note(f"past-{point}")

    def end(self, told):
        self.meet(told, "end")

    def dawdle(self, _told):
        time.sleep(0.4)

    def run(self, told):
        made = json.loads(self.diary.with_name("run.json").read_text())
        made |= {"id": f"one_to_one-{told['number']}", "lane": told["lane"], "pair": told["pair"]}
        self.say(run=made, generations=[f"generation of {told['side']}"])

    def error(self, told):
        self.say(
            error={"kind": "NodeError", "message": "alice died", "cure": None, "details": ["a log line"]}
        )

    def fault(self, told):
        self.say(fault={"kind": "TcperfError", "message": "a slip of ours", "cure": None, "details": []})

    def talk(self, told):
        sys.stdout.write("scenario says: ##teamcity[x]\n")
        sys.stdout.flush()
        sys.stderr.write("and more\n")

    def die(self, told):
        sys.stderr.write("last words\n")
        os._exit(3)

    def killed(self, told):
        os.kill(os.getpid(), signal.SIGKILL)

    def hang(self, told):
        os.kill(os.getpid(), signal.SIGSTOP)

    def mute(self, told):
        """Busy for long, but it answers when it is asked for a sign."""
        for _ in range(6):  # asked every quarter of the patience: longer than that in all
            assert json.loads(self.lines.readline()) == {"ping": True}
            self.note("asked")
            self.say(alive=True)

    def wait(self, told):
        """Until the coordinator is gone; then it takes its time to tidy up."""
        self.event("PhaseStarted", scenario="trial", phase="waiting")
        while os.read(self.control.fileno(), 1000):
            pass
        time.sleep(0.3)
        self.note("tidied")
        sys.exit(0)

    def stubborn(self, told):
        """Does not heed the coordinator's end."""
        self.event("PhaseStarted", scenario="trial", phase="waiting")
        while True:
            time.sleep(60)

    def leave(self, told):
        """Plays, and is gone afterwards."""
        self.run(told)
        os._exit(0)

    def cut(self, told):
        """Dies in the middle of a message."""
        self.control.sendall(b'{"run": {"id": "one_to_')
        os._exit(1)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as control:
        worker = Worker(control)
        assert "setup" in worker.hear()
        while True:
            worker.play(worker.hear()["play"])
