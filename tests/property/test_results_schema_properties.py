"""The schema and the reader say the same of any file: what one takes the other takes, too.

That whatever is *written* fits is held in all tests (tests/conftest.py), and so of the results that
test_results_properties makes.
"""

import copy
import json

import attrs
import comparisons
import samples
from hypothesis import example, given
from hypothesis import strategies as st
from results_schema import READ, fits

from tcperf.errors import UsageError
from tcperf.results import dumps, loads

TEXT = st.text(st.characters(codec=None), max_size=4)
#: JSON has one kind of number: a whole one with a point is an integer to a schema, and none to the reader.
NUMBERS = st.integers(-(10**17), 10**17) | st.floats(-1e17, 1e17, allow_nan=False).filter(
    lambda number: not number.is_integer()
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | st.sampled_from(("sent", "exact", "ms", "head", "private")),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
GONE = object()


def whole():
    """A document with something everywhere: one run, what was compared, and past builds."""
    made = samples.emulated(runs=1)
    seen = comparisons.beside_history()
    result = attrs.evolve(
        made,
        runs=made.runs[:1],
        comparisons=seen.comparisons[:1],
        pairings=comparisons.paired().pairings[:1],
        history=seen.history,
    )
    return json.loads(dumps(result))


def places(value, way=()):
    """The ways to everything in a document; of the items of a list, the first."""
    if way:
        yield way
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    )
    for key, each in inner:
        yield from places(each, (*way, key))


DOCUMENT = whole()
PLACES = sorted(places(DOCUMENT), key=str)


def changed(way, value):
    """The document with something else at a place, or with nothing."""
    found = copy.deepcopy(DOCUMENT)
    *ahead, last = way
    inner = found
    for key in ahead:
        inner = inner[key]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return found


def is_taken(document):
    """Whether the reader takes it."""
    try:
        loads(json.dumps(document))
    except UsageError:
        return False
    return True


def test_the_document_has_everything():
    assert is_taken(DOCUMENT)
    assert fits(DOCUMENT)
    keys = {key for way in PLACES for key in way}
    assert {
        "closing",
        "accounts",
        "traffic",
        "link",
        "comparisons",
        "stopped",
        "statistics",
        "settings",
    } <= keys


@given(st.sampled_from(PLACES), st.just(GONE) | JSON)
@example(("runs", 0, "phases", 0, "totals", "cpu_ms", "value"), -1e-6)
@example(("runs", 0, "phases", 0, "totals", "cpu_ms", "value"), -2e-6)
@example(("schema",), True)
@example(("schema",), 2)
@example(("schema",), GONE)
@example(("scenarios", 0, "params", "messages"), True)
def test_the_reader_and_the_schema_agree_on_any_change(way, value):
    document = changed(way, value)
    assert is_taken(document) == fits(document, READ)
