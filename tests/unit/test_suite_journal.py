"""What was heard of the tests, and what is written down of it: both tell the same."""

import contextlib
import json

import pytest
from suite_records import FACTS, made

from tcperf.suite import broken, record
from tcperf.suite.broken import Broken
from tcperf.suite.collected import Collected, Told
from tcperf.suite.gathering import Facts
from tcperf.suite.journal import Journal, Opening, read

OPENING = Opening(FACTS, "exit", "--tcperf-out", "tcperf")
ONE = made(started=("sh",))
RAISED = Broken(ONE.origin, "send", "ValueError: no")


def over(one=ONE, *raised, **more):
    return Told(one.origin, records=record.dumps((one,)), broken=broken.dumps(raised), **more)


def fill(heard):
    """Tell a journal, or what was heard, of four tests: one passes, one fails, one is lost with its worker, one goes on."""
    for test in (ONE.origin, "a.py::test_fails", "a.py::test_lost", "a.py::test_goes_on"):
        heard.begin(test)
    heard.take(over(ONE, RAISED, trouble="the post was lost"))
    heard.take(Told("a.py::test_fails", "failed"))
    heard.take(Told("a.py::test_fails", records="[]", broken="[]"))
    heard.take(Told("a.py::test_lost", "failed"))


@contextlib.contextmanager
def begun(path, opening=OPENING):
    journal = Journal(path, opening)
    yield journal
    journal.close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "unfinished.jsonl"


def test_what_is_read_is_what_was_heard(path):
    heard = Collected()
    fill(heard)
    with begun(path) as journal:
        journal.know(7)
        fill(journal)
    found = read(path)
    assert (found.opening, found.collected, found.known) == (OPENING, heard, 7)
    assert heard.records == [ONE]
    assert heard.broken == [RAISED]
    assert list(heard.troubles) == ["the post was lost"]
    assert list(heard.over) == [ONE.origin, "a.py::test_fails"]


def test_at_the_end_who_has_begun_has_failed():
    heard = Collected()
    fill(heard)
    assert heard.end() == ["a.py::test_goes_on"]
    assert heard.outcomes == dict.fromkeys(
        ("a.py::test_fails", "a.py::test_lost", "a.py::test_goes_on"), "failed"
    )
    assert heard.end() == []


def test_facts_of_every_kind_are_kept(path):
    facts = Facts(
        **{
            **{each: getattr(FACTS, each) for each in ("suite", "conditions", "environment", "started", "command", "zero_ns")},
            "publish": ("a*",), "processes": None, "devices": ("container x",), "keys": 7, "warnings": ("loud ä",),
        }
    )  # fmt: skip
    with begun(path, Opening(facts, "off", "--tcperf-out", "x")):
        pass
    assert read(path).opening.facts == facts


def test_a_line_that_was_cut_off_is_none(path):
    with begun(path) as journal:
        fill(journal)
    whole = read(path).collected
    path.write_text(path.read_text() + json.dumps({"told": {"test": "x", "outcome": "failed"}})[:-5])
    assert read(path).collected == whole


@pytest.mark.parametrize("text", ["", "[]\n", "{}\n", "nothing\n", '{"facts": {}, "gate": "x"}\n'])
def test_what_is_no_journal_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(ValueError):
        read(path)


def test_it_goes_and_then_takes_nothing_more(path):
    journal = Journal(path, OPENING)
    journal.discard()
    journal.discard()
    journal.begin("a.py::test_a")
    assert not path.exists()
