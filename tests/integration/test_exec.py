"""``tcperf exec`` with real programs: what it measures of their lives, and that nothing of them stays."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from processes import await_gone
from teamcity_parser import check_output, statistics_of

from tcperf import procfs, results
from tcperf.modules import module_environment

pytestmark = [pytest.mark.integration, pytest.mark.traced]

MIB = 1 << 20
#: Ten broadcasts: each 100 bytes, 8 of UDP, 20 of IP, 14 of Ethernet.
FRAME = 100 + 8 + 20 + 14
SHOUT = """
import os, socket, sys
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
def shout(count):
    for _ in range(count):
        out.sendto(b"x" * 100, ("10.77.0.255", 9))
def mark(name, path=os.environ.get("TCPERF_SOCKET")):
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(path)
        door.sendall(b"phase " + name.encode() + b"\\n")
        return door.recv(1000)
"""


def variables(**env):
    found = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
    return module_environment({**found, **env})


class Call:
    """One finished call of ``tcperf exec``; ``python`` is the program's text."""

    def __init__(self, folder, *options, python=None, command=(), **env):
        words = [sys.executable, "-c", python] if python is not None else list(command)
        done = subprocess.run(
            [sys.executable, "-m", "tcperf", "exec", *options, "--", *words],
            capture_output=True,
            cwd=folder,
            env=variables(**env),
            timeout=300,
            check=False,
        )
        self.status = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")
        self.folder = folder / "tcperf-report"

    @property
    def result(self):
        assert self.status == 0, self.err
        return results.load(self.folder / "results.json")

    @property
    def run(self):
        (run,) = self.result.runs
        return run

    def log(self, name):
        (path,) = (self.folder / "logs").glob(f"*.{name}.log")
        return path.read_bytes()


def values(phase):
    return {key: each.value for key, each in phase.totals.items()}


def test_two_processes_that_talk_to_each_other_and_to_the_outside(tmp_path):
    """What goes over the loopback is nobody's traffic; what leaves is counted to the byte, phase by phase."""
    code = f"""{SHOUT}
inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inbox.bind(("127.0.0.1", 0))
print(open("/proc/net/dev").read())
child = os.fork()
if not child:
    print(mark("child"), flush=True)
    shout(3)
    out.sendto(b"done", inbox.getsockname())
    os._exit(0)
assert inbox.recv(10) == b"done"
os.wait()
print("tcperf: phase parent", flush=True)
import time; time.sleep(2)  # nobody tells it when this mark was read
shout(5)
mark("")
shout(2)
"""
    call = Call(tmp_path, "--name", "pair", python=code)
    child, parent, whole = call.run.phases
    assert [child.name, parent.name, whole.name] == ["child", "parent", "run"]
    assert [values(each)["sent_bytes"] for each in (child, parent, whole)] == [
        3 * FRAME,
        5 * FRAME,
        10 * FRAME,
    ]
    assert [values(each)["packets_count"] for each in (child, parent, whole)] == [3, 5, 10]
    assert whole.totals["sent_bytes"].exactness == "exact"
    assert call.run.capture.is_exact
    assert call.run.closing.sent_bytes == 10 * FRAME
    assert (
        whole.start_ns <= child.start_ns <= child.end_ns <= parent.start_ns <= parent.end_ns <= whole.end_ns
    )
    assert values(parent)["time_ms"] >= 1000  # of the 2000, less what a busy machine took to read the mark
    assert whole.totals["cpu_ms"].exactness == "exact"
    rows = {(row.phase, row.peer): row.packets for row in call.run.traffic}
    assert rows == {("run", "(broadcast)"): 10, ("child", "(broadcast)"): 3, ("parent", "(broadcast)"): 5}
    assert sorted(re.findall(rb"(\w+): ", call.log("stdout"))) == [b"eth0", b"lo", b"tcperf"]
    assert "  | b'ok\\n'" in call.err
    assert {key.rsplit(".", 1)[0] for key in keys(call)} == {
        "tcperf.pair.run",
        "tcperf.pair.child",
        "tcperf.pair.parent",
    }
    assert call.run.warnings == ()


def keys(call):
    (info,) = call.result.scenarios
    return {f"tcperf.{info.name}.{phase.name}.{metric}" for phase in info.phases for metric in phase.metrics}


