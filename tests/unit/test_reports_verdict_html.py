"""The verdict in report.html."""

import re

import attrs
import comparisons as made
import pytest
import samples
from colours import contrast
from pages import Page, drawings

from tcperf.model import Pairing
from tcperf.reports.html import render
from tcperf.reports.intervals import WIDTH
from tcperf.reports.verdict_view import verdict_view


@pytest.fixture(scope="module")
def whole():
    return render(made.paired(), {})


def section(html):
    """The verdict's part of the page."""
    return html[
        html.index('<section class="verdict') : html.index(
            "</section>", html.index('<section class="verdict')
        )
    ]


def bare(html):
    return Page(html + "</section>").text()


# --- form --------------------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_stands_alone(whole):
    found = Page(whole)
    found.check_harmless()
    ids = [attributes["id"] for _tag, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = [
        each for _tag, attributes in found.tags for each in attributes.get("aria-labelledby", "").split()
    ]
    assert set(wanted) <= set(ids)
    assert {attributes.get("scope") for attributes in found.all("th")} == {"col", "row", "rowgroup"}


def test_the_verdict_is_the_first_thing_on_the_page(whole):
    text = Page(whole).text()
    assert text.index("Verdict: WORSE") < text.index("Who was compared") < text.index("Published figures")
    warned = Page(render(made.paired(warnings=("the machine is new",)), {})).text()
    assert warned.index("Verdict: WORSE") < warned.index("1 warning") < warned.index("Who was compared")


def test_without_a_comparison_the_page_is_as_it_was():
    html = render(samples.result(), {})
    assert '<section class="verdict' not in html
    assert "Who was compared" not in html
    assert '<th scope="col" class="num">Base</th>' not in html
    assert Page(html).text().count("Binary") == 1


@pytest.mark.parametrize(
    ("result", "tone", "label"),
    [
        (made.paired(), "bad", "WORSE"),
        (made.paired((made.OVER,)), "bad", "OVER BUDGET"),
        (made.failed(), "loud", "NOT COMPARED"),
        (made.paired((made.UNSURE,)), "warn", "CAN'T TELL"),
        (made.paired((made.BETTER,)), "good", "BETTER"),
        (made.clean(), "good", "OK"),
    ],
)
def test_its_colour_and_word_are_those_of_the_worst(result, tone, label):
    html = section(render(result, {}))
    assert html.startswith(f'<section class="verdict {tone}"')
    assert f"Verdict: {label}" in bare(html)


def test_colours_of_verdicts_contrast_with_what_is_behind_them(whole):
    schemes = re.findall(r":root \{(.*?)\}", whole, re.DOTALL)[:2]
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        for tone in ("bad", "good", "unsure"):
            assert contrast(colours[tone], colours["card"]) >= 4.5, tone
            assert contrast(colours[tone], colours["faint"]) >= 3, tone
        assert contrast(colours["loud-line"], colours["card"]) >= 3


# --- what changed ------------------------------------------------------------------------------------


def test_a_changed_metric_is_told_with_all_its_figures(whole):
    text = bare(section(whole))
    assert (
        "WORSE sent_bytesone_to_one.messages +6.2 %4.9 … 7.6 436 KiBfrom 410 KiB 10/10p = 0.00098 1.4 %gate 3.0 %"
    ) in text
    assert "all of it alice→bob TCP in messages, +25.4 KiB" in text
    assert "limit 320 MiB" in text


def test_the_worst_stands_first(whole):
    pills = re.findall(r'<span class="pill (\w+)">([^<]*)</span>', section(whole))
    assert pills[:4] == [
        ("bad", "WORSE"), ("bad", "OVER BUDGET"), ("warn", "CAN&#39;T TELL"), ("good", "BETTER"),
    ]  # fmt: skip


def test_what_is_over_budget_and_did_not_change_has_no_red_change():
    row = verdict_view(made.paired((made.OVER,))).told[0]
    assert (row.tone, row.change_tone) == ("bad", "calm")


def test_what_is_accepted_or_only_reported_alarms_nobody():
    accepted = attrs.evolve(made.WORSE, accepted="known")
    view = verdict_view(made.paired((accepted, made.TOLD_ONLY[0])))
    assert (view.told[0].label, view.told[0].tone) == ("ACCEPTED", "warn")
    assert view.report_only.rows[0].tone == "calm"
    assert view.tone == "good"


def test_each_changed_metric_has_a_picture_with_a_dot_a_pair(whole):
    pictures = [each for each in drawings(section(whole)) if "interval" in each.get("class")]
    told = pictures[:4]
    assert [len(each.findall("circle")) for each in told] == [10] * 4
    for picture in told:
        assert picture.get("role") == "img"
        assert picture.find("title").text
        kinds = {line.get("class") for line in picture.findall("line")}
        assert {"threshold", "none", "range"} <= kinds
        for dot in picture.findall("circle"):
            assert 0 < float(dot.get("cx")) < WIDTH
    assert told[0].find("title").text == (
        "+6.2 %, interval 4.9 … 7.6 %; threshold 3.0 %; the pairs in order, in percent: "
        "+6.2, +6.8, +5.8, +7.3, +5.3, +6.4, +5.0, +7.0, +6.6, +5.6"
    )


def test_what_was_not_compared_is_loud_and_has_no_row(whole):
    html = section(whole)
    assert (
        '<p class="problem">Not compared: <bdi>one_to_one.messages send_ms: no run of the base has it</bdi></p>'
        in html
    )
    assert "<code>send_ms</code>" not in html


def test_below_the_table_stands_where_it_changed(whole):
    html = section(whole)
    text = bare(html)
    assert html.index("Where it changed") < html.index("metrics unchanged")
    assert "WhatBaseHeadChangeChange in percent sent_bytes one_to_one.messages" in text
    assert "all nodes410 KiB436 KiB+25.4 KiB+6.2 %" in text
    assert re.search(r"node alice\d+ KiB\d+ KiB", text)


def test_where_nothing_changed_there_is_no_such_table():
    for result in (made.clean(), made.failed(), made.paired((made.UNSURE, made.OVER))):
        assert "Where it changed" not in render(result, {})


# --- what is folded ----------------------------------------------------------------------------------


def folded(html):
    return Page(section(html) + "</section>").text(within="summary")


def test_the_rest_is_folded_and_named(whole):
    assert folded(whole) == (
        "Where it changed, by node and by flow"
        "2 metrics unchanged: one_to_one.messages time_ms, packets_count"
        "2 metrics only reported: one_to_one.messages received_bytes +6.2 %, threads_count"
        "In words, to paste"
        "How it was compared: 10 pairs in 2 lanes, 1 done again; stopped when all was decided"
    )


def test_a_published_metric_that_is_not_gated_says_why():
    noisy = attrs.evolve(made.SAME[0], gated=False, note="too noisy to be gated at 10 %")
    html = render(made.paired((noisy,)), {})
    assert "1 published metric not gated: one_to_one.messages time_ms" in folded(html)
    assert "too noisy to be gated at 10 %" in bare(section(html))


def test_one_metric_is_one():
    assert "1 metric only reported: one_to_one.messages threads_count" in folded(render(made.clean(), {}))


def test_nothing_is_open_but_why_there_was_no_comparison():
    def opened(result):
        return [
            each for each in Page(section(render(result, {})) + "</section>").all("details") if "open" in each
        ]

    assert opened(made.clean()) == []
    assert len(opened(made.failed())) == 1


def test_limits_that_are_kept_without_a_base_are_folded():
    kept = made.comparison("cpu_ms", "not_compared", pairs=0, head_median=5, limit=9, note="no base")
    html = render(attrs.evolve(samples.result(), comparisons=(kept,)), {})
    assert "1 limit kept: one_to_one.messages cpu_ms" in folded(html)
    assert "Verdict: OK1 limit is kept" in bare(section(html)).replace("OK 1", "OK1")


def test_the_sentences_can_be_pasted(whole):
    text = Page(section(whole) + "</section>").text(within="ul")
    assert (
        "one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; "
        "all of it alice→bob TCP in messages, +25.4 KiB"
    ) in text


def test_runs_that_count_nowhere_are_told_with_their_reasons(whole):
    text = bare(section(whole))
    assert "one_to_one-w-basewarm-up" in text.replace(" ", "")
    assert "other programs kept 0.8 cores busy" in text


def test_of_many_redone_runs_some_are_named():
    result = made.paired()
    lost = next(run for run in result.runs if run.discarded)
    many = tuple(attrs.evolve(lost, id=f"again-{number}", discarded_because=None) for number in range(80))
    view = verdict_view(attrs.evolve(result, runs=many))
    assert len(view.left_out) == 50
    assert view.hidden == 30
    assert view.left_out[0].because == "discarded"
    assert "And 30 more." in bare(section(render(attrs.evolve(result, runs=many), {})))


def test_several_pairings_are_listed():
    pairings = (Pairing("one_to_one", 10), Pairing("idle", 7, stopped="budget"))
    text = bare(section(render(made.paired(pairings=pairings), {})))
    assert "one_to_one: 10 pairs; stopped when all was decided" in text
    assert "idle: 7 pairs; stopped by the time budget" in text


def test_a_page_of_many_metrics_stays_light():
    many = tuple(
        attrs.evolve(made.TOLD_ONLY[0], metric=metric, phase=f"phase{number}")
        for number in range(20)
        for metric in ("received_bytes", "cpu_ms", "threads_count", "time_ms", "go_heap_bytes", "ip_bytes")
    )
    result = made.paired((*made.ALL, *many, *many), pairs=30)
    html = section(render(result, {}))
    assert len(html) < 300_000
    assert "122 more are in" in html


# --- who was compared, and the tables ----------------------------------------------------------------


def test_both_sides_stand_beside_each_other_and_what_differs_is_marked(whole):
    text = Page(whole).text(within="table")
    assert "/build/parent/status-backend" in text
    assert samples.SHA256 in text
    assert '<tr class="other"><th scope="row"><bdi>Version</bdi></th>' in whole
    assert '<tr><th scope="row"><bdi>Generation</bdi></th>' in whole
    assert '<tr class="other"><th scope="row"><bdi>vcs.revision</bdi></th>' in whole


def test_one_binary_twice_is_said():
    result = attrs.evolve(made.paired(), subjects={"head": made.BASE, "base": made.BASE})
    assert "Who was compared: one binary with itself" in Page(render(result, {})).text()


def test_the_chief_table_has_the_base_and_the_change(whole):
    text = Page(whole).text(within="table")
    assert "MetricMedianBaseChangeMin … max" in text
    assert re.search(r"ARP included436 KiB410 KiB\+6\.2 %", text)
    assert "median of the send calls21.5 ms––" in text


# --- text that is not ours ---------------------------------------------------------------------------


def spoilt(text):
    told = attrs.evolve(
        made.UNSURE, scenario=text, phase=text, metric=text, note=text, explanation=text, accepted=text
    )
    missed = attrs.evolve(made.LOST, metric=text, note=text)
    pairing = attrs.evolve(made.failed().pairings[0], scenario=text, problem=text)
    go = attrs.evolve(samples.GO, settings={text: text})
    subjects = {"head": attrs.evolve(samples.BACKEND, path=text, go=go), "base": made.BASE}
    result = made.paired((told, missed, *made.ALL), pairings=pairing)
    runs = tuple(attrs.evolve(run, id=f"{run.id}{text}", discarded_because=text) for run in result.runs)
    return render(attrs.evolve(result, subjects=subjects, runs=runs), {})


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_becomes_markup(text):
    html = spoilt(text)
    found = Page(html)
    found.check_harmless()
    drawings(html)
    html.encode("utf-8")
    # The settings of a build are sorted, so that tags may come in another order.
    assert sorted(tag for tag, _ in found.tags) == sorted(tag for tag, _ in Page(spoilt("calm")).tags)
