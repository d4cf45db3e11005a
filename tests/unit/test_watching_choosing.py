"""Which processes are meant, with real ones."""

import os
import subprocess
import sys

import pytest
from processes import python

from tcperf.watching import choosing, table
from tcperf.watching.choosing import ByName, below, by_id, called

WAIT = "import sys; print('.', flush=True); sys.stdin.read()"


@pytest.fixture
def start():
    started = []

    def start_one(argv, **options):
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        started.append(process)
        process.stdout.read(1)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def test_a_program_is_called_as_its_file_is(start, tmp_path):
    program = tmp_path / "status-backend"
    program.symlink_to("/bin/sh")
    process = start([str(program), "-c", "echo .; read line"])
    assert "status-backend" in called(process.pid)


def test_what_an_interpreter_runs_says_more_than_the_interpreter(start, tmp_path):
    script = tmp_path / "my_node.py"
    script.write_text(WAIT)
    names = called(start([sys.executable, "-X", "dev", "-u", str(script)]).pid)
    assert names[-2:] == ["my_node.py", "my_node"]


def test_a_module_has_its_name(start, tmp_path):
    (tmp_path / "a_module.py").write_text(WAIT)
    process = start([sys.executable, "-m", "a_module", "--address", "x"], cwd=tmp_path)
    assert called(process.pid)[-1] == "a_module"


def test_nobody_has_no_name():
    process = subprocess.Popen(python("pass"))
    process.wait()
    assert called(process.pid) == []
    assert table.identity(process.pid) is None


def test_by_name_among_the_descendants_finds_who_is_called_so(start, tmp_path):
    (tmp_path / "wanted").symlink_to("/bin/sh")
    (tmp_path / "other").symlink_to("/bin/sh")
    script = "echo .; read line"
    wanted = start([str(tmp_path / "wanted"), "-c", script])
    start([str(tmp_path / "other"), "-c", script])
    choice = ByName({"wanted"}, below(os.getpid()))
    assert choice() == [wanted.pid]
    assert ByName({"want*", "nobody"}, below(os.getpid()))() == [wanted.pid]
    assert set(by_id({1, 2})()) == {1, 2}


def test_who_becomes_the_program_later_is_found(start, tmp_path):
    (tmp_path / "wanted").symlink_to("/bin/sh")
    process = start(["/bin/sh", "-c", f"echo .; read line; exec {tmp_path}/wanted -c 'echo .; read line'"])
    choice = ByName({"wanted"}, below(os.getpid()))
    assert [choice() for _ in range(2 * choosing._ENOUGH)] == [[]] * (2 * choosing._ENOUGH)
    process.stdin.write(b"\n")
    process.stdin.flush()
    process.stdout.read(2)
    found = [choice() for _ in range(choosing._NOW_AND_THEN)]
    assert [process.pid] in found


def test_a_stranger_is_asked_for_its_name_a_few_times_alone(start, monkeypatch):
    process = start(python(WAIT))
    asked = []
    monkeypatch.setattr(choosing, "called", lambda pid: asked.append(pid) or [])
    choice = ByName({"wanted"}, lambda: [process.pid])
    for _ in range(choosing._NOW_AND_THEN - 1):
        choice()
    assert len(asked) == choosing._ENOUGH


def test_roots_have_no_ancestor_among_the_others(start):
    process = start(["/bin/sh", "-c", f"{sys.executable} -c 'print(1, flush=True); input()' & echo .; wait"])
    process.stdout.readline()
    process.stdout.readline()
    (child,) = table.descendants(process.pid)
    assert table.roots([child, process.pid]) == [process.pid]
    assert table.roots([child]) == [child]


def test_an_identity_is_a_process_and_not_its_id(start):
    process = start(python(WAIT))
    before = table.now()
    found = table.identity(process.pid)
    assert found.pid == process.pid
    assert found.start <= before
    assert process.pid in table.everybody()


def test_what_was_heard_of_names_is_who_was_called_so_and_how_the_others_were(start, tmp_path):
    (tmp_path / "wanted").symlink_to("/bin/sh")
    for program in (str(tmp_path / "wanted"), "/bin/sh"):
        start([program, "-c", "echo .; read line; true"])
    choice = ByName({"wan*", "nosuch"}, below(os.getpid()))
    choice()
    assert choice.heard.matched == ("wan*",)
    (stranger,) = choice.heard.strangers
    assert "sh" in stranger


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a fork is not told from what it was forked of")
def test_a_fork_that_may_yet_become_a_program_is_no_stranger(start):
    process = start(python("import os, sys; os.fork(); print('.', flush=True); sys.stdin.read()"))
    process.stdout.readline()
    (fork,) = table.descendants(process.pid)
    choice = ByName({"nosuch"}, lambda: [fork])
    choice()
    assert choice.heard.strangers == ()
    parent = ByName({"nosuch"}, lambda: [process.pid])
    parent()
    assert len(parent.heard.strangers) == 1
