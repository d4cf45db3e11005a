"""The verdict in report.html."""

import re

import attrs
import comparisons as made
import pytest
import samples
from colours import contrast
from pages import Page, drawings

from tcperf.alike import subject_warnings
from tcperf.comparison import Pairing
from tcperf.reports import console, dots, intervals, markdown, verdicts
from tcperf.reports.answer import answer
from tcperf.reports.html import render
from tcperf.reports.intervals import WIDTH
from tcperf.reports.verdict_rows import verdict_rows
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
        "WORSE sent_bytesone_to_one.messages 410 KiB →436 KiB +6.2 %4.9 … 7.6 -10 %0+10 % 10/10p = 0.00098 1.4 %threshold 3.0 %"
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
        kinds = {path.get("class") for path in picture.findall("path")}
        assert {"threshold", "none", "range"} <= kinds
        for dot in picture.findall("circle"):
            assert 0 < float(dot.get("cx")) < WIDTH
    assert told[0].find("title").text == (
        "+6.2 %, interval 4.9 … 7.6 %; threshold 3.0 %; the pairs in order, in percent: "
        "+6.2, +6.8, +5.8, +7.3, +5.3, +6.4, +5.0, +7.0, +6.6, +5.6"
    )


def test_pictures_are_as_large_as_they_are_drawn(whole):
    for name, size in (("interval", intervals), ("strip", dots)):
        assert re.search(
            rf"\.{name} {{ display: block; width: {size.WIDTH}px; height: {size.HEIGHT}px; }}", whole
        )
        assert f'viewBox="0 0 {size.WIDTH} {size.HEIGHT}"' in whole


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
    assert html.index("Where it changed") < html.index(" unchanged: <")
    assert "WhatBaseHeadDifferenceIn percent sent_bytes one_to_one.messages" in text
    assert "all nodes410 KiB436 KiB+25.4 KiB+6.2 %" in text
    assert re.search(r"node alice\d+ KiB\d+ KiB", text)


def test_where_nothing_changed_there_is_no_such_table():
    for result in (made.clean(), made.failed(), made.paired((made.UNSURE, made.OVER))):
        assert "Where it changed" not in render(result, {})


# --- the worst in four answers -----------------------------------------------------------------------


def test_the_worst_metric_answers_what_how_much_how_sure_and_where(whole):
    text = Page(section(whole) + "</section>").text(within="dl")
    assert text.startswith(
        "What is worsesent_bytesbytes sent in one_to_one.messages"
        " By how much+6.2 %allowed is +3.0 %"
        " How sureworse in 10 of 10 pairs95 % interval 4.9 … 7.6 %"
        " Whereall of it alice→bob TCP in messages+25.4 KiB"
    )


