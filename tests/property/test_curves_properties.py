"""Lines as they are written into a page, and sums over nodes, for anything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.reports import curve, sums
from tcperf.timeseries import NodeSeries

PLACES = st.lists(
    st.tuples(st.floats(0, 1000), st.floats(-5, 1005)), min_size=1, max_size=80
).map(sorted)  # fmt: skip
STEPS = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 300), st.integers(0, 10**9)), max_size=60)


def corners(path):
    """Where the line turns."""
    first, *others = re.findall(r"(-?\d+) ?(-?\d+)", path)
    places = [tuple(map(int, first))]
    for across, down in others:
        places.append((places[-1][0] + int(across), places[-1][1] + int(down)))
    return places


def node(rows, start):
    """A node whose times and CPU go on by the rows' steps."""
    time, used = start, 0
    columns = [(time, used, 1)]
    for step, more, rss in rows:
        time, used = time + step, used + more
        columns.append((time, used, rss))
    t_ms, cpu_ms, rss_bytes = zip(*columns, strict=True)
    return NodeSeries(t_ms, cpu_ms, rss_bytes, cpu_ms, cpu_ms)


@given(PLACES)
def test_a_line_passes_through_every_point_and_turns_nowhere_else(points):
    path = curve.path(points)
    assert re.fullmatch(r"M\d+ -?\d+(h1|l\d+[ -]\d+( \d+[ -]\d+)*)", path)
    rounded = [(round(x), round(y)) for x, y in points]
    found = corners(path)
    assert (found[0], found[-1]) == (rounded[0], rounded[-1])
    assert set(found) <= set(rounded)
    levels = set(found)
    left_out = [place for place in rounded if place not in levels]
    heights = {y for _x, y in found}
    assert all(y in heights for _x, y in left_out)  # on a level between two that are there


@given(STEPS, STEPS, st.integers(0, 500), st.sampled_from([50, 100, 333, 1000]))
def test_no_cpu_appears_from_nowhere(one, other, late, step_ms):
    nodes = [node(one, 0), node(other, late)]
    found = sums.cpu_percent(nodes, step_ms)
    assert all(percent >= 0 for _time, percent in found)
    times = [time for time, _percent in found]
    assert times == sorted(set(times))
    # Only the first and the last step may be shorter than the others: none of them holds more than its length.
    used = sum(each.cpu_ms[-1] for each in nodes)
    inner = sum(percent / 100 * step_ms for _time, percent in found[1:-1])
    assert inner <= used + 1e-6
    whole = sum(percent / 100 * step_ms for _time, percent in found)
    last = max(each.t_ms[-1] for each in nodes if len(each.t_ms) > 1) if found else 0
    if found and (one or late == 0) and last % step_ms == 0:
        assert whole >= used - 1e-6  # nothing is lost where the last step is a whole one


@given(STEPS, STEPS, st.integers(0, 500))
def test_sums_end_with_what_all_have_together(one, other, late):
    nodes = [node(one, 0), node(other, late)]
    memory, sent = sums.memory_bytes(nodes), sums.sent_bytes(nodes)
    assert memory[-1][1] == pytest.approx(sum(each.rss_bytes[-1] for each in nodes))
    assert sent[-1][1] == sum(each.sent_bytes[-1] for each in nodes)
    assert [value for _time, value in sent] == sorted(value for _time, value in sent)
    assert len(memory) == sum(len(each.t_ms) for each in nodes)
