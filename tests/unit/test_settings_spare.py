"""Charts that a project has of tcperf and that nothing wants any more: found by name, and never one of somebody else's."""

import json

import attrs
import pytest
import samples
import settings_requests as made
from hypothesis import given
from hypothesis import strategies as st

from tcperf.teamcity.settings import rest
from tcperf.teamcity.settings.feature import CHART, ORDER, Feature, features, order
from tcperf.teamcity.settings.plan import make
from tcperf.teamcity.settings.spare import spare

BOTH = features(make(made.request()))
ALONE = features(make(made.request(samples.ONE_TO_ONE)))
REFERENCE = features(make(made.reference()))


def kept(feature, number):
    """A feature as a server has made it."""
    return rest.parse_one({"id": f"PROJECT_EXT_{number}", **rest.payload(feature)})


PRESENT = tuple(kept(feature, number) for number, feature in enumerate(BOTH))
OF_REFERENCE = tuple(kept(feature, 100 + number) for number, feature in enumerate(REFERENCE))
WENT = tuple(each for each in PRESENT if "Cold_start" in each.properties["tcperf.id"])


def chart(number=50, **properties):
    """A chart of ours of something that went, as the server has it, but for ``properties``."""
    series = json.dumps([{"type": "valueType", "key": "tcperf.gone.gone.cpu_ms", "title": "cpu"}])
    told = {"title": "tcperf: gone, time", "series": series, "tcperf.id": "TcperfGoneTime", **properties}
    return Feature(
        f"PROJECT_EXT_{number}", CHART, {name: value for name, value in told.items() if value is not None}
    )


def series(*keys):
    return json.dumps([{"type": "valueType", "key": key} for key in keys])


def test_nothing_is_spare_of_what_is_wanted():
    assert spare(BOTH, PRESENT) == ()
    assert spare(BOTH, ()) == ()


def test_charts_of_a_scenario_that_went_are():
    assert spare(ALONE, PRESENT) == WENT
    assert len(WENT) == len(BOTH) - len(ALONE) > 1


def test_the_bundled_nodes_and_those_of_others_are_not_held_against_each_other():
    assert spare(BOTH, (*PRESENT, *OF_REFERENCE)) == ()
    assert spare(REFERENCE, (*PRESENT, *OF_REFERENCE)) == ()
    alone = features(make(made.reference(samples.ONE_TO_ONE)))
    went = [each.properties["tcperf.id"] for each in spare(alone, (*PRESENT, *OF_REFERENCE))]
    assert went
    assert all(name.startswith("TcperfReferenceCold_start") for name in went)


def test_a_second_one_of_the_same_is_spare():
    twin = attrs.evolve(PRESENT[0], id="PROJECT_EXT_77")
    assert spare(BOTH, (*PRESENT, twin)) == (twin,)


def test_one_of_versioned_settings_is_known_by_its_own_identifier():
    theirs = chart(**{"tcperf.id": None})
    assert spare(BOTH, (attrs.evolve(theirs, id="TcperfGoneTime"),)) != ()
    assert spare(BOTH, (theirs,)) == ()


@pytest.mark.parametrize(
    "properties",
    [
        {"tcperf.id": "Mine"},
        {"tcperf.id": None},
        {"series": series("tcperf.gone.gone.cpu_ms", "BuildDuration")},
        {"series": series("tcperf.gone.gone.cpu_ms", "tcperf.reference.gone.gone.cpu_ms")},
        {"series": series("tcperfect.x")},
        {"series": json.dumps([{"type": "valueTypes", "pattern": "tcperf.*"}])},
        {"series": json.dumps(["tcperf.gone.gone.cpu_ms"])},
        {"series": json.dumps({"key": "tcperf.gone.gone.cpu_ms"})},
        {"series": "[]"},
        {"series": "[{"},
        {"series": "[" * 100_000},
        {"series": None},
    ],
    ids=range(12),
)
def test_what_others_have_made_or_changed_is_not(properties):
    assert spare(BOTH, (chart(),)) == (chart(),)
    assert spare(BOTH, (chart(**properties),)) == ()


@pytest.mark.parametrize("type_", ["project-graphs", "ReportTab", ORDER])
def test_only_charts_are(type_):
    assert spare(BOTH, (attrs.evolve(chart(), type=type_),)) == ()


def test_the_order_is_none():
    ordered = kept(order(each.id for each in BOTH), 9)
    assert spare(ALONE, (ordered,)) == ()


@given(
    st.lists(
        st.builds(
            Feature,
            st.text(max_size=8) | st.just("TcperfX"),
            st.sampled_from([CHART, ORDER, "x"]),
            st.dictionaries(
                st.sampled_from(["title", "series", "tcperf.id"]),
                st.text(max_size=8)
                | st.sampled_from(["TcperfX", series("tcperf.a.b.c_ms"), series("x"), "null", "[1]"]),
            ),
        ),
        max_size=5,
    )
)
def test_whatever_a_server_has_all_that_is_spare_is_ours(present):
    found = spare(BOTH, present)
    assert set(map(id, found)) <= set(map(id, present))
    for each in found:
        assert each.type == CHART
        assert each.properties.get("tcperf.id", each.id).startswith("Tcperf")
        assert all(one["key"].startswith("tcperf.") for one in json.loads(each.properties["series"]))