def joined(text):
    """A figure as it is read on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


ALLOWED = joined("allowed is +3.0 %")


@pytest.mark.parametrize(
    ("each", "found"),
    [
        (
            made.OVER,
            {
                "asked": "What is over its limit",
                "medians": "medians 336\N{NO-BREAK SPACE}MiB → 337\N{NO-BREAK SPACE}MiB; the limit is 320 MiB",
            },
        ),
        (
            made.UNSURE,
            {
                "asked": "What cannot be told",
                "sure": (
                    "worse in 8 of 10 pairs",
                    joined("95 % interval -0.4 … 9.1 %"),
                    "-0.4 … +9.1 % reaches beyond 8 %: visible from 8.4 %",
                ),
            },
        ),
        (
            made.BETTER,
            {
                "asked": "What is better",
                "size": "-28.4 %",
                "origin": "no single node or flow can be named",
            },
        ),
        (attrs.evolve(made.WORSE, accepted="known"), {"asked": "What is worse, as accepted"}),
        (
            made.UNUSUAL,
            {
                "asked": "What is unusual",
                "is_traced": False,
                "medians": "medians 410\N{NO-BREAK SPACE}KiB → 436\N{NO-BREAK SPACE}KiB",
                "sure": ("beside 12 builds, usually within ±2.1 %: history, not a paired run",),
            },
        ),
        (
            attrs.evolve(made.WORSE, paired=False, pairs=6, p=0.00001),
            {
                "sure": ("6 unpaired runs a side", joined("95 % interval 4.9 … 7.6 %")),
                "medians": f"{ALLOWED}; medians 410\N{NO-BREAK SPACE}KiB → 436\N{NO-BREAK SPACE}KiB",
                "is_traced": True,
            },
        ),
        (attrs.evolve(made.WORSE, pairs=0, p=None, low_pct=None, high_pct=None), {"sure": ()}),
        (
            attrs.evolve(made.WORSE, low_pct=6.16, high_pct=6.24),
            {"sure": ("worse in 10 of 10 pairs", "all pairs alike")},
        ),
        (
            attrs.evolve(made.WORSE, low_pct=6.16, high_pct=None),
            {"sure": ("worse in 10 of 10 pairs", joined("95 % interval 6.2 … %"))},
        ),
        (
            attrs.evolve(made.WORSE, p=1 / 256, low_pct=None, high_pct=None),
            {"sure": ("worse in 10 of 10 pairs", joined("p = 0.0039"))},
        ),
        (
            attrs.evolve(made.WORSE, effect_pct=6.5),
            {"medians": ALLOWED},
        ),
        (
            attrs.evolve(made.OVER, base_median=None, change="not_compared"),
            {"medians": "median 337 MiB; the limit is 320 MiB"},
        ),
    ],
)
def test_answers_are_those_of_the_verdict(each, found):
    told = answer(each, place=each.explanation or "")
    assert {name: getattr(told, name) for name in found} == found


def test_of_a_time_it_is_told_where_the_traffic_that_became_worse_too_comes_from():
    """A time has no node and no flow."""
    slower = attrs.evolve(made.WORSE, metric="time_ms", explanation="", effect_pct=40.0)
    view = verdict_view(made.paired((slower, made.WORSE)))
    assert view.answer.metric == "time_ms"
    assert view.answer.origin.startswith("sent_bytes: ")
    assert view.answer.is_traced
    alone = verdict_view(made.paired((slower,))).answer
    assert (alone.origin, alone.is_traced) == ("no single node or flow can be named", False)


def test_where_the_runs_show_the_place_it_is_told_alone():
    told = verdict_view(made.paired((made.WORSE,))).answer
    assert f"{told.origin}, {told.origin_more}" == made.WORSE.explanation
    assert told.origin_more == "+25.4 KiB"
    assert answer(made.WORSE, place="all of it alice→bob TCP").origin == "all of it alice→bob TCP"


@pytest.mark.parametrize(
    ("each", "alone", "of_three"),
    [
        (made.WORSE, "What is worse", "Worst of 3"),
        (attrs.evolve(made.WORSE, accepted="known"), "What is worse, as accepted", "Worst of 3, as accepted"),
        (made.UNSURE, "What cannot be told", "What cannot be told, 1 of 3"),
        (made.BETTER, "What is better", "What is better, 1 of 3"),
    ],
)
def test_the_first_of_several_does_not_pass_for_all(each, alone, of_three):
    others = [attrs.evolve(each, key=f"{number}", metric=f"cpu{number}_ms") for number in range(2)]
    assert verdict_view(made.paired((each,))).answer.asked == alone
    assert verdict_view(made.paired((each, *others))).answer.asked == of_three
    if each is made.WORSE:
        assert verdict_view(made.paired((each, made.UNSURE, made.BETTER))).answer.asked == alone


def test_how_many_metrics_are_of_each_kind_is_said_worst_first(whole):
    assert verdict_view(made.paired()).counts == (
        ("bad", "1 worse"), ("bad", "1 over budget"),
        ("loud", "1 not compared"), ("warn", "1 cannot be told"), ("good", "1 better"), ("calm", "2 unchanged"),
    )  # fmt: skip
    assert Page(section(whole) + "</section>").text(within="ul").startswith("1 worse1 over budget1 not")
    assert verdict_view(made.failed()).counts == ()
    accepted = attrs.evolve(made.WORSE, accepted="known")
    assert verdict_view(made.paired((accepted,))).counts == (("warn", "1 worse as accepted"),)
    assert verdict_view(made.beside_history((made.UNUSUAL,))).counts == (("warn", "1 worse than usual"),)


def also(comparisons, result=made.paired):
    """The bad ones beside the answered one, with plain spaces; those within figures are not."""
    told = verdict_view(result(comparisons)).also
    assert not re.search(r"[0-9] %", told)
    return told.replace("\N{NO-BREAK SPACE}", " ")


def test_who_is_bad_beside_the_answered_one_is_named_up_to_three_and_with_its_scenario_where_there_are_several():
    worse = [
        attrs.evolve(made.WORSE, key=f"{number}", metric=f"cpu{number}_ms", effect_pct=10.0 + number)
        for number in range(5)
    ]
    assert also(worse[:1]) == ""
    assert also(worse[:2]) == "Also worse: cpu0_ms +10.0 %."
    assert also(worse) == "Also worse: cpu3_ms +13.0 %, cpu2_ms +12.0 %, cpu1_ms +11.0 % and 1 more."
    other = attrs.evolve(made.WORSE, scenario="idle", effect_pct=20.0)
    assert also((other, made.WORSE)) == "Also worse: one_to_one.messages sent_bytes +6.2 %."
    over = verdict_view(made.paired())
    assert [each.label for each in over.told[:2]] == ["WORSE", "OVER BUDGET"]
    assert over.also.replace("\N{NO-BREAK SPACE}", " ") == "Over budget: memory_peak_bytes 337 MiB > 320 MiB."
    unusual = [attrs.evolve(made.UNUSUAL, metric=metric) for metric in ("cpu_ms", "sent_bytes")]
    assert also(unusual, made.beside_history) == "Also worse than usual: sent_bytes +6.2 %."
    assert also((made.BETTER,)) == ""
    assert verdict_view(made.clean()).also == ""


@pytest.mark.parametrize(
    ("result", "headline"),
    [
        (
            made.clean(),
            "None of 2 gated metrics is worse: each whole interval is below the threshold, or too small to count",
        ),
        (
            made.paired(made.SAME[:1]),
            "The gated metric is not worse: its whole interval is below the threshold, or too small to count",
        ),
        (made.paired(made.TOLD_ONLY), "nothing is gated"),
        (made.paired(), ""),
        (made.failed(), ""),
    ],
)
def test_where_nothing_is_told_singly_a_line_says_how_it_stands(result, headline):
    assert verdict_view(result).headline == headline


@pytest.mark.parametrize(
    ("result", "meaning"),
    [
        (made.paired(), ""),
        (made.paired((made.OVER,)), "Above an absolute limit, whatever the base is."),
        (made.failed(), "Not all that was asked for was compared: that is neither good nor bad news."),
        (
            made.beside_history(),
            "Worse than past builds usually are: that is a warning, and a paired run decides.",
        ),
        (
            made.beside_history((made.VARYING,)),
            "What was measured does not show for certain whether it is worse.",
        ),
        (made.paired((made.BETTER,)), "And nothing that counts is worse."),
        (made.clean(), ""),
    ],
)
def test_whoever_meets_a_verdict_for_the_first_time_is_told_what_it_means(result, meaning):
    assert verdict_view(result).meaning == meaning
    assert meaning in bare(section(render(result, {})))


def test_what_was_compared_with_what_and_where_is_said_in_a_line(whole):
    assert (
        "base status-backend b7e6b161aa02 sha256 1b3d5f7092a4 → head status-backend 4c6ca00520e0 sha256 9f2c1e0b4a7d"
        " · 10 pairs, enough for a verdict; 2 runs at a time; 1 pair made again (a pair: one run of each side)"
        " · on agent-7: AMD EPYC 9454P 48-Core Processor, 2 cores, Linux 6.18.5-amd64"
    ) in bare(section(whole))
    same = attrs.evolve(made.BASE, version=samples.BACKEND.version)
    text = bare(
        section(render(attrs.evolve(made.paired(), subjects={"head": samples.BACKEND, "base": same}), {}))
    )
    assert (
        "base status-backend 4c6ca00520e0 (sha256 1b3d5f7092a4) → head status-backend 4c6ca00520e0 (sha256 9f2c1e0b4a7d)"
        in text
    )
    text = bare(section(render(made.beside_history(), {})))
    assert (
        "head status-backend 4c6ca00520e0 sha256 9f2c1e0b4a7d beside history, not a paired run: 12 successful builds of develop"
        in text
    )


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((), ""),
        ((1, 1), "1 pair a scenario"),
        ((7, 10, 8), "7 to 10 pairs a scenario"),
        ((8, 8), "8 pairs a scenario"),
    ],
)
def test_of_several_scenarios_the_fewest_and_the_most_pairs_are_said(numbers, told):
    pairings = tuple(Pairing(f"scenario{place}", number) for place, number in enumerate(numbers))
    assert verdict_view(made.paired(pairings=pairings)).pairs == told


def test_each_pairs_change_is_in_a_table_too(whole):
    text = Page(section(whole) + "</section>").text(within="details")
    assert "in which pairs were made Metric12345678910 sent_bytesone_to_one.messages+6.2+6.8+5.8+7.3" in text
    assert "Pair by pair" not in render(made.beside_history(), {})


# --- what a script sorts and filters by --------------------------------------------------------------


def test_rows_bear_what_they_are_sorted_and_filtered_by(whole):
    found = Page(section(whole) + "</section>")
    rows = [each["data-row"] for each in found.all("tr") if "data-row" in each]
    assert rows == ["one_to_one.messages"] * 8
    kinds = [each["data-sort"] for each in found.all("th") if "data-sort" in each]
    assert kinds[:5] == ["number", "text", "number", "number", "number"]
    values = [float(each["data-v"]) for each in found.all("td") if "data-v" in each]
    assert values[:4] == [1.0, 6.2, 1.0, 1.4]


# --- what is folded ----------------------------------------------------------------------------------


def folded(html):
    return Page(section(html) + "</section>").text(within="summary")


def test_the_rest_is_folded_and_named(whole):
    assert folded(whole) == (
        "Pair by pair"
        "Where it changed, by node and by flow"
        "2 unchanged: one_to_one.messages time_ms, packets_count"
        "2 only reported: one_to_one.messages received_bytes +6.2 %, threads_count"
        "In words, to paste"
        "How it was compared: 10 pairs, enough for a verdict; 2 runs at a time; 1 pair made again"
    )


def test_a_published_metric_that_is_not_gated_says_why():
    noisy = attrs.evolve(made.SAME[0], gated=False, note="too noisy to be gated at 10 %")
    html = render(made.paired((noisy,)), {})
    assert "1 published, not gated: one_to_one.messages time_ms" in folded(html)
    assert "too noisy to be gated at 10 %" in bare(section(html))


def test_one_metric_is_one():
    assert "1 only reported: one_to_one.messages threads_count" in folded(render(made.clean(), {}))


def test_nothing_is_open_but_why_there_was_no_comparison_and_what_is_unchanged_where_all_is():
    def opened(result):
        return [
            each for each in Page(section(render(result, {})) + "</section>").all("details") if "open" in each
        ]

    assert opened(made.paired((*made.SAME, made.UNSURE))) == []
    assert opened(made.clean()) == [{"data-fold": None, "open": None}]
    assert opened(made.failed()) == [{"open": None}]


def test_limits_that_are_kept_without_a_base_are_folded():
    kept = made.comparison("cpu_ms", "not_compared", pairs=0, head_median=5, limit=9, note="no base")
    html = render(attrs.evolve(samples.result(), comparisons=(kept,)), {})
    assert "1 within the limit: one_to_one.messages cpu_ms" in folded(html)
    assert (
        "Verdict: OK 1 limit is kept head status-backend 4c6ca00520e0 sha256 9f2c1e0b4a7d, without a base"
        in bare(section(html))
    )


def test_the_sentences_can_be_pasted(whole):
    text = Page(section(whole) + "</section>").text(within="ul")
    assert (
        "WORSE: head status-backend 4c6ca00520e0 compared with base status-backend b7e6b161aa02"
        " (10 pairs, enough for a verdict; 2 runs at a time; 1 pair made again)"
        "one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; "
        "all of it alice→bob TCP in messages, +25.4 KiB"
    ) in text


def test_what_is_pasted_is_no_stronger_than_the_page():
    same = subject_warnings(samples.BACKEND, attrs.evolve(samples.BACKEND, path="/elsewhere/node"))
    (first, *others) = verdict_view(made.paired(warnings=same)).sentences
    assert first.startswith("WORSE, but base and head are the same binary: head status-backend")
    assert [each.split()[1] for each in others] == [
        "sent_bytes", "memory_peak_bytes", "cpu_ms", "latency_ms",
    ]  # fmt: skip
    past = verdict_view(made.beside_history()).sentences[0]
    assert past.startswith(
        "UNUSUAL: status-backend 4c6ca00520e0"
        " beside history, not a paired run: 12 successful builds of develop"
    )
    assert verdict_view(made.clean()).sentences == ()


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
    assert "one_to_one: 10 pairs, enough for a verdict" in text
    assert "idle: 7 pairs, then the time budget was over" in text


def test_a_page_of_many_metrics_stays_light():
    many = tuple(
        attrs.evolve(made.TOLD_ONLY[0], metric=metric, phase=f"phase{number}")
        for number in range(20)
        for metric in ("received_bytes", "cpu_ms", "threads_count", "time_ms", "go_heap_bytes", "ip_bytes")
    )
    result = made.paired((*made.ALL, *many, *many), pairs=30)
    html = section(render(result, {}))
    assert len(html) < 300_000
    assert "162 more are in" in html


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
    assert "MetricBaseHeadChangeHead: min … max" in text
    assert re.search(r"FCS out410 KiB436 KiB\+6\.2 %", text)
    assert "median of the send calls–21.5 ms–" in text


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


# --- past builds -------------------------------------------------------------------------------------


def test_what_past_builds_show_is_a_warning_and_not_red():
    view = verdict_view(made.beside_history())
    assert (view.label, view.tone) == ("UNUSUAL", "warn")
    first = view.told[0]
    assert (first.label, first.tone, first.change_tone, first.pairs) == (
        "UNUSUAL",
        "warn",
        "warn",
        "12 builds",
    )
    assert first.picture.low is None
    page = render(made.beside_history(), {})
    Page(page).check_harmless(leads_to="https://tc.example.org/")
    assert "UNUSUAL" in section(page)
    assert "Worse in" not in section(page)
    assert "Worse in" in section(render(made.paired(), {}))
    assert {row.visible for row in view.told} == {"±2.1 %", "±27.0 %"}
    assert "(usual: ±2.1 %); history, not a paired run" in bare(section(page))


def test_past_builds_that_are_asked_to_fail_are_red():
    asked = attrs.evolve(made.UNUSUAL, warns_only=False)
    view = verdict_view(made.beside_history((asked,)))
    assert (view.label, view.tone, view.told[0].tone) == ("WORSE", "bad", "bad")


# --- what is met beside the verdict ------------------------------------------------------------------


def test_warnings_are_counted_beside_the_verdict_and_lead_to_their_words():
    html = render(made.paired(warnings=("the machine is new", "so is the base")), {})
    assert '<a class="warned" href="#warnings"><span aria-hidden="true">⚠ </span>2 warnings</a>' in section(
        html
    )
    assert '<h2 id="warnings">2 warnings</h2>' in html
    Page(html).check_harmless()
    assert "1 warning: <bdi>the machine is new</bdi></a>" in render(
        made.paired(warnings=("the machine is new",)), {}
    )
    assert 'class="warned"' not in render(made.paired(warnings=()), {})


UNGATED = made.comparison(
    "cpu_ms", "worse", gated=False, threshold_pct=8.0, effect_pct=10.3, note="not gated: measured in 6 lanes"
)


def test_what_is_worse_and_not_gated_is_named_apart_from_the_counts_before_it_is_unfolded():
    calm = attrs.evolve(UNGATED, metric="latency_ms", change="ok")
    result = made.paired((*made.SAME, UNGATED, calm))
    view = verdict_view(result)
    assert view.counts == (("calm", f"{len(made.SAME)} unchanged"),)
    assert view.beside == (
        f"These 2 metrics decide the verdict. Not gated, so not counted: cpu_ms {joined('+10.3 %')} looks worse, too."
    )
    assert verdict_view(made.paired((made.WORSE, UNGATED))).beside.startswith("This metric alone decides")
    assert verdict_view(made.paired((UNGATED,))).beside.startswith(
        "No metric decides the verdict. Not gated, so not counted"
    )
    assert verdict_view(made.paired((*made.SAME, calm))).beside == ""
    assert view.ungated.text == (
        "1 worse: one_to_one.messages cpu_ms +10.3 %; others: one_to_one.messages latency_ms"
    )
    assert view.label == "OK"
    text = bare(section(render(result, {})))
    assert " ".join(view.beside.split()) in text
    assert "2 published, not gated: 1 worse" in text
    assert "threshold 8.0 %" not in text


def test_of_what_is_only_reported_it_is_said_how_many_are_worse_and_better():
    told = [attrs.evolve(UNGATED, published=False, metric=f"cpu{number}_ms") for number in range(9)]
    told += [attrs.evolve(told[0], metric="other_ms", change="better")]
    view = verdict_view(made.paired((*made.SAME, *told)))
    assert view.report_only.text == "9 worse, 1 better, none neither"
    assert view.beside == ""
    few = verdict_view(made.paired((*made.SAME, *told[:2])))
    assert few.report_only.text == "one_to_one.messages cpu0_ms +10.3 %, cpu1_ms +10.3 %"
    same = [attrs.evolve(each, change="ok") for each in told]
    assert (
        verdict_view(made.paired((*made.SAME, *same))).report_only.text
        == "none worse, none better, 10 neither"
    )


def test_the_rule_is_told_below_the_pictures_and_not_of_past_builds(whole):
    told = bare(section(whole))
    assert "the change is above the threshold, large enough to count, and p is below .004" in told
    assert (
        "looked at up to five times as they come in: so about one clean build in a hundred is called worse"
        in told
    )
    assert "Where more than 15 metrics are gated, it is lower still" in told
    assert "let pass" in bare(section(render(made.clean(), {})))
    assert "p is below" not in bare(section(render(made.beside_history(), {})))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"effect_pct": 4.5, "base_median": 1000, "head_median": 980},
            "pair by pair it is +4.5 %, although the medians alone went the other way: -2.0 %",
        ),
        (
            {"effect_pct": -4.5, "base_median": 1000, "head_median": 1010, "paired": False},
            "from run to run it is -4.5 %, although the medians alone went the other way: +1.0 %",
        ),
        ({"effect_pct": 4.5, "base_median": 1000, "head_median": 1010}, ""),
        ({"effect_pct": 0.04, "base_median": 1000, "head_median": 990}, ""),
        ({"effect_pct": 4.5, "base_median": 10_000, "head_median": 9_999}, ""),
        ({"effect_pct": None, "base_median": 1000, "head_median": 990}, ""),
        ({"effect_pct": 4.5, "base_median": 0, "head_median": 990}, ""),
        ({"effect_pct": 4.5, "base_median": None}, ""),
        ({"effect_pct": 4.5, "head_median": None}, ""),
        ({"effect_pct": 4.5, "base_median": 1000, "head_median": 980, "history_builds": 12}, ""),
    ],
)
def test_medians_that_contradict_the_change_beside_them_are_explained(changes, told):
    each = attrs.evolve(made.UNSURE, **{"visible_pct": None, **changes})
    assert verdicts.crossed(each) == told
    assert verdict_rows((each,), {})[0].remark == told


def test_every_report_that_shows_medians_explains_them_where_they_contradict():
    crossed = attrs.evolve(UNGATED, effect_pct=4.5, base_median=1000.0, head_median=980.0)
    result = made.paired((*made.SAME, crossed))
    told = "went the other way: -2.0 %"
    assert told in bare(section(render(result, {})))
    assert "medians -2.0 %" in Page(render(result, {})).text(within="table")
    assert told in " ".join(console.render(result).split())
    assert f"cpu\\_ms: {verdicts.crossed(crossed)}" in markdown.render(result)
    assert "the other way" not in console.render(made.paired())
    assert (
        answer(crossed).medians
        == f"{joined('allowed is +8.0 %')}; {verdicts.crossed(crossed)}; medians 1.00\N{NO-BREAK SPACE}s → 980\N{NO-BREAK SPACE}ms"
    )


def test_of_what_is_worse_and_not_gated_three_are_named():
    many = [attrs.evolve(UNGATED, metric=f"cpu{number}_ms") for number in range(5)]
    view = verdict_view(made.paired((*made.SAME, *many)))
    named = "cpu0_ms +10.3 %, cpu1_ms +10.3 %, cpu2_ms +10.3 % and 2 more".replace("3 %", joined("3 %"))
    assert view.beside == (
        f"These 2 metrics decide the verdict. Not gated, so not counted: {named} look worse, too."
    )
    unpublished = [attrs.evolve(each, published=False) for each in many]
    view = verdict_view(made.paired((*made.SAME, *many[:1], *unpublished)))
    assert view.beside.endswith(
        f"Not gated, so not counted: cpu0_ms {joined('+10.3 %')} and 5 more look worse, too."
    )
    assert (view.ungated.count, view.report_only.count) == (1, 5)
    view = verdict_view(made.paired((*made.SAME, *many, *unpublished)))
    assert view.beside.endswith("and 7 more look worse, too.")


SMALL = {"low_pct": 8.5, "high_pct": 15.7, "threshold_pct": 3.0, "visible_pct": 5.6, "floor": 4096.0}


@pytest.mark.parametrize(
    ("changed", "remark"),
    [
        ({}, "+2.98 KiB, below the 4.00 KiB that count"),
        (
            {"change": "cannot_tell", "high_pct": 17.4},
            "+2.98 KiB, below the 4.00 KiB that count, but by its interval maybe more",
        ),
        ({"change": "cannot_tell"}, "+2.98 KiB, below the 4.00 KiB that count"),
        ({"low_pct": 2.9}, ""),
        ({"change": "worse"}, ""),
        ({"gated": True}, ""),
        ({"floor": 1024.0}, ""),
        ({"floor": None}, ""),
        ({"history_builds": 12}, ""),
    ],
)
def test_what_only_its_floor_keeps_from_being_worse_says_so_in_its_row(changed, remark):
    small = attrs.evolve(
        made.comparison("ip_bytes", "ok", published=False, gated=False, effect_pct=11.6, **SMALL),
        **{"base_median": 24_370.5, "head_median": 27_419, **changed},
    )
    (row,) = verdict_rows((small,), {})
    assert row.remark == remark


@pytest.mark.parametrize(
    ("changed", "remark"),
    [
        (
            {"visible_pct": 5.7, "high_pct": 3.3},
            "OK, for the whole interval is below 4.0 %; this many pairs find only changes from 5.7 % on nine times in ten",
        ),
        ({"visible_pct": 3.9, "high_pct": 3.3}, ""),
        ({"visible_pct": 5.7, "high_pct": 4.3}, ""),
        ({"visible_pct": 5.7, "high_pct": None}, ""),
        ({"visible_pct": 5.7, "high_pct": 3.3, "change": "cannot_tell"}, ""),
        ({"visible_pct": 5.7, "high_pct": 3.3, "history_builds": 12}, ""),
    ],
)
def test_what_is_ok_although_so_small_a_change_is_not_visible_says_why(changed, remark):
    each = attrs.evolve(made.SAME[0], **{"threshold_pct": 4.0, "change": "ok", **changed})
    view = verdict_view(made.paired((each,)))
    rows = (*view.unchanged.rows, *view.told)
    assert rows[0].remark == remark


def test_what_is_not_gated_bears_its_verdict_in_small_letters():
    view = verdict_view(made.paired((made.WORSE, UNGATED)))
    assert [row.label for row in view.told] == ["WORSE"]
    assert [row.label for row in view.ungated.rows] == ["worse"]
    over = attrs.evolve(made.OVER, gated=False)
    assert verdict_view(made.paired((over,))).told[0].label == "OVER BUDGET"
