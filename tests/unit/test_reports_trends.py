"""Past builds on pages: the report's section, and history.html."""

import importlib.util
import math
import re
from collections import Counter
from datetime import date

import attrs
import pasts
import pytest
import samples
from pages import Page, drawings

from tcperf.gate import Criterion
from tcperf.history import History
from tcperf.keys import statistic_key
from tcperf.precedent import Precedent, compare_history
from tcperf.reports import history_html, html, view
from tcperf.reports.keyname import in_order, named
from tcperf.reports.past import WINDOW, past
from tcperf.reports.trends import MOST_CHARTS, MOST_ROWS, trends
from tcperf.rules import GatePolicy, Rule
from tcperf.summary import published
from tcperf.units import humanize

NO_LEVEL = "No figure went over to a new level by more than its threshold and its floor."


def seen(history, this=None, window=None):
    names = in_order({key for build in history.builds for key in build.statistics})
    return trends(history, names, this or {}, window)


def page(history, *patterns):
    return history_html.render(past("Perf_OneToOne", history, patterns), WINDOW)


def report(history, result=None):
    return html.render(attrs.evolve(result or samples.result(), history=history), {})


def beside(result, count=20, **changes):
    """A history of builds that published what the result has, a little different each time."""
    figures = {summary.key: float(summary.median) for summary in published(result)}
    builds = tuple(
        pasts.past_build(
            place + 1,
            {key: round(value * (1 + 0.01 * ((place * 7) % 5 - 2)), 3) for key, value in figures.items()},
            distance_commits=count - place,
        )
        for place in range(count)
    )
    made = {"reason": "target", "told": f"{count} builds of develop", "same_agent": True}
    return History(builds, **made | changes)


@pytest.fixture(scope="module")
def whole():
    return report(beside(samples.result()))


# --- what is gathered --------------------------------------------------------------------------------


def test_without_builds_or_figures_there_is_nothing_to_draw():
    assert seen(History((), "default", "nothing")) is None
    assert trends(pasts.history(1, 2, 3), [named(pasts.TIME)], {}) is None


def test_charts_stand_by_where_they_were_measured():
    history = pasts.many(12, (pasts.SENT, pasts.TIME, pasts.IDLE))
    found = seen(history)
    assert [(where, [one.name.metric for one in group]) for where, group in found.groups] == [
        ("idle.idle", ["cpu_ms"]),
        ("one_to_one.messages", ["time_ms", "sent_bytes"]),
    ]


def test_all_charts_have_the_same_ticks():
    assert [(tick.share, tick.label) for tick in seen(pasts.history(*pasts.wave(60))).ticks] == [
        (0, "2026-09-01"),
        (0.5, "2026-09-02"),
        (1, "2026-09-03"),
    ]
    assert [tick.label for tick in seen(pasts.history(*pasts.wave(40))).ticks] == [
        "09-01 02:14",
        "09-01 22:14",
        "09-02 17:14",
    ]
    found = seen(pasts.history(*pasts.wave(60)), {pasts.SENT: 4.0})
    assert found.ticks[-1].label == "this build"


def test_builds_of_one_day_have_times():
    assert [tick.label for tick in seen(pasts.history(1, 2, 3)).ticks] == ["09-01 02:14", "09-01 04:14"]
    assert [tick.label for tick in seen(pasts.history(1)).ticks] == ["09-01 02:14"]


def test_the_table_has_the_newest_builds_first():
    found = seen(pasts.history(*pasts.wave(130)))
    assert len(found.rows) == MOST_ROWS
    assert found.count == 130
    assert [row.number for row in found.rows[:2]] == ["#130", "#129"]
    row = found.rows[0]
    assert (row.finished, row.branch, row.agent, row.distance) == (
        "2026-09-06 11:14",
        "develop",
        "agent-7",
        "",
    )
    assert row.revision == "0" * 12
    assert row.url.startswith(pasts.SERVER)


def test_what_is_not_known_of_a_build_is_empty():
    build = pasts.past_build(1, {pasts.SENT: 5.0}, branch=None, revision=None, agent=None, url="?")
    (row,) = seen(History((build,), "default", "1 build")).rows
    assert (row.branch, row.revision, row.agent, row.url) == ("", "", "", None)


@pytest.mark.parametrize(
    ("commits", "told"), [(None, ""), (0, "0 commits"), (1, "1 commit"), (7, "7 commits")]
)
def test_a_distance_is_told_in_commits(commits, told):
    build = pasts.past_build(1, {pasts.SENT: 5.0}, distance_commits=commits)
    assert seen(History((build,), "target", "1 build")).rows[0].distance == told


