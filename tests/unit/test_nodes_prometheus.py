"""Prometheus's text format, as far as Go's own figures go."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcperf.gofigures import GoFigures
from tcperf.nodes import prometheus
from tcperf.nodes.prometheus import MalformedError, samples

#: As client_golang 1.5 writes it, cut short.
PAGE = rb"""# HELP go_gc_duration_seconds A summary of the GC invocation durations.
# TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0"} 1.4e-05
go_gc_duration_seconds{quantile="1"} 0.00071
go_gc_duration_seconds_sum 0.001926
go_gc_duration_seconds_count 17
# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 61
# TYPE go_info gauge
go_info{version="go1.13.11"} 1
go_memstats_alloc_bytes 7.5138e+06
go_memstats_alloc_bytes_total 6.3418296e+07
go_memstats_gc_cpu_fraction 0.0009765625
go_memstats_heap_inuse_bytes 9.494528e+06
go_memstats_mallocs_total 524288
p2p_peers_count{name="a \"quoted\\\" name, with } and \n",other="x",} 2 1600000000000
  indented	 +Inf

process_cpu_seconds_total 1.52
"""


def test_a_page_of_a_go_program():
    assert prometheus.parse(PAGE) == GoFigures(
        "prometheus", 9_494_528, 63_418_296, 524_288, 17, 0.0009765625, 61
    )


def test_samples_are_those_without_labels():
    found = samples(PAGE)
    assert found["process_cpu_seconds_total"] == 1.52
    assert found["indented"] == math.inf
    assert not {"go_info", "go_gc_duration_seconds", "p2p_peers_count"} & set(found)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a 1", 1),
        ("a\t1", 1),
        ("a{} 1", None),
        ('a{b="c"} 1', None),
        ('a { b = "c" , d = "e" } 1', None),
        ("a 1 1600000000000", 1),
        ("a 1 -5", 1),
        ("a -1.5e3", -1500),
        ("a .5", 0.5),
        ("a 5.", 5),
        ("a +Inf", math.inf),
        ("a -Inf", -math.inf),
        ("a 1e999", math.inf),
        ("a_b:c 1\n", 1),
        ("# any comment\na 1", 1),
        ("#\n  # indented\na 1\n\n", 1),
    ],
)
def test_lines(text, value):
    assert list(samples(text.encode()).values()) == ([] if value is None else [value])


def test_no_number_is_a_number_of_the_format():
    (found,) = samples(b"a NaN").values()
    assert math.isnan(found)


@pytest.mark.parametrize(
    "text",
    [
        "404 page not found",
        "<html>",
        "{}",
        "a",
        "a b",
        "a 1 2 3",
        "a 1 2.5",
        "a 1_000",
        "a 0x10",
        "a nan",
        "a infinity",
        "a ١",
        "1a 1",
        "a{b=c} 1",
        'a{b="c} 1',
        'a{b="\\x"} 1',
        'a{b="c"',
        "a{,} 1",
        'a{b="c",,} 1',
        "a{b} 1",
        "a 1\r",
        "a 1\na 2",
        "a 1\x00",
    ],
)
def test_malformed(text):
    with pytest.raises(MalformedError):
        samples(text.encode())
    assert prometheus.parse(text.encode()) is None


@pytest.mark.parametrize(
    "page", [b"", b"# nothing\n", b"other_program_total 5\n", b"\xff\xfe", b"go_goroutines NaN\n"]
)
def test_a_page_that_tells_nothing_of_go(page):
    assert prometheus.parse(page) is None


def test_a_page_beyond_all_measure_is_not_read():
    assert prometheus.parse(b"go_goroutines 5\n" + b"\n" * (4 << 20)) is None


@pytest.mark.parametrize("value", ["-1", "1.5", "1e30", "+Inf", "NaN"])
def test_what_is_no_count_is_no_figure(value):
    found = prometheus.parse(f"go_goroutines {value}\ngo_memstats_mallocs_total 4\n".encode())
    assert found == GoFigures("prometheus", mallocs=4)


def test_a_name_with_labels_is_another_figure():
    assert prometheus.parse(b'go_goroutines{of="another"} 5\ngo_goroutines 7\n') == GoFigures(
        "prometheus", goroutines=7
    )


def test_a_hostile_line_does_not_take_for_ever():
    """Quotes and escapes in great numbers, and no end: a pattern that tries all ways would not come back."""
    for part in ('a="\\\\",', "a ", '"\\', "1", "{a"):
        assert prometheus.parse(f"x{{{part * 20_000}".encode()) is None


@given(
    st.dictionaries(
        st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,8}", fullmatch=True), st.floats(allow_nan=False)
    )
)
def test_what_is_written_is_read(values):
    lines = {
        name: {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, repr(value)) for name, value in values.items()
    }
    text = "\n".join(f"{name} {value}" for name, value in lines.items())
    assert samples(text.encode()) == values


@given(st.binary() | st.text(alphabet='a{}="\\,# \t\n1.eE+-', max_size=60).map(str.encode))
def test_any_bytes_are_a_page_or_malformed(page):
    try:
        found = samples(page)
    except MalformedError:
        return
    assert all(isinstance(value, float) for value in found.values())
