"""The words of a verdict in plain words, the same in every report, and only where they are met."""

import html as entities
import re

import attrs
import comparisons as made
import pytest
import samples

from tcperf.reports import console, html, markdown
from tcperf.reports.glossary import MEANINGS, footnotes

UNGATED = attrs.evolve(made.SAME[0], gated=False, note="too noisy to be gated at 10 %")


def words(result):
    return [note.partition(":")[0] for note in footnotes(result)]


@pytest.mark.parametrize(
    ("result", "met"),
    [
        (made.paired(), ["pair", "visible from"]),
        (made.paired(pairings=()), ["visible from"]),
        (made.paired((made.WORSE, UNGATED), pairings=()), ["gated", "visible from"]),
        (made.paired(made.SAME, pairings=()), []),
        (made.beside_history(), []),
        (samples.result(), []),
    ],
)
def test_only_words_that_are_met_are_explained(result, met):
    assert words(result) == met


def test_console_and_comment_explain_in_the_same_words():
    result = made.paired()
    told = (console.render(result, 80), markdown.render(result).replace("\\", ""))
    for note in footnotes(result):
        assert all(note in text for text in told), note
        assert len(note) <= 80  # a line of a terminal


def page(result):
    return html.render(result, {})


def test_the_page_explains_all_words_and_leads_to_them_from_beside_the_verdict():
    found = page(made.paired())
    glossary = found.partition('<h2 id="glossary"')[2].partition("</section>")[0]
    told = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", glossary)
    assert [(entities.unescape(word), entities.unescape(meaning)) for word, meaning in told] == list(
        MEANINGS.items()
    )
    assert found.index('href="#glossary">Glossary') < found.index('class="verdicts"')


def test_a_page_without_a_comparison_has_no_such_words():
    assert "glossary" not in page(samples.result()).partition("</style>")[2]


@pytest.mark.parametrize("what", ["unchanged", "only reported", "published, not gated"])
def test_what_is_folded_is_called_the_same_everywhere(what):
    result = made.paired((made.WORSE, UNGATED, *made.SAME[1:], *made.TOLD_ONLY))
    count = {"unchanged": 1, "only reported": 2, "published, not gated": 1}[what]
    told = f"{count} {what}"
    for text in (page(result), console.render(result, 80), markdown.render(result)):
        assert told in text


def test_where_lengths_of_phases_stand_it_is_said_that_waits_are_in_them_and_not_in_time_ms():
    result = samples.result()
    series = {run.id: samples.series(run, interval_ms=1000) for run in result.runs}
    found = html.render(result, series)
    assert "(pacing included, which <code>time_ms</code> is without)" in found
    assert "pacing, the waits for the next step, is not in it" in found
