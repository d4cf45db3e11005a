"""The verdict on a terminal."""

from pathlib import Path

import attrs
import comparisons as made
import pytest
import samples

from tcperf.reports import verdicts
from tcperf.reports.console import render
from tcperf.reports.console_verdict import lines


def styled(result, width=80):
    return [(line.text, line.style) for line in lines(result, width)]


def text(result, width=80):
    return "\n".join(line for line, _style in styled(result, width))


def row(result, metric):
    """The cells, and the style, of a metric's line."""
    return next((line.split(), style) for line, style in styled(result) if f"  {metric} " in line)


# --- where it stands ---------------------------------------------------------------------------------


def test_the_verdict_comes_before_every_figure_and_after_who_was_compared():
    found = render(made.paired(warnings=("the machine is new",)))
    order = (
        "base: /build/parent",
        "head: /build/bin",
        "WORSE: ",
        "warning: the machine is new",
        "one_to_one.messages (base;",
    )
    assert [found.index(part) for part in order] == sorted(found.index(part) for part in order)


def test_without_a_comparison_nothing_is_said_of_one():
    assert styled(samples.result()) == []
    assert "against" not in render(samples.result())
    assert "base" not in render(samples.result())


# --- the lines ---------------------------------------------------------------------------------------


def test_a_changed_metric_has_a_line_with_all_its_figures():
    cells, style = row(made.paired(), "sent_bytes")
    assert cells == ["WORSE", "sent_bytes", "+6.2", "%", "4.9", "…", "7.6", "10/10", "0.00098", "1.4", "%"]
    assert style == "bad"


@pytest.mark.parametrize(
    ("metric", "label", "style"),
    [
        ("memory_peak_bytes", "OVER BUDGET", "bad"),
        ("cpu_ms", "CAN'T TELL", "warning"),
        ("latency_ms", "BETTER", "good"),
    ],
)
def test_every_verdict_has_its_colour(metric, label, style):
    cells, found = row(made.paired(), metric)
    assert " ".join(cells).startswith(f"{label} {metric} ")
    assert found == style


def test_an_accepted_change_is_told_and_alarms_nobody():
    result = made.paired((attrs.evolve(made.WORSE, accepted="larger keys, until 2027-01-31"), *made.SAME))
    cells, style = row(result, "sent_bytes")
    assert cells[0] == "ACCEPTED"
    assert style == "warning"
    assert styled(result)[1][0].startswith("OK: ")
    assert styled(result)[1][1] == "good"
    assert "accepted: larger keys, until 2027-01-31" in " ".join(text(result).split())


def test_the_worst_stands_first_below_its_phase():
    found = text(made.paired()).splitlines()
    place = found.index(next(line for line in found if line.startswith("one_to_one.messages  ")))
    assert found[place].split()[1:] == ["change", "95", "%", "interval", "in", "p", "from"]
    assert found[place - 1].split() == ["worse", "visible"]
    assert {len(found[place - 1]), len(found[place])} == {len(found[place + 1])}
    assert [line.split()[0] for line in found[place + 1 : place + 5]] == ["WORSE", "OVER", "CAN'T", "BETTER"]


def test_each_phase_stands_above_its_metrics():
    idle = attrs.evolve(made.WORSE, scenario="idle", phase="idle", effect_pct=60.0)
    found = text(made.paired((idle, made.WORSE, made.UNSURE))).splitlines()
    heads = [line for line in found if line.startswith(("idle.idle", "one_to_one.messages"))]
    assert [line.split()[0] for line in heads] == ["idle.idle", "one_to_one.messages"]
    assert "change" in heads[0]
    assert "change" not in heads[1]


def test_numbers_stand_in_columns():
    found = [
        line
        for line, _style in styled(made.paired())
        if "/10" in line and " … " in line and "- " not in line[:2]
    ]
    assert len(found) == 4
    assert len({line.index("/10") for line in found}) == 1
    assert len({line.index(" … ") for line in found}) <= 2  # -31.2 … -25.5 is wider on its right


