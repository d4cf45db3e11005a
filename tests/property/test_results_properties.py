"""Any result comes back from results.json as it was, and any damage to the file is a clear error."""

import json
from operator import attrgetter

import attrs
import pytest
import samples
from hypothesis import example, given
from hypothesis import strategies as st

from tcperf.comparison import Comparison, Pairing
from tcperf.errors import UsageError
from tcperf.history import History, PastBuild
from tcperf.measurement import Measurement
from tcperf.model import (
    Conditions,
    Environment,
    Link,
    NodeExit,
    PhaseInfo,
    PhaseResult,
    Result,
    Run,
    ScenarioInfo,
    Surroundings,
    Tool,
    Unmeasured,
    Unsupported,
)
from tcperf.results import dumps, loads
from tcperf.subject import GoBuild, Subject
from tcperf.traffic import Account, Capture, Closing, Traffic
from tcperf.units import HUGE, UNITS

TEXT = st.text(st.characters(codec=None), max_size=8)  # lone surrogates too: undecodable paths hold them
WHOLE = st.integers(1 - HUGE, HUGE - 1)
NUMBERS = st.one_of(
    WHOLE, st.floats(-1e17, 1e17, allow_nan=False), st.floats(0, 1, allow_nan=False, allow_subnormal=True)
)
#: No figure is less than nothing.
AMOUNTS = NUMBERS.map(abs)
EXACTNESS = st.sampled_from(("exact", "sampled", "host_wide", "bound"))


def few(items):
    return st.lists(items, max_size=2).map(tuple)


def named(values):
    return st.dictionaries(TEXT, values, max_size=2)


def built(kind, **fields):
    """A value of ``kind`` from strategies for all of its fields."""
    assert {attribute.name for attribute in attrs.fields(kind)} == set(fields)
    return st.builds(kind, **fields)


MEASUREMENTS = built(
    Measurement, value=AMOUNTS, unit=st.sampled_from(sorted(UNITS)), exactness=EXACTNESS, source=TEXT
)
PHASES = built(
    PhaseResult,
    name=TEXT,
    start_ns=WHOLE,
    end_ns=WHOLE,
    nodes=named(named(MEASUREMENTS)),
    totals=named(MEASUREMENTS),
    operations_ms=few(NUMBERS),
)
CLOSINGS = st.builds(Closing, *[WHOLE] * 9)
DIRECTIONS = st.sampled_from(("sent", "received"))
TRAFFIC = st.builds(
    Traffic,
    TEXT,
    TEXT,
    DIRECTIONS,
    TEXT,
    st.sampled_from(("tcp", "udp", "icmp", "arp", "other")),
    st.sampled_from(("p2p", "control", "other")),
    *[WHOLE] * 7,
)
ACCOUNTS = st.builds(Account, TEXT, DIRECTIONS, *[WHOLE] * 8)
CAPTURES = st.builds(Capture, WHOLE, WHOLE, WHOLE, few(ACCOUNTS), st.none() | TEXT)
MAYBE_NUMBER, MAYBE_WHOLE = st.none() | NUMBERS, st.none() | WHOLE
EXITS = st.builds(NodeExit, WHOLE, *[MAYBE_NUMBER] * 2, *[MAYBE_WHOLE] * 4)
LINKS = st.builds(Link, MAYBE_NUMBER, MAYBE_WHOLE, MAYBE_NUMBER)
RUNS = built(
    Run,
    id=TEXT,
    subject=TEXT,
    scenario=TEXT,
    order=WHOLE,
    phases=few(PHASES),
    pair=st.none() | WHOLE,
    lane=WHOLE,
    discarded=st.booleans(),
    discarded_because=st.none() | TEXT,
    surroundings=st.none() | st.builds(Surroundings, MAYBE_NUMBER, MAYBE_NUMBER, MAYBE_NUMBER),
    exits=named(EXITS),
    closing=st.none() | CLOSINGS,
    traffic=few(TRAFFIC),
    capture=st.none() | CAPTURES,
    series=st.none() | TEXT,
    warnings=few(TEXT),
)
GO = st.builds(GoBuild, TEXT, TEXT, TEXT, TEXT, named(TEXT))
SUBJECTS = st.builds(Subject, TEXT, TEXT, TEXT, TEXT, st.booleans(), st.none() | GO)
ENVIRONMENTS = built(
    Environment,
    **dict.fromkeys(("hostname", "system", "kernel", "machine", "python"), TEXT),
    **dict.fromkeys(("cpu_model", "governor", "virtualization"), st.none() | TEXT),
    **dict.fromkeys(("cpu_count", "memory_bytes"), st.none() | WHOLE),
    **dict.fromkeys(("cpu_mhz", "load_1m", "pressure_cpu_some_avg10"), st.none() | NUMBERS),
)
SCENARIOS = built(
    ScenarioInfo,
    name=TEXT,
    help=TEXT,
    params=named(st.booleans() | NUMBERS | TEXT),
    phases=few(
        built(
            PhaseInfo,
            **dict.fromkeys(("name", "help"), TEXT),
            publish=st.booleans(),
            metrics=few(TEXT),
            **dict.fromkeys(("test", "part"), st.none() | TEXT),
        )
    ),
    params_help=named(TEXT),
)
COMPARISONS = built(
    Comparison,
    **dict.fromkeys(("key", "scenario", "phase", "metric"), TEXT),
    **dict.fromkeys(("gated", "published", "paired", "warns_only"), st.booleans()),
    **dict.fromkeys(("pairs", "worse_pairs"), WHOLE),
    **dict.fromkeys(
        (
            "base_median",
            "head_median",
            "effect_pct",
            "low_pct",
            "high_pct",
            "p",
            "noise_pct",
            "visible_pct",
            "threshold_pct",
            "floor",
            "limit",
        ),
        MAYBE_NUMBER,
    ),
    **dict.fromkeys(("note", "explanation", "accepted", "history_of"), st.none() | TEXT),
    history_builds=st.none() | WHOLE,
    change=st.sampled_from(("worse", "better", "ok", "cannot_tell", "not_compared")),
)
PAIRINGS = built(
    Pairing,
    scenario=TEXT,
    **dict.fromkeys(("pairs", "redone", "lanes"), WHOLE),
    stopped=st.sampled_from(("decided", "budget", "pairs", "failed")),
    problem=st.none() | TEXT,
)
PAST_BUILDS = built(
    PastBuild,
    id=WHOLE,
    **dict.fromkeys(("number", "finished", "url"), TEXT),
    **dict.fromkeys(("branch", "revision", "agent"), st.none() | TEXT),
    is_default_branch=st.booleans(),
    distance_commits=st.none() | WHOLE,
    statistics=named(NUMBERS),
)
HISTORIES = built(
    History,
    builds=few(PAST_BUILDS),
    reason=st.sampled_from(("revision", "target", "default", "asked")),
    told=TEXT,
    same_agent=st.none() | st.booleans(),
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=2) | named(inner),
    max_leaves=4,
)


