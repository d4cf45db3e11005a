"""A helper that is asked over its standard streams: the protocol, its errors, and its end."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from tcperf import modules
from tcperf.errors import MachineError
from tcperf.network import pipes
from tcperf.network.pipes import PipedHelper

HELPER = """
import os, sys, time
from tcperf.network import pipes

class Handler:
    waits = None
    idle = 0
    def add(self, a, b):
        return a + b
    def nothing(self):
        pass
    def refuse(self):
        raise OSError(28, "no room")
    def wait_for_idle(self):
        self.waits = 0.001
    def idled(self):
        return self.idle
    def die(self):
        print("last words", file=sys.stderr)
        os._exit(3)
    def fault(self):
        raise ValueError("a fault")
    def hang(self):
        time.sleep(600)

handler = Handler()
for request in pipes.requests(lambda: handler.waits):
    if request is None:
        handler.idle += 1
    else:
        pipes.answer(handler, request)
"""


@contextmanager
def helper(tmp_path, monkeypatch, code=HELPER):
    (tmp_path / "made_up_helper.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with PipedHelper("the made-up helper", "made_up_helper") as made:
        yield made


def test_questions_and_answers(tmp_path, monkeypatch):
    with helper(tmp_path, monkeypatch) as made:
        assert made.ask("add", a=1, b=2) == 3
        assert made.ask("add", a="ü\n", b="}") == "ü\n}"
        assert made.ask("nothing") is None
        assert made.pid != os.getpid()


def test_it_goes_on_while_nobody_asks(tmp_path, monkeypatch):
    with helper(tmp_path, monkeypatch) as made:
        made.ask("wait_for_idle")
        while not made.ask("idled"):
            pass


def test_threads_ask_one_at_a_time(tmp_path, monkeypatch):
    with helper(tmp_path, monkeypatch) as made:
        found = []
        threads = [
            threading.Thread(target=lambda n=n: found.append((n, made.ask("add", a=n, b=n))))
            for n in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [(n, 2 * n) for n in range(20)]


def test_a_refusal_is_an_error_and_the_next_question_is_answered(tmp_path, monkeypatch):
    with helper(tmp_path, monkeypatch) as made:
        with pytest.raises(MachineError, match=r"the made-up helper cannot refuse: .*no room"):
            made.ask("refuse")
        assert made.ask("add", a=1, b=1) == 2


@pytest.mark.parametrize(("operation", "words"), [("die", "last words"), ("fault", "ValueError: a fault")])
def test_a_lost_helper_is_told_with_its_last_words(tmp_path, monkeypatch, operation, words):
    with helper(tmp_path, monkeypatch) as made:
        with pytest.raises(MachineError, match=f"the made-up helper was lost at '{operation}'") as caught:
            made.ask(operation)
        assert caught.value.details[-1] == words
        with pytest.raises(MachineError, match="was lost at 'add'"):
            made.ask("add", a=1, b=2)


def test_an_answer_that_does_not_come_in_time_is_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(pipes, "_ANSWER_DEADLINE_S", 0.05)
    with helper(tmp_path, monkeypatch) as made:
        with pytest.raises(MachineError, match="was lost at 'hang'"):
            made.ask("hang")


def test_a_question_that_was_broken_off_is_the_last(tmp_path, monkeypatch):
    with helper(tmp_path, monkeypatch) as made:
        real = made._answers

        class Broken:
            def readline(self):
                raise KeyboardInterrupt

            def close(self):
                real.close()

        made._answers = Broken()
        with pytest.raises(KeyboardInterrupt):
            made.ask("add", a=1, b=2)
        made._answers = real
        with pytest.raises(MachineError, match="was lost at 'add'"):
            made.ask("add", a=3, b=4)


def test_closing_ends_it_and_may_be_done_twice(tmp_path, monkeypatch):
    with helper(tmp_path, monkeypatch) as made:
        made.close()
        assert made._process.returncode == 0
    assert made._process.returncode == 0


def test_one_that_does_not_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(modules, "_END_DEADLINE_S", 0.1)
    with helper(tmp_path, monkeypatch, "import time\ntime.sleep(600)\n") as made:
        pass
    assert made._process.returncode == -9


def test_one_that_cannot_be_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/absent/python")
    with pytest.raises(MachineError, match="the sampler cannot be started: No such file"):
        PipedHelper("the sampler", "tcperf.probes.portable_sampler")


def test_requests_come_in_any_pieces_and_end_with_the_input(monkeypatch):
    reader, writer = os.pipe()
    monkeypatch.setattr(pipes, "_STDIN", reader)
    monkeypatch.setattr(pipes, "_CHUNK", 3)
    os.write(writer, b'{"op": "a"}\n{"op": "bcd"}\n{"op": "never whole"}')
    os.close(writer)
    assert [request["op"] for request in pipes.requests(lambda: None)] == ["a", "bcd"]
    os.close(reader)


def test_nobody_asks_for_a_while(monkeypatch):
    reader, writer = os.pipe()
    monkeypatch.setattr(pipes, "_STDIN", reader)
    found = pipes.requests(lambda: 0.001)
    assert next(found) is None
    os.write(writer, b'{"op": "a"}\n')
    assert next(request for request in found if request is not None) == {"op": "a"}
    os.close(writer)
    assert [request for request in found if request is not None] == []
    os.close(reader)


def test_an_answer_to_a_driver_that_has_gone_is_no_error():
    code = (
        "import os, sys\nfrom tcperf.network import pipes\n"
        "class Handler:\n    def ask(self): return 1\n"
        "sys.stdin.read()\n"
        "pipes.answer(Handler(), {'op': 'ask'})\n"
        "sys.stdout = None\n"
        "print('well', file=sys.stderr)\nos._exit(0)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == b"well\n"