def test_the_program_has_the_callers_environment_but_for_our_token(tmp_path):
    code = "import os; print(os.environ['MINE'], [each for each in os.environ if 'TOKEN' in each])"
    call = Call(
        tmp_path, python=code, MINE="kept", TCPERF_TEAMCITY_TOKEN="s3cr3t-of-a-user", TEAMCITY_VERSION="1"
    )
    assert call.status == 0
    assert call.log("stdout") == b"kept []\n"
    written = b"".join(path.read_bytes() for path in call.folder.rglob("*") if path.is_file())
    assert b"s3cr3t" not in written + call.raw + call.err.encode()


def test_cpu_is_what_wait4_tells_and_memory_what_was_touched(tmp_path):
    code = f"""
import os, time
block = b"x" * {200 * MIB}
del block  # so that the kernel takes it back before the clock is read, not at the end
while time.process_time() < 0.4: pass
print(time.process_time() * 1000, flush=True)
os._exit(0)
"""
    call = Call(tmp_path, python=code)
    (whole,) = call.run.phases
    ended = call.run.exits["program"]
    waited = ended.user_ms + ended.system_ms
    told = float(call.log("stdout"))
    assert 0 <= waited - whole.totals["cpu_ms"].value < 60  # our own fork, before it became the program
    assert -1 <= waited - told < 15  # the end of an interpreter costs some
    peak = whole.totals["memory_peak_bytes"]
    assert 200 * MIB < peak.value < 240 * MIB  # an interpreter beside it, and what measures its coverage
    assert (peak.exactness, peak.source) == ("exact", "wait4")
    assert call.err.count("warning") == 0


def test_the_memory_of_all_its_processes_is_seen(tmp_path):
    code = f"""
import os, time
(ready, tell), (over, hold) = os.pipe(), os.pipe()
children = []
for _ in range(3):
    pid = os.fork()
    if not pid:
        os.close(hold)
        block = b"x" * {50 * MIB}
        os.write(tell, b"1")
        os.read(over, 1)  # as long as the others hold theirs
        os._exit(0)
    children.append(pid)
for pid in children: os.read(ready, 1)
time.sleep(0.6)
os.close(hold)
for pid in children: os.waitpid(pid, 0)
"""
    (whole,) = Call(tmp_path, python=code).run.phases
    peak = whole.totals["memory_peak_bytes"]
    assert 150 * MIB < peak.value < 230 * MIB
    assert peak.exactness == "sampled"


def test_a_shell_script_on_this_machines_network(tmp_path):
    script = tmp_path / "script.sh"
    script.write_text(
        "#!/bin/sh\nsleep 0.2\necho tcperf: phase waits\nsleep 1\necho tcperf: phase\nread line && echo read\necho $PWD\n"
    )
    script.chmod(0o755)
    call = Call(tmp_path, "--network", "host", "--quiet", command=["./script.sh"])
    waits, whole = call.run.phases
    assert (waits.name, whole.name) == ("waits", "run")
    assert 200 <= values(waits)["time_ms"] <= values(whole)["time_ms"] - 100
    assert whole.totals["sent_bytes"].exactness == "bound"  # what the whole machine sent
    assert whole.nodes["program"]["tcp_sent_bytes"].value == 0
    assert call.result.scenarios[0].name == "script"
    assert call.log("stdout").decode().splitlines()[-1] == str(tmp_path)  # its standard input was empty
    assert "  | " not in call.err


@pytest.mark.parametrize(
    ("script", "fate"),
    [("echo last words >&2; exit 7", "ended with status 7"), ("kill -KILL $$", "was killed by SIGKILL")],
)
def test_a_program_that_fails_has_no_figures(tmp_path, script, fate):
    call = Call(tmp_path, "--quiet", command=["sh", "-c", script], TEAMCITY_VERSION="2025.07")
    assert call.status == 3
    messages = check_output(call.raw)
    assert not statistics_of(call.raw)
    (problem,) = [each.attributes for each in messages if each.name == "buildProblem"]
    assert problem["identity"] == "tcperf_sh_failed"
    assert f"the program {fate}" in problem["description"]
    assert not (call.folder / "results.json").exists()
    if "last" in script:
        assert "\n  last words\n" in call.out


