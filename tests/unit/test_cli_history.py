"""``tcperf history`` as a function, against the stand-in server: options and environment in, streams and files out."""

import csv
import io
import time

import pytest
from pages import Page
from teamcity_parser import check_output
from teamcity_server import TOKEN, Elsewhere, FakeBuild, TeamCityServer, faults, past_builds

from tcperf import cli
from tcperf.cli import parser
from tcperf.cli.history import told
from tcperf.reports.history_csv import BUILD_COLUMNS

CONFIGURATION = "Project_Perf"
SENT = "tcperf.one_to_one.messages.sent_bytes"
CPU = "tcperf.one_to_one.messages.cpu_ms"


def statistics(number):
    return {
        SENT: str(400_000 + 100 * (number % 7)),
        CPU: f"{1500 + number % 5}.25",
        "tcperf.regressions_count": "0",
        f"{SENT}_delta_pct": "0.3",
        "BuildDuration": "61000",
    }


class Call:
    """One call of main: its status and what it wrote."""

    def __init__(self, server, *argv, env=None, given=True):
        out, stderr = io.BytesIO(), io.StringIO()
        stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        where = ["--server", server.url, "--configuration", CONFIGURATION] if given else []
        known = {"TCPERF_TEAMCITY_TOKEN": TOKEN} if env is None else env
        self.status = cli.main(["history", *where, *map(str, argv)], stdout, stderr, known)
        self.raw = out.getvalue()
        self.out, self.err = self.raw.decode(), stderr.getvalue()

    def rows(self):
        return list(csv.DictReader(io.StringIO(self.out, newline="")))


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def server():
    with TeamCityServer(builds=past_builds(30, statistics)) as made:
        yield made


def asked(server):
    return [seen for seen in server.requests if seen.path.endswith("/app/rest/builds")]


# --- what is printed ---------------------------------------------------------------------------------


def test_the_table_tells_what_is_usual_and_the_last_value(server):
    call = Call(server)
    assert (call.status, call.err) == (0, "")
    lines = call.out.splitlines()
    assert lines[0] == f"{CONFIGURATION}: 30 successful builds of the default branch, 2026-09-01 00:00 …"
    assert lines[2].split() == ["usual", "last", "change"]
    assert [line.split()[0] for line in lines[3:]] == ["one_to_one.messages", "cpu_ms", "sent_bytes"]
    assert len(lines[-1].split()[-1]) > 10


def test_csv_has_a_row_a_build_oldest_first(server):
    call = Call(server, "--csv", "--count", "12")
    assert (call.status, call.err) == (0, "")
    rows = call.rows()
    assert list(rows[0]) == [*BUILD_COLUMNS, CPU, SENT]
    assert [row["number"] for row in rows] == [str(number) for number in range(19, 31)]
    assert rows[-1][SENT] == str(400_000 + 100 * (30 % 7))
    assert rows[-1][CPU] == "1500.25"
    assert rows[-1]["finished"] == "2026-09-02T05:00:00+00:00"
    assert rows[-1]["url"] == f"{server.url}/buildConfiguration/{CONFIGURATION}/30"


def test_patterns_choose_the_figures(server):
    assert list(Call(server, "--csv", "--metric", "*.cpu_ms").rows()[0])[len(BUILD_COLUMNS) :] == [CPU]
    both = Call(server, "--csv", "--metric", "*_delta_pct", "--metric", SENT).rows()[0]
    assert set(list(both)[len(BUILD_COLUMNS) :]) == {SENT, f"{SENT}_delta_pct"}


def test_the_branch_that_is_asked_for_is_read(server):
    server.add(FakeBuild(99, branch="feature/x", default_branch=False, statistics=statistics(3)))
    (row,) = Call(server, "--csv", "--branch", "feature/x").rows()
    assert (row["id"], row["branch"]) == ("99", "feature/x")
    assert [row["id"] for row in Call(server, "--csv").rows()] == [str(number) for number in range(1, 31)]
    call = Call(server, "--branch", "feature/x")
    assert "1 successful build of feature/x, 2026-11-01 10:15 UTC" in call.out.replace("\n  ", " ")


def test_under_teamcity_all_is_said_as_teamcity_takes_it(server):
    call = Call(server, env={"TCPERF_TEAMCITY_TOKEN": TOKEN, "TEAMCITY_VERSION": "2026.1"})
    assert call.status == 0
    assert check_output(call.raw) == []
    assert "sent_bytes" in call.out


def test_a_branch_that_talks_like_teamcity_is_not_heard(server):
    name = "x##teamcity[buildStatus status='SUCCESS']"
    server.add(FakeBuild(99, branch=name, default_branch=False, statistics=statistics(3)))
    for words in ((), ("--csv",)):
        call = Call(
            server, "--branch", name, *words, env={"TCPERF_TEAMCITY_TOKEN": TOKEN, "TEAMCITY_VERSION": "1"}
        )
        assert check_output(call.raw) == []
        assert "##teamcity[" not in call.out


