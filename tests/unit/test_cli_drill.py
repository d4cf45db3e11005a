"""``tcperf drill`` without nodes: what it understands, and what its end means."""

import io
from datetime import date

import attrs
import comparisons
import pytest

from tcperf import cli
from tcperf.cli import drill, parser
from tcperf.cli.terminal import Terminal
from tcperf.comparison import Pairing
from tcperf.drilling import MOST_PAIRS, Drilled, Step
from tcperf.errors import UsageError
from tcperf.model import Conditions
from tcperf.nodes.factory import StatusBackend
from tcperf.plan import Plan
from tcperf.plants.finding import Finding
from tcperf.plants.goal import Goal
from tcperf.plants.kinds import KINDS
from tcperf.plants.means import Means
from tcperf.registry import discover
from tcperf.rules import GatePolicy
from tcperf.scenario import param

SCENARIO = discover(()).get("one_to_one")
GOAL = Goal(KINDS["bytes"], comparisons.WORSE.key, "messages", 420_082, 25_205, 12_602)


@attrs.frozen
class Params:
    messages: int = param(2, help="how many")


def drilled(subject=comparisons.samples.REFERENCE):
    return Drilled(
        subject=subject,
        factory=StatusBackend(("node",)),
        plan=Plan(SCENARIO, Params(), 1),
        policy=GatePolicy(),
        conditions=Conditions("private"),
        command=(),
        today=date(2026, 11, 27),
    )


def steps(objections=(), problem=None):
    clean = Step("none", comparisons.clean(), Finding(10, None))
    result = comparisons.paired(pairings=(Pairing("one_to_one", 10, problem=problem),))
    finding = Finding(10, comparisons.WORSE, objections=objections)
    return [clean, Step("bytes", result, finding, GOAL, Means("a switch", switch="bytes=6%"))]


class Heard:
    """A terminal, and all that came out of it."""

    def __init__(self, env=None):
        self.raw, self.stderr = io.BytesIO(), io.StringIO()
        stdout = io.TextIOWrapper(self.raw, encoding="utf-8", write_through=True)
        self.terminal = Terminal(stdout, self.stderr, env or {})

    @property
    def out(self):
        self.terminal.stdout.flush()
        return self.raw.getvalue().decode()

    @property
    def err(self):
        return self.stderr.getvalue()


def test_a_drill_that_is_right_ends_well():
    heard = Heard()
    assert drill._told(steps(), drilled(), heard.terminal) == 0
    assert heard.out.startswith("drill of one_to_one, the reference node: the gate sees what it has to\n")
    assert "bytes: in 10 pairs, planted by a switch" in heard.out
    assert heard.err == ""


def test_one_that_is_not_fails_and_says_what_is_wrong():
    heard = Heard()
    assert drill._told(steps(("bytes was planted and not caught",)), drilled(), heard.terminal) == 1
    assert "1 of 2 steps WRONG" in heard.out
    assert "warning: bytes: bytes was planted and not caught" in heard.err


def test_no_comparison_is_neither():
    heard = Heard()
    assert drill._told(steps(("there was none",), problem="the head failed"), drilled(), heard.terminal) == 4


def test_a_given_node_is_named():
    heard = Heard()
    drill._told(steps(), drilled(comparisons.samples.BACKEND), heard.terminal)
    assert heard.out.startswith("drill of one_to_one, /build/bin/status-backend: ")


def test_under_teamcity_nothing_commands_it():
    heard = Heard({"TEAMCITY_VERSION": "2025.07"})
    hostile = "##teamcity[buildStatus status='SUCCESS']"
    assert drill._told(steps((hostile,)), drilled(), heard.terminal) == 1
    assert "##teamcity[buildStatus" not in heard.out
    assert "status='WARNING'" in heard.out


def test_what_the_command_line_understands():
    given = parser.parse(
        ["drill", "idle", "--plant", "cpu=15%", "--plant", "memory", "--pairs", "9", "-p", "seconds=1"]
    )
    assert (given.names, given.plant, given.pairs) == (["idle"], ["cpu=15%", "memory"], 9)
    assert (given.param, given.out, given.network, given.node) == (["seconds=1"], None, None, None)


def test_there_are_pairs_enough_for_something_to_turn_red():
    assert [drill._most(asked) for asked in (None, 8, 30)] == [MOST_PAIRS, 8, 30]
    with pytest.raises(UsageError, match="leave --pairs away: 15 are usual"):
        drill._most(7)


def test_help_names_every_kind(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["drill", "--help"], io.StringIO(), io.StringIO(), {})
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert all(kind in shown for kind in KINDS)
    assert "companion" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plant", "speed"], "cannot be planted"),
        (["--plant", "cpu", "--plant", "cpu=3%"], "cpu is planted twice"),
        (["one_to_one", "idle"], "a drill is of one scenario"),
        (["one_to_on"], "one_to_one"),
        (["--out", ""], "--out is empty"),
        (["--node", "nowhere"], "does not exist"),
        (["--pairs", "0"], "--pairs"),
        (["--pairs", "5"], "a drill of 5 shows nothing: with 5 pairs nothing can be WORSE"),
        (["--pairs", "7"], "nothing can be WORSE"),
        (["--param", "nothing=3"], "nothing"),
    ],
)
def test_mistakes(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    err = io.StringIO()
    assert cli.main(["drill", *arguments], io.StringIO(), err, {}) == 2
    assert words in err.getvalue()
    assert list(tmp_path.iterdir()) == []