def test_or_has_them_where_its_status_is_ignored(tmp_path):
    call = Call(tmp_path, "--ignore-status", command=["sh", "-c", "exit 7"])
    assert "cpu_ms" in values(call.run.phases[0])
    assert call.run.exits["program"].status == 7
    assert call.run.warnings[-1] == "sh-1: the program ended with status 7, and that was to be ignored"


def test_what_it_prints_is_neutral_and_apart(tmp_path):
    lines = (
        b"##teamcity[buildStatus status='SUCCESS' text='fine']",
        b"\x1b[31m\xff\x00\r##teamcity[x]",
        b"no end",
    )
    code = f"import sys; sys.stdout.buffer.write({lines[0]!r} + b'\\n' + {lines[1]!r} + b'\\n' + {lines[2]!r}); sys.stderr.write('oops\\n##teamcity[y]\\n')"
    call = Call(tmp_path, python=code, TEAMCITY_VERSION="2025.07")
    assert call.status == 0
    assert call.err == ""
    messages = check_output(call.raw)
    assert "fine" not in {message.attributes.get("text") for message in messages}
    assert "\n  | ##_teamcity[buildStatus status='SUCCESS' text='fine']\n" in call.out
    assert "\n  ! oops\n" in call.out
    assert "\n  ! ##_teamcity[y]\n" in call.out
    assert "\n  | no end\n" in call.out
    assert call.log("stdout") == b"\n".join(lines)
    assert call.log("stderr") == b"oops\n##teamcity[y]\n"


@pytest.mark.long
def test_hostile_processes_at_the_socket(tmp_path):
    code = f"""{SHOUT}
import threading
def abuse(data):
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(0.2)
            try:
                door.connect(os.environ["TCPERF_SOCKET"])
                door.sendall(data)
            except OSError: pass
threads = [threading.Thread(target=abuse, args=(data,)) for data in
           (b"", b"\\n" * 100, b"x" * 100_000, b"phase", b"\\x00\\xff\\n", b"GET / HTTP/1.1\\r\\n\\r\\n")]
for each in threads: each.start()
for each in threads: each.join()
print(mark("after"), flush=True)
"""
    call = Call(tmp_path, "--name", "hostile", python=code)
    assert [phase.name for phase in call.run.phases] == ["after", "run"]
    assert call.log("stdout") == b"b'ok\\n'\n"
    (warning,) = [each for each in call.run.warnings if "socket" in each]
    assert re.fullmatch(r"hostile-1: \d+ lines at the socket for marks said nothing .*", warning)


def test_a_mark_that_cannot_be_taken_ends_it(tmp_path):
    code = f"""{SHOUT}
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(mark("Bad Name"), flush=True)
time.sleep(0.2)
"""
    call = Call(tmp_path, python=code)
    assert call.status == 3
    assert "the phase name 'Bad Name' does not fit (a name is a lower-case letter" in call.err
    assert call.log("stdout").startswith(b"b\"error: the phase name 'Bad Name' does not fit")


DAEMON = """
import os, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(600)
    os._exit(0)
os.wait()
"""


def test_a_daemon_is_ended_and_told_of(tmp_path):
    telling = "print(os.getpid(), flush=True); os.write(tell, b'1'); time.sleep(600)"
    code = f"import os\nready, tell = os.pipe()\n{DAEMON.replace('time.sleep(600)', telling)}os.read(ready, 1); time.sleep(0.3)"
    call = Call(tmp_path, python=code)
    assert await_gone([int(call.log("stdout"))]) == []
    (warning,) = call.run.warnings
    daemon = int(call.log("stdout"))
    assert re.fullmatch(
        rf".*-1: the program ended and left a process running, which was ended \(python[\d.]* \({daemon}\)\): "
        "what they do later is in no figure of it",
        warning,
    )
    assert call.run.phases[-1].totals["cpu_ms"].exactness == "sampled"


def test_of_a_program_that_is_over_at_once_no_peak_is_called_exact(tmp_path):
    call = Call(tmp_path, command=["true"])
    peak = call.run.phases[-1].totals["memory_peak_bytes"]
    if peak.exactness == "bound":
        (warning,) = call.run.warnings
        assert "memory_peak_bytes is no more than an upper bound" in warning
    else:  # it was slow, and seen
        assert (peak.exactness, peak.source) == ("sampled", "VmHWM")
        assert peak.value < 8 * MIB


