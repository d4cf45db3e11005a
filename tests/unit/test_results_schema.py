"""results.schema.json: it is a schema, it says what the classes say, and files old and new fit."""

import json
import re
import tomllib
from pathlib import Path

import attrs
import comparisons
import jsonschema_rs
import pytest
import results_schema
import samples
from results_schema import READ, SCHEMA, WRITTEN, check, check_folder, closed, fits, problems, shape

from tcperf import results
from tcperf.model import SCHEMA as NUMBER
from tcperf.model import Result, Tool
from tcperf.units import UNITS

ROOT = Path(__file__).parents[2]
CLASSES = results_schema.classes(Result)
#: Where the schema says more than the type: what else the reader checks.
NARROWER = {
    ("Result", "schema"): {"const": NUMBER},
    ("Measurement", "unit"): {"enum": list(UNITS)},
    ("Measurement", "value"): {"minimum": -1e-6},
}
#: How a number's unit is told, by what its name ends in.
UNIT_WORDS = {
    "_ms": "milliseconds",
    "_ns": "nanoseconds",
    "_mhz": "megahertz",
    "_bytes": "bytes",
    "_pct": "percent",
    "_avg10": "percent",
    "_ratio": "from 0 to 1",
    "_bits_per_s": "bits a second",
    "_cores": "how many cores",
    "_median": "the metric's unit",
    "_1m": "processes",
}
OTHER_UNITS = re.compile(
    r"\bnumber\b|\bhow many\b|in bytes|the metric's unit|from 0 to 1|exit status|which schema", re.IGNORECASE
)


def described(name):
    """The schema of a class: the root is that of Result."""
    return SCHEMA if name == "Result" else SCHEMA["$defs"][name]


PROPERTIES = [(name, key, about) for name in CLASSES for key, about in described(name)["properties"].items()]
NAMED = pytest.mark.parametrize(
    ("name", "key", "about"), PROPERTIES, ids=[f"{name}.{key}" for name, key, _about in PROPERTIES]
)


def field_of(name, key):
    return getattr(attrs.fields(CLASSES[name]), key)


def default_of(field):
    """What stands for an absent key, as JSON has it."""
    value = field.default.factory() if isinstance(field.default, attrs.Factory) else field.default
    return json.loads(json.dumps(value))


# --- the schema and the classes ----------------------------------------------------------------------


def test_it_is_a_schema_of_its_draft():
    jsonschema_rs.meta.validate(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == f"urn:tcperf:results:{NUMBER}"
    assert SCHEMA["title"].endswith(f"schema {NUMBER}")


def test_it_names_every_class_and_no_other():
    assert {"Result", *SCHEMA["$defs"]} == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_the_keys_that_it_writes_in_their_order(name):
    about = described(name)
    assert list(about["properties"]) == [field.name for field in attrs.fields(CLASSES[name])]
    assert about["type"] == "object"
    assert about["description"]
    assert "additionalProperties" not in about, "what a later release adds must not break who validates"


@pytest.mark.parametrize("name", CLASSES)
def test_required_is_what_the_reader_does_not_do_without(name):
    needed = [field.name for field in attrs.fields(CLASSES[name]) if field.default is attrs.NOTHING]
    if name == "Result":
        needed.append("schema")
    assert described(name)["required"] == needed


@NAMED
def test_a_key_has_the_type_that_the_class_has(name, key, about):
    words = ("description", "default")
    bare = {word: value for word, value in about.items() if word not in words}
    assert bare == {**shape(field_of(name, key).type), **NARROWER.get((name, key), {})}


@NAMED
def test_a_key_that_may_be_absent_says_what_that_means(name, key, about):
    field = field_of(name, key)
    if field.default is attrs.NOTHING or key == "schema":
        assert "default" not in about
    else:
        assert about["default"] == default_of(field)


@NAMED
def test_a_key_is_described_in_a_sentence(name, key, about):
    assert re.fullmatch(r"[A-Za-z].*\.", about["description"])
    assert about["description"].isascii()


def is_number(about):
    kinds = about.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return bool({"number", "integer"} & set(kinds)) and "boolean" not in kinds


@pytest.mark.parametrize(
    ("key", "told"),
    [(f"{name}.{key}", about["description"]) for name, key, about in PROPERTIES if is_number(about)],
)
def test_every_number_has_its_unit(key, told):
    if key == "Measurement.value":
        assert "the unit that stands beside it" in told
        return
    if key == "Comparison.floor":
        assert "in the metric's unit" in told
    ending = next((word for end, word in UNIT_WORDS.items() if key.endswith(end)), None)
    if ending is None:
        assert OTHER_UNITS.search(told), told
    else:
        assert ending in told.lower()


def test_every_measured_unit_is_explained():
    about = SCHEMA["$defs"]["Measurement"]["properties"]["unit"]
    assert all(
        word in about["description"].lower() for word in ("milliseconds", "bytes", "number", "percent")
    )
    assert len(about["enum"]) == 4


@pytest.mark.parametrize("word", SCHEMA["$defs"]["Measurement"]["properties"]["exactness"]["enum"])
def test_every_exactness_is_explained(word):
    assert f"{word}: " in SCHEMA["$defs"]["Measurement"]["properties"]["exactness"]["description"]


def test_it_is_shipped():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert "results.schema.json" in settings["package-data"]["tcperf"]


# --- files -------------------------------------------------------------------------------------------

GOLDENS = sorted((ROOT / "tests" / "golden").rglob("results*.json"))


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.name)
def test_every_accepted_file_fits_and_loads(path):
    """Those from before something came to the schema, too."""
    document = json.loads(path.read_text("utf-8"))
    assert problems(document, READ) == []
    assert document["schema"] == 1
    assert results.load(path).schema == NUMBER


