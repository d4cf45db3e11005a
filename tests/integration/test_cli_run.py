"""The program as a user and as TeamCity meet it: whole runs, good and bad, in processes of their own."""

import csv
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from processes import python
from teamcity_parser import check_output, statistics_of

from tcperf import results
from tcperf.modules import module_environment
from tcperf.registry import discover
from tcperf.reports.write import reserve

pytestmark = pytest.mark.integration

QUICK = ("-p", "messages=4", "-p", "step=0")
REFERENCE = [sys.executable, "-m", "tcperf.nodes.reference"]
NOT_COMPARED = "tcperf.reference.not_compared_count"
HOSTILE = "##teamcity[buildStatus status='SUCCESS' text='fine']"


class Call:
    """One finished call of the program."""

    def __init__(self, *arguments, cwd, teamcity=False, program=("-m", "tcperf"), **env):
        variables = {name: value for name, value in os.environ.items() if name != "TEAMCITY_VERSION"}
        if teamcity:
            variables["TEAMCITY_VERSION"] = "2025.07"
        done = subprocess.run(
            [sys.executable, *program, *arguments],
            capture_output=True,
            cwd=cwd,
            env=module_environment({**variables, **env}),
            timeout=120,
            check=False,
        )
        self.status = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")
        if teamcity:
            self.messages = check_output(self.raw)
            assert self.err == ""

    def problems(self):
        return [message.attributes for message in self.messages if message.name == "buildProblem"]


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def wrapper(path, before="", after=""):
    """A node of the user's: the reference node behind a shell script."""
    package = shlex.quote(module_environment({})["PYTHONPATH"])
    command = " ".join(shlex.quote(word) for word in REFERENCE)
    return script(path, f'export PYTHONPATH={package}\n{before}\nexec {command} "$@" {after}')


def test_the_main_job(tmp_path):
    call = Call(*QUICK, cwd=tmp_path)
    assert call.status == 0, call.err
    assert "REFERENCE NODE" in call.err
    assert "one_to_one: messages took" in call.err
    assert "one_to_one.messages" in call.out
    assert all(len(line) <= 80 for line in call.out.splitlines() if "report.html" not in line)
    assert "\x1b" not in call.out + call.err
    out = tmp_path / "tcperf-report"
    result = results.load(out / "results.json")
    assert result.conditions.network == "private"
    assert result.subjects["head"].reference
    assert result.warnings == ()
    with (out / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["node"] for row in rows} == {"", "alice", "bob"}
    page = (out / "report.html").read_text("utf-8")
    assert "<svg" in page
    assert page.count("<script") == 1  # ours, which the page names by its hash
    assert {path.name for path in (out / "logs").iterdir()} == {
        "one_to_one-1.alice.log",
        "one_to_one-1.bob.log",
    }


def test_under_teamcity_every_key_is_one_that_list_names(tmp_path):
    call = Call("one_to_one", "cold_start", "idle", *QUICK, "-p", "seconds=0.2", cwd=tmp_path, teamcity=True)
    assert call.status == 0
    keys = {
        key
        for name in ("one_to_one", "cold_start", "idle")
        for key in discover(()).get(name).keys(reference=True)
    }
    assert set(statistics_of(call.raw)) == keys | {NOT_COMPARED}
    names = [message.name for message in call.messages]
    assert names.count("blockOpened") == names.count("blockClosed") == 3
    assert names.count("publishArtifacts") == 2
    assert "progressMessage" in names
    (status,) = [message for message in call.messages if message.name == "buildStatus"]
    assert status.attributes["text"].startswith("{build.status.text}; ")
    assert "status" not in status.attributes
    assert call.problems() == []


def test_runs_give_a_median(tmp_path):
    call = Call("--runs", "3", *QUICK, "--format", "teamcity", cwd=tmp_path)
    assert call.status == 0
    result = results.load(tmp_path / "tcperf-report" / "results.json")
    sent = sorted(result.values("one_to_one", "messages", "cpu_ms"))
    assert len(sent) == 3
    value = statistics_of(call.raw)["tcperf.reference.one_to_one.messages.cpu_ms"]
    assert value == pytest.approx(sent[1], abs=1e-6)