# --- no history --------------------------------------------------------------------------------------


def test_a_branch_without_builds_is_no_failure(server):
    call = Call(server, "--branch", "nobody/was-here", "--csv")
    assert call.status == 0
    assert call.out.strip() == ",".join(BUILD_COLUMNS)
    assert call.err == (
        f"tcperf: warning: {CONFIGURATION} has no successful build of nobody/was-here that published figures of "
        "tcperf's\n"
    )


def test_a_pattern_that_matches_nothing_is_said(server):
    call = Call(server, "--metric", "*.sent_byte", "--metric", "*.cpu")
    assert call.status == 0
    assert "no build published a figure that matches *.sent_byte or *.cpu" in call.err
    assert call.out == "", "it was said"


@pytest.mark.parametrize("words", [("--branch", "nobody"), ("--metric", "*.nothing")])
def test_that_there_is_nothing_is_said_once(server, words):
    call = Call(server, *words)
    assert (call.status, call.out) == (0, "")
    assert call.err.count("\n") == 1
    under = Call(server, *words, env={"TCPERF_TEAMCITY_TOKEN": TOKEN, "TEAMCITY_VERSION": "2026.1"})
    (message,) = check_output(under.raw)
    assert (message.name, message["status"]) == ("message", "WARNING")
    assert under.out.count("\n") == 1


def test_figures_that_cannot_be_are_left_out_and_told(server):
    server.builds[-1].statistics[SENT] = "-400000"
    call = Call(server, "--csv", "--count", "2")
    assert [row[SENT] for row in call.rows()] == [str(400_000 + 100 * (29 % 7)), ""]
    assert call.err == (
        f"tcperf: warning: figures of past builds are left out, for nothing measured is below 0: {SENT} of #30\n"
    )


# --- files -------------------------------------------------------------------------------------------


def test_a_page_and_csv_are_written_where_they_are_asked_for(server, tmp_path):
    call = Call(server, "--out", tmp_path / "made" / "here")
    folder = tmp_path / "made" / "here"
    assert call.status == 0
    assert call.err.splitlines() == [
        f"tcperf: written: {folder / 'history.csv'}",
        f"tcperf: written: {folder / 'history.html'}",
    ]
    text = (folder / "history.html").read_text("utf-8")
    Page(text).check_harmless(leads_to=f"{server.url}/buildConfiguration/{CONFIGURATION}/")
    assert text.count('class="chart trend') == 2
    assert (folder / "history.csv").read_text("utf-8").splitlines() == Call(server, "--csv").out.splitlines()
    assert {path.name for path in folder.iterdir()} == {"history.html", "history.csv"}