@pytest.mark.parametrize("width", [40, 52, 60, 72, 80, 200])
def test_no_line_is_longer_than_the_width_and_each_has_verdict_metric_and_change(width):
    for result in (made.paired(), made.clean(), made.failed()):
        assert max(len(line) for line, _style in styled(result, width)) <= width
    found = text(made.paired(), width)
    assert "WORSE" in found
    assert "+6.2 %" in found


def test_a_narrow_terminal_drops_whole_columns_from_the_right():
    wide, narrow = text(made.paired(), 80), text(made.paired(), 60)
    assert " visible\n" in wide
    assert " from\n" in wide
    assert " visible\n" not in narrow
    assert " from\n" not in narrow
    assert "95 % interval" in narrow


# --- words -------------------------------------------------------------------------------------------


def test_the_sentences_to_paste_are_there_but_for_what_is_better():
    found = " ".join(text(made.paired()).split())
    assert (
        "- one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs, p=0.00098; "
        "all of it alice→bob TCP in messages, +25.4 KiB"
    ) in found
    assert "- one_to_one.messages cpu_ms" in found
    assert "- one_to_one.messages latency_ms" not in found


def test_what_cannot_be_told_for_one_reason_is_one_line():
    few = attrs.evolve(made.UNSURE, note="7 or more pairs are needed")
    others = [
        attrs.evolve(few, metric=metric, key=f"{few.key}.{metric}") for metric in ("time_ms", "send_ms")
    ]
    found = text(made.paired((made.WORSE, few, *others)))
    told = "3 cannot be told, for 7 or more pairs are needed: one_to_one.messages cpu_ms, time_ms, send_ms"
    assert told in " ".join(found.split())
    assert [line for line in found.splitlines() if line.startswith("- ")] == [
        "- one_to_one.messages sent_bytes +6.2 % (4.9 … 7.6), worse in 10 of 10 pairs,"
    ]
    alone = text(made.paired((few, *others)))
    assert told in " ".join(alone.split())
    assert "to paste" not in alone


def test_there_are_not_too_many_sentences():
    many = tuple(attrs.evolve(made.WORSE, phase=f"phase{number}") for number in range(9))
    for report, place in ((Path("report.html"), "report"), (None, "table above")):
        found = render(made.paired(many), report=report)
        assert found.count("\n- one_to_one.phase") == 6
        assert f"\n- and 3 more in the {place}\n" in found


def test_what_did_not_change_is_one_line_each():
    found = text(made.paired())
    assert "2 unchanged: one_to_one.messages time_ms, packets_count\n" in found
    assert "2 only reported: one_to_one.messages received_bytes +6.2 %, threads_count\n" in found
    many = tuple(attrs.evolve(made.SAME[0], phase=f"phase{number}") for number in range(30))
    (line,) = [line for line in text(made.paired(many)).splitlines() if line.startswith("30 unchanged: ")]
    assert len(line) == 80
    assert line.endswith("…")


def test_published_metrics_that_are_not_gated_have_a_line_of_their_own():
    noisy = attrs.evolve(made.SAME[0], gated=False)
    assert "1 published, not gated: one_to_one.messages time_ms\n" in text(made.paired((noisy, made.SAME[1])))


def test_limits_that_are_kept_without_a_base_are_told_as_such():
    kept = made.comparison("cpu_ms", "not_compared", pairs=0, head_median=5, limit=9, note="no base")
    found = styled(attrs.evolve(samples.result(), comparisons=(kept,)))
    assert ("OK: 1 limit is kept", "good") in found
    assert ("1 within the limit: one_to_one.messages cpu_ms", "dim") in found


def test_it_is_said_how_the_pairs_were_made():
    assert "one_to_one: 10 pairs, enough for a verdict; 2 runs at a time; 1 pair made again\n" in text(
        made.paired()
    )


def test_a_clean_result_says_so_at_once():
    found = styled(made.clean())
    assert found[1] == ("OK: 2 unchanged", "good")
    assert not any(line.startswith("- ") for line, _style in found)


def test_what_was_not_compared_is_loud():
    found = styled(made.failed())
    assert found[1] == ("NOT COMPARED", "loud")
    assert found[2] == (
        "not compared: one_to_one: base failed twice in a row: bob ended with status 2",
        "loud",
    )
    metric = styled(made.paired())
    assert ("not compared: one_to_one.messages send_ms: no run of the base has it", "loud") in metric


