"""Result <-> results.json: nothing lost, nothing converted, every fault named with its place."""

import json

import attrs
import pytest
import samples

from tcperf import results
from tcperf.comparison import Comparison, Pairing
from tcperf.errors import ConfigError, UsageError
from tcperf.measurement import Measurement
from tcperf.model import SCHEMA, Surroundings
from tcperf.results import HISTORY, dumps, load, loads

COMPARED = Comparison(
    "tcperf.one_to_one.messages.sent_bytes",
    "one_to_one",
    "messages",
    "sent_bytes",
    "worse",
    gated=True,
    published=True,
    pairs=10,
    worse_pairs=9,
    base_median=420_082,
    head_median=446_127.5,
    effect_pct=6.2,
    low_pct=4.875,
    p=0.0009765625,
    threshold_pct=3.0,
    floor=4096,
    explanation="all of it alice→bob TCP in messages, +25.4 KiB",
)
PAIRED = Pairing("one_to_one", 10, redone=1, lanes=2, stopped="pairs")


def document(**changes):
    return json.loads(dumps(samples.result(**changes)))


def problem(changed):
    with pytest.raises(UsageError) as caught:
        loads(json.dumps(changed), "build/results.json")
    return caught.value


def cpu(found):
    return found["runs"][0]["phases"][0]["totals"]["cpu_ms"]


@pytest.mark.parametrize("result", [samples.result(), samples.reference_result(network="host")])
def test_a_result_comes_back_as_it_was(result):
    assert loads(dumps(result)) == result
    assert dumps(loads(dumps(result))) == dumps(result)


def test_what_was_compared_comes_back_as_it_was():
    made = samples.result()
    run = attrs.evolve(
        made.runs[0],
        discarded=True,
        discarded_because="a warm-up",
        surroundings=Surroundings(0.02, None, 0.0),
    )
    result = attrs.evolve(
        made, runs=(run, *made.runs[1:]), comparisons=(COMPARED,), pairings=(PAIRED, Pairing("idle", 0))
    )
    assert loads(dumps(result)) == result
    written = json.loads(dumps(result))
    assert written["comparisons"][0]["high_pct"] is None
    assert type(written["comparisons"][0]["base_median"]) is int
    assert written["runs"][0]["surroundings"] == {
        "outside_cores": 0.02, "steal_ratio": None, "stall_ratio": 0.0,
    }  # fmt: skip
    assert written["pairings"][0]["stopped"] == "pairs"


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_text_is_lost_or_breaks_the_file(text):
    result = samples.hostile(text)
    written = dumps(result)
    assert written.isascii()
    assert loads(written) == result


def test_whole_numbers_stay_whole_and_others_do_not_become_whole():
    totals = loads(dumps(samples.result())).runs[0].phases[0].totals
    assert type(totals["sent_bytes"].value) is int
    assert type(totals["cpu_ms"].value) is float
    assert '"value": 12240,' in dumps(samples.result())


def test_the_file_is_made_to_be_compared_line_by_line():
    written = dumps(samples.result())
    assert written.endswith("}\n")
    assert not written.endswith("\n\n")
    assert written == dumps(samples.result())
    assert max(len(line) for line in written.splitlines()) < 120
    keys = [line.split('"')[1] for line in written.splitlines() if line.startswith(' "')]
    assert keys == [field.name for field in attrs.fields(type(samples.result()))]


