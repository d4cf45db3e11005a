"""The page of Go's expvar is another program's: whatever it holds, it makes figures or none."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.gofigures import GoFigures
from tcperf.nodes import expvar

PAGE = {
    "cmdline": ["status-backend"],
    "memstats": {
        "HeapInuse": 4096,
        "TotalAlloc": 1 << 40,
        "Mallocs": 77,
        "NumGC": 5,
        "GCCPUFraction": 0.015625,
        "BySize": [{"Size": 0}],
    },
    "numGoroutine": 12,
}


def parse(page):
    return expvar.parse(json.dumps(page).encode())


def test_the_page():
    assert parse(PAGE) == GoFigures("expvar", 4096, 1 << 40, 77, 5, 0.015625, 12)
    assert parse({"memstats": {"NumGC": 1}}) == GoFigures("expvar", collections=1)


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<html>hello</html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[1]",
        b"null",
        b'"memstats"',
        b"{}",
        b'{"memstats": 5}',
    ],
)
def test_no_such_page(page):
    assert expvar.parse(page) is None


@pytest.mark.parametrize(
    "value",
    ["many", "5", True, False, None, [1], {}, -1, 1.5, 1 << 64, 10**400, math.nan, math.inf, -math.inf],
)
def test_what_is_no_count_is_no_figure(value):
    found = parse({"memstats": {"NumGC": value, "GCCPUFraction": "0.1"}, "numGoroutine": value})
    assert found == GoFigures("expvar")


@pytest.mark.parametrize("value", ["0.1", True, None, -0.1, 1.1, math.nan, math.inf, 10**400])
def test_what_is_no_share_is_no_figure(value):
    assert parse({"memstats": {"GCCPUFraction": value}}).gc_cpu_ratio is None


@pytest.mark.parametrize("value", [0, 1, 0.5])
def test_shares(value):
    assert parse({"memstats": {"GCCPUFraction": value}}).gc_cpu_ratio == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["memstats", "NumGC", "HeapInuse", "x"]), inner)
    ),
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_page_makes_figures_or_none(page):
    found = expvar.parse(page)
    assert found is None or found.source == "expvar"
