"""``tcperf settings`` as a function: what it prints, writes, refuses, and does to a server."""

import io
import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import kotlin_reader as reader
import pytest
from teamcity_server import TeamCityServer

from tcperf import cli
from tcperf.teamcity.settings import kotlin

TOML = """\
[run]
node = "build/bin/status-backend"
names = ["one_to_one"]

[teamcity]
install = "tools/tcperf"
build = "make status-backend"
base_build = "make status-backend"
vcs_root = "Root_Id"
"""


class Call:
    """One call of main: its status and what it wrote."""

    def __init__(self, *argv, env=None):
        raw, stderr = io.BytesIO(), io.StringIO()
        stdout = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
        self.status = cli.main(["settings", *map(str, argv)], stdout, stderr, env or {})
        self.out, self.err = raw.getvalue().decode(), stderr.getvalue()


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tcperf.toml").write_text(TOML)


def script(source):
    return dict(reader.assigned(source))["scriptContent"]


# --- what is printed ---------------------------------------------------------------------------------


def test_kotlin_goes_to_standard_output():
    call = Call("--kotlin")
    assert (call.status, call.err) == (0, "")
    assert call.out.startswith(kotlin.MARK)
    assert "tcperf.one_to_one.messages.time_ms" in reader.texts(call.out)
    assert not any("cold_start" in text for text in reader.texts(call.out))
    assert script(call.out).splitlines()[-1] == (
        ".tcperf/bin/python -m tcperf run --trend --base .parent/build/bin/status-backend --gate condition"
    ), "what tcperf.toml says, run finds there again"


def test_generating_again_gives_no_difference():
    assert Call("--kotlin").out == Call("--kotlin").out
    assert Call("--rest").out == Call("--rest").out


def test_what_is_given_here_goes_into_the_step():
    call = Call(
        "--kotlin", "cold_start", "idle", "--node", "out/node", "-p", "idle.seconds=5", "--config", "tcperf.toml"
    )  # fmt: skip
    assert script(call.out).splitlines()[-1] == (
        ".tcperf/bin/python -m tcperf run cold_start idle --node out/node --config tcperf.toml "
        "--param idle.seconds=5 --trend --base .parent/out/node --gate condition"
    )
    keys = {text for text in reader.texts(call.out) if text.startswith("tcperf.")}
    assert {key.split(".")[1] for key in keys if key.count(".") > 2} == {"cold_start", "idle"}


def test_paths_of_this_machine_become_those_of_the_checkout(tmp_path):
    (tmp_path / "ci").mkdir()
    (tmp_path / "tcperf.toml").rename(tmp_path / "ci/perf.toml")
    relative, absolute = (
        Call("--kotlin", "--config", str(base / "ci/perf.toml"), "--node", str(base / "out/node"))
        for base in (Path(), tmp_path)
    )
    assert absolute.out == relative.out
    assert absolute.err == relative.err == ""
    assert " --node out/node --config ci/perf.toml " in script(absolute.out)


@pytest.mark.parametrize("form", ["absolute", "relative"])
def test_a_file_that_no_checkout_has_is_warned_of(tmp_path_factory, form):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "perf.toml").write_text(TOML)
    path = str(folder / "perf.toml") if form == "absolute" else os.path.relpath(folder / "perf.toml")
    call = Call("--kotlin", "--config", path, "--node", "out/node")
    assert call.status == 0
    assert call.err == (
        f"tcperf: warning: --config {path} is not within the checkout, and no agent has it: call tcperf settings at the "
        "top of the repository, and keep it there\n"
    )
    assert Call("--rest", "--config", path, "--node", "out/node").err == ""


def test_scenarios_of_a_folder(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more/greeting.py").write_text(
        '"""Hello."""\n'
        "from attrs import frozen\n"
        "from tcperf.scenario import Phase\n"
        "PHASES = (Phase('hello', publish=True),)\n"
        "@frozen\nclass Params: pass\n"
        "def run(stage, params): pass\n"
    )
    call = Call("--kotlin", "greeting", "--scenarios", "more")
    assert "tcperf.greeting.hello.cpu_ms_worse_pct" in reader.texts(call.out)
    assert " greeting --scenarios more " in script(call.out)