def test_where_several_were_over_at_once_it_is_said_why_their_memory_is_missing(tmp_path):
    call = Call(tmp_path, command=["sh", "-c", "true | true; true"])
    if "memory_peak_bytes" not in call.run.phases[-1].totals:  # else it was slow, and seen
        assert [each for each in call.run.warnings if "memory_peak_bytes is missing" in each]


def test_what_it_leaves_behind_is_told_however_short_it_was(tmp_path):
    call = Call(tmp_path, command=["sh", "-c", "sleep 600 & echo $!"])
    assert await_gone([int(call.log("stdout"))]) == []
    assert [warning for warning in call.run.warnings if "left a process running" in warning]
    assert call.run.phases[-1].totals["cpu_ms"].exactness == "sampled"
    peak = call.run.phases[-1].totals.get("memory_peak_bytes")
    assert peak is None or peak.exactness == "sampled"


def test_what_was_printed_before_a_mark_that_cannot_be_taken_is_shown_and_kept(tmp_path):
    shell = "echo working; echo disk full >&2; echo tcperf: phase step-1; exec sleep 600"
    for _attempt in range(3):
        call = Call(tmp_path, command=["sh", "-c", shell])
        assert call.status == 3
        assert "  | working\n" in call.err
        assert "  ! disk full\n" in call.err
        assert call.log("stderr") == b"disk full\n"
        assert call.log("stdout").startswith(b"working\n")


def test_what_a_failing_program_leaves_behind_is_told_too(tmp_path):
    call = Call(tmp_path, command=["sh", "-c", "sleep 600 & sleep 600 & echo $!; exit 3"])
    assert call.status == 3
    (last,) = re.findall(r"\n  \| (\d+)\n", call.err)
    assert await_gone([int(last)]) == []
    pattern = rf"tcperf: warning: the program left 2 processes running, which were ended \((sleep|sh) \(\d+\), (sleep|sh) \({last}\)\)\n"
    assert re.search(pattern, call.err), call.err


@pytest.mark.parametrize("line", ["abcdefgh", "\033[31mab\tcd\033[0m"], ids=["plain", "coloured"])
def test_a_program_that_prints_much_is_hardly_held_up_and_told_of(tmp_path, line):
    """It took 69 s, and with --quiet 6, as long as each line was looked at by itself; half a second is usual."""
    shell = f"yes '{line}' | head -c 20000000; echo; echo tcperf: phase last; echo end"
    call = Call(tmp_path, command=["sh", "-c", shell])
    last, whole = call.run.phases
    assert (last.name, whole.name) == ("last", "run")
    assert values(whole)["time_ms"] < 20_000
    assert call.log("stdout").startswith(f"{line}\n".encode())
    assert call.log("stdout").endswith(b"\ntcperf: phase last\nend\n")
    assert call.err.count("  | ") == 20_000_000 // len(f"{line}\n") + 3
    assert [
        each for each in call.run.warnings if "the program printed faster than tcperf passes it on" in each
    ]


@contextmanager
def under_way(folder, code):
    """tcperf measuring a program that has printed "ready", and everything that lives below it."""
    temporary = folder / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-m", "tcperf", "exec", "--", sys.executable, "-c", code]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=variables(TMPDIR=str(temporary)),
    ) as process:
        try:
            for line in process.stderr:
                if line == b"  | ready\n":
                    break
            yield process, procfs.descendants(process.pid)
        finally:
            process.kill()