def test_more_figures_than_a_build_publishes_are_not_drawn():
    found = seen(pasts.many(6, [f"tcperf.a.b.figure{number}_ms" for number in range(MOST_CHARTS + 3)]))
    assert sum(len(group) for _where, group in found.groups) == MOST_CHARTS
    assert found.hidden == 3


def test_the_more_charts_the_less_is_drawn_of_each():
    few = seen(pasts.many(900, [pasts.SENT]))
    many = seen(pasts.many(900, [f"tcperf.a.b.figure{number}_ms" for number in range(60)]))
    assert len(few.groups[0][1][0].dots) == 60
    assert len(many.groups[0][1][0].dots) == 20


def test_other_machines_are_told():
    assert any(
        "did not all run on the machine" in note for note in seen(pasts.history(1, 2, same_agent=False)).notes
    )
    for same in (True, None):
        assert not any("machine" in note for note in seen(pasts.history(1, 2, same_agent=same)).notes)


def test_what_is_not_as_usual_is_named_first():
    history = pasts.many(20, (pasts.SENT, pasts.TIME, pasts.IDLE))
    this = {pasts.SENT: 20_000.0, pasts.TIME: 20_000.0, pasts.IDLE: 20_000.0}
    assert seen(history, this).notes == (
        "Worse than usual: one_to_one.messages sent_bytes.",
        "Better than usual: idle.idle cpu_ms.",
        NO_LEVEL,
    )


def test_what_is_unusual_is_what_a_verdict_beside_past_builds_would_call_so():
    history = pasts.history(*pasts.wave(20, by=0.004))
    (_where, (chart,)) = seen(history, {pasts.SENT: 411_500.0}).groups[0]
    assert chart.this.is_outside, "beyond the band, which is no alarm by itself"
    assert (chart.tone, seen(history, {pasts.SENT: 411_500.0}).notes[0][:5]) == ("calm", "No fi"), "below 3 %"
    for criterion, tone in (
        (Criterion(0.02), "warn"),
        (Criterion(0.02, 12_000.0), "calm"),
        (Criterion(0.02, gated=False), "calm"),
    ):
        found = trends(
            history, [named(pasts.SENT)], {pasts.SENT: 411_500.0}, criteria={pasts.SENT: criterion}
        )
        assert [chart.tone for _where, charts in found.groups for chart in charts] == [tone]


@pytest.mark.parametrize(("middle", "is_told"), [(12.5, False), (1_250.0, True)])
def test_a_step_below_the_floor_is_no_new_level_and_the_note_does_not_deny_it(middle, is_told):
    """Of a thousand builds CPU rises by 20 % in the middle: 2.5 ms count for nobody, 250 ms do."""
    values = [
        middle * (1.2 if number > 500 else 1) * (1 + 0.004 * math.sin(number * 2.4)) for number in range(1000)
    ]
    found = seen(pasts.history(*values, key=pasts.IDLE))
    levels = [level.text for _where, charts in found.groups for chart in charts for level in chart.levels]
    assert len(levels) == is_told
    assert found.notes == (() if is_told else (NO_LEVEL,))
    if is_told:
        assert levels[0].endswith("(+20.0 %) from #502 on")


def test_levels_are_looked_for_by_the_projects_own_rule():
    values = [*pasts.wave(20, 400_000.0, by=0.004), *pasts.wave(20, 420_000.0, by=0.004)]
    for criterion, count in ((Criterion(0.03), 1), (Criterion(0.03, 30_000.0), 0), (Criterion(0.08), 0)):
        found = trends(pasts.history(*values), [named(pasts.SENT)], {}, criteria={pasts.SENT: criterion})
        assert sum(len(chart.levels) for _where, charts in found.groups for chart in charts) == count


def test_of_many_that_are_not_as_usual_some_are_named():
    keys = [f"tcperf.a.b.figure{number}_ms" for number in range(8)]
    (note, *_others) = seen(pasts.many(20, keys), dict.fromkeys(keys, 1e9)).notes
    assert note.startswith("Worse than usual: a.b figure0_ms, a.b figure1_ms, ")
    assert note.endswith(" and 3 more.")


def test_that_new_levels_were_looked_for_is_told(monkeypatch):
    assert seen(pasts.history(*pasts.wave(20))).notes == (NO_LEVEL,)
    level = pasts.history(*pasts.wave(20), *pasts.wave(10, 500_000.0))
    assert seen(level).notes == ()
    assert seen(pasts.history(*pasts.wave(9))).notes == (), "nobody expects two levels of so few"
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    found = seen(level)
    assert found.notes == ("New levels are not looked for: pip install 'tcperf[changepoints]'",)
    assert found.groups[0][1][0].levels == ()


# --- the report's section ----------------------------------------------------------------------------