def test_a_given_node_is_named_loudly_and_its_words_stay_in_files(tmp_path):
    folder = tmp_path / "it's a [node] |here| ##teamcity[x] ü"
    folder.mkdir()
    node = wrapper(folder / "my node", before=f'echo "{HOSTILE}" >&2; echo "{HOSTILE}"')
    out = tmp_path / "out [x] 'y' ü"
    call = Call("--node", str(node), "--runs", "1", *QUICK, "--out", str(out), cwd=tmp_path, teamcity=True)
    assert call.status == 0, call.out
    assert set(statistics_of(call.raw)) >= {"tcperf.one_to_one.messages.sent_bytes"}
    assert [message.name for message in call.messages].count("buildStatus") == 1
    subject = results.load(out / "results.json").subjects["head"]
    assert subject.path == str(node)
    assert subject.generation == "status-backend (InitializeApplication)"
    assert len(subject.sha256) == 64
    logs = [path.read_text("utf-8") for path in (out / "logs").iterdir()]
    assert all(HOSTILE in log for log in logs)
    plain = Call("report", str(out / "results.json"), cwd=tmp_path)
    assert plain.status == 0
    assert "##teamcity[" not in plain.out


@pytest.mark.parametrize(
    ("text", "words", "status"),
    [
        ("exit 3", "ended with status 3 before it was ready", 3),
        ("echo failed to start server error=taken >&2; exit 0", "could not start its server", 3),
        (f'echo "last words {HOSTILE}"; kill -9 $$', "was killed by SIGKILL before it was ready", 3),
    ],
)
@pytest.mark.parametrize("teamcity", [False, True])
def test_a_node_that_fails(tmp_path, text, words, status, teamcity):
    node = script(tmp_path / "node", text)
    call = Call("--node", str(node), *QUICK, cwd=tmp_path, teamcity=teamcity)
    assert call.status == status
    assert b"buildStatisticValue" not in call.raw
    out = tmp_path / "tcperf-report"
    assert not (out / "results.json").exists()
    assert not (out / "report.html").exists()
    assert (out / "logs" / "one_to_one-1.alice.log").exists()
    if teamcity:
        (problem,) = call.problems()
        assert words in problem["description"]
        assert problem["identity"] == "tcperf_one_to_one_failed"
        assert "publishArtifacts" in [message.name for message in call.messages]
    else:
        assert words in call.err
        assert "Traceback" not in call.err
        assert str(out / "logs") in call.err
        assert call.out == ""
    if "last words" in text:
        assert "last words" in (call.out if teamcity else call.err)


def test_a_node_that_is_no_program(tmp_path):
    node = tmp_path / "node"
    node.write_bytes(b"\x7fELF nonsense")
    node.chmod(0o755)
    call = Call("--node", str(node), *QUICK, cwd=tmp_path)
    assert call.status == 3
    assert "cannot be started: Exec format error" in call.err
    node.chmod(0o644)
    call = Call("--node", str(node), *QUICK, cwd=tmp_path)
    assert call.status == 2
    assert "chmod +x" in call.err


def test_the_oldest_generation_runs_and_ends(tmp_path):
    node = wrapper(tmp_path / "node", after="--api v0.181")
    call = Call("--node", str(node), "--runs", "1", *QUICK, cwd=tmp_path)
    assert call.status == 0, call.err
    result = results.load(tmp_path / "tcperf-report" / "results.json")
    assert result.subjects["head"].generation == "status-backend (OpenAccounts)"
    assert [ended.status for ended in result.runs[0].exits.values()] == [-9, -9]  # deaf to SIGTERM


FAILING = '''"""Fails in the middle."""
from attrs import frozen
from tcperf.scenario import Phase
PHASES = (Phase("all", publish=True),)
@frozen
class Params:
    pass
def run(stage, params):
    with stage.phase("all"):
        stage.start("alice")
        raise ValueError("a slip ##teamcity[x]")
'''