# --- the tables --------------------------------------------------------------------------------------


def test_the_tables_have_the_bases_median_and_the_changes_that_the_verdict_does_not_tell():
    found = render(made.paired()).splitlines()
    head = "one_to_one.messages (base; head: median of 10 runs, min … max; other changes)"
    table = found[next(number for number, line in enumerate(found) if line.startswith(head)) :]
    rows = {line.split()[0]: line for line in table if line.startswith("  ")}
    assert rows["sent_bytes"].split()[1:5] == ["410", "KiB", "436", "KiB"]
    assert not rows["sent_bytes"].endswith("%")  # it is WORSE, and told above
    changes = {each.metric: each for each in made.paired().comparisons}
    assert rows["time_ms"].endswith(f" {verdicts.effect(changes['time_ms'])}")
    assert rows["send_ms"].split()[-2:] == ["22.0", "ms"]


def test_what_was_not_compared_has_no_change_in_the_tables():
    """Both medians stand there, of unlike parameters for example: from one to the other is no news."""
    found = made.comparison(
        "cpu_ms", "not_compared", pairs=0, base_median=900.0, head_median=18_454.25, note="no"
    )
    table = render(made.paired([found])).partition("one_to_one.messages (base; head")[2]
    assert "900 ms" in table
    assert "→" not in table.partition("largest")[0]


def test_a_change_is_said_in_the_verdict_and_again_only_to_be_pasted():
    found = render(made.paired())
    where = [line for line in found.splitlines() if "+4.6 %" in line]
    assert [line.split()[0] for line in where] == ["CAN'T", "-"]
    assert "in words, to paste into a review:\n- one_to_one.messages sent_bytes" in found


def test_medians_that_contradict_a_change_are_told_where_there_is_one():
    crossed = attrs.evolve(made.UNSURE, effect_pct=4.5, base_median=1000.0, head_median=980.0)
    told = verdicts.crossed(crossed)
    assert told
    assert f"  cpu_ms: {told}" in render(made.paired((crossed,)), 400)
    assert told not in render(made.paired((attrs.evolve(crossed, change="ok"),)), 400)


def test_limits_without_a_base_add_no_columns():
    kept = made.comparison("cpu_ms", "not_compared", pairs=0, head_median=5, limit=9, note="no base")
    found = render(attrs.evolve(samples.result(), comparisons=(kept,)))
    assert "(median of 3 runs, min … max)" in found


@pytest.mark.parametrize("hostile", samples.HOSTILE)
def test_nobodys_text_steers_the_terminal_or_teamcity(hostile):
    told = attrs.evolve(
        made.UNSURE, scenario=hostile, phase=hostile, metric=hostile, note=hostile, explanation=hostile
    )
    missed = attrs.evolve(made.LOST, metric=hostile, note=hostile)
    pairings = attrs.evolve(made.failed().pairings[0], scenario=hostile, problem=hostile)
    result = made.paired((told, missed, *made.ALL), pairings=pairings)
    for width in (40, 80):
        for line, _style in styled(result, width):
            assert line.isprintable()
            assert "##teamcity[" not in line
            assert len(line) <= width


# --- past builds -------------------------------------------------------------------------------------


def test_past_builds_are_told_as_a_warning_and_by_name():
    found = [*lines(made.beside_history(), 80)]
    text = " ".join(line.text.strip() for line in found)
    assert "UNUSUAL: 1 metric worse than usual: one_to_one.messages sent_bytes +6.2 %" in text
    (row,) = [line for line in found if line.text.lstrip().startswith("UNUSUAL  ")]
    assert row.style == "warning"
    assert row.text.split()[-3:] == ["builds", "±2.1", "%"]
    (head,) = [line.text for line in found if line.text.startswith("one_to_one.messages  ")]
    assert head.split()[-3:] == ["beside", "p", "usual"]
    assert "history, not a paired run: 12 successful builds of develop; the newest, #111" in text
    assert all(len(line.text) <= 80 for line in found)
