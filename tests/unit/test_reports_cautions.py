"""What is told before the verdict, with its consequence, in every report; and what is told behind it."""

import html as entities
import re

import attrs
import comparisons as made
import pytest
import samples

from tcperf import alike, joining
from tcperf.reports import console, html, markdown
from tcperf.reports.cautions import cautions, other_warnings

UNLIKE = "base and head are of unlike generations: 'statusd' against 'status-backend (OpenAccounts)'"
DRIVEN = (
    "base and head are of unlike generations ('statusd' against 'status-backend (OpenAccounts)'), and each is driven by "
    "calls of its own. The figures hold, but these calls alone may make a difference, or hide one, that is not the code’s"
)
CALLS = "base and head are driven by different calls"
LINE = "Different node generations: "
SAME = "base and head are the same binary: whatever differs is noise"


def text(html_page):
    """A page without its head and its markup."""
    return re.sub(r"<[^>]+>", "", html_page.partition("<body>")[2])


def test_what_makes_another_thing_of_the_verdict_comes_first_the_most_important_before_others():
    result = made.paired(warnings=("the machine was busy", UNLIKE, joining.OWN_PAIRS))
    assert [(each.said, each.text) for each in cautions(result)] == [
        (joining.OWN_PAIRS, joining.OWN_PAIRS),
        (UNLIKE, DRIVEN),
    ]
    assert other_warnings(result) == ("the machine was busy",)


def test_what_is_found_unlike_is_what_is_told_first():
    base = attrs.evolve(samples.BACKEND, sha256="0" * 64, generation="statusd")
    found = alike.subject_warnings(base, samples.BACKEND)
    reference = alike.subject_warnings(attrs.evolve(base, reference=True), samples.BACKEND)
    for told, kind in ((found, alike.UNLIKE_GENERATIONS), (reference, alike.ONE_REFERENCE[0])):
        (first,) = cautions(made.paired(warnings=("the machine was busy", *told)))
        assert first.said.startswith(kind)
        assert first.text.startswith(kind)
        assert first.but


@pytest.mark.parametrize(
    ("result", "follows"),
    [
        (made.paired(warnings=(UNLIKE,)), "part of this may come from the calls, not the code."),
        (
            made.paired((made.BETTER,), warnings=(UNLIKE,)),
            "part of this may come from the calls, not the code.",
        ),
        (made.clean(warnings=(UNLIKE,)), "their different calls may hide a change."),
        (made.paired((made.UNSURE,), warnings=(UNLIKE,)), "their different calls may hide a change."),
    ],
)
def test_the_line_says_what_follows_for_this_verdict_and_names_no_call(result, follows):
    (found,) = cautions(result)
    assert found.line == f"{LINE}{follows}"


@pytest.mark.parametrize(
    ("warning", "qualified"),
    [
        (UNLIKE, "WORSE, but base and head are driven by different calls"),
        (SAME, "WORSE, but base and head are the same binary"),
        (f"{alike.ONE_REFERENCE[1]}: so", "WORSE, but two different programs were compared"),
        (joining.OWN_PAIRS, "WORSE"),
    ],
)
def test_the_verdict_itself_bears_what_keeps_it_from_being_the_whole_truth(warning, qualified):
    result = made.paired(warnings=("the machine was busy", warning))
    assert f"{qualified}: 1 metric worse: " in " ".join(console.render(result, 400).split())
    assert markdown.render(result).splitlines()[0] == f"### 🔴 tcperf: {qualified}"
    assert "WORSE: 1 metric worse: " in " ".join(console.render(made.paired(), 400).split())


def test_the_page_has_it_in_a_line_below_the_verdict_that_leads_to_the_whole():
    page = html.render(made.paired(warnings=(UNLIKE, "the machine was busy")), {})
    line = f"{LINE}part of this may come from the calls, not the code."
    assert f'<p class="but"><b>{line}</b> <a href="#caution1">Details</a></p>' in page
    found = entities.unescape(text(page))
    places = [
        found.index(each)
        for each in ("Verdict: WORSE", f"but {CALLS}", "What is worse", line, "⚠ 1 more warning", DRIVEN)
    ]
    assert places == sorted(places)
    assert "OpenAccounts" not in found[: found.index("What changed")]
    assert 'class="but"' not in html.render(made.paired(), {})


def test_all_warnings_are_counted_and_told_in_one_place_the_one_beside_the_verdict_first():
    found = entities.unescape(text(html.render(made.paired(warnings=("the machine was busy", UNLIKE)), {})))
    told = found[found.index("\n2 warnings\n") :]
    assert found.count("1 more warning: the machine was busy") == found.count(DRIVEN) == 1
    assert told.index(DRIVEN) < told.index("the machine was busy")
    alone = text(html.render(made.paired(warnings=("the machine was busy",)), {}))
    assert alone.index("What is worse") < alone.index("⚠ 1 warning: the machine was busy")
    assert "more warning" not in alone


def test_what_the_line_says_whole_is_not_said_again_where_nothing_else_is_warned_of():
    line = "One binary was compared with itself: whatever differs is noise."
    found = text(html.render(made.paired(warnings=(SAME,)), {}))
    assert found.count(line) == 1
    assert SAME not in found
    assert "warning" not in found.partition("What changed")[0]
    beside = text(html.render(made.paired(warnings=(SAME, "the machine was busy")), {}))
    assert beside.index("1 more warning") < beside.index("2 warnings") < beside.index(SAME)


def test_without_a_verdict_it_stands_before_the_figures():
    found = entities.unescape(text(html.render(attrs.evolve(samples.result(), warnings=(UNLIKE, "x")), {})))
    assert found.index(f"Before you read on: {DRIVEN}.") < found.index("1 warning") < found.index("Published")


@pytest.mark.parametrize(
    ("render", "verdict"),
    [
        (lambda result: " ".join(console.render(result, 200).split()), ": 1 metric worse"),
        (lambda result: markdown.render(result).replace("\\", ""), "1 metric worse"),
    ],
    ids=["console", "report.md"],
)
@pytest.mark.parametrize("warning", [UNLIKE, SAME, joining.OWN_PAIRS])
def test_every_report_tells_it_before_the_verdict_and_once(render, verdict, warning):
    told = DRIVEN if warning == UNLIKE else warning
    found = entities.unescape(render(made.paired(warnings=("the machine was busy", warning))))
    assert found.count(told) == 1
    assert found.index(told) < found.index(verdict) < found.index("the machine was busy")