def test_the_contracts_names_are_the_files_names():
    found = document()
    assert found["schema"] == 1
    assert {"path", "sha256", "version", "generation", "go"} <= set(found["subjects"]["head"])
    assert {"name", "params", "phases"} <= set(found["scenarios"][0])
    run = found["runs"][0]
    assert {"id", "subject", "scenario", "pair", "lane", "order", "discarded", "phases", "warnings"} <= set(
        run
    )
    phase = run["phases"][0]
    assert {"name", "start_ns", "end_ns", "nodes", "totals"} <= set(phase)
    assert phase["nodes"]["alice"]["cpu_ms"] == {
        "value": 1480.25, "unit": "ms", "exactness": "exact", "source": "clock",
    }  # fmt: skip


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_has_no_word_for_is_not_written(value):
    result = samples.result()
    phase = attrs.evolve(result.runs[0].phases[0], totals={"cpu_ms": Measurement(value, "ms", "exact", "x")})
    spoilt = attrs.evolve(result, runs=(attrs.evolve(result.runs[0], phases=(phase,)),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(spoilt)


@pytest.mark.parametrize("field", ["effect_pct", "low_pct", "p", "limit"])
def test_no_comparison_is_written_with_an_infinite_number(field):
    spoilt = attrs.evolve(COMPARED, **{field: float("inf")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(attrs.evolve(samples.result(), comparisons=(spoilt,)))


def test_keys_of_a_later_version_are_ignored():
    found = document()
    found["colour"] = "blue"
    cpu(found)["confidence"] = [1, 2]
    found["runs"][0]["phases"][0]["totals"]["joules_count"] = {
        "value": 5, "unit": "count", "exactness": "exact", "source": "rapl",
    }  # fmt: skip
    read = loads(json.dumps(found))
    assert read.runs[0].phases[0].totals["joules_count"].value == 5


def test_keys_with_a_default_may_be_absent():
    found = document()
    for key in ("warnings", "comparisons", "pairings"):
        del found[key]
    for key in (
        "pair",
        "lane",
        "discarded",
        "discarded_because",
        "surroundings",
        "exits",
        "closing",
        "series",
        "warnings",
    ):
        del found["runs"][0][key]
    read = loads(json.dumps(found))
    assert read.warnings == read.comparisons == read.pairings == ()
    assert read.runs[0].closing is read.runs[0].surroundings is read.runs[0].discarded_because is None


# --- schemas -----------------------------------------------------------------------------------------


def test_every_schema_has_its_history_and_every_older_one_its_upgrade():
    assert set(HISTORY) == set(range(1, SCHEMA + 1))
    assert set(results._UPGRADES) == set(range(1, SCHEMA))


def test_a_newer_schema_is_refused_with_the_version_to_install():
    found = document() | {"schema": 7}
    found["tool"]["version"] = "2.4.0"
    error = problem(found)
    assert isinstance(error, ConfigError)
    assert error.message == "build/results.json has schema 7, and this tcperf reads up to schema 1"
    assert error.cure == "install tcperf ≥ 2.4.0"


@pytest.mark.parametrize("version", [None, 5, "$(rm -rf /)", "1" * 99])
def test_nobodys_text_becomes_an_instruction(version):
    found = document() | {"schema": 2}
    found["tool"]["version"] = version
    assert problem(found).cure == "install tcperf ≥ the version that wrote it"
    assert problem(found | {"tool": []}).cure == "install tcperf ≥ the version that wrote it"


@pytest.mark.parametrize("schema", [None, 0, -1, True, "1", 1.0])
def test_a_file_without_a_schema_is_not_ours(schema):
    assert problem(document() | {"schema": schema}).message == (
        "build/results.json names no schema: tcperf did not write it"
    )


def test_an_older_schema_goes_through_every_upgrade(monkeypatch):
    monkeypatch.setattr(results, "SCHEMA", 3)
    seen = []

    def upgrade(found):
        seen.append(found["schema"])
        return {**found, "warnings": [*found["warnings"], f"upgraded from {found['schema']}"]}

    monkeypatch.setattr(results, "_UPGRADES", {1: upgrade, 2: upgrade})
    read = loads(json.dumps(document()))
    assert seen == [1, 2]
    assert read.warnings == ("upgraded from 1", "upgraded from 2")
    assert read.schema == 3


# --- faults ------------------------------------------------------------------------------------------


def test_broken_json_is_told_with_its_line():
    written = dumps(samples.result())
    lines = written.splitlines()
    lines[9] = lines[9].rstrip(",") + " oops"
    with pytest.raises(UsageError, match=r"build/results.json is no JSON: line \d+, column \d+: Expecting"):
        loads("\n".join(lines), "build/results.json")
    with pytest.raises(UsageError, match="line 1, column 1"):
        loads("")
    with pytest.raises(UsageError, match="is no JSON: line"):
        loads(written[: len(written) // 2])


@pytest.mark.parametrize(
    "text", ['{"schema": NaN}', '{"schema": -Infinity}', '{"schema": ' + "9" * 5000 + "}", "[" * 100_000]
)
def test_json_that_cannot_be_trusted(text):
    with pytest.raises(UsageError, match=r"^x\.json is no JSON"):
        loads(text, "x.json")


@pytest.mark.parametrize("text", ["[]", "3", "null", '"results"'])
def test_json_that_is_no_object(text):
    with pytest.raises(UsageError, match=r"^x\.json holds no JSON object"):
        loads(text, "x.json")


def changed(path, value):
    """A function that puts ``value`` at a path of keys; deletes the place where the value is KeyError."""

    def change(found):
        *way, last = path
        for key in way:
            found = found[key]
        if value is KeyError:
            del found[last]
        else:
            found[last] = value

    return change


CPU = ("runs", 0, "phases", 1, "totals", "cpu_ms")
PLACE = "runs[0].phases[1].totals['cpu_ms']"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed((*CPU, "value"), "3"), f"a text instead of a number at {PLACE}.value"),
        (changed((*CPU, "value"), True), f"true instead of a number at {PLACE}.value"),
        (changed((*CPU, "value"), None), f"null instead of a number at {PLACE}.value"),
        (changed((*CPU, "value"), 1e300), f"1e+300 instead of a number at {PLACE}.value"),
        (changed((*CPU, "value"), 10**400), f"a huge number instead of a number at {PLACE}.value"),
        (changed((*CPU, "exactness"), "roughly"), f"a value does not fit at {PLACE}.exactness"),
        (changed((*CPU, "unit"), KeyError), f"a key is missing at {PLACE}.unit"),
        (changed(("tool",), KeyError), "a key is missing at tool"),
        (changed(("tool",), 5), "5 instead of an object at tool"),
        (changed(("runs",), {}), "an object instead of a list at runs"),
        (changed(("runs",), None), "null instead of a list at runs"),
        (changed(("runs", 2), []), "a list instead of an object at runs[2]"),
        (changed(("runs", 0, "order"), 1.5), "1.5 instead of a whole number at runs[0].order"),
        (changed(("runs", 0, "order"), 10**20), "a huge number instead of a whole number at runs[0].order"),
        (changed(("runs", 0, "pair"), "a"), "a text instead of a whole number at runs[0].pair"),
        (changed(("runs", 0, "discarded"), 0), "0 instead of true or false at runs[0].discarded"),
        (changed(("runs", 0, "phases"), "abc"), "a text instead of a list at runs[0].phases"),
        (changed(("runs", 0, "id"), 1), "1 instead of a text at runs[0].id"),
        (changed(("warnings",), "abc"), "a text instead of a list at warnings"),
        (changed(("subjects",), []), "a list instead of an object at subjects"),
        (changed(("comparisons",), [1]), "1 instead of an object at comparisons[0]"),
        (changed(("comparisons",), [{}]), "a key is missing at comparisons[0].key"),
        (
            changed(("pairings",), [{"scenario": "idle", "pairs": 3, "stopped": "bored"}]),
            "a value does not fit at pairings[0].stopped",
        ),
        (
            changed(("runs", 0, "surroundings"), {"outside_cores": "many"}),
            "a text instead of a number at runs[0].surroundings.outside_cores",
        ),
        (
            changed(("scenarios", 0, "params", "messages"), [1]),
            "a list instead of a number at scenarios[0].params['messages']",
        ),
        (changed(("conditions", "network"), "avian"), "a value does not fit at conditions.network"),
        (
            changed((*CPU, "unit"), "KiB"),
            f"a value does not fit (unknown unit 'KiB': one of ms, bytes, count, pct) at {PLACE}",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(change, told):
    found = document()
    change(found)
    error = problem(found)
    assert error.message == f"build/results.json is no result of tcperf: {told}"
    assert error.cure == "give a file that tcperf wrote, whole"
    assert error.exit_status == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (changed((*CPU, "value"), -5), f"-5 is less than nothing at {PLACE}.value"),
        (
            changed(("runs", 1, "phases", 0, "nodes", "bob", "sent_bytes", "value"), -0.5),
            "-0.5 is less than nothing at runs[1].phases[0].nodes['bob']['sent_bytes'].value",
        ),
        (
            lambda found: found["runs"].append(found["runs"][0]),
            "another run is called 'one_to_one-1', too, at runs[6].id",
        ),
        (
            lambda found: [run.update(pair=0) for run in found["runs"][:2]],
            "another run of this side counts in the same pair at runs[1].pair",
        ),
    ],
)
def test_what_was_changed_into_what_cannot_be_is_told_with_its_place(change, told):
    found = document()
    change(found)
    error = problem(found)
    assert error.message == f"build/results.json is no result of tcperf: {told}"
    assert error.cure == "give a file that tcperf wrote, whole"


def test_what_floating_point_leaves_of_nothing_is_nothing():
    found = document()
    changed((*CPU, "value"), -7.1e-15)(found)
    assert loads(json.dumps(found)).runs[0].phases[1].totals["cpu_ms"].value == -7.1e-15


def test_a_pair_may_have_a_run_of_each_side_and_discarded_ones():
    found = document()
    for run in found["runs"][:3]:
        run["pair"] = 0
    found["runs"][1]["subject"], found["runs"][2]["discarded"] = "base", True
    assert [run.pair for run in loads(json.dumps(found)).runs] == [0, 0, 0, None, None, None]


def test_an_error_stays_short_and_printable_whatever_the_key():
    found = document()
    found["runs"][0]["phases"][0]["totals"]["\x1b[2J" * 999] = {}
    message = problem(found).message
    assert len(message) < 320
    assert message.isprintable()


# --- files -------------------------------------------------------------------------------------------


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path):
    path = tmp_path / "results.json"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + dumps(samples.result()).encode())
        assert load(path) == samples.result()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UsageError, match=rf"^{tmp_path}/none.json cannot be read: No such file"):
        load(tmp_path / "none.json")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load(tmp_path)
    (tmp_path / "x.json").write_bytes(b'{"schema": "\xff"}')
    with pytest.raises(UsageError, match=r"x.json is not UTF-8: byte 12"):
        load(tmp_path / "x.json")
    (tmp_path / "y.json").write_text("{")
    with pytest.raises(UsageError, match=rf"^{tmp_path}/y.json is no JSON: line 1"):
        load(tmp_path / "y.json")
