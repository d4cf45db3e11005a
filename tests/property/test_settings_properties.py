"""What holds for all settings: every text survives every form, and the same request gives the same settings."""

import json
import re
from xml.etree import ElementTree as ET

import attrs
import kotlin_reader as reader
import samples
import settings_requests as made
from hypothesis import given
from hypothesis import strategies as st

from tcperf.buildsettings import CONDITIONS, BuildSettings
from tcperf.keys import KEY_LIMIT, NAME, statistic_key
from tcperf.metrics import METRICS
from tcperf.model import PhaseInfo, ScenarioInfo
from tcperf.rules import GatePolicy, Rule
from tcperf.teamcity.settings import kotlin, rest, xml
from tcperf.teamcity.settings.feature import features
from tcperf.teamcity.settings.plan import literal_percents, make
from tcperf.teamcity.settings.source import Assignment, Block, literal, render
from tcperf.units import UNITS

NAMES = st.from_regex(NAME, fullmatch=True)
#: Text as it may be in the world, and text that is likely to break a form.
HARD = st.text(st.sampled_from("\"'\\$%{}()<>&#;`*?[]|\t\r\n ax0é日🎈\x00\x1b\u2028\ufeff"))
TEXTS = st.text() | HARD
IDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True)


def whole(text):
    """The text without what is none: lone surrogates."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


# --- Kotlin ------------------------------------------------------------------------------------------


@given(TEXTS)
def test_a_literal_is_its_text(text):
    source = literal(text)
    assert source.isascii()
    assert source.isprintable()
    assert reader.texts(source) == [whole(text)]


@given(st.lists(TEXTS, min_size=1, max_size=5), st.integers(0, 3))
def test_an_assignment_is_its_text_however_deep(lines, depth):
    text = "\n".join(lines)
    items = (Assignment("x", text),)
    for _ in range(depth):
        items = (Block("b", items),)
    assert reader.assigned(render(items)) == [("x", whole(text))]


@given(TEXTS, TEXTS, TEXTS)
def test_kotlin_carries_any_script_and_name(name, script, rule):
    plan = attrs.evolve(make(made.request()), name=name, script=f"#{script}", rules=(f"?:{rule}",))
    texts = reader.texts(kotlin.build(plan))
    assigned = reader.assigned(kotlin.build(plan))
    assert ("name", whole(literal_percents(name))) in assigned
    assert ("scriptContent", whole(literal_percents(f"#{script}".rstrip("\n")))) in assigned
    assert ("artifactRules", whole(literal_percents(f"?:{rule}"))) in assigned
    assert texts


# --- XML ---------------------------------------------------------------------------------------------


def in_xml(text):
    """The text as XML 1.0 can hold it, and as a parser gives it back between tags."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


@given(TEXTS.filter(lambda text: "\r" not in text), TEXTS.filter(lambda text: "\r" not in text))
def test_xml_carries_any_script_and_name(name, script):
    plan = attrs.evolve(make(made.request()), name=name, script=f"#{script}", vcs_root="Root")
    documents = xml.files(plan, "Proj")
    build_type = ET.fromstring(documents["buildTypes/Proj_Tcperf.xml"].encode("utf-8"))
    assert (build_type.findtext("name") or "") == in_xml(literal_percents(name))
    param = build_type.find("settings/build-runners/runner/parameters/param[@name='script.content']")
    assert param.get("value", param.text) == in_xml(literal_percents(f"#{script}".rstrip("\n")))


# --- the plan ----------------------------------------------------------------------------------------

METRIC_LISTS = st.lists(st.sampled_from(sorted(METRICS)), min_size=1, max_size=8, unique=True).map(tuple)
PHASES = st.lists(
    st.builds(PhaseInfo, NAMES, st.just(True), METRIC_LISTS),
    min_size=1,
    max_size=4,
    unique_by=lambda p: p.name,
)
SCENARIOS = st.lists(
    st.builds(ScenarioInfo, NAMES, st.just("Help."), st.just({}), PHASES.map(tuple)),
    min_size=1,
    max_size=3,
    unique_by=lambda info: info.name,
)
RULES = st.lists(
    st.builds(
        Rule,
        match=st.sampled_from(["*", "*_ms", "*.cpu_ms", "*bytes"]),
        worse_by=st.none() | st.floats(0, 500),
        report_only=st.none() | st.booleans(),
    ),
    max_size=3,
).map(tuple)
ASKED = st.lists(st.sampled_from([name for name in CONDITIONS if name != "worse"]), unique=True).map(tuple)


def fits(scenarios):
    """What a scenario's registration refuses cannot come this far."""
    return all(
        len(statistic_key(info.name, phase.name, metric, reference=True)) <= KEY_LIMIT
        for info in scenarios
        for phase in info.phases
        for metric in phase.metrics
    )


@given(SCENARIOS.filter(fits), RULES, ASKED, st.booleans(), st.integers(1, 3))
def test_any_scenarios_make_settings_that_hold_together(scenarios, rules, asked, reference, lanes):
    ask = made.reference if reference else made.request
    request = ask(
        *scenarios,
        policy=GatePolicy(rules=rules),
        settings=BuildSettings(conditions=asked, vcs_root="Root"),
        lanes=lanes,
    )
    plan = make(request)
    shown = {series.key for chart in plan.charts for series in chart.series}
    values = {each.key for found in request.statistics.values() for each in found}
    assert values <= shown
    assert {condition.key for condition in plan.conditions} <= shown
    assert all(len(key) <= KEY_LIMIT for key in shown)
    ids = [*(chart.id for chart in plan.charts), *(condition.id for condition in plan.conditions)]
    assert len(set(ids)) == len(ids)
    for chart in plan.charts:
        assert {UNITS[series.key.rpartition("_")[2]].chart for series in chart.series} == {chart.format}
    assert all(condition.threshold >= 0 for condition in plan.conditions)
    assert make(request) == plan
    reader.tokens(kotlin.build(plan))
    for document in xml.files(plan, "Proj").values():
        ET.fromstring(document.encode("utf-8"))


# --- REST --------------------------------------------------------------------------------------------


@given(st.data(), st.permutations(range(len(features(make(made.request(samples.ONE_TO_ONE)))))))
def test_a_project_that_has_a_part_gets_the_rest_and_then_has_it_all(data, places):
    wanted = features(make(made.request(samples.ONE_TO_ONE)))
    had = data.draw(st.integers(0, len(wanted)))
    server = [
        rest.parse_one({"id": f"PROJECT_EXT_{place}", **rest.payload(wanted[place])})
        for place in places[:had]
    ]
    actions = rest.diff(wanted, server)
    assert [action.kind for action in actions].count("create") == len(wanted) - had
    for number, action in enumerate(actions):
        if action.kind == "create":
            server.append(rest.parse_one({"id": f"NEW_{number}", **rest.payload(action.feature)}))
    assert {action.kind for action in rest.diff(wanted, server)} == {"leave"}


@given(IDS, TEXTS, TEXTS)
def test_a_feature_survives_the_way_to_a_server_and_back(name, key, value):
    feature = attrs.evolve(features(make(made.request()))[0], id=name, properties={key: value})
    body = json.loads(json.dumps({"id": "X", **rest.payload(feature)}))
    found = rest.parse_one(body)
    assert found.properties == {key: value, rest.MARK: name} | ({key: name} if key == rest.MARK else {})
    assert rest.diff([feature], [found])[0].present == "X"
