"""Project features over REST: bodies, what a project has already, and what is to be done about the difference."""

import json

import attrs
import pytest
import settings_requests as made

from tcperf.teamcity.settings import rest
from tcperf.teamcity.settings.feature import CHART, ORDER, REPORT, Feature, features, order
from tcperf.teamcity.settings.plan import make

PLAN = make(made.request())
WANTED = features(PLAN)
ORDERED = order(chart.id for chart in PLAN.charts)


def listed(*found):
    """A server's list of features: its own identifiers, and properties as it keeps them."""
    return {
        "count": len(found),
        "projectFeature": [
            {
                "id": feature.id,
                "type": feature.type,
                "href": "/x",
                "properties": {
                    "count": len(feature.properties),
                    "property": [
                        {"name": name, "value": value} for name, value in feature.properties.items()
                    ],
                },
            }
            for feature in found
        ],
    }


def kept(feature, number):
    """A feature as a server has made it."""
    return rest.parse_one({"id": f"PROJECT_EXT_{number}", **rest.payload(feature)})


PRESENT = tuple(kept(feature, number) for number, feature in enumerate(WANTED))


def kinds(actions):
    return [action.kind for action in actions]


def test_the_charts_and_the_tab_are_features():
    assert [feature.type for feature in WANTED] == [CHART] * len(PLAN.charts) + [REPORT]
    chart = PLAN.charts[0]
    assert WANTED[0].id == chart.id
    assert WANTED[0].properties["title"] == chart.title
    assert json.loads(WANTED[0].properties["series"])[0] == {
        "type": "valueType",
        "title": "regressions",
        "key": "tcperf.regressions_count",
        "color": "#b3261e",
    }
    assert WANTED[0].properties["defaultFilters"] == "showFailed", "a failed build is the one to be seen"
    ids = ",".join(chart.id for chart in PLAN.charts)
    assert (ORDERED.id, ORDERED.type, ORDERED.properties) == ("TcperfChartsOrder", ORDER, {"order": ids})


def test_paths():
    assert rest.path("Perf") == "/app/rest/projects/id:Perf/projectFeatures"
    assert rest.path("Perf", "PROJECT_EXT_7") == "/app/rest/projects/id:Perf/projectFeatures/id:PROJECT_EXT_7"


def test_a_body_has_the_type_and_properties_that_are_texts_and_no_identifier():
    body = rest.payload(WANTED[0])
    assert set(body) == {"type", "properties"}
    values = {each["name"]: each["value"] for each in body["properties"]["property"]}
    assert values == {**WANTED[0].properties, "tcperf.id": WANTED[0].id}
    assert all(isinstance(value, str) for value in values.values())


def test_an_empty_project_gets_everything():
    assert kinds(rest.diff(WANTED, ())) == ["create"] * len(WANTED)


def test_what_is_there_is_left_as_it_is():
    actions = rest.diff(WANTED, PRESENT)
    assert kinds(actions) == ["leave"] * len(WANTED)
    assert [action.present for action in actions] == [feature.id for feature in PRESENT]


def test_what_differs_is_changed_and_nothing_else():
    other = attrs.evolve(PRESENT[1], properties={**PRESENT[1].properties, "format": "text"})
    actions = rest.diff(WANTED, (PRESENT[0], other, *PRESENT[2:]))
    assert kinds(actions) == ["leave", "update", *["leave"] * (len(WANTED) - 2)]
    assert actions[1].feature.properties["format"] == WANTED[1].properties["format"]


def test_json_in_other_words_is_no_difference():
    series = json.dumps(json.loads(WANTED[0].properties["series"]), indent=2, sort_keys=True)
    other = attrs.evolve(PRESENT[0], properties={**PRESENT[0].properties, "series": series})
    assert kinds(rest.diff(WANTED[:1], (other,))) == ["leave"]
    broken = attrs.evolve(PRESENT[0], properties={**PRESENT[0].properties, "series": "[{"})
    assert kinds(rest.diff(WANTED[:1], (broken,))) == ["update"]


