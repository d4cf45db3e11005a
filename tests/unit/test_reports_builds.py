"""Several results side by side: what makes them unlike, the table on a terminal, and the page."""

import re

import attrs
import comparisons as made
import pytest
import samples
from pages import Page

from tcperf.comparison import Pairing
from tcperf.link import Link
from tcperf.model import Conditions
from tcperf.reports import builds_html, console_builds
from tcperf.reports.builds import ORDER, change_pct, gather, past_of, refusal

SENT = "tcperf.one_to_one.messages.sent_bytes"
COLD = "tcperf.cold_start.boot.time_ms"


def result(day, factor=1.0, **changes):
    """A result of a day in November whose totals are ``factor`` times the samples'."""
    found = samples.result(runs=1)

    def scaled(phase):
        totals = {key: attrs.evolve(each, value=each.value * factor) for key, each in phase.totals.items()}
        return attrs.evolve(phase, totals=totals)

    runs = tuple(attrs.evolve(run, phases=tuple(map(scaled, run.phases))) for run in found.runs)
    tool = attrs.evolve(found.tool, started=f"2026-11-{day:02}T02:14:07+00:00")
    return attrs.evolve(found, **{"runs": runs, "tool": tool, **changes})


def side_by_side(*results):
    return gather((f"{number}.json", each) for number, each in enumerate(results, start=1))


def with_params(found, **params):
    """The result, in which one_to_one had other parameters."""
    first, *others = found.scenarios
    return attrs.evolve(found, scenarios=(attrs.evolve(first, params={**first.params, **params}), *others))


def with_machine(found, **changes):
    return attrs.evolve(found, environment=attrs.evolve(found.environment, **changes))


BAD = Conditions("private", link=Link(delay_ms=50), emulation="netem")


# --- what makes them unlike --------------------------------------------------------------------------


def test_builds_have_their_places_files_and_figures():
    found = side_by_side(result(1), result(2, 1.1))
    assert [(each.number, each.source, each.started) for each in found.builds] == [
        (1, "1.json", "2026-11-01 02:14"),
        (2, "2.json", "2026-11-02 02:14"),
    ]
    assert found.last is found.builds[1]
    assert {name.key for name in found.names} == set(found.last.figures)
    assert found.notes == ()


def test_a_change_is_told_between_builds_that_are_alike():
    first, second = side_by_side(result(1), result(2, 1.1)).builds
    assert change_pct(SENT, first, second) == pytest.approx(10.0)
    assert change_pct(SENT, first, first) == 0.0
    assert change_pct("tcperf.other", first, second) is None


def test_of_nothing_there_is_no_percentage():
    nothing, something = side_by_side(result(1, 0.0), result(2)).builds
    assert change_pct(SENT, nothing, something) is None
    assert change_pct(SENT, nothing, nothing) == 0.0
    assert change_pct(SENT, something, nothing) == -100.0


def test_unlike_conditions_are_never_compared_and_said():
    found = side_by_side(result(1, conditions=BAD), result(2), result(3))
    assert found.notes == (
        (
            "build 1 beside build 3: measured under unlike conditions, and not compared: "
            "emulated links: delay=50ms against none"
        ),
    )
    first, _second, last = found.builds
    assert change_pct(SENT, first, last) is None
    assert change_pct(COLD, first, last) is None


def test_other_parameters_keep_their_scenario_alone_from_being_compared():
    found = side_by_side(with_params(result(1), messages=20), result(2))
    assert found.notes == (
        "build 1 beside build 2: one_to_one had other parameters, and is not compared: messages: 20 against 100",
    )
    first, last = found.builds
    assert change_pct(SENT, first, last) is None
    assert change_pct(COLD, first, last) == 0.0
    assert refusal(first.result, last.result, "unknown") is None


def test_another_machine_is_said_and_compared_all_the_same():
    found = side_by_side(
        with_machine(result(1), cpu_count=8), with_machine(result(2), cpu_count=8), result(3)
    )
    assert found.notes == (
        (
            "builds 1 and 2 beside build 3: measured on another machine, which may be all that differs: "
            "cores: 8 against 2"
        ),
    )
    assert change_pct(SENT, found.builds[0], found.last) == 0.0


