"""report.html: what it shows, and that nothing in it acts."""

import itertools
import math
import re

import attrs
import comparisons as made
import pytest
import samples
from colours import contrast, linear
from pages import Page, drawings

from tcperf import warm_up
from tcperf.metrics import METRICS
from tcperf.model import Conditions, Unsupported
from tcperf.reports import console, curve, markdown
from tcperf.reports.html import POLICY, render
from tcperf.reports.runs_view import LISTED_CLOSINGS, LISTED_RUNS, WARM_UP
from tcperf.reports.scenario_view import DRAWN_RUNS
from tcperf.subject import Subject
from tcperf.traffic import Traffic


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
    policies = [meta["content"] for meta in found.all("meta") if "http-equiv" in meta]
    assert [policy.startswith(f"{POLICY}; script-src 'sha256-") for policy in policies] == [True]
    assert found.all("html") == [{"lang": "en"}]
    assert len(found.all("h1")) == 1
    assert set(re.findall(r"http://[^\"\s]*", whole)) == {
        "http://www.w3.org/2000/svg"
    }  # a name, not an address
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
        "status-backend 4c6ca00520e0 scenarios one_to_one (3 runs), cold_start (3 runs) · private network",
        "Binary/build/bin/status-backend",
        "2026-11-25 02:14:07 UTC",
        f"SHA-256 {samples.SHA256[:12]}{samples.SHA256}",
        "go1.22.9, github.com/status-im/status-go/cmd/status-backend (devel)",
    ):
        assert told.replace(" ", "") in text.replace(" ", ""), told
    assert text.index("Binary") < text.index("Published figures")


@pytest.mark.parametrize("base", [None, samples.PARENT])
def test_of_a_program_that_nobody_could_read_no_empty_digest_is_told(base):
    nobody = Subject("no program was measured", "", "unknown", "unknown")
    both = {"head": nobody} if base is None else {"head": nobody, "base": nobody}
    result = made.paired() if base is not None else samples.result()
    result = attrs.evolve(result, subjects=both, comparisons=())
    for told in (page(result).text(), console.render(result), markdown.render(result)):
        assert "no program was measured" in told
        assert "sha256" not in told
        assert "SHA-256" not in told
        assert "versionunknown" not in told.lower().replace(" ", "")


def test_the_reference_node_and_the_hosts_network_are_said_loudly():
    text = page(samples.reference_result(network="host")).text()
    assert "Bundled reference node 0.1.0" in text
    assert "Reference node. These are figures of the small messenger that comes with tcperf" in text
    assert "Host network. The nodes shared this machine’s network, so no traffic was counted exactly" in text
    assert "sent_bytes" not in text
    plain = page(samples.result()).text()
    assert "Reference node." not in plain
    assert "Host network." not in plain


def test_a_loopback_that_nobody_else_has_is_no_network_of_the_host():
    conditions = Conditions("loopback", mtu=65536, offloads="host")
    text = page(attrs.evolve(samples.result(), conditions=conditions)).text()
    assert "A private loopback. All programs shared one that nobody else has" in text
    assert "· a private loopback ·" in text
    assert "Host network" not in text
    assert "the host’s network" not in text


def test_warnings_come_before_every_figure():
    text = page(samples.result(warnings=("the disk is slow", "and hot"))).text()
    assert text.index("2 warnings") < text.index("the disk is slow") < text.index("Binary")


def test_the_chief_table_has_medians_and_spreads(whole):
    text = Page(whole).text(within="table")
    assert "sent_bytesbytes sent" in text
    assert "410 KiB409 KiB … 413 KiB0.48 %" in text
    assert '<span title="420,082 bytes">410 KiB</span>' in whole


def test_what_the_author_said_of_parameters_and_phases_is_there_to_unfold():
    result = samples.result(runs=3)
    info = result.scenarios[0]
    assert "What its parameters and phases are" not in page(result).text()
    phases = (attrs.evolve(info.phases[0], help="each makes <one>"), *info.phases[1:])
    told = attrs.evolve(info, phases=phases, params_help={"step": "seconds between"})
    text = page(attrs.evolve(result, scenarios=(told, *result.scenarios[1:]))).text()
    assert "What its parameters and phases are step parameterseconds between" in text
    assert "accounts phaseeach makes <one>" in text


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
    lines = re.findall(r'<path class="curve node\d" d="([^"]*)"', whole)
    assert len(lines) == 6 * 4 * 2
    for line in lines:
        assert 1 < len(re.findall(r"-?\d+", line)) / 2 <= curve.LIMIT
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
    assert "In figuresOver time: one_to_one-2In figuresOver time: one_to_one-3In figures" in summaries


