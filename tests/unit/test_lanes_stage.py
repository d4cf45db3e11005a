"""Where a run meets those beside it: around all that is published, and outside of every phase's time."""

import attrs
import pytest

from tcperf.definition import Scenario
from tcperf.errors import NodeError
from tcperf.scenario import Phase
from tcperf.stage import RunStage


@attrs.frozen
class NoParams:
    pass


class NoRecorder:
    """Draws nothing."""

    def begin(self, run, zero_ns):
        pass

    def cut(self, phase, at_ns):
        pass


@pytest.fixture
def make(tmp_path):
    """A stage without nodes for phases "a", "B": capital ones are published."""

    def make(*names, observer=lambda _event: None):
        phases = tuple(Phase(name.lower(), publish=name.isupper()) for name in names)
        scenario = Scenario("trial", "a trial", phases, NoParams, lambda *_: None, "tests")
        return RunStage(
            scenario, None, None, NoRecorder(), observer, folder=tmp_path, logs=tmp_path, run_id="trial-1"
        )

    return make


def play(stage, names, met):
    stage.meet_others(met.append)
    for name in names:
        with stage.phase(name.lower()):
            met.append(name)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("abC", "ab<C>"),
        ("aBCd", "a<BC>d"),
        ("aBcDe", "a<BcD>e"),
        ("A", "<A>"),
        ("ABC", "<ABC>"),
        ("abc", "abc"),
    ],
)
def test_once_before_and_once_after_all_that_is_published(make, names, expected):
    met = []
    play(make(*names), names, met)
    assert "".join({"begin": "<", "end": ">"}.get(word, word) for word in met) == expected


def test_the_order_of_playing_counts_not_that_of_declaring(make):
    met = []
    play(make("A", "b", "C"), "CbA", met)
    assert met == ["begin", "C", "b", "A", "end"]


def test_who_meets_nobody_waits_for_nobody(make):
    stage = make("a", "B")
    with stage.phase("b"):
        pass
    assert [phase.name for phase in stage.phases] == ["b"]


def test_waiting_is_in_nobodys_time(make, monkeypatch):
    now_ns = [0]
    monkeypatch.setattr("tcperf.clock.monotonic_ns", lambda: now_ns[0])

    def wait(_point):
        now_ns[0] += 10**12

    stage = make("a", "B", "C", "d")
    stage.meet_others(wait)
    for name in "abcd":
        with stage.phase(name):
            now_ns[0] += 5_000_000
    assert now_ns[0] > 2 * 10**12
    assert [phase.totals["time_ms"].value for phase in stage.phases] == [5.0] * 4


def test_the_phase_is_announced_when_it_really_begins(make):
    told = []
    stage = make("a", "B", observer=lambda event: told.append(type(event).__name__))
    stage.meet_others(told.append)
    for name in "ab":
        with stage.phase(name):
            pass
    assert told == ["PhaseStarted", "PhaseEnded", "begin", "PhaseStarted", "PhaseEnded", "end"]


def test_a_run_that_fails_meets_nobody_any_more(make):
    met = []
    stage = make("a", "B")
    stage.meet_others(met.append)
    with pytest.raises(NodeError), stage.phase("b"):
        raise NodeError("alice died")
    assert met == ["begin"]


def test_what_waiting_raises_opens_no_phase(make):
    def refuse(_point):
        raise NodeError("alice died while she waited")

    stage = make("A")
    stage.meet_others(refuse)
    with pytest.raises(NodeError, match="while she waited"), stage.phase("a"):
        pytest.fail("the phase has begun")
    assert stage.phases == []