def test_the_bundled_node(tmp_path):
    (tmp_path / "tcperf.toml").unlink()
    call = Call("--kotlin")
    assert call.status == 0
    assert "tcperf.reference.regressions_count" in reader.texts(call.out)
    assert "REFERENCE NODE" in call.err
    assert "[teamcity] install" in call.err
    assert script(call.out).splitlines()[-1] == 'python3 -m tcperf run --trend "$@" --gate condition'


def test_a_node_that_nothing_builds_is_warned_of(tmp_path):
    (tmp_path / "tcperf.toml").write_text('[teamcity]\ninstall = "x"\n')
    call = Call("--kotlin", "--node", "build/node")
    assert call.err == (
        "tcperf: warning: the step takes build/node as it is: say what builds it with [teamcity] build\n"
    )


@pytest.mark.parametrize(
    ("required", "base_build", "conditions", "warned"),
    [
        (False, False, "not_compared", ["the condition not_compared"]),
        (True, False, "regressions", ["[gate] require_comparison"]),
        (True, False, "not_compared", ["the condition not_compared", "[gate] require_comparison"]),
        (False, False, "undecided", []),
        (True, True, "not_compared", []),
    ],
)
def test_what_no_first_build_can_pass_is_warned_of(tmp_path, required, base_build, conditions, warned):
    text = TOML if base_build else TOML.replace('base_build = "make status-backend"\n', "")
    (tmp_path / "tcperf.toml").write_text(text + "\n[gate]\nrequire_comparison = true\n" * required)
    call = Call("--kotlin", "--conditions", conditions)
    assert call.status == 0
    found = [line for line in call.err.splitlines() if "fails the first build, and each after" in line]
    assert [line.removeprefix("tcperf: warning: ").partition(" fails ")[0] for line in found] == warned


def test_conditions_of_the_command_line():
    def keys(*argv):
        return [
            line.split('"')[3] for line in Call("--kotlin", *argv).out.splitlines() if '"metricKey"' in line
        ]

    assert keys() == ["tcperf.regressions_count"]
    assert keys("--conditions", "over_budget, not_compared") == [
        "tcperf.over_budget_count",
        "tcperf.not_compared_count",
    ]
    assert keys("--classic")[:2] == ["tcperf.regressions_count", "tcperf.one_to_one.messages.time_ms"]
    assert len(keys("--classic")) == 8
    assert len(keys("--conditions", "worse")) == 7


def test_the_parents_build_can_be_given_here(tmp_path):
    (tmp_path / "tcperf.toml").write_text('[run]\nnode = "bin/node"\n')
    assert ".parent" not in Call("--kotlin").out
    text = script(Call("--kotlin", "--base-build", "make all").out)
    assert "(\ncd .parent\nmake all\n)\n" in text
    assert "--base .parent/bin/node" in text


def test_a_base_of_tcperf_toml_is_left_to_run(tmp_path):
    (tmp_path / "tcperf.toml").write_text('[run]\nnode = "n"\nbase = "b"\nbudget = "10m"\n')
    call = Call("--kotlin")
    assert script(call.out) == "#!/bin/sh\nset -eu\n\npython3 -m tcperf run --trend --gate condition"
    assert "executionTimeoutMin = 70" in call.out


@pytest.mark.parametrize(("runs", "words"), [("", " --runs 5"), ("runs = 3\n", "")])
def test_a_file_is_compared_in_runs_enough_unless_it_is_said_how_many(tmp_path, runs, words):
    (tmp_path / "tcperf.toml").write_text(f'[run]\nnode = "build/bin/status-backend"\n{runs}')
    lines = script(Call("--kotlin").out).splitlines()
    assert [line.strip() for line in lines if "--baseline '?:.tcperf" in line] == [
        f"set -- --baseline '?:.tcperf-baseline/results.json'{words}"
    ]