def test_what_others_added_stays():
    more = attrs.evolve(PRESENT[0], properties={**PRESENT[0].properties, "properties.axis.y.min": "0"})
    assert kinds(rest.diff(WANTED[:1], (more,))) == ["leave"]
    (action,) = rest.diff(
        WANTED[:1], (attrs.evolve(more, properties={**more.properties, "seriesTitle": "x"}),)
    )
    assert action.kind == "update"
    assert action.feature.properties["properties.axis.y.min"] == "0"


def test_a_chart_is_found_by_its_mark_by_its_identifier_or_by_its_title():
    plain = dict(WANTED[0].properties)
    renamed = Feature("PROJECT_EXT_5", CHART, {**plain, "title": "mine", "tcperf.id": WANTED[0].id})
    (action,) = rest.diff(WANTED[:1], (renamed,))
    assert (action.kind, action.present) == ("update", "PROJECT_EXT_5")
    by_kotlin = Feature(WANTED[0].id, CHART, {**plain, "title": "other"})
    assert rest.diff(WANTED[:1], (by_kotlin,))[0].present == WANTED[0].id
    unmarked = Feature("PROJECT_EXT_6", CHART, plain)
    assert rest.diff(WANTED[:1], (unmarked,))[0] == rest.Action("leave", WANTED[0], "PROJECT_EXT_6")
    assert rest.diff(WANTED[:1], (unmarked, renamed))[0].present == "PROJECT_EXT_5", "the mark wins"


def test_what_is_somebody_elses_is_not_touched():
    theirs = Feature("PROJECT_EXT_1", CHART, {"title": "theirs", "series": "[]"})
    tab = Feature("PROJECT_EXT_2", "IssueTracker", {"title": WANTED[0].properties["title"]})
    marked = Feature("X", CHART, {"title": WANTED[0].properties["title"], "tcperf.id": "TcperfOther"})
    assert kinds(rest.diff(WANTED[:1], (theirs, tab, marked))) == ["create"]


def test_the_order_is_ours_first_then_that_of_the_others():
    theirs = Feature("PROJECT_EXT_9", ORDER, {"order": f"_Root:SuccessRate,{PLAN.charts[0].id},mine"})
    merged = rest.order_among(ORDERED, (theirs,))
    assert merged.properties["order"] == f"{ORDERED.properties['order']},_Root:SuccessRate,mine"
    assert rest.order_among(ORDERED, ()) == ORDERED
    assert rest.order_among(merged, (attrs.evolve(theirs, properties=merged.properties),)) == merged
    (action,) = rest.diff([merged], (theirs,))
    assert (action.kind, action.present) == ("update", "PROJECT_EXT_9"), "a project has one order"


def test_charts_that_are_gone_are_not_in_the_order():
    theirs = Feature("PROJECT_EXT_9", ORDER, {"order": "PROJECT_EXT_5,mine,PROJECT_EXT_6"})
    merged = rest.order_among(ORDERED, (theirs,), gone={"PROJECT_EXT_5", "PROJECT_EXT_6"})
    assert merged.properties["order"] == f"{ORDERED.properties['order']},mine"


def test_a_list_is_read():
    assert rest.parse(listed(*PRESENT)) == PRESENT
    assert rest.parse({"count": 0}) == ()
    assert rest.parse({"projectFeature": [{"id": "a", "type": "t"}]}) == (Feature("a", "t", {}),)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {"projectFeature": 5},
        {"projectFeature": [5]},
        {"projectFeature": [{"type": "t"}]},
        {"projectFeature": [{"id": "a", "type": "t", "properties": {"property": [{}]}}]},
        {"projectFeature": [{"id": "a", "type": "t", "properties": [1]}]},
    ],
)
def test_nonsense_is_said_to_be_so(answer):
    with pytest.raises(rest.FeaturesError):
        rest.parse(answer)


def test_bodies_for_other_programs():
    document = json.loads(rest.dumps((*WANTED, ORDERED), "Perf"))
    assert document["post"] == rest.path("Perf")
    assert document["projectFeature"] == [rest.payload(feature) for feature in (*WANTED, ORDERED)]
    assert rest.dumps(WANTED, "Perf") == rest.dumps(WANTED, "Perf")
    assert json.loads(rest.dumps(WANTED))["post"] == rest.path("PROJECT")
