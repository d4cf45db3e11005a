"""Which programs the tests start, as Python tells of itself."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tcperf.suite import started
from tcperf.suite.measurer import Measurer

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and fork are POSIX's")


class Idle:
    """A watcher that sees nothing."""

    def close(self):
        pass


@contextlib.contextmanager
def measuring(*names):
    measurer = Measurer(Idle(), names)
    yield measurer
    measurer.close()


def run(*words, **options):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, **options)


@POSIX
def test_each_program_is_known_once_in_its_order():
    with measuring() as measurer:
        run(b"true")
        run(Path("/bin/echo"), "a")
        run("true")
        run("exit 0", shell=True)
        os.system("exit 0")
        os.waitpid(os.posix_spawn("/bin/cat", ["cat", "/dev/null"], {}), 0)
        run(sys.executable, "-m", "this")
        assert list(measurer.started) == ["true", "echo", "sh", "cat", "this"]
        measurer.started.clear()
        run("true")
        assert list(measurer.started) == ["true"]


@POSIX
def test_where_names_are_asked_for_others_are_none():
    with measuring("echo", "no*") as measurer:
        run("true")
        assert not measurer.started
        run("env", "/bin/echo", "a")  # what it is about may be what it starts
        run("true; echo a", shell=True)
        assert list(measurer.started) == ["env", "sh"]


def test_when_it_is_closed_it_hears_no_more():
    with measuring() as measurer:
        pass
    run(sys.executable, "-c", "")
    assert not measurer.started


def test_what_is_no_command_line_is_no_error():
    with measuring() as measurer:
        for words in (None, [None], 5):
            sys.audit("subprocess.Popen", None, words, None, None)
        assert not measurer.started


def test_a_command_line_may_be_one_text():
    assert started.command("subprocess.Popen", (None, "node.exe -x", None, None)) == ["node.exe -x"]


def test_an_empty_one_is_called_nothing():
    assert started.name([], ()) is None
    assert started.name([""], ()) is None