def test_the_charts_alone():
    document = json.loads(Call("--rest", "--project", "Perf").out)
    assert document["post"] == "/app/rest/projects/id:Perf/projectFeatures"
    types = [feature["type"] for feature in document["projectFeature"]]
    assert types[-2:] == ["ReportTab", "buildtype-graphs.order"]
    assert set(types[:-2]) == {"buildtype-graphs"}


def test_the_root_project_has_an_identifier_of_its_own():
    document = json.loads(Call("--rest", "--project", "_Root").out)
    assert document["post"] == "/app/rest/projects/id:_Root/projectFeatures"


def test_under_teamcity_it_is_the_same_text():
    call = Call("--kotlin", env={"TEAMCITY_VERSION": "2026.1"})
    assert call.status == 0
    assert call.out == Call("--kotlin").out


# --- what is written ---------------------------------------------------------------------------------


def test_kotlin_for_an_empty_project(tmp_path):
    call = Call("--kotlin", "--out", ".teamcity")
    assert (call.status, call.out) == (0, "")
    assert (tmp_path / ".teamcity/tcperf/Tcperf.kt").read_text() == Call("--kotlin").out
    assert (tmp_path / ".teamcity/settings.kts").read_text() == kotlin.project()
    assert call.err.splitlines() == [
        "tcperf: written: .teamcity/tcperf/Tcperf.kt",
        "tcperf: written: .teamcity/settings.kts",
    ]
    before = (tmp_path / ".teamcity/settings.kts").read_bytes()
    assert Call("--kotlin", "--out", ".teamcity").status == 0, "its own files are written over"
    assert (tmp_path / ".teamcity/settings.kts").read_bytes() == before


def test_a_project_that_is_there_already_is_left_alone(tmp_path):
    (tmp_path / ".teamcity").mkdir()
    theirs = 'version = "2025.03"\nproject { }\n'
    (tmp_path / ".teamcity/settings.kts").write_text(theirs)
    call = Call("--kotlin", "--out", ".teamcity")
    assert call.status == 0
    assert (tmp_path / ".teamcity/settings.kts").read_text() == theirs
    assert (tmp_path / ".teamcity/tcperf/Tcperf.kt").exists()
    assert "is yours: it needs the line `import tcperf.tcperf`" in call.err
    assert "the line `tcperf()`" in call.err


def test_xml(tmp_path):
    call = Call("--xml", "--project", "Proj", "--out", "xml")
    assert (call.status, call.out) == (0, "")
    written = sorted(
        path.relative_to(tmp_path / "xml").as_posix() for path in Path("xml").resolve().rglob("*.xml")
    )
    assert written == ["buildTypes/Proj_Tcperf.xml", "project-config.xml"]
    for path in Path("xml").rglob("*.xml"):
        ET.parse(path)
    assert Call("--xml", "--project", "Proj", "--out", "xml").status == 0


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("tcperf/Tcperf.kt", ["--kotlin"]),
        ("project-config.xml", ["--xml", "--project", "Proj"]),
        ("project-features.json", ["--rest"]),
    ],
)
def test_a_file_of_somebody_elses_is_not_written_over(tmp_path, name, argv):
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    call = Call(*argv, "--out", "out")
    assert call.status == 3
    assert "is there, and tcperf settings did not make it" in call.err
    assert path.read_text() == "mine\n"
    files = [each for each in (tmp_path / "out").rglob("*") if each.is_file()]
    assert files == [path], "all of it, or nothing"


def test_a_folder_where_a_file_belongs_is_somebody_elses(tmp_path):
    (tmp_path / "out/tcperf/Tcperf.kt").mkdir(parents=True)
    call = Call("--kotlin", "--out", "out")
    assert call.status == 3
    assert "did not make it" in call.err
    assert not (tmp_path / "out/settings.kts").exists()


