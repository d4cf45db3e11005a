"""Statistic keys taken apart, in the order in which people read them; addresses that may be links."""

import pytest

from tcperf.keys import COUNTS, count_key, delta_key, statistic_key, worse_key
from tcperf.reports.keyname import in_order, named
from tcperf.weblink import web_link


@pytest.mark.parametrize(
    ("key", "where", "metric", "unit", "tail"),
    [
        (
            "tcperf.one_to_one.messages.sent_bytes",
            "one_to_one.messages",
            "sent_bytes",
            "bytes",
            "one_to_one.messages.sent_bytes",
        ),
        (
            "tcperf.reference.idle.idle.cpu_ms",
            "reference.idle.idle",
            "cpu_ms",
            "ms",
            "idle.idle.cpu_ms",
        ),
        (
            "tcperf.one_to_one.messages.alice.cpu_ms",
            "one_to_one.messages.alice",
            "cpu_ms",
            "ms",
            "one_to_one.messages.alice.cpu_ms",
        ),
        ("BuildDuration", "", "BuildDuration", "", "BuildDuration"),
        ("my.build.size_mb", "my.build", "size_mb", "", "my.build.size_mb"),
        ("", "", "", "", ""),
    ],
)
def test_a_key_has_parts(key, where, metric, unit, tail):
    found = named(key)
    assert (found.key, found.where, found.metric, found.unit, found.tail) == (key, where, metric, unit, tail)


@pytest.mark.parametrize("reference", [True, False])
def test_what_is_made_of_other_figures_is_not_measured(reference):
    key = statistic_key("idle", "idle", "cpu_ms", reference=reference)
    assert named(key).is_measured
    assert not named(delta_key(key)).is_measured
    assert not named(worse_key(key)).is_measured
    assert not any(named(count_key(what, reference=reference)).is_measured for what in COUNTS)


def test_what_others_publish_is_not_tcperfs():
    assert not named("BuildDuration").is_measured
    assert not named("tcperfect.idle.cpu_ms").is_measured


def test_a_count_that_was_measured_is_one():
    assert named("tcperf.one_to_one.messages.packets_count").is_measured


def test_names_stand_by_phase_and_in_the_order_of_metrics():
    keys = (
        "tcperf.one_to_one.messages.sent_bytes",
        "tcperf.one_to_one.messages.own_figure_ms",
        "tcperf.idle.idle.cpu_ms",
        "tcperf.one_to_one.messages.time_ms",
        "tcperf.one_to_one.messages.cpu_ms",
        "tcperf.one_to_one.messages.cpu_ms",
        "BuildDuration",
    )
    found = [name.key for name in in_order(keys)]
    assert found == [
        "BuildDuration",
        "tcperf.idle.idle.cpu_ms",
        "tcperf.one_to_one.messages.time_ms",
        "tcperf.one_to_one.messages.cpu_ms",
        "tcperf.one_to_one.messages.sent_bytes",
        "tcperf.one_to_one.messages.own_figure_ms",
    ]
    assert [name.key for name in in_order(reversed(keys))] == found


# --- links -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://teamcity.example.org/viewLog.html?buildId=17&tab=buildResultsDiv",
        "http://teamcity:8111/buildConfiguration/Perf_OneToOne/17",
        "https://[2001:db8::7]/viewLog.html?buildId=17",
        "https://example.org/a%20b/#log",
    ],
)
def test_a_builds_page_is_a_link(url):
    assert web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.org",
        "data:text/html,hello",
        "file:///etc/passwd",
        "//example.org/x",
        "/viewLog.html?buildId=17",
        "https://",
        "https:///path",
        "https://user:secret@example.org/",
        "https://example.org@evil.example/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org\\@evil.example/",
        "https://example.org/\n",
        " https://example.org/",
        "https://example.org/\"onclick='x'",
        "https://example.org/<script>",
        "https://[::1/",
        "https://exämple.org/",
        "https://example.org/" + "x" * 300,
    ],
)
def test_nothing_else_is(url):
    assert web_link(url) is None