def seat(run):
    """The place that a run takes alone: in a pair that counts, or, outside of pairs, none but its own."""
    counts = run.pair is not None and not run.discarded
    return (run.scenario, run.subject, run.pair) if counts else run.id


RESULTS = built(
    Result,
    tool=st.builds(Tool, TEXT, TEXT, few(TEXT), TEXT),
    environment=ENVIRONMENTS,
    conditions=st.builds(
        Conditions,
        st.sampled_from(("private", "loopback", "host")),
        st.none() | WHOLE,
        st.sampled_from(("off", "host")),
        st.none() | LINKS,
        st.none() | TEXT,
    ),
    subjects=named(SUBJECTS),
    scenarios=few(SCENARIOS),
    runs=st.lists(RUNS, max_size=2, unique_by=(attrgetter("id"), seat)).map(tuple),
    comparisons=few(COMPARISONS),
    pairings=few(PAIRINGS),
    warnings=few(TEXT),
    history=st.none() | HISTORIES,
    left_out=few(SCENARIOS),
    unsupported=few(st.builds(Unsupported, SCENARIOS, TEXT)),
    unmeasured=few(
        st.builds(
            Unmeasured, TEXT, TEXT, st.sampled_from(["failed", "skipped", "xfailed", "unseen"]), few(TEXT)
        )
    ),
    schema=st.just(1),
)


@given(RESULTS)
def test_any_result_comes_back_as_it_was(result):
    written = dumps(result)
    assert written.isascii()
    found = loads(written)
    assert found == result
    assert dumps(found) == written  # equal is not the same: 1 == 1.0 == True


WRITTEN = dumps(samples.reference_result())


@given(st.integers(0, len(WRITTEN) - 2))
def test_a_file_that_is_cut_off_is_never_read(length):
    with pytest.raises(UsageError) as caught:
        loads(WRITTEN[:length])
    assert caught.value.cure


@given(st.integers(0, len(WRITTEN) - 1), st.characters(codec="utf-8"))
def test_a_changed_character_is_a_clear_error_or_a_result(place, character):
    told = ""
    try:
        loads(WRITTEN[:place] + character + WRITTEN[place + 1 :])
    except UsageError as error:
        told = str(error)
    assert told.isprintable()
    assert len(told) < 400


@given(JSON)
@example({"schema": 1})
@example({"schema": 1, "tool": {"version": {}}})
def test_any_json_is_a_clear_error_or_a_result(document):
    with pytest.raises(UsageError) as caught:
        loads(json.dumps(document))
    assert str(caught.value).isprintable()
