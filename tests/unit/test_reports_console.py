"""The table on a terminal."""

import contextlib
import io
import os
import pty
from pathlib import Path

import attrs
import pytest
import samples

from tcperf.model import Unsupported
from tcperf.reports.console import render, show

REPORT = Path("/home/tcperf-report/report.html")


def test_the_first_lines_say_what_was_measured_and_where_the_reports_are():
    lines = render(samples.result(), report=REPORT).splitlines()
    assert lines[0] == "/build/bin/status-backend, version 4c6ca00520e0, sha256 9f2c1e0b4a7d"
    assert lines[1:4] == ["tcperf 0.1.0, private network", "report: /home/tcperf-report/report.html", ""]


def test_without_a_report_nothing_is_said_of_one():
    assert "report" not in render(samples.result())


def test_the_reference_node_and_the_hosts_network_are_said_loudly():
    text = render(samples.reference_result(network="host"))
    assert text.startswith("REFERENCE NODE measured, the bundled one: not a node of yours\n")
    assert "HOST network, no frame counted" in text
    assert "sent_bytes" not in text


def test_a_figure_stands_with_its_spread():
    lines = render(samples.result()).splitlines()
    assert "one_to_one.messages (median of 3 runs, min … max)" in lines
    row = next(line for line in lines if line.startswith("  sent_bytes"))
    assert row.split() == ["sent_bytes", "410", "KiB", "409", "KiB", "…", "413", "KiB"]


def test_one_run_has_no_spread():
    lines = render(samples.reference_result()).splitlines()
    assert "one_to_one.messages (1 run)" in lines
    assert next(line for line in lines if "cpu_ms" in line).split() == ["cpu_ms", "18.5", "s"]


def test_what_is_not_exact_has_a_mark_and_a_footnote():
    text = render(samples.result())
    assert "336 MiB<" in text
    assert text.splitlines()[-1] == "< an upper bound, such as the sum of peaks reached at different moments"
    assert "sampled" not in text  # threads are not published


def largest(text):
    """Each block that tells the largest contributors, its lines joined."""
    lines, found = text.splitlines(), []
    for place, line in enumerate(lines):
        if line.startswith("  largest"):
            after = lines[place + 1] if place + 1 < len(lines) else ""
            found.append(line + after if after.startswith("    ") else line)
    return found


def test_the_largest_contributors_stand_below_a_published_phase():
    text = render(samples.result())
    assert (
        "  packets_count           1,762             1,750 … 1,784\n"
        "  largest: alice→bob tcp p2p 197 KiB (48 %), bob→alice tcp p2p 197 KiB (48 %),\n"
        "    alice→(multicast) udp p2p 7.91 KiB (2 %)\n\n"
    ) in text
    assert len(largest(text)) == 4  # accounts and connect are not published


def test_what_many_ask_for_is_told_below_the_published_figures_of_its_phase():
    made = samples.result()
    assert "also:" not in render(made)
    runs = tuple(
        attrs.evolve(
            run,
            phases=tuple(
                attrs.evolve(
                    phase,
                    totals={
                        **phase.totals,
                        "lost_count": samples.measurement("lost_count", 2),
                        "latency_p95_ms": samples.measurement("latency_p95_ms", 12.5),
                    },
                )
                for phase in run.phases
            ),
        )
        for run in made.runs
    )
    lines = render(attrs.evolve(made, runs=runs)).splitlines()
    assert {line for line in lines if "also" in line} == {"  also: latency_p95_ms 12.5 ms, lost_count 2"}
    assert all(len(line) <= 40 for line in render(attrs.evolve(made, runs=runs), 40).splitlines())


def test_there_are_three_at_most_and_each_is_whole():
    for width in (40, 44, 60, 80, 200):
        for told in largest(render(samples.result(), width)):
            assert 1 <= told.count("→") <= 3
            assert told.endswith(" %)")
            assert told.count("(") - told.count("(multicast)") == told.count(" %)")
    assert largest(render(samples.result(), 200))[0].count("→") == 3


def test_without_captured_traffic_no_contributor_is_told():
    assert largest(render(samples.result(network="host"))) == []
    runs = tuple(attrs.evolve(run, traffic=(), capture=None) for run in samples.result().runs)
    assert largest(render(attrs.evolve(samples.result(), runs=runs))) == []


def test_it_is_said_over_how_many_runs_contributors_were_found():
    told = largest(render(samples.emulated()))
    assert [line.partition(":")[0] for line in told] == ["  largest", *["  largest in 2 of 3 runs"] * 3]


