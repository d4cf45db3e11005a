"""Go's figures at two edges become measurements."""

from tcperf.gofigures import UNBORN, GoFigures
from tcperf.measurement import Measurement
from tcperf.probes.go import go_measurements

BEFORE = GoFigures("expvar", 4096, 10_000, 300, 3, 0.25, 10)
AFTER = GoFigures("expvar", 8192, 15_000, 420, 5, 0.125, 12)


def test_all_of_them():
    assert go_measurements(BEFORE, AFTER) == {
        "go_heap_bytes": Measurement(8192, "bytes", "sampled", "expvar"),
        "goroutines_count": Measurement(12, "count", "sampled", "expvar"),
        "go_gc_cpu_pct": Measurement(12.5, "pct", "sampled", "expvar"),
        "go_alloc_bytes": Measurement(5000, "bytes", "exact", "expvar"),
        "go_mallocs_count": Measurement(120, "count", "exact", "expvar"),
        "go_gc_count": Measurement(2, "count", "exact", "expvar"),
    }


def test_a_node_without_figures_has_none():
    assert go_measurements(None, None) == {}
    assert go_measurements(BEFORE, None) == {}
    assert go_measurements(UNBORN, None) == {}


def test_without_the_first_edge_there_are_no_differences():
    assert set(go_measurements(None, AFTER)) == {"go_heap_bytes", "goroutines_count", "go_gc_cpu_pct"}


def test_a_node_that_began_in_the_phase_has_counted_from_nothing():
    found = go_measurements(UNBORN, AFTER)
    assert {key: found[key].value for key in ("go_alloc_bytes", "go_mallocs_count", "go_gc_count")} == {
        "go_alloc_bytes": 15_000,
        "go_mallocs_count": 420,
        "go_gc_count": 5,
    }
    assert {each.source for each in found.values()} == {"expvar"}


def test_what_is_not_told_or_goes_backwards_is_absent():
    assert go_measurements(BEFORE, GoFigures("prometheus")) == {}
    found = go_measurements(AFTER, BEFORE)
    assert not {"go_alloc_bytes", "go_mallocs_count", "go_gc_count"} & set(found)
    assert go_measurements(GoFigures("prometheus", mallocs=1), AFTER)["go_mallocs_count"].value == 419
    assert go_measurements(BEFORE, GoFigures("expvar", goroutines=0))["goroutines_count"].value == 0