def test_the_charts_alone_as_a_file(tmp_path):
    assert Call("--rest", "--out", "out").status == 0
    assert json.loads((tmp_path / "out/project-features.json").read_text())["projectFeature"]
    assert Call("--rest", "--out", "out").status == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_made(tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert Call("--kotlin", "--out", "new/folder").status == 3
    finally:
        tmp_path.chmod(0o700)


def test_what_is_there_already_is_not_written_again(tmp_path):
    Call("--kotlin", "--out", ".teamcity")
    made = tmp_path / ".teamcity/tcperf/Tcperf.kt"
    before = made.stat()
    assert Call("--kotlin", "--out", ".teamcity").err.splitlines() == [
        "tcperf: unchanged: .teamcity/tcperf/Tcperf.kt",
        "tcperf: unchanged: .teamcity/settings.kts",
    ]
    assert (made.stat().st_mtime_ns, made.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert Call("--kotlin", "--classic", "--out", ".teamcity").err.splitlines() == [
        "tcperf: written: .teamcity/tcperf/Tcperf.kt",
        "tcperf: unchanged: .teamcity/settings.kts",
    ]


@pytest.mark.parametrize("form", [["--kotlin"], ["--rest"], ["--xml", "--project", "P"]], ids="krx")
def test_a_folder_that_is_a_file(tmp_path, form):
    (tmp_path / "out").write_text("x")
    call = Call(*form, "--out", "out")
    assert call.status == 2
    assert "--out out is a file, and a folder is needed (choose another --out)" in call.err
    assert (tmp_path / "out").read_text() == "x"


# --- what is warned of -------------------------------------------------------------------------------


def warned(*argv):
    call = Call(*argv)
    assert call.status == 0
    return [line.removeprefix("tcperf: warning: ") for line in call.err.splitlines()]


def test_without_a_step_nothing_is_said_of_one(tmp_path):
    (tmp_path / "tcperf.toml").write_text('[run]\nnode = "n"\n[teamcity]\nname = "%env.X%"\n')
    assert len(warned("--kotlin")) == 3
    assert warned("--rest") == []
    (tmp_path / "tcperf.toml").write_text('[teamcity]\nbuild = "make"\n')
    (told,) = warned("--rest")
    assert "REFERENCE NODE" in told


@pytest.mark.parametrize("line", ['build = "make"', 'base_build = "make"', "keep_node = true"])
def test_what_is_about_a_node_that_nobody_gave_is_warned_of(tmp_path, line):
    key = line.split()[0]
    (tmp_path / "tcperf.toml").write_text(f'[teamcity]\ninstall = "x"\n{line}\n')
    node, left_out = warned("--kotlin")
    assert "REFERENCE NODE" in node
    assert left_out == (
        f"[teamcity] {key} is left out: it is about a node of yours, and none is given (--node, or [run] node)"
    )
    assert "make" not in script(Call("--kotlin").out)
    (tmp_path / "tcperf.toml").write_text("[teamcity]\nkeep_node = false\n")
    assert not any("left out" in text for text in warned("--kotlin"))


@pytest.mark.parametrize(
    ("key", "text", "cure"),
    [
        ("build", "make V=%env.VERSION%", "the command has it as $VERSION"),
        (
            "base_build",
            "make V=%build.prefix%",
            "give the project a parameter env.NAME that is %build.prefix%: the command has it as $NAME",
        ),
        ("name", "tcperf of %teamcity.project.id%", "only build and base_build have variables"),
    ],
)
def test_a_parameter_that_teamcity_will_not_put_there_is_warned_of(tmp_path, key, text, cure):
    told = f'[run]\nnode = "n"\n[teamcity]\ninstall = "x"\nbuild = "m"\n{key} = "{text}"\n'
    (tmp_path / "tcperf.toml").write_text(told.replace('build = "m"\n', "") if key == "build" else told)
    parameter = text.split("%")[1]
    (warning,) = warned("--kotlin")
    assert warning == f"[teamcity] {key}: %{parameter}% means itself, TeamCity puts nothing there ({cure})"
    assert f"%%{parameter}%%" in Call("--kotlin").out


def test_per_cent_signs_of_a_shell_are_no_parameters(tmp_path):
    shell = 'date +%Y-%m-%d; date +%H.%M.%S; printf \\"%d %%\\" 5'
    (tmp_path / "tcperf.toml").write_text(
        f'[run]\nnode = "n"\n[teamcity]\ninstall = "x"\nbuild = "{shell}"\ntoken = "%github.token%"\n'
    )
    assert warned("--kotlin") == []


# --- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "one of the arguments --kotlin --xml --rest is required"),
        (["--kotlin", "--xml"], "not allowed with argument"),
        (["--kotlin", "--apply"], "--apply is about the REST interface"),
        (["--xml", "--server", "http://x"], "--server is about the REST interface"),
        (["--rest", "--dry-run"], "--dry-run tells what --apply would do"),
        (["--rest", "--apply"], "--apply needs the project that gets the charts"),
        (["--rest", "--prune"], "--prune is about what --apply finds (give --rest --apply with it)"),
        (["--xml"], "settings in XML are several files"),
        (["--xml", "--out", "x"], "give --project ID and --out DIR"),
        (["--rest", "--project", "a b"], "argument --project: 'a b' is no identifier"),
        (["--kotlin", "--conditions", "wors"], "argument --conditions: 'wors' is not one of"),
        (["--kotlin", "--conditions", "worse,regressions"], "would each report the same regression"),
        (["--kotlin", "--base-build", " "], "argument --base-build: ' ' is no command"),
        (["--kotlin", "--out", ""], "--out is empty"),
        (["--kotlin", "one_to_on"], "there is no scenario 'one_to_on'"),
        (["--kotlin", "-p", "message=3"], "message"),
        (["--kotlin", "-p", "order=a\tb"], ""),
        (["--kotlin", "--node", "x\x07"], "holds control characters or broken text"),
        (["--kotlin", "--node", "bad\udcff"], "holds control characters or broken text"),
    ],
)
def test_what_makes_no_sense(argv, message):
    call = Call(*argv)
    assert (call.status, call.out) == (2, "")
    assert message in call.err
    assert "Traceback" not in call.err