def test_of_many_runs_some_are_drawn():
    result = samples.result(runs=9, scenarios=(samples.COLD_START,))
    found = render(result, series(result, interval_ms=500))
    assert len(re.findall('<path class="curve', found)) == DRAWN_RUNS * 4 * 2
    assert "No curves here of 4 runs" in Page(found).text()


def test_a_run_without_a_series_is_reported_without_curves():
    result = samples.reference_result()
    found = page(result, {})
    assert "No curves of 1 run" in found.text()
    assert not [each for each in found.all("path") if each["class"].startswith("curve")]


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
    assert text.index("Published figures") < text.index("Over time") < text.index("Where the traffic went")


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
    assert "Left out, for not every packet of it was captured at its time: cold_start-3." in text
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
    assert len(unfolded) == 4  # few runs, run by run three times; the accounts, for one does not add up


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


def test_accounts_that_add_up_are_folded_and_so_is_what_is_told_run_by_run_of_many():
    def opened(runs):
        made = samples.result(runs=runs, scenarios=(samples.COLD_START,))
        return [attributes for attributes in page(made, {}).all("details") if "open" in attributes]

    assert len(opened(3)) == 3  # two of traffic, one of processes
    assert opened(7) == []


def test_of_many_runs_some_are_told_singly_and_first_those_that_do_not_add_up():
    made = samples.result(runs=70, scenarios=(samples.COLD_START,))
    *runs, last = made.runs
    broken = attrs.evolve(last, closing=attrs.evolve(last.closing, received_bytes=1))
    text = page(attrs.evolve(made, runs=(*runs, broken)), {}).text()
    told = text[text.index("Does the traffic add up? After") :]
    assert re.findall(r"(cold_start-\d\d)[\d,+-]+([✓✗])", told)[0] == ("cold_start-70", "✗")
    assert f"{70 - LISTED_CLOSINGS} more runs are in results.json, and all add up." in told
    assert "It adds up" not in told
    assert "All 70 runs were captured exactly." in told
    assert f"{70 - LISTED_RUNS} more runs are in results.json." in section(
        text, "Runs, processes", "The same"
    )


def test_that_all_runs_add_up_is_said_in_a_line():
    text = page(samples.result(runs=7, scenarios=(samples.COLD_START,)), {}).text()
    assert "✓ It adds up in all 7 runs." in text
    assert "✓ All 7 runs were captured exactly." in text


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
    assert "48,113+90240,820+–bob-15(SIGTERM)––––" in bare(text)


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
    assert "-15 (SIGTERM)" in Page(whole).text()


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
    assert len(html) < 180_000
    assert len(Page(html).text()) < 30_000


def test_more_nodes_than_colours_are_told_apart():
    result = samples.reference_result()
    nodes = tuple(f"node{number}" for number in range(10))
    html = render(result, {run.id: samples.series(run, nodes=nodes, interval_ms=1000) for run in result.runs})
    assert 'class="node1 again"' in html
    assert 'class="curve node1 again"' in html
    assert 'class="node7"' in html


# --- the page's parts --------------------------------------------------------------------------------


def test_a_keyboard_comes_to_the_figures_at_once_and_to_every_section(whole):
    found = Page(whole)
    first, *others = found.all("a")
    assert first == {"class": "skip", "href": "#main"}
    assert {"id": "main", "tabindex": "-1"} in found.all("main")
    assert [link["href"] for link in others] == ["#s1", "#s2", "#traffic", "#how", "#machine", "#runs"]
    assert [tag for tag, _ in found.tags if tag in {"header", "main", "nav", "footer"}] == [
        "header", "nav", "main", "footer",
    ]  # fmt: skip


def test_a_single_scenario_says_in_the_first_lines_what_it_does(whole):
    alone = Page(render(samples.reference_result(), {})).text(within="header")
    assert alone.endswith("Two accounts send each other one-to-one messages, one after another.")
    assert "Two accounts" not in Page(whole).text(within="header")