def test_a_tiny_share_is_not_called_nothing():
    result = samples.reference_result()
    (run,) = result.runs
    rows = [
        attrs.evolve(row, frame_bytes=1 if row.protocol == "udp" else 10_000)
        for row in run.traffic
        if row.node == "alice"
    ]
    told = largest(render(attrs.evolve(result, runs=(attrs.evolve(run, traffic=tuple(rows)),))))
    assert told[0].startswith("  largest: alice→bob tcp p2p 9.77 KiB (100 %),")
    assert told[0].endswith("alice→(multicast) udp p2p 1 B (<1 %)")


def test_an_emulated_network_is_said():
    lines = render(samples.emulated()).splitlines()
    assert lines[1] == "tcperf 0.1.0, private network, 50 ms delay, 10 Mbit/s, 1 % loss (netem)"
    conditions = attrs.evolve(samples.emulated().conditions, emulation=None)
    told = render(attrs.evolve(samples.emulated(), conditions=conditions)).splitlines()[1]
    assert told.endswith("1 % loss")


def test_warnings_come_before_the_figures():
    text = render(samples.result(warnings=("the disk is slow",)))
    assert text.index("warning: the disk is slow") < text.index("one_to_one.messages")


def test_without_a_published_figure_that_is_said():
    assert render(attrs.evolve(samples.result(), scenarios=())).splitlines()[-1] == "no published figure"


def test_a_result_without_the_head_subject_is_shown_all_the_same():
    text = render(attrs.evolve(samples.result(), subjects={}))
    assert text.startswith("tcperf 0.1.0, private network\n")


def test_a_long_path_stays_whole_to_be_copied():
    path = Path("/work") / ("deep" * 30)
    assert f"report: {path}" in render(samples.result(), 60, path).splitlines()


@pytest.mark.parametrize("width", [1, 40, 60, 80, 200])
def test_no_line_is_longer_than_the_width(width):
    warned = samples.result(warnings=("a long warning " * 20, "x" * 300))
    for result in (warned, samples.reference_result(network="host")):
        lines = render(result, width, REPORT).splitlines()
        assert max(map(len, lines)) <= max(width, 40)


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_nobodys_text_steers_the_terminal_or_teamcity(text):
    found = render(samples.hostile(text), report=Path(text[:60].replace("\x00", "")))
    assert all(line.isprintable() for line in found.splitlines())
    assert found.count("\n") == len(found.splitlines())
    assert "##teamcity[" not in found
    assert max(map(len, found.splitlines())) <= 80
    assert len(found) < 7_000


def test_a_stream_that_is_no_terminal_gets_plain_text():
    stream = io.StringIO()
    show(samples.result(), stream, 72, REPORT)
    assert stream.getvalue() == render(samples.result(), 72, REPORT)


def test_what_an_encoding_lacks_does_not_fail():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show(samples.result(), stream)
    stream.flush()
    assert b"409 KiB ? 413 KiB" in raw.getvalue()


def on_a_terminal(result, monkeypatch, **environment):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    controller, terminal = pty.openpty()
    try:
        with os.fdopen(terminal, "w", encoding="utf-8") as stream:
            show(result, stream, 80, REPORT)
        return drained(controller).decode().replace("\r\n", "\n")
    finally:
        os.close(controller)


def drained(controller):
    """All that a terminal got before its last holder closed it (EIO; pty(7)); it comes in pieces."""
    found = b""
    with contextlib.suppress(OSError):
        while piece := os.read(controller, 1 << 16):
            found += piece
    return found


def test_a_terminal_gets_the_same_lines_in_colour(monkeypatch):
    found = on_a_terminal(samples.reference_result(), monkeypatch)
    assert found.startswith("\x1b[1;33mREFERENCE NODE measured")
    bare = found
    for code in ("1;33", "1", "2", "33", "0"):
        bare = bare.replace(f"\x1b[{code}m", "")
    assert bare == render(samples.reference_result(), 80, REPORT)


def test_no_color_is_heeded(monkeypatch):
    found = on_a_terminal(samples.reference_result(), monkeypatch, NO_COLOR="1")
    assert "\x1b[1;33m" not in found
    assert "\x1b[3" not in found


def test_markup_of_others_is_no_markup_on_a_terminal(monkeypatch):
    warned = samples.reference_result(warnings=("[red]not red[/red] :smile: [/nonsense]",))
    assert "[red]not red[/red] :smile: [/nonsense]" in on_a_terminal(warned, monkeypatch)


def test_what_the_node_cannot_play_is_said_before_the_figures():
    reason = "not supported by this node: cold_start needs private groups, which x has not"
    lacking = (Unsupported(samples.COLD_START, reason),)
    text = render(attrs.evolve(samples.result(scenarios=(samples.ONE_TO_ONE,)), unsupported=lacking), 200)
    assert text.index(f"{reason}\n") < text.index("one_to_one.messages")
    assert "cold_start.boot" not in text