def test_xml_needs_the_root(tmp_path):
    (tmp_path / "tcperf.toml").write_text("")
    call = Call("--xml", "--project", "P", "--out", "x")
    assert call.status == 2
    assert "teamcity.vcs_root is not set" in call.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("node", ["../node", "/opt/node"])
def test_a_node_outside_of_the_checkout_has_no_parent(node):
    call = Call("--kotlin", "--node", node)
    assert call.status == 2
    assert "the parent's node cannot be found" in call.err


def test_the_place_in_tcperf_toml_is_told(tmp_path):
    (tmp_path / "tcperf.toml").write_text(TOML.replace("build/bin/status-backend", "/opt/node"))
    call = Call("--kotlin")
    assert call.status == 2
    assert f"{tmp_path / 'tcperf.toml'}:2: the parent's node cannot be found" in call.err
    (tmp_path / "tcperf.toml").write_text(TOML.replace("names =", 'baseline = "old.json"\nnames ='))
    call = Call("--kotlin")
    assert call.status == 2
    assert f"{tmp_path / 'tcperf.toml'}:3: a baseline is given, and base_build makes a base" in call.err


# --- the server --------------------------------------------------------------------------------------


@pytest.fixture
def server():
    with TeamCityServer(projects=("Perf",)) as running:
        yield running


def applied(server, *argv, **env):
    given = {"TCPERF_TEAMCITY_TOKEN": server.token, **env}
    return Call(
        "--rest", "--apply", "--project", "Perf", "--server", server.url, *argv,
        env={name: value for name, value in given.items() if value},
    )  # fmt: skip


