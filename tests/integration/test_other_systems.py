"""macOS and Windows, played on this Linux (tests/support/other_system.py): what works there, and how it says so."""

import json
import pkgutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import other_system
import pytest
from processes import await_gone
from teamcity_parser import statistics_of

import tcperf
from tcperf import results
from tcperf.metrics import TRAFFIC_METRICS
from tcperf.timeseries import load_series

pytestmark = [pytest.mark.integration, pytest.mark.long]

SYSTEMS = sorted(other_system.NAMES)
PROGRAMS = {"tcperf.__main__", "tcperf.nodes.reference.__main__"}
FEW = ("-p", "one_to_one.messages=4")
SHORT = ("-p", "idle.seconds=0.3")
#: Imports what it is told, and tells what cannot be.
IMPORT = """
import importlib, sys
import other_system
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except (ImportError, AttributeError, other_system.Forbidden) as error:
        print(f"{name}: {error!r}", file=sys.stderr)
print("all", len(sys.argv) - 1)
"""


@pytest.fixture(params=SYSTEMS)
def system(request):
    return request.param


class Calls:
    """Programs on the other system: in a working folder, with a temporary folder of their own."""

    def __init__(self, system, tmp_path):
        self.system = system
        self.cwd = tmp_path / "work"
        self.temporary = tmp_path / "tmp"
        site = tmp_path / "site"
        for folder in (self.cwd, self.temporary, site):
            folder.mkdir()
        self.env = other_system.simulated(system, site, TMPDIR=str(self.temporary))

    def python(self, *arguments, **env):
        return subprocess.run(
            [sys.executable, *arguments],
            env={**self.env, **env},
            cwd=self.cwd,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def tcperf(self, *arguments, **env):
        return self.python("-m", "tcperf", *arguments, **env)

    def node(self):
        """The reference node on that other system, as a program of the user's."""
        path = self.cwd / "node"
        names = (other_system.SYSTEM, "PYTHONPATH")
        settings = " ".join(f"{name}='{self.env[name]}'" for name in names)
        path.write_text(f'#!/bin/sh\nexec env {settings} {sys.executable} -m tcperf.nodes.reference "$@"\n')
        path.chmod(0o755)
        return path


@pytest.fixture
def calls(system, tmp_path):
    return Calls(system, tmp_path)


def modules():
    found = {name for _finder, name, _is_package in pkgutil.walk_packages(tcperf.__path__, "tcperf.")}
    return sorted(found - PROGRAMS - other_system.LINUX_ONLY)


def test_every_module_that_is_not_for_linux_alone_can_be_imported(calls):
    names = [
        *modules(),
        "tcperf_scenarios.one_to_one",
        "tcperf_scenarios.idle",
        "tcperf_scenarios.cold_start",
    ]
    done = calls.python("-c", IMPORT, *names)
    assert done.stderr == ""
    assert done.stdout == f"all {len(names)}\n"


@pytest.mark.parametrize("name", sorted(other_system.LINUX_ONLY))
def test_what_is_for_linux_alone_is_there_and_forbidden_elsewhere(name, tmp_path):
    """The simulation notices: were it blind, the test above would prove nothing."""
    done = Calls("darwin", tmp_path).python("-c", f"import {name}")
    assert f"Forbidden: {name} is for Linux alone" in done.stderr
    assert pkgutil.resolve_name(name).__name__ == name


def test_the_simulation_hides_what_the_other_system_lacks(calls):
    """Seen through a module of tcperf's own, which is all that it changes."""
    code = (
        "import subprocess, tcperf.system, tcperf.workdir as seen\n"
        "print(tcperf.system.this_system().name, hasattr(seen.os, 'sched_getaffinity'), hasattr(seen.os, 'wait4'),"
        " seen.Path('/proc/self/stat').exists(), seen.sys.platform, subprocess.sys.platform)"
    )
    wait4 = calls.system != "win32"
    name, system = other_system.NAMES[calls.system], calls.system
    assert calls.python("-c", code).stdout == f"{name} False {wait4} False {system} linux\n"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["list"], ["doctor", "--help"]])