def test_without_out_nothing_is_written(server, tmp_path):
    Call(server)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_written_anew(server, tmp_path):
    Call(server, "--out", "made")
    assert Call(server, "--out", "made", "--count", "3").status == 0
    assert len((tmp_path / "made" / "history.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize("name", ["history.html", "history.csv"])
def test_a_file_of_somebody_elses_stays_and_nothing_is_asked(server, tmp_path, name):
    (tmp_path / name).write_text("mine")
    call = Call(server, "--out", tmp_path)
    assert call.status == 3
    assert f"{name} is there, and tcperf history did not make it" in call.err
    assert (tmp_path / name).read_text() == "mine"
    assert server.requests == []


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_asked(server, tmp_path):
    (tmp_path / "file").write_text("")
    call = Call(server, "--out", tmp_path / "file" / "folder")
    assert call.status == 3
    assert "cannot be made" in call.err
    assert server.requests == []


def test_a_file_is_no_folder_and_the_option_is_what_is_wrong(server, tmp_path):
    (tmp_path / "file").write_text("mine")
    call = Call(server, "--out", tmp_path / "file")
    assert call.status == 2
    assert f"--out {tmp_path / 'file'} is a file, and a folder is needed (choose another --out)" in call.err
    assert (tmp_path / "file").read_text() == "mine"
    assert server.requests == []


def test_a_server_that_is_ill_is_given_up(server, monkeypatch):
    monkeypatch.setattr("tcperf.cli.history.TOTAL_S", 0.5)
    server.fail(faults.drip_head(0.01), times=9)
    began = time.monotonic()
    call = Call(server)
    assert time.monotonic() - began < 10
    assert call.status == 3
    assert "its answer had not ended after 0.5 s" in call.err


# --- who is asked ------------------------------------------------------------------------------------


def build_environment(tmp_path, server, **parameters):
    """What an agent gives a build that runs for ``server``."""
    configuration = {"teamcity.serverUrl": server.url, **parameters}
    (tmp_path / "configuration.properties").write_text(
        "".join(f"{name}={value}\n" for name, value in configuration.items())
    )
    build = {
        "teamcity.configuration.properties.file": tmp_path / "configuration.properties",
        "teamcity.buildType.id": CONFIGURATION,
        "teamcity.auth.userId": server.user,
        "teamcity.auth.password": server.password,
    }
    (tmp_path / "build.properties").write_text("".join(f"{name}={value}\n" for name, value in build.items()))
    return {
        "TEAMCITY_VERSION": "2026.1",
        "TEAMCITY_BUILD_PROPERTIES_FILE": str(tmp_path / "build.properties"),
    }


def test_within_a_build_nothing_needs_to_be_said(server, tmp_path):
    call = Call(server, "--csv", env=build_environment(tmp_path, server), given=False)
    assert call.status == 0
    assert len(call.rows()) == 30
    assert {seen.headers["authorization"].split()[0] for seen in server.requests} == {"Basic"}


def test_a_builds_own_credentials_are_shown_to_its_own_server_alone(server, tmp_path):
    with Elsewhere() as other:
        env = build_environment(tmp_path, server)
        Call(server, "--server", other.url, env=env, given=False)
        assert other.requests
        assert other.authorizations == []


def test_a_token_is_for_the_server_that_is_given(server, tmp_path):
    with TeamCityServer(builds=past_builds(3, statistics)) as other:
        env = build_environment(tmp_path, server) | {"TCPERF_TEAMCITY_TOKEN": TOKEN}
        call = Call(other, "--csv", env=env)
        assert len(call.rows()) == 3
        assert server.requests == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--configuration", "X"], "it is not known which server to ask (give --server URL)"),
        (
            ["--server", "http://127.0.0.1:1"],
            "which configuration's builds to read (give --configuration ID)",
        ),
        (["--server", "nowhere", "--configuration", "X"], "nowhere"),
        (
            ["--server", "http://127.0.0.1:1", "--configuration", "a),b"],
            "is no identifier of TeamCity's (letters, digits and _, a letter first)",
        ),
        (["--count", "0"], "'0' is not a whole number from 1 on"),
        (["--branch", ""], "--branch is empty"),
        (["--configuration", ""], "--configuration is empty"),
        (["--metric", "", "--metric", "x"], "--metric is empty"),
        (["--out", ""], "--out is empty"),
    ],
)
def test_mistakes_end_with_status_2(words, message):
    call = Call(None, *words, env={}, given=False)
    assert call.status == 2
    assert message in call.err
    assert call.out == ""


@pytest.mark.parametrize(
    "fault",
    [faults.status(404, "no such"), faults.broken_json(), faults.status(403, "no")],
    ids=["404", "broken", "403"],
)
def test_a_server_that_does_not_answer_is_told_with_its_cure_and_without_the_token(server, fault, tmp_path):
    server.fail(fault)
    call = Call(server, "--out", "made")
    assert call.status == 3
    assert call.err.count("\n") == 1
    assert server.url in call.err
    assert "(" in call.err
    assert TOKEN not in call.err + call.out
    assert list((tmp_path / "made").iterdir()) == []


def test_without_credentials_the_server_decides(server):
    call = Call(server, env={})
    assert call.status == 3
    assert "TCPERF_TEAMCITY_TOKEN" in call.err
    assert "authorization" not in server.requests[0].headers


# --- how much ----------------------------------------------------------------------------------------


def test_a_thousand_builds_take_a_dozen_requests_and_a_megabyte_at_most(tmp_path):
    with TeamCityServer(builds=past_builds(1200, statistics)) as server:
        call = Call(server, "--count", "1000", "--out", "made", "--csv")
        assert call.status == 0
        assert len(call.rows()) == 1000
        assert call.rows()[0]["id"] == "201"
        assert len(server.requests) <= 12
        assert (tmp_path / "made" / "history.html").stat().st_size < 1_000_000


def test_no_more_builds_are_asked_for_than_are_needed(server):
    Call(server, "--count", "5")
    assert len(asked(server)) == 1
    assert "count:5" in server.requests[0].query["locator"]


# --- words -------------------------------------------------------------------------------------------


def test_builds_are_told_in_words():
    assert told((), None) == "no successful build of the default branch that published figures of tcperf's"
    assert told((), "develop").startswith("no successful build of develop")


def test_the_options_have_defaults():
    arguments = parser.parse(["history"])
    assert (arguments.branch, arguments.count, arguments.metric, arguments.csv) == (None, 100, [], False)
    assert (arguments.server, arguments.configuration, arguments.out) == (None, None, None)


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as caught:
        parser.parse(["history", "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for word in (
        "--branch",
        "--count",
        "--csv",
        "--out",
        "--metric",
        "--server",
        "--configuration",
        "examples:",
    ):
        assert word in shown
    assert "None" not in shown