def test_a_project_gets_its_charts_and_twice_does_no_harm(server):
    dry = applied(server, "--dry-run")
    assert (dry.status, dry.err) == (0, "")
    assert {line.partition(":")[0] for line in dry.out.splitlines()} == {"to be made"}
    assert server.features["Perf"] == []
    first = applied(server)
    assert (first.status, first.err) == (0, "")
    assert {line.partition(":")[0] for line in first.out.splitlines()} == {"made"}
    assert len(server.features["Perf"]) == len(first.out.splitlines())
    again = applied(server)
    assert {line.partition(":")[0] for line in again.out.splitlines()} == {"left as it is"}


def test_without_a_token_nothing_is_asked(server):
    call = applied(server, TCPERF_TEAMCITY_TOKEN="")
    assert call.status == 2
    assert "--apply needs a token that may edit the project" in call.err
    assert "TCPERF_TEAMCITY_TOKEN" in call.err
    assert server.requests == []


def test_without_a_server_nothing_is_asked():
    call = Call("--rest", "--apply", "--project", "P", env={"TCPERF_TEAMCITY_TOKEN": "x" * 20})
    assert call.status == 2
    assert "--apply needs to know the server (give its root with --server URL)" in call.err


def test_a_server_that_is_none():
    call = Call(
        "--rest", "--apply", "--project", "P", "--server", "ftp://x", env={"TCPERF_TEAMCITY_TOKEN": "x" * 20}
    )
    assert call.status == 2
    assert "is no URL of a TeamCity server" in call.err


def test_a_wrong_token_is_refused_and_never_shown(server):
    wrong = "wrong-token-0123456789"
    call = applied(server, TCPERF_TEAMCITY_TOKEN=wrong)
    assert call.status == 3
    assert wrong not in call.out + call.err
    assert "TCPERF_TEAMCITY_TOKEN" in call.err
    assert server.features["Perf"] == []


def test_a_builds_own_credentials_change_no_settings(server, tmp_path):
    configuration = tmp_path / "config.properties"
    configuration.write_text(f"teamcity.serverUrl={server.url.replace(':', chr(92) + ':')}\n")
    build = tmp_path / "build.properties"
    build.write_text(
        f"teamcity.configuration.properties.file={configuration}\n"
        f"teamcity.auth.userId={server.user.replace('=', chr(92) + '=')}\n"
        f"teamcity.auth.password={server.password}\n"
    )
    env = {"TEAMCITY_BUILD_PROPERTIES_FILE": str(build)}
    call = Call("--rest", "--apply", "--project", "Perf", env=env)
    assert call.status == 2
    assert "needs a token" in call.err
    call = Call("--rest", "--apply", "--project", "Perf", env={**env, "TCPERF_TEAMCITY_TOKEN": server.token})
    assert call.status == 0, "the server is that of the build"


def test_what_went_is_told_and_pruned_where_that_is_asked_for(server, tmp_path):
    (tmp_path / "tcperf.toml").write_text(TOML.replace('["one_to_one"]', '["one_to_one", "idle"]'))
    applied(server)
    (tmp_path / "tcperf.toml").write_text(TOML)
    told = applied(server)
    left = [line for line in told.out.splitlines() if line.startswith("left over: the chart 'tcperf: idle, ")]
    assert left
    assert all(line.endswith("; --prune removes it") for line in left)
    dry = applied(server, "--dry-run", "--prune").out
    assert sum(
        line.startswith("to be removed: the chart 'tcperf: idle, ") for line in dry.splitlines()
    ) == len(left)
    before = len(server.features["Perf"])
    pruned = applied(server, "--prune")
    assert sum(
        line.startswith("removed: the chart 'tcperf: idle, ") for line in pruned.out.splitlines()
    ) == len(left)
    assert len(server.features["Perf"]) == before - len(left)
    assert {line.partition(":")[0] for line in applied(server, "--prune").out.splitlines()} == {
        "left as it is"
    }


@pytest.mark.parametrize("said", ["true", "false"])
def test_whether_past_builds_are_shown_is_left_to_a_tcperf_toml_that_says_it(tmp_path, said):
    (tmp_path / "tcperf.toml").write_text(f'[run]\nnode = "n"\n[teamcity]\ntrend = {said}\n')
    assert "--trend" not in script(Call("--kotlin").out)