def test_there_are_old_files_which_the_writer_of_today_would_not_write():
    older = {path.name for path in GOLDENS if not fits(json.loads(path.read_text("utf-8")), WRITTEN)}
    assert older >= {
        "results_without_traffic.json",
        "results_without_pairs.json",
        "results_without_history.json",
    }
    assert "results.json" not in older


@pytest.mark.parametrize(
    "make",
    [
        samples.result,
        samples.reference_result,
        samples.emulated,
        lambda: samples.result(network="host"),
        comparisons.paired,
        comparisons.failed,
        comparisons.beside_history,
    ],
)
def test_whatever_is_made_is_what_the_schema_says(make):
    assert problems(json.loads(results.dumps(make()))) == []


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_text_makes_a_file_that_does_not_fit(text):
    assert problems(json.loads(results.dumps(samples.hostile(text)))) == []


def sample():
    return json.loads(results.dumps(samples.reference_result()))


@pytest.mark.parametrize(
    ("way", "value", "place"),
    [
        (("schema",), 2, "schema: "),
        (("runs", 0, "order"), "first", "runs/0/order: "),
        (("runs", 0, "phases", 0, "totals", "time_ms", "unit"), "s", "runs/0/phases/0/totals/time_ms/unit: "),
        (
            ("runs", 0, "phases", 0, "totals", "time_ms", "value"),
            -1,
            "runs/0/phases/0/totals/time_ms/value: ",
        ),
        (("environment", "cpu_count"), 1.5, "environment/cpu_count: "),
        (("subjects", "head", "go"), [], "subjects/head/go: "),
        (("scenarios", 0, "params", "messages"), None, "scenarios/0/params/messages: "),
    ],
)
def test_what_is_wrong_is_found_at_its_place(way, value, place):
    found = sample()
    *ahead, last = way
    inner = found
    for key in ahead:
        inner = inner[key]
    inner[last] = value
    assert [told[: len(place)] for told in problems(found, READ)] == [place]


def test_who_reads_may_find_more_and_less_than_is_written():
    more = sample() | {"colour": "blue"}
    less = {key: value for key, value in sample().items() if key != "history"}
    for document in (more, less):
        assert fits(document, READ)
        assert not fits(document, WRITTEN)


def test_closing_a_schema_reaches_everywhere():
    made = closed(SCHEMA)
    for about in (made, *made["$defs"].values()):
        assert about["additionalProperties"] is False
        assert about["required"] == list(about["properties"])


# --- the watch over all tests --------------------------------------------------------------------------


def test_whatever_any_test_writes_is_held_against_the_schema():
    spoilt = attrs.evolve(samples.reference_result(), tool=Tool(5, "2026-11-25T02:14:07+00:00"))
    with pytest.raises(
        AssertionError, match=r"^results.json is not what results.schema.json says: tool/version"
    ):
        results.dumps(spoilt)


def test_whatever_a_program_leaves_is_held_against_the_schema(tmp_path):
    inner = tmp_path / "tcperf-drill" / "bytes"
    inner.mkdir(parents=True)
    path = inner / "results.json"
    path.write_text(results.dumps(samples.reference_result()))
    check_folder(tmp_path)
    path.write_text(json.dumps(sample() | {"colour": "blue"}))
    with pytest.raises(AssertionError, match=rf"^{re.escape(str(path))} is not .*colour"):
        check_folder(tmp_path)


def test_a_check_says_little_of_much():
    spoilt = sample()
    spoilt["runs"] = [{} for _number in range(100)]
    with pytest.raises(AssertionError) as caught:
        check(json.dumps(spoilt))
    assert len(str(caught.value).splitlines()[0]) < 700