def test_a_report_without_history_says_nothing_of_it():
    text = html.render(samples.result(), {})
    Page(text).check_harmless()
    assert "past builds" not in text.lower()
    assert ".usual" not in text


def test_a_history_without_the_results_figures_says_nothing_either():
    Page(report(pasts.history(1, 2, 3, key="tcperf.other.other.cpu_ms"))).check_harmless()


def test_every_published_figure_stands_beside_past_builds(whole):
    found = Page(whole)
    found.check_harmless(leads_to=f"{pasts.SERVER}/viewLog.html?buildId=90")
    assert whole.count('class="chart trend') == len(published(samples.result()))
    assert whole.count('class="usual"') == len(published(samples.result()))
    assert whole.count('class="this') == len(published(samples.result()))
    text = found.text()
    assert "Beside past builds 20 builds of develop. History sees the drift of machines as change" in text
    assert (
        "memory_peak_bytes 336 MiB, 0.0 % against the median of 20 builds, 336 MiB; usual 321 MiB … 351 MiB"
        in text
    )
    assert (
        text.index("All phases and nodes")
        < text.index("Beside past builds 20")
        < text.rindex("Does the traffic")
    )


def test_a_build_outside_of_what_is_usual_is_marked():
    result = samples.result()
    history = beside(result)
    key = statistic_key("one_to_one", "messages", "sent_bytes", reference=False)
    builds = tuple(
        attrs.evolve(build, statistics={**build.statistics, key: build.statistics[key] / 1.2})
        for build in history.builds
    )
    made = report(attrs.evolve(history, builds=builds))
    assert made.count('class="chart trend warn"') == 1
    assert "+20.0 % against the median" in Page(made).text()


def test_the_page_and_its_verdict_call_the_same_figures_unusual():
    """Of figures beyond the band by less than the threshold, and by more, gated and not."""
    result = samples.result(scenarios=(samples.ONE_TO_ONE,))
    past = beside(result)
    ratios = {"sent_bytes": 1.025, "memory_peak_bytes": 1.2, "time_ms": 0.5, "cpu_ms": 1.5}
    builds = tuple(
        attrs.evolve(
            build,
            statistics={
                key: value / ratios.get(key.rpartition(".")[2], 1.0)
                for key, value in build.statistics.items()
            },
        )
        for build in past.builds
    )
    policy = GatePolicy(rules=(Rule(match="*.cpu_ms", report_only=True),))
    history = attrs.evolve(past, builds=builds)
    made = compare_history(result, Precedent(history), policy, (), date(2026, 11, 27)).comparisons
    found = view.report(attrs.evolve(result, comparisons=made, history=history), {}).past
    tones = {chart.name.key: chart.tone for _where, charts in found.groups for chart in charts}
    verdicts = {each.key: each.change for each in made if each.gated}
    for tone, change in (("warn", "worse"), ("good", "better")):
        keys = {key for key, each in tones.items() if each == tone}
        assert keys == {key for key, each in verdicts.items() if each == change} != set()


def test_dots_lead_to_builds_but_only_the_table_does_so_by_keyboard(whole):
    links = [link for link in Page(whole).all("a") if not link["href"].startswith("#")]
    figures = len(published(samples.result()))
    assert len(links) == 20 * figures + 20
    assert len([link for link in links if link.get("tabindex") == "-1"]) == 20 * figures
    assert {"name": "referrer", "content": "no-referrer"} in Page(whole).all("meta")


def test_the_table_tells_how_far_away_builds_are(whole):
    text = Page(whole).text(within="table")
    assert "BuildFinished (UTC)BranchRevisionBefore thisMachine" in text
    assert "#202026-09-01 21:14develop0000000000001 commitagent-7 #192026-09-01 20:14develop" in text


