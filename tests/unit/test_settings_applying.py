"""A project gets its charts, over HTTP from a stand-in server: once, twice, changed, refused, half done."""

import json

import attrs
import pytest
import samples
import settings_requests as made
from teamcity_server import TeamCityServer, faults

from tcperf.teamcity.rest import Patience, RestError, Server
from tcperf.teamcity.settings import rest
from tcperf.teamcity.settings.applying import apply, in_words
from tcperf.teamcity.settings.plan import make

PLAN = make(made.request())
FEATURES = "/app/rest/projects/id:Project/projectFeatures"


@pytest.fixture
def stand_in():
    with TeamCityServer() as server:
        yield server


def client(server):
    return Server(
        server.url, server.credentials(), patience=Patience(attempts=2), sleep=lambda _seconds: None
    )


def done(server, plan=PLAN, *, dry=False, prune=False):
    """The lines about what was done."""
    with client(server) as connected:
        actions = apply(plan, connected, "Project", dry=dry, prune=prune)
        return [in_words(action, dry=dry) for action in actions]


def kinds(lines):
    return [line.partition(":")[0] for line in lines]


def stored(server):
    """What the server has: the properties by the title, and the order."""
    found = {}
    for feature in server.features["Project"]:
        values = {each["name"]: each["value"] for each in feature["properties"]["property"]}
        found[values.get("title", feature["type"])] = {"id": feature["id"], **values}
    return found


def test_an_empty_project_gets_all_of_it(stand_in):
    lines = done(stand_in)
    assert kinds(lines) == ["made"] * (len(PLAN.charts) + 2)
    assert lines[0] == "made: the chart 'tcperf: verdicts'"
    assert lines[-2:] == ["made: the report tab 'tcperf'", "made: the order of the charts"]
    found = stored(stand_in)
    for chart in PLAN.charts:
        assert found[chart.title]["format"] == chart.format
        assert [series["key"] for series in json.loads(found[chart.title]["series"])] == [
            series.key for series in chart.series
        ]
    ids = [found[chart.title]["id"] for chart in PLAN.charts]
    assert found["buildtype-graphs.order"]["order"].split(",") == ids, "by the server's own identifiers"


def test_twice_changes_nothing(stand_in):
    done(stand_in)
    before = json.dumps(stand_in.features)
    asked = len(stand_in.requests)
    assert kinds(done(stand_in)) == ["left as it is"] * (len(PLAN.charts) + 2)
    assert json.dumps(stand_in.features) == before
    assert [seen.method for seen in stand_in.requests[asked:]] == ["GET"]


def test_another_scenario_adds_its_charts_and_keeps_the_rest(stand_in):
    alone = make(made.request(samples.ONE_TO_ONE))
    done(stand_in, alone)
    lines = done(stand_in)
    shown = {line.split("'")[1] for line in lines if "'" in line and line.startswith("made")}
    assert shown == {chart.title for chart in PLAN.charts} - {chart.title for chart in alone.charts}
    assert "changed: the chart 'tcperf: regressions, percent of the base'" in lines
    assert lines[-1] == "changed: the order of the charts"


def test_a_chart_of_somebody_elses_stays_and_stands_behind_ours(stand_in):
    with client(stand_in) as connected:
        for body in (
            {"type": "buildtype-graphs", "properties": {"property": [{"name": "title", "value": "mine"}]}},
            {
                "type": "buildtype-graphs.order",
                "properties": {"property": [{"name": "order", "value": "PROJECT_EXT_1,_Root:TestCount"}]},
            },
        ):
            connected.post_json(FEATURES, body)
    lines = done(stand_in)
    assert lines[-1] == "changed: the order of the charts"
    found = stored(stand_in)
    assert found["mine"] == {"id": "PROJECT_EXT_1", "title": "mine"}
    order = found["buildtype-graphs.order"]["order"].split(",")
    assert order[-2:] == ["PROJECT_EXT_1", "_Root:TestCount"]
    assert len(order) == len(PLAN.charts) + 2
    assert kinds(done(stand_in)) == ["left as it is"] * (len(PLAN.charts) + 2)


def test_a_chart_that_was_changed_by_hand_is_as_it_should_be_again(stand_in):
    done(stand_in)
    with client(stand_in) as connected:
        first = rest.parse(connected.get_json(FEATURES))[0]
        other = attrs.evolve(first, properties={**first.properties, "title": "renamed", "format": "text"})
        body = {
            "type": other.type,
            "properties": {"property": [{"name": n, "value": v} for n, v in other.properties.items()]},
        }
        connected.put_json(rest.path("Project", first.id), body)
    lines = done(stand_in)
    assert kinds(lines).count("changed") == 1
    assert stored(stand_in)["tcperf: verdicts"]["id"] == first.id


def test_a_dry_run_only_reads(stand_in):
    lines = done(stand_in, dry=True)
    assert kinds(lines) == ["to be made"] * (len(PLAN.charts) + 2)
    assert [seen.method for seen in stand_in.requests] == ["GET"]
    done(stand_in)
    assert kinds(done(stand_in, dry=True)) == ["left as it is"] * (len(PLAN.charts) + 2)


def test_what_was_done_before_a_failure_stays_and_the_rest_follows(stand_in):
    stand_in.fail(faults.slow(0), times=4)  # the list and three charts are answered as ever
    stand_in.fail(faults.status(500))
    lines = []
    with client(stand_in) as connected, pytest.raises(RestError, match="500"):
        lines.extend(in_words(action, dry=False) for action in apply(PLAN, connected, "Project"))
    assert len(stand_in.features["Project"]) == 3
    assert kinds(done(stand_in)) == ["left as it is"] * 3 + ["made"] * (len(PLAN.charts) - 1)
    assert len(stand_in.features["Project"]) == len(PLAN.charts) + 2, "nothing is there twice"


