"""Past builds as CSV and as a table for a terminal: which figures, and how they stand."""

import csv
import io

import attrs
import pasts
import pytest
import samples

from tcperf.history import History
from tcperf.reports import console_history, history_csv
from tcperf.reports.past import WINDOW, past
from tcperf.reports.sparkline import ASCII
from tcperf.reports.text import clean

REFERENCE = "tcperf.reference.idle.idle.cpu_ms"


def derived(count=10):
    """Builds that published what was measured, what is made of it, and what is not tcperf's."""
    found = tuple(
        pasts.past_build(
            number, {pasts.SENT: 400_000 + number, pasts.TIME: 2000.5, REFERENCE: 3, **pasts.DERIVED}
        )
        for number in range(1, count + 1)
    )
    return History(found, "asked", f"{count} builds of develop")


def keys(history, *patterns):
    return [name.key for name in past("Perf", history, patterns).names]


# --- which figures -----------------------------------------------------------------------------------


def test_what_was_measured_is_told_and_what_is_made_of_it_is_not():
    assert keys(derived()) == [pasts.TIME, pasts.SENT, REFERENCE]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["*.sent_bytes"], [pasts.SENT]),
        (["one_to_one.messages.*_ms"], [pasts.TIME]),
        (["idle.idle.cpu_ms"], [REFERENCE]),
        (["tcperf.one_to_one.*_bytes"], [pasts.SENT]),
        (["*_delta_pct", "*.time_ms"], [pasts.TIME, f"{pasts.SENT}_delta_pct"]),
        (["regressions_count"], ["tcperf.regressions_count"]),
        (["Build*"], ["BuildDuration"]),
        (["nothing"], []),
        (["SENT_BYTES"], []),
    ],
)
def test_patterns_choose_among_all_that_was_published(patterns, found):
    assert sorted(keys(derived(), *patterns)) == sorted(found)


def test_figures_of_every_build_are_there_also_where_only_one_has_them():
    history = History((*pasts.builds(1), *pasts.builds(2, key=pasts.TIME)), "asked", "2 builds")
    assert keys(history) == [pasts.TIME, pasts.SENT]


# --- CSV ---------------------------------------------------------------------------------------------


def rows(history, *patterns):
    return list(csv.DictReader(io.StringIO(history_csv.render(past("Perf", history, patterns)), newline="")))


def test_a_row_is_a_build_and_a_column_a_figure():
    text = history_csv.render(past("Perf", derived(2)))
    assert text.splitlines() == [
        f"id,number,finished,branch,revision,agent,url,{pasts.TIME},{pasts.SENT},{REFERENCE}",
        (
            f"9001,1,2026-09-01T02:14:07+00:00,develop,{1:040x},agent-7,"
            f"{pasts.SERVER}/viewLog.html?buildId=9001&tab=buildResultsDiv,2000.5,400001,3"
        ),
        (
            f"9002,2,2026-09-01T03:14:07+00:00,develop,{2:040x},agent-7,"
            f"{pasts.SERVER}/viewLog.html?buildId=9002&tab=buildResultsDiv,2000.5,400002,3"
        ),
    ]
    assert text.endswith("\n")
    assert "\r" not in text


def test_what_a_build_did_not_publish_is_empty():
    found = rows(pasts.history(400_000, None, 0))
    assert [row[pasts.SENT] for row in found] == ["400000", "", "0"]


def test_what_is_not_known_of_a_build_is_empty_too():
    build = pasts.past_build(1, {pasts.SENT: 0.25}, branch=None, revision=None, agent=None, url="")
    (row,) = rows(History((build,), "asked", "1 build"))
    assert [row[name] for name in history_csv.BUILD_COLUMNS[3:]] == ["", "", "", ""]
    assert row[pasts.SENT] == "0.25"


def test_values_are_in_full():
    values = [1e-6, 9_999_999_999_999.0, 1234.567891, -3.0]
    assert [row[pasts.SENT] for row in rows(pasts.history(*values))] == [
        "0.000001",
        "9999999999999",
        "1234.567891",
        "-3",
    ]


def test_without_builds_there_is_a_header():
    text = history_csv.render(past("Perf", History((), "asked", "no build")))
    assert text == "id,number,finished,branch,revision,agent,url\n"


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_spreadsheet_calculates_what_a_server_says(text):
    made = history_csv.render(past("Perf", pasts.hostile(text), ["*"]))
    made.encode("utf-8")
    for row in csv.reader(io.StringIO(made, newline="")):
        assert not [cell for cell in row if cell[:1] in set("=+@\t\r")]


# --- table -------------------------------------------------------------------------------------------


def table(history, *patterns, width=80, **changes):
    return console_history.render(past("Perf_OneToOne", history, patterns), width, **changes)


def test_a_line_is_a_figure_with_what_is_usual_and_a_curve():
    lines = table(derived()).splitlines()
    assert lines[0] == "Perf_OneToOne: 10 builds of develop"
    assert lines[1].split() == ["usual", "last", "change"]
    assert lines[2] == "one_to_one.messages"
    assert lines[3].split()[:8] == ["time_ms", "2.00", "s", "…", "2.00", "s", "2.00", "s"]
    assert lines[4].split()[:8] == ["sent_bytes", "391", "KiB", "…", "391", "KiB", "391", "KiB"]
    assert lines[4].split()[8:10] == ["+0.0", "%"] or lines[4].split()[8:10] == ["0.0", "%"]
    assert lines[5:] == [lines[5], lines[6]]
    assert lines[5] == "reference.idle.idle"


def test_the_curve_shows_the_last_builds_that_fit():
    *_head, line = table(pasts.history(*[400_000] * 90, 600_000)).splitlines()
    curve = line.split()[-1]
    assert len(line) <= 80
    assert curve[-1] == "█"
    assert set(curve[:-1]) == {"▁"}
    *_head, wide = table(pasts.history(*[400_000] * 90, 600_000), width=120).splitlines()
    assert len(wide.split()[-1]) > len(curve)
    assert len(wide) <= 120


def test_usual_is_what_the_last_builds_had():
    values = [*pasts.wave(50, 800_000.0), *pasts.wave(WINDOW)]
    line = table(pasts.history(*values), window=WINDOW).splitlines()[-1]
    assert line.split()[:6] == ["sent_bytes", "379", "KiB", "…", "403", "KiB"]


def test_of_few_builds_nothing_is_usual():
    line = table(pasts.history(400_000, 410_000)).splitlines()[-1]
    assert line.split()[:5] == ["sent_bytes", "–", "400", "KiB", "–"]


def test_streams_without_blocks_have_a_curve_too():
    line = table(pasts.history(100_000, 200_000, 300_000), characters=ASCII).splitlines()[-1]
    assert line.split()[-1] == "_-#" or line.split()[-1] == "_~#"


def test_without_a_figure_the_table_says_so():
    assert table(pasts.history(1, 2), "nothing").splitlines()[1:] == ["no figure"]


@pytest.mark.parametrize("width", [10, 40, 60, 80, 200])
@pytest.mark.parametrize("text", samples.HOSTILE)
def test_no_line_is_wider_than_the_terminal_nor_steers_it(text, width):
    found = table(attrs.evolve(pasts.hostile(text)), "*", width=width)
    assert all(line == clean(line) for line in found.split("\n"))
    assert max(map(len, found.splitlines())) <= max(width, 40)
    assert "##teamcity[" not in found