def test_the_section_is_well_formed(whole):
    found = Page(whole)
    ids = [attributes["id"] for _tag, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for drawing in drawings(whole):
        hidden = drawing.get("aria-hidden") == "true"
        assert hidden or (drawing.get("role") in {"img", "group"} and drawing.find("title").text)
    style = whole[whole.index("<style>") : whole.index("</style>")]
    defined = set(re.findall(r"(--[\w-]+):", style))
    assert set(re.findall(r"var\((--[\w-]+)\)", style)) <= defined


def test_places_lie_in_their_charts(whole):
    for x, y in re.findall(r'<circle class="(?:build|this)[^"]*" cx="([\d.]+)%" cy="([\d.]+)"', whole):
        assert 0 <= float(x) <= 100
        assert 10 <= float(y) <= 102
    for left, width in re.findall(r'class="usual" x="([\d.]+)%" y="[\d.]+" width="([\d.]+)%"', whole):
        assert float(left) + float(width) == pytest.approx(100)


# --- history.html ------------------------------------------------------------------------------------


def test_the_page_of_a_history_stands_alone():
    text = page(pasts.many(40, (pasts.SENT, pasts.TIME, pasts.IDLE)))
    found = Page(text)
    found.check_harmless(leads_to=f"{pasts.SERVER}/")
    assert text.startswith("<!DOCTYPE html>\n")
    assert {"http-equiv": "Content-Security-Policy", "content": html.POLICY} in found.all("meta")
    assert len(found.all("h1")) == 1
    assert 'class="this' not in text
    assert "this build" not in found.text()
    told = found.text()
    assert "tcperf history Perf_OneToOne 40 builds of develop" in told
    assert (
        "sent_bytes last 9.71 KiB, -0.5 % against the median of 20 builds, 9.76 KiB; usual 9.47 KiB … 10.0 KiB"
        in told
    )
    assert "The builds: 40, newest first" in told


def test_figures_of_no_phase_have_no_heading():
    history = pasts.many(10, ("BuildDuration", pasts.IDLE))
    assert len(Page(page(history, "*")).all("h3")) == 1


def test_figures_that_were_not_asked_for_are_not_on_the_page():
    history = pasts.many(10, (pasts.SENT, pasts.IDLE, *pasts.DERIVED))
    assert page(history).count('class="chart trend') == 2
    assert page(history, "*.sent_bytes").count('class="chart trend') == 1
    assert "BuildDuration" in page(history, "Build*")


def test_a_page_without_a_figure_says_so():
    text = page(pasts.history(1, 2, 3), "nothing*")
    Page(text).check_harmless()
    assert "No build published a figure that was asked for." in Page(text).text()


def test_a_new_level_is_on_the_page():
    text = page(pasts.history(*pasts.wave(30, by=0.002), *pasts.wave(10, 440_000.0, by=0.002)))
    assert text.count('<line class="new"') == 1
    assert "new level: 391 KiB → 430 KiB (+10.0 %) from #31 on" in Page(text).text()
    assert "from #31 on, 2026-09-02</title>" in text


@pytest.mark.parametrize("figures", [30, 100])
def test_a_thousand_builds_stay_below_a_megabyte(figures):
    keys = [f"tcperf.scenario{number // 8}.messages.figure{number}_bytes" for number in range(figures)]
    text = page(pasts.many(1000, keys))
    assert len(text.encode("utf-8")) < 1_000_000
    assert text.count('class="chart trend') == figures


def test_a_report_beside_a_thousand_builds_stays_below_a_megabyte():
    result = samples.result()
    series = {run.id: samples.series(run) for run in result.runs}
    text = html.render(attrs.evolve(result, history=beside(result, 1000)), series)
    assert len(text.encode("utf-8")) < 1_000_000


# --- text that is not ours ---------------------------------------------------------------------------


def tags(html):
    """How often each element is there; a key with a dot in it has a heading, and dates of any length their letters."""
    return Counter(tag for tag, _attributes in Page(html).tags if tag not in {"text", "h3", "bdi"})


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_servers_text_becomes_markup(text):
    made = page(pasts.hostile(text), "*")
    Page(made).check_harmless()
    drawings(made)
    made.encode("utf-8")
    assert tags(made) == tags(page(pasts.hostile("calm"), "*"))
    Page(report(pasts.hostile(text))).check_harmless()


def test_long_text_never_makes_the_page_long():
    assert len(page(pasts.hostile("x" * 10_000), "*")) < 150_000


# --- in figures --------------------------------------------------------------------------------------


def test_behind_the_charts_of_a_place_there_is_a_table_of_the_newest_builds():
    history = pasts.many(30, (pasts.SENT, pasts.TIME))
    text = Page(page(history)).text(within="table")
    assert text.startswith("Buildtime_mssent_bytes #30")
    values = [build.statistics[pasts.TIME] for build in history.builds]
    assert f"#30{humanize(values[29], 'ms')}" in text
    assert f"#11{humanize(values[10], 'ms')}" in text
    assert "In figures: the 20 newest builds" in Page(page(history)).text(within="summary")
    figures = text[: text.index("BuildFinished")]
    assert len(re.findall(r"#\d", figures)) == 20


def test_a_build_that_did_not_publish_a_figure_has_a_dash_there():
    builds = pasts.history(5.0, None, 7.0).builds
    text = Page(page(History(builds, "asked", "3 builds"))).text(within="table")
    assert "#37 B #2– #15 B" in text


def test_this_build_stands_first_among_the_figures(whole):
    text = Page(whole).text(within="table")
    assert re.search(r"Buildtime_mslatency_mssend_mscpu_ms\w+ this build3 min 21 s981 ms", text)