HEEDS = """
import signal
def heed(number, _frame):
    print("heard", signal.Signals(number).name, flush=True)
    sys.exit(0)
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, heed)
print("ready", flush=True)
time.sleep(600)
"""
IGNORES = """
import signal
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    ("number", "code", "times"),
    [
        (signal.SIGINT, HEEDS, 1),
        (signal.SIGTERM, HEEDS, 1),
        (signal.SIGINT, IGNORES, 2),
        (signal.SIGKILL, IGNORES, 1),
    ],
    ids=["int", "term", "impatient", "kill"],
)
def test_nothing_is_left(tmp_path, number, code, times):
    with under_way(tmp_path, DAEMON + code) as (process, family):
        assert len(family) >= 4  # the broker, the meter, the program, its daemon
        process.send_signal(number)
        if times > 1:
            for line in process.stderr:  # it is being asked to stop
                if b"stopping" in line:
                    break
            process.send_signal(number)
        _out, talk = process.communicate(timeout=60)
    assert await_gone(family) == []
    assert list((tmp_path / "tmp").iterdir()) == []
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert b"Traceback" not in talk
    if code is HEEDS:
        assert f"  | heard {number.name}\n".encode() in talk
        assert re.search(
            rb"tcperf: warning: the program left a process running, which was ended \(python[\d.]* \(\d+\)\)\n",
            talk,
        )
    assert not (tmp_path / "tcperf-report" / "results.json").exists()


def test_a_shell_stops_with_what_it_waits_for(tmp_path):
    shell = "echo ready; sleep 600; echo never"
    with under_way(tmp_path, f"import os; os.execvp('sh', ['sh', '-c', {shell!r}])") as (process, family):
        # Between vfork and exec dash takes a signal for its child, and drops it (onsig in its trap.c).
        deadline = time.monotonic() + 30
        while "sleep" not in map(procfs.name, procfs.descendants(process.pid)):
            assert time.monotonic() < deadline, "the shell has not come to its sleep"
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _out, talk = process.communicate(timeout=60)
    assert await_gone(family) == []
    assert process.returncode == 130
    assert b"never" not in talk
    assert b"left a process running" not in talk


LINGERS = """
import os, signal, sys, time
ready, tell = os.pipe()
if not os.fork():
    def linger(_number, _frame):
        time.sleep(float(sys.argv[1]))
        print("the last one", flush=True)
        os._exit(0)
    signal.signal(signal.SIGINT, linger)
    os.write(tell, b"1")
    time.sleep(600)
os.read(ready, 1)
signal.signal(signal.SIGINT, signal.SIG_DFL)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(("seconds", "is_left"), [(0.1, False), (600, True)])
def test_who_is_about_to_end_is_not_left(tmp_path, seconds, is_left):
    """A group ends one after another: it has a moment, and who needs more is ended and told."""
    with under_way(tmp_path, f"import sys; sys.argv[1:] = ['{seconds}']\n{LINGERS}") as (process, family):
        process.send_signal(signal.SIGINT)
        _out, talk = process.communicate(timeout=60)
    assert await_gone(family) == []
    assert process.returncode == 130
    assert (b"left a process running" in talk) == is_left
    assert (b"  | the last one\n" in talk) != is_left


@pytest.mark.long
def test_two_commands_in_pairs(tmp_path):
    head, base = tmp_path / "head.py", tmp_path / "base.py"
    head.write_text(f"{SHOUT}\nshout(1200)\n")
    base.write_text(f"{SHOUT}\nshout(1000)\n")
    python = shlex.quote(sys.executable)
    options = ("--name", "shout", "--pairs", "8", "--gate", "exit", "--base-command", f"{python} {base}")
    call = Call(tmp_path, *options, command=[sys.executable, str(head)])
    assert call.status == 1, call.err
    result = results.load(call.folder / "results.json")
    (sent,) = [each for each in result.comparisons if each.metric == "sent_bytes"]
    assert (sent.verdict, round(sent.effect_pct, 1)) == ("worse", 20.0)
    # One interpreter runs both: that is not one program.
    assert [result.subjects[side].command for side in ("base", "head")] == [
        f"{python} {base}",
        f"{python} {head}",
    ]
    assert "the same" not in call.err + call.out
    assert re.search(r"shout\.run sent_bytes \+20\.0 %", call.out)


@pytest.mark.long
def test_with_an_earlier_result(tmp_path):
    shell = ["sh", "-c", "echo tcperf: phase load; sleep 0.1"]
    first = Call(tmp_path, "--runs", "2", command=shell)
    assert first.status == 0, first.err
    (tmp_path / "tcperf-report").rename(tmp_path / "earlier")
    second = Call(tmp_path, "--baseline", "earlier/results.json", command=shell)
    assert second.status == 0, second.err
    compared = results.load(second.folder / "results.json").comparisons
    assert {(each.phase, each.metric) for each in compared} >= {("run", "cpu_ms"), ("load", "time_ms")}
