"""Past builds beside a result that something else judges: what is asked, shown and said, and what stays as it was."""

import io
from datetime import date

import attrs
import comparisons
import histories
import pytest
import samples
from teamcity_parser import check_output
from teamcity_server import TeamCityServer, faults

from tcperf import results
from tcperf.cli.judge import Judge
from tcperf.cli.terminal import Terminal
from tcperf.comparing import retold
from tcperf.config import Config, TeamCityConfig
from tcperf.options import Earlier
from tcperf.remarks import without_comparison
from tcperf.reports import comparisons_csv, console, html, junit, markdown, teamcity
from tcperf.reports.teamcity import Manner
from tcperf.reports.teamcity_verdict import NOT_COMPARED, counts
from tcperf.rules import GatePolicy
from tcperf.summary import published
from tcperf.teamcity import ServiceMessages

TODAY = date(2026, 11, 27)
SENT = "tcperf.one_to_one.messages.sent_bytes"
DRIFT = "history: one_to_one.messages sent_bytes drifts: +6.0 % over 20 builds of main and this one, "


@pytest.fixture
def pairs():
    """What base and head did in pairs; not judged yet."""
    return attrs.evolve(comparisons.paired(), comparisons=(), warnings=())


@pytest.fixture
def server(pairs):
    with TeamCityServer(builds=histories.fake_builds(pairs, 20)) as running:
        yield running


@pytest.fixture
def building(server, tmp_path, monkeypatch):
    """Judges a result in a build on the server; ``said`` is the log so far, ``env`` its environment."""
    monkeypatch.chdir(tmp_path)

    def judged(result, baseline=None, *, trend=True, policy=GatePolicy()):  # noqa: B008 - frozen
        console = Terminal(io.StringIO(), io.StringIO(), judged.env)
        config = Config(gate=policy, teamcity=TeamCityConfig())
        made = Judge.of(config, None, baseline, console, trend=trend)
        judged.said = console.stdout.getvalue()
        return made.judge(result, TODAY)

    judged.env = histories.environment(server, tmp_path)
    return judged


def drifted(server, whole=1.06):
    """One figure of the builds grew, build by build, to what it is now."""
    count = len(server.builds)
    for place, build in enumerate(server.builds):
        value = float(build.statistics[SENT]) / histories.wobble(place + 1)
        build.statistics[SENT] = f"{value * whole ** (place / count - 1):.3f}"


def logged(text):
    """The messages in a build's log, by their status."""
    found = [each.attributes for each in check_output(text.encode()) if each.name == "message"]
    return [(each.get("status", "NORMAL"), each["text"]) for each in found]


# --- beside pairs ------------------------------------------------------------------------------------


def test_nobody_is_asked_where_nobody_wants_it(pairs, server, building):
    for trend in (None, False):
        assert building(pairs, trend=trend).result.history is None
    assert server.requests == []
    assert building.said == ""


def test_pairs_are_shown_beside_past_builds_and_judged_as_they_were(pairs, building):
    alone, beside = building(pairs, trend=False), building(pairs)
    assert len(beside.result.history.builds) == 20
    assert beside.result.comparisons == alone.result.comparisons
    assert {each.change for each in alone.result.comparisons} >= {"worse", "ok"}
    assert beside.result.warnings == alone.result.warnings
    assert beside.gate == alone.gate
    assert "report.html shows past builds: 20 successful builds of the default branch" in building.said
    page = html.render(beside.result, {})
    assert 'id="history"' in page
    assert "this build" in page
    assert "it has no part in the verdict" in page
    assert "a paired run decides" not in page


def test_every_report_but_the_page_says_the_same_as_without_them(pairs, building):
    alone, beside = building(pairs, trend=False), building(pairs)
    for render in (console.render, markdown.render, comparisons_csv.render):
        assert render(beside.result) == render(alone.result)
    assert junit.render(beside.result, beside.gate) == junit.render(alone.result, alone.gate)
    assert told(beside) == told(alone)


def told(judged):
    """What TeamCity is told, tests included."""
    output = io.BytesIO()
    messages = ServiceMessages(output, now=lambda: 0)
    teamcity.emit(judged.result, messages, comparisons.__file__, Manner(as_tests=True, tag=True), judged.gate)
    return [
        (each.name, {key: text for key, text in each.attributes.items() if key != "timestamp"})
        for each in check_output(output.getvalue())
    ]


def test_a_result_beside_them_is_read_again_as_it_was(pairs, building):
    judged = building(pairs).result
    read = results.loads(results.dumps(judged))
    assert read == judged
    assert 'id="history"' in html.render(retold(read), {})


def test_a_slow_drift_is_a_warning_and_no_verdict(pairs, server, building):
    drifted(server)
    alone, beside = building(pairs, trend=False), building(pairs)
    (warning,) = set(beside.result.warnings) - set(alone.result.warnings)
    assert warning.startswith(DRIFT)
    assert beside.result.comparisons == alone.result.comparisons
    assert dict(counts(beside.result)) == dict(counts(alone.result))
    assert beside.gate.exit_status(beside.result) == alone.gate.exit_status(alone.result)
    assert (
        "message",
        {"text": f"tcperf: {warning}", "status": "WARNING"},
    ) in told(beside)
    assert warning not in without_comparison(beside.result).warnings


