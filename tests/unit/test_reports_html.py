"""report.html: what it shows, and that nothing in it acts."""

import itertools
import math
import re

import attrs
import pytest
import samples
from colours import contrast, linear
from pages import Page, drawings

from tcperf.model import METRICS, Traffic
from tcperf.reports import curve
from tcperf.reports.html import POLICY, render
from tcperf.reports.view import DRAWN_RUNS


def series(result, **changes):
    return {run.id: samples.series(run, **changes) for run in result.runs}


def page(result, found=None):
    return Page(render(result, series(result) if found is None else found))


@pytest.fixture(scope="module")
def whole():
    result = samples.result()
    return render(result, series(result))


# --- form --------------------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_stands_alone(whole):
    found = Page(whole)
    found.check_harmless()
    assert whole.startswith("<!DOCTYPE html>\n")
    assert whole.endswith("</html>")
    assert {"charset": "utf-8"} in found.all("meta")
    assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in found.all("meta")
    assert found.all("html") == [{"lang": "en"}]
    assert len(found.all("h1")) == 1
    assert "http://" not in whole
    assert "https://" not in whole


def test_the_policy_lets_nothing_in():
    assert POLICY == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_every_id_is_unique_and_every_reference_leads_to_one(whole):
    found = Page(whole)
    ids = [attributes["id"] for _tag, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    references = [
        reference
        for _tag, attributes in found.tags
        for reference in attributes.get("aria-labelledby", "").split()
    ]
    assert references
    assert set(references) <= set(ids)


def test_every_table_header_says_what_it_heads(whole):
    headers = Page(whole).all("th")
    assert headers
    assert {attributes.get("scope") for attributes in headers} == {"col", "row", "rowgroup"}


def test_every_drawing_is_xml_and_named_or_hidden(whole):
    found = drawings(whole)
    assert len(found) > 20
    for drawing in found:
        hidden = drawing.get("aria-hidden") == "true"
        assert hidden or (drawing.get("role") == "img" and drawing.find("title").text)


def test_a_wide_table_scrolls_by_keyboard(whole):
    regions = [attributes for attributes in Page(whole).all("div") if attributes.get("class") == "scroll"]
    assert len(regions) > 5
    assert all(
        attributes["tabindex"] == "0" and attributes["role"] == "region" and attributes["aria-label"]
        for attributes in regions
    )


def test_both_colour_schemes_and_print_are_served(whole):
    style = whole[whole.index("<style>") : whole.index("</style>")]
    assert "@media (prefers-color-scheme: dark)" in style
    assert "@media print" in style
    defined = set(re.findall(r"(--[\w-]+):", style))
    assert set(re.findall(r"var\((--[\w-]+)\)", style)) <= defined


def test_text_and_curves_contrast_with_what_is_behind_them(whole):
    schemes = re.findall(r":root \{(.*?)\}", whole, re.DOTALL)[:2]
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        for ink in ("ink", "soft", "accent", "good", "bad"):
            for behind in ("page", "card", "faint", "band0", "band1"):
                assert contrast(colours[ink], colours[behind]) >= 4.5, (ink, behind)
        assert contrast(colours["warn-ink"], colours["warn-page"]) >= 4.5
        assert contrast(colours["loud-ink"], colours["loud-page"]) >= 4.5
        for number in range(8):
            for behind in ("card", "band0", "band1"):
                assert contrast(colours[f"n{number}"], colours[behind]) >= 3, (number, behind)


#: Machado, Oliveira and Fernandes 2009, table 1, severity 1: how linear RGB looks to a dichromat.
DICHROMACIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def seen(colour, matrix):
    """The colour in CIE L*a*b* (D65), as an eye with ``matrix`` sees it."""
    channels = linear(colour)
    red, green, blue = (
        min(1, max(0, sum(f * c for f, c in zip(row, channels, strict=True)))) for row in matrix
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_layers_are_told_apart_by_the_colour_blind_and_from_what_is_behind_them(whole):
    for scheme in re.findall(r":root \{(.*?)\}", whole, re.DOTALL):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        layers = [colours[f"a{number}"] for number in range(8)]
        for one, other in itertools.combinations(layers, 2):
            for eye, matrix in DICHROMACIES.items():
                assert math.dist(seen(one, matrix), seen(other, matrix)) >= 20, (one, other, eye)
        for layer in layers:
            for behind in ("card", "band0", "band1"):
                assert contrast(layer, colours.get(behind, "#ffffff")) >= 3, (layer, behind)


# --- content -----------------------------------------------------------------------------------------


def test_the_page_says_first_what_was_measured(whole):
    text = Page(whole).text()
    for told in (
        "status-backend 4c6ca00520e0 one_to_one (3 runs), cold_start (3 runs) · private network",
        "Binary/build/bin/status-backend",
        "2026-11-25 02:14:07 UTC",
        f"SHA-256 {samples.SHA256[:12]}{samples.SHA256}",
        "go1.22.9, github.com/status-im/status-go/cmd/status-backend (devel)",
    ):
        assert told.replace(" ", "") in text.replace(" ", ""), told
    assert text.index("Binary") < text.index("Published figures")


def test_the_reference_node_and_the_hosts_network_are_said_loudly():
    text = page(samples.reference_result(network="host")).text()
    assert "Bundled reference node 0.1.0" in text
    assert "Reference node. These are figures of the small messenger that comes with tcperf" in text
    assert "Host network. The nodes shared this machine’s network, so no traffic was counted exactly" in text
    assert "sent_bytes" not in text
    plain = page(samples.result()).text()
    assert "Reference node." not in plain
    assert "Host network." not in plain


def test_warnings_come_before_every_figure():
    text = page(samples.result(warnings=("the disk is slow", "and hot"))).text()
    assert text.index("2 warnings") < text.index("the disk is slow") < text.index("Binary")


def test_the_chief_table_has_medians_and_spreads(whole):
    text = Page(whole).text(within="table")
    assert "sent_bytesEthernet frames sent" in text
    assert "410 KiB409 KiB … 413 KiB0.48 %" in text
    assert '<data value="420082" title="420,082 bytes">410 KiB</data>' in whole


def test_one_run_has_a_value_and_no_spread():
    text = page(samples.reference_result()).text()
    assert "MetricValueExactness" in text
    assert "Min … max" not in text
    assert "median over" not in text.replace("the median over the runs", "")


def test_two_runs_have_no_coefficient_of_variation():
    text = page(samples.result(runs=2)).text()
    assert "MetricMedianMin … maxCVRunsExactness" in text
    assert re.search(r"KiB–", text)


def test_a_figure_that_is_not_exact_says_so(whole):
    assert '<span class="mark bound">bound</span>' in whole
    assert '<span class="mark sampled">sampled</span>' in whole
    assert 'class="mark exact"' not in whole


def test_curves_are_drawn_with_the_phases_behind_them(whole):
    assert len(re.findall(r"<polyline", whole)) == 6 * 3 * 2
    for points in re.findall(r'points="([^"]*)"', whole):
        assert 0 < len(points.split()) <= curve.LIMIT
    text = Page(whole).text(within="figure")
    assert "CPU of one core" in text
    assert "Memory resident set" in text
    assert "Traffic sent since the start" in text
    assert "1 accounts 3.11 s" in Page(whole).text(within="ol")
    assert "alice" in Page(whole).text(within="ul")


def test_the_typical_run_is_open_and_the_others_are_folded(whole):
    text = Page(whole).text()
    assert "Over time one_to_one-1, the run closest to the median length" in text
    summaries = Page(whole).text(within="summary")
    assert "Over time: one_to_one-2Over time: one_to_one-3All phases and nodes" in summaries


def test_of_many_runs_some_are_drawn():
    result = samples.result(runs=9, scenarios=(samples.COLD_START,))
    found = render(result, series(result, interval_ms=500))
    assert len(re.findall("<polyline", found)) == DRAWN_RUNS * 3 * 2
    assert "No curves here of 4 runs" in Page(found).text()


def test_a_run_without_a_series_is_reported_without_curves():
    result = samples.reference_result()
    found = page(result, {})
    assert "No curves of 1 run" in found.text()
    assert found.all("polyline") == []


def test_all_phases_and_nodes_are_there_with_what_was_not_published(whole):
    text = Page(whole).text()
    assert "accounts: medians over 3 runs (not published)" in text
    assert "MetricTotalalicebob" in text
    assert "threads_countsampled 28sampled 14sampled 14" in text


# --- traffic -----------------------------------------------------------------------------------------


def bare(text):
    """Without any blank: where cells and rows meet, there may be one or none."""
    return "".join(text.split())


def section(text, begin, end):
    return text[text.index(begin) : text.index(end, text.index(begin))]


def test_the_largest_contributors_of_every_phase_stand_behind_the_figures(whole):
    text = Page(whole).text()
    told = section(text, "Where the traffic went", "All traffic by node")
    assert "messages410KiB1,762alice→bobtcpp2p197KiB48.1%79321(1shortended)bob→alice" in bare(told)
    assert "outsideofthephases4.10KiB50alice→bob" in bare(told)
    assert text.index("Published figures") < text.index("Where the traffic went") < text.index("Over time")


def test_bars_show_the_shares(whole):
    bars = re.findall(r'<svg class="bar" aria-hidden="true"[^>]*><rect width="([\d.]+)%"', whole)
    assert "48.07" in bars
    assert all(0 <= float(bar) <= 100 for bar in bars)


def test_traffic_over_time_is_stacked_with_a_legend_of_totals(whole):
    found = Page(whole)
    assert len(re.findall(r'<path class="layer', whole)) == 6 * 4
    assert "Traffic sent per second, over steps of 1 s" in found.text(within="figure")
    assert "alice→bob tcp p2p 232 KiB" in found.text(within="ul")
    described = [text for path, text in found.texts if "desc" in path and "a second" in text]
    assert len(described) == 6
    assert all("alice→bob tcp p2p: " in text for text in described)


def test_the_typical_runs_traffic_is_open_and_the_others_are_folded(whole):
    told = section(Page(whole).text(), "Where the traffic went", "All traffic by node")
    assert "one_to_one-1, the run closest to the median length" in told
    folded = Page(whole).text(within="details")
    assert folded.count("Traffic sent per second") == 4


def test_every_flow_is_there_folded_by_node(whole):
    folded = section(Page(whole).text(within="details"), "All traffic by node", "cold_start")
    assert "messages: medians over 3 runs Peer" in folded
    assert "accounts: medians over 3 runs (not published) Peer" in folded
    assert "alicetobobtcpp2p197KiB186KiB146KiB79321(1shortended)to(multicast)udpp2p7.91KiB" in bare(folded)
    assert "from(outside)arpother42B0B0B100" in bare(folded)


def test_without_a_capture_the_page_says_nothing_of_flows():
    for result in (samples.result(network="host"), uncaptured()):
        text = page(result, {}).text()
        assert "Where the traffic went" not in text
        assert "Captured and counted" not in text


def uncaptured():
    result = samples.result()
    return attrs.evolve(
        result, runs=tuple(attrs.evolve(run, traffic=(), capture=None) for run in result.runs)
    )


def test_a_run_that_was_not_captured_exactly_is_left_out_and_said():
    text = page(samples.emulated()).text()
    assert "Left out, for not every frame of it was captured at its time: cold_start-3." in text
    assert "boot: medians over 2 runs" in text
    only = attrs.evolve(samples.emulated(runs=1), scenarios=(samples.COLD_START,))
    text = page(only).text()
    assert "captured at its time: cold_start-1." in text
    assert "Largest contributors" not in text


def test_captures_stand_beside_what_was_counted():
    found = page(samples.emulated())
    text = found.text()
    assert "one_to_one-12,2680004 of 4✓ yes" in text
    assert "cold_start-3captures/cold_start-3.pcapng5130703 of 4✗ no" in text
    assert "alicereceived250,1351,13400421250,1771,1350✓yes" in bare(text)
    assert "alicesent40,725253000041,187260+462✗no" in bare(text)
    unfolded = [attributes for attributes in found.all("details") if "open" in attributes]
    assert len(unfolded) == 1  # the accounts, for one does not add up


def test_copies_of_broadcast_and_multicast_are_told_apart_from_what_was_sent():
    made = samples.result(runs=1, scenarios=(samples.COLD_START,))
    (run,) = made.runs
    capture = attrs.evolve(run.capture, packets=run.capture.packets + 46)
    text = page(attrs.evolve(made, runs=(attrs.evolve(run, capture=capture),))).text()
    sent = sum(row.packets for row in run.traffic if row.direction == "sent")
    assert f"cold_start-1{sent}46004 of 4✓ yes" in text
    assert "were seen once more where they left the bridge" in text


def test_a_short_connection_may_have_begun_in_an_earlier_phase():
    made = samples.result(runs=1, scenarios=(samples.COLD_START,))
    (run,) = made.runs
    rows = tuple(
        attrs.evolve(row, connections=0, short_connections=int(row.connections > 0)) for row in run.traffic
    )
    text = page(attrs.evolve(made, runs=(attrs.evolve(run, traffic=rows),))).text()
    assert "0 (1 short ended)" in text
    assert "counts as “short ended” in the phase in which it ended" in text


def test_the_collectors_share_does_not_pass_for_the_phases():
    assert "not that of the phase" in METRICS["go_gc_cpu_pct"].help


def test_accounts_that_add_up_are_folded(whole):
    assert not [attributes for attributes in Page(whole).all("details") if "open" in attributes]


def test_what_was_lost_on_purpose_is_told_where_anything_was(whole):
    text = page(samples.emulated()).text()
    assert "CopiesLost on purposeReceived" in text
    assert "cold_start-382,374520+84+2-3,028-279,43052000✓ yes" in text
    assert "Lost on purpose" not in Page(whole).text()


def test_the_emulated_link_is_said_first_and_again_where_it_is_told_how_it_was_measured():
    text = page(samples.emulated()).text()
    link = "50 ms delay, 10 Mbit/s, 1 % loss"
    assert f"private network, {link} (netem) ·" in text
    assert f"Links, one way to a node{link}, by netem" in text
    plain = attrs.evolve(samples.emulated().conditions, emulation=None)
    text = page(attrs.evolve(samples.emulated(), conditions=plain)).text()
    assert f"private network, {link} ·" in text
    assert "None" not in text


def test_exits_tell_cpu_context_switches_and_page_faults_where_they_are_known(whole):
    assert "alice010.2 s1.90 s48,113 + 90240,820 + 3" in Page(whole).text()
    result = samples.reference_result()
    (run,) = result.runs
    exits = {
        "alice": attrs.evolve(run.exits["alice"], major_faults=None),
        "bob": attrs.evolve(
            run.exits["bob"],
            user_ms=None,
            system_ms=None,
            voluntary_switches=None,
            involuntary_switches=None,
            minor_faults=None,
            major_faults=None,
        ),
    }
    text = page(attrs.evolve(result, runs=(attrs.evolve(run, exits=exits),))).text()
    assert "48,113+90240,820+–bob-15(signal)––––" in bare(text)


def test_a_capture_that_was_kept_is_named_beside_the_logs():
    text = section(page(samples.emulated()).text(), "Runs, processes and logs", "The same figures")
    assert "series/cold_start-3.json.gz captures/cold_start-3.pcapng" in text


def test_the_page_stays_light(whole):
    assert len(whole.encode("utf-8")) < 400_000


def test_many_flows_are_shortened():
    made = samples.reference_result()
    (run,) = made.runs
    nodes = [f"node{number}" for number in range(10)]
    rows = [
        Traffic("messages", node, "sent", peer, "tcp", "p2p", 1000, 900, 800, 10)
        for node in nodes
        for peer in nodes
        if node != peer
    ]
    text = page(attrs.evolve(made, runs=(attrs.evolve(run, traffic=tuple(rows)),)), {}).text()
    assert "84 smaller ones82.0 KiB93.3 %840" in text
    assert "42 smaller flows are in results.csv." in text


# --- does it add up ----------------------------------------------------------------------------------


def test_traffic_that_adds_up_and_traffic_that_does_not():
    result = samples.result(scenarios=(samples.ONE_TO_ONE,))
    first, *rest = result.runs
    broken = attrs.evolve(
        first, closing=attrs.evolve(first.closing, received_bytes=500_000, dropped_packets=3)
    )
    text = page(attrs.evolve(result, runs=(broken, *rest))).text()
    assert "one_to_one-1500,2702,268+84+2500,0002,270-3543✗ no" in text
    assert "one_to_one-2503,4802,294+84+2503,5642,29600✓ yes" in text
    assert "does not add up" in text[: text.index("Binary")]


def test_without_a_private_network_there_is_no_identity():
    assert "Does the traffic add up?" not in page(samples.result(network="host")).text()


def test_machine_parameters_command_and_logs_are_there(whole):
    text = Page(whole).text()
    for told in (
        "messages 100",
        "order blocks",
        "AMD EPYC 9454P 48-Core Processor",
        "7.65 GiB",
        "2750 MHz",
        "tcperf run --node build/bin/status-backend",
        "logs/one_to_one-1.alice.log",
        "series/one_to_one-1.json.gz",
        "vcs.revision",
        "user + system CPU time, children included",
        "0.1.0, results schema 1",
    ):
        assert told in text, told
    assert "Governor" not in text  # not known: absent, not None
    assert "None" not in text


def test_exits_are_shown_with_their_signal(whole):
    assert "-15 (signal)" in Page(whole).text()


def test_a_discarded_run_is_marked_and_counts_nowhere():
    result = samples.result()
    runs = (attrs.evolve(result.runs[0], discarded=True), *result.runs[1:])
    text = page(attrs.evolve(result, runs=runs)).text()
    assert "one_to_one-1 (discarded)" in text
    assert "one_to_one (2 runs)" in text


def test_a_result_with_nothing_in_it_is_a_page_too():
    empty = attrs.evolve(samples.result(), subjects={}, scenarios=(), runs=())
    found = page(empty)
    found.check_harmless()
    assert "Nothing measured" in found.text()


def test_a_scenario_that_publishes_nothing_shows_its_details_openly():
    info = attrs.evolve(
        samples.ONE_TO_ONE,
        phases=tuple(attrs.evolve(phase, publish=False, metrics=()) for phase in samples.ONE_TO_ONE.phases),
    )
    result = attrs.evolve(samples.reference_result(), scenarios=(info,))
    found = page(result)
    assert "This scenario publishes no figure." in found.text()
    assert {"open": None} in found.all("details")


def test_a_metric_that_one_run_lacks_is_shown_over_the_other():
    result = samples.result(runs=2, scenarios=(samples.ONE_TO_ONE,))
    phases = list(result.runs[1].phases)
    totals = {key: value for key, value in phases[2].totals.items() if key != "cpu_ms"}
    phases[2] = attrs.evolve(phases[2], totals=totals)
    runs = (result.runs[0], attrs.evolve(result.runs[1], phases=tuple(phases)))
    text = page(attrs.evolve(result, runs=runs)).text()
    assert "one_to_one.messages.cpu_ms was measured in 1 of 2 runs" in text
    assert "children included18.5 s1 run–" in text


# --- text that is not ours ---------------------------------------------------------------------------


def spoilt(text):
    result = samples.hostile(text)
    return render(result, series(result, nodes=(text, "bob"), interval_ms=500))


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_becomes_markup(text):
    html = spoilt(text)
    found = Page(html)
    found.check_harmless()
    drawings(html)
    html.encode("utf-8")
    # Letters in the charts are one element more where a name fits into its phase.
    tags = [tag for tag, _attributes in found.tags if tag != "text"]
    assert tags == [tag for tag, _attributes in Page(spoilt("calm")).tags if tag != "text"]


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_character_in_the_page_is_one_that_xml_forbids_or_that_hides_text(text):
    html = render(samples.hostile(text), {})
    assert (
        re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]", html
        )
        is None
    )


def test_long_text_is_shortened_and_never_makes_the_page_long():
    html = render(samples.hostile("x" * 10_000), {})
    assert max(len(run) for run in re.findall("x+", html)) <= 1000
    assert len(html) < 150_000
    assert len(Page(html).text()) < 30_000


def test_more_nodes_than_colours_are_told_apart():
    result = samples.reference_result()
    nodes = tuple(f"node{number}" for number in range(10))
    html = render(result, {run.id: samples.series(run, nodes=nodes, interval_ms=1000) for run in result.runs})
    assert 'class="node1 again"' in html
    assert 'class="node7"' in html
