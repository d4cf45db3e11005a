"""What holds of report.md, junit.xml and summary.csv for any result."""

import csv
import io
import re

import attrs
import comparisons as made
import junit_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from tcperf.comparison import Comparison, Pairing
from tcperf.gate import TOO_NOISY
from tcperf.gating import Gate
from tcperf.metrics import METRICS
from tcperf.ranking import unseen
from tcperf.reports import junit, markdown, summary_csv
from tcperf.reports.junit_cases import suites
from tcperf.reports.text import clean
from tcperf.rules import GatePolicy

#: Long, wide and all that is markup: a letter takes up to four bytes, and its escape up to nine.
LONG = st.text(st.sampled_from("ש🎈&<|`@#1\u202e\x1b x"), min_size=1, max_size=400).map(lambda text: text * 9)
TEXT = st.text(st.characters(codec=None), max_size=60) | LONG
PERCENTS = st.none() | st.floats(-100, 1e9)
SIZES = st.none() | st.integers(0, 10**15) | st.floats(0, 1e300)
GATES = st.builds(
    Gate,
    st.sampled_from(["problem", "condition", "exit", "off"]),
    st.builds(GatePolicy, undecided=st.sampled_from(["pass", "fail"]), require_comparison=st.booleans()),
    st.none() | TEXT,
)
COMPARISONS = st.builds(
    Comparison,
    key=TEXT,
    scenario=st.sampled_from(["one_to_one", "idle"]) | TEXT,
    phase=TEXT,
    metric=st.sampled_from(sorted(METRICS)) | TEXT,
    change=st.sampled_from(["worse", "better", "ok", "cannot_tell", "not_compared"]),
    gated=st.booleans(),
    published=st.booleans(),
    paired=st.booleans(),
    pairs=st.integers(0, 30),
    base_median=SIZES,
    head_median=SIZES,
    effect_pct=PERCENTS,
    p=st.none() | st.floats(0, 1),
    limit=SIZES,
    note=st.none() | TEXT | st.just(f"{TOO_NOISY}: 12 %"),
    explanation=st.none() | TEXT,
    accepted=st.none() | TEXT,
    warns_only=st.booleans(),
)
PAIRINGS = st.lists(st.builds(Pairing, TEXT, st.integers(0, 30), problem=st.none() | TEXT), max_size=3)
WARNINGS = st.lists(TEXT, max_size=30)
PAIRED = made.paired((), pairs=1)


@st.composite
def judged(draw):
    """A result of which the gate said any number of things, some of them over and over."""
    found = draw(st.lists(COMPARISONS, max_size=5)) * draw(st.sampled_from([1, 1, 20, 200]))
    return attrs.evolve(
        PAIRED,
        comparisons=tuple(found),
        pairings=tuple(draw(PAIRINGS)),
        warnings=tuple(draw(WARNINGS)),
    )


@given(judged())
@settings(deadline=None, max_examples=60)
def test_a_comment_is_never_too_long_and_always_whole(result):
    text = markdown.render(result)
    assert len(text.encode("utf-8")) <= markdown.LIMIT <= 65_000
    assert text.startswith("### ")
    assert text.endswith("\n")
    bare = re.sub(r"`[^`\n]*`", "", text)
    assert bare.count("<details>") == bare.count("</details>") == bare.count("<summary>")
    assert all(line == clean(line) for line in text.split("\n"))


@given(judged())
@settings(deadline=None, max_examples=60)
def test_the_worst_of_a_comment_stands_before_what_is_folded(result):
    text = markdown.render(result)
    first = text.find("<details>")
    if "| 🔴 " in text:
        assert 0 < text.index("| 🔴 ") < first
    assert "🔴" not in text[first:]


@given(judged(), GATES)
@settings(deadline=None, max_examples=60)
def test_test_results_are_valid_and_tell_every_judged_metric_once(result, gate):
    junit_schema.check(junit.render(result, gate))
    found = [case for suite in suites(result, gate) for case in suite.cases]
    blind = {each.key for each in unseen(result.comparisons)}
    judged = [
        each for each in result.comparisons if each.gated or each.limit is not None or each.key in blind
    ]
    # Of a key that a scenario has twice, the last is told.
    told = {(each.scenario, each.key): each for each in judged}.values()
    assert len(found) >= max(1, len(told))
    objections = {each.key for each in gate.objections(result)}
    failed = sum(each.key in objections for each in told)
    assert sum(case.outcome == "failure" for case in found) == failed


@given(judged(), GATES)
@settings(deadline=None, max_examples=60)
def test_test_results_are_never_green_by_omission(result, gate):
    outcomes = {case.outcome for suite in suites(result, gate) for case in suite.cases}
    assert outcomes
    if gate.missed(result):
        assert "error" in outcomes
    if gate.objections(result):
        assert "failure" in outcomes


@given(st.lists(judged(), max_size=3))
@settings(deadline=None, max_examples=30)
def test_every_build_is_a_row_of_the_same_columns(found):
    rows = list(csv.reader(io.StringIO(summary_csv.render(found), newline="")))
    assert len(rows) == 1 + len(found)
    assert len(set(map(len, rows))) == 1
    assert tuple(rows[0][: len(summary_csv.ABOUT)]) == summary_csv.ABOUT