def test_what_the_builds_measured_otherwise_drifts_nowhere_and_is_compared_all_the_same(
    pairs, server, building
):
    server.builds = histories.fake_builds(histories.unlike(pairs, messages=77), 20)
    drifted(server)
    judged = building(pairs).result
    assert not any(" drifts: " in text or text.startswith(NOT_COMPARED) for text in judged.warnings)
    (told_of_it,) = [text for text in judged.warnings if text.startswith("history:")]
    assert "one_to_one: the past builds measured with unlike parameters: messages: 77 against" in told_of_it
    assert dict(counts(judged))["tcperf.not_compared_count"] == 0


# --- beside something else ---------------------------------------------------------------------------


def test_an_earlier_result_is_what_is_compared_with(pairs, server, building, tmp_path):
    head = samples.result(scenarios=(samples.ONE_TO_ONE,), runs=6)
    server.builds = histories.fake_builds(head, 20)
    drifted(server)
    path = tmp_path / "old.json"
    path.write_text(results.dumps(before(head)))
    alone, beside = (building(head, Earlier(path, optional=True), trend=asked) for asked in (False, True))
    assert beside.result.comparisons == alone.result.comparisons
    assert all(each.history_builds is None for each in beside.result.comparisons)
    assert beside.result.history is not None
    assert beside.result.warnings[-1].startswith(DRIFT)


def before(result):
    return attrs.evolve(result, tool=attrs.evolve(result.tool, started="2026-11-20T00:00:00+00:00"))


def test_an_earlier_result_that_is_missing_leaves_the_history_to_be_seen_and_nothing_compared(
    pairs, building, tmp_path
):
    judged = building(samples.unpaired(pairs, "head"), Earlier(tmp_path / "none.json", optional=True))
    assert judged.result.history is not None
    assert judged.result.comparisons == ()
    assert sum(text.startswith(NOT_COMPARED) for text in judged.result.warnings) == 1


def test_without_anything_to_compare_with_it_is_shown(server, building):
    result = samples.result(scenarios=(samples.ONE_TO_ONE,))
    server.builds = histories.fake_builds(result, 20)
    judged = building(result)
    assert judged.result.comparisons == ()
    page = html.render(judged.result, {})
    assert 'id="history"' in page
    required = building(result, policy=GatePolicy(require_comparison=True))
    assert required.gate.exit_status(required.result) == 4, "to be shown is not to be compared"


def test_where_the_history_is_the_baseline_it_is_asked_for_once(pairs, server, building):
    head = samples.unpaired(pairs, "head")
    asked = []
    for trend in (False, True):
        server.forget()
        judged = building(head, "teamcity", trend=trend)
        asked.append(len(server.requests))
        assert {each.history_builds for each in judged.result.comparisons if each.published} == {20}
    assert asked[0] == asked[1] > 0


# --- nothing to show ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [faults.status(401), faults.status(404), faults.broken_json()], ids=["401", "404", "broken"]
)
def test_a_server_that_does_not_tell_is_one_short_warning(pairs, server, building, fault):
    server.fail(fault, times=99)
    alone, beside = building(pairs, trend=False), building(pairs)
    assert logged(building.said) == []
    (warning,) = set(beside.result.warnings) - set(alone.result.warnings)
    assert warning.startswith("history: no past builds are shown: the history of builds cannot be read: ")
    assert server.password not in warning
    assert beside.result.history is None
    assert beside.result.comparisons == alone.result.comparisons
    assert told_without(warning, beside) == told(alone)
    assert 'id="history"' not in html.render(beside.result, {})


def told_without(warning, judged):
    found = told(judged)
    assert sum(each.get("text") == f"tcperf: {warning}" for _name, each in found) == 1
    return [(name, each) for name, each in found if each.get("text") != f"tcperf: {warning}"]


def test_no_build_yet_is_a_line_in_the_log(pairs, server, building):
    server.builds = []
    judged = building(pairs)
    assert judged == building(pairs, trend=False)
    building(pairs)
    assert building.said == (
        "no past builds are shown: there is no successful build with figures of tcperf yet, of the default branch\n"
    )


@pytest.mark.parametrize("missing", ["credentials", "server"])
def test_who_cannot_ask_says_so_in_a_line(pairs, server, building, tmp_path, missing):
    without = {"credentials": "teamcity.auth.", "server": "teamcity.serverUrl"}[missing]
    for name in ("build.properties", "configuration.properties"):
        path = tmp_path / name
        lines = path.read_text("latin-1").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith(without)), "latin-1")
    judged = building(pairs)
    assert judged.result == building(pairs, trend=False).result
    building(pairs)
    assert building.said.startswith("no past builds are shown: the history of builds cannot be read: ")
    assert building.said.count("\n") == 1


def test_outside_of_a_build_nothing_is_said(pairs, server, building):
    building.env = {}
    judged = building(pairs)
    assert judged.result.history is None
    assert (building.said, server.requests) == ("", [])
    assert judged.gate.mode == "exit"


def test_the_figures_of_the_charts_are_those_that_the_build_publishes(pairs, building):
    page = html.render(building(pairs).result, {})
    for each in published(pairs):
        assert f"<code>{each.metric}</code>" in page.partition('id="history"')[2]