def test_another_name_of_the_same_machine_is_nothing():
    assert side_by_side(with_machine(result(1), hostname="agent-8"), result(2)).notes == ()


def test_the_bundled_node_is_told_from_others():
    reference = attrs.evolve(result(1), subjects={"head": samples.REFERENCE})
    found = side_by_side(reference, result(2))
    assert any("one of them is the bundled reference node" in note for note in found.notes)
    assert change_pct(SENT, found.builds[0], found.last) is None


def test_an_order_that_is_not_that_of_time_is_said():
    assert ORDER in side_by_side(result(2), result(1)).notes
    assert ORDER not in side_by_side(result(1), result(1)).notes
    broken = attrs.evolve(result(2), tool=attrs.evolve(result(2).tool, started="some day"))
    assert ORDER not in side_by_side(broken, result(1)).notes
    zoneless = attrs.evolve(result(3), tool=attrs.evolve(result(3).tool, started="2026-11-03T00:00:00"))
    assert ORDER in side_by_side(zoneless, result(1)).notes


def test_that_builds_have_warnings_is_one_note():
    """Of many builds a line each would be longer than the table."""
    assert side_by_side(result(1, warnings=("a", "b")), result(2)).notes == (
        "build 1: warnings of its own, see its report",
    )
    many = side_by_side(*(result(day, warnings=("a",) * day) for day in range(1, 11)))
    assert many.notes == (
        "builds 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10: warnings of their own, see their reports",
    )


def built(found, **changes):
    """The result, whose head was built otherwise."""
    return attrs.evolve(found, subjects={"head": attrs.evolve(samples.BACKEND, **changes)})


def test_another_way_of_building_is_said_and_compared_all_the_same():
    race = attrs.evolve(samples.GO, go_version="go1.21.1", settings={**samples.GO.settings, "-race": "true"})
    found = side_by_side(built(result(1), go=race), result(2), built(result(3), sha256="0" * 64))
    assert found.notes == (
        (
            "build 1 beside build 3: built differently, which may be all that differs: "
            "Go version: go1.21.1 against go1.22.9; -race: true only in the earlier one"
        ),
    )
    assert change_pct(SENT, found.builds[0], found.last) == 0.0


def test_other_generations_and_a_binary_that_tells_nothing_are_said():
    found = side_by_side(built(result(1), generation="2024-10", go=None), result(2))
    assert found.notes == (
        f"build 1 beside build 2: of unlike generations: '2024-10' against '{samples.BACKEND.generation}'",
        (
            "build 1 beside build 2: built differently, which may be all that differs: "
            "only the last one has build information"
        ),
    )


def in_lanes(found, count):
    pairings = tuple(Pairing(info.name, 3, lanes=count, stopped="pairs") for info in found.scenarios[:1])
    return attrs.evolve(found, pairings=pairings)


def test_times_of_other_numbers_of_lanes_are_not_compared_and_that_is_said():
    found = side_by_side(in_lanes(result(1), 4), result(2, 1.1), result(3))
    assert found.notes == (
        (
            "build 1 beside build 3: one_to_one was measured in 4 lanes against 1 lane, "
            "and its times and CPU times are not compared"
        ),
    )
    first, second, last = found.builds
    for metric in ("time_ms", "latency_ms", "send_ms", "cpu_ms"):
        key = f"tcperf.one_to_one.messages.{metric}"
        assert change_pct(key, first, last) is None
        assert change_pct(key, second, last) is not None
        assert len(past_of(found).values(key)) == 2
    assert change_pct(SENT, first, last) == 0.0
    assert change_pct(COLD, first, last) == 0.0


def test_as_many_lanes_are_nothing():
    found = side_by_side(in_lanes(result(1), 4), in_lanes(result(2), 4))
    assert found.notes == ()


def test_a_build_that_was_not_compared_says_why():
    found = side_by_side(result(1), attrs.evolve(made.failed(), tool=result(2).tool), result(3))
    assert found.notes[0] == (
        "build 2: not compared: one_to_one: base failed twice in a row: bob ended with status 2"
    )
    assert [build.verdict for build in found.builds] == ["", "NOT COMPARED", ""]