def test_it_is_said_how_many_of_the_runs_count():
    assert WARM_UP == warm_up.WARM_UP
    result = made.paired()
    warm = sum(run.discarded_because == "warm-up" for run in result.runs)
    left = sum(run.discarded for run in result.runs) - warm
    assert warm
    assert left
    assert (
        f"{len(result.runs)} runs, {len(result.runs) - warm - left} count, {warm} warm-ups, {left} discarded: how"
    ) in Page(render(result, {})).text()
    counting = attrs.evolve(result, runs=tuple(run for run in result.runs if not run.discarded))
    assert f"{len(counting.runs)} runs: how" in Page(render(counting, {})).text()
    one = next(run for run in result.runs if run.discarded_because == "warm-up")
    assert "1 warm-up: how" in Page(render(attrs.evolve(counting, runs=(*counting.runs, one)), {})).text()


def test_a_signal_without_a_name_is_a_signal_all_the_same():
    result = samples.reference_result()
    (run,) = result.runs
    exits = {
        "alice": attrs.evolve(run.exits["alice"], status=-9),
        "bob": attrs.evolve(run.exits["alice"], status=-250),
    }
    text = Page(render(attrs.evolve(result, runs=(attrs.evolve(run, exits=exits),)), {})).text()
    assert "-9 (SIGKILL)" in text
    assert "-250 (signal)" in text


def test_headings_go_down_one_level_at_a_time(whole):
    levels = [int(tag[1]) for tag, _attributes in Page(whole).tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_what_needs_a_script_is_hidden_until_one_runs(whole):
    found = Page(whole)
    (box,) = [attributes for attributes in found.all("div") if attributes.get("id") == "tools"]
    assert "hidden" in box
    assert found.all("button") == []
    assert not [each for each in found.all("svg") if "tabindex" in each]


def test_behind_the_charts_there_is_a_table(whole):
    text = Page(whole).text(within="details")
    assert "Figures of one_to_one-1 by phase and node Phasealicebob cpu_ms accounts1.48 s1.33 s" in text
    assert "sent_bytes accounts5.98 KiB5.98 KiB connect31.1 KiB31.1 KiB messages205 KiB205 KiB" in text


def test_charts_bear_what_is_read_off_them(whole):
    plots = [each for each in Page(whole).all("svg") if "data-ms" in each]
    assert len(plots) == 6 * 5
    assert {each["data-unit"] for each in plots} == {"pct", "bytes", "count"}
    assert all(float(each["data-ms"]) > 0 < float(each["data-top"]) for each in plots)


def test_the_machine_is_named_where_the_page_begins(whole):
    text = Page(whole).text(within="header")
    assert "on agent-7: AMD EPYC 9454P 48-Core Processor, 2 cores, Linux 6.18.5-amd64" in text
    bare_machine = attrs.evolve(samples.result().environment, cpu_model=None, cpu_count=1)
    text = page(attrs.evolve(samples.result(), environment=bare_machine), {}).text(within="header")
    assert text.endswith("on agent-7: 1 core, Linux 6.18.5-amd64")


def test_readers_are_asked_where_there_is_somebody_to_tell(whole):
    assert "Tell us" not in Page(whole).text()
    html = render(samples.result(), {}, "https://forms.example.org/tcperf?team=core")
    found = Page(html)
    found.check_harmless(leads_to="https://forms.example.org/")
    assert {"href": "https://forms.example.org/tcperf?team=core", "target": "_blank"} in found.all("a")
    assert found.text(within="footer").endswith("Tell us.")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", '"><script>']
)
def test_readers_are_led_nowhere_but_to_a_web_page(address):
    html = render(samples.result(), {}, address)
    Page(html).check_harmless()
    assert "Tell us" not in html


def test_only_the_series_that_are_drawn_are_asked_for():
    class Asked(dict):
        """Remembers which were asked for."""

        names = ()

        def get(self, name, default=None):
            self.names = (*self.names, name)
            return super().get(name, default)

    made = samples.result(runs=9)
    found = Asked(series(made, interval_ms=1000))
    render(made, found)
    assert len(found.names) == len(set(found.names)) == 2 * DRAWN_RUNS


def test_what_the_node_cannot_play_is_said_above_the_figures():
    reason = "not supported by this node: cold_start needs <private> groups, which x has not"
    result = samples.result(scenarios=(samples.ONE_TO_ONE,))
    found = page(attrs.evolve(result, unsupported=(Unsupported(samples.COLD_START, reason),)))
    found.check_harmless()
    assert reason in found.text()
    assert found.text().index("Not supported") < found.text().index(reason)
    assert "Not supported" not in page(result).text()