def test_commands_that_measure_nothing(calls, arguments):
    done = calls.tcperf(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "tcperf" in done.stdout


def test_the_doctor_says_what_there_is_and_how_exact_it_is(calls):
    done = calls.tcperf("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    name = other_system.NAMES[calls.system]
    assert f"--  private network: {name} has no private networks" in done.stdout
    assert "run on Linux" in done.stdout
    assert "--  traffic: not available here" in done.stdout
    assert "ok  CPU: sampled, from psutil" in done.stdout
    assert "ok  memory peak: sampled, from psutil" in done.stdout
    assert "ok  time series: sampled through psutil" in done.stdout
    assert "ok  node: reference" in done.stdout
    assert list(calls.temporary.iterdir()) == []


def test_the_main_job(calls):
    done = calls.tcperf("one_to_one", "idle", *FEW, *SHORT)
    assert done.returncode == 0, done.stderr
    assert f"{other_system.NAMES[calls.system]} has no private networks" in done.stderr
    result = results.load(calls.cwd / "tcperf-report" / "results.json")
    assert result.conditions.network == "host"
    assert any("no frame was counted" in warning for warning in result.warnings)
    assert {run.scenario for run in result.runs} == {"one_to_one", "idle"}
    for run in result.runs:
        assert run.closing is None
        assert run.warnings == ()
        check_run(run, calls)
    assert list(calls.temporary.iterdir()) == []
    assert left_over(calls) == []


def check_run(run, calls):
    """The clock is the clock; whatever psutil tells is no more than sampled."""
    for phase in run.phases:
        assert phase.totals["time_ms"].exactness == "exact"
        assert not set(phase.totals) & set(TRAFFIC_METRICS)
        for measured in phase.nodes.values():
            assert {"cpu_ms", "memory_peak_bytes", "threads_count"} <= set(measured)
            told = {each.exactness for each in measured.values() if each.source.startswith("psutil")}
            assert told <= {"sampled", "bound"}
            assert measured["cpu_ms"].exactness == "sampled"
            assert measured["memory_peak_bytes"].exactness == "sampled"
            assert measured["memory_peak_bytes"].value > 10_000_000
    series = load_series(calls.cwd / "tcperf-report" / run.series)
    assert sorted(series.nodes) == ["alice", "bob"]
    assert series.interval_ms == 200
    for node in series.nodes.values():
        assert len(node.t_ms) >= 1
        assert node.sent_bytes is None
    assert all(ended.user_ms > 0 for ended in run.exits.values())


def left_over(calls):
    """Processes that still know the calls' temporary folder."""
    mark = f"TMPDIR={calls.temporary}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes():
                found.append(int(path.parent.name))
    return await_gone(found)


def test_a_node_of_the_users_and_the_report_made_again(calls):
    """Here the node itself runs on the other system, too."""
    done = calls.tcperf("--node", str(calls.node()), "-p", "messages=2", "-p", "step=0", "--runs", "1")
    assert done.returncode == 0, done.stderr
    (calls.cwd / "tcperf-report" / "report.html").unlink()
    again = calls.tcperf("report", "tcperf-report/results.json", "--out", "again")
    assert again.returncode == 0, again.stderr
    assert (calls.cwd / "again" / "report.html").stat().st_size > 10_000


def test_under_teamcity(calls):
    done = calls.tcperf("run", "one_to_one", *FEW, TEAMCITY_VERSION="2025.07")
    assert (done.returncode, done.stderr) == (0, "")
    statistics = statistics_of(done.stdout.encode())
    assert "tcperf.reference.one_to_one.messages.cpu_ms" in statistics
    assert not [key for key in statistics if "bytes" in key and "memory" not in key]


def test_a_private_network_that_was_asked_for_is_refused(calls):
    done = calls.tcperf("one_to_one", "--network", "private", *FEW)
    assert done.returncode == 3
    name = other_system.NAMES[calls.system]
    assert f"{name} has no private networks: they are made of Linux's network namespaces" in done.stderr
    assert "(run on Linux" in done.stderr
    assert list(calls.temporary.iterdir()) == []


def test_the_hosts_network_that_was_asked_for(calls):
    done = calls.tcperf("idle", "--network", "host", *SHORT)
    assert done.returncode == 0, done.stderr
    warnings = json.loads((calls.cwd / "tcperf-report" / "results.json").read_text())["warnings"]
    assert any("shared this machine's network" in warning for warning in warnings)
    assert not any("no private networks" in warning for warning in warnings)


def test_a_node_that_ends_by_itself_is_told(calls):
    node = calls.cwd / "broken"
    node.write_text("#!/bin/sh\necho nothing here\nexit 3\n")
    node.chmod(0o755)
    done = calls.tcperf("idle", "--node", str(node), "--runs", "1")
    assert done.returncode == 3
    assert "ended with status 3 before it was ready" in done.stderr
    assert "'nothing here'" in done.stderr
    assert list(calls.temporary.iterdir()) == []


def test_a_folder_in_use_is_refused(calls):
    """By whichever lock the system has."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom tcperf.reports.write import reserve\n"
        "with reserve(Path('tcperf-report')):\n    print('mine', flush=True)\n    sys.stdin.read()"
    )
    holding = subprocess.Popen(
        [sys.executable, "-c", code],
        env=calls.env,
        cwd=calls.cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holding:
        assert holding.stdout.readline() == b"mine\n"
        done = calls.tcperf("idle", *SHORT)
        assert done.returncode == 3
        assert "another tcperf is writing to" in done.stderr
    assert calls.tcperf("idle", *SHORT).returncode == 0
    assert not (calls.cwd / "tcperf-report" / ".tcperf-lock").exists()


def test_exec_says_that_it_takes_linux(calls):
    done = calls.tcperf("exec", "--", sys.executable, "-c", "pass")
    assert done.returncode == 3
    assert (
        f"tcperf exec measures programs on Linux, and this is {other_system.NAMES[calls.system]}"
        in done.stderr
    )