def test_a_scenario_that_failed_is_named_with_its_reason():
    told = "cold_start failed and is not in these results: bob ended"
    lacking = [attrs.evolve(result(day), left_out=(samples.COLD_START,), warnings=(told,)) for day in (1, 2)]
    assert "builds 1 and 2: cold_start has no figures: bob ended" in side_by_side(*lacking, result(3)).notes


def test_a_build_in_which_nothing_was_measured_says_so():
    base_alone = attrs.evolve(
        result(2), runs=tuple(attrs.evolve(run, subject="base") for run in result(2).runs)
    )
    discarded = attrs.evolve(
        result(3), runs=tuple(attrs.evolve(run, discarded=True) for run in result(3).runs)
    )
    found = side_by_side(result(1, runs=()), base_alone, discarded, result(4))
    assert found.notes[0] == "builds 1, 2 and 3: nothing was measured"


def test_what_charts_are_made_of_may_be_compared_with_the_last():
    found = side_by_side(with_params(result(1), messages=20), result(2, 1.1), result(3))
    history = past_of(found)
    assert history.told == "3 results, 2026-11-01 02:14 … 2026-11-03 02:14"
    assert history.values(SENT) == (pytest.approx(462_090.2), 420_082.0)
    assert len(history.values(COLD)) == 3
    assert history.builds[0].revision == "4c6ca00520e0"


# --- on a terminal -----------------------------------------------------------------------------------


def lines(*results, width=80):
    return console_builds.render(side_by_side(*results), width).splitlines()


def row(found, metric, place="one_to_one.messages"):
    """The cells of a metric's line."""
    begin = next(number for number, line in enumerate(found) if line.startswith(place))
    line = next(line for line in found[begin:] if line.strip().startswith(metric))
    return re.split(r"  +", line.strip())


def test_a_metric_is_a_line_and_a_build_a_column():
    found = lines(result(1), result(2, 1.1), result(3, 0.99))
    assert found[:3] == [
        "  1  4c6ca00520e0  2026-11-01 02:14  1.json",
        "  2  4c6ca00520e0  2026-11-02 02:14  2.json",
        "  3  4c6ca00520e0  2026-11-03 02:14  3.json",
    ]
    heads = next(line for line in found if line.startswith("one_to_one.messages"))
    assert re.split(r"  +", heads) == ["one_to_one.messages", "1", "2", "3", "3 to 1", "3 to 2"]
    assert row(found, "sent_bytes") == ["sent_bytes", "410 KiB", "451 KiB", "406 KiB", "-1.0 %", "-10.0 %"]


def test_of_two_builds_there_is_one_change():
    assert row(lines(result(1), result(2, 1.1)), "sent_bytes") == [
        "sent_bytes", "410 KiB", "451 KiB", "+10.0 %",
    ]  # fmt: skip


def test_what_is_not_compared_or_not_there_is_a_dash():
    found = lines(result(1, conditions=BAD), result(2), result(3, scenarios=samples.result().scenarios[:1]))
    assert row(found, "sent_bytes")[-2:] == ["–", "0.0 %"]
    assert row(found, "time_ms", "cold_start.boot")[1:] == ["1.95 s", "1.95 s", "–", "–", "–"]


def test_of_many_builds_the_first_and_the_last_have_room():
    found = lines(*(result(day) for day in range(1, 13)))
    assert [line[:3] for line in found[:3]] == ["  1", " 11", " 12"]
    assert "     and 9 more after the first" in found
    wide = lines(*(result(day) for day in range(1, 13)), width=120)
    assert [line[:3].strip() for line in wide[:6]] == ["1", "8", "9", "10", "11", "12"]


@pytest.mark.parametrize("width", [10, 40, 60, 80, 120])
def test_no_line_is_longer_than_the_terminal(width):
    found = lines(*(result(day) for day in range(1, 6)), width=width)
    assert max(map(len, found)) <= max(width, 40)


def test_the_verdict_of_each_build_is_in_its_line():
    worse, fine = (
        attrs.evolve(found, tool=result(day).tool)
        for day, found in enumerate((made.paired(), made.clean()), 1)
    )
    found = lines(worse, fine, result(3))
    assert [line[:33] for line in found[:3]] == [
        "  1  WORSE  4c6ca00520e0  2026-11",
        "  2  OK     4c6ca00520e0  2026-11",
        "  3         4c6ca00520e0  2026-11",
    ]


