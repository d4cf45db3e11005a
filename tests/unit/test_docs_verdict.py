"""The two pages about verdicts and thresholds tell the truth: figures, names and examples are the program's."""

import re
from pathlib import Path

import attrs
import comparisons
import pytest

from tcperf import config, gate
from tcperf.gating import Gate, resolve_mode
from tcperf.keys import COUNTS, count_key, delta_key, worse_key
from tcperf.metrics import OPERATION_METRICS, PHASE_METRICS
from tcperf.options import AUTO, GATES
from tcperf.quantities import parse_amount, parse_percent
from tcperf.reasons import least_pairs
from tcperf.reports.verdicts import LABELS
from tcperf.schedule import looks_of
from tcperf.sentences import sentence
from tcperf.thresholds import DEFAULTS, criterion

DOCS = Path(__file__).parents[2] / "docs"
VERDICT = (DOCS / "verdict.rst").read_text("utf-8")
THRESHOLDS = (DOCS / "thresholds.rst").read_text("utf-8")


def block(text, opening):
    """The first indented block behind ``opening``, without its indentation."""
    found = re.search(rf"{re.escape(opening)}\n\n((?:   .*\n|\n)+)", text)
    return re.sub(r"^   ", "", found[1], flags=re.MULTILINE).strip() + "\n"


@pytest.fixture(name="example")
def example_fixture(tmp_path):
    path = tmp_path / "tcperf.toml"
    path.write_text(block(THRESHOLDS, ".. code-block:: toml"), "utf-8")
    return config.load(path, tmp_path)


def test_the_sentence_is_one_that_tcperf_writes():
    told = attrs.evolve(comparisons.WORSE, explanation="all of it A→B TCP")
    assert block(VERDICT, "::") == f"{sentence(told)}\n"
    for part in re.findall(r"^``(.+?)``  ", VERDICT.split("The verdicts\n")[0], re.MULTILINE):
        assert part in sentence(told)


@pytest.mark.parametrize("label", LABELS.values())
def test_every_verdict_is_explained(label):
    assert f"\n``{label}``" in VERDICT


def test_the_looks_and_levels_are_the_gates():
    *few, last = gate.LOOKS
    assert f"after {', '.join(map(str, few))} and {last} pairs" in VERDICT.replace("\n", " ")
    assert f"p < {gate.ALPHA:.3f}".replace("0.", ".") in VERDICT
    assert f"Beyond {gate.MANY} gated metrics" in VERDICT.replace("\n", " ")
    assert f"(Holm, {gate.MANY_ALPHA:.2f})".replace("0.", ".") in VERDICT
    assert f"threshold of {gate.CARRIES} CV or more" in THRESHOLDS


def test_eight_pairs_are_the_fewest_that_make_a_build_fail():
    worse = {pairs: [(100.0, 200.0 + number) for number in range(pairs)] for pairs in (7, 8)}
    found = gate.decide(worse, dict.fromkeys(worse, gate.Criterion(0.03)))
    assert (found[7].change, found[8].change) == ("cannot_tell", "worse")


@pytest.mark.parametrize("what", COUNTS)
def test_every_count_is_named(what):
    assert f"``{count_key(what, reference=False)}``" in VERDICT


def test_the_keys_of_changes_are_named():
    assert f"``…{delta_key('')}``" in VERDICT
    assert f"``…{worse_key('')}``" in VERDICT


def test_the_defaults_are_the_programs():
    rows = re.findall(r"^``(\w+)`` +([\d.]+ %) +([\d.]+(?: \w+)?)$", THRESHOLDS, re.MULTILINE)
    assert {metric for metric, _threshold, _floor in rows} == {*PHASE_METRICS, *OPERATION_METRICS}
    for metric, threshold, floor in rows:
        default = DEFAULTS[metric]
        assert parse_percent(threshold) == pytest.approx(100 * default.worse_by)
        assert parse_amount(floor).value == pytest.approx(default.floor)


def test_the_example_is_a_configuration(example):
    assert example.gate.require_comparison
    assert example.run.gate == AUTO
    assert example.run.budget == 25 * 60
    (known,) = example.accept
    assert (known.up_to, known.reason, known.until.isoformat()) == (7, "larger keys", "2027-01-31")


def test_the_example_does_what_is_said(example):
    def of(metric, phase="one_to_one.messages"):
        return criterion(metric, f"{phase}.{metric}", published=True, policy=example.gate)

    assert (of("cpu_ms").worse_by, of("cpu_ms").floor) == (0.10, 50)
    assert of("memory_peak_bytes").limit == 400 * 2**20
    assert of("memory_peak_bytes").gated
    assert not of("time_ms", "cold_start.boot").gated
    assert of("time_ms").gated


@pytest.mark.parametrize("mode", [mode for mode in GATES if mode != AUTO])
def test_every_mode_is_explained_with_the_status_it_has(mode):
    (status,) = re.findall(rf"^``{mode}`` +(\d) ", THRESHOLDS, re.MULTILINE)
    assert Gate(mode).exit_status(comparisons.paired((comparisons.WORSE,))) == int(status)


@pytest.mark.parametrize(("teamcity", "who"), [(True, "under TeamCity"), (False, "elsewhere")])
def test_what_auto_is(teamcity, who):
    mode = resolve_mode(AUTO, teamcity=teamcity)
    (line,) = [line for line in THRESHOLDS.splitlines() if line.startswith(f"``{mode}``")]
    assert f"(``auto`` {who})" in line


def test_few_pairs_promise_no_more_than_they_keep():
    """The share is the one that the tests of tools/simulate_gate.py simulate, of 8 pairs and of many."""
    (told,) = re.findall(r'"Visible from", the smallest visible change, is (.*?)\.', VERDICT, re.DOTALL)
    least = least_pairs()
    assert " ".join(told.split()) == (
        f"what this many pairs find nine times in ten (of fewer than {least} pairs: what {least} would)"
    )


def test_in_lanes_there_are_as_many_pairs_as_is_said():
    (told,) = re.findall(r"with 6 lanes there are (.*?) pairs\.", " ".join(VERDICT.split()))
    *few, last = looks_of(6, gate.LOOKS)
    assert told == f"{', '.join(map(str, few))} and {last}"
    assert "after 7, 10, 15, 20 and 30 pairs" in VERDICT
    assert looks_of(1, gate.LOOKS) == gate.LOOKS


def test_a_short_run_of_the_reference_node_is_a_matter_of_its_floor():
    (told,) = re.findall(r"(4 KiB) are a quarter of the (\d+ KiB) that", THRESHOLDS)
    floor, size = (parse_amount(text).value for text in told)
    assert floor == DEFAULTS["sent_bytes"].floor
    assert 0.2 < floor / size < 0.3


@pytest.mark.parametrize("text", [VERDICT, THRESHOLDS])
def test_a_page_is_two_screens(text):
    assert len(text.splitlines()) <= 140
    assert max(map(len, text.splitlines())) <= 118


@pytest.mark.parametrize("text", [VERDICT, THRESHOLDS])
def test_the_columns_of_tables_are_wide_enough(text):
    """In reStructuredText no text may stand in the gap between two columns."""
    rulers = [line for line in text.splitlines() if re.fullmatch(r"=+(?:  =+)+", line)]
    assert rulers
    for table in re.split(r"\n\n", text):
        lines = table.splitlines()
        if not lines or not re.fullmatch(r"=+(?:  =+)+", lines[0]):
            continue
        gaps = [match.start() for match in re.finditer("  ", lines[0])]
        for line in lines:
            assert all(line[gap : gap + 2].strip() == "" for gap in gaps), line