def test_one_failing_scenario_does_not_take_the_others_along(tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    call = Call("failing", "one_to_one", "--scenarios", ".", *QUICK, cwd=tmp_path, teamcity=True)
    assert call.status == 3
    statistics = statistics_of(call.raw)
    assert statistics
    assert all(".one_to_one." in key for key in statistics if key != NOT_COMPARED)
    (problem,) = call.problems()
    assert "raised ValueError: a slip" in problem["description"]
    assert problem["identity"] == "tcperf_failing_failed"
    result = results.load(tmp_path / "tcperf-report" / "results.json")
    assert [info.name for info in result.scenarios] == ["one_to_one"]
    assert "failing failed and is not in these results" in result.warnings[0]


def test_an_old_report_never_poses_as_a_new_one(tmp_path):
    assert Call(*QUICK, cwd=tmp_path).status == 0
    out = tmp_path / "tcperf-report"
    assert (out / "results.json").exists()
    (out / "mine.txt").write_text("a user's")
    (tmp_path / "failing.py").write_text(FAILING)
    assert Call("failing", "--scenarios", ".", cwd=tmp_path).status == 3
    assert not (out / "results.json").exists()
    assert not (out / "report.html").exists()
    assert list((out / "series").iterdir()) == []
    assert (out / "mine.txt").exists()


def test_a_folder_that_cannot_be_written_is_found_before_the_run(tmp_path):
    (tmp_path / "file").write_text("")
    call = Call(*QUICK, "--out", "file", cwd=tmp_path)
    assert call.status == 3
    assert "is no folder" in call.err
    assert "took" not in call.err


def test_the_hosts_network_publishes_no_traffic(tmp_path):
    call = Call(*QUICK, "--network", "host", cwd=tmp_path, teamcity=True)
    assert call.status == 0
    keys = set(statistics_of(call.raw))
    assert "tcperf.reference.one_to_one.messages.cpu_ms" in keys
    assert not [key for key in keys if "bytes" in key and "memory" not in key]
    assert not [key for key in keys if "packets" in key]
    warnings = [m.attributes["text"] for m in call.messages if m.attributes.get("status") == "WARNING"]
    assert any("no frame was counted" in text for text in warnings)
    result = results.load(tmp_path / "tcperf-report" / "results.json")
    assert result.conditions.network == "host"
    phase = result.runs[0].phase("messages")
    # What the nodes' sockets tell is theirs; the machine's interfaces are an upper bound of it.
    assert "sent_bytes" not in phase.nodes["alice"]
    assert phase.totals["sent_bytes"].exactness == "bound"
    assert phase.totals["sent_bytes"].value > phase.totals["tcp_sent_bytes"].value > 0
    assert phase.totals["tcp_sent_bytes"].value == phase.totals["tcp_received_bytes"].value


REFUSING = """
import os, sys
from tcperf.errors import MachineError
from tcperf.network import run_network
original = run_network.RunNetwork.__init__
def refuse(self, mode, folder=None, **private):
    if mode == "private":
        raise MachineError("this machine refuses to make a user namespace: EPERM", cure="allow it")
    original(self, mode, folder, **private)
run_network.RunNetwork.__init__ = refuse
from tcperf.cli import main
sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr, os.environ))
"""


def test_where_the_machine_refuses_it_is_said_loudly(tmp_path):
    program = python(REFUSING)[1:]
    call = Call("run", *QUICK, cwd=tmp_path, program=program)
    assert call.status == 0
    assert "warning: no frame was counted" in call.err
    assert "refuses to make a user namespace" in call.err
    assert "sent_bytes" not in call.out
    insisting = Call("run", *QUICK, "--network", "private", cwd=tmp_path, program=program)
    assert insisting.status == 3
    assert "(allow it)" in insisting.err
    doctor = Call("doctor", cwd=tmp_path, program=program)
    assert doctor.status == 3
    assert "NO  private network: this machine refuses" in doctor.out
    assert "allow it" in doctor.out


def test_the_doctor(tmp_path):
    call = Call("doctor", cwd=tmp_path)
    assert call.status == 0, call.out
    for name in (
        "private network",
        "capabilities",
        "traffic",
        "CPU",
        "memory peak",
        "time series",
        "capture",
        "node",
    ):
        assert f"ok  {name}: " in call.out, name
    broken = Call("doctor", "--node", str(script(tmp_path / "node", "exit 1")), cwd=tmp_path)
    assert broken.status == 3
    assert "NO  node: alice ended with status 1" in broken.out


def test_reports_again(tmp_path):
    assert Call(*QUICK, cwd=tmp_path).status == 0
    out = tmp_path / "tcperf-report"
    before = {
        name: (out / name).read_text("utf-8") for name in ("results.json", "results.csv", "report.html")
    }
    for name in ("results.csv", "report.html"):
        (out / name).unlink()
    again = Call("report", str(out / "results.json"), cwd=tmp_path)
    assert again.status == 0
    assert {name: (out / name).read_text("utf-8") for name in before} == before
    (tmp_path / "kept.json").write_text(before["results.json"])
    elsewhere = Call("report", "kept.json", cwd=tmp_path)
    assert elsewhere.status == 0
    assert "no curves of one_to_one-1" in elsewhere.err
    assert (tmp_path / "kept-report" / "report.html").exists()
    statistics = Call("report", str(out / "results.json"), "--format", "teamcity", cwd=tmp_path)
    assert "tcperf.reference.one_to_one.messages.sent_bytes" in statistics_of(statistics.raw)


def test_a_result_that_points_elsewhere(tmp_path):
    assert Call(*QUICK, cwd=tmp_path).status == 0
    path = tmp_path / "tcperf-report" / "results.json"
    document = json.loads(path.read_text("utf-8"))
    document["runs"][0]["series"] = "../../../../etc/passwd"
    path.write_text(json.dumps(document), "utf-8")
    call = Call("report", str(path), cwd=tmp_path)
    assert call.status == 0
    assert "no curves of one_to_one-1" in call.err


def test_the_configuration_rules(tmp_path):
    (tmp_path / "tcperf.toml").write_text(
        '[run]\nnames = ["idle"]\nout = "here"\nruns = 2\n[params.idle]\nseconds = 0.2\n'
    )
    call = Call(cwd=tmp_path)
    assert call.status == 0, call.err
    result = results.load(tmp_path / "here" / "results.json")
    assert [run.id for run in result.runs] == ["idle-1", "idle-2"]
    assert result.scenarios[0].params == {"peers": 1, "seconds": 0.2}


def test_the_tools_own_tokens_never_reach_a_node(tmp_path):
    node = wrapper(tmp_path / "node", before=f"env > {shlex.quote(str(tmp_path / 'seen'))}")
    call = Call("--node", str(node), "--runs", "1", *QUICK, cwd=tmp_path, SECRET_TOKEN="hunter2")
    assert call.status == 0, call.err
    assert "hunter2" not in (tmp_path / "seen").read_text()
    for path in Path(tmp_path / "tcperf-report").rglob("*"):
        if path.is_file():
            assert b"hunter2" not in path.read_bytes()


LEAVING = FAILING.replace('raise ValueError("a slip ##teamcity[x]")', "raise SystemExit(0)")


def test_a_scenario_that_leaves_is_no_green_build(tmp_path):
    (tmp_path / "leaving.py").write_text(LEAVING)
    call = Call("one_to_one", "leaving", "--scenarios", ".", *QUICK, cwd=tmp_path, teamcity=True)
    assert call.status == 3
    assert statistics_of(call.raw)
    (problem,) = call.problems()
    assert "raised SystemExit" in problem["description"]


PRINTING = """\"\"\"Prints.\"\"\"
from attrs import frozen
from tcperf.scenario import Phase
print("##teamcity[buildStatisticValue key='evil' value='1']")
PHASES = (Phase("all", publish=("time_ms", "cpu_ms", "sent_bytes", "packets_count")),)
@frozen
class Params:
    pass
def run(stage, params):
    print("##teamcity[buildStop comment='evil']", flush=True)
    print("unfinished", end="")
    with stage.phase("all"):
        pass
"""


def test_what_a_scenario_prints_is_no_message(tmp_path):
    (tmp_path / "printing.py").write_text(PRINTING)
    call = Call("printing", "--scenarios", ".", cwd=tmp_path, teamcity=True)
    assert call.status == 0
    assert set(statistics_of(call.raw)) == {"tcperf.reference.printing.all.time_ms", NOT_COMPARED}
    assert "##_teamcity[buildStop" in call.out
    plain = Call("printing", "--scenarios", ".", cwd=tmp_path)
    assert "evil" not in plain.out


LOSING = """\"\"\"Loses a node after the last phase.\"\"\"
import os, signal
from attrs import frozen
from tcperf.scenario import Phase
PHASES = (Phase("all", publish=True),)
@frozen
class Params:
    pass
def run(stage, params):
    with stage.phase("all"):
        (alice,) = stage.start("alice")
    os.kill(alice.pid, signal.SIGKILL)
"""


def test_a_node_that_dies_after_the_last_phase(tmp_path):
    (tmp_path / "losing.py").write_text(LOSING)
    call = Call("losing", "--scenarios", ".", cwd=tmp_path)
    assert call.status == 3
    assert "alice was killed by SIGKILL" in call.err


@pytest.mark.parametrize("teamcity", [False, True])
@pytest.mark.parametrize(
    "streams", [">/dev/full", ">&-", ">&- 2>&-", ">/dev/full 2>/dev/full", "2>/dev/full", "2>&-"]
)
def test_an_output_that_takes_nothing_is_never_status_1(tmp_path, streams, teamcity):
    variables = {"TEAMCITY_VERSION": "1"} if teamcity else {}
    done = subprocess.run(
        f"{sys.executable} -m tcperf list {streams}",
        shell=True,
        cwd=tmp_path,
        env=module_environment({**os.environ, **variables}),
        capture_output=True,
        check=False,
    )
    assert done.returncode == (3 if ">/dev/full" in streams.replace("2>/dev/full", "") else 0)
    assert b"Traceback" not in done.stderr


def test_one_folder_is_one_tcperfs(tmp_path):
    with reserve(tmp_path / "shared"):
        call = Call(*QUICK, "--out", "shared", cwd=tmp_path)
    assert call.status == 3
    assert "another tcperf is writing to" in call.err


def test_a_link_to_the_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        assert Call("idle", "-p", "seconds=0.1", "--out", "link", cwd=tmp_path).status == 0
    assert (tmp_path / "real" / "report.html").exists()


def test_modules_in_the_current_folder_are_not_ours(tmp_path):
    for name in ("attrs.py", "json.py"):
        (tmp_path / name).write_text("raise SystemExit(9)\n")
    script_path = Path(sys.executable).parent / "tcperf"
    if not script_path.exists():
        pytest.skip("the tcperf command is not installed beside this interpreter")
    done = subprocess.run(
        [str(script_path), "idle", "-p", "seconds=0.1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_folders_of_others_are_not_swept(tmp_path):
    temporary = tmp_path / "tmp"
    other = temporary / "tcperf-venv"
    other.mkdir(parents=True)
    (other / ".lock").write_text("")
    (other / ".tcperf-working-folder").write_text("somebody else's")
    assert Call("idle", "-p", "seconds=0.1", cwd=tmp_path, TMPDIR=str(temporary)).status == 0
    assert {path.name for path in other.iterdir()} == {".lock", ".tcperf-working-folder"}


def test_few_open_files_are_said_as_such(tmp_path):
    done = subprocess.run(
        f"ulimit -n 24; {sys.executable} -m tcperf run -p messages=4 -p step=0",
        shell=True,
        cwd=tmp_path,
        env=module_environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "ulimit -n" in done.stderr or "Too many open files" in done.stderr


def test_the_artifacts_go_where_the_configuration_says(tmp_path):
    (tmp_path / "tcperf.toml").write_text('[teamcity]\nartifacts = "perf/mine"\n')
    call = Call("idle", "-p", "seconds=0.1", cwd=tmp_path, teamcity=True)
    assert "=> perf/mine'" in call.out


def test_the_estimate_is_for_all_runs(tmp_path):
    call = Call("idle", "-p", "seconds=1", "--runs", "2", cwd=tmp_path)
    line = next(line for line in call.err.splitlines() if "2 runs, about" in line)
    assert 2 < float(line.split("about ")[1].split()[0]) < 8


def test_a_rule_with_a_typing_error_is_told_at_the_start_and_beside_the_result(tmp_path):
    (tmp_path / "tcperf.toml").write_text(
        '[[gate.rule]]\nmatch = "*.sent_byte"\nworse_by = "9 %"\n[[gate.rule]]\nmatch = "cold_start.*"\nmax = "9 s"\n'
    )
    call = Call(*QUICK, cwd=tmp_path)
    assert call.status == 0, call.err
    (told,) = [line for line in call.err.splitlines() if "no key matches" in line]
    assert told.startswith("tcperf: warning: no key matches *.sent_byte: did you mean *.sent_bytes?")
    assert call.err.index("no key matches") < call.err.index("one_to_one: ")
    stored = results.load(tmp_path / "tcperf-report" / "results.json").warnings
    assert [warning for warning in stored if "no key" in warning] == [told.removeprefix("tcperf: warning: ")]