def test_a_narrow_terminal_shows_whole_changes():
    """What is new in the last build is what somebody asks; older builds go first."""
    found = lines(result(1), result(2, 1.1), result(3), width=40)
    assert row(found, "sent_bytes") == ["sent_bytes", "410 KiB", "-9.1 %"]
    assert row(found, "memory_peak_bytes") == ["memory_peak_bytes", "336 MiB", "-9.1 %"]
    assert any(line.endswith("  3 to 2") for line in found)
    assert [line[:3] for line in found[:2]] == ["  2", "  3"]
    assert "     and 1 more before" in found
    assert not any("…" in line for line in found if line.startswith("  ") and "%" in line)
    two = lines(result(1), result(2, 1.1), width=40)
    assert row(two, "sent_bytes") == ["sent_bytes", "451 KiB", "+10.0 %"]
    assert [line[:3] for line in two[:2]] == ["  1", "  2"]
    middle = lines(*(result(day) for day in range(1, 6)), width=55)
    assert any(line.split()[-6:] == ["5", "to", "1", "5", "to", "4"] for line in middle)
    assert [line[:3] for line in middle[:3]] == ["  1", "  4", "  5"]


def test_nothing_published_is_said():
    nothing = attrs.evolve(result(1), runs=())
    assert lines(nothing, nothing)[-1] == "no published figure"


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_steers_the_terminal(text):
    pairing = Pairing(text, 1, problem=text)
    hostile = attrs.evolve(
        samples.hostile(text), pairings=(pairing,), left_out=samples.hostile(text).scenarios
    )
    text_of = console_builds.render(gather([(text, hostile), ("b.json", result(2))]))
    assert all(line.isprintable() and len(line) <= 80 for line in text_of.splitlines())
    assert "##teamcity[" not in text_of
    assert len(text_of) < 6_000


# --- the page ----------------------------------------------------------------------------------------


def page(*results):
    return Page(builds_html.render(side_by_side(*results)))


def test_the_page_has_the_figures_the_changes_and_the_trend():
    text = page(result(1), result(2, 1.1), result(3)).text()
    assert "3 builds side by side" in text
    assert "sent_bytes410 KiB451 KiB+10.0 %410 KiB0.0 %" in text
    assert "3 results, 2026-11-01 02:14 … 2026-11-03 02:14" in text
    assert builds_html.MARK in builds_html.render(side_by_side(result(1), result(2)))[:2000]


def test_the_page_says_what_is_unlike():
    text = page(result(1, conditions=BAD), result(2), result(3, 1.1)).text()
    assert "build 1 beside build 3: measured under unlike conditions" in text
    assert (
        "sent_bytes410 KiB410 KiB451 KiB+10.0 %" in text
    )  # from the second, for the first may not be compared
    assert "410 KiB410 KiB" in page(result(1, conditions=BAD), result(2)).text()


def test_the_page_names_the_builds_with_their_files():
    rows = page(result(1), result(2)).text(within="table")
    assert "1–4c6ca00520e04c6ca00520e09f2c1e0b4a7d…2026-11-01 02:14agent-71.json" in rows
    worse = page(result(1), attrs.evolve(made.paired(), tool=result(2).tool)).text(within="table")
    assert "2WORSE4c6ca00520e0" in worse


def test_of_many_builds_the_page_shows_the_first_and_the_last():
    found = page(*(result(1 + day % 28) for day in range(30)))
    heads = re.findall(r"Metric ?([\d ]+)", found.text(within="thead"))
    assert heads
    assert "18 builds after the first are only in the trend" in found.text()


def test_a_page_without_a_figure_says_so():
    nothing = attrs.evolve(result(1), runs=())
    assert "No build published a figure." in page(nothing, nothing).text()


def test_a_page_stays_light():
    many = side_by_side(*(result(1 + day % 28, 1 + day / 100) for day in range(60)))
    assert len(builds_html.render(many)) < 1_000_000


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_becomes_markup(text):
    found = builds_html.render(gather([(text, samples.hostile(text)), ("b.json", result(2))]))
    Page(found).check_harmless()
    assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", found) is None
    found.encode("utf-8")