def test_a_server_that_has_much_to_do_is_waited_for(stand_in):
    stand_in.fail(faults.too_many("1"))
    assert kinds(done(stand_in)) == ["made"] * (len(PLAN.charts) + 2)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (faults.status(401), "TCPERF_TEAMCITY_TOKEN"),
        (faults.status(403), ""),
        (faults.status(404), "finds nothing for"),
    ],
)
def test_a_refusal_is_told_with_its_cure_and_never_the_token(stand_in, fault, message):
    stand_in.fail(fault)
    with pytest.raises(RestError) as caught:
        done(stand_in)
    assert message in str(caught.value)
    assert caught.value.cure
    assert stand_in.token not in str(caught.value)
    assert stand_in.features["Project"] == []


def test_a_project_that_there_is_not(stand_in):
    with client(stand_in) as connected, pytest.raises(RestError) as caught:
        list(apply(PLAN, connected, "Nowhere"))
    assert caught.value.kind == "missing"


class Nonsense:
    """A server whose answers are JSON, and nothing that features look like."""

    def __init__(self, listed, made=None):
        self.listed, self.made, self.posted = listed, made, []

    def get_json(self, _path):
        return self.listed

    def post_json(self, path, body):
        self.posted.append((path, body))
        return self.made

    put_json = post_json


def test_an_answer_that_is_no_list_is_told(stand_in):
    server = Nonsense({"projectFeature": "none"})
    with pytest.raises(rest.FeaturesError, match="no list of project features"):
        list(apply(PLAN, server, "Project"))
    assert server.posted == []


def test_an_answer_that_is_no_feature_is_told():
    server = Nonsense({"count": 0}, made=None)
    with pytest.raises(rest.FeaturesError, match="no project feature"):
        list(apply(PLAN, server, "Project"))
    assert len(server.posted) == 1


# --- what nothing wants any more ---------------------------------------------------------------------

ALONE = make(made.request(samples.ONE_TO_ONE))
WENT = {chart.title for chart in PLAN.charts} - {chart.title for chart in ALONE.charts}


def foreign(title):
    """A chart that somebody else has made."""
    return {"type": "buildtype-graphs", "properties": {"property": [{"name": "title", "value": title}]}}


def titles(lines, kind):
    return {line.split("'")[1] for line in lines if line.startswith(f"{kind}: the chart")}


def test_charts_of_a_scenario_that_went_stay_and_are_told_with_the_cure(stand_in):
    done(stand_in)
    before = {each["id"] for each in stand_in.features["Project"]}
    lines = done(stand_in, ALONE)
    assert titles(lines, "left over") == WENT
    assert {line.partition("; ")[2] for line in lines if line.startswith("left over")} == {
        "--prune removes it"
    }
    assert {each["id"] for each in stand_in.features["Project"]} == before
    assert titles(done(stand_in, ALONE), "left over") == WENT, "as long as they are there"


def test_pruned_they_are_gone_from_the_project_and_from_the_order(stand_in):
    with client(stand_in) as connected:
        connected.post_json(FEATURES, foreign("tcperf: mine"))
        connected.post_json(FEATURES, foreign("cold start, theirs"))
    done(stand_in)
    assert titles(done(stand_in, ALONE, dry=True, prune=True), "to be removed") == WENT
    assert set(stored(stand_in)) >= WENT
    lines = done(stand_in, ALONE, prune=True)
    assert titles(lines, "removed") == WENT
    found = stored(stand_in)
    assert WENT.isdisjoint(found)
    assert {"tcperf: mine", "cold start, theirs"} <= set(found), "what others made is never touched"
    ids = [found[chart.title]["id"] for chart in ALONE.charts]
    assert found["buildtype-graphs.order"]["order"].split(",") == ids
    asked = len(stand_in.requests)
    again = done(stand_in, ALONE, prune=True)
    assert kinds(again) == ["left as it is"] * (len(ALONE.charts) + 2)
    assert [seen.method for seen in stand_in.requests[asked:]] == ["GET"]


def test_a_dry_run_tells_what_is_left_over_and_only_reads(stand_in):
    done(stand_in)
    asked = len(stand_in.requests)
    assert titles(done(stand_in, ALONE, dry=True), "left over") == WENT
    assert [seen.method for seen in stand_in.requests[asked:]] == ["GET"]


def test_pruning_leaves_the_bundled_nodes_charts_beside_those_of_another(stand_in):
    reference = make(made.reference())
    done(stand_in, reference)
    done(stand_in, PLAN, prune=True)
    assert {chart.title for chart in (*reference.charts, *PLAN.charts)} <= set(stored(stand_in))


def test_a_chart_that_cannot_be_removed_is_an_error_and_the_rest_is_done_the_next_time(stand_in):
    done(stand_in)
    first = stored(stand_in)[min(WENT)]["id"]
    stand_in.fail(faults.status(403, "read-only"), path=f"{FEATURES}/id:{first}")
    with pytest.raises(RestError, match=r"refuses DELETE .*read-only"):
        done(stand_in, ALONE, prune=True)
    assert first in {each["id"] for each in stand_in.features["Project"]}
    done(stand_in, ALONE, prune=True)
    assert WENT.isdisjoint(stored(stand_in))
